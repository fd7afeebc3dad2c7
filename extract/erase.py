"""A person's rows out of the master payloads: the one place where a person meets a meter.

Belongs here: rewriting landed payloads and the bronze rows, refused rows and ledger entries made of them. Which tables
follow, and the proof, are orchestration's.

Order of effects, so that a kill is mended by asking again: the payload without the person is kept first, the note that it
supersedes the old one, then bronze, then the ledger; the old bytes go last (`drop_superseded`).
"""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from extract.catalogue import FEEDS
from extract.feed import Feed, Payload
from extract.landed import bronze_frame, landed_bytes, ledger_entry, payload_file, payload_of
from extract.landing import bronze_path, store_payload, with_lineage, without_duplicates
from gridlake import duck, lake
from gridlake.contracts import ERASURE, PAYLOAD, REFUSED
from gridlake.errors import GridlakeError
from gridlake.settings import Settings

PERSON = "customer_id"
GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Rewritten:
    """A payload without the person: which one it supersedes and how many rows went."""

    feed: str
    api_endpoint: str
    supersedes_sha256: str
    payload_sha256: str
    rows_removed: int


def master_feeds() -> list[Feed]:
    """Feeds whose rows name a person."""
    return [feed for feed in FEEDS if PERSON in [c.name for c in feed.columns]]


def names_of(settings: Settings, customer: str) -> tuple[list[str], list[str]]:
    """The person's names and all other names and keys of the master data, as bronze tells them."""
    mine: set[str] = set()
    others: set[str] = set()
    for feed in master_feeds():
        frame = bronze_frame(settings, feed.table)
        if not frame.height:
            continue
        person = pl.col(PERSON).str.strip_chars() == customer
        mine |= set(frame.filter(person)["name"].drop_nulls().str.strip_chars())
        rest = frame.filter(~person)
        others |= set(rest["name"].drop_nulls().str.strip_chars()) | set(rest[PERSON].drop_nulls().str.strip_chars())
    return sorted(mine - {""}), sorted(others - {""})


def without_person(data: bytes, header: str, customer: str) -> tuple[bytes, int]:
    """A CSV (perhaps gzipped) without the lines whose column `header` is `customer`, and how many went.

    >>> without_person(b"customer_id,name\\nC1,Ada\\nC2,Bo\\n", "customer_id", "C1")
    (b'customer_id,name\\nC2,Bo\\n', 1)
    """
    if data.startswith(GZIP):
        inner, removed = without_person(gzip.decompress(data), header, customer)
        return gzip.compress(inner, mtime=0), removed
    text = data.decode("utf-8-sig")
    records = list(csv.reader(io.StringIO(text)))
    if not records:
        return data, 0
    names = [cell.strip().casefold() for cell in records[0]]
    place = names.index(header.casefold()) if header.casefold() in names else None
    if place is None:
        return data, 0
    kept = [records[0]] + [r for r in records[1:] if len(r) <= place or r[place].strip() != customer]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(kept)
    return out.getvalue().encode(), len(records) - len(kept)


def erase_from_masters(settings: Settings, customer: str, now: datetime) -> list[Rewritten]:
    """Rewrite every landed master payload that names the customer, and bronze with it. Nothing to do gives an empty list."""
    done = []
    for feed in master_feeds():
        ledger = bronze_frame(settings, PAYLOAD.name)
        for sha in (
            ledger.filter(pl.col("feed") == feed.name)["payload_sha256"].unique().sort() if ledger.height else []
        ):
            entry = ledger_entry(ledger, feed.name, sha)
            assert entry is not None
            if not payload_file(settings, sha).is_file():  # gone by its retention: bronze alone still holds the rows
                done += _erase_rows(settings, feed, entry, customer)
                continue
            old = payload_of(feed, landed_bytes(settings, sha), entry)
            data, removed = without_person(old.data, PERSON, customer)
            if removed:
                new = payload_of(feed, data, entry)
                _rewrite(settings, feed, old, new, entry, removed, now)
                done.append(Rewritten(feed.name, old.api_endpoint, old.sha256, new.sha256, removed))
    return done


def _erase_rows(settings: Settings, feed: Feed, entry: dict[str, Any], customer: str) -> list[Rewritten]:
    """The person's rows of a payload whose bytes are gone: there is nothing left to rewrite or to supersede."""
    sha = entry["payload_sha256"]
    frame = bronze_frame(settings, feed.table).filter(pl.col("payload_sha256") == sha)
    kept = frame.filter((pl.col(PERSON).str.strip_chars() == customer).fill_null(False).not_())
    said = bronze_frame(settings, REFUSED.name).filter(
        (pl.col("payload_sha256") == sha) & (pl.col("feed") == feed.name)
    )
    still = said.filter(~pl.col("raw_record").str.contains(customer, literal=True))
    removed, unsaid = frame.height - kept.height, said.height - still.height
    if removed + unsaid == 0:
        return []
    mine = f"payload_sha256 = {duck.sql_literal(sha)}"
    lake.replace_rows(bronze_path(settings, feed), feed.contract.conform(kept), mine)
    mine += f" and feed = {duck.sql_literal(feed.name)}"
    lake.replace_rows(settings.bronze / REFUSED.name, REFUSED.conform(still), mine)
    counts = {"rows_read": -removed - unsaid, "rows_landed": -removed, "rows_refused": -unsaid}
    lake.open_table(settings.bronze / PAYLOAD.name).update(
        predicate=f"{mine} and landed_seq = {int(entry['landed_seq'])}",
        new_values={name: entry[name] + change for name, change in counts.items()},
    )
    return [Rewritten(feed.name, entry["api_endpoint"], sha, sha, removed + unsaid)]


def _rewrite(
    settings: Settings, feed: Feed, old: Payload, new: Payload, entry: dict[str, Any], removed: int, now: datetime
) -> None:
    before = feed.parse(old)
    gone = before.rows.height + before.refused.height - removed == 0
    parsed = feed.parse_empty(new) if gone else feed.parse(new)
    if parsed.rows.height + parsed.refused.height != before.rows.height + before.refused.height - removed:
        raise GridlakeError(
            f"{feed.name}: {old.path.as_posix()} reads differently once the person's lines are out.", "Nothing was changed. Mend the file at its source and land it again."
        )  # fmt: skip
    store_payload(settings, new)
    note = pl.DataFrame(
        {
            "erased_at_utc": [now], "feed": [feed.name], "api_endpoint": [old.api_endpoint],
            "supersedes_sha256": [old.sha256], "payload_sha256": [new.sha256], "rows_removed": [removed],
        },
        schema_overrides={"erased_at_utc": pl.Datetime("us")},
    )  # fmt: skip
    lake.append_payloads(settings.bronze / ERASURE.name, ERASURE, ERASURE.conform(note), [new.sha256], old.sha256)
    landed_at = entry["ingested_at_utc"].replace(tzinfo=None)
    shas = f"({duck.sql_literal(old.sha256)}, {duck.sql_literal(new.sha256)})"
    rows, duplicates = without_duplicates(parsed, feed)
    lake.replace_rows(
        bronze_path(settings, feed), feed.contract.conform(with_lineage(rows, feed, new, landed_at)), f"payload_sha256 in {shas}"
    )  # fmt: skip
    mine = f"feed = {duck.sql_literal(feed.name)} and payload_sha256 in {shas}"
    if before.refused.height:
        refused = with_lineage(parsed.refused, feed, new, landed_at).with_columns(pl.lit(feed.name).alias("feed"))
        lake.replace_rows(settings.bronze / REFUSED.name, REFUSED.conform(refused), mine)
    counts: dict[str, Any] = {
        "payload_bytes": len(new.data), "rows_read": parsed.rows.height + parsed.refused.height, "rows_landed": rows.height,
        "rows_duplicate": duplicates, "rows_refused": parsed.refused.height,
    }  # fmt: skip
    book = settings.bronze / PAYLOAD.name
    lake.open_table(book).update(predicate=f"{mine} and landed_seq = {int(entry['landed_seq'])}", new_values=counts)
    lake.open_table(book).update(predicate=mine, new_values={"payload_sha256": new.sha256})


def drop_superseded(settings: Settings) -> None:
    """Remove the bytes of every payload that was rewritten, also where a killed erasure left them."""
    notes = bronze_frame(settings, ERASURE.name)
    for sha in notes["supersedes_sha256"] if notes.height else []:
        payload_file(settings, sha).unlink(missing_ok=True)
