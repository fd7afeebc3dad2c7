"""A process that lands payloads and dies where it is told to. `python -m tests.faults.landing_child PAYLOADS`

It imports once and forks for every landing, so that many deaths cost little. One order a line on stdin:
`<home> at <point>` dies at a named point, `<home> after <seconds>` at any moment, `<home> never 0` lands. It answers with
the signal that ended the landing (0: none) and the seconds it took.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
from pathlib import Path
from typing import Any

from extract import landing
from extract.catalogue import FEEDS
from extract.catalogue import feed as feed_named
from extract.feed import Payload
from gridlake import lake
from gridlake.settings import load_settings
from tests.contract.samples import offering

# Before and after every effect of a landing, in their order.
POINTS = (
    "after store", "after stage", "before synthetic__load", "after synthetic__load", "before refused", "after refused",
    "before payload", "after payload",
)  # fmt: skip


def land_all(home: Path, payloads: list[Payload]) -> None:
    """Land the payloads in two batches, as two days of a feed would come."""
    settings = load_settings(home=home, environ={})
    landing.ensure_bronze(settings, [f for f in FEEDS if f.name == "synthetic_load"])
    half = len(payloads) // 2
    for batch in (payloads[:half], payloads):
        result = landing.land(offering(feed_named("synthetic_load"), batch), settings)
        assert result.state in ("landed", "unchanged"), result.message


def die_at(point: str) -> None:
    """Make this process kill itself at the named point."""

    def reached(here: str) -> None:
        if here == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(module: Any, name: str, before: str, after: str) -> None:
        """Wrap `module.name`; `{}` in a point's name is the last part of the path that is its first argument."""
        original = getattr(module, name)

        def wrapped(*arguments: Any, **named: Any) -> Any:
            table = getattr(arguments[0], "name", "")
            reached(before.format(table))
            result = original(*arguments, **named)
            reached(after.format(table))
            return result

        setattr(module, name, wrapped)

    around(landing, "store_payload", "", "after store")
    around(lake, "stage_rows", "", "after stage")
    around(lake, "append_files", "before {}", "after {}")
    around(lake, "append_payloads", "before {}", "after {}")


def attempt(home: Path, payloads: list[Payload], how: str, what: str) -> tuple[int, float]:
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if how == "at":
                die_at(what)
            land_all(home, payloads)
            code = 0
        finally:
            os._exit(code)
    if how == "after":
        time.sleep(float(what))
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("the landing failed by itself")
    return (os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0), time.perf_counter() - started


def main() -> None:
    payloads: list[Payload] = pickle.loads(Path(sys.argv[1]).read_bytes())
    for line in sys.stdin:
        home, how, what = line.rstrip("\n").split("\t")
        print(*attempt(Path(home), payloads, how, what), flush=True)


if __name__ == "__main__":
    main()
