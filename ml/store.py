"""The Delta table `ml/forecast`: what dbt builds `fct_forecast` from.

Belongs here: its contract and how rows get there. Making forecasts is `ml.predict`.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from gridlake.contracts import Column, TableContract
from gridlake.lake import ensure_table, overwrite_table, table_exists
from gridlake.settings import Settings

QUANTILE_NAMES = ("q0025", "q0100", "q0250", "q0500", "q0750", "q0900", "q0975")

FORECAST = TableContract(
    "forecast",
    (
        Column("target", "text", "What is forecast: load.", nullable=False),
        Column("zone_id", "text", "Zone the forecast is for.", nullable=False),
        Column("region_id", "text", "Region of the zone.", nullable=False),
        Column("model_id", "text", "Model: lightgbm_day_ahead, seasonal_naive.", nullable=False),
        Column("model_version", "text", "Fingerprint of the rows and settings the model was trained with.", nullable=False),
        Column("issued_at_utc", "timestamp", "Instant up to which everything the forecast used was known.", unit="UTC", nullable=False),
        Column("interval_start_utc", "timestamp", "Start of the forecast interval.", unit="UTC", nullable=False),
        Column("interval_end_utc", "timestamp", "End of the forecast interval.", unit="UTC", nullable=False),
        Column("lead_time_hours", "double", "From issue to the start of the interval.", unit="h", nullable=False),
        Column("q0025", "double", "Quantile 2.5 %, lower end of the 95 % interval.", unit="MW", nullable=False),
        Column("q0100", "double", "Quantile 10 %, lower end of the 80 % interval.", unit="MW", nullable=False),
        Column("q0250", "double", "Quantile 25 %.", unit="MW", nullable=False),
        Column("q0500", "double", "Median: the point forecast.", unit="MW", nullable=False),
        Column("q0750", "double", "Quantile 75 %.", unit="MW", nullable=False),
        Column("q0900", "double", "Quantile 90 %, upper end of the 80 % interval.", unit="MW", nullable=False),
        Column("q0975", "double", "Quantile 97.5 %, upper end of the 95 % interval.", unit="MW", nullable=False),
        Column("unit", "text", "Unit of the quantiles.", nullable=False),
        Column("forecast_kind", "text", "model, fallback, or backtest (a past day, forecast from what was known then).", nullable=False),
        Column("source_system", "text", "Source of the zone's load.", nullable=False),
    ),
    description="Our forecasts: one row per target, zone, model, issue and interval.",
)  # fmt: skip


def forecast_path(settings: Settings) -> Path:
    return settings.ml / FORECAST.name


def ensure_forecast_table(settings: Settings) -> Path:
    """The table, created empty where it is not there yet, so that gold can be built before the first forecast."""
    ensure_table(forecast_path(settings), FORECAST)
    return forecast_path(settings)


def write_forecasts(settings: Settings, rows: pl.DataFrame, *, target: str = "load") -> int:
    """Replace all rows of `target` by `rows`, in one commit; other targets stay. Returns the table's version.

    Writing the same rows again changes nothing that a reader can see.
    """
    path = ensure_forecast_table(settings)
    strange = rows.filter(pl.col("target") != target)
    if not strange.is_empty():
        raise ValueError(f"rows of target {strange['target'][0]} given as {target}")
    others = read_forecasts(settings).filter(pl.col("target") != target)
    both = pl.concat([others, rows.select(FORECAST.column_names)], how="vertical_relaxed")
    ordered = both.sort("target", "zone_id", "model_id", "issued_at_utc", "interval_start_utc")
    return overwrite_table(path, FORECAST.conform(ordered))


def read_forecasts(settings: Settings) -> pl.DataFrame:
    """All rows of the table; timestamps as naive UTC. Empty where there is none."""
    path = forecast_path(settings)
    if not table_exists(path):
        return FORECAST_EMPTY
    frame = pl.read_delta(str(path))
    stamps = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime)]
    return frame.with_columns(pl.col(stamps).dt.convert_time_zone("UTC").dt.replace_time_zone(None))


_POLARS_TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "double": pl.Float64(),
    "timestamp": pl.Datetime("us"),
}
FORECAST_EMPTY = pl.DataFrame(schema={c.name: _POLARS_TYPES[c.type] for c in FORECAST.columns})
