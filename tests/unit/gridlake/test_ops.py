"""The operations store: what goes in comes out, also from several processes at once."""

from __future__ import annotations

from pathlib import Path

from gridlake.ops import OpsStore
from tests.unit.gridlake import workers
from tests.unit.gridlake.race import race


def test_an_empty_store_answers_and_makes_no_file(tmp_path: Path) -> None:
    ops = OpsStore(tmp_path / "home" / "ops.db")
    assert (ops.last_run(), ops.landings("x"), ops.gates("x"), ops.get("x")) == (None, [], [], None)
    assert not ops.path.parent.exists()


def test_runs_landings_gates_and_state_come_back(tmp_path: Path) -> None:
    ops = OpsStore(tmp_path / "ops.db")
    ops.start_run("one", "archive")
    assert ops.last_run()["state"] == "running"  # type: ignore[index]
    ops.record_landing(
        "one", "nyiso_pal", "archive", "stale", {"payloads": 2}, "nyiso_pal: x.zip: is empty.", "Fetch it."
    )
    gate = {
        "check_name": "gx__gold.t", "rule_id": "G01", "layer": "gold", "table_name": "t", "feed": None, "severity": "error",
        "passed": False, "failed_rows": 3, "evaluated_rows": None, "observed": "3", "reason": "because",
    }  # fmt: skip
    ops.record_gates("one", [gate, {**gate, "rule_id": "G02", "passed": True}])
    ops.finish_run("one", "failed", 2, fingerprint="f", summary={"a": 1})
    ops.start_run("two", "archive")
    ops.finish_run("two", "published", 0, snapshot_id="s")
    assert ops.last_run()["run_id"] == "two"  # type: ignore[index]
    assert ops.last_run(state="failed")["fingerprint"] == "f"  # type: ignore[index]
    (landing,) = ops.landings("one")
    assert landing["detail"] == {"payloads": 2}
    assert (landing["message"], landing["remedy"]) == ("nyiso_pal: x.zip: is empty.", "Fetch it.")
    first, second = ops.gates("one")
    assert (first["passed"], first["failed_rows"], first["evaluated_rows"], first["feed"]) == (False, 3, None, "")
    assert second["passed"] is True
    assert {g["run_id"] for g in ops.gate_history()} == {"one"}
    ops.put("built", {"code": "c"})
    ops.put("built", {"code": "d"})
    assert ops.get("built") == {"code": "d"}


def test_a_gate_judged_again_in_one_run_replaces_its_verdict(tmp_path: Path) -> None:
    ops = OpsStore(tmp_path / "ops.db")
    ops.start_run("one", "archive")
    gate = {
        "check_name": "c", "rule_id": "r", "layer": "raw", "table_name": "t", "feed": "f", "severity": "error", "passed": False,
        "failed_rows": 1, "evaluated_rows": 1, "observed": "", "reason": "",
    }  # fmt: skip
    ops.record_gates("one", [gate])
    ops.record_gates("one", [{**gate, "passed": True}])
    assert [g["passed"] for g in ops.gates("one")] == [True]


def test_three_processes_make_and_fill_one_store(tmp_path: Path) -> None:
    path = tmp_path / "ops.db"
    assert race(workers.use_ledger, [(path, run) for run in ("a", "b", "c")]) == [0, 0, 0]
    ops = OpsStore(path)
    assert [len(ops.landings(run)) for run in ("a", "b", "c")] == [30, 30, 30]
    assert ops.last_run(state="running") is None
