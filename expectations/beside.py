"""A process beside this one that judges: Great Expectations takes seconds to import, and a run has other things to do meanwhile.

Belongs here: the pipe between the two. What a gate is, and how it is judged, is `expectations.runner`'s.

Invariants: the other process ends with this one, also where this one is killed (its standard input closes); where it dies
by itself nothing counts as judged, so that nothing is published. `python -m expectations.beside` is its side.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from gridlake import memory
from gridlake.errors import GridlakeError
from gridlake.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from expectations.runner import GateResult

_running: subprocess.Popen[bytes] | None = None
_peak_mb = 0.0  # of the one that ended last


@contextmanager
def judging_beside() -> Iterator[None]:
    """Have a second process import what judging needs, for `run_gates` to use until the end of the block.

    Without effect in a process that has it imported already, where judging costs nothing to begin.
    """
    global _running, _peak_mb
    _peak_mb = 0.0
    if "great_expectations" in sys.modules or _running is not None:
        yield
        return
    path = os.pathsep.join(filter(None, (str(PROJECT_ROOT), os.environ.get("PYTHONPATH"))))
    _running = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,  # Ctrl-C is for the run, with which this one ends
    )
    try:
        yield
    finally:
        process, _running = _running, None
        _peak_mb = _end(process)


def _end(process: subprocess.Popen[bytes]) -> float:
    """Close its input, with which it ends, and wait. Its peak resident memory in MB, its last word; 0 where it died without one."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    said: Any = None
    with suppress(EOFError, pickle.UnpicklingError):
        # Before it may come a verdict that nobody waited for, where the run was interrupted.
        while not isinstance(said, float):
            said = pickle.load(process.stdout)
    process.stdout.close()
    process.wait()
    return said if isinstance(said, float) else 0.0


def peak_mb() -> float:
    """Peak resident memory of the process that judged last, in MB; 0 where this one judged itself."""
    return _peak_mb


def run_gates(settings: Settings, layer: str, run_id: str, tables: Sequence[str] | None = None) -> list[GateResult]:
    """What `expectations.runner.run_gates` returns and raises, from the process beside this one where there is one.

    Raises `GridlakeError` where that process ended without an answer.
    """
    if _running is None:
        from expectations import runner

        return runner.run_gates(settings, layer, run_id, tables)
    assert _running.stdin is not None
    assert _running.stdout is not None
    try:
        pickle.dump((settings, layer, run_id, tables), _running.stdin)
        _running.stdin.flush()
        answer: Any = pickle.load(_running.stdout)
    except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
        raise GridlakeError(
            f"The process that judges {layer} ended without a verdict (exit code {_running.poll()}).",
            "Nothing was published. Run again; where it happens again, see whether the machine is out of memory.",
        ) from error
    if isinstance(answer, Exception):
        raise answer
    return answer  # type: ignore[no-any-return]


def main() -> None:
    """Answer requests from standard input until it closes."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    import great_expectations.expectations  # what takes seconds, before it is asked for

    from expectations import runner

    assert great_expectations
    while True:
        try:
            settings, layer, run_id, tables = pickle.load(sys.stdin.buffer)
        except EOFError:  # the run has its verdicts: taking down what was imported would keep it waiting for seconds
            pickle.dump(memory.peak_mb(), answers)
            answers.close()
            os._exit(0)
        answer: Any
        try:
            answer = runner.run_gates(settings, layer, run_id, tables)
        except Exception as error:
            answer = error if isinstance(error, GridlakeError) else RuntimeError(f"{type(error).__name__}: {error}")
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    main()
