"""ERCOT's reports: load forecast by forecast zone, wind and solar with actual and forecast, and the lists of documents.

Each report is a vintage, posted at the time in its file's name (Central prevailing time). Hours end 1 to 24; DSTFlag
is Y in the second pass through the repeated hour. Actual values are blank for hours to come.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from extract.clocks import DayAndHour
from extract.containers import Member
from extract.emit import generation, generation_forecast, load_forecast_across
from extract.feed import Payload
from extract.feeds.ercot import CENTRAL, LICENCE
from extract.formats import Cell, Rule, cell, stamp_with_offset, text
from extract.readers import Json
from extract.table_feed import TableFeed, told_by_member
from gridlake.times import to_naive_utc

_POSTED = re.compile(r"\.(\d{8})\.(\d{6})\d{0,3}\.[A-Za-z]")
DAY_FORMAT = ("%m/%d/%Y",)


def posted_utc(member: Member) -> datetime | None:
    """When the report was posted, from its name (`cdr.00012311.0000000000000000.20250313.123000.<report>.csv`)."""
    found = _POSTED.search(member.name)
    try:
        local = datetime.strptime("".join(found.groups()), "%Y%m%d%H%M%S") if found else None
    except ValueError:
        return None
    return None if local is None else to_naive_utc(local.replace(tzinfo=ZoneInfo(CENTRAL)))


class ErcotReport(TableFeed):
    source = "ercot"
    source_system = "ERCOT"
    licence = LICENCE
    cadence = "hourly"
    region = "ERCOT"
    derived = (text("operating_hour", "Hour ending 1 to 24; X marks the second pass through the repeated hour."),)
    clock = DayAndHour("delivery_date", DAY_FORMAT, 60, zone=CENTRAL, hour="operating_hour", counts="clock")
    time_convention = f"{CENTRAL} day and hour ending 1 to 24; DSTFlag marks the second pass in autumn"

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        mark = pl.when(pl.col("dst_flag") == "Y").then(pl.lit("X")).otherwise(pl.lit(""))
        hour = pl.col("hour_ending").str.strip_suffix(":00") + mark
        return told_by_member(
            frame.with_columns(hour.alias("operating_hour")), payload, "published_at_utc", posted_utc
        )  # fmt: skip


def _hour_cells(day: str, hour: str) -> tuple[Cell, ...]:
    return (
        cell("delivery_date", day, "Day as received."),
        cell("hour_ending", hour, "Hour's end as received."),
        cell("dst_flag", "DSTFlag", "Y in the second pass through the repeated hour."),
    )


class ErcotLoadForecast(ErcotReport):
    name = "ercot_load_forecast"
    table = "ercot__load_forecast"
    subject = "load_forecast"
    description = "ERCOT's seven-day load forecast by forecast zone, each vintage."
    archive_patterns = ("ercot/*/load_forecast*.zip", "ercot/*/*LFC*NP3560*")
    cells = (
        *_hour_cells("DeliveryDate", "HourEnding"),
        *(
            cell(name.lower(), name, f"Forecast load of {name}.", "MW")
            for name in ("North", "South", "West", "Houston")
        ),
        cell("system_total", "SystemTotal", "Forecast load of all of ERCOT.", "MW"),
    )
    emits = (
        load_forecast_across(
            {"north": "NORTH", "south": "SOUTH", "west": "WEST", "houston": "HOUSTON", "system_total": "TOTAL"}
        ),
    )


class ErcotFuelReport(ErcotReport):
    subject = "generation_forecast"


class ErcotWind(ErcotFuelReport):
    name = "ercot_wind"
    table = "ercot__wind"
    description = "ERCOT's wind: hourly actual, forecast of seven days and committed capacity, by load zone."
    archive_patterns = ("ercot/*/wind_specific*.zip", "ercot/*/*WPPHRLY*NP4732*")
    zones = ("LZ_SOUTH_HOUSTON", "LZ_WEST", "LZ_NORTH")
    cells = (
        *_hour_cells("DELIVERY_DATE", "HOUR_ENDING"),
        cell("actual_system_wide", "SYSTEM_WIDE_GEN", "Actual generation.", "MW"),
        cell("committed_system_wide", "COP_HSL_SYSTEM_WIDE", "Sum of high limits in operating plans.", "MW"),
        cell("forecast_system_wide", "STWPF_SYSTEM_WIDE", "Short-term forecast.", "MW"),
        cell("potential_system_wide", "WGRPP_SYSTEM_WIDE", "Forecast exceeded with a probability of 80 %.", "MW"),
        *(
            cell(f"{name}_{zone.lower()}", f"{header}_{zone}", f"{said} {zone}.", "MW")
            for zone in zones
            for name, header, said in (
                ("actual", "GEN", "Actual generation in"), ("committed", "COP_HSL", "High limits in"),
                ("forecast", "STWPF", "Short-term forecast for"), ("potential", "WGRPP", "80 % forecast for"),
            )
        ),
        cell("high_limit_system_wide", "SYSTEM_WIDE_HSL", "Sum of telemetered high limits.", "MW"),
    )  # fmt: skip
    emits = (
        generation("'Wind'", "actual_system_wide", where="actual_system_wide is not null"),
        generation_forecast("'Wind'", "forecast_system_wide"),
        generation_forecast("'Wind'", "forecast_lz_south_houston", code="'LZ_SOUTH_HOUSTON'"),
        generation_forecast("'Wind'", "forecast_lz_west", code="'LZ_WEST'"),
        generation_forecast("'Wind'", "forecast_lz_north", code="'LZ_NORTH'"),
    )


class ErcotSolar(ErcotFuelReport):
    name = "ercot_solar"
    table = "ercot__solar"
    description = "ERCOT's solar: hourly actual, forecast of seven days and committed capacity."
    archive_patterns = ("ercot/*/solar_specific*.zip", "ercot/*/*PVGRHRLY*NP4737*")
    cells = (
        *_hour_cells("DELIVERY_DATE", "HOUR_ENDING"),
        cell("actual_system_wide", "SYSTEM_WIDE_GEN", "Actual generation.", "MW"),
        cell("committed_system_wide", "COP_HSL_SYSTEM_WIDE", "Sum of high limits in operating plans.", "MW"),
        cell("forecast_system_wide", "STPPF_SYSTEM_WIDE", "Short-term forecast.", "MW"),
        cell("potential_system_wide", "PVGRPP_SYSTEM_WIDE", "Forecast exceeded with a probability of 80 %.", "MW"),
        cell("high_limit_system_wide", "SYSTEM_WIDE_HSL", "Sum of telemetered high limits.", "MW"),
    )
    emits = (
        generation("'Solar'", "actual_system_wide", where="actual_system_wide is not null"),
        generation_forecast("'Solar'", "forecast_system_wide"),
    )


# --- lists of documents -------------------------------------------------------------------------------------------

DOCUMENT = {
    "doc_id": "DocID", "report_type_id": "ReportTypeID", "friendly_name": "FriendlyName",
    "constructed_name": "ConstructedName", "publish_date": "PublishDate", "expired_date": "ExpiredDate",
    "content_size": "ContentSize", "extension": "Extension", "prefix": "Prefix", "ilm_status": "ILMStatus",
    "security_status": "SecurityStatus", "report_name": "ReportName", "duns": "DUNS", "doc_count": "DocCount",
}  # fmt: skip


def _documents(document: Any) -> Sequence[Mapping[str, Any]]:
    return [entry["Document"] for entry in document["ListDocsByRptTypeRes"]["DocumentList"]]


class ErcotDocumentList(TableFeed):
    """Which documents of a report ERCOT holds, and when it published each: an index without grid data."""

    name = "ercot_document_list"
    table = "ercot__document_list"
    source = "ercot"
    source_system = "ERCOT"
    subject = "document"
    description = "ERCOT's lists of published documents by report type."
    licence = LICENCE
    cadence = "on change"
    time_convention = "ISO 8601 with offset"
    archive_patterns = ("ercot/*/load_forecast_by_*.json", "ercot/*/*_hourly_averaged_actual_and_forecasted_*.json")
    region = "ERCOT"
    reader = Json(_documents, is_flat=False)
    keys = ("doc_id",)
    cells = tuple(cell(name, header, f"{header} as received.") for name, header in DOCUMENT.items())

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        return frame.with_columns(stamp_with_offset("publish_date").alias("published_at_utc"))

    def rules(self) -> Sequence[Rule]:
        return (Rule("L01", pl.col("published_at_utc").is_null(), "PublishDate is no stamp with an offset"),)
