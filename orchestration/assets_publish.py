"""Publishing: the last asset. It moves the pointer only when every catalogued gate has passed in this run."""

import dagster as dg

from expectations.runner import unmet_gates
from gridlake import duck
from gridlake.errors import GateFailed
from gridlake.ops import OpsStore
from gridlake.settings import Settings
from gridlake.snapshot import Snapshot, publish, sweep
from orchestration.assets_dbt import gold_tables
from orchestration.context import Gridlake, mark_built, planned_sequences, stage
from orchestration.keys import SNAPSHOT


def as_of_by_region(settings: Settings) -> dict[str, str]:
    """The end of the latest interval each region reported load for: naive UTC, ISO 8601."""
    con = duck.connect()
    try:
        duck.create_layer_views(con, settings.gold, "gold", tables={"fct_load_hourly"})
        rows = con.execute(
            "select region_id, max(interval_end_utc) from gold.fct_load_hourly where load_reported_mw is not null group by all"
        ).fetchall()
    finally:
        con.close()
    return {region: moment.isoformat() for region, moment in sorted(rows)}


def publish_run(
    settings: Settings, ops: OpsStore, run_id: str, tables: list[str], *, is_complete: bool = True
) -> Snapshot:
    """Publish the gold tables as this run built them. Raises `GateFailed` naming every gate that failed or did not run.

    Where not all that was landed is built (`is_complete` false) it stays due for the next run.
    """
    unmet = unmet_gates(ops.gates(run_id))
    if unmet:
        raise GateFailed(
            f"{len(unmet)} gates stand in the way: {'; '.join(unmet[:5])}.",
            "Nothing was published. `gridlake status` lists the gates; `gridlake quarantine list` shows the rows.",
        )
    snapshot = publish(settings, tables, run_id=run_id, as_of_utc=as_of_by_region(settings))
    if is_complete:
        mark_built(settings, ops)
        ops.put("published_seq", planned_sequences(settings))
    sweep(settings)
    return snapshot


@dg.asset(
    key=SNAPSHOT,
    deps=[dg.AssetKey(["gold", table]) for table in gold_tables()],
    group_name="published",
    description="The manifest readers follow: gold tables pinned by Delta version, files and hashes; one atomic pointer.",
)
def snapshot(context: dg.AssetExecutionContext, gridlake: Gridlake) -> dg.MaterializeResult:  # type: ignore[type-arg]
    with stage("publish", "publishing"):
        made = publish_run(gridlake.settings(), gridlake.ops(), context.run_id, gold_tables())
        gridlake.ops().finish_run(context.run_id, "published", 0, snapshot_id=made.snapshot_id)
    return dg.MaterializeResult(
        metadata={
            "snapshot_id": made.snapshot_id,
            "tables": len(made.tables),
            "rows": sum(t["rows"] for t in made.tables.values()),
        }
    )
