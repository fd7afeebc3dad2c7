"""What a run builds: all that reads what changed, nothing else, and what has no right view in the warehouse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from gridlake import duck, lake
from gridlake.ops import OpsStore
from gridlake.settings import Settings
from orchestration.affected import (
    CALENDAR_SPAN,
    affected_models,
    changed_sources,
    downstream,
    reads_nothing_new,
    source_versions,
)  # fmt: skip
from orchestration.context import mark_built, save_plan
from orchestration.dbt import manifest_document

ROWS = pa.table({"feed": ["nyiso_pal"], "landed_seq": pa.array([1], pa.int64())})


def names(manifest: dict[str, Any], keys: set[str]) -> set[str]:
    return {manifest["nodes"][key]["name"] for key in keys}


class TestDownstream:
    def test_meters_reach_their_facts_and_no_load(self) -> None:
        manifest = manifest_document()
        found = names(manifest, downstream(manifest, {"bronze.own__meter_interval"}, stop_at={CALENDAR_SPAN}))
        assert {"int_meter__sample", "fct_meter_interval", "fct_meter_daily", "mart_customer"} <= found
        assert not {"fct_load_hourly", "fct_price_hourly", "feat_load_hourly", CALENDAR_SPAN} & found

    def test_a_new_month_reaches_everything_with_a_calendar(self) -> None:
        manifest = manifest_document()
        found = names(manifest, downstream(manifest, {"bronze.own__meter_interval"}, stop_at=set()))
        assert {CALENDAR_SPAN, "int_calendar__hour", "fct_load_hourly", "dim_date"} <= found

    def test_every_model_is_reached_from_some_source_or_seed_alone(self) -> None:
        manifest = manifest_document()
        sources = {f"{s['source_name']}.{s['name']}" for s in manifest["sources"].values()}
        models = {key for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
        left = models - downstream(manifest, sources, stop_at=set())
        for key in left:  # made of seeds: they change with the code, which rebuilds everything
            parents = manifest["parent_map"][key]
            assert all(p.startswith("seed.") or p in left for p in parents), f"{key} reads a source nobody follows"

    def test_who_reads_the_ledger_reads_feeds_too(self) -> None:
        """Else a payload's news would not reach it: the ledger is not followed by itself."""
        manifest = manifest_document()
        ledger = next(key for key in manifest["sources"] if key.endswith(".bronze.payload"))
        reached = downstream(manifest, {"bronze.payload"}, stop_at=set())
        feeds = {
            f"bronze.{s['name']}"
            for s in manifest["sources"].values()
            if s["source_name"] == "bronze" and s["name"] not in ("payload", "publication", "gate_result")
        }
        followed = downstream(manifest, feeds, stop_at={CALENDAR_SPAN})
        staging = set(manifest["child_map"][ledger])
        assert reached - staging <= followed, names(manifest, reached - staging - followed)


def table(settings: Settings, name: str, rows: pa.Table = ROWS) -> None:
    lake.overwrite_table(settings.home / name, rows)


MODELS = {
    "fct_load": ("gold", "lake", ["source.g.bronze.nyiso__pal"]),
    "fct_price": ("gold", "lake", ["source.g.bronze.nyiso__damlbmp"]),
    "mart": ("gold", "lake", ["model.fct_load"]),
    "received": ("silver", "ephemeral", []),
}
MANIFEST: dict[str, Any] = {
    "sources": {f"source.g.bronze.{t}": {"source_name": "bronze", "name": t} for t in ("nyiso__pal", "nyiso__damlbmp", "payload")},
    "nodes": {
        f"model.{name}": {"resource_type": "model", "name": name, "schema": schema, "config": {"materialized": kind}}
        for name, (schema, kind, _) in MODELS.items()
    },
    "child_map": {
        "source.g.bronze.nyiso__pal": ["model.fct_load"],
        "source.g.bronze.nyiso__damlbmp": ["model.fct_price"],
        "source.g.bronze.payload": ["model.fct_load", "model.fct_price"],
        "model.fct_load": ["model.mart"],
    },
}  # fmt: skip


@pytest.fixture
def built(home: Callable[..., Settings]) -> Settings:
    """A home built completely: two feeds, three tables, each with a view that pins it."""
    settings = home()
    for name in (
        "bronze/nyiso__pal",
        "bronze/nyiso__damlbmp",
        "bronze/payload",
        "gold/fct_load",
        "gold/fct_price",
        "gold/mart",
    ):
        table(settings, name)  # fmt: skip
    con = duck.connect(str(settings.warehouse))
    con.execute("create schema gold")
    for name in ("fct_load", "fct_price", "mart"):
        root = settings.gold / name
        con.execute(f"create view gold.{name} as select * from delta_scan('{root}', version => 0)")
    con.close()
    save_plan(
        settings,
        {"all_months": ["2024-01"], "changed_months": [], "rows": {"2024-01": 1}, "sequences": {"nyiso_pal": 1}},
    )
    mark_built(settings, OpsStore(settings.ops_db))
    return settings


def affected(settings: Settings) -> set[str] | None:
    return affected_models(settings, OpsStore(settings.ops_db), MANIFEST)


def test_without_news_nothing_is_built(built: Settings) -> None:
    assert affected(built) == set()


def test_one_feeds_rows_reach_what_reads_them(built: Settings) -> None:
    table(built, "bronze/nyiso__pal")
    assert affected(built) == {"model.fct_load", "model.mart"}


def test_an_op_asks_for_its_own_models_alone(built: Settings) -> None:
    table(built, "bronze/nyiso__pal")
    table(built, "gold/fct_price")  # ahead of its view
    ops = OpsStore(built.ops_db)
    assert affected(built) == {"model.fct_load", "model.mart", "model.fct_price"}
    assert affected_models(built, ops, MANIFEST, among=["model.mart", "model.received"]) == {"model.mart"}
    assert affected_models(built, ops, MANIFEST, among=["model.fct_price"]) == {"model.fct_price"}


def test_the_ledger_tells_of_a_payload_that_brought_no_row(built: Settings) -> None:
    table(built, "bronze/payload", pa.table({"feed": ["nyiso_damlbmp"], "landed_seq": pa.array([2], pa.int64())}))
    assert affected(built) == {"model.fct_price"}


def test_a_table_ahead_of_its_view_is_built_again(built: Settings) -> None:
    """A run was killed between a table's commit and its view."""
    table(built, "gold/mart")
    assert affected(built) == {"model.mart"}


def test_a_view_that_is_gone_comes_back(built: Settings) -> None:
    con = duck.connect(str(built.warehouse))
    con.execute("drop view gold.fct_price")
    con.close()
    assert affected(built) == {"model.fct_price"}


def test_a_copied_homes_views_are_made_anew(built: Settings) -> None:
    """They read the home they were copied from."""
    import shutil
    from dataclasses import replace

    copy = replace(built, home=built.home.with_name("copy"))
    shutil.copytree(built.home, copy.home)
    assert affected(copy) == {"model.fct_load", "model.fct_price", "model.mart"}


def test_all_is_built_where_nothing_is_known(built: Settings) -> None:
    ops = OpsStore(built.ops_db)
    known = ops.get("built")
    ops.put("built", {"code": known["code"], "sequences": known["sequences"]})  # an earlier release's
    assert affected(built) is None
    ops.put("built", known)
    save_plan(
        built,
        {"all_months": ["2024-01"], "changed_months": None, "rows": {"2024-01": 1}, "sequences": {"nyiso_pal": 1}},
    )
    assert affected(built) is None
    save_plan(
        built, {"all_months": ["2024-01"], "changed_months": [], "rows": {"2024-01": 1}, "sequences": {"nyiso_pal": 1}}
    )
    built.warehouse.unlink()
    assert affected(built) is None


def test_a_held_warehouse_is_left_to_the_build_that_explains_it(built: Settings) -> None:
    import subprocess
    import sys

    hold = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(built.warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert affected(built) is None
        holder.kill()


def test_a_table_that_vanished_counts_as_changed(built: Settings) -> None:
    import shutil

    known = OpsStore(built.ops_db).get("built")
    shutil.rmtree(built.bronze / "nyiso__pal")
    assert changed_sources(built, known, {}) == {"bronze.nyiso__pal"}


def test_the_logs_names_tell_the_version(built: Settings) -> None:
    for _ in range(12):  # past a checkpoint
        table(built, "bronze/nyiso__pal")
    newest = lake.open_table(built.bronze / "nyiso__pal").version()
    assert newest == 12
    assert source_versions(built)["bronze.nyiso__pal"] == newest
    lake.forget_history(built.bronze / "nyiso__pal")
    assert lake.newest_version(built.bronze / "nyiso__pal") == lake.open_table(built.bronze / "nyiso__pal").version()
    assert lake.newest_version(built.bronze / "nothing") == -1


class TestForecastsThatStand:
    TABLES = ("fct_load", "mart")

    def stands(self, settings: Settings) -> bool:
        return reads_nothing_new(settings, OpsStore(settings.ops_db), self.TABLES)

    def test_nothing_new_nothing_forecast(self, built: Settings) -> None:
        assert self.stands(built)
        table(built, "gold/fct_price")  # which this forecast does not read
        assert self.stands(built)

    def test_new_rows_are_forecast_from(self, built: Settings) -> None:
        table(built, "gold/fct_load")
        assert not self.stands(built)

    def test_another_model_forecasts_anew(self, built: Settings) -> None:
        built.mlflow_db.write_bytes(b"a champion")
        assert not self.stands(built)

    def test_before_the_first_build_and_after_other_code_there_is_a_forecast(self, built: Settings) -> None:
        ops = OpsStore(built.ops_db)
        known = ops.get("built")
        ops.put("built", {})
        assert not self.stands(built)
        ops.put("built", {**known, "code": "other"})
        assert not self.stands(built)

    def test_a_missing_table_is_no_reason_to_rest(self, built: Settings) -> None:
        assert not reads_nothing_new(built, OpsStore(built.ops_db), ("fct_load", "fct_gone"))
