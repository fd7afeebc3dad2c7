"""The landing ledger: which payload each address delivered, in which order, and how many rows it brought.

Belongs here: its rows, made and appended. When they are written stands in `extract.landing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from extract.feed import Feed, Parsed, Payload
from gridlake import lake
from gridlake.contracts import PAYLOAD
from gridlake.settings import Settings


@dataclass(frozen=True)
class Ledger:
    """What the landing ledger knows of one feed: rows by payload hash, the payload each address last delivered."""

    rows: dict[str, dict[str, Any]]
    current: dict[str, str]
    sequence: int

    @classmethod
    def read(cls, settings: Settings, feed: Feed) -> Ledger:
        path = settings.bronze / PAYLOAD.name
        if not lake.table_exists(path):
            return cls({}, {}, 0)
        return cls({}, {}, 0).with_entries(lake.read_rows(path, feed=feed.name).sort("landed_seq").to_dicts())

    def with_entries(self, entries: Sequence[dict[str, Any]]) -> Ledger:
        """As it will be with further rows, in order of landing."""
        return Ledger(
            {**self.rows, **{row["payload_sha256"]: row for row in entries}},
            {**self.current, **{row["api_endpoint"]: row["payload_sha256"] for row in entries}},
            entries[-1]["landed_seq"] if entries else self.sequence,
        )


def delivered_again(known: Ledger, offered: dict[str, str], now: datetime) -> list[dict[str, Any]]:
    """Ledger rows for known payloads that an address delivers which did not deliver them last.

    A file put back after a bad one replaces the bad one; the same bytes at a second address stand for as long as either holds
    them. Their rows are in bronze already, so these entries count none.
    """
    counts = dict.fromkeys(("rows_read", "rows_landed", "rows_duplicate", "rows_refused"), 0)
    moved = [(address, sha) for address, sha in offered.items() if known.current.get(address) != sha]
    return [
        {
            **known.rows[sha],
            **counts,
            "api_endpoint": address,
            "landed_seq": known.sequence + place,
            "ingested_at_utc": now,
        }
        for place, (address, sha) in enumerate(moved, start=1)
    ]


def record(settings: Settings, entries: list[dict[str, Any]], scope: str) -> bool:
    """Append ledger rows of one feed; `scope` makes each landing of the same bytes a transaction of its own.

    False, with nothing appended, where another machine has landed payloads of the feed under their numbers meanwhile: a row
    that comes later with a number that a build has seen already would never be built.
    """
    types: dict[str, Any] = {
        "text": pl.String,
        "bigint": pl.Int64,
        "integer": pl.Int32,
        "timestamp": pl.Datetime("us"),
    }
    naive = [{k: v.replace(tzinfo=None) if isinstance(v, datetime) else v for k, v in row.items()} for row in entries]
    frame = pl.DataFrame(naive, schema={c.name: types[c.type] for c in PAYLOAD.columns}, orient="row")
    hashes = list(dict.fromkeys(row["payload_sha256"] for row in entries))
    first, last = entries[0], entries[-1]
    numbers = lake.Numbers(f"{first['feed']}:landed_seq", first["landed_seq"] - 1, last["landed_seq"])
    try:
        lake.append_payloads(settings.bronze / PAYLOAD.name, PAYLOAD, PAYLOAD.conform(frame), hashes, scope, numbers)
    except lake.Overtaken:
        return False
    return True


def _last_published(parsed: Parsed) -> datetime | None:
    """When the payload was published, where its rows tell: the latest of them."""
    if "published_at_utc" not in parsed.rows.columns:
        return None
    latest = parsed.rows["published_at_utc"].max()
    return latest if isinstance(latest, datetime) else None


def entry(
    feed: Feed, payload: Payload, parsed: Parsed, now: datetime, sequence: int, landed: int, duplicates: int
) -> dict[str, Any]:
    """The ledger's row of a payload that lands now, as the `sequence`-th of its feed, with `landed` rows."""
    return {
        "source_system": feed.source_system,
        "origin": payload.origin,
        "api_endpoint": payload.api_endpoint,
        "request_id": payload.request_id,
        "http_status": payload.http_status,
        "payload_sha256": payload.sha256,
        "feed": feed.name,
        "landed_seq": sequence,
        "payload_bytes": len(payload.data),
        "window_start_utc": parsed.window[0] if parsed.window else None,
        "window_end_utc": parsed.window[1] if parsed.window else None,
        "region_id": parsed.region_id,
        "published_at_utc": payload.published_at_utc or _last_published(parsed),
        "ingested_at_utc": now,
        "rows_read": parsed.rows_read,
        "rows_landed": landed,
        "rows_duplicate": duplicates,
        "rows_refused": parsed.refused.height,
        "unknown_columns": "|".join(parsed.unknown),
    }
