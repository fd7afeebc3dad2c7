"""The golden questions and the row rules through a real Cube, beside the embedded engine."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from gridlake.errors import GridlakeError
from gridlake.lake import overwrite_table
from gridlake.settings import Settings, load_settings
from gridlake.snapshot import Snapshot, publish
from semantic.access import ALL_REGIONS
from semantic.client import SemanticClient
from semantic.cube_api import CubeApi, sign_token
from semantic.engine import Engine
from semantic.model import load_model
from tests.cube.conftest import SECRET
from tests.unit.semantic.golden import Golden, difference, golden
from tests.unit.semantic.rules import RIGHTS, TENANT, asks_for_more, limited_views, unlimited_views, zone_of
from tests.unit.semantic.sample import gold_tables

Cube = Callable[..., CubeApi]


@pytest.fixture(scope="module")
def over_cube(cube_url: str, published: tuple[Settings, Snapshot]) -> SemanticClient:
    return SemanticClient(published[0], api=CubeApi(cube_url, SECRET, ALL_REGIONS), environ={})


@pytest.mark.parametrize("question", golden(), ids=lambda g: g.name)
def test_cube_answers_as_sql_does(question: Golden, over_cube: SemanticClient, gold: Any) -> None:
    rows = over_cube.query(question.query).frame.rows()
    wanted = gold.execute(question.sql).fetchall()
    assert len(rows) == len(wanted) > 0
    assert difference(rows, wanted, question.keys) == ""


@pytest.mark.parametrize("view", limited_views())
def test_a_token_sees_its_regions_only(view: str, cube: Cube, engine: Engine) -> None:
    for query in asks_for_more(view):
        ours = engine.query(query, RIGHTS).rows()
        theirs = cube(RIGHTS).load(query)
        keys = len(query.get("dimensions", []))
        as_numbers = [[_number(v) for v in row.values()] for row in theirs]
        assert difference(as_numbers, [tuple(row.values()) for row in ours], keys) == ""


@pytest.mark.parametrize("view", [v for v in limited_views() if zone_of(v)])
def test_a_tenant_sees_its_zones_only(view: str, cube: Cube, engine: Engine) -> None:
    zone = f"{view}.{zone_of(view)}"
    other = {"member": zone, "operator": "equals", "values": ["ERCOT.WEST", "NYISO.NYC"]}
    for query in (
        {"measures": [f"{view}.count"], "dimensions": [zone]},
        {"measures": [f"{view}.count"], "filters": [other]},
    ):
        theirs = [[_number(v) for v in row.values()] for row in cube(TENANT).load(query)]
        ours = [tuple(row.values()) for row in engine.query(query, TENANT).rows()]
        assert difference(theirs, ours, len(query.get("dimensions", []))) == ""


def test_a_view_without_zones_is_refused_to_a_tenant(cube: Cube) -> None:
    for view in (v for v in limited_views() if not zone_of(v)):
        assert _refused_or_empty(cube(TENANT), {"dimensions": [f"{view}.region_id"]}), view


@pytest.mark.parametrize(
    "claims",
    [{}, {"regions": []}, {"regions": "NYISO"}, {"regions": None}, {"regions": ["NYISO"], "zones": []}, {"regions": "*", "zones": ["NYISO.WEST"]}],
    ids=str,
)  # fmt: skip
def test_a_token_without_rights_sees_nothing(claims: dict[str, Any], cube: Cube) -> None:
    for view in load_model().views.values():
        members = view.of_kind("measure") or view.of_kind("dimension")
        kind = members[0].member.kind + "s"
        assert _refused_or_empty(cube(claims), {kind: [f"{view.name}.{members[0].name}"]}), view.name


@pytest.mark.parametrize("view", unlimited_views())
def test_what_is_of_all_regions_is_refused_to_a_token_of_one(view: str, cube: Cube) -> None:
    assert _refused_or_empty(cube(RIGHTS), {"measures": [f"{view}.count"]})


def test_cubes_and_hidden_members_cannot_be_asked(cube: Cube) -> None:
    for query in (
        {"measures": ["load_hours.count"]},
        {"dimensions": ["load.load_mw"]},
        {"measures": ["load.count"], "filters": [{"member": "load_hours.load_mw", "operator": "gt", "values": ["0"]}]},
    ):
        assert _refused_or_empty(cube(RIGHTS), query), query


def test_every_measure_carries_title_unit_and_description(cube_url: str) -> None:
    request = urllib.request.Request(f"{cube_url}/meta", headers={"Authorization": sign_token(SECRET, ALL_REGIONS)})
    with urllib.request.urlopen(request, timeout=30) as response:
        told = {c["name"]: c for c in json.load(response)["cubes"] if c.get("public", True)}
    model = load_model()
    assert set(told) == set(model.views)
    for view in model.views.values():
        for kind in ("measures", "dimensions"):
            members = {m["name"]: m for m in told[view.name][kind]}
            for ours in view.of_kind(kind[:-1]):
                theirs = members[f"{view.name}.{ours.name}"]
                assert theirs["shortTitle"] == ours.member.title
                assert theirs.get("description", "") == ours.member.description
                assert (theirs.get("meta") or {}).get("unit", "") == ours.member.unit


MARCH = ["2026-03-01", "2026-03-05"]
IN_DOLLARS = [
    {"member": "prices.market_id", "operator": "equals", "values": ["DAM"]},
    {"member": "prices.zone_type", "operator": "notEquals", "values": ["interface"]},
]
ROLLED_UP: dict[str, dict[str, Any]] = {
    "system_load_hours_by_day": {"measures": ["load.total_load_mwh", "load.count_missing"], "dimensions": ["load.region_id"],
                                 "timeDimensions": [{"dimension": "load.local_date", "granularity": "day", "dateRange": MARCH}]},
    "generation_hours_by_hour": {"measures": ["generation.total_generation_mwh"], "dimensions": ["generation.region_id", "generation.fuel_name"],
                                 "timeDimensions": [{"dimension": "generation.interval_start_utc", "granularity": "hour", "dateRange": MARCH}]},
    "price_hours_by_day": {"measures": ["prices.average_price_per_mwh", "prices.load_weighted_price_per_mwh", "prices.peak_price_per_mwh"],
                           "dimensions": ["prices.region_id"], "filters": IN_DOLLARS,
                           "timeDimensions": [{"dimension": "prices.local_date", "dateRange": MARCH}]},
    "carbon_hours_by_day": {"measures": ["carbon.average_carbon_intensity_kg_per_mwh"], "dimensions": ["carbon.region_id"],
                            "timeDimensions": [{"dimension": "carbon.local_date", "dateRange": MARCH}]},
    "data_quality_days_by_subject_and_day": {"measures": ["data_quality.completeness_pct", "data_quality.average_data_quality_score"],
                                             "dimensions": ["data_quality.region_id", "data_quality.subject"]},
    "data_quality_days_by_day": {"measures": ["data_quality.total_hole_intervals"], "dimensions": ["data_quality.feed", "data_quality.zone_id"]},
    "operator_forecast_vintages_by_day": {"measures": ["operator_forecast.wape_pct", "operator_forecast.mae_mw", "operator_forecast.count_errors"],
                                          "dimensions": ["operator_forecast.region_id", "operator_forecast.lead_day"],
                                          "filters": [{"member": "operator_forecast.zone_type", "operator": "equals", "values": ["system"]}],
                                          "timeDimensions": [{"dimension": "operator_forecast.interval_start_utc", "dateRange": MARCH}]},
    "meter_intervals_by_tariff_and_hour": {"measures": ["meter_readings.total_electricity_kwh"],
                                           "dimensions": ["meter_readings.tariff", "meter_readings.local_hour", "meter_readings.local_date"]},
}  # fmt: skip


@pytest.mark.parametrize("rollup", ROLLED_UP)
def test_a_rollup_answers_as_the_rows_themselves(rollup: str, cube_url: str, engine: Engine) -> None:
    """The embedded engine knows no rollups: it sums the rows."""
    query = ROLLED_UP[rollup]
    told = _post(f"{cube_url}/load", {"query": query}, ALL_REGIONS)
    assert [name.partition(".")[2] for name in told["usedPreAggregations"]] == [rollup]
    theirs = [[_number(v) for k, v in row.items() if k != _repeated(query)] for row in told["data"]]
    ours = [tuple(row.values()) for row in engine.query(query).rows()]
    keys = len(query["dimensions"]) + sum("granularity" in t for t in query.get("timeDimensions", []))
    assert difference([[*map(_moment, row)] for row in theirs], [tuple(map(_moment, row)) for row in ours], keys) == ""


def test_a_count_of_nothing_is_zero_over_a_rollup_too(over_cube: SemanticClient) -> None:
    nowhere = [{"member": "load.region_id", "operator": "equals", "values": ["ATLANTIS"]}]
    frame = over_cube.query({"measures": ["load.count_missing", "load.total_load_mwh"], "filters": nowhere}).frame
    assert frame.rows() == [(0, None)]


def test_a_rollup_keeps_the_row_rules(cube_url: str) -> None:
    told = _post(f"{cube_url}/load", {"query": ROLLED_UP["carbon_hours_by_day"]}, RIGHTS)
    assert told["usedPreAggregations"]
    assert {row["carbon.region_id"] for row in told["data"]} == set(RIGHTS["regions"]) & {"CAISO", "ERCOT", "NYISO"}


GRAPH = '{ cube { load(where: {local_date: {inDateRange: ["2026-03-01", "2026-03-05"]}}) { region_id total_load_mwh peak_load_mw } } }'


def test_graphql_tells_the_numbers_of_rest_and_keeps_the_row_rules(cube_url: str, engine: Engine) -> None:
    graphql = cube_url.replace("/v1", "/graphql")
    query = {"measures": ["load.total_load_mwh", "load.peak_load_mw"], "dimensions": ["load.region_id"],
             "timeDimensions": [{"dimension": "load.local_date", "dateRange": MARCH}]}  # fmt: skip
    for claims in (ALL_REGIONS, RIGHTS):
        rows = [row["load"] for row in _post(graphql, {"query": GRAPH}, claims)["data"]["cube"]]
        theirs = [(r["region_id"], float(r["total_load_mwh"]), float(r["peak_load_mw"])) for r in rows]
        over_rest = [
            tuple(map(_number, r.values())) for r in _post(f"{cube_url}/load", {"query": query}, claims)["data"]
        ]
        ours = [tuple(r.values()) for r in engine.query(query, claims).rows()]
        assert theirs
        assert difference(theirs, over_rest, 1) == difference(theirs, ours, 1) == ""
    refused = _post(graphql, {"query": GRAPH}, {"regions": []})
    assert refused.get("errors") or not refused["data"]["cube"]


def test_graphql_wants_a_signed_token(cube_url: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403"):
        _post(cube_url.replace("/v1", "/graphql"), {"query": GRAPH}, ALL_REGIONS, secret="another secret")


def _post(url: str, body: dict[str, Any], claims: Any, secret: str = SECRET) -> dict[str, Any]:
    """What Cube answers once it has stopped saying "Continue wait"."""
    for _ in range(120):
        head = {"Authorization": sign_token(secret, claims), "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), head), timeout=60) as answer:
            told = dict(json.load(answer))
        if told.get("error") != "Continue wait":
            return told
        time.sleep(0.5)
    raise AssertionError("Cube never stopped computing")


def _repeated(query: dict[str, Any]) -> str:
    """Cube names a time that is grouped by twice, with its granularity and without."""
    return next((t["dimension"] for t in query.get("timeDimensions", []) if "granularity" in t), "")


def _moment(value: Any) -> Any:
    try:
        return datetime.fromisoformat(str(value)) if isinstance(value, str | date) else value
    except ValueError:
        return value


def test_a_new_snapshot_is_seen_without_a_restart(cube: Cube, cube_home: Path) -> None:
    """Last in this file: after it the server's home holds another snapshot than the other tests know."""
    query = {"measures": ["plant_list.total_net_generation_mwh"]}
    before = float(cube(ALL_REGIONS).load(query)[0]["plant_list.total_net_generation_mwh"])
    settings = load_settings(home=cube_home, environ={})
    plants = gold_tables()["dim_plant"]
    overwrite_table(settings.gold / "dim_plant", plants.with_columns(plants["net_generation_mwh"] * 2).to_arrow())
    publish(settings, sorted(gold_tables()), run_id="later", as_of_utc={})
    after = float(cube(ALL_REGIONS).load(query)[0]["plant_list.total_net_generation_mwh"])
    assert after == pytest.approx(2 * before, rel=1e-12)


def _refused_or_empty(api: CubeApi, query: dict[str, Any]) -> bool:
    try:
        return api.load(query) == []
    except GridlakeError:
        return True


def _number(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return value
