"""The sensor that retrains: nothing without an alert that asks for it, one run for what was seen, for that target alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import dagster as dg
import polars as pl

from gridlake.settings import Settings
from ml.store import MONITOR_EMPTY, write_monitor
from orchestration.context import Gridlake
from orchestration.definitions import defs, drifted_forecasts


def row(target: str, *, asks: bool, version: str = "v1") -> pl.DataFrame:
    given = {
        **dict.fromkeys(MONITOR_EMPTY.columns), "target": target, "zone_id": "R.TOTAL", "region_id": "R", "model_id": "m",
        "model_version": version, "measure": "error_drift", "subject": "error", "lead_bucket": "all", "rows_used": 336, "value": 0.4,
        "limit_value": 0.1, "unit": "1", "is_alert": True, "asks_retraining": asks, "source_system": "S",
        "window_end_utc": datetime(2025, 2, 3, 7),
    }  # fmt: skip
    return pl.DataFrame([given], schema=MONITOR_EMPTY.schema)


def evaluated(settings: Settings) -> dg.RunRequest | dg.SkipReason:
    """What a tick of the sensor asks for, its resource entered as Dagster's daemon enters it."""
    resources = {"gridlake": Gridlake(home=str(settings.home))}
    with (
        dg.DagsterInstance.ephemeral() as instance,
        dg.build_sensor_context(instance=instance, resources=resources) as context,
    ):
        tick = drifted_forecasts.evaluate_tick(context)
    return tick.run_requests[0] if tick.run_requests else dg.SkipReason(tick.skip_message)


def test_an_alert_that_asks_for_it_is_a_run_that_retrains(home: Callable[..., Settings]) -> None:
    settings = home()
    assert isinstance(evaluated(settings), dg.SkipReason)
    write_monitor(settings, row("load", asks=False), target="load")
    assert isinstance(evaluated(settings), dg.SkipReason)
    write_monitor(settings, row("wind", asks=True), target="wind")
    wanted = evaluated(settings)
    assert isinstance(wanted, dg.RunRequest)
    assert wanted.run_key == "wind v1 until 2025-02-03 07:00:00"
    assert wanted.run_config == {"ops": {"ml__wind": {"config": {"retrain": True}}}}
    assert dg.validate_run_config(defs.resolve_job_def("everything"), wanted.run_config)
    write_monitor(settings, row("wind", asks=True, version="v2"), target="wind")
    again = evaluated(settings)
    assert isinstance(again, dg.RunRequest)
    assert again.run_key != wanted.run_key
