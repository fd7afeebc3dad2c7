"""The home that parity is judged on: the synthetic grid, and of what it does not tell a few recorded files, forecasts and gate results.

Belongs here: which rows the comparison stands on. Only the test's home holds made and recorded data side by side: every table of gold
is to hold rows in it, and what a value means is no matter when two engines are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from extract.feed import Payload
from gridlake.ops import OpsStore
from gridlake.settings import PROJECT_ROOT, Settings, load_settings
from ml.store import QUANTILE_NAMES, write_forecasts, write_monitor
from tests.dbt.homes import build, deliver, synthetic_payloads, wide_payloads

RECORDED = PROJECT_ROOT.parent / "shared" / "data"
# What the synthetic grid does not tell: plants and their emissions, loads and prices of five minutes, a balance of everything.
FILES = {
    "epa_egrid_plant": "plants/egrid/egrid2018_short.csv",
    "epa_egrid": "plants/egrid/egridData.csv",
    "epa_ampd_emission": "plants/epa_ampd/emission_2019.csv",
    "nyiso_pal": "nyiso/other/20171122pal.csv",
    "nyiso_realtime": "nyiso/lbmp/20220718rt.csv",
    "nyiso_damlbmp": "nyiso/lbmp/20220718da.csv",
    "eia930_ba": "eia930/ba_xlsx/BPAT.xlsx",
}
GATES: list[Mapping[str, Any]] = [
    {
        "check_name": f"gx__gold.{table}", "rule_id": rule, "layer": "gold", "table_name": table, "feed": "", "severity": severity,
        "passed": passed, "failed_rows": 3 * (not passed), "evaluated_rows": 100, "observed": "", "reason": "",
    }
    for table, rule, severity, passed in (("fct_load_hourly", "GD01", "error", True), ("dim_feeder", "GD79", "warn", False))
]  # fmt: skip
ISSUED = datetime(2024, 2, 28, 18)
HOURS = 72
ZONE = {
    "target": "load", "zone_id": "CAISO.TOTAL", "region_id": "CAISO", "model_id": "seasonal_naive", "model_version": "1",
    "source_system": "SYNTHETIC",
}  # fmt: skip


def build_on_duckdb(home: Path) -> Settings:
    """The home, every model built in it by DuckDB."""
    settings = load_settings(home=home, environ={})
    deliver(settings, (*synthetic_payloads(), *wide_payloads(), *frames(), *recorded()))
    ops = OpsStore(settings.ops_db)
    ops.start_run("parity", "synthetic")
    ops.record_gates("parity", GATES)
    write_forecasts(settings, forecasts())
    write_monitor(settings, monitor(), target="load")
    build(settings)
    return settings


def frames() -> Iterator[Payload]:
    """Minutes of synchrophasors."""
    from extract.synthetic import telemetry

    yield from telemetry.pmu_payloads()


def recorded() -> Iterator[Payload]:
    """The recorded files that are at hand."""
    for feed, name in FILES.items():
        if (RECORDED / name).exists():
            yield Payload(feed, (RECORDED / name).read_bytes(), f"archive:{name}", "archive")


def forecasts() -> pl.DataFrame:
    """Three days of one zone, in the forecasts' own form."""
    starts = [ISSUED + timedelta(hours=6 + hour) for hour in range(HOURS)]
    middle = [25_000.0 + 110.0 * (hour % 24) for hour in range(HOURS)]
    return pl.DataFrame({"interval_start_utc": starts, "middle": middle}).select(
        *(pl.lit(value).alias(name) for name, value in ZONE.items()),
        issued_at_utc=pl.lit(ISSUED),
        interval_start_utc=pl.col("interval_start_utc"),
        interval_end_utc=pl.col("interval_start_utc") + timedelta(hours=1),
        lead_time_hours=(pl.col("interval_start_utc") - ISSUED).dt.total_seconds() / 3600,
        unit=pl.lit("MW"),
        forecast_kind=pl.lit("backtest"),
        **{name: pl.col("middle") * (0.9 + 0.2 * at / 6) for at, name in enumerate(QUANTILE_NAMES)},
    )


def monitor() -> pl.DataFrame:
    """One measure of those forecasts."""
    return pl.DataFrame([ZONE]).with_columns(
        measure=pl.lit("mape_pct"), subject=pl.lit("error"), lead_bucket=pl.lit("all"), window_start_utc=pl.lit(ISSUED),
        window_end_utc=pl.lit(ISSUED + timedelta(hours=HOURS)), rows_used=pl.lit(HOURS), value=pl.lit(3.25), usual_value=pl.lit(None, pl.Float64),
        limit_value=pl.lit(5.0), unit=pl.lit("%"), is_alert=pl.lit(value=False), asks_retraining=pl.lit(value=False),
    )  # fmt: skip
