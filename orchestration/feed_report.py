"""What each feed brought: files, rows read, written, doubled and refused, span and holes. Shown by `gridlake feeds`.

Belongs here: reading the ledgers for people, and the page `docs/feeds.md` made of them. Nothing is decided here.
Read = written + exact duplicates + refused holds for every payload; the report says so and where it does not.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from extract.archive import LEFT_ALONE, archive_files
from extract.catalogue import FEEDS
from extract.landing import bronze_path
from gridlake import duck, lake
from gridlake.ops import OpsStore
from gridlake.settings import Settings

COUNTS = ("rows_read", "rows_landed", "rows_duplicate", "rows_refused")


def feed_report(settings: Settings) -> list[dict[str, Any]]:
    """One record per feed of the catalogue, in its order; `files` is 0 where nothing was ever landed."""
    ops = OpsStore(settings.ops_db)
    last = ops.last_run()
    states = {x["feed"]: x for x in ops.landings(last["run_id"])} if last else {}
    ledger, refusals, holes, spans = {}, {}, {}, {}
    if lake.table_exists(settings.bronze / "payload"):
        con = duck.connect(reading=settings.outside)
        try:
            for layer in ("bronze", "silver"):
                duck.create_layer_views(con, settings.layer_path(layer), layer)
            ledger = _by_feed(con.execute(_LEDGER))
            refusals = _refusals(con)
            holes = _holes(con, settings)
            spans = _spans(con, settings)
        finally:
            con.close()
    return [_record(feed, ledger, refusals, holes, spans, states) for feed in FEEDS]


_LEDGER = """
    select feed, count(distinct api_endpoint) as files, sum(rows_read)::bigint as rows_read,
        sum(rows_landed)::bigint as rows_landed, sum(rows_duplicate)::bigint as rows_duplicate,
        sum(rows_refused)::bigint as rows_refused,
        count(*) filter (rows_read <> rows_landed + rows_duplicate + rows_refused) as payloads_unbalanced,
        max(ingested_at_utc)::timestamp as last_landed_at_utc, max(origin) as origin,
        string_agg(distinct nullif(unknown_columns, ''), '|') as unknown_columns
    from bronze.payload group by feed
"""


def _by_feed(cursor: Any) -> dict[str, dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row.pop("feed"): row for row in rows}


def _refusals(con: Any) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    rows = con.execute(
        "select feed, rule_id || ': ' || reason, count(*) from bronze.refused group by all order by 3 desc"
    )
    for feed, reason, count in rows.fetchall():
        found.setdefault(feed, {})[reason] = count
    return found


def _holes(con: Any, settings: Settings) -> dict[str, dict[str, Any]]:
    if not lake.table_exists(settings.silver / "int_completeness__feed"):
        return {}
    return _by_feed(
        con.execute(
            "select feed, sum(expected_intervals)::bigint as expected, sum(hole_intervals)::bigint as holes "
            "from silver.int_completeness__feed group by feed"
        )
    )


def _spans(con: Any, settings: Settings) -> dict[str, tuple[datetime | None, datetime | None]]:
    parts = [
        f"select '{feed.name}' as feed, min(interval_start_utc)::timestamp, max(interval_start_utc)::timestamp "
        f"from bronze.{duck.sql_identifier(feed.table)}"
        for feed in FEEDS
        if feed.partitioned and lake.table_exists(bronze_path(settings, feed))
    ]
    return {feed: (first, last) for feed, first, last in con.execute(" union all ".join(parts)).fetchall()}


def _record(feed: Any, ledger: Any, refusals: Any, holes: Any, spans: Any, states: Any) -> dict[str, Any]:
    own = ledger.get(feed.name, {})
    first, last = spans.get(feed.name, (None, None))
    state = states.get(feed.name, {})
    return {
        "feed": feed.name,
        "source": feed.source_system,
        "subjects": sorted({emit.subject for emit in feed.emits}) or [feed.subject],
        "origins": list(feed.origins),
        "archive_patterns": list(feed.archive_patterns),
        "cadence": feed.cadence,
        "time_convention": feed.time_convention,
        "licence": feed.licence,
        "description": feed.description,
        "files": own.get("files", 0),
        **{name: own.get(name, 0) for name in COUNTS},
        "is_balanced": own.get("payloads_unbalanced", 0) == 0,
        "refused_because": refusals.get(feed.name, {}),
        "unknown_columns": sorted(set(filter(None, (own.get("unknown_columns") or "").split("|")))),
        "first_utc": first.isoformat() if first else None,
        "last_utc": last.isoformat() if last else None,
        "lag_hours": lag_hours(last, own.get("last_landed_at_utc"), own.get("origin")),
        "expected_intervals": (holes.get(feed.name) or {}).get("expected", 0),
        "holes": (holes.get(feed.name) or {}).get("holes", 0),
        "last_landed_at_utc": own["last_landed_at_utc"].isoformat() if own.get("last_landed_at_utc") else None,
        "last_landing": state.get("state"),
        "message": state.get("message", ""),
        "remedy": state.get("remedy", ""),
    }


def lag_hours(last: datetime | None, landed_at: datetime | None, origin: str | None) -> float | None:
    """Hours from the newest interval's start to the last landing, naive UTC; None but for live sources: what was recorded
    or made is as old as it is.

    >>> lag_hours(datetime(2024, 3, 10, 12), datetime(2024, 3, 10, 13, 30), "live")
    1.5
    """
    if origin != "live" or last is None or landed_at is None:
        return None
    return round((landed_at - last).total_seconds() / 3600, 1)


def unclaimed_files(archive: Path) -> list[tuple[str, str]]:
    """Files below `archive` that no feed takes, each with why it is left alone ('' where nobody has said)."""
    taken = {path for feed in FEEDS for path in archive_files(feed, archive)}
    found = sorted(path.relative_to(archive) for path in archive.rglob("*") if path.is_file() and path not in taken)
    return [(p.as_posix(), next((why for glob, why in LEFT_ALONE.items() if p.match(glob)), "")) for p in found]


# --- the page -----------------------------------------------------------------------------------------------------


def markdown(report: list[dict[str, Any]], archive: Path | None) -> str:
    """The page `docs/feeds.md`: what an archive brought, by feed."""
    brought = [row for row in report if row["files"]]
    totals = {name: sum(row[name] for row in brought) for name in ("files", *COUNTS, "holes")}
    lines = [
        "# Feeds",
        "",
        "Written by `gridlake feeds --format markdown > docs/feeds.md` from the ledgers of a run over the recorded archive.",
        "",
        f"{len(report)} feeds are known, {len(brought)} of them brought {totals['files']:,} files and {totals['rows_read']:,} records.",
        "For every payload read = written + duplicates + refused"
        + (" holds." if all(r["is_balanced"] for r in brought) else " DOES NOT HOLD for: ")
        + ", ".join(r["feed"] for r in brought if not r["is_balanced"]),
        "Holes are expected intervals (hours, or days for daily readings) without a value, over all entities of a feed.",
        "",
        "| feed | files | read | written | duplicates | refused | first (UTC) | last (UTC) | holes | of |",
        "|---|---:|---:|---:|---:|---:|---|---|---:|---:|",
        *(_line(row) for row in brought),
        "",
        "## Refused, and why",
        "",
        "| feed | rows | reason |",
        "|---|---:|---|",
        *(f"| {r['feed']} | {count:,} | {why} |" for r in brought for why, count in r["refused_because"].items()),
        "",
        "## Columns nobody declared",
        "",
        "Kept in `unknown_cells` of the bronze table.",
        "",
        *(f"- {r['feed']}: {', '.join(f'`{c}`' for c in r['unknown_columns'])}" for r in brought if r["unknown_columns"]),
        "",
        "## Where each feed looks for files below the archive, how it prints time, and under which terms",
        "",
        "| feed | files | subjects | cadence | time | licence |",
        "|---|---|---|---|---|---|",
        *(
            f"| {r['feed']} | {_patterns(r)} | {', '.join(r['subjects'])} | {r['cadence']} | {r['time_convention']} | {r['licence']} |"
            for r in report
        ),
    ]  # fmt: skip
    if archive is not None:
        lines += ["", "## Files no feed takes", "", "| file | why |", "|---|---|"]
        lines += [f"| {path} | {why or 'unknown: no feed reads it yet'} |" for path, why in unclaimed_files(archive)]
    return "\n".join(lines) + "\n"


def _patterns(row: dict[str, Any]) -> str:
    return "<br>".join(f"`{pattern}`" for pattern in row["archive_patterns"]) or "none"


def _line(row: dict[str, Any]) -> str:
    counts = " | ".join(f"{row[name]:,}" for name in ("files", *COUNTS))
    first, last = ((row[name] or "").replace("T", " ")[:16] for name in ("first_utc", "last_utc"))
    return f"| {row['feed']} | {counts} | {first} | {last} | {row['holes']:,} | {row['expected_intervals']:,} |"
