"""NYISO zonal load: `pal`, actual load about every five minutes, and `isolf`, the ISO's forecast of each morning.

`pal` prints EST or EDT beside each stamp, so that both passes through the repeated autumn hour are told apart by it; a
sample is an instant, with irregular extras between the five-minute ones. `isolf` prints no zone: the second of two
equal stamps in one file is the second pass; a stamp in the skipped spring hour cannot be placed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from extract.containers import members
from extract.emit import load, load_forecast_across
from extract.feed import Feed, Parsed, Payload
from extract.formats import (
    INTERVAL_END,
    INTERVAL_START,
    REGION,
    UNKNOWN_KEY,
    UNPLACEABLE_TIME,
    Header,
    Rule,
    instant,
    occurrence,
    split_placed,
    stamp,
    text,
)
from extract.readers import read_table
from extract.regions import NYISO_LOAD_ZONES, TIMEZONE, day_in_name, declared_window
from gridlake.errors import PayloadRefused
from gridlake.times import HOUR, abbreviated_to_utc, to_naive_utc, wall_clock_to_utc

NYISO_LICENCE = "NYISO public market data"
NYISO_TIMEZONE = TIMEZONE["NYISO"]
CLOCK = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M")


class ZonalLoadSamples(Feed):
    """The `pal` format, for any region that speaks it."""

    subject = "load"
    cadence = "5 min"
    time_convention = "local wall clock with its abbreviation (EST, EDT); the stamp is the instant of the sample"
    columns = (
        REGION,
        text("time_stamp", "Wall clock as received."),
        text("time_zone", "Abbreviation printed beside it."),
        text("name", "Zone name."),
        text("ptid", "The operator's point id."),
        text("load", "Load at that instant.", "MW"),
        instant("interval_start_utc", "Instant of the sample."),
    )
    header = Header.of(time_stamp="Time Stamp", time_zone="Time Zone", name="Name", ptid="PTID", load="Load")

    def region_of(self, payload: Payload) -> str:
        """Region the payload speaks of."""
        return "NYISO"

    def zones_of(self, region_id: str) -> tuple[str, ...]:
        """Zone names the region may use."""
        return NYISO_LOAD_ZONES

    def parse(self, payload: Payload) -> Parsed:
        region = self.region_of(payload)
        table = read_table(payload, self.header)
        placed = table.frame.with_columns(
            pl.lit(region).alias("region_id"),
            abbreviated_to_utc(stamp("time_stamp", *CLOCK), pl.col("time_zone")).alias("interval_start_utc"),
        )
        rules = [
            Rule(
                UNPLACEABLE_TIME,
                pl.col("interval_start_utc").is_null(),
                "stamp is not MM/DD/YYYY HH:MM[:SS] with a known zone abbreviation",
            ),
            Rule(UNKNOWN_KEY, ~pl.col("name").is_in(self.zones_of(region)), f"not a load zone of {region}"),
        ]
        rows, refused = split_placed(table, placed, rules)
        window = declared_window(payload, TIMEZONE[region])
        return Parsed(rows, refused, rows.height + refused.height, window, region, table.unknown)


class NyisoPal(ZonalLoadSamples):
    name = "nyiso_pal"
    table = "nyiso__pal"
    origins = ("archive", "live")
    source = "nyiso"
    source_system = "NYISO"
    description = "Actual zonal load of NYISO, about every five minutes."
    licence = NYISO_LICENCE
    archive_patterns = (
        "nyiso/*/*pal.csv",
        "nyiso/*/*pal.csv.gz",
        "nyiso/*/*pal.csv.zip",
        "nyiso/*/*pal_csv.zip",
    )
    # A sample is an instant; it stands for the five minutes it begins.
    emits = (load("name", "load", ends="interval_start_utc + interval '5 minutes'"),)


ISOLF_COLUMNS = {
    "capitl": "Capitl", "centrl": "Centrl", "dunwod": "Dunwod", "genese": "Genese", "hud_vl": "Hud Vl",
    "longil": "Longil", "mhk_vl": "Mhk Vl", "millwd": "Millwd", "nyc": "N.Y.C.", "north": "North", "west": "West",
    "nyiso": "NYISO",
}  # fmt: skip
ISOLF_ZONES = {
    column: {"nyc": "NYC", "nyiso": "TOTAL"}.get(column, column.upper()) for column in ISOLF_COLUMNS
}  # fmt: skip


class NyisoIsolf(Feed):
    name = "nyiso_isolf"
    table = "nyiso__isolf"
    origins = ("archive", "live")
    source = "nyiso"
    source_system = "NYISO"
    subject = "load_forecast"
    description = "NYISO's hourly zonal load forecast, one vintage a day, about six days ahead."
    licence = NYISO_LICENCE
    cadence = "daily"
    time_convention = "Eastern wall clock without a zone; the stamp starts the hour; the repeated hour by order"
    archive_patterns = (
        "nyiso/*/*isolf.csv",
        "nyiso/*/*isolf.csv.gz",
        "nyiso/*/*isolf.csv.zip",
        "nyiso/*/*isolf_csv.zip",
    )
    columns = (
        REGION,
        text("issue_date", "Day in the file's name (YYYY-MM-DD): the first day it forecasts."),
        text("time_stamp", "Wall clock as received: the hour's start."),
        *(text(column, f"Forecast load of {name}.", "MW") for column, name in ISOLF_COLUMNS.items()),
        INTERVAL_START,
        INTERVAL_END,
    )
    header = Header.of(time_stamp="Time Stamp", **ISOLF_COLUMNS)
    emits = (load_forecast_across(ISOLF_ZONES, first_day_start="try_cast(issue_date as timestamp)"),)

    def parse(self, payload: Payload) -> Parsed:
        table = read_table(payload, self.header)
        start = wall_clock_to_utc(stamp("time_stamp", *CLOCK), NYISO_TIMEZONE, occurrence("time_stamp"))
        placed = (
            table.frame.with_columns(pl.lit("NYISO").alias("region_id"), start.alias("interval_start_utc"))
            .with_columns((pl.col("interval_start_utc") + HOUR).alias("interval_end_utc"))
            .join(_vintages(payload), on="source_member", how="left", maintain_order="left")
        )
        reason = "stamp is not MM/DD/YYYY HH:MM, or lies in the hour skipped in spring"
        rules = [Rule(UNPLACEABLE_TIME, pl.col("interval_start_utc").is_null(), reason)]
        rows, refused = split_placed(table, placed, rules)
        window = declared_window(payload, NYISO_TIMEZONE)
        return Parsed(rows, refused, rows.height + refused.height, window, "NYISO", table.unknown)


def _vintages(payload: Payload) -> pl.DataFrame:
    """Each member with its issue date and, where a zip keeps its wall clock, when it was written.

    The file for day D is written on the morning of D-1; its modification time is the only trace of that.
    """
    vintages = []
    for member in members(payload):
        day = day_in_name(member.name.rsplit("/", 1)[-1])
        if day is None:
            raise PayloadRefused(
                payload.feed,
                f"{payload.path.as_posix()}/{member.name}",
                "does not begin with its day, which tells the issue",
                "Name it as the operator does: YYYYMMDDisolf.csv.",
            )
        vintages.append((member.name, day.isoformat(), _written_utc(member.modified)))
    schema: dict[str, Any] = {
        "source_member": pl.String,
        "issue_date": pl.String,
        "published_at_utc": pl.Datetime("us"),
    }
    return pl.DataFrame(vintages, schema=schema, orient="row")


def _written_utc(modified: datetime | None) -> datetime | None:
    return None if modified is None else to_naive_utc(modified.replace(tzinfo=ZoneInfo(NYISO_TIMEZONE)))
