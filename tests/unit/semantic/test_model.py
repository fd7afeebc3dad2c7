from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from semantic.engine import Engine
from semantic.model import ModelError, UnknownMember, load_model

CUBE = """
cubes:
  - name: things
    public: false
    sql_table: gold.things
    joins:
      - {name: kinds, relationship: many_to_one, sql: "{CUBE}.kind_id = {kinds.kind_id}"}
    dimensions:
      - {name: kind_id, sql: "{CUBE}.kind_id", type: string}
    measures:
      - {name: total, type: sum, sql: "{CUBE}.amount"}
  - name: kinds
    public: false
    sql_table: gold.kinds
    dimensions:
      - {name: kind_id, sql: "{CUBE}.kind_id", type: string, primary_key: true}
    measures:
      - {name: count, type: count}
views:
  - name: stock
    cubes:
      - {join_path: things, includes: "*"}
"""

ROLLUP = """
    pre_aggregations:
      - {name: by_kind, measures: [total], dimensions: [kind_id, kinds.kind_id], time_dimension: made_on, granularity: day, external: false}
    dimensions:
      - {name: kind_id, sql: "{CUBE}.kind_id", type: string}
      - {name: made_on, sql: "{CUBE}.made_on", type: time}
"""


def write(path: Path, text: str) -> Path:
    (path / "things.yml").write_text(text)
    return path


def test_views_are_public_cubes_are_not() -> None:
    model = load_model()
    assert {"load", "forecast", "forecast_quality", "prices", "generation", "carbon", "data_quality"} <= set(
        model.views
    )
    assert not set(model.cubes) & set(model.views)
    with pytest.raises(UnknownMember):
        model.view("load_hours")


def test_every_member_is_explained_and_named_by_rule() -> None:
    for view in load_model().views.values():
        assert view.description
        for shown in view.members.values():
            assert shown.member.description, f"{view.name}.{shown.name}"
            if shown.name.endswith(("_mw", "_mwh", "_pct", "_per_mwh", "_kg")):
                assert shown.member.unit, f"{view.name}.{shown.name} has no unit"
        for shown in view.of_kind("measure"):
            if shown.member.type == "sum":
                assert shown.name.startswith("total_")
            if shown.member.type == "count":
                assert shown.name.startswith("count")


def test_every_column_named_exists_in_gold(engine: Engine, gold: Any) -> None:
    known: dict[str, set[str]] = {
        name: {c["name"] for c in table["schema"]} for name, table in engine.snapshot.tables.items()
    }
    checked = 0
    for cube in engine.model.cubes.values():
        table = re.search(r"gold\.(\w+)", cube.source)
        assert table
        texts = [t for m in cube.members.values() for t in (m.sql, *m.filters)] + [j.sql for j in cube.joins.values()]
        for text in texts:
            for column in re.findall(r"\{CUBE\}\.(\w+)", text):
                assert column in known[table[1]], f"{cube.name}: {column} is no column of {table[1]}"
                checked += 1
    assert checked > 150


def test_joined_cubes_have_one_row_per_key(engine: Engine, gold: Any) -> None:
    """A many-to-one join is only that while the key of its target is unique."""
    keys = {"regions": "region_id", "zones": "zone_id", "fuels": "fuel_id", "markets": "market_id", "stations": "station_id",
            "assets": "asset_id", "meters": "meter_id", "load_hours": "zone_id, interval_start_utc",
            "weather_hours": "station_id, interval_start_utc"}  # fmt: skip
    joined = {j.target for c in engine.model.cubes.values() for j in c.joins.values()}
    assert joined == set(keys)
    for cube, key in keys.items():
        twice = gold.execute(
            f"select count(*) from (select {key} from {engine.model.cubes[cube].source} group by {key} having count(*) > 1)"
        ).fetchone()[0]
        assert twice == 0, cube


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("type: sum", "type: running_total", "things.yml: things.total: type 'running_total'"),
        (
            'sql: "{CUBE}.amount"',
            'sql: "{CUBE}.amount", rolling_window: {trailing: 1 day}',
            "rolling_window is not supported",
        ),
        (
            "sql_table: gold.things\n",
            "sql_table: gold.things\n    segments: []\n",
            "segments is not supported",
        ),
        (
            '    dimensions:\n      - {name: kind_id, sql: "{CUBE}.kind_id", type: string}\n',
            ROLLUP.replace("[total]", "[totl]"),
            "{totl} leads nowhere",
        ),
        (
            '    dimensions:\n      - {name: kind_id, sql: "{CUBE}.kind_id", type: string}\n',
            ROLLUP.replace("[total]", "[kind_id]"),
            "kind_id is no sum",
        ),
        (
            '    dimensions:\n      - {name: kind_id, sql: "{CUBE}.kind_id", type: string}\n',
            ROLLUP.replace("external", "scheduled_refresh"),
            "scheduled_refresh is not supported",
        ),
        ("many_to_one", "one_to_many", "multiplies rows"),
        ("{kinds.kind_id}", "{kinds.kin_id}", "{kinds.kin_id} leads nowhere"),
        ("{CUBE}.amount", "{totl}", "{totl} leads nowhere"),
        ("{CUBE}.amount", "{total}", "is made of itself"),
        ("public: false\n    sql_table: gold.things", "sql_table: gold.things", "must say public: false"),
        ("join_path: things", "join_path: thing", "no cube 'thing'"),
        ("join_path: things", "join_path: things.things", "no join to 'things'"),
        ("join_path: things, includes", "join_path: things.kinds, includes", "would be counted once per row"),
        ('includes: "*"', "includes: [amount]", "no public member 'amount'"),
        ("type: string}", "type: string, public: false}", "has private members: kind_id"),
        ('sql: "{CUBE}.amount"}', 'sql: "{CUBE}.amount", format: "$,.2f"}', "format '$,.2f' is not supported"),
        ('sql: "{CUBE}.amount"}', 'sql: "{CUBE}.amount", drill_members: [amount]}', "drills to 'amount'"),
        (
            'includes: "*"}',
            'includes: "*"}\n    access_policy: [{group: a, row_level: {allow_all: false}}]',
            "neither allow_all nor filters",
        ),
        (
            'includes: "*"}',
            'includes: "*"}\n    access_policy: [{group: a, row_level: {filters: [{member: total, operator: equals, values: "{ securityContext.x }"}]}}]',
            "no dimension of the view",
        ),
        ("name: stock", "name: things", "is taken"),
        ("name: kind_id, sql", "name: Kind Id, sql", "has the name 'Kind Id'"),
        ("name: total, type", "name: kind_id, type", "defined twice"),
        ("views:", "segments: []\nviews:", "only the lists"),
        ("cubes:", "cubes: [", "not YAML"),
    ],
)
def test_what_the_engine_cannot_do_is_an_error_when_loaded(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert load_model(write(tmp_path / "good", CUBE) if (tmp_path / "good").mkdir() is None else tmp_path).views
    bad = tmp_path / "bad"
    bad.mkdir()
    assert old in CUBE
    with pytest.raises(ModelError) as caught:
        load_model(write(bad, CUBE.replace(old, new, 1)))
    assert said in str(caught.value)
    assert "things.yml" in str(caught.value)


def test_extending_a_cube_keeps_its_members_and_changes_its_rows() -> None:
    cubes = load_model().cubes
    assert set(cubes["system_load_hours"].members) == set(cubes["load_hours"].members)
    assert cubes["system_load_hours"].source != cubes["load_hours"].source


def test_no_model_file_looks_like_a_template() -> None:
    """Cube hands a file with doubled braces to Jinja, which changes what it means."""
    from semantic.model import MODEL_PATH

    files = list(MODEL_PATH.rglob("*.yml"))
    assert len(files) > 10
    for file in files:
        assert not re.search(r"\{\{|\}\}|\{%|%\}", file.read_text()), file.name


def test_a_rollup_of_sums_changes_nothing_here(tmp_path: Path) -> None:
    dimensions = '    dimensions:\n      - {name: kind_id, sql: "{CUBE}.kind_id", type: string}\n'
    assert dimensions in CUBE
    model = load_model(write(tmp_path, CUBE.replace(dimensions, ROLLUP, 1)))
    assert set(model.views["stock"].members) == {"kind_id", "made_on", "total"}
