"""ERCOT: hourly native load by weather zone (a workbook a year) and hourly load-zone prices.

Both name the hour by its end in Central prevailing time; in spring there is no hour 03:00 (in 2016 none 02:00). Workbooks from 2017
print text: "12/31/2017 24:00", and "11/05/2017 02:00 DST" for the second pass through the repeated hour. That of 2016
has dates instead, some milliseconds off, the repeated hour printed twice without a mark, and its last hour of
6 November without any value. Sheet and zone names drift; the columns keep their meaning.
"""

from __future__ import annotations

import re
from datetime import date, datetime

import polars as pl

from extract.clocks import DayAndHour, WallClock
from extract.emit import Emit, load_across, number
from extract.feed import Payload
from extract.formats import cell, occurrence, text
from extract.readers import Workbook
from extract.regions import TIMEZONE
from extract.table_feed import TableFeed
from gridlake.times import local_midnight_utc, wall_clock_to_utc

CENTRAL = TIMEZONE["ERCOT"]
LICENCE = "ERCOT public market data"
MARK = "DST"
HOUR_FORMATS = ("%m/%d/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")

# Own name and code of each weather zone, and its headers through the years.
ZONES = {
    "coast": ("COAST", ("COAST",)), "east": ("EAST", ("EAST",)), "far_west": ("FAR_WEST", ("FWEST", "FAR_WEST")),
    "north": ("NORTH", ("NORTH",)), "north_central": ("NORTH_C", ("NCENT", "NORTH_C")),
    "southern": ("SOUTHERN", ("SOUTH", "SOUTHERN")), "south_central": ("SOUTH_C", ("SCENT", "SOUTH_C")),
    "west": ("WEST", ("WEST",)), "ercot": ("TOTAL", ("ERCOT", "TOTAL")),
}  # fmt: skip


def with_day_and_hour(frame: pl.DataFrame, hour_ending: str) -> pl.DataFrame:
    """`frame` with `operating_day` and `operating_hour` ("01".."24", "02X" for the second pass) of hour-ending stamps.

    In spring most years leave out 03:00, as the hour that would begin at 2:00; 2016 leaves out 02:00 instead and prints
    03:00 for the hour that ends when the clock shows 3:00: that one is hour 02.
    """
    plain = pl.col(hour_ending).str.strip_suffix(MARK).str.strip_chars()
    text_of_end = plain.str.replace("24:00", "00:00", literal=True)
    ends = pl.coalesce(*(text_of_end.str.to_datetime(f, time_unit="us", strict=False) for f in HOUR_FORMATS))
    starts = (
        pl.when(plain.str.ends_with("24:00")).then(ends + pl.duration(hours=23)).otherwise(ends - pl.duration(hours=1))
    )
    is_second = pl.col(hour_ending).str.ends_with(MARK) | (occurrence(hour_ending) > 0)
    found = frame.with_columns(starts.alias("_starts"), is_second.alias("_is_second"))
    is_skipped = wall_clock_to_utc(pl.col("_starts"), CENTRAL).is_null()
    day = pl.col("_starts").dt.date()
    has_two = (pl.col("_starts").dt.hour() == 1).any().over("source_member", day)
    number = pl.col("_starts").dt.hour() + pl.when(is_skipped & ~has_two).then(0).otherwise(1)
    suffix = pl.when("_is_second").then(pl.lit("X")).otherwise(pl.lit(""))
    return found.with_columns(
        day.cast(pl.String).alias("operating_day"),
        (number.cast(pl.String).str.zfill(2) + suffix).alias("operating_hour"),
    ).drop("_starts", "_is_second")


class ErcotNativeLoad(TableFeed):
    name = "ercot_native_load"
    table = "ercot__native_load"
    source = "ercot"
    source_system = "ERCOT"
    subject = "load"
    description = "Hourly native load of ERCOT by weather zone."
    licence = LICENCE
    cadence = "hourly"
    archive_patterns = ("ercot/*/Native_Load_*.xls*", "ercot/*/native_Load_*.xls*")
    region = "ERCOT"
    reader = Workbook()
    cells = (
        cell("hour_ending", ("Hour Ending", "HourEnding", "Hour_End"), "Hour's end as received, Central time."),
        *(
            cell(name, headers, f"Load of {'all of ERCOT' if code == 'TOTAL' else code}.", "MW")
            for name, (code, headers) in ZONES.items()
        ),
    )
    derived = (
        text("operating_day", "Local day of the hour (YYYY-MM-DD)."),
        text("operating_hour", "Hour ending 01 to 24; 02X is the second pass through the repeated hour."),
    )
    clock = DayAndHour("operating_day", ("%Y-%m-%d",), 60, zone=CENTRAL, hour="operating_hour", counts="clock")
    time_convention = f"{CENTRAL} wall clock of the hour's end, 24:00 at midnight; the repeated hour marked or printed twice"  # fmt: skip
    emits = (load_across({name: code for name, (code, _) in ZONES.items()}),)

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        return with_day_and_hour(frame, "hour_ending")

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        """The Central year in the file's name; a year not over ends with its last row."""
        year = re.search(r"(\d{4})\.xlsx?$", payload.name, re.IGNORECASE)
        spanned = super().window_of(payload, rows)
        if year is None or spanned is None:
            return spanned
        first = local_midnight_utc(date(int(year[1]), 1, 1), CENTRAL)
        return first, max(spanned[1], first)


LOAD_ZONES = ("LZ_AEN", "LZ_CPS", "LZ_HOUSTON", "LZ_LCRA", "LZ_NORTH", "LZ_RAYBN", "LZ_SOUTH", "LZ_WEST")


class ErcotZonePrice(TableFeed):
    """Means of the quarter hours, made by others: rows in no order, no total, and one value for both passes in autumn,
    which stands under the first."""

    name = "ercot_lz_prices"
    table = "ercot__lz_prices"
    source = "ercot"
    source_system = "ERCOT"
    subject = "price"
    description = "Hourly means of ERCOT's real-time prices by load zone."
    licence = "derived from ERCOT public market data; no licence given"
    cadence = "hourly"
    archive_patterns = ("ercot/lz_prices/*.csv*",)
    region = "ERCOT"
    cells = (
        cell("hour_ending", "hour_ending_str", "Hour's end as received, Central time."),
        *(cell(zone.lower(), zone, f"Price in {zone}.", "USD/MWh") for zone in LOAD_ZONES),
    )
    clock = WallClock("hour_ending", ("%m/%d/%Y %H:%M",), 60, zone=CENTRAL, is_label=True)
    time_convention = f"{CENTRAL} wall clock without a zone; the stamp ends the hour; the repeated hour folded into one"
    emits = (
        Emit(
            "price",
            {
                "source_code": "across_code",
                "market_id": "'RTM'",
                "price_text": "across_value",
                "price_per_mwh": number("across_value"),
                "currency": "'USD'",
            },
            across={zone.lower(): zone for zone in LOAD_ZONES},
        ),
    )
