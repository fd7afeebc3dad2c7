"""EIA-930 workbooks, one per balancing authority (`CISO.xlsx`): the hours in detail, and demand by zone.

Three feeds read the two sheets that hold data: `Detailed Data` without and with its neighbours (their columns differ by
authority, 87 to 111 in all), and `Subregions`. `Hourly Charts` and `Daily Charts` repeat what the detailed sheet says
and `BA Names` is a lookup. `UTC Time` is the END of the hour. The first row may be a row of formulas without a stamp;
`Subregions` goes on to 2018, ends in a day of zeros, and names zones in its last weeks only; an authority without zones
says so in its first cell. Interchange is positive where it leaves the authority.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import polars as pl

from extract.clocks import END, UtcStamp
from extract.containers import members
from extract.emit import Emit, generation, generation_across, load, load_forecast, number
from extract.feed import Payload
from extract.feeds.eia930_api import regions_of
from extract.formats import cell
from extract.readers import Texts, Workbook, open_workbook
from extract.regions import extent
from extract.table_feed import TableFeed
from gridlake.errors import PayloadRefused

UTC_END = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d")  # midnight is printed as the bare day
SUBREGION = "SR_"
DETAILS = {
    "date": ("Date", "Local day.", ""), "hour": ("Hour", "Local hour ending.", ""),
    "local_time": ("Local Time", "Local wall clock of the hour's end.", ""), "time_zone": ("Time Zone", "Its zone.", ""),
    "generation_only": ("Generation Only", "Y for an authority without load.", ""),
    "demand_forecast": ("DF", "Day-ahead forecast of demand.", "MW"), "demand": ("D", "Demand.", "MW"),
    "net_generation": ("NG", "Net generation.", "MW"),
    "total_interchange": ("TI", "Interchange; positive leaves the authority.", "MW"),
    "missing_diba": ("Missing DIBA", "1 where a neighbour's flow is missing.", ""),
    "missing_fuel": ("Missing NG by Energy Source", "1 where generation by fuel is missing.", ""),
    "missing_subregion": ("Missing D by Subregion", "1 where demand by zone is missing.", ""),
    "df_range_error": ("DF Range Error", "Flag of EIA's range check.", ""),
    "d_range_error": ("D Range Error", "Flag of EIA's range check.", ""),
    "ng_range_error": ("NG Range Error", "Flag of EIA's range check.", ""),
    "ti_range_error": ("TI Range Error", "Flag of EIA's range check.", ""),
    "imputed_demand": ("Imputed D", "Demand EIA put in for a missing or implausible one.", "MW"),
    "imputed_generation": ("Imputed NG", "Generation EIA put in.", "MW"),
    "published_demand": ("Published D", "Demand as EIA publishes it: reported or imputed.", "MW"),
    "published_generation": ("Published NG", "Generation as EIA publishes it.", "MW"),
    "balance_ng_d_ti": ("Balance NG D TI", "NG - D - TI.", "MW"),
    "balance_ti_diba": ("Balance TI DIBA", "TI less the sum of neighbours.", "MW"),
    "balance_ng": ("Balance NG", "NG less the sum of fuels.", "MW"),
    "balance_d": ("Balance D", "D less the sum of zones.", "MW"),
    "sum_fuels": ("Sum (NG) over Energy Sources", "Sum of fuels.", "MW"),
    "sum_subregions": ("Sum (D) over Subregions", "Sum of zones.", "MW"),
    "sum_diba": ("Sum (DIBA)", "Sum of neighbours.", "MW"), "pair_mismatch": ("Pair Mismatch", "1 where two disagree.", ""),
    "file_0": ("File 0", "EIA's file of the day.", ""), "file_1": ("File 1", "EIA's file of the day after.", ""),
    "file_2": ("File 2", "EIA's file of two days after.", ""), "file_d": ("File D", "EIA's later file.", ""),
}  # fmt: skip
FUELS = ("COL", "NG", "NUC", "OIL", "WAT", "SUN", "WND", "OTH", "UNK")


def neighbours(names: Sequence[str]) -> list[str]:
    """The neighbours' codes among the detailed sheet's column names: those with a column `Active <code>`."""
    return [name for name in names if f"Active {name}" in names]


def without_neighbours(names: list[str], body: Iterator[Texts]) -> tuple[list[str], Iterator[Texts]]:
    """The detailed sheet without the columns of neighbours, which the feed of interchange takes."""
    theirs = {f"{kind}{code}" for code in neighbours(names) for kind in ("", "Active ", "From ", "Balance ")}
    kept = [i for i, name in enumerate(names) if name not in theirs]
    return [names[i] for i in kept], ([row[i] if i < len(row) else None for i in kept] for row in body)


def by_neighbour(names: list[str], body: Iterator[Texts]) -> tuple[list[str], Iterator[Texts]]:
    """One row per hour and neighbour. A row without any neighbour's cell (the row of formulas) is none."""
    at = {name: i for i, name in enumerate(names)}
    authority, stamp = at["BA"], at["UTC Time"]
    places = [
        (code, [at.get(f"{kind}{code}") for kind in ("", "Active ", "From ", "Balance ")]) for code in neighbours(names)
    ]
    if not places:
        raise KeyError("Active <neighbour>")

    def rows() -> Iterator[Texts]:
        for row in body:
            cells = [(code, [None if i is None else row[i] for i in found]) for code, found in places]
            if any(value is not None for _, values in cells for value in values):
                for code, values in cells:
                    yield [row[authority], row[stamp], code, *values]

    return ["BA", "UTC Time", "Neighbour", "Flow", "Active", "From", "Balance"], rows()


def by_subregion(names: list[str], body: Iterator[Texts]) -> tuple[list[str], Iterator[Texts]]:
    """One row per hour for the authority (TOTAL) and one for each zone the sheet has a column for."""
    at = {name: i for i, name in enumerate(names)}
    authority, stamp, demand, balance = (at[name] for name in ("BA", "UTC Time Calculated", "D", "Balance D"))
    zones = [name.removeprefix(SUBREGION) for name in names if name.startswith(SUBREGION)]
    places = [(zone, at[SUBREGION + zone], at[f"Active {zone}"]) for zone in zones]

    def rows() -> Iterator[Texts]:
        for row in body:
            yield [row[authority], row[stamp], "TOTAL", row[demand], None, row[balance]]
            for zone, demanded, active in places:
                yield [row[authority], row[stamp], zone, row[demanded], row[active], None]

    return ["BA", "UTC Time", "Zone", "D", "Active", "Balance D"], rows()


class EiaWorkbook(TableFeed):
    source = "eia930"
    source_system = "EIA930"
    licence = "US public domain"
    cadence = "hourly"
    archive_patterns = ("eia930/ba_xlsx/*.xlsx",)
    keys: tuple[str, ...] = ("balancing_authority",)
    clock = UtcStamp("utc_time", UTC_END, 60, END)

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        return frame.with_columns(regions_of(pl.col("balancing_authority")).alias("region_id"))


AUTHORITY = cell("balancing_authority", "BA", "Code as EIA uses it.")
UTC_TIME = cell("utc_time", "UTC Time", "Stamp as received: the hour's end, UTC.")


class Eia930Authority(EiaWorkbook):
    name = "eia930_ba"
    table = "eia930__ba"
    subject = "load"
    description = "Hourly demand, its forecast, generation by fuel and interchange of an authority, with EIA's flags."
    cells = (
        AUTHORITY,
        UTC_TIME,
        *(cell(column, name, words, unit) for column, (name, words, unit) in DETAILS.items()),
        *(cell(f"ng_{fuel.lower()}", f"NG: {fuel}", f"Net generation from {fuel}.", "MW") for fuel in FUELS),
    )
    reader = Workbook(takes=lambda sheet: sheet == "Detailed Data", reshape=without_neighbours)
    emits = (
        load("'TOTAL'", "demand"),
        load_forecast("'TOTAL'", "demand_forecast", where=f"{number('demand_forecast')} <> 0"),
        generation_across(
            {f"ng_{fuel.lower()}": fuel for fuel in FUELS},
            where=f"coalesce({', '.join(f'ng_{fuel.lower()}' for fuel in FUELS)}) is not null",
        ),
        generation("'TOTAL'", "net_generation"),
        Emit(
            "interchange",
            {
                "source_code": "'TOTAL'",
                "interchange_text": "total_interchange",
                "interchange_mw": number("total_interchange"),
            },
        ),
    )


class Eia930Interchange(EiaWorkbook):
    name = "eia930_ba_interchange"
    hole_tolerance = 0.1  # BPAT leaves some neighbours blank for weeks
    table = "eia930__ba_interchange"
    subject = "interchange"
    description = "Hourly flow between an authority and each neighbour, as both report it."
    cells = (
        AUTHORITY,
        UTC_TIME,
        cell("neighbour", "Neighbour", "Neighbour's code."),
        cell("flow", "Flow", "Flow as the authority reports it; positive leaves it.", "MW"),
        cell("active", "Active", "1 where the pair trades."),
        cell("flow_from_neighbour", "From", "Flow as the neighbour reports it; positive leaves the neighbour.", "MW"),
        cell("balance", "Balance", "Sum of both reports: 0 where they agree.", "MW"),
    )
    keys = ("balancing_authority", "neighbour")
    reader = Workbook(takes=lambda sheet: sheet == "Detailed Data", reshape=by_neighbour)
    emits = (
        Emit(
            "interchange",
            {"source_code": "neighbour", "interchange_text": "flow", "interchange_mw": number("flow")},
        ),
    )


class Eia930Subregion(EiaWorkbook):
    name = "eia930_ba_subregion"
    hole_tolerance = 0.2  # its last months come without some subregions
    is_sparse = True  # subregions report from July 2018 on
    table = "eia930__ba_subregion"
    subject = "load"
    description = "Hourly demand of an authority and of its zones."
    cells = (
        AUTHORITY,
        UTC_TIME,
        cell("zone_code", "Zone", "Zone's code; TOTAL for the authority."),
        cell("demand", "D", "Demand.", "MW"),
        cell("active", "Active", "1 where the zone reports."),
        cell("balance", "Balance D", "Demand less the sum of zones.", "MW"),
    )
    keys = ("balancing_authority", "zone_code")
    reader = Workbook(takes=lambda sheet: sheet == "Subregions", reshape=by_subregion)
    # Zones stand blank in the years before they were asked for: that is no missing value.
    emits = (load("zone_code", "demand", where="zone_code = 'TOTAL' or demand is not null"),)

    def passes_over(self, payload: Payload) -> str:
        try:
            book = open_workbook(payload, members(payload, unzip=False)[0])
        except PayloadRefused:
            return ""  # parsing says what is wrong with it
        if "Subregions" in book.sheet_names:
            rows = book.get_sheet_by_name("Subregions").to_python(nrows=1)
            if rows and str(rows[0][0]) == "No Subregions":
                return "it says that the authority has no zones"
        return ""

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        return extent(rows)
