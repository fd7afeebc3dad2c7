"""Backfill by day: rebuild chosen days from bronze and publish them, a whole range in a single run.

Belongs here: the partitioned door to the same functions the unpartitioned assets call. Archive and synthetic landings
are driven by payloads and have no partitions; what is rebuilt of them has.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import dagster as dg

from expectations.beside import run_gates
from extract.catalogue import feeds_for
from extract.landing import land
from gridlake.errors import ExitCode, GateFailed, UsageError
from orchestration.assets_dbt import GOLD, POOL, POST_FORECAST, SILVER, gold_tables
from orchestration.assets_publish import publish_run
from orchestration.context import Gridlake, claim_origin, rebuild_plan, write_plan
from orchestration.dbt import run_dbt

DAYS = dg.DailyPartitionsDefinition(start_date="2014-12-01")


@dg.asset(
    key=dg.AssetKey(["published", "day"]),
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="published",
    pool=POOL,
    description="Days rebuilt from bronze through silver, gold and their gates, and published. Select a range: one run does it.",
)
def published_day(context: dg.AssetExecutionContext, gridlake: Gridlake) -> dg.MaterializeResult:  # type: ignore[type-arg]
    settings, ops = gridlake.settings(), gridlake.ops()
    months = sorted({day[:7] for day in context.partition_keys})
    due = write_plan(settings, ops)["changed_months"]
    if due is None:
        raise UsageError(
            f"{settings.home} is not built by this code: days rebuilt by it would stand beside others that were not.",
            "Run `gridlake run` first (`--no-land` asks no source), then rebuild days.",
        )
    rebuild_plan(settings, months)
    ops.start_run(context.run_id, settings.origin)
    steps: Sequence[tuple[str, tuple[str, ...], tuple[str, ...]]] = (
        ("silver", SILVER, ("tag:post_forecast",)),
        ("gold", GOLD, ("tag:post_forecast",)),
        ("gold", POST_FORECAST, ()),
    )
    for layer in ("raw", "bronze"):
        _judge(gridlake, layer, context.run_id)
    for index, (layer, select, exclude) in enumerate(steps):
        run_dbt(settings, "build", select, exclude=exclude)
        if index != 1:  # gold is judged once it is whole
            _judge(gridlake, layer, context.run_id)
    is_complete = set(due) <= set(months)
    snapshot = publish_run(settings, ops, context.run_id, gold_tables(), is_complete=is_complete)
    ops.finish_run(context.run_id, "published", 0, snapshot_id=snapshot.snapshot_id)
    return dg.MaterializeResult(metadata={"months": ", ".join(months), "snapshot_id": snapshot.snapshot_id})


@dg.asset(
    key=dg.AssetKey(["landed", "live_day"]),
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="landed",
    pool=POOL,
    description="Days of the live feeds, asked of their sources and landed. Select a range: one run lands it.",
)
def live_day(context: dg.AssetExecutionContext, gridlake: Gridlake) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Land the partitions' days. A feed that is refused leaves its table as it was; the run fails at the end."""
    chosen = sorted(context.partition_keys)
    settings = replace(
        gridlake.settings(),
        origin="live",
        first_day=date.fromisoformat(chosen[0]),
        last_day=date.fromisoformat(chosen[-1]),
    )
    ops, stale, states = gridlake.ops(), [], {}
    claim_origin(settings, ops)
    ops.ensure_run(context.run_id, "live")
    for feed in feeds_for("live", gridlake.feeds or None):
        landing = land(feed, settings, progress=context.log.debug)
        ops.record_landing(
            context.run_id, feed.name, "live", landing.state, landing.detail(), landing.message, landing.remedy
        )
        states[feed.name] = landing.state
        if landing.state == "stale":
            stale.append(f"{landing.message} {landing.remedy}")
    ops.finish_run(context.run_id, "failed" if stale else "landed", int(ExitCode.FEED_STALE if stale else 0))
    if stale:
        raise dg.Failure(f"{len(stale)} feeds were refused: {'; '.join(stale[:5])}", metadata=states)
    return dg.MaterializeResult(metadata=states)


def _judge(gridlake: Gridlake, layer: str, run_id: str) -> None:
    blocking = [r for r in run_gates(gridlake.settings(), layer, run_id) if r.blocks]
    if blocking:
        names = "; ".join(f"{r.check_name} {r.rule_id}: {r.observed}" for r in blocking[:5])
        raise GateFailed(
            f"{len(blocking)} gates failed: {names}.", "Nothing was published; mend the data and backfill again."
        )
