"""ERCOT's dashboards, as JSON: fuel mix, system demand and storage. Stamps carry their offset; `lastUpdated` dates them.

The fuel mix is sampled a few seconds before each five minutes. Demand names the hour by its end; beside the actual load
it prints the forecast in force, which is the vintage of the document, and the day-ahead one, whose issue it does not tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from extract.clocks import END, INSTANT, OffsetStamp
from extract.emit import Emit, generation, load, load_forecast
from extract.feed import Payload
from extract.feeds.ercot import LICENCE
from extract.formats import cell
from extract.readers import Json
from extract.table_feed import TableFeed

FORMATS = ("%Y-%m-%d %H:%M:%S%z", "%Y-%m-%d %H:%M:%S%:z")
SAMPLES = OffsetStamp("timestamp", FORMATS, 5, INSTANT)


class ErcotDashboard(TableFeed):
    source = "ercot"
    source_system = "ERCOT"
    licence = LICENCE
    region = "ERCOT"

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        updated = OffsetStamp("last_updated", FORMATS, 0, INSTANT)
        return frame.with_columns(updated.instant().alias("published_at_utc"))


def _fuel_mix(document: Any) -> Sequence[Mapping[str, Any]]:
    capacity = document.get("monthlyCapacity", {})
    return [
        {"timestamp": at, "fuel": fuel, "lastUpdated": document["lastUpdated"], "monthlyCapacity": capacity.get(fuel), **of}
        for day in document["data"].values()
        for at, fuels in day.items()
        for fuel, of in fuels.items()
    ]  # fmt: skip


class ErcotFuelMix(ErcotDashboard):
    name = "ercot_fuel_mix"
    table = "ercot__fuel_mix"
    subject = "generation"
    description = "ERCOT's generation by fuel, sampled every five minutes, with limits and capacity."
    cadence = "5 min"
    archive_patterns = ("ercot/dashboards/ERCOT.json", "ercot/dashboards/ERCOT_generation*.json")
    reader = Json(_fuel_mix, is_flat=False)
    cells = (
        cell("timestamp", "timestamp", "Instant of the sample as received."),
        cell("fuel", "fuel", "Fuel."),
        cell("gen", "gen", "Generation at that instant; storage draws power where negative.", "MW"),
        cell("high_limit", "hsl", "Sum of telemetered high limits.", "MW", is_optional=True),
        cell("seasonal_capacity", "seasonalCapacity", "Seasonal capacity.", "MW", is_optional=True),
        cell("monthly_capacity", "monthlyCapacity", "Capacity of the month.", "MW", is_optional=True),
        cell("last_updated", "lastUpdated", "When the document was made."),
    )
    keys = ("fuel",)
    clock = SAMPLES
    emits = (generation("fuel", "gen"),)


ACTUAL, CURRENT, DAY_AHEAD = "systemLoad", "currentLoadForecast", "dayAheadForecast"
DEMAND_SERIES = (ACTUAL, CURRENT, DAY_AHEAD, "currentDayHsl", "dayAheadHsl")


def _demand(document: Any) -> Sequence[Mapping[str, Any]]:
    return [
        {
            "timestamp": hour["timestamp"], "hourEnding": hour["hourEnding"], "dstFlag": hour["dstFlag"],
            "lastUpdated": document["lastUpdated"], "series": series, "value": hour[series],
        }
        for day in ("previousDay", "currentDay", "nextDay")
        for hour in document[day]["data"]
        for series in DEMAND_SERIES
        if series in hour
    ]  # fmt: skip


class ErcotDemand(ErcotDashboard):
    name = "ercot_demand"
    table = "ercot__demand"
    subject = "load"
    description = "ERCOT's hourly load, forecast and available capacity of yesterday, today and tomorrow."
    cadence = "hourly"
    archive_patterns = ("ercot/dashboards/ERCOT_demand*.json",)
    reader = Json(_demand, is_flat=False)
    cells = (
        cell("timestamp", "timestamp", "Hour's end as received."),
        cell("hour_ending", "hourEnding", "Hour ending 1 to 24."),
        cell("dst_flag", "dstFlag", "Y in the second pass through the repeated hour."),
        cell("series", "series", "Key of the value in the document."),
        cell("value", "value", "Load, forecast load or capacity.", "MW"),
        cell("last_updated", "lastUpdated", "When the document was made."),
    )
    keys = ("series",)
    clock = OffsetStamp("timestamp", FORMATS, 60, END)
    emits = (
        load("'TOTAL'", "value", where=f"series = '{ACTUAL}'"),
        load_forecast("'TOTAL'", "value", where=f"series in ('{CURRENT}', '{DAY_AHEAD}')"),
    )

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        """The day-ahead forecast was issued earlier than the document, at a time it does not tell."""
        told = pl.when(pl.col("series") != DAY_AHEAD).then(pl.col("published_at_utc"))
        return super().derive(frame, payload).with_columns(told.alias("published_at_utc"))


def _storage(document: Any) -> Sequence[Mapping[str, Any]]:
    return [
        {**sample, "lastUpdated": document["lastUpdated"]}
        for day in ("previousDay", "currentDay")
        for sample in document[day]["data"]
    ]


class ErcotStorage(ErcotDashboard):
    name = "ercot_storage"
    table = "ercot__storage"
    subject = "generation"
    description = "Charging and discharging of ERCOT's batteries, every five minutes."
    cadence = "5 min"
    archive_patterns = ("ercot/dashboards/ERCOT_storage*.json",)
    reader = Json(_storage, is_flat=False)
    cells = (
        cell("timestamp", "timestamp", "Instant of the sample as received."),
        cell("tag_time", "tagCLastTime", "The same without its offset."),
        cell("dst_flag", "dstFlag", "Y in the second pass through the repeated hour."),
        cell("total_charging", "totalCharging", "Charging, negative.", "MW"),
        cell("total_discharging", "totalDischarging", "Discharging.", "MW"),
        cell("net_output", "netOutput", "Their sum.", "MW"),
        cell("epoch", "epoch", "The stamp as milliseconds since 1970."),
        cell("last_updated", "lastUpdated", "When the document was made."),
    )
    clock = SAMPLES
    emits: tuple[Emit, ...] = (generation("'Power Storage'", "net_output"),)
