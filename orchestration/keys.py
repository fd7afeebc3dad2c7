"""Names of assets and checks: the one place that knows how tables, feeds and dbt nodes are called in Dagster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

from extract.catalogue import FEEDS
from extract.feed import Feed

FORECAST = dg.AssetKey(["ml", "forecast"])
MONITOR = dg.AssetKey(["ml", "forecast_monitor"])
SNAPSHOT = dg.AssetKey(["published", "snapshot"])

# Bronze tables that are no feed's own: written by landing and by the ledger step.
LEDGERS = [dg.AssetKey(["bronze", table]) for table in ("payload", "refused", "publication", "gate_result")]


def target_key(kind: str, target: str) -> dg.AssetKey:
    """The asset of one target: its model, its forecast or its monitor."""
    return dg.AssetKey(["ml", f"{kind}_{target}"])


def raw_key(feed: Feed) -> dg.AssetKey:
    return dg.AssetKey(["raw", feed.source, feed.name])


def bronze_key(table: str) -> dg.AssetKey:
    """The asset that writes a bronze Delta table: the feed's, or a ledger."""
    for feed in FEEDS:
        if feed.table == table:
            return raw_key(feed)
    return dg.AssetKey(["bronze", "payload" if table == "landed" else table])  # the gate over all feeds' tables


def table_key(layer: str, table: str) -> dg.AssetKey:
    """The asset a gate on `layer.table` is shown on."""
    if layer in ("raw", "bronze"):
        return bronze_key(table)
    return dg.AssetKey([layer, table])


class Translator(DagsterDbtTranslator):
    """dbt nodes as assets `<layer>/<table>` in groups `<layer>_<subject>`; bronze sources are the raw assets."""

    def __init__(self) -> None:
        super().__init__(settings=DagsterDbtTranslatorSettings(enable_asset_checks=False))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        kind, name = dbt_resource_props["resource_type"], dbt_resource_props["name"]
        if kind == "source":
            return dg.AssetKey(["ml", name]) if dbt_resource_props["source_name"] == "ml" else bronze_key(name)
        if kind == "seed":
            return dg.AssetKey(["seeds", name])
        return dg.AssetKey([layer_of(dbt_resource_props), name])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        if dbt_resource_props["resource_type"] == "seed":
            return "seeds"
        return f"{layer_of(dbt_resource_props)}_{subject_of(dbt_resource_props['name'])}"


def layer_of(node: Mapping[str, Any]) -> str:
    """bronze, silver or gold: the folder a model stands in."""
    return str(node["fqn"][1])


def subject_of(model: str) -> str:
    """`int_load__hourly` and `fct_load_hourly` speak of load; `stg_nyiso__pal` of its source.

    >>> subject_of("int_load_forecast__vintage"), subject_of("fct_price_hourly"), subject_of("stg_nyiso__pal")
    ('load_forecast', 'price', 'nyiso')
    """
    prefix, _, rest = model.partition("_")
    if prefix in ("stg", "int"):
        return rest.partition("__")[0]
    if prefix == "fct":
        return rest.split("_hourly")[0].split("_daily")[0].split("_accuracy")[0]
    return {"dim": "dimensions", "mart": "marts"}.get(prefix, prefix)
