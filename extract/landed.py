"""What has been landed, read back: bronze tables whole, a payload's ledger entry, and the payload itself.

Belongs here: reading. Landing, replay and erasure write.
"""

from __future__ import annotations

import gzip
from typing import Any

import polars as pl

from extract.feed import Feed, Payload
from gridlake import lake
from gridlake.settings import Settings
from gridlake.store import Place


def bronze_frame(settings: Settings, name: str) -> pl.DataFrame:
    """A bronze table whole, in no order; a frame without columns where there is none. For small tables: ledgers, refused rows, master data."""
    path = settings.bronze / name
    if not lake.table_exists(path):
        return pl.DataFrame()
    return lake.read_rows(path)


def ledger_entry(ledger: pl.DataFrame, feed: str, sha: str) -> dict[str, Any] | None:
    """The ledger row of a payload that counts its rows (deliveries put back count none); None where it was never landed."""
    entries = ledger.filter((pl.col("feed") == feed) & (pl.col("payload_sha256") == sha))
    return entries.sort("rows_read", "landed_seq").row(-1, named=True) if entries.height else None


def payload_file(settings: Settings, sha: str) -> Place:
    """Where the payload's bytes are kept, gzipped."""
    return settings.landing / sha[:2] / f"{sha}.gz"


def landed_bytes(settings: Settings, sha: str) -> bytes:
    """The payload's bytes as received. Raises `OSError`, `EOFError` or `zlib.error` where they are gone or damaged."""
    return gzip.decompress(payload_file(settings, sha).read_bytes())


def payload_of(feed: Feed, data: bytes, entry: dict[str, Any]) -> Payload:
    """A payload with `data` as the ledger `entry` tells it."""
    published = entry["published_at_utc"]
    return Payload(
        feed.name, data, entry["api_endpoint"], entry["origin"], published.replace(tzinfo=None) if published else None,
        entry["http_status"], entry["request_id"],
    )  # fmt: skip
