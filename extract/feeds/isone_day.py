"""ISO-NE by the day: forecast beside actual load, the seven-day wind and solar forecasts, flows to neighbours, the
capacity forecasts of the morning report and of the week.

JSON documents carry offsets in their stamps and, where they forecast, when that was made (CreationDate). The daily load
files print no zone: a forecast stands at the middle of its hour, an actual value at its instant; theirs is the forecast in
force at some later time, which they do not tell, so that it stays in bronze. Wind and solar come as records of one hour
by eight days, blank outside the 168 hours they speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from extract.clocks import DayAndHour, Placed
from extract.containers import FETCH_AGAIN, members, place_of
from extract.emit import Emit, generation_forecast, load, load_forecast, number
from extract.feed import Payload
from extract.feeds.isone import EASTERN, IsoneTable, generated_utc
from extract.formats import Cell, Header, Table, cell, joined, occurrence, stamp
from extract.readers import Json, Records, records_table
from extract.regions import declared_window
from extract.table_feed import told_by_member
from gridlake.errors import PayloadRefused
from gridlake.times import wall_clock_to_utc


def offset_stamp(column: str) -> pl.Expr:
    """ISO 8601 with milliseconds and offset, as naive UTC."""
    found = pl.col(column).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", strict=False)
    return found.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def next_local_midnight(start: pl.Expr) -> pl.Expr:
    """The midnight that ends the Eastern day which begins at `start`, naive UTC."""
    local = start.dt.replace_time_zone("UTC").dt.convert_time_zone(EASTERN).dt.replace_time_zone(None)
    return wall_clock_to_utc(local.dt.truncate("1d").dt.offset_by("1d"), EASTERN).cast(pl.Datetime("us"))


# --- forecast beside actual ---------------------------------------------------------------------------------------

DAILY_FORMATS = ("%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S")


class IsoneForecastActual(IsoneTable):
    name = "isone_fcst_actual"
    table = "isone__fcst_actual"
    subject = "load"
    description = "ISO-NE's system load every five minutes, and an hourly forecast of the same day."
    cadence = "5 min"
    archive_patterns = ("isone/fcst_actual/*.csv*",)
    cells = (
        cell("begin_date", "BeginDate", "Wall clock as received: the instant, or the middle of the forecast hour."),
        cell("kind", "Type", "forecast or actual."),
        cell("mw", "Mw", "System load.", "MW"),
    )
    keys = ("kind",)
    clock = Placed(
        said=f"{EASTERN} wall clock without a zone, the repeated hour by order; actual: instant, forecast: middle of the hour",
        why="BeginDate is not a stamp MM/DD/YYYY HH:MM of a known type, or lies in the hour skipped in spring",
    )
    emits = (load("'TOTAL'", "mw", where="kind = 'actual'"),)

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        at = wall_clock_to_utc(stamp("begin_date", *DAILY_FORMATS), EASTERN, occurrence("begin_date", "kind"))
        half, five = pl.duration(minutes=30), pl.duration(minutes=5)
        is_forecast, is_actual = pl.col("kind") == "forecast", pl.col("kind") == "actual"
        return frame.with_columns(
            pl.when(is_forecast).then(at - half).when(is_actual).then(at).alias("interval_start_utc"),
            pl.when(is_forecast).then(at + half).when(is_actual).then(at + five).alias("interval_end_utc"),
        )

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        return declared_window(payload, EASTERN) or super().window_of(payload, rows)


SERIES = ("actual", "priorDay", "forecast", "cleared")


def _three_days(document: Any) -> Sequence[Mapping[str, Any]]:
    data = document[0]["data"]
    if not set(data) <= set(SERIES):
        raise ValueError(f"series {', '.join(data)}")
    return [{"series": series, **record} for series in SERIES for record in data.get(series, ())]


class IsoneSystemLoad(IsoneTable):
    """The document comes named as XML and is JSON. `forecast` is the forecast in force, `priorDay` the earlier one of
    each day, `cleared` the demand cleared day ahead, each hourly; `actual` is every five minutes."""

    name = "isone_system_load"
    is_mixed = True
    table = "isone__system_load"
    subject = "load"
    description = "ISO-NE's system load beside its forecasts with the time of their making, and cleared demand."
    cadence = "5 min"
    archive_patterns = ("isone/*/day_ahead_load_forecast_*",)
    reader = Json(_three_days, is_flat=False)
    cells = (
        cell("begin_date", "BeginDate", "Interval's start as received."),
        cell("series", "series", "Key in the document: actual, priorDay, forecast, cleared."),
        cell("mw", "Mw", "Load.", "MW"),
        cell("creation_date", "CreationDate", "When a forecast was made.", is_optional=True),
        *(
            cell(name, header, said, "MW", is_optional=True)
            for name, header, said in (
                ("load_mw", "LoadMw", "Load with pumping."), ("pump_mw", "PumpMw", "Pumping."),
                ("net_load_mw", "NetLoadMw", "Net load."),
                ("system_load_btm_pv", "SystemLoadBtmPv", "Load with pumping and what solar behind meters serves."),
                ("native_load_btm_pv", "NativeLoadBtmPv", "Load with what solar behind meters serves."),
            )
        ),
        cell("location", "Location", "Location of cleared demand.", is_optional=True),
    )  # fmt: skip
    clock = Placed(
        said="UTC offset in the stamp; the stamp starts the interval", why="BeginDate is no stamp with an offset"
    )
    emits = (
        load("'TOTAL'", "mw", where="series = 'actual'"),
        load_forecast("'TOTAL'", "mw", where="series in ('forecast', 'priorDay')"),
    )

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        minutes = pl.when(pl.col("series") == "actual").then(5).otherwise(60)
        return frame.with_columns(
            offset_stamp("begin_date").alias("interval_start_utc"),
            (offset_stamp("begin_date") + pl.duration(minutes=minutes)).alias("interval_end_utc"),
            offset_stamp("creation_date").alias("published_at_utc"),
        )


# --- flows to neighbours ------------------------------------------------------------------------------------------


def _ties(document: Any) -> Sequence[Mapping[str, Any]]:
    return [
        {**sample, "Location": sample["Location"]["$"], "LocId": tie}
        for tie, samples in document[0]["data"].items()
        for sample in samples
    ]


class IsoneExchange(IsoneTable):
    """Imports are negative, as they are here: flows and limits keep the source's sign but for the import limit."""

    name = "isone_exchange"
    table = "isone__exchange"
    subject = "interchange"
    description = "Flows between ISO-NE and its neighbours by tie, every five minutes."
    cadence = "5 min"
    archive_patterns = ("isone/*/exchange_*.json*",)
    reader = Json(_ties, is_flat=False)
    cells = (
        cell("begin_date", "BeginDate", "Interval's start as received."),
        cell("location_id", "LocId", "Tie."),
        cell("location", "Location", "Its name."),
        cell("actual", "Actual", "Flow; imports are negative.", "MW"),
        cell("scheduled", "Current", "Scheduled flow.", "MW"),
        cell("purchase", "Purchase", "Scheduled imports, negative.", "MW"),
        cell("sale", "Sale", "Scheduled exports.", "MW"),
        cell("import_limit", "Import", "Import limit, negative.", "MW"),
        cell("export_limit", "Export", "Export limit.", "MW"),
        cell("total_imports", "TotalImports", "Import limit of all ties.", "MW"),
        cell("total_exports", "TotalExports", "Export limit of all ties.", "MW"),
    )
    keys = ("location_id",)
    clock = Placed(said="UTC offset in the stamp; the stamp starts the five minutes", why="BeginDate is no stamp with an offset")  # fmt: skip

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        start = offset_stamp("begin_date")
        return frame.with_columns(
            start.alias("interval_start_utc"), (start + pl.duration(minutes=5)).alias("interval_end_utc")
        )

    emits = tuple(
        Emit(
            "interchange",
            {
                "source_code": "location",
                "kind": f"'{kind}'",
                "interchange_text": column,
                "interchange_mw": number(column),
                "export_limit_mw": number("export_limit"),
                "import_limit_mw": f"-{number('import_limit')}",
            },
        )
        for kind, column in (("actual", "actual"), ("scheduled", "scheduled"))
    )


# --- wind and solar of seven days ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class HoursByDays:
    """Records of which the first two data rows are headers (names of days, dates), and the rest an hour by days."""

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table:
        tables = []
        for member in members(payload):
            place = place_of(payload, member)
            _, rows, trailer = Records().split(payload, member)
            dates: list[str] = next((row[2:] for row in rows if row[:1] == ["Date"]), [])
            hours = [row for row in rows if row[:1] == [""] and len(row) > 2]
            if not dates or trailer != len(hours):
                what = f"holds {len(hours)} hours of {len(dates)} days, but its trailer counts {trailer}: truncated"
                raise PayloadRefused(payload.feed, place, what, FETCH_AGAIN)
            records = [
                {"Date": day, "Hour Ending": hour, "MW": value or None}
                for _, hour, *values in hours
                for day, value in zip(dates, values, strict=False)
            ]
            tables.append(records_table(payload, place, member.name, records, header, on))
        return joined(tables)


class IsoneSevenDayPower(IsoneTable):
    subject = "generation_forecast"
    cadence = "hourly"
    reader = HoursByDays()
    cells = (
        cell("date", "Date", "Day as received."),
        cell("hour_ending", "Hour Ending", "Hour ending 01 to 24."),
        cell("mw", "MW", "Forecast generation; blank for hours the forecast does not reach.", "MW"),
    )
    keys = ("hour_ending",)
    clock = DayAndHour("date", ("%m/%d/%Y",), 60, zone=EASTERN, hour="hour_ending", counts="ending")

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        return told_by_member(frame, payload, "published_at_utc", generated_utc)

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        """The hours it has values for."""
        return super().window_of(payload, rows.filter(pl.col("mw").is_not_null()))


class IsoneWindForecast(IsoneSevenDayPower):
    name = "isone_wind_forecast"
    table = "isone__wind_forecast"
    description = "ISO-NE's wind forecast of seven days, hourly, each vintage."
    archive_patterns = ("isone/*/seven_day_wind_power_forecast_*",)
    emits = (generation_forecast("'Wind'", "mw", where="mw is not null"),)


class IsoneSolarForecast(IsoneSevenDayPower):
    name = "isone_solar_forecast"
    table = "isone__solar_forecast"
    description = "ISO-NE's solar forecast of seven days, hourly, each vintage."
    archive_patterns = ("isone/*/seven_day_solar_power_forecast_*",)
    emits = (generation_forecast("'Solar'", "mw", where="mw is not null"),)


# --- capacity of the day and of the week --------------------------------------------------------------------------


def _capacity(columns: Mapping[str, str]) -> Emit:
    """Reserve and capacity, a column each, to `product:kind`."""
    return Emit(
        "reserve",
        {
            "source_code": "'TOTAL'",
            "product": "split_part(across_code, ':', 1)",
            "kind": "split_part(across_code, ':', 2)",
            "capacity_text": "across_value",
            "capacity_mw": number("across_value"),
        },
        where="across_value is not null",
        across=columns,
    )


def _snake(name: str) -> str:
    out = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name.replace("MW", "Mw"))
    return out.strip("_").replace("@", "")


class IsoneDailyReport(IsoneTable):
    """One record a day, for the Eastern day it names; nested lists are kept as JSON text."""

    subject = "reserve"
    cadence = "daily"
    day_column: str

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        start = offset_stamp(self.day_column)
        return frame.with_columns(
            start.alias("interval_start_utc"),
            next_local_midnight(start).alias("interval_end_utc"),
            offset_stamp("creation_date").alias("published_at_utc"),
        )


def _cells(names: Sequence[str], **said: str) -> tuple[Cell, ...]:
    return tuple(
        cell(_snake(name), name, said.get(name, f"{name} as received."), "MW" if name.casefold().endswith("mw") else "")
        for name in names
    )


def _flat(*path: str) -> Callable[[Any], Sequence[Mapping[str, Any]]]:
    def records(document: Any) -> Sequence[Mapping[str, Any]]:
        for key in path:
            document = document[key]
        return document

    return records


BY_DAY = Placed(said="UTC offset in the stamp, which names a local day", why="the day is no stamp with an offset")


class IsoneMorningReport(IsoneDailyReport):
    name = "isone_morning_report"
    table = "isone__morning_report"
    description = "ISO-NE's morning report: capacity and reserve expected for the day's peak."
    archive_patterns = ("isone/*/morningreport_*.json*",)
    reader = Json(_flat("MorningReports", "MorningReport"), is_flat=False)
    day_column = "begin_date"
    cells = _cells(
        (
            "BeginDate", "CreationDate", "ReportType", "PeakLoadTodayHour", "PeakLoadTodayMw", "PeakLoadYesterdayHour",
            "PeakLoadYesterdayMw", "TotAvailCapMw", "CapRequiredMw", "CsoMw", "CapAdditionsMw", "GenOutagesReductionMW",
            "UncommittedAvailGenMw", "NetCapDeliveryMw", "AmsPeakLoadExpMw", "TenMinReserveReqMw", "TenMinReserveEstMw",
            "ThirtyMinReserveReqMw", "ThirtyMinReserveEstMw", "ReplReserveRequiredMw", "TotalOperReserveReqMw",
            "LargestFirstContMw", "SurplusDeficiencyMw", "ExcessCommitMw", "ExpActOp4Mw", "AddlCapAvailOp4ActMw",
            "NonCommUnitsCapMw", "UnitCommMinOrrMw", "UnitCommMinOrrCount", "NyIsoSarAvail", "GeoMagDistIsoAction",
            "GeoMagDistOthCntrAction", "InterchangeDetail", "TieDelivery", "CityForecastDetail",
        )
    )  # fmt: skip
    clock = BY_DAY
    emits = (
        _capacity(
            {
                "tot_avail_cap_mw": "capacity_available:available",
                "cap_required_mw": "capacity_required:requirement",
                "ten_min_reserve_req_mw": "operating_10:requirement",
                "ten_min_reserve_est_mw": "operating_10:forecast",
                "thirty_min_reserve_req_mw": "operating_30:requirement",
                "thirty_min_reserve_est_mw": "operating_30:forecast",
                "total_oper_reserve_req_mw": "operating_total:requirement",
            }
        ),
    )


def _market_days(document: Any) -> Sequence[Mapping[str, Any]]:
    return [
        {**day, "CreationDate": forecast["CreationDate"], "BeginDate": forecast["BeginDate"]}
        for forecast in document["SevenDayForecasts"]["SevenDayForecast"]
        for day in forecast["MarketDay"]
    ]


class IsoneSevenDayForecast(IsoneDailyReport):
    name = "isone_seven_day_forecast"
    table = "isone__seven_day_forecast"
    description = "ISO-NE's capacity forecast of the days to come: peak load, outages, reserve, each vintage."
    archive_patterns = ("isone/*/sevendayforecast_*.json*",)
    reader = Json(_market_days, is_flat=False)
    day_column = "market_date"
    cells = _cells(
        (
            "MarketDate", "@Day", "BeginDate", "CreationDate", "PeakLoadMw", "PeakImportMw", "TotAvailGenMw",
            "TotAvailGenImportMw", "CsoMw", "OtherGenOutagesMw", "DelistMw", "ColdWeatherOutagesMw", "ReqdReserveMw",
            "ReplReserveReqMw", "ReqdReserveInclReplMw", "TotLoadPlusReqdReserveMw", "SurplusDeficiencyMw", "RtdrMw",
            "RtegMw", "ColdWeatherEvent", "ColdWeatherWarn", "ColdWeatherWatch", "EnergyEmergency", "PowerWarn",
            "PowerWatch", "Weather",
        )
    )  # fmt: skip
    clock = BY_DAY
    emits = (
        _capacity(
            {
                "tot_avail_gen_import_mw": "capacity_available:forecast",
                "reqd_reserve_mw": "operating_total:requirement",
                "reqd_reserve_incl_repl_mw": "operating_and_replacement:requirement",
            }
        ),
    )

    @property
    def days_ahead(self) -> int:
        return 10
