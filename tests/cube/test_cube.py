"""The golden questions and the row rules through a real Cube, beside the embedded engine."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
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
