"""The Delta tables `ml/forecast` and `ml/forecast_monitor`: what dbt builds `fct_forecast` and `fct_forecast_monitor` from.

Belongs here: their contracts and how rows get there. Making forecasts is `ml.predict`, watching them `ml.monitor`.
"""

from __future__ import annotations

import polars as pl

from gridlake.contracts import Column, TableContract
from gridlake.lake import ensure_table, overwrite_table, read_rows, table_exists
from gridlake.settings import Settings
from gridlake.store import Place

QUANTILE_NAMES = ("q0025", "q0100", "q0250", "q0500", "q0750", "q0900", "q0975")

FORECAST = TableContract(
    "forecast",
    (
        Column("target", "text", "What is forecast: load, price, solar, wind.", nullable=False),
        Column("zone_id", "text", "Zone the forecast is for.", nullable=False),
        Column("region_id", "text", "Region of the zone.", nullable=False),
        Column("model_id", "text", "Model: lightgbm_day_ahead, lightgbm_price_day_ahead, seasonal_naive and others of dim_model.", nullable=False),
        Column("model_version", "text", "Fingerprint of the rows and settings the model was trained with.", nullable=False),
        Column("issued_at_utc", "timestamp", "Instant up to which everything the forecast used was known.", unit="UTC", nullable=False),
        Column("interval_start_utc", "timestamp", "Start of the forecast interval.", unit="UTC", nullable=False),
        Column("interval_end_utc", "timestamp", "End of the forecast interval.", unit="UTC", nullable=False),
        Column("lead_time_hours", "double", "From issue to the start of the interval.", unit="h", nullable=False),
        Column("q0025", "double", "Quantile 2.5 %, lower end of the 95 % interval.", unit="see unit", nullable=False),
        Column("q0100", "double", "Quantile 10 %, lower end of the 80 % interval.", unit="see unit", nullable=False),
        Column("q0250", "double", "Quantile 25 %.", unit="see unit", nullable=False),
        Column("q0500", "double", "Median: the point forecast.", unit="see unit", nullable=False),
        Column("q0750", "double", "Quantile 75 %.", unit="see unit", nullable=False),
        Column("q0900", "double", "Quantile 90 %, upper end of the 80 % interval.", unit="see unit", nullable=False),
        Column("q0975", "double", "Quantile 97.5 %, upper end of the 95 % interval.", unit="see unit", nullable=False),
        Column("unit", "text", "Unit of the quantiles.", nullable=False),
        Column("forecast_kind", "text", "model, fallback, or backtest (a past day, forecast from what was known then).", nullable=False),
        Column("source_system", "text", "Who published what is forecast.", nullable=False),
    ),
    description="Our forecasts: one row per target, zone, model, issue and interval.",
)  # fmt: skip


MONITOR = TableContract(
    "forecast_monitor",
    (
        Column("target", "text", "What is forecast: load, price, solar, wind.", nullable=False),
        Column("zone_id", "text", "Zone the forecasts are for.", nullable=False),
        Column("region_id", "text", "Region of the zone.", nullable=False),
        Column("model_id", "text", "Model that made the forecasts.", nullable=False),
        Column("model_version", "text", "Its version.", nullable=False),
        Column("measure", "text", "error_drift, input_drift, mae, mape_pct, coverage_80_pct or coverage_95_pct.", nullable=False),
        Column("subject", "text", "What was measured: error, interval, or the input's name.", nullable=False),
        Column("lead_bucket", "text", "Lead times of the forecasts: all, or six hours of them.", nullable=False),
        Column("window_start_utc", "timestamp", "First interval looked at.", unit="UTC"),
        Column("window_end_utc", "timestamp", "Start of the last interval looked at.", unit="UTC"),
        Column("rows_used", "bigint", "Intervals looked at.", unit="row", nullable=False),
        Column("value", "double", "What was measured; null with too few rows.", unit="see unit"),
        Column("usual_value", "double", "Largest value of the same kind in earlier windows (drift only).", unit="see unit"),
        Column("limit_value", "double", "An alert is a value above this; null where there is no limit.", unit="see unit"),
        Column("unit", "text", "Unit of the value; 1 for an index.", nullable=False),
        Column("is_alert", "boolean", "The value is above its limit.", nullable=False),
        Column("asks_retraining", "boolean", "A new training may mend it.", nullable=False),
        Column("source_system", "text", "Who published what is forecast.", nullable=False),
    ),
    description="How forecasts fare: drift of errors and inputs, accuracy by lead, alerts; one row per zone, model, measure, subject and lead.",
)  # fmt: skip


def forecast_path(settings: Settings) -> Place:
    return settings.ml / FORECAST.name


def monitor_path(settings: Settings) -> Place:
    return settings.ml / MONITOR.name


def ensure_forecast_table(settings: Settings) -> Place:
    """Both tables, created empty where they are not there yet, so that gold can be built before the first forecast."""
    ensure_table(monitor_path(settings), MONITOR)
    ensure_table(forecast_path(settings), FORECAST)
    return forecast_path(settings)


def write_forecasts(settings: Settings, rows: pl.DataFrame, *, target: str = "load") -> int:
    """Replace all rows of `target` by `rows`, in one commit; other targets stay. Returns the table's version.

    In a home of live data what was issued stands for ever (`with_issued`); recorded and made days are forecast as if anew.
    Writing the same rows again changes nothing that a reader can see.
    """
    ensure_forecast_table(settings)
    if settings.origin == "live":
        rows = with_issued(rows, read_forecasts(settings).filter(pl.col("target") == target))
    return _replace_target(forecast_path(settings), FORECAST, FORECAST_EMPTY, rows, target)


def with_issued(rows: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """`rows` beside the forecasts of `before` that were issued when they were (kinds model and fallback), which no later run may improve.

    Of an issue that both hold, `rows` stand where they are issued now as well (a day's run again), else those of `before`.
    """
    issue = ["zone_id", "model_id", "issued_at_utc", "interval_start_utc"]
    is_issued = pl.col("forecast_kind").is_in(["model", "fallback"])
    kept = before.filter(is_issued).join(rows.filter(is_issued), on=issue, how="anti")
    # A fallback stands also where a model now says what it would have said.
    as_if = rows.filter(~is_issued).join(kept, on=["zone_id", "issued_at_utc", "interval_start_utc"], how="anti")
    return pl.concat(
        [kept, rows.filter(is_issued).select(kept.columns), as_if.select(kept.columns)], how="vertical_relaxed"
    )


def write_monitor(settings: Settings, rows: pl.DataFrame, *, target: str) -> int:
    """Replace all monitoring rows of `target` by `rows`, in one commit. Returns the table's version."""
    ensure_forecast_table(settings)
    return _replace_target(monitor_path(settings), MONITOR, MONITOR_EMPTY, rows, target)


def _replace_target(path: Place, contract: TableContract, empty: pl.DataFrame, rows: pl.DataFrame, target: str) -> int:
    strange = rows.filter(pl.col("target") != target)
    if not strange.is_empty():
        raise ValueError(f"rows of target {strange['target'][0]} given as {target}")
    others = _read(path, empty).filter(pl.col("target") != target)
    both = pl.concat([others, rows.select(contract.column_names)], how="vertical_relaxed")
    keys = [c for c in ("target", "zone_id", "model_id", "issued_at_utc", "interval_start_utc", "measure", "subject", "lead_bucket") if c in both.columns]  # fmt: skip
    return overwrite_table(path, contract.conform(both.sort(keys)))


def read_forecasts(settings: Settings) -> pl.DataFrame:
    """All rows of the table, in no order; timestamps as naive UTC. Empty where there is none."""
    return _read(forecast_path(settings), FORECAST_EMPTY)


def read_monitor(settings: Settings) -> pl.DataFrame:
    """All rows of the monitoring table, in no order; timestamps as naive UTC. Empty where there is none."""
    return _read(monitor_path(settings), MONITOR_EMPTY)


def _read(path: Place, empty: pl.DataFrame) -> pl.DataFrame:
    if not table_exists(path):
        return empty
    frame = read_rows(path)
    stamps = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime)]
    return frame.with_columns(pl.col(stamps).dt.convert_time_zone("UTC").dt.replace_time_zone(None))


_POLARS_TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "double": pl.Float64(),
    "bigint": pl.Int64(),
    "boolean": pl.Boolean(),
    "timestamp": pl.Datetime("us"),
}


def _empty(contract: TableContract) -> pl.DataFrame:
    return pl.DataFrame(schema={c.name: _POLARS_TYPES[c.type] for c in contract.columns})


FORECAST_EMPTY = _empty(FORECAST)
MONITOR_EMPTY = _empty(MONITOR)
