from __future__ import annotations

import csv
from datetime import datetime
from typing import Any

import polars as pl
import pytest

from apps.streamlit_app import charts, clock, grid, marks
from apps.streamlit_app.drawn import ROWS
from gridlake.settings import PROJECT_ROOT, Settings
from gridlake.snapshot import Snapshot
from semantic.client import SemanticClient


@pytest.fixture
def drawn(published: tuple[Settings, Snapshot]) -> dict[str, Any]:
    client = SemanticClient(published[0], environ={})
    scope = grid.scope(grid.regions(client, {}))
    zone = "America/New_York"
    prices = grid.prices_by_region(client, scope, "RTM")
    made = {
        "history": charts.load_against_history(grid.load_against_history(client, scope, zone), zone),
        "region": charts.load_by_region(grid.load_by_region(client, scope), scope.ids, scope.known, zone),
        "fuel": charts.fuel_mix(grid.generation_by_fuel(client, scope), zone),
        "forecast": charts.forecast(grid.forecast(client, scope.regions[0]), zone, scope.hour_utc),
        "price": charts.prices_by_region(prices, scope.ids, scope.known, zone, "USD/MWh", "RTM"),
    }
    return {name: chart.to_dict() for name, chart in made.items()}


def encodings(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [layer["encoding"] for layer in spec.get("layer", [spec])]


@pytest.mark.parametrize("name", ["history", "region", "fuel", "forecast", "price"])
def test_every_axis_has_a_unit_or_a_zone(drawn: dict[str, Any], name: str) -> None:
    for encoding in encodings(drawn[name]):
        assert encoding["x"]["title"] == "Start of hour (America/New_York)"
        assert encoding["x"]["scale"]["type"] == "utc"
        if "y" in encoding:
            assert encoding["y"]["title"].endswith(("(MW)", "(USD/MWh)"))


def test_instants_are_sent_with_their_zone(drawn: dict[str, Any]) -> None:
    """A stamp without Z would be read in the browser's own zone."""
    for spec in drawn.values():
        assert spec["datasets"][ROWS]
        assert all(row["interval_start_utc"].endswith("Z") for row in spec["datasets"][ROWS])


def test_rows_travel_once_however_many_layers_there_are(drawn: dict[str, Any]) -> None:
    assert len(drawn["forecast"]["layer"]) > 5
    for spec in drawn.values():
        held = [layer.get("data", spec.get("data")) for layer in spec.get("layer", [spec])]
        assert (
            sum(part == {"name": ROWS} for part in held) >= len(held) - 1
        )  # the rule at the latest hour has one row of its own


def test_the_same_rows_are_drawn_once_and_changed_ones_again() -> None:
    frame = pl.DataFrame({"region_id": ["NYISO", "PJM"], "gwh": [1.0, 2.0]})
    first = marks.bars(frame, "gwh", "region_id", "Energy (GWh)")
    assert marks.bars(frame.clone(), "gwh", "region_id", "Energy (GWh)") is first
    assert marks.bars(frame, "gwh", "region_id", "Energy (MWh)") is not first
    for other in (
        frame.reverse(),
        frame.with_columns(pl.col("gwh") + 1),
        frame.rename({"gwh": "mwh"}).with_columns(gwh=pl.lit(1.0)),
    ):
        assert marks.bars(other, "gwh", "region_id", "Energy (GWh)") is not first


def test_a_page_gets_rows_that_a_browser_reads_as_numbers() -> None:
    frame = pl.DataFrame({"region_id": ["NYISO", "PJM"], "gwh": [1, None]})
    spec = marks.bars(frame, "gwh", "region_id", "Energy (GWh)").for_page
    sent = pl.read_ipc_stream(spec["datasets"][ROWS])
    assert sent.schema["gwh"] == pl.Float64
    assert sent.to_dicts() == frame.to_dicts()


def test_regions_keep_their_colour_whatever_is_chosen() -> None:
    frame = clock.hour_grid(datetime(2026, 1, 1), datetime(2026, 1, 2)).with_columns(
        region_id=pl.lit("NYISO"), load_mw=pl.lit(1.0), is_imputed=pl.lit(False)
    )
    known = ["CAISO", "ERCOT", "NYISO"]
    alone = charts.load_by_region(frame, ["NYISO"], known, "UTC").to_dict()["layer"][0]["encoding"]
    together = charts.load_by_region(frame, known, known, "UTC").to_dict()["layer"][0]["encoding"]
    assert alone["color"]["scale"]["range"] == together["color"]["scale"]["range"][2:]
    assert alone["strokeDash"]["scale"]["range"] == together["strokeDash"]["scale"]["range"][2:]


def test_fuels_are_stacked_in_order_and_charging_lies_below_zero() -> None:
    frame = pl.DataFrame(
        {
            "interval_start_utc": [datetime(2026, 1, 1)] * 4,
            "fuel_name": ["Storage", "Gas", "Hydro", "Pumping"],
            "sort_order": [4, 2, 1, 3],
            "generation_mw": [-5.0, 20.0, 10.0, -2.0],
        }
    )
    spans = {r["fuel_name"]: (r["from_mw"], r["to_mw"]) for r in charts.stacked(frame).to_dicts()}
    assert spans == {"Hydro": (0.0, 10.0), "Gas": (10.0, 30.0), "Pumping": (0.0, -2.0), "Storage": (-2.0, -7.0)}


def test_fuels_wear_the_colours_of_the_dimension(drawn: dict[str, Any]) -> None:
    scale = drawn["fuel"]["encoding"]["color"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True))["Solar"] == "#CCBB44"
    assert scale["domain"][0] == "Nuclear"


@pytest.mark.parametrize(("known", "is_pointed"), [([1.0, 2.0, 3.0], False), ([1.0, None, 3.0], True), ([2.0], True)])
def test_a_value_without_neighbours_is_drawn_as_a_point(known: list[float | None], is_pointed: bool) -> None:
    hours = [datetime(2026, 3, 1, h) for h in range(len(known))]
    frame = pl.DataFrame({"interval_start_utc": hours, "region_id": ["NYISO"] * len(known), "price": known})
    drawn = marks.lines(frame, "price", "region_id", ["NYISO"], "Price (USD/MWh)", "UTC").to_dict()
    assert bool(drawn["mark"].get("point")) is is_pointed


def test_a_single_price_is_drawn_as_a_point() -> None:
    frame = pl.DataFrame(
        {
            "interval_start_utc": [datetime(2026, 3, 1)],
            "region_id": ["NYISO"],
            "currency": ["USD"],
            "price_per_mwh": [30.0],
        }
    )
    drawn = charts.prices_by_region(frame, ["NYISO"], ["NYISO"], "UTC", "USD/MWh", "RTM").to_dict()
    assert drawn["mark"]["point"]


def contrast(a: str, b: str) -> float:
    """WCAG's contrast of two colours, 1 to 21."""

    def light(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        return sum(w * (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4) for w, p in zip((0.2126, 0.7152, 0.0722), parts, strict=True))  # fmt: skip

    dark, bright = sorted((light(a), light(b)))
    return (bright + 0.05) / (dark + 0.05)


def fuel_colors() -> list[str]:
    lines = (PROJECT_ROOT / "dbt_project" / "seeds" / "fuels.csv").open()
    return [row["color_hex"] for row in csv.DictReader(lines)]


@pytest.mark.parametrize(
    "color", [charts.ACTUAL, charts.OURS, charts.OPERATOR, charts.HISTORY, *charts.REGION_COLORS, *fuel_colors()]
)
def test_every_colour_is_seen_on_a_dark_page(color: str) -> None:
    assert contrast(charts.ON_DARK.get(color, color), "#0E1117") > 2.5


@pytest.mark.parametrize("color", [charts.ACTUAL, charts.OURS, charts.OPERATOR, charts.HISTORY, *charts.REGION_COLORS])
def test_every_line_is_seen_on_a_light_page(color: str) -> None:
    assert contrast(color, "#FFFFFF") > 2.2


def test_a_dark_page_changes_colours_and_no_rows() -> None:
    spec = {"layer": [{"mark": {"type": "line"}, "encoding": {"color": {"scale": {"range": ["#000000", charts.ACTUAL]}}}}],
            "datasets": {"a": [{"fuel": "#000000"}]}}  # fmt: skip
    dark = charts.on_dark(spec)
    assert dark["layer"][0]["encoding"]["color"]["scale"]["range"] == ["#FFFFFF", "#F2F2F2"]
    assert dark["datasets"] == spec["datasets"]
