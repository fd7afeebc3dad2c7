"""ISO-NE: the SMD workbooks (hourly, nine sheets) and the LMP reports (records with a type letter and a trailer).

Hours are named by the wall clock at their END, Eastern time: in spring there is no hour 02, and the hour from 1:00 to
the change is 03; the second pass in autumn is "02X" in reports. SMD workbooks always hold 24 rows a day: their own notes
say that in spring the row of hour 02 is the mean of hours 01 and 03, made up to fill the sheet, and it is refused as an
hour that did not exist; in autumn the row of hour 02 is the mean of both passes: it stands under the first pass, and the
second is a hole. Headers and sheets of zones were renamed in 2018 (Hour, DEMAND, SEMASS; Hr_End, RT_Demand, SEMA).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import ClassVar

import polars as pl

from extract.clocks import DayAndHour
from extract.containers import Member, members
from extract.emit import Emit, load, number, price
from extract.feed import Payload
from extract.formats import cell, text
from extract.readers import Records, Workbook
from extract.regions import TIMEZONE
from extract.table_feed import TableFeed, told_by_member
from gridlake.times import UTC_OFFSET_MINUTES, local_midnight_utc

EASTERN = TIMEZONE["ISONE"]
LICENCE = "ISO-NE public market data"
_GENERATED = re.compile(r"Report generated:? (\d\d/\d\d/\d{4} \d\d:\d\d:\d\d) ([A-Z]{3})")
_REPORT_FOR = re.compile(r"Report for:? (\d\d/\d\d/\d{4})(?: - (\d\d/\d\d/\d{4}))?")


def comments(member: Member) -> str:
    """The comment records a report begins with."""
    head = member.data[:2000].decode("utf-8", "replace")
    return "\n".join(line for line in head.splitlines() if line.startswith(('"C"', "C,")))


def generated_utc(member: Member) -> datetime | None:
    """When the report was generated, by its own comment; None where it does not say."""
    found = _GENERATED.search(comments(member))
    if found is None or found[2] not in UTC_OFFSET_MINUTES:
        return None
    offset = UTC_OFFSET_MINUTES[found[2]]
    sign, minutes = "-" if offset < 0 else "+", abs(offset)
    stamp = f"{found[1]} {sign}{minutes // 60:02d}{minutes % 60:02d}"
    aware = datetime.strptime(stamp, "%m/%d/%Y %H:%M:%S %z")
    return (aware - aware.utcoffset()).replace(tzinfo=None)  # type: ignore[operator]


class IsoneTable(TableFeed):
    source = "isone"
    source_system = "ISONE"
    licence = LICENCE
    region = "ISONE"


# --- SMD workbooks ------------------------------------------------------------------------------------------------

SHEETS = {"SEMASS": "SEMA", "WCMASS": "WCMA", "NEMASSBOST": "NEMA", "ISO NE CA": "TOTAL"}
HUB = ".H.INTERNAL_HUB"
RENAMED = " ".join(f"when '{old}' then '{new}'" for old, new in SHEETS.items())
ZONE = f"case sheet {RENAMED} else sheet end"
# On the sheet of the control area, prices are those of the trading hub.
PRICED = f"case sheet {RENAMED.replace(chr(39) + 'TOTAL', chr(39) + HUB)} else sheet end"


def _celsius(column: str) -> str:
    return f"({number(column)} - 32) / 1.8"


def _regulation(product: str, column: str) -> Emit:
    """A price of regulation, which the control area's sheet alone has."""
    return Emit(
        "ancillary_price",
        {
            "source_code": "'TOTAL'",
            "market_id": "'RTM'",
            "product": f"'{product}'",
            "price_text": column,
            "price_per_mwh": number(column),
            "currency": "'USD'",
        },
        where="sheet = 'ISO NE CA'",
    )


def _zonal(market: str, prefix: str) -> Emit:
    return price(
        PRICED,
        f"'{market}'",
        f"{prefix}_lmp",
        "USD",
        energy_per_mwh=number(f"{prefix}_energy"),
        congestion_per_mwh=number(f"{prefix}_congestion"),
        loss_per_mwh=number(f"{prefix}_loss"),
    )


class IsoneSmd(IsoneTable):
    name = "isone_smd"
    table = "isone__smd"
    subject = "load"
    description = "ISO-NE's hourly demand, prices and weather by load zone, as settled."
    cadence = "hourly"
    archive_patterns = ("isone/*/*smd_hourly*.xls*",)
    reader = Workbook(takes=lambda sheet: sheet.casefold() != "notes", sheet_column="sheet")
    cells = (
        cell("date", "Date", "Day as received."),
        cell("hour", ("Hr_End", "Hour"), "Hour ending 1 to 24."),
        cell("sheet", "sheet", "Zone as the sheet is named; ISO NE CA is the whole."),
        cell("da_demand", ("DA_Demand", "DA_DEMD"), "Demand cleared day ahead.", "MW"),
        cell("rt_demand", ("RT_Demand", "DEMAND"), "Metered demand.", "MW"),
        *(
            cell(f"{market.lower()}_{name}", f"{market}_{header}", f"{said}, {market}.", "USD/MWh")
            for market in ("DA", "RT")
            for header, name, said in (
                ("LMP", "lmp", "Price"), ("EC", "energy", "Energy component"), ("CC", "congestion", "Congestion"),
                ("MLC", "loss", "Loss component"),
            )
        ),
        cell("dry_bulb", ("Dry_Bulb", "DryBulb"), "Air temperature.", "degF"),
        cell("dew_point", ("Dew_Point", "DewPnt"), "Dew point.", "degF"),
        *(
            cell(name, headers, said, unit, is_optional=True)
            for name, headers, said, unit in (
                ("system_load", ("System_Load", "SYSLoad"), "System load, on the sheet of the whole.", "MW"),
                ("reg_service_price", ("Reg_Service_Price", "RegSP"), "Regulation service.", "USD/MWh"),
                ("reg_capacity_price", ("Reg_Capacity_Price", "RegCP"), "Regulation capacity.", "USD/MWh"),
                ("min_5min_rsp", "Min_5min_RSP", "Lowest service price in the hour.", "USD/MWh"),
                ("max_5min_rsp", "Max_5min_RSP", "Highest service price in the hour.", "USD/MWh"),
                ("min_5min_rcp", "Min_5min_RCP", "Lowest capacity price in the hour.", "USD/MWh"),
                ("max_5min_rcp", "Max_5min_RCP", "Highest capacity price in the hour.", "USD/MWh"),
            )
        ),
    )  # fmt: skip
    keys = ("hour",)
    clock = DayAndHour("date", ("%Y-%m-%d",), 60, zone=EASTERN, hour="hour", counts="ending")
    time_convention = f"{EASTERN} day and hour ending; 24 rows a day: spring's hour 02 is refused, autumn's is both passes"  # fmt: skip
    emits = (
        load(ZONE, "rt_demand"),
        _zonal("DAM", "da"),
        _zonal("RTM", "rt"),
        Emit(
            "weather",
            {
                "station_id": f"'ISONE.' || {ZONE}",
                "temperature_c": _celsius("dry_bulb"),
                "dew_point_c": _celsius("dew_point"),
            },
        ),
        _regulation("regulation_service", "reg_service_price"),
        _regulation("regulation_capacity", "reg_capacity_price"),
    )


# --- LMP reports --------------------------------------------------------------------------------------------------


class IsonePrice(IsoneTable):
    """Prices of all locations of a day; a report's own words tell the day and when it was generated."""

    subject = "price"
    cadence = "hourly"
    market: ClassVar[str]
    reader = Records()
    cells = (
        cell("date", "Date", "Day as received."),
        cell("hour_ending", "Hour Ending", "Hour ending 01 to 24; 02X is the second pass in autumn."),
        cell("location_id", "Location ID", "Location."),
        cell("location_name", "Location Name", "Its name."),
        cell("location_type", "Location Type", "HUB, LOAD ZONE, NETWORK NODE, ..."),
        cell("lmp", "Locational Marginal Price", "Price.", "USD/MWh"),
        cell("energy", "Energy Component", "Energy component.", "USD/MWh"),
        cell("congestion", "Congestion Component", "Congestion component, added.", "USD/MWh"),
        cell("loss", "Marginal Loss Component", "Loss component, added.", "USD/MWh"),
    )
    keys = ("location_id", "location_name")
    clock = DayAndHour("date", ("%m/%d/%Y",), 60, zone=EASTERN, hour="hour_ending", counts="ending")

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        return told_by_member(frame, payload, "published_at_utc", generated_utc)

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        """The days its comment says it reports."""
        return report_window(payload) or super().window_of(payload, rows)


def report_window(payload: Payload) -> tuple[datetime, datetime] | None:
    """From the first to after the last local day that a report's comment names; None where it names none."""
    found = _REPORT_FOR.search(comments(members(payload)[0]))
    if found is None:
        return None
    first, last = (datetime.strptime(day, "%m/%d/%Y").date() for day in (found[1], found[2] or found[1]))
    return local_midnight_utc(first, EASTERN), local_midnight_utc(last + timedelta(days=1), EASTERN)


def _location(market: str, **more: str) -> tuple[Emit, ...]:
    parts = {
        "energy_per_mwh": number("energy"),
        "congestion_per_mwh": number("congestion"),
        "loss_per_mwh": number("loss"),
    }
    return (price("location_name", f"'{market}'", "lmp", "USD", **parts, **more),)


class IsoneDayAheadPrice(IsonePrice):
    name = "isone_da_lmp"
    table = "isone__da_lmp"
    description = "ISO-NE day-ahead prices of all locations, hourly."
    archive_patterns = ("isone/*/WW_DALMP_ISO_*",)
    emits = _location("DAM")


class IsoneRealTimePrice(IsonePrice):
    name = "isone_rt_lmp"
    table = "isone__rt_lmp"
    description = "ISO-NE real-time prices of all locations, hourly, preliminary and final."
    archive_patterns = ("isone/*/lmp_rt_*",)
    derived = (text("stage", "final or prelim, from the file's name."),)
    emits = _location("RTM", is_final="stage = 'final'")

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        stage = payload.name.removeprefix("lmp_rt_").split("_")[0]
        return super().derive(frame, payload).with_columns(pl.lit(stage).alias("stage"))
