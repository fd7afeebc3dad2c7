"""What a run did, as one document: feeds, gates, skill, snapshot. Printed by `gridlake run` and kept for `status`.

Belongs here: reading ledgers and tables for people. Nothing is decided here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from expectations.runner import NO_ROWS
from gridlake import duck, lake
from gridlake.ops import OpsStore
from gridlake.settings import Settings
from gridlake.snapshot import intact_snapshot

# Silver tables that hold one row per received record, and their time column.
SAMPLES = {
    **{
        f"int_{subject}": "interval_start_utc"
        for subject in (
            "load__sample", "load_forecast__vintage", "price__sample", "ancillary_price__sample", "generation__sample",
            "generation_forecast__vintage", "interchange__sample", "reserve__sample", "weather__sample",
            "weather_forecast__sample", "frequency__sample", "meter__sample", "scada__sample", "phasor__sample",
            "alert__sample",
        )
    },
    "int_plant__generator": "null::timestamp",
}  # fmt: skip
HOLES, ACCURACY = "int_completeness__feed", "fct_forecast_accuracy_daily"
SKILL_DAYS = 28


def summarise(settings: Settings, ops: OpsStore, run_id: str, *, published: bool) -> dict[str, Any]:
    """The run's document without its seconds. Tables that are not there yet count as empty."""
    con = duck.connect(reading=settings.outside)
    try:
        duck.create_layer_views(con, settings.silver, "silver", tables={*SAMPLES, HOLES})
        duck.create_layer_views(con, settings.gold, "gold", tables={ACCURACY})
        silver = _by_feed(con, settings.silver)
        feeds = [_feed_row(row, silver.get(row["feed"], {})) for row in ops.landings(run_id)]
        skill = _skill(con, settings.gold)
    finally:
        con.close()
    gates = [
        {
            "check": g["check_name"], "rule_id": g["rule_id"], "layer": g["layer"], "table": g["table_name"], "feed": g["feed"],
            "severity": g["severity"], "passed": g["passed"], "failed_rows": g["failed_rows"], "observed": g["observed"],
            "reason": g["reason"],
        }
        for g in ops.gates(run_id)
    ]  # fmt: skip
    snapshot = intact_snapshot(settings)
    return {
        "run_id": run_id,
        "origin": settings.origin,
        "home": str(settings.home),
        "store": settings.store,
        "feeds": feeds,
        "gates": gates,
        "skill": skill,
        "published": {
            "snapshot_id": snapshot.snapshot_id if snapshot else None,
            "tables": {n: t["rows"] for n, t in snapshot.tables.items()} if snapshot else {},
            "by_this_run": published,
            "as_of_utc": snapshot.as_of_utc if snapshot else {},
        },
        "unchanged": False,
    }


def _by_feed(con: Any, silver_path: Path) -> dict[str, dict[str, Any]]:
    present = [t for t in SAMPLES if lake.table_exists(silver_path / t)]
    if not present:
        return {}
    union = " union all ".join(
        f"select feed, count(*) n, count(*) filter (is_quarantined) q, sum(data_quality_score) s, "
        f"min({SAMPLES[t]}) first_utc, max({SAMPLES[t]}) last_utc from silver.{t} group by feed"
        for t in present
    )
    rows = con.execute(
        f"select feed, sum(n)::bigint, sum(q)::bigint, sum(s) / sum(n), min(first_utc), max(last_utc) from ({union}) group by feed"
    ).fetchall()
    holes: dict[str, int] = {}
    if lake.table_exists(silver_path / HOLES):
        holes = dict(
            con.execute(f"select feed, sum(hole_intervals)::bigint from silver.{HOLES} group by feed").fetchall()
        )
    return {
        feed: {
            "rows_silver": n, "rows_quarantined": q, "quality_score": round(score, 3), "holes": holes.get(feed, 0),
            "first_utc": first.isoformat() if first else None, "last_utc": last.isoformat() if last else None,
        }
        for feed, n, q, score, first, last in rows
    }  # fmt: skip


def _feed_row(landing: dict[str, Any], silver: dict[str, Any]) -> dict[str, Any]:
    detail = landing["detail"]
    row = {
        "feed": landing["feed"],
        "origin": landing["origin"],
        "state": landing["state"],
        "payloads": detail["payloads"],
        "payloads_new": detail["payloads_new"],
        "rows_read": detail["rows_read"],
        "rows_landed": detail["rows_landed"],
        "rows_duplicate": detail["rows_duplicate"],
        "rows_refused": detail["rows_refused"],
        "rows_silver": silver.get("rows_silver", 0),
        "rows_quarantined": silver.get("rows_quarantined", 0),
        "quality_score": silver.get("quality_score"),
        "holes": silver.get("holes", 0),
        "first_utc": silver.get("first_utc"),
        "last_utc": silver.get("last_utc"),
        "stale": landing["state"] == "stale",
    }
    if row["stale"]:
        row |= {"message": landing["message"], "remedy": landing["remedy"]}
    return row


def _skill(con: Any, gold_path: Path) -> list[dict[str, Any]]:
    """Skill of our forecasts over each region's last 28 scored days, operator and naive on the same rows.

    A region is its system where that is forecast, else all its zones that are. MAPE is told for load alone: others come near zero.
    """
    if not lake.table_exists(gold_path / ACCURACY):
        return []
    rows = con.execute(
        f"""
        with latest as (
            select *, max(local_date) over (partition by target, zone_id, model_id) as last_day,
                dense_rank() over (partition by target, region_id order by zone_id <> region_id || '.TOTAL') as rank
            from gold.{ACCURACY}
        )
        select target, region_id, model_id, sum(rows_scored)::bigint,
            {_mean("mape_pct")}, {_mean("operator_mape_pct")}, {_mean("naive_mape_pct")}, {_mean("coverage_80_pct")}, {_mean("coverage_95_pct")},
            bool_or(operator_forecast_issue_is_assumed), {_mean("mae")}, {_mean("operator_mae")}, {_mean("naive_mae")}, {_mean("wape_pct")}, unit
        from latest where local_date > last_day - {SKILL_DAYS} and rank = 1
        group by target, region_id, model_id, unit order by target, region_id
        """
    ).fetchall()
    names = (
        "target", "region_id", "model", "rows", "mape_pct", "operator_mape_pct", "naive_mape_pct", "coverage_80_pct",
        "coverage_95_pct", "operator_issue_is_assumed", "mae", "operator_mae", "naive_mae", "wape_pct", "unit",
    )  # fmt: skip
    return [{n: round(v, 3) if isinstance(v, float) else v for n, v in zip(names, row, strict=True)} for row in rows]


def _mean(column: str) -> str:
    """Mean of a daily figure over the hours scored on days that have it."""
    return f"sum({column} * rows_scored) / nullif(sum(case when {column} is not null then rows_scored end), 0)"


def print_summary(document: dict[str, Any]) -> None:
    """The document as tables for people, on stdout."""
    import click

    from gridlake.cli import print_table

    if document["feeds"]:
        print_table(
            [
                {
                    "feed": f["feed"], "state": f["state"], "payloads": f["payloads"], "read": f["rows_read"], "landed": f["rows_landed"],
                    "dup": f["rows_duplicate"], "refused": f["rows_refused"], "quarantine": f["rows_quarantined"], "holes": f["holes"],
                    "score": f["quality_score"], "first UTC": (f["first_utc"] or "")[:10], "last UTC": (f["last_utc"] or "")[:10],
                }
                for f in document["feeds"]
            ],
            title="Feeds",
        )  # fmt: skip
        for f in document["feeds"]:
            if f["stale"]:
                click.echo(f"  stale: {f['message']}\n  remedy: {f['remedy']}")
        click.echo()
    _print_gates(document["gates"])
    if document["skill"]:
        print_table(
            [
                {"target": s["target"], "region": s["region_id"], "model": s["model"], "hours": s["rows"], "MAE": s["mae"], "unit": s["unit"], "naive MAE": s["naive_mae"], "MAPE %": s["mape_pct"], "operator %": s["operator_mape_pct"], "naive %": s["naive_mape_pct"], "in 80 %": s["coverage_80_pct"], "in 95 %": s["coverage_95_pct"], "issue assumed": s["operator_issue_is_assumed"]}
                for s in document["skill"]
            ],
            title=f"Day-ahead forecast skill, last {SKILL_DAYS} days, same rows",
        )  # fmt: skip
        click.echo()
    made = document["published"]
    if made["snapshot_id"] is None:
        click.echo("Nothing is published yet.")
    else:
        state = "published" if made["by_this_run"] else "unchanged" if document["unchanged"] else "readers still see"
        click.echo(
            f"Snapshot {made['snapshot_id']} {state}: {len(made['tables'])} tables, {sum(made['tables'].values()):,} rows"
        )
    parts = "  ".join(f"{k} {v:.1f}" for k, v in document["seconds"].items())
    click.echo(f"Seconds: {parts}    peak {document['peak_mb']:,} MB")


def _print_gates(gates: list[dict[str, Any]]) -> None:
    import click

    from gridlake.cli import print_table

    if not gates:
        return
    failed = [g for g in gates if not g["passed"]]
    idle = sum(NO_ROWS in (g["observed"] or "") for g in gates)
    judged = len(gates) - idle
    click.echo(f"Gates: {judged - len(failed)} of {judged} passed; {idle} had no rows to judge")
    if failed:
        print_table(
            [
                {"check": g["check"], "rule": g["rule_id"], "feed": g["feed"], "severity": g["severity"], "rows": g["failed_rows"], "observed": g["observed"]}
                for g in failed
            ]
        )  # fmt: skip
    click.echo()
