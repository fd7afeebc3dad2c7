"""Landing: a feed's payloads into `landing/` and its bronze table, each payload exactly once.

Order of effects, so that a kill at any point leaves a state from which the next run goes on: payload bytes (content-
addressed, so writing twice is harmless), then one Delta commit with all rows and the payloads' hashes as application
transactions, then refused rows and the landing ledger. A payload that is in bronze but not in the ledger (killed
between the two) is parsed again for its ledger row and not appended.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from extract import ledger
from extract.feed import Feed, Parsed, Payload
from extract.formats import UNKNOWN_CELLS
from extract.landed import payload_file
from gridlake import lake
from gridlake.contracts import ERASURE, PAYLOAD, REFUSED
from gridlake.errors import GridlakeError, PayloadRefused
from gridlake.settings import Settings
from gridlake.store import Place, StorePath, StoreUnreachable
from gridlake.times import month_key, utc_now


@dataclass
class Landing:
    """What one landing of one feed did. `state`: landed, unchanged, absent (no payloads offered) or stale (refused)."""

    feed: str
    origin: str
    state: str = "unchanged"
    payloads: int = 0
    payloads_new: int = 0
    rows_read: int = 0
    rows_landed: int = 0
    rows_duplicate: int = 0
    rows_refused: int = 0
    message: str = ""
    remedy: str = ""
    version: int | None = None
    new_hashes: list[str] = field(default_factory=list)

    def detail(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k not in ("message", "remedy", "state", "feed", "origin")}


Progress = Callable[[str], None]
STAGED_ROWS = 250_000  # small payloads share a file up to this many rows
PACKED = (b"PK\x03\x04", b"\x1f\x8b")  # zip and gzip gain nothing from being compressed again


def bronze_path(settings: Settings, feed: Feed) -> Place:
    return settings.bronze / feed.table


def ensure_bronze(settings: Settings, feeds: list[Feed]) -> None:
    """Every bronze table exists, empty if need be, so that a missing feed is an empty table and not an error."""
    for feed in feeds:
        lake.ensure_table(bronze_path(settings, feed), feed.contract)
    lake.ensure_table(settings.bronze / PAYLOAD.name, PAYLOAD)
    lake.ensure_table(settings.bronze / REFUSED.name, REFUSED)


def store_payload(settings: Settings, payload: Payload) -> Place:
    """The payload's bytes as received under `landing/<ab>/<sha256>.gz`; written once, atomically.

    What is packed already is stored in a gzip of level 0: one way of reading for all, no second compression.
    """
    target = payload_file(settings, payload.sha256)
    if not target.is_file():
        packed = gzip.compress(payload.data, compresslevel=0 if payload.data.startswith(PACKED) else 1, mtime=0)
        if isinstance(target, StorePath):
            target.write_bytes(packed)
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        temporary.write_bytes(packed)
        os.replace(temporary, target)
    return target


def own_columns(parsed: Parsed, feed: Feed) -> list[str]:
    """The columns in which two rows of a payload differ where they tell different things."""
    return [c.name for c in feed.columns] + ([UNKNOWN_CELLS] if parsed.unknown else [])


def without_duplicates(parsed: Parsed, feed: Feed) -> tuple[pl.DataFrame, int]:
    """Rows without those equal in every own column to an earlier row of the payload, and how many went."""
    own = own_columns(parsed, feed)
    # Equal rows have equal hashes: only rows that share theirs with another need comparing, and they are few.
    is_doubtful = parsed.rows.select(own).hash_rows().is_duplicated()
    if not is_doubtful.any():
        return parsed.rows, 0
    doubtful = parsed.rows.select(*own, pl.int_range(pl.len()).alias("_place")).filter(is_doubtful)
    first = doubtful.unique(subset=own, keep="first", maintain_order=True)["_place"]
    return parsed.rows.filter((~is_doubtful).scatter(first, True)), doubtful.height - first.len()


def with_lineage(rows: pl.DataFrame, feed: Feed, payload: Payload, now: datetime) -> pl.DataFrame:
    """Parsed rows with where they came from: the columns all bronze tables share."""
    lineage = rows.with_columns(
        pl.lit(feed.source_system).alias("source_system"),
        pl.lit(payload.origin).alias("origin"),
        pl.lit(payload.api_endpoint).alias("api_endpoint"),
        pl.lit(payload.request_id).alias("request_id"),
        pl.lit(payload.http_status, dtype=pl.Int32).alias("http_status"),
        pl.lit(payload.sha256).alias("payload_sha256"),
        pl.lit(now).cast(pl.Datetime("us")).alias("ingested_at_utc"),
    )
    if UNKNOWN_CELLS not in lineage.columns:
        lineage = lineage.with_columns(pl.lit(None, dtype=pl.String).alias(UNKNOWN_CELLS))
    if "published_at_utc" not in lineage.columns:
        lineage = lineage.with_columns(
            pl.lit(payload.published_at_utc, dtype=pl.Datetime("us")).alias("published_at_utc")
        )
    if feed.partitioned and "interval_start_utc" in lineage.columns:
        lineage = lineage.with_columns(month_key("interval_start_utc").alias("month"))
    return lineage


def _check_shape(feed: Feed, payload: Payload, parsed: Parsed) -> None:
    if parsed.rows_read == 0:
        raise PayloadRefused(
            feed.name,
            payload.path.as_posix(),
            "holds no data rows",
            "Fetch it again; an empty answer is not a quiet grid.",
        )
    if parsed.rows_read != parsed.rows.height + parsed.refused.height:
        raise PayloadRefused(
            feed.name,
            payload.path.as_posix(),
            f"{parsed.rows_read} rows read, but {parsed.rows.height} placed and {parsed.refused.height} refused",
            "This is a fault of the parser: report it with the file.",
        )


def land(feed: Feed, settings: Settings, progress: Progress = lambda _: None) -> Landing:
    """Land every payload the feed's origin offers. All or nothing: one refused payload leaves bronze as it was.

    Returns what was done; a refusal is returned as state `stale`, not raised, since other feeds go on. Raises
    `GridlakeError` when other writers of the same payloads win every attempt.
    """
    lake.ensure_table(bronze_path(settings, feed), feed.contract)
    for _ in range(lake.APPEND_ATTEMPTS):
        result = Landing(feed.name, settings.origin)
        try:
            if _land(feed, settings, result, progress):
                return result
        except PayloadRefused as error:
            return Landing(
                feed.name,
                settings.origin,
                "stale",
                payloads=result.payloads,
                message=error.message,
                remedy=error.remedy,
            )
    raise GridlakeError(
        f"{feed.name}: {lake.APPEND_ATTEMPTS} commits were lost to other writers.",
        "Wait for other writers of this home to end and run again; nothing was landed twice.",
    )


@dataclass
class _Batch:
    """What one landing brings: files of rows staged beside the table, refused rows, ledger entries.

    Small payloads are staged together, large ones as they come. One payload is written while the next is parsed: memory
    holds these two and no more, and what went wrong in writing is raised by the next `add` or by `finish`.
    """

    settings: Settings
    path: Place
    feed: Feed
    files: list[lake.WrittenFile] = field(default_factory=list)
    waiting: list[pl.DataFrame] = field(default_factory=list)
    refused: list[pl.DataFrame] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    writer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "landing"))
    writing: Future[None] | None = None

    def add(self, payload: Payload, rows: pl.DataFrame | None) -> None:
        """Keep the payload's bytes and, unless bronze has them, its rows."""
        self._wait()
        self.writing = self.writer.submit(self._write, payload, rows)

    def finish(self) -> None:
        self._wait()
        self._stage()

    def _wait(self) -> None:
        if self.writing is not None:
            self.writing.result()

    def _write(self, payload: Payload, rows: pl.DataFrame | None) -> None:
        store_payload(self.settings, payload)
        if rows is not None:
            self.waiting.append(rows)
        if sum(frame.height for frame in self.waiting) >= STAGED_ROWS:
            self._stage()

    def _stage(self) -> None:
        if self.waiting:
            self.files += lake.stage_rows(self.path, self.feed.contract, pl.concat(self.waiting))
            self.waiting.clear()

    def discard(self) -> None:
        self.writer.shutdown()  # not while a file is being written
        with suppress(StoreUnreachable):  # what is staged and never committed is no part of the table; vacuum takes it
            for file in self.files:
                file.path.unlink(missing_ok=True)


def _land(feed: Feed, settings: Settings, result: Landing, progress: Progress) -> bool:
    """One attempt; False where another writer landed one of the payloads meanwhile."""
    now, known, rewritten = utc_now(), ledger.Ledger.read(settings, feed), _superseded(settings, feed)
    batch = _Batch(settings, bronze_path(settings, feed), feed)
    table = lake.open_table(batch.path)
    in_bronze: set[str] = set()  # payloads the table holds though the ledger does not: a landing was killed in between
    offered: dict[str, str] = {}  # address -> the payload it delivered last in this run
    try:
        for payload in feed.fetch(settings):
            result.payloads += 1
            sha = rewritten.get(payload.sha256, payload.sha256)  # a person's bytes that were erased do not come back
            seen = sha in known.rows or sha in offered.values()
            offered[payload.api_endpoint] = sha
            if seen:
                continue
            progress(f"{feed.name}: reading {payload.name}")
            if table.transaction_version(payload.sha256) is not None:
                in_bronze.add(payload.sha256)
            _take(feed, batch, payload, now, known.sequence, payload.sha256 in in_bronze)
        batch.finish()
    except BaseException:
        batch.discard()
        raise
    finally:
        batch.writer.shutdown()
    return _commit(feed, settings, result, batch, known, offered, in_bronze, now)


def _superseded(settings: Settings, feed: Feed) -> dict[str, str]:
    """Payloads of the feed that an erasure rewrote, to what stands in their place: their bytes must not land again."""
    path = settings.bronze / ERASURE.name
    if not lake.table_exists(path):
        return {}
    notes = lake.read_rows(path, feed=feed.name).to_dicts()
    steps = {note["supersedes_sha256"]: note["payload_sha256"] for note in notes}
    found = {}
    for first in steps:
        last = first
        while last in steps:
            last = steps[last]
        found[first] = last
    return found


def _take(feed: Feed, batch: _Batch, payload: Payload, now: datetime, sequence: int, is_in_bronze: bool) -> None:
    """Parse one payload, keep its bytes, stage its rows (unless bronze has them) and note its ledger entry."""
    if payload.data or not feed.keeps_empty_files:
        parsed = feed.parse(payload)
        _check_shape(feed, payload, parsed)
    else:
        parsed = feed.parse_empty(payload)
    rows, duplicates = without_duplicates(parsed, feed)
    batch.add(payload, None if is_in_bronze else with_lineage(rows, feed, payload, now))
    if parsed.refused.height:
        refused = with_lineage(parsed.refused, feed, payload, now)
        batch.refused.append(refused.with_columns(pl.lit(feed.name).alias("feed")))
    place = sequence + len(batch.entries) + 1
    batch.entries.append(ledger.entry(feed, payload, parsed, now, place, rows.height, duplicates))


def _commit(
    feed: Feed, settings: Settings, result: Landing, batch: _Batch, known: ledger.Ledger, offered: dict[str, str],
    in_bronze: set[str], now: datetime,
) -> bool:  # fmt: skip
    again = ledger.delivered_again(known.with_entries(batch.entries), offered, now)
    hashes = [row["payload_sha256"] for row in batch.entries]
    fresh = [sha for sha in hashes if sha not in in_bronze]
    result.version = lake.open_table(batch.path).version()
    if fresh:
        version = lake.append_files(batch.path, feed.contract, batch.files, fresh)
        if version is None:
            batch.discard()
            return False
        result.version = version
    if hashes:
        if batch.refused:
            rejects = REFUSED.conform(pl.concat(batch.refused))
            lake.append_payloads(settings.bronze / REFUSED.name, REFUSED, rejects, hashes, feed.name)
        if not ledger.record(settings, batch.entries, feed.name):
            return False  # what is in bronze without a row in the ledger gets it in the next attempt
    if again and not ledger.record(settings, again, f"{feed.name}:{again[0]['landed_seq']}:"):
        return False
    if not batch.entries and not again:
        result.state = "unchanged" if result.payloads else "absent"
        return True
    result.state, result.payloads_new, result.new_hashes = "landed", len(batch.entries) + len(again), hashes
    for key in ("rows_read", "rows_landed", "rows_duplicate", "rows_refused"):
        setattr(result, key, sum(row[key] for row in batch.entries))
    return True
