"""Gates: the table rules of one layer, judged by Great Expectations over small aggregates inside DuckDB.

`run_gates` is what orchestration calls; `catalogue` and `unmet_gates` tell publishing what must have passed.

Invariants: every rule of every asked table gives at least one result; a gate that cannot be evaluated (a missing
table, a crash, a metric without a value) has failed; big tables are read only by the aggregates of their profile.
The warehouse file is never opened: the layers are views over their Delta tables.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from expectations import carried, suites
from expectations.catalogue import Profile, TableRule, load_catalogue
from gridlake import duck, lake
from gridlake.errors import UsageError
from gridlake.ops import OpsStore
from gridlake.settings import Settings

if TYPE_CHECKING:
    import duckdb

_ONE_AT_A_TIME = threading.Lock()  # the datasource finds its connection under one name

NO_ROWS = "the table holds no rows: nothing to judge"


@dataclass(frozen=True)
class GateResult:
    """One rule's verdict on one table, by feed where the table tells feeds apart.

    `failed_rows` are the rows behind a failure (0 when passed), `evaluated_rows` all rows that were looked at.
    """

    check_name: str  # gx__<layer>.<table>
    rule_id: str
    layer: str
    table_name: str
    feed: str
    severity: str
    passed: bool
    failed_rows: int
    evaluated_rows: int
    observed: str
    reason: str

    @property
    def blocks(self) -> bool:
        return not self.passed and self.severity == "error"


@dataclass(frozen=True)
class CataloguedGate:
    """One gate that exists: a rule on a table."""

    check_name: str
    layer: str
    table_name: str
    rule_id: str
    severity: str
    title: str
    reason: str


def catalogue(layer: str | None = None) -> list[CataloguedGate]:
    """Every (layer, table, rule) there is, or those of one layer."""
    rules = load_catalogue()
    return [
        CataloguedGate(p.check_name, p.layer, p.table, r.id, r.severity, r.title, r.reason)
        for p in rules.profiles
        for r in rules.for_table(p.layer, p.table)
        if layer in (None, p.layer)
    ]


def unmet_gates(results: Iterable[Mapping[str, Any]], gates: Iterable[CataloguedGate] | None = None) -> list[str]:
    """Why publishing must be refused: catalogued gates of severity error that failed, or that did not run.

    `results` are those of one run, as `OpsStore.gates` returns them. An empty list: nothing stands in the way.
    """
    verdicts: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for result in results:
        verdicts.setdefault((result["check_name"], result["rule_id"]), []).append(result)
    unmet = []
    for gate in catalogue() if gates is None else gates:
        if gate.severity != "error":
            continue
        found = verdicts.get((gate.check_name, gate.rule_id), [])
        if not found:
            unmet.append(f"{gate.check_name} {gate.rule_id} did not run: {gate.title}")
        unmet += [
            f"{gate.check_name} {gate.rule_id} failed{' for ' + r['feed'] if r['feed'] else ''}: {gate.title}"
            for r in found
            if not r["passed"]
        ]
    return unmet


def run_gates(
    settings: Settings,
    layer: str,
    run_id: str,
    tables: Sequence[str] | None = None,
    feeds: Mapping[str, Sequence[str]] | None = None,
) -> list[GateResult]:
    """Judge the tables of `layer` (raw, bronze, silver, gold), or only `tables`; results go to the operations store.

    `feeds` gives, by feed, the hashes of the payloads landed since the last publication; without it they are those
    beyond `bronze.publication`, or all where nothing was ever published. Raises `UsageError` for a layer or table
    without gates; a failed or crashed gate is returned, never raised.
    """
    rules = load_catalogue()
    profiles = [p for p in rules.profiles_of(layer) if tables is None or p.table in tables]
    unknown = sorted(set(tables or ()) - {p.table for p in profiles})
    if unknown or not profiles:
        raise UsageError(
            f"There are no gates for {layer} {', '.join(unknown)}.".replace(" .", "."),
            "See docs/rules.md for those there are.",
        )
    ops = OpsStore(settings.ops_db)
    known = carried.Verdicts(settings, ops)
    told: list[dict[str, Any]] = []
    con = duck.connect(reading=settings.outside)
    try:
        fresh = _new_payloads(con, settings, profiles, feeds)
        for whole in profiles:
            profile = whole.of_feeds(_landed_feeds(con, settings, whole)) if whole.parts else whole
            signature = known.signature(profile, rules.for_table(profile.layer, profile.table), fresh)
            standing = known.of(profile, signature)
            if standing is None:
                _show(con, settings, profile)
                found = judge(con, [profile], settings)
                standing = [asdict(result) for result in found]
                if all(result.passed for result in found):  # what failed, perhaps by a crash, is judged again
                    known.keep(profile, signature, run_id)
            told += standing
    finally:
        con.close()
    ops.record_gates(run_id, told)
    known.save()
    return [GateResult(**{f.name: row[f.name] for f in fields(GateResult)}) for row in told]


def judge(
    con: duckdb.DuckDBPyConnection, profiles: Sequence[Profile], settings: Settings | None = None
) -> list[GateResult]:
    """The verdicts of `profiles` over the schemas of an open connection; with `settings`, kept for Data Docs too."""
    from expectations.duckdb_dialect import shared

    rules = load_catalogue()
    results: list[GateResult] = []
    con.execute(f"create schema if not exists {suites.SCHEMA}")
    with _ONE_AT_A_TIME, shared(suites.CONNECTION, con):
        for profile in profiles:
            results += _judge_table(con, profile, rules.for_table(profile.layer, profile.table), settings)
    return results


def _landed_feeds(con: duckdb.DuckDBPyConnection, settings: Settings, profile: Profile) -> set[str]:
    """Feeds that the ledger knows, or whose table was ever written: the others have no row to look at, and each costs a scan."""
    duck.create_layer_views(con, settings.bronze, "bronze", tables={"payload"})
    known = (
        con.execute("select distinct feed from bronze.payload").fetchall() if "bronze.payload" in _tables(con) else []
    )
    written = {
        feed
        for feed, (table, _) in profile.parts.items()
        if lake.newest_version(settings.bronze / table.split(".")[1]) != 0
    }
    return {row[0] for row in known} | written


def _show(con: duckdb.DuckDBPyConnection, settings: Settings, profile: Profile) -> None:
    """Views over the tables that the profile reads; one that is not there is missed when it is judged."""
    wanted: dict[str, set[str]] = {}
    for source in profile.sources:
        schema, table = source.split(".")
        wanted.setdefault(schema, set()).add(table)
    for schema in sorted(wanted.keys() - {suites.SCHEMA}):
        duck.create_layer_views(con, settings.layer_path(schema), schema, tables=wanted[schema])
    if profile.parts and "bronze.payload" in _tables(con):  # each part asks the ledger
        con.execute("create or replace temp table ledger as select * from bronze.payload")
        con.execute("create or replace view bronze.payload as select * from temp.ledger")


def _new_payloads(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    profiles: Sequence[Profile],
    feeds: Mapping[str, Sequence[str]] | None,
) -> str:
    """The table of newly landed payloads, where a profile asks for it; returns a hash of them, '' without."""
    table = f"{suites.SCHEMA}.new_payload"
    if table not in {source for p in profiles for source in p.sources}:
        return ""
    con.execute(f"create schema if not exists {suites.SCHEMA}")
    con.execute(f"create or replace table {table} (feed varchar, payload_sha256 varchar)")
    duck.create_layer_views(con, settings.bronze, "bronze", tables={"payload", "publication"})
    present = _tables(con)
    if feeds is not None:
        pairs = [(feed, sha) for feed, hashes in feeds.items() for sha in hashes]
        if pairs:
            con.executemany(f"insert into {table} values (?, ?)", pairs)
    elif "bronze.payload" in present:
        published = (
            "bronze.publication"
            if "bronze.publication" in present
            else "(select null as feed, 0 as published_seq where false)"
        )
        con.execute(
            f"insert into {table} select p.feed, p.payload_sha256 from bronze.payload as p "
            f"left join {published} as s on p.feed = s.feed where p.landed_seq > coalesce(s.published_seq, 0)"
        )
    row = con.execute(f"select md5(string_agg(feed || payload_sha256, ',' order by all)) from {table}").fetchone()
    return str(row[0]) if row else ""


def _tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    found = con.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
    return {row[0] for row in found}


def _judge_table(
    con: duckdb.DuckDBPyConnection, profile: Profile, rules: list[TableRule], settings: Settings | None
) -> list[GateResult]:
    """One suite. Whatever goes wrong while judging is a failed gate with the error as its observation."""
    missing = sorted(set(profile.sources) - _tables(con))
    if missing:
        return [_failure(profile, rule, f"table {', '.join(missing)} does not exist") for rule in rules]
    try:
        rows = _profile_rows(con, profile)
        verdicts = suites.validate(profile, rules)
        if settings is not None:
            _keep_for_docs(settings, profile, verdicts)
        by_rule = {v.expectation_config.meta["rule_id"]: v for v in verdicts.results}  # type: ignore[union-attr, index]
    except Exception as error:
        return [_failure(profile, rule, f"the gate crashed: {type(error).__name__}: {error}"[:1000]) for rule in rules]
    results: list[GateResult] = []
    for rule in rules:
        if rule.id not in by_rule:
            results.append(_failure(profile, rule, "the gate gave no verdict"))
        else:
            results += _verdicts(profile, rule, rows, by_rule[rule.id])
    return results


def _profile_rows(con: duckdb.DuckDBPyConnection, profile: Profile) -> list[dict[str, Any]]:
    """Build the profile table and return its rows."""
    table = f'{suites.SCHEMA}."{profile.suite}"'
    con.execute(
        f"create or replace table {table} as "
        f"select row_number() over () as {suites.ROW}, * from ({profile.sql}) as profiled"
    )
    cursor = con.execute(f"select * from {table} order by {suites.ROW}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _verdicts(profile: Profile, rule: TableRule, rows: list[dict[str, Any]], verdict: Any) -> list[GateResult]:
    """One result per feed where the profile tells feeds apart, else one for the table."""
    crashed = _exception(verdict.exception_info)
    if crashed:
        return [_failure(profile, rule, f"the gate crashed: {crashed}"[:1000])]
    if not rows:
        return [_result(profile, rule, profile.feed, [], [], verdict.success)]
    failing = _failing_rows(rule, rows, verdict)
    if "feed" not in profile.entity:
        return [_result(profile, rule, profile.feed, rows, [r for r in rows if r[suites.ROW] in failing], not failing)]
    results = []
    for feed in sorted({str(r["feed"]) for r in rows}):
        own = [r for r in rows if str(r["feed"]) == feed]
        bad = [r for r in own if r[suites.ROW] in failing]
        results.append(_result(profile, rule, feed, own, bad, not bad))
    return results


def _failing_rows(rule: TableRule, rows: list[dict[str, Any]], verdict: Any) -> set[int]:
    """Numbers of the profile rows that failed: those the expectation names, and those whose metric has no value."""
    named = {int(entry[suites.ROW]) for entry in verdict.result.get("unexpected_index_list") or ()}
    without_value = {int(r[suites.ROW]) for r in rows if r[rule.metric] is None}
    if not verdict.success and not named | without_value:
        return {int(r[suites.ROW]) for r in rows}
    return named | without_value


def _exception(info: Any) -> str:
    """The message of an exception raised inside an expectation; '' without one."""
    if not isinstance(info, Mapping):
        return ""
    if info.get("raised_exception"):
        return str(info.get("exception_message"))
    nested = [v for v in info.values() if isinstance(v, Mapping) and v.get("raised_exception")]
    return str(nested[0].get("exception_message")) if nested else ""


def _result(
    profile: Profile, rule: TableRule, feed: str, rows: list[dict[str, Any]], bad: list[dict[str, Any]], passed: bool
) -> GateResult:
    evaluated = sum(int(r[rule.evaluated] or 0) for r in rows)
    failed = sum(int(r[rule.failed] or 0) for r in bad)
    observed = _observed(profile, rule, bad or rows) if rows else NO_ROWS
    if rows and evaluated == 0 and passed:
        observed = NO_ROWS
    return GateResult(
        profile.check_name, rule.id, profile.layer, profile.table, feed, rule.severity, bool(passed), failed, evaluated,
        observed, rule.reason,
    )  # fmt: skip


def _observed(profile: Profile, rule: TableRule, rows: list[dict[str, Any]], most: int = 5) -> str:
    """The metric of the most telling rows: `quarantined_pct 10 (load, nyiso_pal, archive:…)`."""
    ranked = sorted(rows, key=lambda r: (r[rule.metric] is not None, -abs(float(r[rule.metric] or 0))))
    texts = []
    for row in ranked[:most]:
        entity = ", ".join(str(row[name]) for name in profile.entity)
        value = "has no value" if row[rule.metric] is None else f"{float(row[rule.metric]):.6g}"
        texts.append(f"{rule.metric} {value}" + (f" ({entity})" if entity else ""))
    more = f"; and {len(ranked) - most} more" if len(ranked) > most else ""
    return "; ".join(texts) + more


def _failure(profile: Profile, rule: TableRule, observed: str) -> GateResult:
    return GateResult(
        profile.check_name, rule.id, profile.layer, profile.table, profile.feed, rule.severity, False, 0, 0,
        observed, rule.reason,
    )  # fmt: skip


def _keep_for_docs(settings: Settings, profile: Profile, verdicts: Any) -> None:
    """The suite's latest validation as Great Expectations' own JSON, from which Data Docs are rendered."""
    folder = settings.gx / "validations"
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(verdicts.to_json_dict(), default=str)
    (folder / f"{profile.suite}.json").write_text(text, encoding="utf-8")
