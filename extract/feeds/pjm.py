"""PJM, from Data Miner 2: prices, metered load, wind and solar as CSV, and forecasts and fuel mix as its API's JSON.

Most tables print UTC beside Eastern prevailing time; UTC places the row. The long history of metered load prints only
Eastern time, so that its repeated autumn hours are told apart by order. Solar is negative at night: station load.
An API answer says how many rows there are in all; one that holds fewer than it promises is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from extract.clocks import UtcStamp, WallClock
from extract.emit import generation, generation_forecast, load, load_forecast, number, price
from extract.feed import Payload
from extract.formats import Cell, cell, stamp
from extract.readers import Json
from extract.regions import TIMEZONE
from extract.table_feed import TableFeed

LICENCE = "PJM terms of use"
ISO = "%Y-%m-%dT%H:%M:%S"
AMERICAN = "%m/%d/%Y %I:%M:%S %p"
SHORT = "%m/%d/%y %H:%M"  # as Excel saves it; before four-digit years, which would take 16 for the year 16
UTC_FORMATS = (AMERICAN, ISO)


def items(document: Any) -> Sequence[Mapping[str, Any]]:
    """The records of an API answer, or of a bare list. Raises `ValueError` where it holds fewer than it promises."""
    if isinstance(document, list):
        return document
    found: Sequence[Mapping[str, Any]] = document["items"]
    asked = document["searchSpecification"]
    left = int(document["totalRows"]) - int(asked["startRow"]) + 1
    if len(found) != min(left, int(asked["rowCount"])):
        raise ValueError(f"{len(found)} items of {left} promised")
    return found


class PjmTable(TableFeed):
    source = "pjm"
    source_system = "PJM"
    licence = LICENCE
    cadence = "hourly"
    region = "PJM"


def _begins(utc: str = "datetime_beginning_utc", ept: str = "datetime_beginning_ept") -> tuple[Cell, Cell]:
    return (
        cell(utc, utc, "Hour's start as received, UTC."),
        cell(ept, ept, "The same, Eastern prevailing time."),
    )


class PjmDayAheadPrice(PjmTable):
    name = "pjm_da_hrl_lmps"
    table = "pjm__da_hrl_lmps"
    subject = "price"
    description = "PJM day-ahead prices by pricing node."
    archive_patterns = ("pjm/*/da_hrl_lmps*",)
    cells = (
        *_begins(),
        cell("pnode_id", "pnode_id", "Pricing node."),
        cell("pnode_name", "pnode_name", "Its name."),
        cell("voltage", "voltage", "Its voltage."),
        cell("equipment", "equipment", "Its equipment."),
        cell("node_type", "type", "ZONE, HUB, GEN, LOAD, ..."),
        cell("zone", "zone", "Zone it lies in."),
        cell("system_energy_price_da", "system_energy_price_da", "Energy component.", "USD/MWh"),
        cell("total_lmp_da", "total_lmp_da", "Price.", "USD/MWh"),
        cell("congestion_price_da", "congestion_price_da", "Congestion component, added.", "USD/MWh"),
        cell("marginal_loss_price_da", "marginal_loss_price_da", "Loss component, added.", "USD/MWh"),
        cell("row_is_current", "row_is_current", "Whether a later version replaced the row."),
        cell("version_nbr", "version_nbr", "Version; a correction raises it."),
    )
    keys = ("pnode_id",)
    clock = UtcStamp("datetime_beginning_utc", UTC_FORMATS, 60)
    emits = (
        price(
            "case when pnode_name = 'PJM-RTO' then 'TOTAL' else pnode_name end",
            "'DAM'",
            "total_lmp_da",
            "USD",
            where="lower(coalesce(row_is_current, 'true')) <> 'false'",
            energy_per_mwh=number("system_energy_price_da"),
            congestion_per_mwh=number("congestion_price_da"),
            loss_per_mwh=number("marginal_loss_price_da"),
        ),
    )


@dataclass(frozen=True)
class UtcOrEastern(WallClock):
    """UTC in `utc` where the source prints it, else the wall clock of `column`."""

    utc: str = ""

    @property
    def zone_words(self) -> str:
        return f"UTC where printed, else {super().zone_words}"

    def instant(self) -> pl.Expr:
        return pl.coalesce(stamp(self.utc, *UTC_FORMATS), super().instant())


class PjmMeteredLoad(PjmTable):
    name = "pjm_hrl_load_metered"
    table = "pjm__hrl_load_metered"
    subject = "load"
    description = "PJM metered load by load area."
    archive_patterns = ("pjm/hrl_load_metered*", "pjm/*/hrl_load_metered*")
    cells = (
        cell("datetime_beginning_utc", "datetime_beginning_utc", "Hour's start as received, UTC.", is_optional=True),
        cell("datetime_beginning_ept", "datetime_beginning_ept", "The same, Eastern prevailing time."),
        cell("nerc_region", "nerc_region", "NERC region."),
        cell("mkt_region", "mkt_region", "Market region."),
        cell("zone", "zone", "Zone."),
        cell("load_area", "load_area", "Load area; RTO is all of PJM."),
        cell("mw", "mw", "Metered load.", "MW"),
        cell("is_verified", "is_verified", "Whether the load has been verified."),
    )
    keys = ("load_area",)
    clock = UtcOrEastern(
        "datetime_beginning_ept", (SHORT, *UTC_FORMATS), 60, zone=TIMEZONE["PJM"], series=("load_area",),
        utc="datetime_beginning_utc",
    )  # fmt: skip
    emits = (
        load(
            "case when load_area = 'RTO' then 'TOTAL' else load_area end",
            "mw",
            is_final="case upper(trim(is_verified)) when 'TRUE' then true when 'FALSE' then false end",
        ),
    )


class PjmAreaGeneration(PjmTable):
    """`wind_gen` and `solar_gen`: one fuel, by area; RTO is the whole and goes to silver, its parts stay in bronze."""

    subject = "generation"
    keys = ("area",)
    clock = UtcStamp("datetime_beginning_utc", UTC_FORMATS, 60)


def _area_cells(fuel: str) -> tuple[Cell, ...]:
    return (
        *_begins(),
        cell("area", "area", "Area; RTO is all of PJM."),
        cell("generation_mw", f"{fuel}_generation_mw", f"Mean {fuel} generation of the hour.", "MW"),
    )


class PjmWindGeneration(PjmAreaGeneration):
    name = "pjm_wind_gen"
    table = "pjm__wind_gen"
    description = "PJM wind generation by area."
    archive_patterns = ("pjm/*/wind_gen*",)
    cells = _area_cells("wind")
    emits = (generation("'Wind'", "generation_mw", where="area = 'RTO'"),)


class PjmSolarGeneration(PjmAreaGeneration):
    name = "pjm_solar_gen"
    table = "pjm__solar_gen"
    description = "PJM solar generation by area, negative at night."
    archive_patterns = ("pjm/*/solar_gen*",)
    cells = _area_cells("solar")
    emits = (generation("'Solar'", "generation_mw", where="area = 'RTO'"),)


class PjmGenerationByFuel(PjmTable):
    name = "pjm_gen_by_fuel"
    table = "pjm__gen_by_fuel"
    subject = "generation"
    description = "PJM generation by fuel."
    archive_patterns = ("pjm/gen_by_fuel*",)
    reader = Json(items, is_flat=False)
    cells = (
        cell("datetime_beginning_utc", "datetime_beginning_utc", "Hour's start as received, UTC."),
        cell("fuel_type", "fuel_type", "Fuel."),
        cell("mw", "mw", "Mean generation of the hour.", "MW"),
    )
    keys = ("fuel_type",)
    clock = UtcStamp("datetime_beginning_utc", UTC_FORMATS, 60)
    emits = (generation("fuel_type", "mw"),)


class PjmVintages(PjmTable):
    """Forecasts that print when they were evaluated: each such moment is a vintage."""

    evaluated = "evaluated_at_utc"

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        return frame.with_columns(stamp(self.evaluated, *UTC_FORMATS).alias("published_at_utc"))


class PjmLoadForecast(PjmVintages):
    name = "pjm_load_forecast"
    table = "pjm__load_forecast"
    subject = "load_forecast"
    description = "PJM's load forecast of seven days by area, each vintage."
    archive_patterns = ("pjm/*pjm_load_forecast*",)
    reader = Json(items, is_flat=False)
    evaluated = "evaluated_at_datetime_utc"
    cells = (
        cell("evaluated_at_datetime_utc", "evaluated_at_datetime_utc", "When the forecast was made, UTC."),
        cell("evaluated_at_datetime_ept", "evaluated_at_datetime_ept", "The same, Eastern prevailing time."),
        cell("forecast_datetime_beginning_utc", "forecast_datetime_beginning_utc", "Hour's start as received, UTC."),
        cell("forecast_datetime_beginning_ept", "forecast_datetime_beginning_ept", "The same, Eastern time."),
        cell("forecast_datetime_ending_utc", "forecast_datetime_ending_utc", "Hour's end as received, UTC."),
        cell("forecast_datetime_ending_ept", "forecast_datetime_ending_ept", "The same, Eastern time."),
        cell("forecast_area", "forecast_area", "Area; RTO_COMBINED is all of PJM."),
        cell("forecast_load_mw", "forecast_load_mw", "Forecast load.", "MW"),
    )
    keys = ("forecast_area", "evaluated_at_datetime_utc")
    clock = UtcStamp("forecast_datetime_beginning_utc", UTC_FORMATS, 60, until="forecast_datetime_ending_utc")
    emits = (load_forecast("case when forecast_area = 'RTO_COMBINED' then 'TOTAL' else forecast_area end", "forecast_load_mw"),)  # fmt: skip


def _forecast_cells(fuel: str) -> tuple[Cell, ...]:
    return (
        cell("evaluated_at_utc", "evaluated_at_utc", "When the forecast was made, UTC."),
        cell("evaluated_at_ept", "evaluated_at_ept", "The same, Eastern prevailing time."),
        *_begins(),
        *_begins("datetime_ending_utc", "datetime_ending_ept"),
        cell("forecast_mwh", f"{fuel}_forecast_mwh", f"Forecast {fuel} generation of the hour.", "MWh"),
    )


class PjmFuelForecast(PjmVintages):
    subject = "generation_forecast"
    reader = Json(items, is_flat=False)
    keys = ("evaluated_at_utc",)
    clock = UtcStamp("datetime_beginning_utc", UTC_FORMATS, 60, until="datetime_ending_utc")


class PjmWindForecast(PjmFuelForecast):
    name = "pjm_wind_forecast"
    table = "pjm__wind_forecast"
    description = "PJM's wind forecast, renewed every ten minutes, each vintage."
    archive_patterns = ("pjm/pjm_wind_forecast*",)
    cells = _forecast_cells("wind")
    emits = (generation_forecast("'Wind'", "forecast_mwh"),)


class PjmSolarForecast(PjmFuelForecast):
    name = "pjm_solar_forecast"
    table = "pjm__solar_forecast"
    description = "PJM's solar forecast, renewed through the day, each vintage; generation behind the meter apart."
    archive_patterns = ("pjm/pjm_solar_forecast*",)
    cells = (
        *_forecast_cells("solar"),
        cell("forecast_btm_mwh", "solar_forecast_btm_mwh", "Forecast of solar behind the meter.", "MWh"),
    )
    emits = (generation_forecast("'Solar'", "forecast_mwh"),)
