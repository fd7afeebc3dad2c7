"""What every gold table promises, and the mechanics of building and committing a table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gridlake import build_plan, duck, lake
from gridlake.errors import BuildFailed
from gridlake.settings import PROJECT_ROOT, Settings
from orchestration.dbt import ensure_manifest
from tests.dbt.homes import query

MANIFEST: dict[str, Any] = json.loads(ensure_manifest().read_text())
MODELS = {n["name"]: n for n in MANIFEST["nodes"].values() if n["resource_type"] == "model"}
GOLD = sorted(name for name, node in MODELS.items() if node["fqn"][1] == "gold")
SILVER = sorted(name for name, node in MODELS.items() if node["fqn"][1] == "silver")
KEYED = {
    node["attached_node"].rsplit(".", 1)[-1]: node["test_metadata"]["kwargs"]["columns"]
    for node in MANIFEST["nodes"].values()
    if node["resource_type"] == "test" and node["test_metadata"]["name"] == "unique_key"
}
QUANTITY_SUFFIXES = ("_mw", "_mwh", "_per_mwh", "_pct", "_c", "_utc", "_kg", "_mm", "_hpa")


# --- contracts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", GOLD)
def test_gold_contract_is_enforced_and_explained(model: str) -> None:
    node = MODELS[model]
    assert node["config"]["contract"]["enforced"]
    assert node["description"].strip()
    assert node["columns"]
    for name, column in node["columns"].items():
        assert column["data_type"], name
        assert column["description"].strip(), name
        assert "unit" in column["config"]["meta"], name
        if name.endswith(QUANTITY_SUFFIXES):
            assert column["config"]["meta"]["unit"], f"{name} is a quantity"


@pytest.mark.parametrize("model", GOLD)
def test_gold_key_is_tested_and_never_null(model: str) -> None:
    node = MODELS[model]
    key = KEYED[model]
    assert set(key) <= set(node["columns"])
    required = {name for name, c in node["columns"].items() if any(k["type"] == "not_null" for k in c["constraints"])}
    assert set(key) <= required, "a key with nulls names nothing"


@pytest.mark.parametrize("model", SILVER)
def test_silver_model_is_described(model: str) -> None:
    assert MODELS[model]["description"].strip()


@pytest.mark.parametrize("model", GOLD)
def test_gold_table_has_the_contracts_columns(model: str, built_home: Settings) -> None:
    fields = lake.table_files(built_home.gold / model).schema
    found = [field["name"] for field in fields if field["name"] != "month"]
    assert found == list(MODELS[model]["columns"])


def test_project_parses_in_an_empty_environment(tmp_path: Path) -> None:
    arguments = ["parse", "--quiet", "--profiles-dir", ".", "--target-path", str(tmp_path), "--log-path", str(tmp_path)]
    program = f"from dbt.cli.main import dbtRunner; raise SystemExit(not dbtRunner().invoke({arguments!r}).success)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT_ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "manifest.json").exists()


def test_lmp_is_the_sum_of_its_parts_in_gold(built_home: Settings) -> None:
    row = query(
        built_home,
        """select count(*) as hours, max(abs(price_per_mwh - energy_per_mwh - congestion_per_mwh - loss_per_mwh)) as worst
        from gold.fct_price_hourly where price_per_mwh is not null and validation_flags = ''""",
    ).row(0, named=True)
    assert row["hours"] > 1000
    assert row["worst"] < 0.021


# --- what to build ------------------------------------------------------------------------------------------------

PLAN = {"all_months": ["2016-12", "2017-01", "2017-04"], "changed_months": ["2017-01"]}


def test_plan_reaches_around_changed_months() -> None:
    plan = build_plan.plan_build(PLAN, exists=True, partitioned=True, reach_back=1, reach_forward=1)
    assert plan == {
        "whole": False,
        "months": ["2016-12", "2017-01", "2017-02"],
        "ranges": [["2016-12-01", "2017-03-01"]],
    }


@pytest.mark.parametrize("case", [{"exists": False}, {"exists": True, "full_refresh": True}])
def test_missing_or_refreshed_table_is_built_whole(case: dict[str, bool]) -> None:
    plan = build_plan.plan_build(PLAN, partitioned=True, **case)  # type: ignore[arg-type]
    assert plan["whole"]
    assert plan["months"] == ["2016-12", "2017-01", "2017-04"]
    assert plan["ranges"] == [["2016-12-01", "2017-02-01"], ["2017-04-01", "2017-05-01"]]


def test_nothing_changed_builds_nothing_of_a_partitioned_table() -> None:
    nothing = {"all_months": ["2017-01"], "changed_months": []}
    assert build_plan.plan_build(nothing, exists=True, partitioned=True)["ranges"] == []
    assert build_plan.plan_build(nothing, exists=True, partitioned=False)["whole"]


def test_long_spans_are_built_in_bounded_ranges() -> None:
    months = [build_plan.shift_month("2015-07", n) for n in range(30)]
    plan = build_plan.plan_build({"all_months": months, "changed_months": None}, exists=True, partitioned=True)
    assert [r[0] for r in plan["ranges"]] == ["2015-07-01", "2016-07-01", "2017-07-01"]
    assert plan["ranges"][-1][1] == "2018-01-01"
    assert all(a[1] == b[0] for a, b in zip(plan["ranges"], plan["ranges"][1:], strict=False))


def test_days_are_told_where_a_range_is_one_month_and_its_days_are_known() -> None:
    months = {"2016-11": 2_000_000, "2016-12": 2_000_000, "2017-01": 1, "2017-02": 1}
    days = {"2016-11": ["2016-11-30", "2016-11-30"], "2017-01": ["2017-01-03", "2017-01-04"], "2017-02": ["2017-02-01", "2017-02-02"]}  # fmt: skip
    plan = {"all_months": list(months), "changed_months": list(months), "changed_days": days, "rows": months}
    made = build_plan.plan_build(plan, exists=True, partitioned=True, by_day=True)
    assert [r[0][:7] for r in made["ranges"]] == ["2016-11", "2016-12", "2017-01"]
    assert made["days"] == [["2016-11-30", "2016-12-01"], None, None]  # nothing known; two months at once
    assert build_plan.plan_build(plan, exists=False, partitioned=True, by_day=True)["days"] == [None] * 3
    with pytest.raises(AssertionError):
        build_plan.plan_build(plan, exists=True, partitioned=True, by_day=True, reach_days=1)


def test_without_a_plan_everything_is_built(tmp_path: Path) -> None:
    assert build_plan.read_plan(str(tmp_path / "none.json")) == {"all_months": [], "changed_months": None}


def test_a_month_by_itself_is_written_into_its_partition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gridlake.dbt_plugin import lake_plan

    months = {"2016-12": 2_000_000, "2017-01": 1, "2017-02": 1}
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"all_months": list(months), "changed_months": None, "rows": months}))
    monkeypatch.setenv("GRIDLAKE_PLAN", str(plan))
    root = tmp_path / "silver" / "int_meter__sample"
    request = {"partitioned": True, "reach_back": 0, "reach_forward": 0, "full_refresh": False}
    made = json.loads(lake_plan(str(root), json.dumps(request)))
    assert made["ranges"] == [["2016-12-01", "2017-01-01"], ["2017-01-01", "2017-03-01"]]
    assert made["folders"] == ["month=2016-12", None]
    assert [path.name for path in root.iterdir()] == ["month=2016-12"]  # COPY makes none
    request["partitioned"] = False
    assert json.loads(lake_plan(str(tmp_path / "gold" / "dim_meter"), json.dumps(request)))["folders"] == [None]


def test_rows_without_a_time_have_a_partition_that_every_build_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gridlake.dbt_plugin import lake_commit, lake_plan

    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"all_months": ["2017-01"], "changed_months": []}))
    monkeypatch.setenv("GRIDLAKE_PLAN", str(plan))
    root = tmp_path / "silver" / "int_quarantine__record"
    write(root, "first", "2017-01", [1.0])
    write_unplaced(root, "first", 2.0)
    commit = {"token": "first", "months": ["2017-01", "none"], "required": [], "whole": True, "columns": []}
    request = {"partitioned": True, "reach_back": 0, "reach_forward": 0, "full_refresh": False, "unplaced": True}
    lake_commit(str(root), json.dumps(commit))
    made = json.loads(lake_plan(str(root), json.dumps(request)))
    assert (made["ranges"], made["months"], made["unplaced"]) == ([], ["none"], "month=none")
    write_unplaced(root, "second", 3.0)
    lake_commit(str(root), json.dumps({**commit, "token": "second", "months": ["none"], "whole": False}))
    assert sorted(lake.open_table(root).to_pyarrow_table()["load_mw"].to_pylist()) == [1.0, 3.0]


def write_unplaced(root: Path, token: str, load: float) -> None:
    write(root, token, "2017-02", [load])
    (root / "month=none").mkdir(exist_ok=True)
    for path in (root / "month=2017-02").glob("*.parquet"):
        path.rename(root / "month=none" / path.name)


def test_a_build_tells_its_tests_which_months_it_swapped(tmp_path: Path) -> None:
    from gridlake.dbt_plugin import lake_commit, lake_swapped

    root = tmp_path / "fct_load"
    commit = {"token": "first", "months": ["2017-01"], "required": [], "whole": True, "columns": []}
    write(root, "first", "2017-01", [1.0])
    lake_commit(str(root), json.dumps(commit))
    assert lake_swapped(str(root), "first") == "null"  # all of it
    write(root, "second", "2017-02", [2.0])
    lake_commit(str(root), json.dumps({**commit, "token": "second", "months": ["2017-02"], "whole": False}))
    assert json.loads(lake_swapped(str(root), "second")) == ["2017-02"]
    assert lake_swapped(str(root), "first") == lake_swapped(str(root), "third") == "null"  # another build is not told


def test_a_file_without_rows_tells_its_columns_and_goes(tmp_path: Path) -> None:
    from gridlake.dbt_plugin import lake_commit

    root = tmp_path / "fct_load"
    write(root, "first", "2017-01", [])
    commit = {"token": "first", "months": ["2017-01"], "required": [], "whole": True, "columns": []}
    assert lake_commit(str(root), json.dumps(commit)) == 0
    assert lake.open_table(root).schema().to_arrow().names == [*SCHEMA.names, "month"]
    assert not list(root.rglob("first*.parquet"))


# --- committing ---------------------------------------------------------------------------------------------------

SCHEMA = pa.schema([("zone_id", pa.string()), ("hour_start", pa.timestamp("us", tz="UTC")), ("load_mw", pa.float64())])


def write(root: Path, token: str, month: str | None, loads: Sequence[float | None]) -> None:
    """One Parquet file as DuckDB's COPY leaves it."""
    folder = root / f"month={month}" if month else root
    folder.mkdir(parents=True, exist_ok=True)
    start = datetime.fromisoformat(f"{month or '2017-01'}-01T00:00:00+00:00")
    rows = pa.table(
        {"zone_id": ["A"] * len(loads), "hour_start": [start] * len(loads), "load_mw": loads}, schema=SCHEMA
    )
    pq.write_table(rows, folder / f"{token}-{len(loads)}.parquet")


def commit(root: Path, token: str, partitions: Sequence[str] | None, **arguments: Any) -> int:
    return lake.commit_files(root, lake.written_files(root, token), SCHEMA, partitions=partitions, **arguments)


def loads(root: Path) -> dict[str, list[float | None]]:
    """Loads by month, as a reader sees them."""
    table = lake.open_table(root).to_pyarrow_table().sort_by("load_mw")
    found: dict[str, list[float | None]] = {}
    for row in table.to_pylist():
        found.setdefault(row.get("month", ""), []).append(row["load_mw"])
    return found


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A partitioned table of two months, at version 0."""
    root = tmp_path / "fct_load"
    write(root, "first", "2017-01", [1.0, 2.0])
    write(root, "first", "2017-02", [3.0])
    assert commit(root, "first", ["2017-01", "2017-02"]) == 0
    return root


def test_commit_swaps_exactly_the_named_partitions(table: Path) -> None:
    write(table, "second", "2017-02", [30.0, 40.0])
    assert commit(table, "second", ["2017-02"]) == 1
    assert loads(table) == {"2017-01": [1.0, 2.0], "2017-02": [30.0, 40.0]}


def test_partition_without_files_is_emptied(table: Path) -> None:
    commit(table, "nothing-written", ["2017-01"])
    assert loads(table) == {"2017-02": [3.0]}


def test_whole_commit_leaves_nothing_of_before(table: Path) -> None:
    write(table, "second", "2017-05", [5.0])
    commit(table, "second", ["2017-05"], whole=True)
    assert loads(table) == {"2017-05": [5.0]}


def test_older_version_stays_readable(table: Path) -> None:
    write(table, "second", "2017-02", [30.0])
    commit(table, "second", ["2017-02"])
    first = lake.table_files(table, version=0)
    assert first.rows == 3
    assert all((table / file["path"]).exists() for file in first.files)


def test_null_in_a_required_column_commits_nothing(table: Path) -> None:
    write(table, "second", "2017-02", [30.0, None])
    with pytest.raises(BuildFailed, match="fct_load: 1 null values in column load_mw"):
        commit(table, "second", ["2017-02"], required=["load_mw"])
    assert lake.open_table(table).version() == 0
    assert loads(table) == {"2017-01": [1.0, 2.0], "2017-02": [3.0]}


def test_table_without_rows_is_a_table(tmp_path: Path) -> None:
    from gridlake.dbt_plugin import empty_schema

    columns = [["zone_id", "VARCHAR"], ["hour_start", "TIMESTAMP"], ["load_mw", "DOUBLE"], ["rows", "BIGINT"]]
    schema = empty_schema(columns)
    for name, partitions in (("whole", None), ("by_month", [])):
        root = tmp_path / name
        assert lake.commit_files(root, [], schema, partitions=partitions) == 0
        assert lake.open_table(root).to_pyarrow_table().num_rows == 0
        con = duck.connect()
        try:
            assert con.execute(f"select count(*) from delta_scan({duck.sql_literal(root)})").fetchall() == [(0,)]
        finally:
            con.close()


def test_unpartitioned_table_is_replaced(tmp_path: Path) -> None:
    root = tmp_path / "dim_zone"
    write(root, "first", None, [1.0])
    commit(root, "first", None)
    write(root, "second", None, [2.0])
    commit(root, "second", None)
    assert loads(root) == {"": [2.0]}
