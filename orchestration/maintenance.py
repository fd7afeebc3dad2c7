"""Housekeeping: small files joined, dead files vacuumed, raw payloads kept for as long as their feed's policy says.

Belongs here: what may go, and when. Everything runs under the run's lock, so no build reads what goes; readers of a
published snapshot never lose a file, since every version and file a kept manifest names is spared.

Time travel: every Delta version within `KEEP_VERSIONS_FOR` can be read (`DeltaTable(path, version=…)`,
`delta_scan(path, version => …)`); older ones only as far as a kept snapshot pins them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from extract.catalogue import FEEDS
from extract.landed import payload_file
from gridlake import lake
from gridlake.settings import Settings
from gridlake.snapshot import kept_snapshots, sweep
from gridlake.store import Place, children
from gridlake.times import utc_now
from orchestration.context import only_run

KEEP_VERSIONS_FOR = timedelta(days=7)
SMALL_FILE_BYTES = 8_000_000
MANY_SMALL_FILES = 8  # of one partition: fewer cost less to read than to rewrite
LEFTOVER_AFTER = timedelta(hours=1)


def maintain(settings: Settings) -> dict[str, Any]:
    """Do all housekeeping once. Raises `UsageError` while a run is building in this home."""
    with only_run(settings):
        return keep_house(settings)


def keep_house(settings: Settings) -> dict[str, Any]:
    """All housekeeping, by whoever holds the run lock."""
    return {
        "compacted": compact(settings),
        "vacuumed_files": vacuum(settings),
        "payloads_expired": expire_payloads(settings),
        "leftovers_removed": remove_leftovers(settings),
        "snapshot_files_removed": sweep(settings),
    }


def tables(settings: Settings, layers: tuple[str, ...] = ("bronze", "silver", "gold", "ml")) -> Iterator[Place]:
    """Every Delta table of the home."""
    for layer in layers:
        yield from (path for path in children(settings.layer_path(layer)) if lake.table_exists(path))


def compact(settings: Settings) -> dict[str, int]:
    """Join small files of bronze tables, partition by partition; returns files removed by table.

    Only bronze grows by appends; silver and gold are written partition by partition as whole files.
    """
    done: dict[str, int] = {}
    for path in tables(settings, ("bronze", "ml")):
        small: dict[str, int] = {}
        for file in lake.table_files(path).files:
            if file["bytes"] < SMALL_FILE_BYTES:
                folder = str(Path(file["path"]).parent)
                small[folder] = small.get(folder, 0) + 1
        if max(small.values(), default=0) < MANY_SMALL_FILES:
            continue
        metrics = lake.open_table(path).optimize.compact()
        done[path.name] = int(metrics["numFilesRemoved"])
    return done


def vacuum(settings: Settings) -> int:
    """Remove files no version within `KEEP_VERSIONS_FOR` and no kept snapshot names; returns how many."""
    pinned: dict[str, set[int]] = {}
    for snapshot in kept_snapshots(settings):
        for name, table in snapshot.tables.items():
            pinned.setdefault(name, set()).add(int(table["version"]))
    removed = 0
    for path in tables(settings):
        table = lake.open_table(path)
        versions = sorted(pinned.get(path.name, set())) if path.parent == settings.gold else []
        gone = table.vacuum(
            retention_hours=int(KEEP_VERSIONS_FOR.total_seconds() // 3600),
            dry_run=False,
            keep_versions=[v for v in versions if v <= table.version()] or None,
        )
        removed += len(gone)
    return removed


def expire_payloads(settings: Settings) -> int:
    """Remove the raw bytes of high-rate feeds, and of feeds about persons, once their retention has passed; rows and ledger
    stay. Returns how many.
    """
    if not lake.table_exists(settings.bronze / "payload"):
        return 0
    rows = landed_payloads(settings)
    needed = {row["payload_sha256"] for row in rows if not row["is_expired"]}
    removed = 0
    for sha in {row["payload_sha256"] for row in rows} - needed:
        file = payload_file(settings, sha)
        if file.is_file():
            file.unlink()
            removed += 1
    return removed


def landed_payloads(settings: Settings) -> list[dict[str, Any]]:
    """The landing ledger's rows with `is_expired`: whether the feed's retention lets the bytes go."""
    columns = ["feed", "api_endpoint", "payload_sha256", "ingested_at_utc"]
    kept_for = {feed.name: settings.hot_retention for feed in FEEDS if feed.is_hot}
    if settings.personal_retention is not None:
        kept_for |= {
            feed.name: min(settings.personal_retention, kept_for.get(feed.name, settings.personal_retention))
            for feed in FEEDS
            if feed.is_personal
        }
    oldest = {name: utc_now() - span for name, span in kept_for.items()}
    rows = lake.read_rows(settings.bronze / "payload", columns).to_dicts()
    return [
        {
            **row,
            "is_expired": row["feed"] in oldest and row["ingested_at_utc"].replace(tzinfo=None) < oldest[row["feed"]],
        }
        for row in rows
    ]


def remove_leftovers(settings: Settings) -> int:
    """Remove what a killed writer left and no vacuum takes: `*.parquet#1`, `_delta_log/*.json#1`, hidden temporaries."""
    limit = time.time() - LEFTOVER_AFTER.total_seconds()
    found = [
        path
        for root in (settings.bronze, settings.silver, settings.gold, settings.landing, settings.published)
        if isinstance(root, Path) and root.exists()  # an object store shows no halves
        for pattern in ("*#[0-9]*", ".*.gz.[0-9]*", ".*.json.[0-9]*")
        for path in root.rglob(pattern)
    ]
    old = [path for path in found if path.is_file() and path.stat().st_mtime < limit]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
