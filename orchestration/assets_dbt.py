"""The dbt models as Dagster assets, in three ops: silver, gold, and the gold that needs forecasts.

Dagster does not gate inside one multi-asset, so each op stands behind the gates of the one before.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from gridlake import build_plan
from gridlake.settings import Settings
from orchestration.context import Gridlake, stage
from orchestration.dbt import ensure_manifest, manifest_nodes, run_dbt
from orchestration.keys import Translator

# By name and not by path: dbt resolves paths against the directory the command was called in.
SILVER = ("resource_type:seed", "fqn:gridlake.bronze", "fqn:gridlake.silver")
GOLD = ("fqn:gridlake.gold",)
POST_FORECAST = (
    "tag:post_forecast",
)  # also the views over what the forecast wrote: in silver they would close a circle
POOL = "warehouse"  # DuckDB has one writer


def _builds_everything(settings: Settings) -> bool:
    return build_plan.read_plan(str(settings.home / "plan.json"))["changed_months"] is None


def _build(
    context: dg.AssetExecutionContext, gridlake: Gridlake, select: tuple[str, ...], exclude: tuple[str, ...] = ()
) -> Iterator[dg.MaterializeResult[Any]]:
    settings = gridlake.settings()
    with stage("build", f"building {context.op_handle.name}"):
        results = run_dbt(settings, "build", select, exclude=exclude, full_refresh=_builds_everything(settings))
    nodes, translator = manifest_nodes(), Translator()
    selected = context.selected_asset_keys
    for result in results:
        if result.unique_id in nodes:
            key = translator.get_asset_key(nodes[result.unique_id])
            if key in selected:
                yield dg.MaterializeResult(
                    asset_key=key, metadata={"seconds": round(result.seconds, 2), "status": result.status}
                )


@dbt_assets(
    manifest=ensure_manifest(),
    select=" ".join(SILVER),
    exclude="tag:post_forecast",
    name="silver",
    dagster_dbt_translator=Translator(),
    pool=POOL,
)
def silver(context: dg.AssetExecutionContext, gridlake: Gridlake):  # type: ignore[no-untyped-def]
    yield from _build(context, gridlake, SILVER, exclude=("tag:post_forecast",))


@dbt_assets(
    manifest=ensure_manifest(),
    select=" ".join(GOLD),
    exclude="tag:post_forecast",
    name="gold",
    dagster_dbt_translator=Translator(),
    pool=POOL,
)
def gold(context: dg.AssetExecutionContext, gridlake: Gridlake):  # type: ignore[no-untyped-def]
    yield from _build(context, gridlake, GOLD, exclude=("tag:post_forecast",))


@dbt_assets(
    manifest=ensure_manifest(),
    select=" ".join(POST_FORECAST),
    name="gold_after_forecast",
    dagster_dbt_translator=Translator(),
    pool=POOL,
)
def gold_after_forecast(context: dg.AssetExecutionContext, gridlake: Gridlake):  # type: ignore[no-untyped-def]
    from orchestration.assets_raw import copy_gates

    copy_gates(gridlake.settings(), gridlake.ops())
    yield from _build(context, gridlake, POST_FORECAST)


DBT_ASSETS = [silver, gold, gold_after_forecast]


def gold_tables() -> list[str]:
    """Names of all gold models: what a snapshot holds."""
    translator = Translator()
    keys = [translator.get_asset_key(n) for n in manifest_nodes().values() if n["resource_type"] == "model"]
    return sorted(key.path[1] for key in keys if key.path[0] == "gold")
