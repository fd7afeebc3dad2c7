from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
import pytest

from apps.streamlit_app import charts, clock, grid, marks
from gridlake.settings import Settings
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
        for layer in spec.get("layer", [spec]):
            values = layer.get("data", spec.get("data", {})).get("values", [])
            assert all(row["interval_start_utc"].endswith("Z") for row in values)


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
