"""The right to be forgotten: one customer erased from a home, with the proof that nothing of them is left.

Belongs here: what happens around the rewritten payloads — the tables built from them, published snapshots, dead files —
and the search that proves it. The source's own files outside the home are their keeper's: as long as they hold the
person, a changed delivery brings them back; the very delivery that was rewritten does not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from extract import erase
from gridlake import lake
from gridlake.contracts import ERASURE, PAYLOAD, REFUSED
from gridlake.errors import GridlakeError, UsageError
from gridlake.ops import OpsStore
from gridlake.settings import Settings
from gridlake.snapshot import current_snapshot, kept_snapshots, publish
from gridlake.times import utc_now
from orchestration.byte_scan import Scan, counter, scan_home
from orchestration.context import only_run

DEPENDENT = ("dim_customer",)  # built from the master payloads
QUARANTINE = "int_quarantine__record"
SHORTEST_WORD = 4  # shorter ones stand in every file by chance


class NotErased(GridlakeError):
    """Something of the person is still there."""


def rebuild_dependents(settings: Settings) -> None:
    """The tables made of master payloads, built anew."""
    from orchestration.dbt import run_dbt

    run_dbt(settings, "run", [*DEPENDENT, QUARANTINE], full_refresh=True)


def erase_customer(
    settings: Settings, customer: str, rebuild: Callable[[Settings], None] = rebuild_dependents
) -> dict[str, Any]:
    """Erase the customer from everything the home holds and return the proof, which is kept in the operations store.

    Raises `UsageError` for a customer nobody knows or while a run is building, `NotErased` where the search finds anything.
    """
    settings.refuse_store("Erasing a person")  # its proof looks at every byte there is
    customer = customer.strip()
    if len(customer) < SHORTEST_WORD:
        raise UsageError(
            f"'{customer}' is too short to be searched for.", "Customers' keys have four characters at least."
        )
    with only_run(settings):
        names, others = erase.names_of(settings, customer)
        now = utc_now()
        rewritten = erase.erase_from_masters(settings, customer, now)
        erase.drop_superseded(settings)
        # A name that someone else bears too, or that is too short, says nothing of this person.
        searched = [name for name in names if name not in others and len(name) >= SHORTEST_WORD]
        count = counter([customer, *searched], others=[other for other in others if other != customer])
        if not rewritten and not scan_home(settings.home, count).hits:  # an erasure that was killed goes on
            raise UsageError(f"Nothing in this home names '{customer}'.", "Keys are as in meters/customers.csv.")
        dropped = 0
        if any(lake.table_exists(settings.gold / name) for name in DEPENDENT):
            rebuild(settings)
        if current_snapshot(settings, missing_ok=True):
            dropped = _republish(settings)
        _forget(settings)
        scan = scan_home(settings.home, count)
    words = {"names_searched": len(searched), "names_shared_with_others": len(names) - len(searched)}
    proof = _proof(scan, rewritten, now.isoformat(), dropped, words)
    ops = OpsStore(settings.ops_db)
    ops.put("erasures", [*(ops.get("erasures") or []), {k: v for k, v in proof.items() if k != "files_with_hits"}])
    if scan.hits:
        raise NotErased(
            f"{sum(scan.hits.values())} places in {len(scan.hits)} files still name the customer: {', '.join(list(scan.hits)[:5])}.",
            "Remove those files, or run `gridlake run` and `gridlake maintain`, and erase again.",
        )
    return proof


def _republish(settings: Settings) -> int:
    """Readers get the tables without the person, all others as they were; every older snapshot goes. Returns how many went."""
    before = current_snapshot(settings)
    made = publish(
        settings, list(before.tables), run_id=before.run_id, as_of_utc=before.as_of_utc,
        pinned={name: int(t["version"]) for name, t in before.tables.items() if name not in DEPENDENT},
    )  # fmt: skip
    old = [s for s in kept_snapshots(settings) if s.snapshot_id != made.snapshot_id]
    for snapshot in old:
        (settings.published / "snapshots" / f"{snapshot.snapshot_id}.json").unlink()
    ops = OpsStore(settings.ops_db)
    last = ops.last_run(state="published")
    if last:  # its snapshot's successor: an unchanged run has still nothing to do
        summary = json.loads(last["summary"] or "{}")
        if "published" in summary:
            summary["published"]["snapshot_id"] = made.snapshot_id
        ops.finish_run(
            last["run_id"], "published", last["exit_code"], fingerprint=last["fingerprint"], snapshot_id=made.snapshot_id, summary=summary
        )  # fmt: skip
    return len(old)


def _forget(settings: Settings) -> None:
    """Only the latest version of every table that held a line of the person stays."""
    bronze = [feed.table for feed in erase.master_feeds()] + [PAYLOAD.name, REFUSED.name, ERASURE.name]
    for path in (
        *(settings.bronze / name for name in bronze), settings.silver / QUARANTINE, *(settings.gold / name for name in DEPENDENT),
    ):  # fmt: skip
        if lake.table_exists(path):
            lake.forget_history(path)


def _proof(
    scan: Scan, rewritten: list[erase.Rewritten], at: str, dropped: int, words: dict[str, int]
) -> dict[str, Any]:
    return {
        "erased_at_utc": at,
        "payloads": [
            {"feed": r.feed, "supersedes_sha256": r.supersedes_sha256, "payload_sha256": r.payload_sha256, "rows_removed": r.rows_removed}
            for r in rewritten
        ],
        "snapshots_dropped": dropped,
        **words,
        "files_searched": scan.files,
        "bytes_searched": scan.bytes,
        "hits": sum(scan.hits.values()),
        "files_with_hits": scan.hits,
    }  # fmt: skip
