"""MISO: the daily workbook of forecast and actual load, and the wind and solar forecasts. EST all year, also in summer.

The workbook repeats its header before each day, under a line with the day's name, and ends in small print. It tells
only the day it was published, not the hour: its vintage counts as known from the end of that day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from extract.clocks import DayAndHour, WallClock
from extract.containers import FETCH_AGAIN, members
from extract.emit import generation_forecast, load_across, load_forecast_across
from extract.feed import Payload
from extract.formats import cell, stamp
from extract.readers import Json, Workbook, open_workbook
from extract.regions import TIMEZONE
from extract.table_feed import TableFeed
from gridlake.errors import PayloadRefused
from gridlake.times import local_midnight_utc, wall_clock_to_utc

EST = TIMEZONE["MISO"]
AREAS = ("LRZ1", "LRZ2_7", "LRZ3_5", "LRZ4", "LRZ6", "LRZ8_9_10", "MISO")
CODES = {area.lower(): "TOTAL" if area == "MISO" else area for area in AREAS}
HEADER_ROW = 4


def _holds_an_hour(row: Sequence[str | None]) -> bool:
    """Whether it is a row of values: the day's title has no hour, a repeated header no number, small print neither."""
    return len(row) > 1 and row[1] is not None and row[1] != "HourEnding"


class MisoLoad(TableFeed):
    name = "miso_df_al"
    is_mixed = True  # the forecast reaches days further than the actuals
    table = "miso__df_al"
    source = "miso"
    source_system = "MISO"
    subject = "load"
    description = "MISO's medium-term load forecast and actual load by local resource zones, hourly."
    licence = "MISO public market data"
    cadence = "hourly"
    archive_patterns = ("miso/*df_al*",)
    region = "MISO"
    reader = Workbook(header_row=HEADER_ROW, is_data=_holds_an_hour)
    cells = (
        cell("market_day", "Market Day", "Day as received, EST."),
        cell("hour_ending", "HourEnding", "Hour ending 1 to 24."),
        *(
            found
            for area in AREAS
            for found in (
                cell(f"{area.lower()}_forecast", f"{area} MTLF (MWh)", f"Forecast load of {area}.", "MWh"),
                cell(f"{area.lower()}_actual", f"{area} ActualLoad (MWh)", f"Actual load of {area}.", "MWh"),
            )
        ),
    )
    clock = DayAndHour("market_day", ("%Y-%m-%d", "%m/%d/%Y"), 60, zone=EST, hour="hour_ending", counts="clock")
    # Days to come have no actual load: blank there is no missing value, and does not count as one.
    emits = (
        load_across({f"{area}_actual": code for area, code in CODES.items()}, where="across_value is not null"),
        load_forecast_across({f"{area}_forecast": code for area, code in CODES.items()}),
    )

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        """With the end of the day that the title block names as published."""
        title = _title(payload)
        known = local_midnight_utc(title["Published Date:"][0] + timedelta(days=1), EST)
        return frame.with_columns(pl.lit(known).cast(pl.Datetime("us")).alias("published_at_utc"))

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        """The reporting period of the title block, both days included."""
        first, last = _title(payload)["Reporting Period:"]
        return local_midnight_utc(first, EST), local_midnight_utc(last + timedelta(days=1), EST)


def _title(payload: Payload) -> dict[str, list[Any]]:
    """The dates of the title block, by what stands before them. Raises `PayloadRefused` where one is missing."""
    member = members(payload, unzip=False)[0]
    sheet = open_workbook(payload, member)
    rows = sheet.get_sheet_by_name(sheet.sheet_names[0]).to_python(skip_empty_area=False, nrows=HEADER_ROW)
    found = {str(row[0]).strip(): [value for value in row[1:] if hasattr(value, "year")] for row in rows}
    if len(found.get("Published Date:", [])) != 1 or len(found.get("Reporting Period:", [])) != 2:
        what = "does not tell when it was published and which days it reports"
        raise PayloadRefused(payload.feed, payload.path.as_posix(), what, FETCH_AGAIN)
    return found


# --- wind and solar -----------------------------------------------------------------------------------------------


def _hours(document: Any) -> Sequence[Mapping[str, Any]]:
    return [{**hour, "MktDay": document["MktDay"], "RefId": document["RefId"]} for hour in document["Forecast"]]


class MisoFuelForecast(TableFeed):
    """One fuel of MISO's data broker; `RefId` ("10-Mar-2025 - Interval 06:00 EST") tells the vintage."""

    source = "miso"
    source_system = "MISO"
    subject = "generation_forecast"
    licence = "MISO public market data"
    cadence = "hourly"
    region = "MISO"
    reader = Json(_hours)
    cells = (
        cell("date_time_est", "DateTimeEST", "Hour's start as received, EST."),
        cell("hour_ending_est", "HourEndingEST", "Hour ending 1 to 24."),
        cell("value", "Value", "Forecast generation.", "MW"),
        cell("market_day", "MktDay", "Day of the forecast."),
        cell("reference", "RefId", "Interval at which it was made, EST."),
    )
    keys = ("reference",)
    clock = WallClock("date_time_est", ("%Y-%m-%d %I:%M:%S %p",), 60, zone=EST)

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        made = frame.with_columns(
            pl.col("reference").str.replace(r"^(\S+) - Interval (\S+) EST$", "$1 $2").alias("_at")
        )
        at = wall_clock_to_utc(stamp("_at", "%d-%b-%Y %H:%M"), EST).alias("published_at_utc")
        return made.with_columns(at).drop("_at")


class MisoWindForecast(MisoFuelForecast):
    name = "miso_wind_forecast"
    table = "miso__wind_forecast"
    description = "MISO's wind forecast, hourly, two days."
    archive_patterns = ("miso/*etWindForecast*",)
    emits = (generation_forecast("'Wind'", "value"),)


class MisoSolarForecast(MisoFuelForecast):
    name = "miso_solar_forecast"
    table = "miso__solar_forecast"
    description = "MISO's solar forecast, hourly, two days."
    archive_patterns = ("miso/*etSolarForecast*",)
    emits = (generation_forecast("'Solar'", "value"),)
