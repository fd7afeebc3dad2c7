"""NYISO beyond the zonal basics: integrated hourly load, nodal day-ahead prices, OASIS exports, interface flows, and a
table of load beside its forecasts of six days.

`palIntegrated` and the OASIS day-ahead export print EST or EDT; the others print no zone, so that the repeated autumn
hour is told apart by order. LBMP = energy + losses - congestion everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

import polars as pl

from extract.clocks import END, INSTANT, AbbreviatedClock, WallClock
from extract.emit import Emit, load, load_forecast, number, price
from extract.feed import Payload
from extract.feeds.nyiso_load import CLOCK, NYISO_LICENCE, NYISO_TIMEZONE
from extract.feeds.nyiso_price import COMPONENTS
from extract.formats import UNKNOWN_KEY, Rule, cell, stamp, text
from extract.readers import Csv
from extract.regions import NYISO_LOAD_ZONES, NYISO_PROXIES, declared_window
from extract.table_feed import TableFeed

DAYS_OF_VINTAGE = 6


class NyisoTable(TableFeed):
    """What the feeds below share; a file named by its day or month declares that as its window."""

    source = "nyiso"
    source_system = "NYISO"
    licence = NYISO_LICENCE
    region = "NYISO"
    places: ClassVar[tuple[str, ...]] = ()  # names a row may speak of; empty: any

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        return declared_window(payload, NYISO_TIMEZONE) or super().window_of(payload, rows)

    def rules(self) -> Sequence[Rule]:
        if not self.places:
            return ()
        return (Rule(UNKNOWN_KEY, ~pl.col("name").is_in(self.places), "not a zone or proxy bus of NYISO"),)


class NyisoPalIntegrated(NyisoTable):
    name = "nyiso_pal_integrated"
    table = "nyiso__pal_integrated"
    subject = "load"
    description = "Load of NYISO by zone, integrated over the hour."
    cadence = "hourly"
    archive_patterns = ("nyiso/*/*palIntegrated*",)
    places = NYISO_LOAD_ZONES
    cells = (
        cell("time_stamp", "Time Stamp", "Wall clock as received: the hour's start."),
        cell("time_zone", "Time Zone", "Abbreviation printed beside it."),
        cell("name", "Name", "Zone."),
        cell("ptid", "PTID", "The operator's point id."),
        cell("integrated_load", "Integrated Load", "Mean load of the hour.", "MW"),
    )
    clock = AbbreviatedClock("time_stamp", CLOCK, 60)
    emits = (load("name", "integrated_load"),)


class NyisoGeneratorPrice(NyisoTable):
    name = "nyiso_damlbmp_gen"
    table = "nyiso__damlbmp_gen"
    subject = "price"
    description = "NYISO day-ahead prices by generator, hourly."
    cadence = "hourly"
    archive_patterns = ("nyiso/*/*damlbmp_gen*",)
    cells = (
        cell("time_stamp", "Time Stamp", "Wall clock as received: the hour's start."),
        cell("name", "Name", "Generator."),
        cell("ptid", "PTID", "The operator's point id."),
        cell("lbmp", "LBMP ($/MWHr)", "Locational based marginal price.", "USD/MWh"),
        cell("marginal_cost_losses", "Marginal Cost Losses ($/MWHr)", "Its component of losses.", "USD/MWh"),
        cell("marginal_cost_congestion", "Marginal Cost Congestion ($/MWHr)", "Congestion, subtracted.", "USD/MWh"),
    )
    keys = ("name",)
    clock = WallClock("time_stamp", CLOCK, 60, zone=NYISO_TIMEZONE, series=("name",))
    emits = (price("name", "'DAM'", "lbmp", "USD", **COMPONENTS),)


def _export(market: str, **components: str) -> tuple[Emit, ...]:
    return (price("name", f"'{market}'", "lbmp", "USD", **components),)


class NyisoOasisDayAhead(NyisoTable):
    name = "nyiso_oasis_dam"
    table = "nyiso__oasis_dam"
    subject = "price"
    description = "NYISO day-ahead zonal prices, as a custom report of OASIS exports them."
    cadence = "hourly"
    archive_patterns = ("nyiso/*/OASIS_Day-Ahead_Market_Zonal_LBMP*",)
    places = (*NYISO_LOAD_ZONES, *NYISO_PROXIES)
    cells = (
        cell("time_stamp", "Eastern Date Hour", "Wall clock as received: the hour's start."),
        cell("time_zone", "Eastern Date Hour Time Zone", "Abbreviation printed beside it."),
        cell("name", "Zone Name", "Zone or proxy bus."),
        cell("ptid", "Zone PTID", "The operator's point id."),
        cell("lbmp", "DAM Zonal LBMP", "Locational based marginal price.", "USD/MWh"),
        cell("marginal_cost_losses", "DAM Zonal Losses", "Its component of losses.", "USD/MWh"),
        cell("marginal_cost_congestion", "DAM Zonal Congestion", "Congestion, subtracted.", "USD/MWh"),
        cell("price_version", "DAM Zonal Price Version", "Version of the price; a correction raises it."),
    )
    # Two digits of the year first: read as four, "6/1/24" would lie in the year 24.
    clock = AbbreviatedClock("time_stamp", ("%m/%d/%y %H:%M", "%m/%d/%Y %H:%M", *CLOCK), 60)
    emits = _export("DAM", **COMPONENTS)


class NyisoOasisRealTimeCommitment(NyisoTable):
    name = "nyiso_oasis_rtc"
    table = "nyiso__oasis_rtc"
    subject = "price"
    description = "NYISO's real-time commitment zonal prices, a quarter of an hour ahead, as OASIS exports them."
    cadence = "15 min"
    archive_patterns = ("nyiso/*/OASIS_Real_Time_Commitment_Zonal_LBMP*",)
    places = (*NYISO_LOAD_ZONES, *NYISO_PROXIES)
    cells = (
        cell("time_stamp", "RTC End Time Stamp", "Wall clock as received: the interval's end."),
        cell("name", "Zone Name", "Zone or proxy bus."),
        cell("ptid", "Zone PTID", "The operator's point id."),
        cell("lbmp", "RTC Zonal LBMP", "Locational based marginal price.", "USD/MWh"),
        cell("marginal_cost_losses", "RTC Zonal Losses", "Its component of losses.", "USD/MWh"),
        cell("marginal_cost_congestion", "RTC Zonal Congestion", "Congestion, subtracted.", "USD/MWh"),
        cell("price_version", "RTC Zonal Price Version", "Version of the price; a correction raises it."),
    )
    clock = WallClock(
        "time_stamp", ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M"), 15, END, zone=NYISO_TIMEZONE, series=("name",)
    )
    emits = _export("RTC", **COMPONENTS)


UNLIMITED = "9999"  # printed where a direction has no limit


class NyisoInterfaceFlows(NyisoTable):
    """Interfaces inside New York are kept; to silver go the external, scheduled ones, in which NYISO counts a flow INTO
    New York as positive. HQ_IMPORT_EXPORT repeats the schedule of SCH - HQ - NY and would be counted twice."""

    name = "nyiso_interface_flows"
    table = "nyiso__interface_flows"
    origins = ("archive", "live")
    subject = "interchange"
    description = "Flows and limits of NYISO's internal and external interfaces, about every five minutes."
    cadence = "5 min"
    archive_patterns = ("nyiso/*/*ExternalLimitsFlows*",)
    cells = (
        cell("time_stamp", "Timestamp", "Wall clock as received: the instant of the sample."),
        cell("interface_name", "Interface Name", "Interface; external ones begin with SCH."),
        cell("point_id", "Point ID", "The operator's point id."),
        cell("flow", "Flow (MWH)", "Flow; into New York is positive on external interfaces.", "MW"),
        cell("positive_limit", "Positive Limit (MWH)", "Limit of a positive flow; 9999 for none.", "MW"),
        cell("negative_limit", "Negative Limit (MWH)", "Limit of a negative flow; -9999 for none.", "MW"),
    )
    keys = ("interface_name",)
    clock = WallClock("time_stamp", CLOCK, 5, INSTANT, zone=NYISO_TIMEZONE, series=("interface_name",))
    emits = (
        Emit(
            "interchange",
            {
                "source_code": "interface_name",
                "kind": "'scheduled'",
                "interchange_text": "flow",
                "interchange_mw": f"-{number('flow')}",
                "export_limit_mw": f"nullif(-{number('negative_limit')}, {UNLIMITED})",
                "import_limit_mw": f"nullif({number('positive_limit')}, {UNLIMITED})",
            },
            where="interface_name like 'SCH - %' and interface_name <> 'SCH - HQ_IMPORT_EXPORT'",
        ),
    )


_VINTAGES = tuple(f"forecast_{days}_days_before" for days in range(DAYS_OF_VINTAGE))


def _vintage(days: int) -> Emit:
    column = _VINTAGES[days]
    # The forecast made so many days before is the file of that day, which begins with that day.
    first_day = f"cast(operating_date as timestamp) - interval '{days} days'"
    return load_forecast("name", column, where=f"{column} is not null", first_day_start=first_day)


class NyisoLoadBesideForecasts(NyisoTable):
    """The header names fewer columns than the rows have, because the stamp ("12,1,2007 0:00") was split at its commas
    and the differences share one name. Days without a forecast have blanks, and then a "difference" of minus the load.
    """

    name = "nyiso_load_vintages"
    is_mixed = True
    table = "nyiso__load_vintages"
    subject = "load_forecast"
    description = "Hourly integrated load of NYISO by zone beside the forecasts of six issue days."
    cadence = "hourly"
    archive_patterns = ("nyiso/*/*Integratedforecast*",)
    places = NYISO_LOAD_ZONES
    reader = Csv(
        names=(
            "month_of_year", "day_of_month", "year_and_hour", "TimeZone", "Name", "PTID", "IntegratedLoad",
            *(f"{what} {days}" for days in range(DAYS_OF_VINTAGE) for what in ("Forecast", "Difference")),
        )
    )  # fmt: skip
    cells = (
        cell("month_of_year", "month_of_year", "First part of the stamp as received."),
        cell("day_of_month", "day_of_month", "Second part of it."),
        cell("year_and_hour", "year_and_hour", "Third part of it: year, hour's start."),
        cell("time_zone", "TimeZone", "Abbreviation printed beside it."),
        cell("name", "Name", "Zone."),
        cell("ptid", "PTID", "The operator's point id."),
        cell("integrated_load", "IntegratedLoad", "Mean load of the hour.", "MW"),
        *(
            found
            for days, column in enumerate(_VINTAGES)
            for found in (
                cell(column, f"Forecast {days}", f"Forecast of the issue {days} days before.", "MW"),
                cell(f"difference_{days}_days_before", f"Difference {days}", "Forecast less load, as received.", "MW"),
            )
        ),
    )
    derived = (text("operating_date", "Local day of the hour (YYYY-MM-DD)."),)
    clock = AbbreviatedClock("time_stamp", ("%m/%d/%Y %H:%M",), 60)
    emits = (load("name", "integrated_load"), *(_vintage(days) for days in range(DAYS_OF_VINTAGE)))

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        joined = pl.format("{}/{}/{}", "month_of_year", "day_of_month", "year_and_hour").alias("time_stamp")
        return frame.with_columns(joined).with_columns(
            stamp("time_stamp", "%m/%d/%Y %H:%M").dt.strftime("%Y-%m-%d").alias("operating_date")
        )
