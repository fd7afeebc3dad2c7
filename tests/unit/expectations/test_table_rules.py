"""The table rules, run through Great Expectations on their own examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import pytest

from expectations import runner
from expectations.catalogue import Profile, TableRule, load_catalogue

CATALOGUE = load_catalogue()
SQL_TYPES = {
    "text": "varchar", "double": "double", "bigint": "bigint", "integer": "integer", "timestamp": "timestamp",
    "boolean": "boolean", "date": "date",
}  # fmt: skip


def lake_with(profile: Profile, tables: Mapping[str, list[Mapping[str, Any]]]) -> duckdb.DuckDBPyConnection:
    """A database with every table the profile reads; those not in `tables` are empty."""
    unknown = set(tables) - set(profile.sources)
    assert not unknown, f"the example names tables {unknown} that the profile does not read"
    con = duckdb.connect()
    for name, columns in profile.sources.items():
        con.execute(f"create schema if not exists {name.split('.')[0]}")
        con.execute(f"create table {name} ({', '.join(f'{c} {SQL_TYPES[t]}' for c, t in columns.items())})")
        for row in tables.get(name, []):
            marks = ", ".join("?" * len(row))
            con.execute(f"insert into {name} ({', '.join(row)}) values ({marks})", list(row.values()))
    return con


def profile_of(rule: TableRule) -> Profile:
    return next(p for p in CATALOGUE.profiles if p.layer == rule.layer and p.table == rule.tables[0])


@pytest.mark.parametrize("rule", CATALOGUE.table_rules, ids=lambda r: r.id)
def test_each_rule_fails_on_its_failing_example(rule: TableRule) -> None:
    assert rule.failing, "a rule needs a failing example"
    profile = profile_of(rule)
    with lake_with(profile, rule.failing) as con:
        verdicts = [r for r in runner.judge(con, [profile]) if r.rule_id == rule.id]
    assert [v.passed for v in verdicts] == [False], verdicts
    verdict = verdicts[0]
    assert "crashed" not in verdict.observed
    assert rule.metric in verdict.observed
    assert verdict.failed_rows > 0
    assert verdict.severity == rule.severity
    assert verdict.blocks == (rule.severity == "error")
    assert verdict.reason == rule.reason


@pytest.mark.parametrize("profile", CATALOGUE.profiles, ids=lambda p: p.suite)
def test_all_rules_hold_on_healthy_tables(profile: Profile) -> None:
    with lake_with(profile, profile.healthy) as con:
        verdicts = runner.judge(con, [profile])
    rules = CATALOGUE.for_table(profile.layer, profile.table)
    assert {v.rule_id for v in verdicts} == {r.id for r in rules}
    assert not [(v.rule_id, v.observed) for v in verdicts if not v.passed]
    assert all(v.evaluated_rows > 0 for v in verdicts)
    assert {v.check_name for v in verdicts} == {f"gx__{profile.layer}.{profile.table}"}


@pytest.mark.parametrize("profile", CATALOGUE.profiles, ids=lambda p: p.suite)
def test_empty_tables_pass_and_say_so(profile: Profile) -> None:
    with lake_with(profile, {}) as con:
        verdicts = runner.judge(con, [profile])
    assert len(verdicts) == len(CATALOGUE.for_table(profile.layer, profile.table))
    assert all(v.passed and v.observed == runner.NO_ROWS and v.evaluated_rows == 0 for v in verdicts)


def test_feeds_are_judged_apart() -> None:
    """Two feeds in one table: the bad one fails, the good one passes."""
    profile = next(p for p in CATALOGUE.profiles if p.suite == "silver.int_landed_quality")
    quality = {"subject": "load", "rows_total": 1000, "rows_flagged": 0, "average_score": 99.0}
    rows = [
        {**quality, "feed": "good", "api_endpoint": "archive:1", "rows_bad": 20, "quarantined_pct": 2.0},
        {**quality, "feed": "bad", "api_endpoint": "archive:2", "rows_bad": 21, "quarantined_pct": 2.1},
        {**quality, "feed": "bad", "api_endpoint": "archive:3", "rows_bad": 0, "quarantined_pct": 0.0},
    ]
    with lake_with(profile, {"silver.int_landed_quality": rows}) as con:
        verdicts = {v.feed: v for v in runner.judge(con, [profile]) if v.rule_id == "SV01"}
    assert verdicts["good"].passed
    assert not verdicts["bad"].passed
    assert (verdicts["bad"].failed_rows, verdicts["bad"].evaluated_rows) == (21, 2000)
    assert verdicts["bad"].observed == "quarantined_pct 2.1 (load, bad, archive:2)"


def test_a_metric_without_a_value_is_a_failure() -> None:
    """Great Expectations skips nulls; a share that could not be computed must not pass for a good one."""
    profile = next(p for p in CATALOGUE.profiles if p.suite == "silver.int_completeness__feed")
    row = {"feed": "f", "subject": "load", "expected_intervals": 10, "received_intervals": 10, "hole_intervals": 0}
    with lake_with(profile, {"silver.int_completeness__feed": [{**row, "tolerance_pct": 5.0}]}) as con:
        verdict = next(v for v in runner.judge(con, [profile]) if v.rule_id == "SV04")
    assert not verdict.passed
    assert "excess_pct has no value" in verdict.observed


def test_the_quarantine_limit_is_inclusive() -> None:
    rule = CATALOGUE.rule("SV01")
    assert isinstance(rule, TableRule)
    assert rule.kwargs["max_value"] == 2
