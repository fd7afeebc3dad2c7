"""Parsing anew what was refused: rows of landed payloads that a mended parser can place after all.

Belongs here: the payload's bytes out of `landing/`, the rows that came free into bronze, refused rows and ledger brought
in line. Judging values again is silver's matter and happens whenever it is built.

Order of effects, so that a kill at any point is mended by the next replay: the rows in one Delta commit that carries the
freed rows' own hash as an application transaction, then the refused rows, then the ledger's counts.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import polars as pl

from extract.catalogue import FEEDS
from extract.feed import Feed, Parsed, Payload
from extract.landed import bronze_frame, landed_bytes, ledger_entry, payload_of
from extract.landing import bronze_path, own_columns, with_lineage
from gridlake import duck, lake
from gridlake.contracts import PAYLOAD, REFUSED
from gridlake.errors import PayloadRefused
from gridlake.settings import Settings
from gridlake.times import utc_now

PLACE = ["source_member", "row_number"]


@dataclass(frozen=True)
class Reparsed:
    """What parsing one payload anew brought. `note` says why it could not be parsed, empty where it was."""

    feed: str
    api_endpoint: str
    payload_sha256: str
    rows_refused: int
    rows_free: int = 0
    note: str = ""


def reparse_refused(settings: Settings) -> list[Reparsed]:
    """Parse every landed payload with refused rows again; what can be placed now moves to bronze. Doing it twice changes nothing."""
    refused = bronze_frame(settings, REFUSED.name)
    if not refused.height:
        return []
    ledger = bronze_frame(settings, PAYLOAD.name)
    by_name = {feed.name: feed for feed in FEEDS}
    done = []
    for (feed_name, sha), mine in sorted(refused.partition_by("feed", "payload_sha256", as_dict=True).items()):
        entry = ledger_entry(ledger, str(feed_name), str(sha))
        if feed_name not in by_name or entry is None:
            continue
        done.append(_reparse(settings, by_name[feed_name], entry, mine))
    return done


def _reparse(settings: Settings, feed: Feed, entry: dict[str, Any], refused: pl.DataFrame) -> Reparsed:
    sha = str(entry["payload_sha256"])
    told = Reparsed(feed.name, entry["api_endpoint"], sha, refused.height)
    try:
        data = landed_bytes(settings, sha)
    except (OSError, EOFError, zlib.error):
        return Reparsed(feed.name, entry["api_endpoint"], sha, refused.height, note="its bytes are no longer kept")
    payload = payload_of(feed, data, entry)
    try:
        parsed = feed.parse(payload)
    except PayloadRefused as error:
        return Reparsed(feed.name, entry["api_endpoint"], sha, refused.height, note=error.message)
    free = refused.join(parsed.refused, on=PLACE, how="anti").select(PLACE).unique()
    found = parsed.rows.join(free, on=PLACE, how="semi")
    free = free.join(found, on=PLACE, how="semi")
    if not free.height:
        return told
    _move(settings, feed, payload, entry, parsed, refused, free)
    return Reparsed(feed.name, entry["api_endpoint"], sha, refused.height, rows_free=free.height)


def _move(
    settings: Settings, feed: Feed, payload: Payload, entry: dict[str, Any], parsed: Parsed, refused: pl.DataFrame,
    free: pl.DataFrame,
) -> None:  # fmt: skip
    """Take the free rows into bronze and out of the refused ones; the ledger still adds up."""
    own = own_columns(parsed, feed)
    landed = parsed.rows.join(free, on=PLACE, how="anti")
    rows = parsed.rows.join(free, on=PLACE, how="semi", maintain_order="left")
    rows = rows.join(landed.select(own).unique(), on=own, how="anti", nulls_equal=True, maintain_order="left")
    rows = rows.unique(subset=own, keep="first", maintain_order=True)
    places = free.sort(PLACE).write_csv()
    token = hashlib.sha256(f"{payload.sha256}\n{places}".encode()).hexdigest()
    table = feed.contract.conform(with_lineage(rows, feed, payload, utc_now()))
    lake.append_payloads(bronze_path(settings, feed), feed.contract, table, [token], "freed:")
    where = f"feed = {duck.sql_literal(feed.name)} and payload_sha256 = {duck.sql_literal(payload.sha256)}"
    kept = refused.join(free, on=PLACE, how="anti")
    lake.replace_rows(settings.bronze / REFUSED.name, REFUSED.conform(kept), where)
    counts: dict[str, Any] = {
        "rows_landed": entry["rows_landed"] + rows.height,
        "rows_refused": kept.height,
        "rows_duplicate": entry["rows_read"] - entry["rows_landed"] - rows.height - kept.height,
    }
    if parsed.window:
        counts |= {
            "window_start_utc": parsed.window[0].replace(tzinfo=UTC),
            "window_end_utc": parsed.window[1].replace(tzinfo=UTC),
        }
    lake.open_table(settings.bronze / PAYLOAD.name).update(
        predicate=f"{where} and landed_seq = {int(entry['landed_seq'])}", new_values=counts
    )
