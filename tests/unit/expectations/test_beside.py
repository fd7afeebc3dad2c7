"""Gates judged in a process beside: the same verdicts and errors, no verdict from one that died, and an end with the run."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from expectations import beside, runner
from gridlake import memory
from gridlake.errors import GridlakeError, UsageError
from gridlake.ops import OpsStore
from gridlake.settings import PROJECT_ROOT, Settings
from tests.unit.expectations.test_runner import payload, write_ledger

ENDS_WITHIN_SECONDS = 300  # it looks at its input only when it has imported


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    monkeypatch.delitem(sys.modules, "great_expectations", raising=False)
    with beside.judging_beside():
        assert beside._running is not None
        yield beside._running


def test_its_memory_is_told_when_it_has_ended_and_is_not_that_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "great_expectations", raising=False)
    eaten = b"x" * 1_500_000_000  # of which the judging process must not tell
    del eaten
    with beside.judging_beside():
        other = beside._running
        assert beside.peak_mb() == 0
    assert other is not None
    assert other.returncode == 0
    assert 50 < beside.peak_mb() < 1000
    assert memory.peak_mb() > 1400
    monkeypatch.setitem(sys.modules, "great_expectations", beside)
    with beside.judging_beside():
        assert beside._running is None
    assert beside.peak_mb() == 0


def test_verdicts_and_errors_are_those_of_judging_here(tmp_path: Path, other: subprocess.Popen[bytes]) -> None:
    settings = Settings(home=tmp_path)
    write_ledger(settings, [payload("a", 1, 100, 0), payload("b", 2, 100, 9)])
    found = beside.run_gates(settings, "raw", "beside", ["payload"])
    assert any(not result.passed for result in found)
    assert found == runner.run_gates(settings, "raw", "here", ["payload"])
    assert len(OpsStore(settings.ops_db).gates("beside")) == len(found)
    with pytest.raises(UsageError, match="no gates for mist") as told:
        beside.run_gates(settings, "mist", "beside")
    assert told.value.remedy
    other.kill()
    other.wait()
    with pytest.raises(GridlakeError, match="judges raw ended without a verdict"):
        beside.run_gates(settings, "raw", "beside", ["payload"])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to see another process")
def test_it_ends_with_a_run_that_is_killed() -> None:
    code = (
        "import time; from expectations import beside\n"
        "with beside.judging_beside():\n    print(beside._running.pid, flush=True)\n    time.sleep(600)"
    )
    run = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    status = Path(f"/proc/{int(run.stdout.readline())}/status")
    assert "zombie" not in status.read_text()
    run.kill()
    run.wait()
    deadline = time.monotonic() + ENDS_WITHIN_SECONDS
    while status.exists() and "zombie" not in status.read_text():
        assert time.monotonic() < deadline, "it outlived the run"
        time.sleep(0.1)
