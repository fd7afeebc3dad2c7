"""CityLearn challenge 2022: 17 homes in California, hourly, with weather, carbon intensity and tariff of the same hours.

The files tell no year. Buildings print month, hour 1 to 24 and day of the week; the first row says July, hour 24, Sunday,
and the next month begins on a Monday: 2016, as the challenge's data of 2016-08-01 to 2017-07-31. The output of the
homes' own panels moves by an hour with the clock changes and has its middle at noon only if hour 24 is the hour that
begins at midnight: the rows run from 2016-08-01 00:00, Pacific wall clock, 24 hours on every day (the hour skipped in
spring is refused, the repeated one stands once). All of that is assumed, and every row says so in `stamp_is_assumed`.
Rows whose month and hour do not fit their place are refused. The other files have nothing but their order.

A home's load is energy of the hour; `solar_generation` is W per kW of panels, whose size the files do not tell: it
stays in bronze.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

import polars as pl

from extract.clocks import Placed
from extract.emit import Emit, number
from extract.feed import Payload
from extract.formats import UNPLACEABLE_TIME, Cell, Rule, cell, text
from extract.regions import TIMEZONE
from extract.table_feed import TableFeed
from gridlake.contracts import Column
from gridlake.times import HOUR, wall_clock_to_utc

FIRST_HOUR = datetime(2016, 8, 1)
HOURS = 8760
PACIFIC = TIMEZONE["CAISO"]


def wall_clock() -> pl.Expr:
    """The row's hour by its number in the file; null beyond the year."""
    place = pl.col("row_number") - 1
    return pl.when(place < HOURS).then(pl.lit(FIRST_HOUR) + pl.duration(hours=place))


class CityLearnFile(TableFeed):
    source = "citylearn"
    source_system = "CITYLEARN"
    licence = "MIT (CityLearn)"
    cadence = "hourly"
    region = "CAISO"
    clock = Placed(
        said="order of rows from 2016-08-01 00:00 Pacific wall clock, 24 hours on every day: assumed",
        why="lies beyond the year, or in the hour skipped in spring",
    )
    derived: ClassVar[tuple[Column, ...]] = (text("stamp_is_assumed", "true: the files tell no year."),)

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        start = wall_clock_to_utc(wall_clock(), PACIFIC)
        return frame.with_columns(
            pl.lit("true").alias("stamp_is_assumed"),
            start.alias("interval_start_utc"),
            (start + HOUR).alias("interval_end_utc"),
        )

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        start = FIRST_HOUR + timedelta(hours=7)
        return start, start + timedelta(hours=HOURS)  # the same offset at both ends: PDT


class CityLearnBuilding(CityLearnFile):
    name = "citylearn_building"
    is_mixed = True
    table = "citylearn__building"
    subject = "meter"
    description = "Hourly load and output of panels of 17 homes."
    archive_patterns = tuple(f"meters/citylearn/Building_*.csv{packed}" for packed in ("", ".gz", ".zip"))
    cells = (
        cell("month_number", "month", "Month as received; hour 24 of a month's last day begins the next."),
        cell("hour", "hour", "Hour 1 to 24 as received; 24 begins at midnight."),
        cell("day_type", "day_type", "Day of the week, Monday 1; of hour 24 that of the day before."),
        cell("daylight_savings_status", "daylight_savings_status", "0 throughout."),
        cell("indoor_temperature", "indoor_dry_bulb_temperature", "Blank: not measured.", "degC"),
        cell("unmet_cooling", "average_unmet_cooling_setpoint_difference", "Blank: not measured.", "degC"),
        cell("indoor_humidity", "indoor_relative_humidity", "Blank: not measured.", "%"),
        cell("non_shiftable_load", "non_shiftable_load", "Electricity used in the hour.", "kWh"),
        cell("dhw_demand", "dhw_demand", "Hot water.", "kWh"),
        cell("cooling_demand", "cooling_demand", "Cooling.", "kWh"),
        cell("heating_demand", "heating_demand", "Heating.", "kWh"),
        cell("solar_generation", "solar_generation", "Output of the panels.", "W/kW"),
    )
    derived = (*CityLearnFile.derived, text("building", "Home, from the file's name."))
    emits = (
        Emit(
            "meter",
            {
                "meter_id": "'CITYLEARN.' || building",
                "quantity_text": "non_shiftable_load",
                "energy_kwh": number("non_shiftable_load"),
            },
        ),
    )

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        return super().derive(frame, payload).with_columns(pl.lit(payload.name.split(".")[0]).alias("building"))

    def rules(self) -> list[Rule]:
        named = wall_clock() - HOUR  # the hour's own name is that of its end less one
        hour, month = (pl.col(name).cast(pl.Int64, strict=False) for name in ("hour", "month_number"))
        fits = (hour == named.dt.hour() + 1) & (month == named.dt.month())
        return [Rule(UNPLACEABLE_TIME, ~fits, "month and hour are not those of its place in the year from August 2016")]


def _columns(*names: tuple[str, str]) -> tuple[Cell, ...]:
    """Columns with their forecasts 6, 12 and 24 hours ahead beside them."""
    ahead = ((1, 6), (2, 12), (3, 24))
    return tuple(
        cell(f"{name}{end}", f"{name}{end}", f"{name.replace('_', ' ').capitalize()}{words}.", unit)
        for end, words in (("", ""), *((f"_predicted_{n}", f", forecast for {h} h later") for n, h in ahead))
        for name, unit in names
    )


class CityLearnWeather(CityLearnFile):
    name = "citylearn_weather"
    table = "citylearn__weather"
    subject = "weather"
    description = "Hourly weather at the homes and its forecast 6, 12 and 24 hours ahead."
    archive_patterns = tuple(f"meters/citylearn/weather.csv{packed}" for packed in ("", ".gz", ".zip"))
    cells = _columns(
        ("outdoor_dry_bulb_temperature", "degC"), ("outdoor_relative_humidity", "%"),
        ("diffuse_solar_irradiance", "W/m2"), ("direct_solar_irradiance", "W/m2"),
    )  # fmt: skip
    # Direct irradiance is that on the beam: added to the diffuse it is not what falls on the horizontal.
    emits = (
        Emit(
            "weather",
            {
                "station_id": "'CAISO.CITYLEARN'",
                "temperature_c": number("outdoor_dry_bulb_temperature"),
                "humidity_pct": number("outdoor_relative_humidity"),
            },
        ),
    )


class CityLearnCarbon(CityLearnFile):
    name = "citylearn_carbon_intensity"
    table = "citylearn__carbon_intensity"
    subject = "carbon"
    description = "Hourly carbon intensity of the grid at the homes."
    archive_patterns = tuple(f"meters/citylearn/carbon_intensity.csv{packed}" for packed in ("", ".gz", ".zip"))
    cells = (cell("carbon_intensity", "carbon_intensity", "Carbon dioxide emitted per unit of electricity.", "kg/kWh"),)


class CityLearnPricing(CityLearnFile):
    name = "citylearn_pricing"
    table = "citylearn__pricing"
    subject = "tariff"
    description = "Hourly tariff of the homes and the tariff 6, 12 and 24 hours ahead."
    archive_patterns = tuple(f"meters/citylearn/pricing.csv{packed}" for packed in ("", ".gz", ".zip"))
    cells = _columns(("electricity_pricing", "USD/kWh"))
