"""The Dagster definitions: load with an empty environment, `dagster dev -m orchestration.definitions`."""

import dagster as dg

from gridlake.errors import ExitCode
from orchestration.assets_backfill import live_day, published_day
from orchestration.assets_dbt import DBT_ASSETS
from orchestration.assets_forecast import FORECAST_ASSETS, forecast
from orchestration.assets_gates import GATES
from orchestration.assets_publish import snapshot
from orchestration.assets_raw import RAW_ASSETS, ledger
from orchestration.context import Gridlake

ASSETS = [*RAW_ASSETS, ledger, *DBT_ASSETS, *FORECAST_ASSETS, forecast, snapshot, published_day, live_day]

# One process for all ops: starting a process per op costs more than most ops do.
everything = dg.define_asset_job(
    "everything",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(published_day, live_day),
    executor_def=dg.in_process_executor,
    description="Land, build, gate, forecast, publish: what `gridlake run` executes.",
)

days = dg.define_asset_job(
    "rebuild_days",
    selection=dg.AssetSelection.assets(published_day),
    executor_def=dg.in_process_executor,
    description="Rebuild and publish a range of days from bronze in one run.",
)

live_days = dg.define_asset_job(
    "land_live_days",
    selection=dg.AssetSelection.assets(live_day),
    executor_def=dg.in_process_executor,
    description="Land a range of days of the live feeds in one run.",
)

hourly = dg.ScheduleDefinition(
    name="hourly", job=everything, cron_schedule="15 * * * *", default_status=dg.DefaultScheduleStatus.STOPPED
)


@dg.op(description="Join small files, vacuum dead ones, let raw payloads go by their feed's retention.")
def housekeep(context: dg.OpExecutionContext, gridlake: Gridlake) -> None:
    from orchestration.maintenance import keep_house

    context.add_output_metadata({name: str(found) for name, found in keep_house(gridlake.settings()).items()})


@dg.job(
    executor_def=dg.in_process_executor, description="Housekeeping; refuses beside a run, spares what readers read."
)
def housekeeping() -> None:
    housekeep()


nightly = dg.ScheduleDefinition(
    name="nightly", job=housekeeping, cron_schedule="40 3 * * *", default_status=dg.DefaultScheduleStatus.STOPPED
)


@dg.run_failure_sensor(default_status=dg.DefaultSensorStatus.RUNNING)
def failed_run(context: dg.RunFailureSensorContext, gridlake: Gridlake) -> None:
    """A run from the UI that failed is one that `gridlake status` shows."""
    ops = gridlake.ops()
    last = ops.run(context.dagster_run.run_id)
    if last and last["state"] == "running":
        ops.finish_run(context.dagster_run.run_id, "failed", int(ExitCode.GATE_FAILED))


@dg.sensor(job=everything, minimum_interval_seconds=3600, default_status=dg.DefaultSensorStatus.STOPPED)
def drifted_forecasts(context: dg.SensorEvaluationContext, gridlake: Gridlake) -> dg.RunRequest | dg.SkipReason:
    """Where monitoring asks for a new training, a run that trains one; once for what was seen."""
    from orchestration.assets_forecast import retraining_asked

    asked = retraining_asked(gridlake.settings())
    if not asked:
        return dg.SkipReason("No forecast's monitoring asks for a new training.")
    return dg.RunRequest(
        run_key="; ".join(f"{target} {seen}" for target, seen in asked.items()),
        run_config={"ops": {f"ml__{target}": {"config": {"retrain": True}} for target in asked}},
        tags={"gridlake/retrains": ", ".join(asked)},
    )


defs = dg.Definitions(
    assets=ASSETS,
    asset_checks=GATES,
    jobs=[everything, days, live_days, housekeeping],
    schedules=[hourly, nightly],
    sensors=[failed_run, drifted_forecasts],
    resources={"gridlake": Gridlake()},
    executor=dg.in_process_executor,
)
