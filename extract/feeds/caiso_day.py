"""CAISO by the day: the Daily Renewables Watch and Today's Outlook's net demand. Pacific wall clock.

The Watch holds two tables of 24 hours, always 24. In spring the row of the skipped hour carries the words of the program
that failed to convert it: it is refused, as the hour that does not exist. In autumn the second pass through the repeated
hour has no row and is a hole. Cells stand at every second tab, the headers do not.

The Outlook's file has a row per series and a column per five minutes, blank where the day has not got to, and closes
with the next midnight. An older copy of it in columns carries its third series under the header of another, whose own
name stands in the first cell instead.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from extract.clocks import INSTANT, DayAndHour, Placed, WallClock
from extract.containers import FETCH_AGAIN, Member, members, place_of
from extract.emit import Emit, generation_across, load, load_forecast, number
from extract.feed import Payload
from extract.feeds.caiso import LICENCE, PACIFIC
from extract.formats import Header, Table, cell, joined, stamp
from extract.readers import decoded, records_table
from extract.table_feed import TableFeed
from gridlake.errors import PayloadRefused
from gridlake.times import local_day_utc, wall_clock_to_utc

HOURS = 24
RENEWABLES = ("GEOTHERMAL", "BIOMASS", "BIOGAS", "SMALL HYDRO", "WIND TOTAL", "SOLAR PV", "SOLAR THERMAL")
RESOURCES = ("RENEWABLES", "NUCLEAR", "THERMAL", "IMPORTS", "HYDRO")


def own(name: str) -> str:
    """
    >>> own("SMALL HYDRO")
    'small_hydro'
    """
    return name.lower().replace(" ", "_")


@dataclass(frozen=True)
class RenewablesWatch:
    """Both tables of a Watch as rows of (day, table, hour); each must have its 24 hours."""

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table:
        return joined([self._member(payload, member, header) for member in members(payload)])

    def _member(self, payload: Payload, member: Member, header: Header) -> Table:
        place = place_of(payload, member)
        lines = list(csv.reader(io.StringIO(decoded(payload, member), newline=""), delimiter="\t"))
        day, title = (lines[0][0].strip() if lines and lines[0] else ""), ""
        names: list[str] = []
        records: list[dict[str, str | None]] = []
        for line in lines:
            cells = [text.strip() for text in line]
            said = next((text for text in cells if text.startswith("Hourly Breakdown")), "")
            if said:
                title, names = said, []
            elif "Hour" in cells:
                names = [text for text in cells if text]
            elif names and cells[1:2] != [""] and len(cells) > 1:
                values = cells[1::2][: len(names)]
                records.append({"Date": day, "Table": title, **dict(zip(names, values, strict=False))})
        tables = {str(record["Table"]) for record in records}
        if not day or len(tables) != 2 or len(records) != 2 * HOURS:
            what = f"holds {len(records)} hours in {len(tables)} tables and not twice {HOURS}: truncated, or another layout"
            raise PayloadRefused(payload.feed, place, what, FETCH_AGAIN)
        return records_table(payload, place, member.name, records, header)


class CaisoRenewablesWatch(TableFeed):
    name = "caiso_renewables_watch"
    table = "caiso__renewables_watch"
    source = "caiso"
    source_system = "CAISO"
    subject = "generation"
    description = "CAISO's hourly generation by renewable kind, and by resource with imports."
    licence = LICENCE
    cadence = "hourly"
    archive_patterns = ("caiso/*/*_DailyRenewablesWatch.txt*", "caiso/*/ren_report*.csv")
    region = "CAISO"
    reader = RenewablesWatch()
    cells = (
        cell("date", "Date", "Day as received."),
        cell("breakdown", "Table", "Title of the table the row stands in."),
        cell("hour", "Hour", "Hour ending 1 to 24."),
        *(cell(own(name), name, f"Generation, {name.lower()}.", "MW") for name in (*RENEWABLES, *RESOURCES)),
    )
    keys = ("hour",)
    clock = DayAndHour("date", ("%m/%d/%y",), 60, zone=PACIFIC, hour="hour", counts="clock")
    time_convention = f"{PACIFIC} day and hour ending 1 to 24; autumn's second pass is left out"
    # RENEWABLES sums the first table.
    emits = (
        generation_across({own(name): name for name in RENEWABLES}, where="breakdown like '%Renewable Resources%'"),
        generation_across(
            {own(name): name for name in ("NUCLEAR", "THERMAL", "HYDRO")}, where="breakdown like '%Total Production%'"
        ),
        Emit(
            "interchange",
            {
                "source_code": "'IMPORTS'",
                "interchange_text": "imports",
                "interchange_mw": f"-{number('imports')}",
            },
            where="breakdown like '%Total Production%'",
        ),
    )

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        """The Pacific day in its first cell."""
        if not rows.height:
            return None
        return local_day_utc(datetime.strptime(rows["date"][0], "%m/%d/%y").date(), PACIFIC)


# --- net demand ---------------------------------------------------------------------------------------------------

_WIDE = re.compile(r"^Net Demand (\d\d/\d\d/\d{4})$", re.IGNORECASE)
DEMAND, NET = "Demand", "Net demand"
LONG_HEADER = ["Timestamp", "Hour-ahead forecast", DEMAND, "Demand response event"]


@dataclass(frozen=True)
class NetDemand:
    """Either layout as rows of (stamp, series, value); the closing midnight gets the day after."""

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table:
        tables = []
        for member in members(payload):
            place = place_of(payload, member)
            rows = [row for row in csv.reader(io.StringIO(decoded(payload, member), newline="")) if row]
            title = _WIDE.match(rows[0][0].strip())
            try:
                if title:
                    records = _wide(datetime.strptime(title[1], "%m/%d/%Y"), rows)
                elif [name.strip() for name in rows[0]] == LONG_HEADER:
                    records = _long(rows)
                else:
                    raise ValueError(f"its first line is {','.join(rows[0])[:80]!r}")
            except ValueError as error:
                what = f"is neither layout of net demand, or truncated ({error})"
                raise PayloadRefused(payload.feed, place, what, FETCH_AGAIN) from error
            tables.append(records_table(payload, place, member.name, records, header, on))
        return joined(tables)


def _wide(day: datetime, rows: list[list[str]]) -> list[dict[str, str | None]]:
    clocks = [text.strip() for text in rows[0][1:]]
    if clocks != sorted(clocks[:-1]) + clocks[-1:]:
        raise ValueError("its times do not ascend")
    days = [day + timedelta(days=1 if at and clock == "00:00" else 0) for at, clock in enumerate(clocks)]
    stamps = [f"{d:%Y-%m-%d} {clock}:00" for d, clock in zip(days, clocks, strict=True)]
    return [
        {"Timestamp": at, "Series": row[0].strip(), "Value": value.strip() or None}
        for row in rows[1:]
        for at, value in zip(stamps, row[1:], strict=True)
    ]


def _long(rows: list[list[str]]) -> list[dict[str, str | None]]:
    last, records = "", []
    for row in rows[1:]:
        at = row[0].strip()
        if last and at < last:  # the closing midnight, under the day it closes
            at = f"{datetime.strptime(at[:10], '%Y-%m-%d') + timedelta(days=1):%Y-%m-%d}{at[10:]}"
        last = at
        values = zip((*LONG_HEADER[1:3], NET), row[1:], strict=True)
        records += [{"Timestamp": at, "Series": name, "Value": value.strip() or None} for name, value in values]
    return records


class CaisoNetDemand(TableFeed):
    name = "caiso_net_demand"
    table = "caiso__net_demand"
    source = "caiso"
    source_system = "CAISO"
    subject = "load"
    description = "CAISO's demand, net demand and forecasts of a day, every five minutes."
    licence = LICENCE
    cadence = "5 min"
    archive_patterns = ("caiso/outlook/*net*demand*.csv*",)
    region = "CAISO"
    reader = NetDemand()
    cells = (
        cell("timestamp", "Timestamp", "Wall clock: the instant of the sample."),
        cell("series", "Series", "Series as the source names it."),
        cell("value", "Value", "Its value; blank where the day has not got to.", "MW"),
    )
    keys = ("series",)
    clock = Placed(said=f"{PACIFIC} wall clock; the stamp is the instant of the sample", why="the stamp is no wall clock, or lies in the hour skipped in spring")  # fmt: skip
    # Net demand is no load; the hour-ahead forecast tells no issue time, and is no day-ahead one.
    emits = (
        load("'TOTAL'", "value", where=f"series = '{DEMAND}' and value is not null"),
        load_forecast("'TOTAL'", "value", where="series = 'Day-ahead forecast' and value is not null"),
    )

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        """The Pacific day of its first stamp; the closing midnight is the next day's."""
        if not rows.height:
            return None
        first = str(rows["timestamp"].min())
        return local_day_utc(date.fromisoformat(first[:10]), PACIFIC)

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        at = wall_clock_to_utc(stamp("timestamp", "%Y-%m-%d %H:%M:%S"), PACIFIC)
        return frame.with_columns(
            at.alias("interval_start_utc"), (at + pl.duration(minutes=5)).alias("interval_end_utc")
        )


# --- system conditions --------------------------------------------------------------------------------------------

_READING = re.compile(r'class="to_readings"\s+id="(\w+)"\s*>\s*([\d,.]+)\s*MW')
_AS_OF = re.compile(r"current as of\s+(\d{1,2}-\w{3}-\d{4} \d{1,2}:\d\d)")
READINGS = {
    "currentsystemdemand": "Demand at that instant.", "peakdemand": "Highest demand of the day so far.",
    "todaysforecastpeakdemand": "Peak expected today.", "tomorrowsforecastpeakdemand": "Peak expected tomorrow.",
}  # fmt: skip


@dataclass(frozen=True)
class Readings:
    """The numbers of a page of readings, as one row under the time it says it is current."""

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table:
        tables = []
        for member in members(payload):
            page, place = decoded(payload, member), place_of(payload, member)
            found: dict[str, str | None] = dict(_READING.findall(page))
            as_of = _AS_OF.search(page)
            if not found or as_of is None:
                what = "is no page of readings with the time they are current"
                raise PayloadRefused(payload.feed, place, what, FETCH_AGAIN)
            tables.append(records_table(payload, place, member.name, [{"as of": as_of[1], **found}], header, on))
        return joined(tables)


class CaisoSystemConditions(TableFeed):
    """A page of four numbers. The page of renewables beside it tells no time, so that nothing can be placed of it."""

    name = "caiso_system_conditions"
    table = "caiso__system_conditions"
    source = "caiso"
    source_system = "CAISO"
    subject = "load"
    description = "CAISO's demand of the moment and the peaks of today and tomorrow, from its page of conditions."
    licence = LICENCE
    cadence = "5 min"
    archive_patterns = ("caiso/*/systemconditions*.html",)
    region = "CAISO"
    reader = Readings()
    cells = (
        cell("as_of", "as of", "Wall clock at which the page says it is current."),
        *(cell(name, name, said, "MW", is_optional=name != "currentsystemdemand") for name, said in READINGS.items()),
    )
    clock = WallClock("as_of", ("%d-%b-%Y %H:%M",), 5, INSTANT, zone=PACIFIC)
    emits = (load("'TOTAL'", "currentsystemdemand"),)
