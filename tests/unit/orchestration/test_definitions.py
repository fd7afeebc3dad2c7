"""The asset graph: it loads with nothing set, keeps its names, and nothing reaches readers past a gate.

Names are compared with `asset_keys.txt`. After a change that is meant, write them anew:

    python -m tests.unit.orchestration.test_definitions
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from gridlake.settings import PROJECT_ROOT

KEPT = Path(__file__).with_name("asset_keys.txt")


def definitions() -> dg.Definitions:
    from orchestration.definitions import defs

    return defs


def names() -> str:
    """Every asset key and every check, one a line."""
    graph = definitions().resolve_asset_graph()
    assets = [key.to_user_string() for key in graph.get_all_asset_keys()]
    checks = [f"{key.asset_key.to_user_string()}:{key.name}" for key in graph.asset_check_keys]
    return "\n".join([*sorted(assets), "", *sorted(checks), ""])


def test_definitions_load_with_an_empty_environment_from_any_directory(tmp_path: Path) -> None:
    code = "from orchestration.definitions import defs; print(len(defs.resolve_asset_graph().get_all_asset_keys()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PROJECT_ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) == len(definitions().resolve_asset_graph().get_all_asset_keys())
    assert list(tmp_path.iterdir()) == [], "loading must leave nothing behind"


def test_asset_keys_and_check_names_are_those_agreed() -> None:
    assert names() == KEPT.read_text(), "names changed: see this module's docstring"


def test_every_gold_table_has_a_gate_that_blocks() -> None:
    """A gate of severity error, or a dbt test on it, which fails the op that builds it."""
    from expectations.runner import catalogue
    from orchestration.assets_dbt import gold_tables
    from orchestration.dbt import ensure_manifest

    gated = {gate.table_name for gate in catalogue("gold") if gate.severity == "error"}
    nodes = json.loads(ensure_manifest().read_text())["nodes"].values()
    tests = [n for n in nodes if n["resource_type"] == "test" and n["config"]["severity"].lower() == "error"]
    tested = {str(n.get("attached_node")).split(".")[-1] for n in tests}
    assert set(gold_tables()) - gated - tested == set()
    assert {
        "fct_load_hourly",
        "fct_price_hourly",
        "fct_generation_hourly",
        "fct_weather_hourly",
        "fct_forecast",
    } <= gated


def upstream(op: str) -> set[str]:
    """Ops that must have succeeded before `op` starts: what Dagster skips after a failure follows from dependencies."""
    structure = definitions().resolve_job_def("everything").graph.dependency_structure
    seen: set[str] = set()
    waiting = [op]
    while waiting:
        for outputs in structure.input_to_upstream_outputs_for_node(waiting.pop()).values():
            found = {output.node_name for output in outputs} - seen
            seen |= found
            waiting += found
    return seen


@pytest.mark.parametrize(
    ("op", "gates"),
    [
        ("silver", {"gates_raw", "gates_bronze"}),
        ("gold", {"gates_silver"}),
        ("ml__forecast", {"gates_gold"}),
        ("gold_after_forecast", {"ml__forecast"}),
        (
            "published__snapshot",
            {"gates_raw", "gates_bronze", "gates_silver", "gates_gold", "gates_gold_after_forecast"},
        ),
    ],
)
def test_nothing_starts_before_the_gates_it_stands_behind(op: str, gates: set[str]) -> None:
    assert gates - upstream(op) == set()


def test_dbt_runs_in_three_ops_that_build_each_model_once() -> None:
    from orchestration.assets_dbt import DBT_ASSETS
    from orchestration.dbt import manifest_nodes
    from orchestration.keys import Translator

    assert [assets.op.name for assets in DBT_ASSETS] == ["silver", "gold", "gold_after_forecast"]
    built = [key for assets in DBT_ASSETS for key in assets.keys]
    assert len(built) == len(set(built))
    translator = Translator()
    assert set(built) == {translator.get_asset_key(node) for node in manifest_nodes().values()}


def test_every_asset_has_a_group_and_a_description() -> None:
    graph = definitions().resolve_asset_graph()
    nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
    assert [n.key for n in nodes if n.group_name in (None, "default")] == []
    assert [n.key for n in nodes if not n.description] == []


@pytest.mark.parametrize(("layer", "table"), [("gold", "fct_load_hourly"), ("silver", "int_load__hourly")])
def test_gates_hang_on_the_table_they_judge(layer: str, table: str) -> None:
    from orchestration.keys import table_key

    graph = definitions().resolve_asset_graph()
    on_table = [key.name for key in graph.asset_check_keys if key.asset_key == table_key(layer, table)]
    assert on_table == [f"gx__{layer}.{table}"]


if __name__ == "__main__":
    KEPT.write_text(names())
    print(f"{KEPT}: {len(names().splitlines())} lines")
