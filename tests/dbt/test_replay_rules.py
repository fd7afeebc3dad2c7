"""Quarantine after a rule was mended: what comes free."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from gridlake.settings import Settings
from orchestration import dbt
from orchestration.quarantine import replay
from tests.dbt.homes import query

LIMIT = "(load_mw > 250000)"
REBUILT = ("int_load__sample", "int_quarantine__record")
HELD = "select count(*) as held from silver.int_quarantine__record where rule_ids = 'LD03' and is_current"


def rebuild(settings: Settings) -> None:
    dbt.run_dbt(settings, "run", REBUILT, full_refresh=True)


def test_a_mended_rule_frees_what_it_held(built_home: Settings, tmp_path: Path) -> None:
    """A rule planted far too strict holds the hours above its limit; mended, it lets exactly those go."""
    settings = Settings(home=tmp_path / "home")
    shutil.copytree(built_home.home / "bronze", settings.home / "bronze")
    for name in ("warehouse.duckdb", "plan.json"):  # its views go on reading what the other home holds
        shutil.copy(built_home.home / name, settings.home / name)
    manifest: Any = dbt._manifest(dbt.project_hash())
    macro = manifest.macros["macro.gridlake.rule_expression"]
    good = macro.macro_sql
    assert LIMIT in good
    strict = query(built_home, "select quantile_cont(load_mw, 0.99) as mw from silver.int_load__sample").item()
    macro.macro_sql = good.replace(LIMIT, f"(load_mw > {strict})")
    try:
        rebuild(settings)
    finally:
        macro.macro_sql = good
    held = query(settings, HELD).item() - query(built_home, HELD).item()
    assert held > 100
    _, told = replay(settings, rebuild)
    assert told["free_by_rule"] == [{"feed": "synthetic_grid", "rule_ids": "LD03", "records": held}]
    assert told["records_new"] == 0
    assert told["records_still"] == told["records_before"] - held
    assert query(settings, HELD).item() == query(built_home, HELD).item()
