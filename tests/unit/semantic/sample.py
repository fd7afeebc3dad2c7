"""A small, complete gold layer for tests: every table and column of the contracts, deterministic, published as a snapshot.

Belongs here: putting the tables together (`sample_grid`, `sample_forecasts`, `sample_events`, `sample_dimensions`), holding
them to gold's contracts, publishing. The values are invented, easy to check by hand (smooth daily shapes, no randomness).
Does not belong here: anything that a test should compute.

    python -m tests.unit.semantic.sample HOME     writes and publishes it under HOME
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import polars as pl
import yaml
from deltalake import write_deltalake

from gridlake.lake import overwrite_table
from gridlake.settings import PROJECT_ROOT, Settings, load_settings
from gridlake.snapshot import Snapshot, publish
from tests.unit.semantic import sample_dimensions, sample_events, sample_forecasts, sample_grid, sample_marts
from tests.unit.semantic.sample_base import END, REGIONS

_TYPES = {
    "varchar": pl.String, "double": pl.Float64, "integer": pl.Int32, "bigint": pl.Int64, "boolean": pl.Boolean, "date": pl.Date,
    "timestamp": pl.Datetime("us"), "decimal(38,3)": pl.Decimal(38, 3), "decimal(38, 3)": pl.Decimal(38, 3),
}  # fmt: skip


@lru_cache(maxsize=128)
def contract(table: str) -> dict[str, pl.DataType]:
    """Columns and types of a gold table, as dbt enforces them."""
    document = yaml.safe_load((PROJECT_ROOT / "dbt_project" / "models" / "gold" / f"{table}.yml").read_text())
    (model,) = [m for m in document["models"] if m["name"] == table]
    return {c["name"]: _TYPES[c["data_type"]] for c in model["columns"]}


def conformed(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with exactly the contract's columns and types; what the sample leaves out is null."""
    columns = contract(table)
    missing = [pl.lit(None, kind).alias(name) for name, kind in columns.items() if name not in frame.columns]
    return frame.with_columns(missing).select([pl.col(name).cast(kind) for name, kind in columns.items()])


def gold_tables(end_of: dict[str, datetime] | None = None) -> dict[str, pl.DataFrame]:
    """All gold tables. `end_of` ends a region's data earlier than the others' (excluded naive-UTC stamp)."""
    load = sample_grid.load(end_of or {})
    generation, prices = sample_grid.generation(load), sample_grid.prices(load)
    forecast, carbon, weather = (
        sample_forecasts.forecast(load),
        sample_grid.carbon(generation),
        sample_grid.weather(load),
    )
    readings = sample_events.meter_intervals()
    facts = {
        "fct_alert": sample_events.alerts(),
        "fct_balance_hourly": sample_marts.balance(load),
        "fct_ancillary_price_hourly": sample_events.ancillary_prices(),
        "fct_data_quality_daily": sample_forecasts.quality_days(load),
        "fct_forecast": pl.concat([forecast, sample_forecasts.other_targets()], how="diagonal_relaxed"),
        "fct_forecast_accuracy_daily": pl.concat(
            [sample_forecasts.accuracy(load), sample_forecasts.other_skill()], how="diagonal_relaxed"
        ),
        "fct_forecast_monitor": sample_forecasts.monitor(),
        "fct_frequency_minute": sample_events.frequency(),
        "fct_gate_result": sample_forecasts.gate_results(),
        "fct_generation_hourly": generation,
        "fct_interchange_hourly": sample_events.interchange(),
        "fct_load_forecast_operator": sample_forecasts.operator_vintages(load),
        "fct_load_hourly": load,
        "fct_load_interval": sample_events.finer_load(load),
        "fct_meter_daily": sample_events.meter_days(readings),
        "fct_meter_interval": readings,
        "fct_outage": sample_events.outages(),
        "fct_plant_emissions_annual": sample_events.plant_emissions(),
        "fct_price_hourly": prices,
        "fct_price_interval": sample_events.finer_prices(prices),
        "fct_reserve_capacity": sample_events.reserves(),
        "fct_scada_interval": sample_events.scada(),
        "fct_weather_forecast": sample_forecasts.weather_forecasts(weather),
        "fct_weather_hourly": weather,
        "mart_carbon": carbon.with_columns(
            marginal_intensity_kg_per_mwh=200 + 0.4 * pl.col("carbon_intensity_kg_per_mwh")
        ),
        "mart_customer": sample_marts.customers(),
        "mart_executive": sample_marts.executive(),
        "mart_frequency": sample_marts.frequency_days(),
        "mart_generation_mix": sample_grid.mix(generation),
        "mart_grid_overview": sample_grid.overview(load, forecast, prices, carbon),
        "mart_plant": sample_marts.plants(),
        "mart_reliability": sample_marts.reliability(),
        "mart_trading": sample_marts.trading(prices),
    }
    everything = sample_dimensions.dimensions() | sample_events.dimensions() | facts
    return {name: conformed(name, frame) for name, frame in everything.items()}


def publish_sample(
    home: Path, *, end_of: dict[str, datetime] | None = None, replaced: dict[str, pl.DataFrame] | None = None
) -> tuple[Settings, Snapshot]:
    """Writes the tables as Delta under `home`/gold and publishes them; returns the settings and the snapshot.

    `replaced` puts other rows in the place of a table's.
    """
    settings = load_settings(home=home, environ={})
    tables = gold_tables(end_of) | (replaced or {})
    for name, frame in tables.items():
        _write(settings.gold / name, frame)
    latest = {r: (end_of or {}).get(r, END) - timedelta(hours=1) for r in REGIONS}
    as_of = {region: moment.isoformat() for region, moment in latest.items()}
    return settings, publish(settings, sorted(tables), run_id="sample", as_of_utc=as_of)


def _write(path: Path, frame: pl.DataFrame) -> None:
    """As gold is written: what has a time is partitioned by month, so that readers may leave months unopened."""
    time = next((c for c in ("interval_start_utc", "day_start") if c in frame.columns), "")
    if not time:
        overwrite_table(path, frame.to_arrow())
        return
    monthly = frame.with_columns(month=pl.col(time).dt.strftime("%Y-%m")).to_arrow()
    write_deltalake(path, monthly, mode="overwrite", schema_mode="overwrite", partition_by=["month"])


if __name__ == "__main__":
    print(publish_sample(Path(sys.argv[1]))[1].snapshot_id)

__all__ = ["END", "contract", "gold_tables", "publish_sample"]
