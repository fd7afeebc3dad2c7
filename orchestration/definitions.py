"""The Dagster definitions: load with an empty environment, `dagster dev -m orchestration.definitions`."""

from __future__ import annotations

import dagster as dg

from orchestration.assets_dbt import DBT_ASSETS
from orchestration.assets_forecast import forecast
from orchestration.assets_gates import GATES
from orchestration.assets_publish import snapshot
from orchestration.assets_raw import RAW_ASSETS, ledger
from orchestration.context import Gridlake

ASSETS = [*RAW_ASSETS, ledger, *DBT_ASSETS, forecast, snapshot]

# One process for all ops: starting a process per op costs more than most ops do.
everything = dg.define_asset_job(
    "everything",
    selection=dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks(),
    executor_def=dg.in_process_executor,
    description="Land, build, gate, forecast, publish: what `gridlake run` executes.",
)

# Operators' day-ahead forecasts are out by 07:00 local and ours are issued at 10:00: run hourly between, UTC.
hourly = dg.ScheduleDefinition(
    name="hourly", job=everything, cron_schedule="15 * * * *", default_status=dg.DefaultScheduleStatus.STOPPED
)

defs = dg.Definitions(
    assets=ASSETS,
    asset_checks=GATES,
    jobs=[everything],
    schedules=[hourly],
    resources={"gridlake": Gridlake()},
    executor=dg.in_process_executor,
)
