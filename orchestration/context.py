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
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
from pydantic import Field

from extract.catalogue import FEEDS
from extract.catalogue import feed as feed_named
from extract.feed import Feed
from extract.landing import bronze_path
from gridlake import build_plan, duck, lake
from gridlake.cli import say
from gridlake.errors import UsageError
from gridlake.ops import OpsStore
from gridlake.settings import PROJECT_ROOT, Settings, load_settings

# Seconds by stage of the run executing in this process.
_STAGES: dict[str, float] = defaultdict(float)

HOLDS_LOCK = "gridlake/holds_lock"  # Dagster's tag of a run that holds the home's run lock: its own id, so that a re-execution's copy says nothing
_held: set[Path] = set()  # homes whose run lock this process holds


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
    store: str = ""
    origin: str = ""
    archive: str = ""
    feeds: list[str] = Field(default_factory=list)
    first_day: str = ""  # local days of live feeds, YYYY-MM-DD
    last_day: str = ""

    def asks_for(self, feed: Feed) -> bool:
        """Whether this run lands `feed`: its origin offers it, and nobody asked for others only."""
        return self.settings().origin in feed.origins and (not self.feeds or feed.name in self.feeds)

    def settings(self) -> Settings:
        return load_settings(
            home=self.home or None,
            store=self.store or None,
            origin=self.origin or None,
            archive=self.archive or None,
            first_day=date.fromisoformat(self.first_day) if self.first_day else None,
            last_day=date.fromisoformat(self.last_day) if self.last_day else None,
        )

    def ops(self) -> OpsStore:
        return OpsStore(self.settings().ops_db)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Gridlake]:
        """A run from Dagster's UI holds the home's run lock from its first step to its last, as `gridlake run` does around
        its own. Sensors, which belong to no run, hold nothing.
        """
        run, instance, settings = context.run, context.instance, self.settings()
        if run is None or instance is None or settings.home.resolve() in _held:
            yield self
            return
        from orchestration.run import bury_dead_runs

        with only_run(settings):
            bury_dead_runs(instance)
            instance.add_run_tags(run.run_id, {HOLDS_LOCK: run.run_id})
            try:
                yield self
            finally:  # from here on another may hold it before this run has ended
                instance.add_run_tags(run.run_id, {HOLDS_LOCK: ""})


def claim_origin(settings: Settings, ops: OpsStore) -> None:
    """A home holds synthetic data or real data, never both, and is built from one place. Raises `UsageError` on the attempt to mix."""
    kind = "synthetic" if settings.origin == "synthetic" else "real"
    held = ops.get("origin_kind")
    if held is None:
        ops.put("origin_kind", kind)
    elif held != kind:
        raise UsageError(
            f"{settings.home} holds {held} data; this run would bring {kind} data into it.",
            "Use another home (GRIDLAKE_HOME=…), or remove this one.",
        )
    kept_in, asked = ops.get("store"), settings.store or ""
    if kept_in is None:  # homes of earlier releases hold everything themselves
        kept_in = asked if held is None else ""
        ops.put("store", kept_in)
    if kept_in != asked:
        raise UsageError(
            f"{settings.home} is built from what lies in {kept_in or 'itself'}; this run would land in {asked or 'the home'}.",
            f"Set GRIDLAKE_STORE={kept_in}, or use another home (GRIDLAKE_HOME=…) for the other place.",
        )


@contextmanager
def only_run(settings: Settings) -> Iterator[None]:
    """Hold the home's run lock: a second run is refused, a dead one's lock falls with its process."""
    import fcntl

    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        lock = (settings.home / "run.lock").open("a+")
    except PermissionError as error:
        raise UsageError(
            f"{settings.home} may not be written by this user ({error.strerror}: {error.filename}).",
            "Run as its owner, mend its permissions, or choose another home (GRIDLAKE_HOME=…).",
        ) from error
    with lock as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"Another run is building in {settings.home}.", "Wait for it; `gridlake status` shows how far it is."
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        home = settings.home.resolve()
        _held.add(home)
        try:
            yield
        finally:
            _held.discard(home)


# --- the build plan: which months dbt has to build ----------------------------------------------------------------


def code_state() -> str:
    """Hash of all code and configuration that decide what a run builds."""
    import hashlib

    digest = hashlib.sha256()
    rooms = ("gridlake", "extract", "dbt_project", "expectations", "ml", "orchestration")
    files = [
        p for room in rooms for p in (PROJECT_ROOT / room).rglob("*") if p.suffix in {".py", ".sql", ".yml", ".csv"}
    ]
    for path in sorted([*files, PROJECT_ROOT / "dbt_project.yml", PROJECT_ROOT / "requirements.lock"]):
        digest.update(str(path.relative_to(PROJECT_ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def write_plan(settings: Settings, ops: OpsStore) -> dict[str, Any]:
    """Write `plan.json`: all months bronze holds, and those that changed since the last complete build (null: all), with the
    first and the last day that changed in them.

    A change of code, or no complete build yet, rebuilds everything.
    """
    built = ops.get("built") or {}
    everything = not built or built.get("code") != code_state()
    if built and everything:
        # What this code builds in part must not be taken for what the last one built, should that come back.
        ops.put("built", {})
    partitioned = [feed for feed in FEEDS if feed.partitioned]
    rows: dict[str, int] = {}
    for feed in partitioned:
        for month, count in lake.month_rows(bronze_path(settings, feed)).items():
            rows[month] = rows.get(month, 0) + count
    ledger = lake.read_rows(settings.bronze / "payload", LEDGER_COLUMNS).to_dicts()
    all_months = {*rows, *window_days(ledger)}
    plan: dict[str, Any] = {
        "all_months": sorted(all_months),
        "changed_months": None,
        "rows": rows,
        "sequences": landed_sequences(ledger),
    }
    if not everything:
        changed: Days = {}
        for feed in partitioned:
            since = built["sequences"].get(feed.name, 0)
            for month, days in changed_days(settings, feed, ledger, since, all_months).items():
                widen(changed, month, *days)
        for readings, meters in PLACED_BY.items():
            moved = moved_meters(settings, feed_named(meters), ledger, built["sequences"].get(meters, 0))
            for month, days in days_of_meters(settings, feed_named(readings), moved).items():
                widen(changed, month, *days)
        plan["changed_months"] = sorted(changed)
        plan["changed_days"] = {month: [f"{day}" for day in days] for month, days in sorted(changed.items())}
    save_plan(settings, plan)
    return plan


# Readings whose region stands in a list of another feed: news of the list may move some of them.
PLACED_BY = {"own_meter_interval": "own_meter", "green_button": "own_meter"}
LEDGER_COLUMNS = ["feed", "api_endpoint", "payload_sha256", "landed_seq", "window_start_utc", "window_end_utc"]


Days = dict[str, tuple[date, date]]  # by month, the first and the last day of it that is spoken of


def widen(days: Days, month: str, first: date, last: date) -> None:
    """Have `days` speak of a month's days from `first` to `last` too."""
    known = days.get(month, (first, last))
    days[month] = min(first, known[0]), max(last, known[1])


def changed_days(
    settings: Settings, feed: Feed, ledger: list[dict[str, Any]], since_sequence: int, all_months: set[str]
) -> Days:
    """Months of the rows that landings after `since_sequence` brought or replaced, with the days their intervals start on. Bronze
    is read only if there are any.

    A delivery replaces what its address delivered before, so that the months of the replaced payload count too.
    ledger: rows of the ledger of payloads with LEDGER_COLUMNS.
    """
    mine = [row for row in ledger if row["feed"] == feed.name]
    new = [row for row in mine if row["landed_seq"] > since_sequence]
    if not new:
        return {}
    touched = {row["api_endpoint"] for row in new}
    payloads = sorted({row["payload_sha256"] for row in mine if row["api_endpoint"] in touched})
    con = duck.connect(reading=settings.outside)
    try:
        bronze = duck.sql_literal(bronze_path(settings, feed))
        sql = (
            f"select month, min(interval_start_utc)::date, max(interval_start_utc)::date from delta_scan({bronze}) "
            "where payload_sha256 in (select unnest($payloads)) group by month"
        )
        rows = con.execute(sql, {"payloads": payloads}).fetchall()
    finally:
        con.close()
    days = window_days(new)
    for month, first, last in rows:
        widen(days, month, first, last)
    if days and feed.redates_rows:
        years = {month[:4] for month in days}
        days |= {month: build_plan.days_of(month) for month in all_months if month[:4] in years}
    return days


def moved_meters(settings: Settings, meters: Feed, ledger: list[dict[str, Any]], since_sequence: int) -> list[str]:
    """Meters whose region is another one since landings after `since_sequence`, new ones included: it is that of the last delivered
    list that names one for them, as in `int_meter__sample`.
    """
    told = [(r["payload_sha256"], r["landed_seq"]) for r in ledger if r["feed"] == meters.name]
    if all(sequence <= since_sequence for _, sequence in told):
        return []
    columns = ["meter_id", "region_id", "payload_sha256", "row_number"]
    rows = lake.read_rows(bronze_path(settings, meters), columns).drop_nulls("region_id")
    deliveries = pl.DataFrame(told, schema={"payload_sha256": pl.String, "landed_seq": pl.Int64}, orient="row")
    listed = rows.join(deliveries, on="payload_sha256").sort("landed_seq", "row_number")
    before, now = (
        of.group_by("meter_id").agg(pl.col("region_id").last())
        for of in (listed.filter(pl.col("landed_seq") <= since_sequence), listed)
    )
    joined = now.join(before, on="meter_id", how="left", suffix="_before")
    return joined.filter(pl.col("region_id").ne_missing(pl.col("region_id_before")))["meter_id"].to_list()


def days_of_meters(settings: Settings, readings: Feed, meters: list[str]) -> Days:
    """Months of the meters' readings in bronze, with the first and the last day of each."""
    if not meters:
        return {}
    con = duck.connect(reading=settings.outside)
    try:
        sql = (
            "select month, min(interval_start_utc)::date, max(interval_start_utc)::date from "
            f"delta_scan({duck.sql_literal(bronze_path(settings, readings))}) "
            f"where {duck.sql_identifier(readings.keys[0])} in (select unnest($meters)) group by month"
        )
        rows = con.execute(sql, {"meters": meters}).fetchall()
    finally:
        con.close()
    return {month: (first, last) for month, first, last in rows}


def window_days(ledger: list[dict[str, Any]]) -> Days:
    """Months and days of the windows payloads declare to cover, also where they brought no row: their hours are holes."""
    days: Days = {}
    for row in ledger:
        if row["window_start_utc"] is None:
            continue
        first, last = row["window_start_utc"].date(), row["window_end_utc"].date()
        month = f"{first:%Y-%m}"
        while month <= f"{last:%Y-%m}":
            of_month = build_plan.days_of(month)
            widen(days, month, max(first, of_month[0]), min(last, of_month[1]))
            month = build_plan.shift_month(month, 1)
    return days


def landed_sequences(ledger: list[dict[str, Any]]) -> dict[str, int]:
    """The highest landing sequence of every feed. ledger: rows of the ledger of payloads."""
    latest: dict[str, int] = {}
    for row in ledger:
        latest[row["feed"]] = max(row["landed_seq"], latest.get(row["feed"], 0))
    return latest


def save_plan(settings: Settings, plan: dict[str, Any]) -> None:
    path = settings.home / "plan.json"
    temporary = path.with_name(f".plan.{os.getpid()}")
    temporary.write_text(json.dumps(plan))
    os.replace(temporary, path)


def rebuild_plan(settings: Settings, months: list[str]) -> None:
    """A plan that rebuilds exactly `months`, whatever changed."""
    plan = build_plan.read_plan(str(settings.home / "plan.json"))
    save_plan(
        settings,
        {
            **plan,
            "all_months": sorted({*plan["all_months"], *months}),
            "changed_months": sorted(months),
            "changed_days": {},
        },
    )


def extend_plan(settings: Settings, months: list[str]) -> None:
    """Add months that a later stage touched (forecasts reach beyond what bronze changed)."""
    plan = build_plan.read_plan(str(settings.home / "plan.json"))
    if plan["changed_months"] is not None:
        plan["changed_months"] = sorted({*plan["changed_months"], *months})
        plan["changed_days"] = {m: days for m, days in plan.get("changed_days", {}).items() if m not in months}
    plan["all_months"] = sorted({*plan["all_months"], *months})
    save_plan(settings, plan)


def planned_sequences(settings: Settings) -> dict[str, int]:
    """The highest landing sequence of every feed that the plan saw."""
    sequences: dict[str, int] = build_plan.read_plan(str(settings.home / "plan.json"))["sequences"]
    return sequences


def mark_built(settings: Settings, ops: OpsStore) -> None:
    """Record that gold is complete up to the landings the plan saw: what another machine has landed since is due to the next run."""
    from orchestration.affected import registry_hash, source_versions, table_versions

    plan = build_plan.read_plan(str(settings.home / "plan.json"))
    ops.put(
        "built",
        {
            "code": code_state(),
            "sequences": planned_sequences(settings),
            "versions": source_versions(settings),
            "gold": table_versions(settings, "gold"),
            "registry": registry_hash(settings),
            "months": sorted(plan.get("rows") or ()),
        },
    )
