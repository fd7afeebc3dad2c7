"""A process that runs whole runs, housekeeping and commands, which die or pause where they are told to. `python -m tests.faults.run_child ARCHIVE`

It imports once and forks for every order, so that many deaths cost little. One order a line on stdin, one answer a line
on stdout, both JSON (`Order`, `Answer`).

A named point is `before` or `after` one of: `bronze NAME` (the commit of what was landed), `ledger`, `LAYER/TABLE` (the
commit of a table dbt builds), `gates LAYER`, `forecast TARGET`, `manifest`, `pointer`, `built` (the note that gold is
complete), `compact`, `vacuum`, `leftovers`, `sweep`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FEEDS = ("nyiso_pal", "nyiso_isolf")


@dataclass(frozen=True)
class Order:
    """What to do in `home`: a `run`, to `maintain` it, to rebuild a day (`backfill`), a
    `gridlake` `command` (what comes after its name), or to `resume` what is paused.

    It dies at the named point `die_at`, or when it has had `die_after` seconds of processor, or it waits at `pause_at`
    until it is told to go on. Of processor, because a busy machine hardly changes what a run needs of that.
    """

    home: str
    what: str = "run"
    days: str = "three"
    command: list[str] = field(default_factory=list)
    die_at: str = ""
    die_after: float = 0
    pause_at: str = ""


@dataclass(frozen=True)
class Answer:
    """How it ended: `paused`, by a signal (0: none), with an exit code; the processor it took; what a command said."""

    signal: int = 0
    code: int = 0
    cpu: float = 0
    said: str = ""
    paused: bool = False


def work(order: Order, archive: Path) -> int:
    """What `gridlake run` and `gridlake maintain` call, or a command as typed."""
    from gridlake.settings import load_settings
    from orchestration import maintenance
    from orchestration.run import run

    if order.what == "command":
        return command(order, archive)
    if order.what == "backfill":
        return backfill(order)
    settings = load_settings(home=order.home, origin="archive", archive=archive, environ={})
    if order.what == "maintain":
        maintenance.maintain(settings)
        return 0
    report = run(settings, FEEDS)
    assert report.exit_code == 0, report.document.get("error")
    return 0


def command(order: Order, archive: Path) -> int:
    from gridlake import cli

    os.environ |= {"GRIDLAKE_HOME": order.home, "GRIDLAKE_ORIGIN": "archive", "GRIDLAKE_ARCHIVE": str(archive)}
    sys.argv = ["gridlake", *order.command]
    try:
        cli.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def backfill(order: Order) -> int:
    """A day of the grid rebuilt, as Dagster's UI does it: with the home's own instance, no lock around the run."""
    import dagster as dg

    from orchestration.definitions import defs

    os.environ["DAGSTER_HOME"] = f"{order.home}/dagster"
    config = {"resources": {"gridlake": {"config": {"home": order.home, "origin": "archive"}}}}
    with dg.DagsterInstance.get() as instance:
        done = defs.resolve_job_def("rebuild_days").execute_in_process(
            run_config=config, instance=instance, partition_key="2017-06-01", raise_on_error=False
        )
    for event in done.all_events if not done.success else ():
        print(event.message, event.event_specific_data)
    return 0 if done.success else 1


def arrange(point: str, arrived: Callable[[], None]) -> None:
    """Have `arrived` called when this process comes to the named point."""
    from extract import ledger
    from gridlake import dbt_plugin, lake, snapshot
    from orchestration import assets_forecast, assets_gates, assets_publish, maintenance

    def around(module: Any, name: str, place: Callable[..., str]) -> None:
        original = getattr(module, name)

        def wrapped(*arguments: Any, **named: Any) -> Any:
            here = place(*arguments, **named)
            if point == f"before {here}":
                arrived()
            result = original(*arguments, **named)
            if point == f"after {here}":
                arrived()
            return result

        setattr(module, name, wrapped)

    around(lake, "append_files", lambda path, *_, **__: f"bronze {path.name}")
    around(ledger, "record", lambda *_, **__: "ledger")
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


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Child:
    """A forked process that carries out one order."""

    def __init__(self, order: Order, archive: Path) -> None:
        self.order = order
        self.log = Path(f"{order.home}.log")
        self.arrival, arrived = os.pipe()
        go, self.go = os.pipe()
        self.said_before = self.log.stat().st_size if self.log.exists() else 0
        self.process = os.fork()
        if self.process == 0:
            os.close(self.arrival)
            os.close(self.go)
            self._carry_out(archive, arrived, go)
        os.close(arrived)
        os.close(go)

    def _carry_out(self, archive: Path, arrived: int, go: int) -> None:
        code = 1
        try:
            log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)

            def pause() -> None:
                os.write(arrived, b"x")
                if not os.read(go, 1):
                    die()  # nobody is there who could let it go on

            if self.order.die_at:
                arrange(self.order.die_at, die)
            elif self.order.pause_at:
                arrange(self.order.pause_at, pause)
            code = work(self.order, archive)
            sys.stdout.flush()
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)

    def until_paused_or_over(self) -> Answer:
        """The pipe tells of the pause, and by its end that the process is gone."""
        if os.read(self.arrival, 1):
            return Answer(paused=True)
        return self.over()

    def resume(self) -> Answer:
        os.write(self.go, b"x")
        return self.over()

    def killed_after(self, seconds: float) -> Answer:
        """Killed once it has had so many seconds of processor, unless it ends before."""
        while (had := self._processor()) is not None and had < seconds:
            time.sleep(min(max((seconds - had) / 4, 0.005), 0.25))
        if had is not None:
            os.kill(self.process, signal.SIGKILL)
        return self.over()

    def _processor(self) -> float | None:
        """Seconds of processor it has had; None when it has ended."""
        found = os.waitid(os.P_PID, self.process, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is not None:
            return None
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def over(self) -> Answer:
        _, status, used = os.wait4(self.process, 0)
        os.close(self.arrival)
        os.close(self.go)
        with self.log.open("rb") as log:
            log.seek(self.said_before)
            said = log.read().decode(errors="replace")
        code = os.waitstatus_to_exitcode(status)
        if code > 0 and self.order.what in ("run", "maintain"):
            raise SystemExit(f"what was to be done failed by itself:\n{said[-3000:]}")
        return Answer(signal=max(-code, 0), code=max(code, 0), cpu=round(used.ru_utime + used.ru_stime, 2), said=said)


def main() -> None:
    archive = Path(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what imports print is no answer
    import great_expectations.expectations  # the children share what is imported and parsed here

    import orchestration.definitions
    from orchestration.dbt import _manifest, project_hash

    assert great_expectations
    assert orchestration.definitions.defs
    _manifest(project_hash())
    print("ready", file=answers, flush=True)
    paused: dict[str, Child] = {}
    for line in sys.stdin:
        order = Order(**json.loads(line))
        if order.what == "resume":
            answer = paused.pop(order.home).resume()
        else:
            child = Child(order, archive / order.days)
            answer = child.killed_after(order.die_after) if order.die_after else child.until_paused_or_over()
            if answer.paused:
                paused[order.home] = child
        print(json.dumps(asdict(answer)), file=answers, flush=True)


if __name__ == "__main__":
    main()
