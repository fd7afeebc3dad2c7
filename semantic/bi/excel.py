"""A workbook for Excel, which has no way into Cube: what the numbers are, and tables of the main views by day or month.

Belongs here: the sheets. Every text is written as text, whatever it looks like: nothing in a workbook is a formula.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridlake.errors import GridlakeError
from semantic.members import Model

if TYPE_CHECKING:
    from semantic.client import SemanticClient

ROWS = 1_048_576  # of a sheet, its header among them
_DAY, _MONTH = ("local_date", "day"), ("local_date", "month")


@dataclass(frozen=True)
class Sheet:
    """A question of the semantic layer whose rows fill a sheet."""

    name: str
    view: str
    measures: tuple[str, ...]
    by: tuple[str, ...] = ()
    time: tuple[str, str] | None = None

    @property
    def query(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "measures": [f"{self.view}.{m}" for m in self.measures], "dimensions": [f"{self.view}.{d}" for d in self.by],
        }  # fmt: skip
        if self.time:
            body["timeDimensions"] = [{"dimension": f"{self.view}.{self.time[0]}", "granularity": self.time[1]}]
        return body


SHEETS = (
    Sheet("Load by day", "load", ("average_load_mw", "peak_load_mw", "minimum_load_mw", "total_load_mwh", "count_hours"), ("region_id",), _DAY),
    Sheet("Load by zone and month", "zone_load", ("average_load_mw", "peak_load_mw", "total_load_mwh"), ("region_id", "zone_id"), _MONTH),
    Sheet("Prices by day", "prices", ("average_price_per_mwh", "peak_price_per_mwh", "minimum_price_per_mwh", "load_weighted_price_per_mwh", "count_negative_prices"), ("region_id", "market_id", "currency"), _DAY),
    Sheet("Generation by fuel and month", "generation", ("total_generation_mwh", "peak_generation_mw"), ("region_id", "fuel_id", "fuel_name"), _MONTH),
    Sheet("Renewables by day", "generation", ("total_generation_mwh", "total_renewable_mwh", "renewable_share_pct", "low_carbon_share_pct"), ("region_id",), _DAY),
    Sheet("Carbon by day", "carbon", ("average_carbon_intensity_kg_per_mwh", "total_emissions_kg"), ("region_id",), _DAY),
    Sheet("Interchange by day", "interchange", ("total_net_export_mwh", "total_export_mwh", "total_import_mwh"), ("region_id",), _DAY),
    Sheet("Forecast skill", "forecast_skill", ("mae", "naive_mae", "operator_mae", "coverage_80_pct", "coverage_95_pct"), ("target", "region_id", "model_id", "unit"), _MONTH),
    Sheet("Trading by month", "trading", ("average_day_ahead_per_mwh", "average_real_time_per_mwh", "average_spread_per_mwh"), ("region_id", "zone_id", "currency"), _MONTH),
    Sheet("Reliability by year", "reliability", ("saidi_minutes", "saifi", "caidi_minutes"), ("region_id", "year_number")),
    Sheet("Year in review", "executive", ("total_energy_mwh", "peak_load_mw", "renewable_share_pct", "carbon_intensity_kg_per_mwh", "day_ahead_average_per_mwh"), ("region_id", "year_number", "is_complete")),
    Sheet("Plants by year", "plant_performance", ("total_generation_mwh", "capacity_factor_pct", "total_co2_kg"), ("plant_name", "state", "data_year", "source_system")),
    Sheet("Data quality by month", "data_quality", ("completeness_pct", "total_rows_quarantined", "average_data_quality_score"), ("subject", "feed", "region_id"), _MONTH),
)  # fmt: skip


def write_workbook(path: Path, client: SemanticClient) -> dict[str, int]:
    """Writes the workbook; returns the rows of each sheet. Raises `GridlakeError` where a sheet cannot hold its rows."""
    import xlsxwriter

    snapshot = client.snapshot()
    # strings_to_*: a cell such as "=1+1" or "https://…" stays the text it is
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    written: dict[str, int] = {}
    with xlsxwriter.Workbook(str(path), options) as book:
        bold, moment = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        about = [
            ("Origin", snapshot.origin + (": made-up data of a simulated grid" if snapshot.origin == "synthetic" else "")),
            ("Snapshot", snapshot.snapshot_id), ("Published at (UTC)", snapshot.published_at_utc),
            *((f"Data of {r} through (start of hour, UTC)", t) for r, t in sorted(snapshot.as_of_utc.items())),
            ("Days", "Days and months are those of each region's own calendar."),
            ("Empty cells", "A value that is not known, or would mix what cannot be added; never zero."),
        ]  # fmt: skip
        _sheet(book, "About", ("What", "Value"), about, bold, moment)
        _sheet(
            book,
            "Dictionary",
            ("View", "Name", "Kind", "Title", "Unit", "Meaning"),
            dictionary(client.model),
            bold,
            moment,
        )
        for sheet in SHEETS:
            result = client.query(sheet.query)
            written[sheet.name] = result.frame.height
            titles = [result.label(c) for c in result.frame.columns]
            _sheet(book, sheet.name, titles, result.frame.rows(), bold, moment)
    return written


def dictionary(model: Model) -> list[tuple[str, ...]]:
    """Every member of every view."""
    return [
        (view.name, name, shown.member.kind, shown.member.title, shown.member.unit, shown.member.description)
        for view in model.views.values() for name, shown in view.members.items()
    ]  # fmt: skip


def _sheet(book: Any, name: str, titles: Sequence[str], rows: Sequence[Sequence[Any]], bold: Any, moment: Any) -> None:
    if len(rows) >= ROWS:
        raise GridlakeError(
            f"'{name}' has {len(rows):,} rows; a sheet holds {ROWS - 1:,}.", "Use the folder of Parquet, or `gridlake metric … --format csv`."
        )  # fmt: skip
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(titles):
        sheet.write_string(0, column, title, bold)
        sheet.set_column(column, column, min(max(len(title) + 2, 12), 60))
    for at, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            _cell(sheet, at, column, value, moment)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(titles) - 1)


def _cell(sheet: Any, at: int, column: int, value: Any, moment: Any) -> None:
    if value is None or value != value:
        return
    if isinstance(value, str):
        sheet.write_string(at, column, value)
    elif isinstance(value, datetime) and (value.hour or value.minute):
        sheet.write_datetime(at, column, value, moment)
    elif isinstance(value, date):
        sheet.write_datetime(at, column, value)
    elif isinstance(value, bool):
        sheet.write_boolean(at, column, value)
    else:
        sheet.write_number(at, column, value)
