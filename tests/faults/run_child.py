"""A process that runs whole runs and housekeeping, and dies where it is told to. `python -m tests.faults.run_child ARCHIVE`

It imports once and forks for every run, so that many deaths cost little. One order a line on stdin, `<home> <what> <how>
<where>` separated by tabs: what is `run` or `maintain`, how is `at` (a named point), `after` (seconds) or `never`. It
answers with the signal that ended the run (0: none) and the seconds it took; what the run said goes to `<home>.log`.

A named point is `before` or `after` one of: `bronze NAME` (the commit of what was landed), `ledger`, `LAYER/TABLE` (the
commit of a table dbt builds), `gates LAYER`, `forecast TARGET`, `manifest`, `pointer`, `built` (the note that gold is
complete), `compact`, `vacuum`, `leftovers`, `sweep`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FEEDS = ("nyiso_pal", "nyiso_isolf")


def work(home: Path, archive: Path, what: str) -> None:
    """What `gridlake run` and `gridlake maintain` call."""
    from gridlake.settings import load_settings
    from orchestration import maintenance
    from orchestration.run import run

    settings = load_settings(home=home, origin="archive", archive=archive, environ={})
    if what == "maintain":
        maintenance.maintain(settings)
        return
    report = run(settings, FEEDS)
    assert report.exit_code == 0, report.document.get("error")


def die_at(point: str) -> None:
    """Make this process kill itself at the named point."""
    from extract import landing
    from gridlake import dbt_plugin, lake, snapshot
    from orchestration import assets_forecast, assets_gates, assets_publish, maintenance

    def around(module: Any, name: str, place: Callable[..., str]) -> None:
        original = getattr(module, name)

        def wrapped(*arguments: Any, **named: Any) -> Any:
            here = place(*arguments, **named)
            if point == f"before {here}":
                os.kill(os.getpid(), signal.SIGKILL)
            result = original(*arguments, **named)
            if point == f"after {here}":
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(module, name, wrapped)

    around(lake, "append_files", lambda path, *_, **__: f"bronze {path.name}")
    around(landing, "_record", lambda *_, **__: "ledger")
    around(dbt_plugin, "commit_files", lambda root, *_, **__: f"{root.parent.name}/{root.name}")
    around(assets_gates, "run_gates", lambda _, layer, *__, **___: f"gates {layer}")
    around(assets_forecast, "make_forecasts", lambda _, target, *__, **___: f"forecast {target}")
    around(snapshot, "_write_atomically", lambda path, _: "pointer" if path.name == "current.json" else "manifest")
    around(assets_publish, "mark_built", lambda *_: "built")
    for name, place in (
        ("compact", "compact"),
        ("vacuum", "vacuum"),
        ("remove_leftovers", "leftovers"),
        ("sweep", "sweep"),
    ):
        around(maintenance, name, lambda *_, place=place: place)


def attempt(home: Path, archive: Path, what: str, how: str, where: str) -> tuple[int, float]:
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            log = os.open(f"{home}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            if how == "at":
                die_at(where)
            work(home, archive, what)
            code = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    if how == "after":
        time.sleep(float(where))
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit(f"the run failed by itself:\n{Path(f'{home}.log').read_text()[-3000:]}")
    return (os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0), time.perf_counter() - started


def main() -> None:
    archive = Path(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what imports print is no answer
    import orchestration.definitions  # the children share what is imported and parsed here
    from orchestration.dbt import _manifest, project_hash

    assert orchestration.definitions.defs
    _manifest(project_hash())
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        home, folder, what, how, where = line.rstrip("\n").split("\t")
        print(*attempt(Path(home), archive / folder, what, how, where), file=answers, flush=True)


if __name__ == "__main__":
    main()
