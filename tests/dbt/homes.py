"""Small homes built by dbt alone: chosen payloads landed, the plan written, every model built.

Belongs here: how a test gets a warehouse and reads its tables. Gates, forecasts and publishing are the run's tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from extract.catalogue import FEEDS
from extract.feed import Payload
from extract.landing import ensure_bronze, land
from gridlake import duck, lake
from gridlake.ops import OpsStore
from gridlake.settings import Settings
from tests.contract.samples import offering

if TYPE_CHECKING:
    import polars as pl

SYNTHETIC_DAYS = 75  # to mid-March: the spring clock change is in, and a month that is not complete yet


@cache
def synthetic_payloads() -> tuple[Payload, ...]:
    """The synthetic grid's payloads of its first weeks."""
    from extract.synthetic import DEFAULT_SEED, load_payloads, observation_payloads

    return (*load_payloads(DEFAULT_SEED, SYNTHETIC_DAYS), *observation_payloads(DEFAULT_SEED, SYNTHETIC_DAYS))


@cache
def wide_payloads() -> tuple[Payload, ...]:
    """A month of everything else the synthetic grid tells: ties, telemetry, outages, meters; later than its first weeks."""
    from extract.synthetic import meters, outages, telemetry, topology, wide

    return (
        *wide.wide_payloads(), *telemetry.scada_payloads(), *outages.outage_payloads(),
        *meters.meter_payloads(), *meters.customer_payloads(), *meters.reading_payloads(),
        *topology.topology_payloads(),
    )  # fmt: skip


def deliver(settings: Settings, payloads: Iterable[Payload]) -> None:
    """Land exactly these payloads, in their order within each feed."""
    offered = list(payloads)
    ensure_bronze(settings, list(FEEDS))
    for feed in FEEDS:
        mine = [payload for payload in offered if payload.feed == feed.name]
        if mine:
            landing = land(offering(feed, mine), settings)
            assert landing.state in ("landed", "unchanged"), f"{feed.name}: {landing.message}"


def build(settings: Settings, *, full_refresh: bool = False, select: Sequence[str] = ()) -> dict[str, Any]:
    """Build every model that has news, as the plan says; returns the plan. Raises `BuildFailed` for a failed model or data test.

    With `select` only those models, and no data tests: a relation's would ask for tables that are not there.
    """
    from ml.store import ensure_forecast_table
    from orchestration.affected import affected_models
    from orchestration.assets_raw import copy_operations
    from orchestration.context import mark_built, write_plan
    from orchestration.dbt import manifest_document, run_dbt

    ops = OpsStore(settings.ops_db)
    ensure_forecast_table(settings)
    copy_operations(settings, ops)
    plan = write_plan(settings, ops)
    whole = full_refresh or plan["changed_months"] is None
    if select:
        run_dbt(settings, "seed", ["fqn:*"], full_refresh=whole)
        run_dbt(settings, "run", list(select), full_refresh=whole)
    else:
        document = manifest_document()
        affected = None if full_refresh else affected_models(settings, ops, document)
        names = ["fqn:*"] if affected is None else sorted(document["nodes"][key]["name"] for key in affected)
        run_dbt(settings, "build", names, full_refresh=whole)
    mark_built(settings, ops)
    return plan


def tables(settings: Settings) -> dict[str, str]:
    """Every silver and gold table, `layer.table` to the SQL that scans it."""
    return {
        f"{layer}.{path.name}": f"delta_scan({duck.sql_literal(path)})"
        for layer in ("silver", "gold")
        for path in sorted(settings.layer_path(layer).iterdir())
        if lake.table_exists(path)
    }


def query(settings: Settings, sql: str) -> pl.DataFrame:
    """Result of `sql` over the home's tables, called `<layer>.<table>`."""
    con = duck.connect()
    try:
        for layer in ("bronze", "silver", "gold"):
            if f"{layer}." in sql:  # a view looks at its table's log: a hundred of them take seconds
                duck.create_layer_views(con, settings.layer_path(layer), layer)
        return con.execute(sql).pl()
    finally:
        con.close()
