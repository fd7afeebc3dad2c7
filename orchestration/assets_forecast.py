"""The forecast assets: per target the model that stands, its forecasts and how they fare; gold's rows in, Delta tables out.

Belongs here: Dagster's side. What is read is `ml.lake`'s, how forecasts are made `ml.predict`'s, which model stands `ml.champion`'s.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from gridlake import duck
from gridlake.settings import Settings
from ml.lake import TARGETS
from orchestration.affected import reads_nothing_new
from orchestration.context import Gridlake, extend_plan, stage
from orchestration.keys import FORECAST, MONITOR, target_key

FACTS = {
    "load": ("fct_load_hourly",),
    "price": ("fct_price_hourly",),
    "solar": ("fct_generation_hourly", "dim_fuel", "dim_weather_station"),
    "wind": ("fct_generation_hourly", "dim_fuel"),
}
OF_ALL = ("fct_weather_forecast", "dim_zone", "dim_region")
UNIT = {"load": "load", "price": "day-ahead prices", "solar": "solar generation", "wind": "wind generation"}


class Training(dg.Config):
    """`retrain`: train a new model even where the champion is young; it takes the champion's place only if it is better."""

    retrain: bool = False


def _assets_of(target: str) -> dg.AssetsDefinition:
    tables = (*FACTS[target], *OF_ALL)
    facts = [dg.AssetKey(["gold", table]) for table in tables]
    model, rows, monitor = (target_key(kind, target) for kind in ("model", "forecast", "monitor"))

    def spec(key: dg.AssetKey, deps: list[dg.AssetKey], kind: str, description: str) -> dg.AssetSpec:
        return dg.AssetSpec(key, deps=deps, group_name=f"ml_{target}", kinds={kind}, description=description)

    @dg.multi_asset(
        name=f"ml__{target}",
        specs=[
            spec(model, facts, "lightgbm", f"The champion of {UNIT[target]}: trained where there is none, it is 28 days behind or errors drift; "
                 "replaced only by one that is better by more than noise."),
            spec(rows, [*facts, model], "deltalake", f"Day-ahead forecasts of {UNIT[target]}, issued 10:00 local: the next day and the last 28 as they "
                 "would have been issued."),
            spec(monitor, [rows], "deltalake", f"Drift of errors and inputs, accuracy by lead, alerts of the {target} forecasts."),
        ],
    )  # fmt: skip
    def assets(
        context: dg.AssetExecutionContext, config: Training, gridlake: Gridlake
    ) -> Iterator[dg.MaterializeResult[Any]]:
        settings = gridlake.settings()
        with stage("forecast", f"forecasting {target}"):
            if not config.retrain and reads_nothing_new(settings, gridlake.ops(), (*tables, "dim_weather_station")):
                told = {part: {"status": "nothing new"} for part in ("model", "forecast", "monitor")}
            else:
                told = make_forecasts(settings, target, context.log.debug, retrain=config.retrain)
        for key, part in ((model, "model"), (rows, "forecast"), (monitor, "monitor")):
            yield dg.MaterializeResult(asset_key=key, metadata=told[part])

    return assets


FORECAST_ASSETS = [_assets_of(target) for target in TARGETS]


@dg.multi_asset(
    name="ml__forecast",
    specs=[
        dg.AssetSpec(
            key, deps=[target_key(kind, target) for target in TARGETS], group_name="ml_forecast", kinds={"deltalake"},
            description=f"Table ml/{key.path[-1]} of all targets, as gold reads it.",
        )
        for key, kind in ((FORECAST, "forecast"), (MONITOR, "monitor"))
    ],
)  # fmt: skip
def forecast(context: dg.AssetExecutionContext, gridlake: Gridlake) -> Iterator[dg.MaterializeResult[Any]]:
    from ml.store import read_forecasts, read_monitor

    settings = gridlake.settings()
    for key, table in ((FORECAST, read_forecasts(settings)), (MONITOR, read_monitor(settings))):
        by_target = {str(t): int(n) for t, n in table["target"].value_counts().sort("target").iter_rows()}
        yield dg.MaterializeResult(asset_key=key, metadata={"rows": table.height, **by_target})


def make_forecasts(
    settings: Settings, target: str = "load", progress: Any = lambda line: None, *, retrain: bool = False
) -> dict[str, dict[str, Any]]:
    """Forecast every zone gold knows, write the rows and what watching them shows, and register a new model. Returns what to show of the model,
    the forecasts and the monitoring. A target without data leaves its tables without rows."""
    from ml.lake import read_target
    from ml.monitor import monitor
    from ml.predict import ForecastResult, forecast_target
    from ml.registry import champions, register
    from ml.store import FORECAST_EMPTY, write_forecasts, write_monitor

    con = duck.connect()
    try:
        duck.create_layer_views(con, settings.gold, "gold")
        known = read_target(con, target)
    finally:
        con.close()
    if known.rows.is_empty():
        result = ForecastResult(FORECAST_EMPTY, [], [], 0.0, [f"no zone has any {target}"], target=target)
    else:
        result = forecast_target(
            known.rows, target, zones_tz=known.zones_tz, as_of=known.as_of, places=known.places,
            champions=champions(settings, target), retrain=retrain, progress=progress,
        )  # fmt: skip
    write_forecasts(settings, result.rows, target=target)
    watched = monitor(result.watched)
    write_monitor(settings, watched, target=target)
    registered = register(settings, result) if result.models else []
    if result.rows.height:
        extend_plan(settings, sorted(set(result.rows["interval_start_utc"].dt.strftime("%Y-%m"))))
    standing = [m for m in result.models if m.stands]
    return {
        "model": {
            "versions": ", ".join(m.version for m in standing) or "none",
            "trained_anew": sum(not m.is_registered for m in result.models),
            "registered": ", ".join(f"{r['registered_model']} {r['version']} {r['alias']}" for r in registered),
        },
        "forecast": {
            "rows": result.rows.height, "zones": len(result.skill), "seconds": result.seconds, "notes": "; ".join(result.notes),
        },
        "monitor": {
            "rows": watched.height, "alerts": int(watched["is_alert"].sum() or 0), "ask_retraining": int(watched["asks_retraining"].sum() or 0),
        },
    }  # fmt: skip


def retraining_asked(settings: Settings) -> dict[str, str]:
    """Targets whose monitoring asks for a new training, each with what was seen: model versions and the last interval looked at."""
    from ml.store import read_monitor

    asked = read_monitor(settings).filter("asks_retraining")
    return {
        str(target): f"{','.join(sorted(set(part['model_version'])))} until {max(part['window_end_utc'].to_list())}"
        for (target,), part in sorted(asked.partition_by("target", as_dict=True).items())
    }
