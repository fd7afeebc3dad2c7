"""Raw assets: one per feed, and the landing ledger with what silver needs to know of earlier runs.

Belongs here: Dagster's side of landing. A feed that is refused yields its unchanged table and a failed check, and the
other feeds go on.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pyarrow as pa

from extract.catalogue import FEEDS
from extract.feed import Feed
from extract.landing import bronze_path, ensure_bronze, land
from gridlake import lake
from gridlake.ops import OpsStore
from gridlake.settings import Settings
from ml.store import ensure_forecast_table
from orchestration.context import Gridlake, claim_origin, stage, write_plan
from orchestration.keys import LEDGERS, raw_key

GATE_RESULT_SCHEMA = pa.schema(
    [
        *[(c, pa.string()) for c in ("run_id", "check_name", "rule_id", "layer", "table_name", "feed", "severity")],
        ("passed", pa.bool_()),
        ("failed_rows", pa.int64()),
        ("evaluated_rows", pa.int64()),
        ("observed", pa.string()),
        ("reason", pa.string()),
        ("evaluated_at_utc", pa.timestamp("us", tz="UTC")),
    ]
)


def _raw_asset(feed: Feed) -> dg.AssetsDefinition:
    check = dg.AssetCheckSpec(
        name=f"landed__{feed.name}",
        asset=raw_key(feed),
        blocking=False,
        description="Every payload offered was readable and of the right shape.",
    )

    @dg.asset(
        key=raw_key(feed),
        group_name=f"raw_{feed.source}",
        description=f"{feed.description} Cadence: {feed.cadence}. Time: {feed.time_convention}. Licence: {feed.licence}",
        check_specs=[check],
        kinds={"deltalake"},
        op_tags={"gridlake/room": "extract"},
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=_freshness_window(feed)),
    )
    def raw(context: dg.AssetExecutionContext, gridlake: Gridlake) -> dg.MaterializeResult:  # type: ignore[type-arg]
        settings, ops = gridlake.settings(), gridlake.ops()
        claim_origin(settings, ops)
        ops.ensure_run(context.run_id, settings.origin)
        if not gridlake.asks_for(feed):
            return dg.MaterializeResult(
                metadata={"state": "not asked for"},
                check_results=[dg.AssetCheckResult(check_name=check.name, passed=True)],
            )
        with stage("land", f"landing {feed.name}"):
            landing = land(feed, settings, progress=context.log.debug)
        ops.record_landing(
            context.run_id, feed.name, settings.origin, landing.state, landing.detail(), landing.message, landing.remedy
        )
        detail: dict[str, Any] = {k: v for k, v in landing.detail().items() if k != "new_hashes" and v is not None}
        return dg.MaterializeResult(
            metadata={"state": landing.state, **detail},
            check_results=[
                dg.AssetCheckResult(
                    check_name=check.name,
                    passed=landing.state != "stale",
                    severity=dg.AssetCheckSeverity.ERROR,
                    metadata={"message": landing.message or landing.state, "remedy": landing.remedy},
                )
            ],
        )

    return raw


def _freshness_window(feed: Feed) -> Any:
    """How old a feed's landing may be before it shows as stale: two cadences, a day at least."""
    from datetime import timedelta

    return timedelta(days=730) if feed.cadence == "annual" else timedelta(days=2)


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            key,
            deps=[raw_key(feed) for feed in FEEDS],
            group_name="raw_ledger",
            kinds={"deltalake"},
            description=f"{key.path[1]}: what landing and earlier runs left for silver to know.",
        )
        for key in LEDGERS
    ]
)
def ledger(context: dg.AssetExecutionContext, gridlake: Gridlake) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """The landing ledger, earlier gate results, and the plan of what this run has to build."""
    settings, ops = gridlake.settings(), gridlake.ops()
    with stage("land"):
        ensure_bronze(settings, list(FEEDS))
        ensure_forecast_table(settings)
        copy_operations(settings, ops)
        plan = write_plan(settings, ops)
    changed = plan["changed_months"]
    months = {
        "months": len(plan["all_months"]),
        "months_to_build": len(plan["all_months"] if changed is None else changed),
    }
    for key in LEDGERS:
        yield dg.MaterializeResult(asset_key=key, metadata=months)


def copy_operations(settings: Settings, ops: OpsStore) -> None:
    """What gold needs of the operations store: how far each feed was published, and gate results of all kept runs."""
    published: dict[str, int] = ops.get("published_seq") or {}
    lake.overwrite_table(
        settings.bronze / "publication",
        pa.table(
            {
                "feed": pa.array(list(published), pa.string()),
                "published_seq": pa.array(list(published.values()), pa.int64()),
            }
        ),
    )
    copy_gates(settings, ops)


def copy_gates(settings: Settings, ops: OpsStore) -> None:
    """Gate results of the latest runs as a bronze table, so that quality is a trend and not a moment."""
    from datetime import UTC, datetime

    rows = [
        {**{f.name: g.get(f.name) for f in GATE_RESULT_SCHEMA}, "evaluated_at_utc": datetime.fromisoformat(g["evaluated_at_utc"]).replace(tzinfo=UTC)}
        for g in ops.gate_history()
    ]  # fmt: skip
    lake.overwrite_table(settings.bronze / "gate_result", pa.Table.from_pylist(rows, schema=GATE_RESULT_SCHEMA))


RAW_ASSETS = [_raw_asset(feed) for feed in FEEDS]

__all__ = ["RAW_ASSETS", "bronze_path", "ledger"]
