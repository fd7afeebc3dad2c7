"""CAISO's OASIS: prices with their components in rows of their own, and forecasts of load, wind and solar.

Rows come in any order; GMT stamps place them: OPR_HR is the clock's hour ending, and 25 the second pass in autumn. OASIS answers as CSV or, earlier, as XML;
an answer without data is an XML document that says so, and is refused with its words. A file is named by the first and
the day after the last operating day asked for. Names also carry when the report was made, without a zone: it is read as
Pacific time, the later of the readings, so that nothing counts as known too early. Day-ahead products keep their issue
time whenever they are asked for, so for them that time says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from extract.clocks import OffsetStamp, UtcStamp
from extract.containers import Member, members
from extract.emit import Emit, generation_forecast, load_forecast, number, price
from extract.feed import Payload
from extract.formats import Cell, Header, Table, cell, stamp_with_offset
from extract.readers import Csv, Xml
from extract.regions import TIMEZONE, extent
from extract.table_feed import TableFeed, told_by_member
from gridlake.times import local_midnight_utc, to_naive_utc

PACIFIC = TIMEZONE["CAISO"]
LICENCE = "CAISO public market data"
_SPAN = re.compile(r"^(\d{8})_(\d{8})_")
_MADE = re.compile(r"_(\d{8}_\d\d_\d\d_\d\d)_v\d+")


def _local_name(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]


def oasis_records(root: Any) -> Sequence[Mapping[str, Any]]:
    """The report's data, each with its header's fields. Raises `ValueError` with the words of an error document."""
    errors = [element.text for element in root.iter() if _local_name(element.tag) == "ERR_DESC"]
    if errors:
        raise ValueError(f"OASIS says: {errors[0]}")
    made = next(element.text for element in root.iter() if _local_name(element.tag) == "TimeDate")
    return list(_reported(root, made))


def _reported(root: Any, made: str | None) -> Iterator[dict[str, Any]]:
    for item in (element for element in root.iter() if _local_name(element.tag) == "REPORT_ITEM"):
        header = next(element for element in item if _local_name(element.tag) == "REPORT_HEADER")
        shared = {_local_name(field.tag): field.text for field in header}
        for data in (element for element in item if _local_name(element.tag) == "REPORT_DATA"):
            yield {**shared, **{_local_name(field.tag): field.text for field in data}, "TimeDate": made}


@dataclass(frozen=True)
class Oasis:
    """OASIS's answer in the format it came in."""

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table:
        is_xml = members(payload)[0].data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        reader = Xml(oasis_records) if is_xml else Csv(ends_with_newline=True)
        return reader.read(payload, header, on)


def made_utc(member: Member) -> datetime | None:
    """When a report was made, from its name; None where the name does not tell."""
    found = _MADE.search(member.name)
    try:
        local = datetime.strptime(found[1], "%Y%m%d_%H_%M_%S") if found else None
    except ValueError:
        return None
    return None if local is None else to_naive_utc(local.replace(tzinfo=ZoneInfo(PACIFIC)))


def oasis_window(payload: Payload) -> tuple[datetime, datetime] | None:
    """The operating days asked for, from the name; None where it does not tell."""
    found = _SPAN.match(payload.name)
    try:
        days = [datetime.strptime(day, "%Y%m%d").date() for day in found.groups()] if found else []
    except ValueError:
        return None
    return (local_midnight_utc(days[0], PACIFIC), local_midnight_utc(days[1], PACIFIC)) if days else None


def _oasis_cells() -> tuple[Cell, ...]:
    """Columns of every report: headers of CSV first, those of XML after."""
    return (
        cell("interval_start_gmt", ("INTERVALSTARTTIME_GMT", "INTERVAL_START_GMT"), "Interval's start as received."),
        cell("interval_end_gmt", ("INTERVALENDTIME_GMT", "INTERVAL_END_GMT"), "Interval's end as received."),
        cell("operating_day", ("OPR_DT", "OPR_DATE"), "Pacific day."),
        cell("operating_hour", ("OPR_HR", "INTERVAL_NUM"), "Hour (in XML: interval) of that day, ending, from 1."),
        cell("operating_interval", "OPR_INTERVAL", "Interval of that hour.", is_optional=True),
        cell("market_run_id", ("MARKET_RUN_ID", "MKT_TYPE"), "Market."),
        cell("data_item", ("XML_DATA_ITEM", "DATA_ITEM"), "What is reported."),
        cell("value", ("MW", "VALUE", "PRC"), "The value; a price although the header may say MW."),
        cell("made_at", "TimeDate", "When an XML report was made.", is_optional=True),
        *(
            cell(name, header, f"{header} as received.", is_optional=True)
            for name, header in (
                ("report_group", "GROUP"), ("report_position", "POS"), ("label", "LABEL"), ("system", "SYSTEM"),
                ("time_zone", "TZ"), ("report", "REPORT"), ("unit", "UOM"), ("interval_kind", "INTERVAL"),
                ("seconds_per_interval", "SEC_PER_INTERVAL"),
            )
        ),
    )  # fmt: skip


class OasisReport(TableFeed):
    source = "caiso"
    source_system = "CAISO"
    licence = LICENCE
    region = "CAISO"
    cadence = "hourly"
    reader = Oasis()
    clock = OffsetStamp("interval_start_gmt", ("%Y-%m-%d %H:%M:%S%:z",), 60, until="interval_end_gmt")
    time_convention = "GMT stamps of start and end; OPR_HR is the Pacific hour ending, 25 the second pass in autumn"

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        return oasis_window(payload) or extent(rows)


class OasisForecast(OasisReport):
    """Forecasts that are renewed: a report's rows are the vintage in force when it was made, but for day-ahead ones."""

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        told = told_by_member(frame, payload, "published_at_utc", made_utc)
        made = pl.coalesce(stamp_with_offset("made_at"), "published_at_utc")
        return told.with_columns(pl.when(pl.col("market_run_id") != "DAM").then(made).alias("published_at_utc"))


def _component(kind: str) -> str:
    return f"max(case when lmp_type = '{kind}' then {number('value')} end)"


class CaisoPrice(OasisReport):
    """A price is several rows, one per component: LMP = MCE + MCC + MCL + MGHG, of which the last is rarely there and
    belongs to the energy part."""

    name = "caiso_prc_lmp"
    table = "caiso__prc_lmp"
    origins = ("archive", "live")
    subject = "price"
    description = "CAISO prices by node with their components, as OASIS reports them."
    archive_patterns = ("caiso/*/*_PRC_*LMP_*",)
    cells = (
        *_oasis_cells(),
        cell("node", ("NODE", "RESOURCE_NAME"), "Node."),
        cell("node_id", "NODE_ID", "Its id.", is_optional=True),
        cell("node_id_xml", "NODE_ID_XML", "Its id in XML.", is_optional=True),
        cell("pnode_resmrid", "PNODE_RESMRID", "Its registered id.", is_optional=True),
        cell("group_type", "GRP_TYPE", "Kind of the group asked for.", is_optional=True),
        cell("lmp_type", "LMP_TYPE", "LMP, or the component: MCE, MCC, MCL, MGHG."),
    )
    keys = ("node", "lmp_type")
    emits = (
        Emit(
            "price",
            {
                "source_code": "node",
                "market_id": "case market_run_id when 'RTPD' then 'FMM' when 'RTD' then 'RTM' else market_run_id end",
                "price_text": "max(case when lmp_type = 'LMP' then value end)",
                "price_per_mwh": _component("LMP"),
                "energy_per_mwh": f"{_component('MCE')} + coalesce({_component('MGHG')}, 0)",
                "congestion_per_mwh": _component("MCC"),
                "loss_per_mwh": _component("MCL"),
                "currency": "'USD'",
            },
            is_grouped=True,
        ),
    )


class CaisoLoadForecast(OasisForecast):
    """Beside the areas of CAISO (named -TAC, the whole CA ISO-TAC) it reports members of the Western energy imbalance
    market, which are no zones of CAISO and stay in bronze."""

    name = "caiso_sld_fcst"
    table = "caiso__sld_fcst"
    origins = ("archive", "live")
    subject = "load_forecast"
    description = "CAISO's load forecasts by area: seven days, two days, day ahead and within the hour."
    archive_patterns = ("caiso/*/*_SLD_FCST_*", "caiso/*/sld_forecast*.xml")
    cells = (
        *_oasis_cells(),
        cell("area", ("TAC_AREA_NAME", "RESOURCE_NAME"), "Area."),
        cell("load_type", "LOAD_TYPE", "Kind of load.", is_optional=True),
        cell("execution_type", "EXECUTION_TYPE", "Process that made it.", is_optional=True),
    )
    keys = ("area", "data_item")
    emits = (
        load_forecast("case when area = 'CA ISO-TAC' then 'TOTAL' else area end", "value", where="area like '%-TAC'"),
    )


class CaisoRenewableForecast(OasisForecast):
    name = "caiso_sld_ren_fcst"
    table = "caiso__sld_ren_fcst"
    origins = ("archive", "live")
    subject = "generation_forecast"
    description = "CAISO's wind and solar forecasts by trading hub."
    archive_patterns = ("caiso/*/*_SLD_REN_FCST_*", "caiso/*/sld_ren_forecast*.xml")
    cells = (
        *_oasis_cells(),
        cell("trading_hub", "TRADING_HUB", "Trading hub."),
        cell("renewable_type", "RENEWABLE_TYPE", "Solar or Wind."),
        cell("market_run_pos", "MARKET_RUN_ID_POS", "Order of the market.", is_optional=True),
        cell("renewable_pos", "RENEW_POS", "Order of the kind.", is_optional=True),
    )
    keys = ("trading_hub", "renewable_type")
    emits = (generation_forecast("renewable_type", "value", code="trading_hub", where="market_run_id <> 'ACTUAL'"),)


class CaisoSchedule(OasisReport):
    """Totals of a market's energy schedules. Exports leave the region, imports enter it; scheduled generation is none
    that took place and stays in bronze."""

    name = "caiso_ene_slrs"
    table = "caiso__ene_slrs"
    subject = "interchange"
    description = "CAISO's scheduled generation, imports and exports."
    archive_patterns = ("caiso/*/*_ENE_SLRS_*",)
    cells = (*_oasis_cells(), cell("resource", ("RESOURCE_NAME", "TAC_ZONE_NAME"), "What it totals."))
    keys = ("data_item",)
    emits = (
        Emit(
            "interchange",
            {
                "source_code": "data_item",
                "kind": "'scheduled'",
                "interchange_text": "value",
                "interchange_mw": f"case data_item when 'ISO_TOT_IMP_MW' then -{number('value')} else {number('value')} end",
            },
            where="data_item in ('ISO_TOT_IMP_MW', 'ISO_TOT_EXP_MW')",
        ),
    )


# --- nodes, as others normalised them -----------------------------------------------------------------------------


class CaisoNodePrice(TableFeed):
    name = "caiso_node_lmp"
    table = "caiso__node_lmp"
    source = "caiso"
    source_system = "CAISO"
    subject = "price"
    description = "Fifteen-minute market prices of single nodes of CAISO, normalised by gridstatus."
    licence = "MIT; CAISO public market data"
    cadence = "15 min"
    hole_tolerance = 0.1  # the recorded year lacks 7 % in 256 gaps
    archive_patterns = ("caiso/nodes/node_*.csv*",)
    region = "CAISO"
    cells = (
        cell("starts_at", "interval_start_utc", "Interval's start as received, UTC."),
        cell("ends_at", "interval_end_utc", "Interval's end as received, UTC."),
        cell("market", "market", "Market as gridstatus names it."),
        cell("location", "location", "Node."),
        cell("location_type", "location_type", "Kind of location."),
        cell("lmp", "lmp", "Price.", "USD/MWh"),
        cell("energy", "energy", "Energy component.", "USD/MWh"),
        cell("congestion", "congestion", "Congestion component, added.", "USD/MWh"),
        cell("loss", "loss", "Loss component, added.", "USD/MWh"),
    )
    keys = ("location", "market")
    clock = UtcStamp("starts_at", ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d"), 15, until="ends_at")  # midnight is the bare day
    emits = (
        price(
            "location",
            "case market when 'DAY_AHEAD_HOURLY' then 'DAM' when 'REAL_TIME_15_MIN' then 'FMM' else 'RTM' end",
            "lmp",
            "USD",
            energy_per_mwh=number("energy"),
            congestion_per_mwh=number("congestion"),
            loss_per_mwh=number("loss"),
        ),
    )


class CaisoLocations(TableFeed):
    name = "caiso_lmp_locations"
    table = "caiso__lmp_locations"
    source = "caiso"
    source_system = "CAISO"
    subject = "node"
    description = "Nodes of CAISO: kind and position."
    licence = "MIT; CAISO public market data"
    cadence = "on change"
    time_convention = "no time"
    archive_patterns = ("caiso/nodes/LMPLocations*.csv*",)
    region = "CAISO"
    cells = (
        cell("name_of_node", "name", "Node."),
        cell("node_type", "type", "Load Node or Generation Node."),
        cell("latitude", "latitude", "Latitude.", "degree"),
        cell("longitude", "longitude", "Longitude.", "degree"),
    )
    keys = ("name_of_node",)
