"""One run from landing to publishing: the same Dagster assets the UI shows, executed in this process.

Belongs here: what surrounds the assets — the fingerprint that lets an unchanged run do nothing, the lock, the exit code.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gridlake import memory
from gridlake.cli import say
from gridlake.errors import ExitCode, GridlakeError
from gridlake.ops import OpsStore
from gridlake.settings import Settings
from gridlake.snapshot import intact_snapshot

OF_COMMAND = "gridlake/origin"  # Dagster's tag of runs that `gridlake run` executes
STAGES = ("land", "build", "gate", "forecast", "publish")


@dataclass
class RunReport:
    """What `gridlake run` prints: the JSON document of the interface, and the exit code."""

    document: dict[str, Any]
    exit_code: ExitCode


def input_fingerprint(settings: Settings, feeds: Sequence[str] | None) -> str:
    """Hash of everything that decides a run's result: origin, feeds, the archive's bytes, code and configuration."""
    from extract.archive import archive_files, file_hashes
    from extract.catalogue import feeds_for
    from orchestration.context import code_state

    digest = hashlib.sha256(json.dumps([settings.origin, sorted(feeds or []), settings.target]).encode())
    digest.update(code_state().encode())
    if settings.origin == "archive" and settings.archive:
        chosen = feeds_for("archive", list(feeds) if feeds else None)
        taken = [(feed.name, path) for feed in chosen for path in archive_files(feed, settings.archive)]
        hashes = file_hashes(settings, dict.fromkeys(path for _, path in taken))
        for feed, path in taken:
            digest.update(f"{feed}:{path.relative_to(settings.archive)}:{hashes.get(path)}".encode())
    return digest.hexdigest()


def run(
    settings: Settings, feeds: Sequence[str] | None = None, *, force: bool = False, landing: bool = True
) -> RunReport:
    """Land, build, gate, forecast and publish. Returns the report; raises `GridlakeError` for what precedes the run.

    A run whose inputs, code and configuration are those of the last published one does nothing and reports its gates,
    unless `force`. Without `landing` no source is asked: what bronze holds is built, judged and published again.
    """
    # What a run imports and parses it keeps: looking for garbage in it took a tenth of start-up.
    gc.set_threshold(200_000, 50, 100)
    from orchestration.context import claim_origin, only_run

    started = time.perf_counter()
    if landing and settings.origin == "archive" and (settings.archive is None or not settings.archive.is_dir()):
        from gridlake.errors import UsageError

        raise UsageError(
            f"No archive directory at {settings.archive or '(none given)'}.",
            "Pass --archive DIR or set GRIDLAKE_ARCHIVE.",
        )
    with only_run(settings):
        ops = OpsStore(settings.ops_db)
        claim_origin(settings, ops)
        if not landing:
            published = ops.last_run(state="published") or {}
            return _execute(settings, ops, None, str(published.get("fingerprint") or ""), started, landing=False)
        fingerprint = input_fingerprint(settings, feeds)
        # What a live source would answer is not known before it is asked.
        unchanged = None if force or settings.origin == "live" else unchanged_run(settings, ops, fingerprint)
        if unchanged:
            return _repeat(settings, unchanged, time.perf_counter() - started)
        return _execute(settings, ops, feeds, fingerprint, started)


def build_landed(settings: Settings) -> RunReport:
    """Build, judge and publish what the home has landed, without asking a source. Raises `UsageError` where nothing was landed."""
    from dataclasses import replace

    from gridlake.errors import UsageError

    ops = OpsStore(settings.ops_db)
    kind = ops.get("origin_kind")
    if kind is None:
        raise UsageError(f"Nothing was ever landed in {settings.home}.", "Run `gridlake run` first.")
    last = ops.last_run()
    origin = last["origin"] if last else "synthetic" if kind == "synthetic" else "live"
    return run(replace(settings, origin=origin), force=True, landing=False)


def unchanged_run(settings: Settings, ops: OpsStore, fingerprint: str) -> dict[str, Any] | None:
    """The last run, if it published the current snapshot from exactly these inputs."""
    last = ops.last_run()
    snapshot = intact_snapshot(settings)
    if last and snapshot and last["state"] == "published" and last["fingerprint"] == fingerprint:
        return last if last["snapshot_id"] == snapshot.snapshot_id else None
    return None


def _repeat(settings: Settings, last: dict[str, Any], seconds: float) -> RunReport:
    """The report of a run that had nothing to do: earlier gates and skill, nothing landed."""
    document: dict[str, Any] = json.loads(last["summary"])
    for feed in document["feeds"]:
        feed |= {"rows_read": 0, "rows_landed": 0, "rows_duplicate": 0, "rows_refused": 0}
    document["unchanged"] = True
    document["seconds"] = {**dict.fromkeys(STAGES, 0.0), "overhead": round(seconds, 2), "total": round(seconds, 2)}
    document["peak_mb"] = peak_mb()
    return RunReport(document, ExitCode(last["exit_code"]))


def peak_mb() -> int:
    """Peak resident memory of this process and of the one that judged beside it, in MB."""
    from expectations import beside

    return round(memory.peak_mb() + beside.peak_mb())


def _execute(
    settings: Settings, ops: OpsStore, feeds: Sequence[str] | None, fingerprint: str, started: float, *,
    landing: bool = True,
) -> RunReport:  # fmt: skip
    import dagster as dg

    from expectations.beside import judging_beside
    from extract.catalogue import feeds_for
    from orchestration.context import reset_stages, stage_seconds
    from orchestration.summary import summarise

    chosen = feeds_for(settings.origin, list(feeds) if feeds else None) if landing else []
    say(f"gridlake: {settings.origin} data into {settings.home}, {len(chosen)} feeds")
    reset_stages()
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
    _write_dagster_yaml(settings)
    with judging_beside(), dg.DagsterInstance.get() as instance:
        bury_dead_runs(instance)
        run_id, before = _new_run_id(), ops.last_run()
        ops.start_run(run_id, settings.origin)
        if not landing and before:
            _carry_landings(ops, before["run_id"], run_id)
        failure = _execute_assets(settings, instance, run_id, [f.name for f in chosen])
    snapshot = intact_snapshot(settings)
    landings = ops.landings(run_id)
    stale = [row for row in landings if row["state"] == "stale"]
    published = failure is None and snapshot is not None and snapshot.run_id == run_id
    code = failure.exit_code if failure is not None else ExitCode.FEED_STALE if stale else ExitCode.DONE
    document = summarise(settings, ops, run_id, published=published)
    total = time.perf_counter() - started
    stages = stage_seconds()
    seconds = {name: round(stages.get(name, 0.0), 2) for name in STAGES}
    document["seconds"] = {**seconds, "overhead": round(total - sum(seconds.values()), 2), "total": round(total, 2)}
    document["peak_mb"] = peak_mb()
    if failure is not None:
        from gridlake.cli import describe_error

        document["error"] = describe_error(failure)
    ops.finish_run(
        run_id,
        "published" if published else "failed",
        int(code),
        fingerprint=fingerprint,
        snapshot_id=snapshot.snapshot_id if snapshot else None,
        summary=document,
    )
    return RunReport(document, code)


def bury_dead_runs(instance: Any) -> None:
    """Give back what runs that were killed hold in Dagster's store: their place in the warehouse's pool, for which the next run
    would wait for ever, and their look of being under way.

    To be called by whoever holds the home's run lock: no other run that held it can be alive. A run from the UI that has not come to hold it yet
    is left alone.
    """
    import dagster as dg
    from dagster._core.storage.tags import PARENT_RUN_ID_TAG

    from orchestration.context import HOLDS_LOCK

    under_way = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    storage = instance.event_log_storage
    for dead in instance.get_runs(filters=dg.RunsFilter(statuses=under_way)):
        is_commands = (
            OF_COMMAND in dead.tags and PARENT_RUN_ID_TAG not in dead.tags
        )  # a re-execution in the UI copies tags
        if is_commands or dead.tags.get(HOLDS_LOCK) == dead.run_id:
            storage.free_concurrency_slots_for_run(dead.run_id)
            instance.report_run_failed(
                dead, "The process ended without a word; the next run goes on from what it left."
            )
    for run_id in storage.get_concurrency_run_ids():
        holder = instance.get_run_by_id(run_id)
        if holder is None or holder.is_finished:
            storage.free_concurrency_slots_for_run(run_id)


def _carry_landings(ops: OpsStore, before: str, run_id: str) -> None:
    """A run that asks no source tells of each feed how its last landing went: one that was stale still is."""
    counts = dict.fromkeys(("rows_read", "rows_landed", "rows_duplicate", "rows_refused", "payloads_new"), 0)
    for row in ops.landings(before):
        state = "unchanged" if row["state"] == "landed" else row["state"]
        detail = {**row["detail"], **counts}
        ops.record_landing(run_id, row["feed"], row["origin"], state, detail, row["message"], row["remedy"])


def _new_run_id() -> str:
    import uuid

    return str(uuid.uuid4())


def _write_dagster_yaml(settings: Settings) -> None:
    """Dagster's instance settings for this home: no telemetry, runs from the UI one at a time."""
    path = settings.dagster_home / "dagster.yaml"
    wanted = (
        "telemetry:\n  enabled: false\nnux:\n  enabled: false\n"
        "storage:\n  custom:\n    module: orchestration.event_store\n    class: Storage\n"
        f"    config:\n      base_dir: {json.dumps(str(settings.dagster_home.resolve()))}\n"
        "concurrency:\n  runs:\n    max_concurrent_runs: 1\n  pools:\n    default_limit: 1\n"
    )
    if not path.exists() or path.read_text() != wanted:
        path.write_text(wanted)


class Failed(GridlakeError):
    """A run that failed for a reason no `GridlakeError` explains."""


def _execute_assets(settings: Settings, instance: Any, run_id: str, feeds: Sequence[str]) -> GridlakeError | None:
    """Execute the assets; returns what stopped them, if anything did, as an error with an exit code."""
    from orchestration.definitions import defs

    job = defs.resolve_job_def("everything")
    steps_run_config = {
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        "resources": {
            "gridlake": {
                "config": {
                    "home": str(settings.home),
                    "store": settings.store or "",
                    "origin": settings.origin,
                    "archive": str(settings.archive or ""),
                    "feeds": list(feeds),
                    "first_day": settings.first_day.isoformat() if settings.first_day else "",
                    "last_day": settings.last_day.isoformat() if settings.last_day else "",
                }
            }
        },
    }
    result = job.execute_in_process(
        run_config=steps_run_config,
        instance=instance,
        run_id=run_id,
        asset_selection=_asked_for(job, feeds),
        raise_on_error=False,
        tags={OF_COMMAND: settings.origin},
    )
    return None if result.success else as_store_error(settings, _cause(result, settings, run_id))


def _asked_for(job: Any, feeds: Sequence[str]) -> list[Any]:
    """The job's assets without the raw ones of other feeds: a step that lands nothing costs as much as one that does."""
    from extract.catalogue import FEEDS
    from orchestration.keys import raw_key

    others = {raw_key(feed) for feed in FEEDS if feed.name not in feeds}
    return [key for key in job.asset_layer.executable_asset_keys if key not in others]


def as_store_error(settings: Settings, error: GridlakeError) -> GridlakeError:
    """The error, or, where DuckDB says in it that the object store did not answer, one that names store and remedy."""
    from gridlake.store import StoreUnreachable

    is_stores = settings.store and re.search(r"ObjectStoreError|error for HTTP|HTTP Error", error.message)
    return StoreUnreachable.at(str(settings.store), error) if is_stores else error


def _cause(result: Any, settings: Settings, run_id: str) -> GridlakeError:
    """The first failed step's error, with its own type where it is one of ours."""
    from gridlake.errors import BuildFailed, GateFailed, UsageError
    from gridlake.store import StoreUnreachable

    known = {kind.__name__: kind for kind in (BuildFailed, GateFailed, UsageError, StoreUnreachable, GridlakeError)}
    for event in result.all_events:
        if event.event_type_value != "STEP_FAILURE":
            continue
        error = event.event_specific_data.error
        while error is not None:
            name = (error.cls_name or "").split(".")[-1]
            if name in ("DagsterAssetCheckFailedError", "GateFailed") and event.step_key.startswith("gates_"):
                return _gate_failure(settings, run_id)
            if name in known:
                message = error.message.split(": ", 1)[-1].strip()
                return known[name](message)
            if error.cause is None:
                return Failed(f"Step {event.step_key} failed: {error.message.strip()[:600]}", "Run again with --debug.")
            error = error.cause
    return Failed("The run failed.", "Run again with --debug.")


def _gate_failure(settings: Settings, run_id: str) -> GridlakeError:
    from gridlake.errors import GateFailed

    failed = [g for g in OpsStore(settings.ops_db).gates(run_id) if not g["passed"] and g["severity"] == "error"]
    text = "; ".join(
        f"{g['check_name']} {g['rule_id']}{' for ' + g['feed'] if g['feed'] else ''}: {g['observed']} ({g['reason']})"
        for g in failed[:5]
    )
    return GateFailed(
        f"{len(failed)} gates failed: {text}.",
        "Nothing was published; readers still see the last good snapshot. `gridlake quarantine list` shows the rows.",
    )
