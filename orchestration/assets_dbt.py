"""The dbt models as Dagster assets, in three ops: silver, gold, and the gold that needs forecasts.

Dagster does not gate inside one multi-asset, so each op stands behind the gates of the one before.
"""

from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from gridlake import build_plan
from gridlake.settings import Settings
from orchestration.affected import affected_models
from orchestration.context import Gridlake, stage
from orchestration.dbt import ensure_manifest, manifest_document, manifest_nodes, run_dbt
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


def parents(nodes: Mapping[str, Any]) -> dict[str, list[str]]:
    """What each node reads among `nodes`."""
    return {key: [p for p in node["depends_on"].get("nodes", ()) if p in nodes] for key, node in nodes.items()}


def _build(
    context: dg.AssetExecutionContext, gridlake: Gridlake, select: tuple[str, ...], exclude: tuple[str, ...] = ()
) -> Iterator[dg.MaterializeResult[Any]]:
    settings = gridlake.settings()
    nodes, translator = manifest_nodes(), Translator()
    with stage("build", f"building {context.op_handle.name}"):
        keys = context.selected_asset_keys
        here = [k for k, node in nodes.items() if translator.get_asset_key(node) in keys]
        affected = affected_models(settings, gridlake.ops(), manifest_document(), among=here)
        if affected is not None:  # what nothing new reaches stays as it is
            select = tuple(sorted(nodes[k]["name"] for k in affected))
            exclude = ()
        results = (
            run_dbt(settings, "build", select, exclude=exclude, full_refresh=_builds_everything(settings))
            if select
            else []
        )
    built: dict[str, dict[str, Any]] = {
        r.unique_id: {"seconds": round(r.seconds, 2), "status": r.status} for r in results
    }
    for unique_id in TopologicalSorter(parents(nodes)).static_order():
        node = nodes[unique_id]
        key = translator.get_asset_key(node)
        if key in context.selected_asset_keys:
            metadata = built.get(unique_id, {"status": "nothing new"})
            yield dg.MaterializeResult(asset_key=key, metadata=metadata)


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
