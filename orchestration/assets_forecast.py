"""The forecast asset: gold's load rows in, Delta `ml/forecast` out, models tracked in MLflow."""

from typing import Any

import dagster as dg

from gridlake import lake
from gridlake.settings import Settings
from orchestration.context import Gridlake, extend_plan, stage
from orchestration.keys import FORECAST

MODELLED = "select zone_id from gold.dim_zone where zone_type = 'system'"


@dg.asset(
    key=FORECAST,
    deps=[
        dg.AssetKey(["gold", "fct_load_hourly"]),
        dg.AssetKey(["gold", "dim_zone"]),
        dg.AssetKey(["gold", "dim_region"]),
    ],
    group_name="ml_load",
    kinds={"lightgbm", "deltalake"},
    description="Day-ahead load forecasts, issued 10:00 local on the day before: the next day and the last 28 days as they "
    "would have been issued. Quantiles by LightGBM, intervals by adaptive conformal calibration.",
)
def forecast(context: dg.AssetExecutionContext, gridlake: Gridlake) -> dg.MaterializeResult:  # type: ignore[type-arg]
    with stage("forecast", "forecasting load"):
        metadata = make_forecasts(gridlake.settings(), context.log.debug)
    return dg.MaterializeResult(metadata=metadata)


def make_forecasts(settings: Settings, progress: Any = lambda line: None) -> dict[str, Any]:
    """Forecast every system zone gold knows and write the rows; returns what to show of it."""
    import polars as pl

    from ml.predict import forecast_load
    from ml.store import write_forecasts

    con = lake.connect()
    try:
        lake.create_layer_views(con, settings.gold, "gold")
        load = con.execute(
            f"select * exclude (month) from gold.fct_load_hourly where zone_id in ({MODELLED}) order by zone_id, interval_start_utc"
        ).pl()
        zones: dict[str, str] = dict(
            con.execute(
                "select z.zone_id, r.timezone from gold.dim_zone z join gold.dim_region r using (region_id)"
            ).fetchall()
        )
        as_of = dict(
            con.execute(
                "select zone_id, max(interval_end_utc) from gold.fct_load_hourly where load_reported_mw is not null group by zone_id"
            ).fetchall()
        )
    finally:
        con.close()
    known = load.filter(pl.col("zone_id").is_in(list(as_of)))
    if known.is_empty():
        return {"rows": 0, "note": "no system zone has any load"}
    present = set(known["zone_id"].unique().to_list())
    result = forecast_load(
        known, zones_tz={z: tz for z, tz in zones.items() if z in present}, as_of=as_of, progress=progress
    )
    write_forecasts(settings, result.rows, target="load")
    track(settings, result)
    if result.rows.height:
        extend_plan(settings, sorted(set(result.rows["interval_start_utc"].dt.strftime("%Y-%m"))))
    return {
        "rows": result.rows.height,
        "seconds": result.seconds,
        "zones": len(result.skill),
        "notes": "; ".join(result.notes),
    }


def track(settings: Settings, result: Any) -> None:
    """Log the trained models and their skill to MLflow and let a better one become champion."""
    from ml.registry import register

    register(settings, result)
