"""Power outages: major events of the US since 2000 (Mukherjee et al. 2018), and snapshots of PG&E's outage map.

The workbook of events has a title block, its header on the sixth line and units below; date and time stand in separate
columns and are local to the state (where a state has two zones, the one of most of its people). `NA` means unknown: an
event without a start is kept.

A snapshot is a JSON list of the outages at that moment, every number a string. The moment stands in the file's name,
`2019-10-27T18`, Pacific wall clock: the newest update in that file is of 17:56 PDT, so that 18 UTC had been too early.
The same outage returns in later snapshots, changed or not, until it is over: `outage_history` tells its story.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import ClassVar

import polars as pl

from extract.containers import Member
from extract.feed import Payload
from extract.formats import Cell, cell
from extract.readers import Json, Workbook
from extract.regions import TIMEZONE
from extract.table_feed import TableFeed, told_by_member
from gridlake.contracts import Column
from gridlake.errors import PayloadRefused
from gridlake.times import wall_clock_to_utc

EASTERN, CENTRAL, MOUNTAIN, PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
STATES = {
    EASTERN: "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
    CENTRAL: "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    MOUNTAIN: "CO ID MT NM UT WY",
    PACIFIC: "CA NV OR WA",
    "America/Phoenix": "AZ",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
}
EVENT_COLUMNS = (
    ("anomaly_level", "ANOMALY.LEVEL", "Oceanic Niño index of the season.", ""),
    ("climate_category", "CLIMATE.CATEGORY", "Warm, cold or normal episode.", ""),
    ("cause", "CAUSE.CATEGORY", "Cause.", ""),
    ("cause_detail", "CAUSE.CATEGORY.DETAIL", "Cause in detail.", ""),
    ("hurricane", "HURRICANE.NAMES", "Hurricane's name.", ""),
    ("duration", "OUTAGE.DURATION", "Duration.", "min"),
    ("demand_loss", "DEMAND.LOSS.MW", "Peak demand lost.", "MW"),
    ("customers", "CUSTOMERS.AFFECTED", "Customers affected.", ""),
)
STATE_FIGURES = (
    "RES.PRICE", "COM.PRICE", "IND.PRICE", "TOTAL.PRICE", "RES.SALES", "COM.SALES", "IND.SALES", "TOTAL.SALES",
    "RES.PERCEN", "COM.PERCEN", "IND.PERCEN", "RES.CUSTOMERS", "COM.CUSTOMERS", "IND.CUSTOMERS", "TOTAL.CUSTOMERS",
    "RES.CUST.PCT", "COM.CUST.PCT", "IND.CUST.PCT", "PC.REALGSP.STATE", "PC.REALGSP.USA", "PC.REALGSP.REL",
    "PC.REALGSP.CHANGE", "UTIL.REALGSP", "TOTAL.REALGSP", "UTIL.CONTRI", "PI.UTIL.OFUSA", "POPULATION", "POPPCT_URBAN",
    "POPPCT_UC", "POPDEN_URBAN", "POPDEN_UC", "POPDEN_RURAL", "AREAPCT_URBAN", "AREAPCT_UC", "PCT_LAND",
    "PCT_WATER_TOT", "PCT_WATER_INLAND",
)  # fmt: skip


def moment(name: str, description: str) -> Column:
    return Column(name, "timestamp", description, "UTC")


def _state_time_utc(day: str, time: str) -> pl.Expr:
    """Local date and time of the row's state as naive UTC; null where either is unknown."""
    local = (pl.col(day).str.slice(0, 10) + " " + pl.col(time)).str.to_datetime(
        "%Y-%m-%d %H:%M:%S", time_unit="us", strict=False
    )
    return pl.coalesce(
        *(
            pl.when(pl.col("state").is_in(states.split())).then(wall_clock_to_utc(local, zone))
            for zone, states in STATES.items()
        )
    )


class UsOutageEvents(TableFeed):
    name = "outage_us_events"
    table = "outage__us_events"
    source = "outage"
    source_system = "PURDUE"
    subject = "outage"
    description = "Major power outages of the continental US, 2000 to 2016, with cause, loss and figures of the state."
    licence = "CC BY (Mukherjee, Nateghi, Hastak 2018)"
    cadence = "once"
    time_convention = "local date and time of the state, in separate columns"
    archive_patterns = ("outages/us_events/*.xlsx",)
    is_regional = False
    cells = (
        cell("note", "variables", "Blank beside an event.", is_optional=True),
        cell("event", "OBS", "Number of the event."),
        cell("year", "YEAR", "Year."),
        cell("month_number", "MONTH", "Month."),
        cell("state_name", "U.S._STATE", "State."),
        cell("state", "POSTAL.CODE", "Its postal abbreviation."),
        cell("nerc_region", "NERC.REGION", "NERC region."),
        cell("climate_region", "CLIMATE.REGION", "Climate region."),
        cell("start_date", "OUTAGE.START.DATE", "Local day of the start."),
        cell("start_time", "OUTAGE.START.TIME", "Local time of the start."),
        cell("restoration_date", "OUTAGE.RESTORATION.DATE", "Local day of the restoration."),
        cell("restoration_time", "OUTAGE.RESTORATION.TIME", "Local time of the restoration."),
        *(cell(name, header, words, unit) for name, header, words, unit in EVENT_COLUMNS),
        *(
            cell(header.lower().replace(".", "_"), header, f"{header} of the state in that year.")
            for header in STATE_FIGURES
        ),
    )
    derived = (
        moment("started_at_utc", "Start of the outage; null where unknown."),
        moment("restored_at_utc", "Restoration; null where unknown."),
    )
    keys = ("event", "state")
    reader = Workbook(header_row=5, skip_after_header=1)

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        return frame.with_columns(
            _state_time_utc("start_date", "start_time").alias("started_at_utc"),
            _state_time_utc("restoration_date", "restoration_time").alias("restored_at_utc"),
        )


_SNAPSHOT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d)")


def _epoch(column: str) -> pl.Expr:
    seconds = pl.col(column).cast(pl.Int64, strict=False)
    return pl.from_epoch(pl.when(seconds.is_between(0, 2**32)).then(seconds), time_unit="s").cast(pl.Datetime("us"))


class PgeOutages(TableFeed):
    name = "outage_pge"
    table = "outage__pge"
    source = "outage"
    source_system = "PGE"
    subject = "outage"
    description = "Outages on PG&E's map at moments about six hours apart; the same outage returns changed."
    licence = "PG&E data; collected by simonw/pge-outages"
    cadence = "snapshots"
    time_convention = "snapshot: Pacific wall clock in the file's name; within it seconds since 1970 UTC"
    archive_patterns = tuple(f"outages/pge/*.json{packed}" for packed in ("", ".gz", ".zip"))
    region = "CAISO"
    cells: ClassVar[tuple[Cell, ...]] = (
        cell("outage_number", "outageNumber", "Id of the outage; recurs in later snapshots."),
        cell("outage_start", "outageStartTime", "Start.", "s since 1970"),
        cell("last_update", "lastUpdateTime", "Last change PG&E made.", "s since 1970"),
        cell("crew_status", "crewCurrentStatus", "What the crew does."),
        cell("crew_eta", "crewEta", "When the crew is expected.", "s since 1970", is_optional=True),
        cell("current_etor", "currentEtor", "Estimated time of restoration.", "s since 1970", is_optional=True),
        cell("auto_etor", "autoEtor", "Whether that estimate is automatic.", is_optional=True),
        cell("cause", "cause", "Cause in words."),
        cell("customers", "estCustAffected", "Customers affected, estimated."),
        cell("hazard_flag", "hazardFlag", "Hazards counted at the place."),
        cell("latitude", "latitude", "Latitude.", "degree"),
        cell("longitude", "longitude", "Longitude.", "degree"),
        cell("place", "regionName", "Place."),
        cell("devices", "outageDevices", "Devices affected, as JSON.", is_optional=True),
    )
    derived = (
        moment("outage_started_at_utc", "Start; null where it is no number."),
        moment("updated_at_utc", "Last change PG&E made; null where it is no number."),
    )
    keys = ("outage_number",)
    reader = Json(lambda document: [*document])

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        def taken(member: Member) -> str:
            found = _SNAPSHOT.search(member.name.rsplit("/", 1)[-1])
            if found is None:
                raise PayloadRefused(
                    payload.feed, f"{payload.path.as_posix()}", "does not tell the moment of the snapshot in its name",
                    "Name it by the Pacific wall clock: pge-outages_YYYY-MM-DDTHH.json.",
                )  # fmt: skip
            return f"{found[1]} {found[2]}:00"

        frame = told_by_member(frame, payload, "taken", taken, pl.String)
        local = pl.col("taken").str.to_datetime("%Y-%m-%d %H:%M", time_unit="us", strict=False)
        return frame.with_columns(
            wall_clock_to_utc(local, TIMEZONE["CAISO"]).alias("published_at_utc"),
            _epoch("outage_start").alias("outage_started_at_utc"),
            _epoch("last_update").alias("updated_at_utc"),
        )


def snapshot_name(taken: datetime) -> str:
    """The file name of a snapshot taken at a Pacific wall clock.

    >>> snapshot_name(datetime(2019, 10, 27, 18))
    'pge-outages_2019-10-27T18.json'
    """
    return f"pge-outages_{taken:%Y-%m-%dT%H}.json"
