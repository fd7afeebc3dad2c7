"""What the ops of one run share: settings, the ledger, the build plan, a stopwatch.

Belongs here: state between stages. Everything durable lives in the home, so that a killed run leaves nothing to
repair: the plan is worked out anew from Delta versions.
"""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg

from extract.catalogue import FEEDS
from extract.feed import Feed
from extract.landing import bronze_path
from gridlake import lake
from gridlake.cli import say
from gridlake.errors import UsageError
from gridlake.ops import OpsStore
from gridlake.settings import PROJECT_ROOT, Settings, load_settings

# Seconds by stage of the run executing in this process.
_STAGES: dict[str, float] = defaultdict(float)


@contextmanager
def stage(name: str, doing: str = "") -> Iterator[None]:
    """Add the time spent inside to stage `name` (land, build, gate, forecast, publish) and say what is being done."""
    if doing:
        say(f"  {doing}")
    started = time.perf_counter()
    try:
        yield
    finally:
        _STAGES[name] += time.perf_counter() - started


def stage_seconds() -> dict[str, float]:
    return dict(_STAGES)


def reset_stages() -> None:
    _STAGES.clear()


class Gridlake(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The GRIDLAKE_HOME a run works in. Empty fields mean: from the environment; no feeds mean: all the origin has."""

    home: str = ""
    origin: str = ""
    archive: str = ""
    feeds: list[str] = []

    def asks_for(self, feed: Feed) -> bool:
        """Whether this run lands `feed`: its origin offers it, and nobody asked for others only."""
        return self.settings().origin in feed.origins and (not self.feeds or feed.name in self.feeds)

    def settings(self) -> Settings:
        return load_settings(home=self.home or None, origin=self.origin or None, archive=self.archive or None)

    def ops(self) -> OpsStore:
        return OpsStore(self.settings().ops_db)


def claim_origin(settings: Settings, ops: OpsStore) -> None:
    """A home holds synthetic data or real data, never both. Raises `UsageError` on the attempt to mix."""
    kind = "synthetic" if settings.origin == "synthetic" else "real"
    held = ops.get("origin_kind")
    if held is None:
        ops.put("origin_kind", kind)
    elif held != kind:
        raise UsageError(
            f"{settings.home} holds {held} data; this run would bring {kind} data into it.",
            "Use another home (GRIDLAKE_HOME=…) or `make clean` first.",
        )


def process_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def only_run(settings: Settings) -> Iterator[None]:
    """Hold the home's run lock: a second run is refused, a dead one's lock falls with its process."""
    import fcntl

    settings.home.mkdir(parents=True, exist_ok=True)
    path: Path = settings.home / "run.lock"
    with path.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"Another run is building in {settings.home}.", "Wait for it; `gridlake status` shows how far it is."
            ) from None
        yield


# --- the build plan: which months dbt has to build ----------------------------------------------------------------


def bronze_versions(settings: Settings) -> dict[str, int]:
    """Latest Delta version of every feed's bronze table."""
    return {f.name: lake.open_table(bronze_path(settings, f)).version() for f in FEEDS}


def code_state() -> str:
    """Hash of all code and configuration that decide what a run builds."""
    import hashlib

    digest = hashlib.sha256()
    rooms = ("gridlake", "extract", "dbt_project", "expectations", "ml", "orchestration")
    files = [p for room in rooms for p in (PROJECT_ROOT / room).rglob("*") if p.suffix in {".py", ".sql", ".yml", ".csv"}]
    for path in sorted([*files, PROJECT_ROOT / "dbt_project.yml", PROJECT_ROOT / "requirements.lock"]):
        digest.update(str(path.relative_to(PROJECT_ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def write_plan(settings: Settings, ops: OpsStore) -> dict[str, Any]:
    """Write `plan.json`: all months bronze holds, and those that changed since the last complete build (null: all).

    A change of code, or no complete build yet, rebuilds everything.
    """
    built = ops.get("built") or {}
    everything = not built or built.get("code") != code_state()
    all_months: set[str] = set()
    changed: set[str] = set()
    for feed in FEEDS:
        if not feed.partitioned:
            continue
        path = bronze_path(settings, feed)
        all_months |= set(lake.months(path))
        if not everything:
            changed |= set(lake.months(path, since_version=built["versions"].get(feed.name, -1)))
    if not everything and changed and any(f.startswith("entsoe_spain") for f in _changed_feeds(settings, built)):
        # A row of the Spanish file may belong up to eleven months from where its own stamp puts it.
        years = {m[:4] for m in changed}
        changed |= {m for m in all_months if m[:4] in years}
    plan = {"all_months": sorted(all_months), "changed_months": None if everything else sorted(changed)}
    save_plan(settings, plan)
    return plan


def _changed_feeds(settings: Settings, built: dict[str, Any]) -> list[str]:
    return [name for name, version in bronze_versions(settings).items() if version != built["versions"].get(name)]


def save_plan(settings: Settings, plan: dict[str, Any]) -> None:
    path = settings.home / "plan.json"
    temporary = path.with_name(f".plan.{os.getpid()}")
    temporary.write_text(json.dumps(plan))
    os.replace(temporary, path)


def extend_plan(settings: Settings, months: list[str]) -> None:
    """Add months that a later stage touched (forecasts reach beyond what bronze changed)."""
    plan = lake.read_plan(str(settings.home / "plan.json"))
    if plan["changed_months"] is not None:
        plan["changed_months"] = sorted({*plan["changed_months"], *months})
    plan["all_months"] = sorted({*plan["all_months"], *months})
    save_plan(settings, plan)


def mark_built(settings: Settings, ops: OpsStore) -> None:
    """Record that gold is complete up to these bronze versions."""
    ops.put("built", {"code": code_state(), "versions": bronze_versions(settings)})
