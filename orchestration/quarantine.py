"""Bad records for people, their replay after a fix, and the hashes of what was landed."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gridlake import duck, lake
from gridlake.errors import UsageError, did_you_mean
from gridlake.settings import Settings
from gridlake.store import Place

# What an address delivered before its last delivery is kept as a revision, but is nobody's trouble any more.
_WHERE = "where is_current and ($feed is null or feed = $feed) and ($rule is null or list_contains(string_split(rule_ids, ','), $rule))"


def _query(settings: Settings, sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    path = settings.silver / "int_quarantine__record"
    if not lake.table_exists(path):
        raise UsageError(f"Nothing was ever built in {settings.home}.", "Run `gridlake run` first.")
    con = duck.connect()
    try:
        con.execute(f"create view records as select * from delta_scan({duck.sql_literal(path)})")
        cursor = con.execute(sql, parameters)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    finally:
        con.close()


def check_names(feed: str | None, rule: str | None) -> None:
    """Raises `UsageError` for a feed or rule that no catalogue has: nothing could ever be found under it."""
    from expectations.catalogue import load_catalogue
    from extract.catalogue import feed as known_feed

    if feed is not None:
        known_feed(feed)
    rules = {r.id for r in load_catalogue().rules}
    if rule is not None and rule not in rules:
        raise UsageError(f"There is no rule '{rule}'.", did_you_mean(rule, rules, "docs/rules.md lists them."))


def quarantine_counts(settings: Settings, feed: str | None, rule: str | None) -> list[dict[str, Any]]:
    """Records in quarantine by feed and rules, with the span they come from."""
    return _query(
        settings,
        f"select feed, subject, rule_ids, any_value(rule_title) as rule, count(*) as records, min(interval_start_utc) as first_utc, "
        f"max(interval_start_utc) as last_utc from records {_WHERE} group by feed, subject, rule_ids order by records desc",
        {"feed": feed, "rule": rule},
    )


def quarantine_records(settings: Settings, feed: str | None, rule: str | None, limit: int) -> list[dict[str, Any]]:
    """The records themselves: where each stands in its payload, the value as received, and why it is here."""
    return _query(
        settings,
        f"select feed, entity_id, interval_start_utc, value_text, rule_ids, reason, source_member, row_number, payload_sha256 "
        f"from records {_WHERE} order by feed, interval_start_utc, entity_id limit $limit",
        {"feed": feed, "rule": rule, "limit": limit},
    )


# A record's place, from which it is known again after a replay.
_PLACE = "feed, payload_sha256, source_member, row_number, subject, coalesce(entity_id, '')"


def quarantined(settings: Settings) -> dict[tuple[Any, ...], str]:
    """The rules each current record is in quarantine for, by its place. Raises `UsageError` before anything was built."""
    rows = _query(settings, f"select {_PLACE}, rule_ids from records {_WHERE}", {"feed": None, "rule": None})
    return {tuple(row.values())[:-1]: row["rule_ids"] for row in rows}


def what_changed(before: dict[tuple[Any, ...], str], after: dict[tuple[Any, ...], str]) -> dict[str, Any]:
    """How many records came free, stayed or are new in quarantine, and the free ones by feed and rule.

    >>> a, b = ("nyiso_pal", "9f", "x.csv", 7, "load", "NYISO.NYC"), ("nyiso_pal", "9f", "x.csv", 8, "load", "NYISO.NYC")
    >>> what_changed({a: "LD03", b: "LD05"}, {b: "LD05"})["free_by_rule"]
    [{'feed': 'nyiso_pal', 'rule_ids': 'LD03', 'records': 1}]
    """
    free: dict[tuple[str, str], int] = {}
    for place in before.keys() - after.keys():
        group = (str(place[0]), before[place])
        free[group] = free.get(group, 0) + 1
    return {
        "records_before": len(before),
        "records_free": sum(free.values()),
        "records_still": len(before.keys() & after.keys()),
        "records_new": len(after.keys() - before.keys()),
        "free_by_rule": [
            {"feed": feed, "rule_ids": rules, "records": count} for (feed, rules), count in sorted(free.items())
        ],
    }


def replay(settings: Settings, rebuild: Callable[[Settings], Any] | None = None) -> tuple[Any, dict[str, Any]]:
    """Judge everything in quarantine again after a fix: payloads with refused rows are parsed anew, all rules evaluated
    anew over what bronze holds, and the result published if the gates let it pass. No source is asked.

    Returns the run's report and what came free. Replaying again without a further fix frees nothing. `rebuild` stands in
    for the run that builds and publishes.
    """
    from extract.replay import reparse_refused
    from gridlake.ops import OpsStore
    from orchestration.context import only_run
    from orchestration.run import run

    ops = OpsStore(settings.ops_db)
    last = ops.last_run(state="published") or ops.last_run()
    if last is None and rebuild is None:
        raise UsageError(f"Nothing was ever run in {settings.home}.", "Run `gridlake run` first.")
    origin = last["origin"] if last else settings.origin
    before = quarantined(settings)
    with only_run(settings):
        parsed = reparse_refused(settings)
        ops.put("built", {})  # what is judged anew is built anew, whatever the plan thinks unchanged
    report = (rebuild or (lambda s: run(s, force=True, landing=False)))(replace(settings, origin=origin))
    told = what_changed(before, quarantined(settings))
    told["payloads_reparsed"] = len(parsed)
    told["rows_placed"] = sum(p.rows_free for p in parsed)
    told["payloads_unreadable"] = [
        {"feed": p.feed, "api_endpoint": p.api_endpoint, "why": p.note} for p in parsed if p.note
    ]
    return report, told


def verify_landing(settings: Settings) -> tuple[int, list[str]]:
    """How many landed payloads were hashed, and which are missing or differ from their name."""
    path = settings.bronze / "payload"
    if not lake.table_exists(path):
        return 0, []
    from extract.landed import payload_file
    from orchestration.maintenance import landed_payloads

    ledger, problems = landed_payloads(settings), []
    for row in ledger:
        file = payload_file(settings, row["payload_sha256"])
        place = f"{row['feed']}: {row['api_endpoint']}"
        if not file.is_file() and row["is_expired"]:
            continue  # gone by its feed's retention
        if not file.is_file():
            problems.append(f"{place}: its bytes are missing from landing/")
        elif _received_sha256(file) != row["payload_sha256"]:
            problems.append(f"{place}: the bytes under landing/ are not those received")
    return len(ledger), problems


def _received_sha256(file: Place) -> str:
    """SHA-256 of the payload kept in `file`; '' for a file that no longer opens."""
    try:
        return hashlib.sha256(gzip.decompress(file.read_bytes())).hexdigest()
    except (OSError, EOFError, zlib.error):
        return ""
