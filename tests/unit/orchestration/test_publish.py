"""Publishing, origins and the lock: what a run refuses to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from expectations.runner import catalogue
from gridlake import lake
from gridlake.errors import ExitCode, GateFailed, NothingPublished, UsageError
from gridlake.ops import OpsStore
from gridlake.settings import PROJECT_ROOT, Settings
from gridlake.snapshot import current_snapshot
from orchestration.assets_publish import publish_run
from orchestration.context import claim_origin, only_run, write_plan
from orchestration.run import run


def verdicts() -> list[dict[str, Any]]:
    """A passed result of every catalogued gate."""
    return [
        {
            "check_name": g.check_name, "rule_id": g.rule_id, "layer": g.layer, "table_name": g.table_name, "feed": "",
            "severity": g.severity, "passed": True, "failed_rows": 0, "evaluated_rows": 1, "observed": "", "reason": g.reason,
        }
        for g in catalogue()
    ]  # fmt: skip


@pytest.fixture
def settings(home: Callable[..., Settings]) -> Settings:
    """A home with one gold table, and the ledger publishing reads."""
    from datetime import datetime

    from extract.catalogue import FEEDS
    from extract.landing import ensure_bronze

    made = home()
    ensure_bronze(made, list(FEEDS))
    hour = pa.array([datetime(2024, 1, 1, 1)], pa.timestamp("us"))
    load = {"region_id": ["NYISO"], "interval_end_utc": hour, "load_reported_mw": [1.0]}
    lake.overwrite_table(made.gold / "fct_load_hourly", pa.table(load))
    write_plan(made, OpsStore(made.ops_db))
    return made


def publish(settings: Settings, results: list[dict[str, Any]]) -> Any:
    ops = OpsStore(settings.ops_db)
    ops.start_run("run", settings.origin)
    ops.record_gates("run", results)
    return publish_run(settings, ops, "run", ["fct_load_hourly"])


class TestGates:
    def test_with_every_gate_passed_it_publishes_and_remembers(self, settings: Settings) -> None:
        made = publish(settings, verdicts())
        assert current_snapshot(settings) == made
        assert made.as_of_utc == {"NYISO": "2024-01-01T01:00:00"}
        assert set(OpsStore(settings.ops_db).get("built")) == {
            "code",
            "sequences",
            "versions",
            "months",
            "gold",
            "registry",
        }

    def test_what_a_backfill_left_unbuilt_stays_due(self, settings: Settings) -> None:
        ops = OpsStore(settings.ops_db)
        ops.start_run("run", settings.origin)
        ops.record_gates("run", verdicts())
        made = publish_run(settings, ops, "run", ["fct_load_hourly"], is_complete=False)
        assert current_snapshot(settings) == made
        assert ops.get("built") is None
        assert ops.get("published_seq") is None

    def test_a_missing_gate_stands_in_the_way(self, settings: Settings) -> None:
        results = verdicts()
        gone = next(i for i, r in enumerate(results) if r["severity"] == "error" and r["layer"] == "gold")
        missing = results.pop(gone)
        with pytest.raises(GateFailed, match="did not run") as caught:
            publish(settings, results)
        assert missing["check_name"] in str(caught.value)
        assert missing["rule_id"] in str(caught.value)
        with pytest.raises(NothingPublished):
            current_snapshot(settings)

    @pytest.mark.parametrize("layer", ["raw", "bronze", "silver", "gold"])
    def test_a_failed_gate_of_any_layer_stands_in_the_way(self, settings: Settings, layer: str) -> None:
        results = verdicts()
        bad = next(r for r in results if r["severity"] == "error" and r["layer"] == layer)
        bad["passed"] = False
        with pytest.raises(GateFailed, match=f"{bad['check_name']} {bad['rule_id']} failed"):
            publish(settings, results)
        with pytest.raises(NothingPublished):
            current_snapshot(settings)
        assert OpsStore(settings.ops_db).get("built") is None

    def test_one_feed_that_failed_is_enough_and_is_named(self, settings: Settings) -> None:
        results = verdicts()
        error = next(r for r in results if r["severity"] == "error")
        results.append({**error, "feed": "nyiso_pal", "passed": False})
        with pytest.raises(GateFailed, match="for nyiso_pal"):
            publish(settings, results)

    def test_a_failed_warning_does_not(self, settings: Settings) -> None:
        results = [{**r, "passed": r["severity"] != "warn"} for r in verdicts()]
        assert not all(r["passed"] for r in results), "the catalogue holds warnings"
        assert publish(settings, results).snapshot_id

    def test_gates_of_another_run_do_not_count(self, settings: Settings) -> None:
        ops = OpsStore(settings.ops_db)
        ops.start_run("earlier", settings.origin)
        ops.record_gates("earlier", verdicts())
        with pytest.raises(GateFailed, match="did not run"):
            publish_run(settings, ops, "later", ["fct_load_hourly"])


class TestOrigin:
    @pytest.mark.parametrize(
        ("first", "second"), [("synthetic", "archive"), ("archive", "synthetic"), ("live", "synthetic")]
    )
    def test_synthetic_and_real_are_never_mixed(self, home: Callable[..., Settings], first: str, second: str) -> None:
        settings = home(origin=first)
        ops = OpsStore(settings.ops_db)
        claim_origin(settings, ops)
        claim_origin(settings, ops)
        with pytest.raises(UsageError, match="data into it") as caught:
            claim_origin(replace(settings, origin=second), ops)
        assert str(settings.home) in caught.value.message
        assert "GRIDLAKE_HOME" in caught.value.remedy

    def test_archive_and_live_are_both_real(self, home: Callable[..., Settings]) -> None:
        settings = home(origin="archive")
        ops = OpsStore(settings.ops_db)
        claim_origin(settings, ops)
        claim_origin(replace(settings, origin="live"), ops)
        assert ops.get("origin_kind") == "real"

    @pytest.mark.parametrize("archive", [None, "not/there"])
    def test_an_archive_run_needs_its_directory(
        self, home: Callable[..., Settings], tmp_path: Path, archive: str | None
    ) -> None:
        settings = home(origin="archive", archive=tmp_path / archive if archive else None)
        with pytest.raises(UsageError, match="No archive directory"):
            run(settings)
        assert not settings.home.exists()


HOLD = """
import sys, time
from pathlib import Path
from gridlake.settings import load_settings
from orchestration.context import only_run
with only_run(load_settings(home=sys.argv[1], environ={})):
    print("held", flush=True)
    time.sleep(60)
"""


class TestLock:
    def test_a_second_run_is_refused_and_a_dead_ones_lock_falls(self, home: Callable[..., Settings]) -> None:
        settings = home()
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(settings.home)],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PROJECT_ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(UsageError, match="Another run") as caught:
                run(settings)
            assert caught.value.exit_code == ExitCode.USAGE
            assert str(settings.home) in caught.value.message
        finally:
            holder.kill()
            holder.wait()
        entered = []
        with only_run(settings):
            entered.append(True)
        with only_run(settings):
            entered.append(True)
        assert entered == [True, True]
