"""The row rules, run through the generated macros in DuckDB on their own examples."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import jinja2
import pytest

from expectations.catalogue import RowRule, load_catalogue
from gridlake.settings import PROJECT_ROOT

MACROS = PROJECT_ROOT / "dbt_project" / "macros" / "rules.sql"
SQL_TYPES = {
    "text": "varchar",
    "double": "double",
    "timestamp": "timestamp",
    "boolean": "boolean",
    "integer": "integer",
}
CATALOGUE = load_catalogue()
SQL_RULES = [r for r in CATALOGUE.row_rules if r.raised_by == "macro"]


class _Exceptions:
    @staticmethod
    def raise_compiler_error(message: str) -> str:
        raise ValueError(message)


@pytest.fixture(scope="module")
def macros() -> Any:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.globals["exceptions"] = _Exceptions()
    return environment.from_string(MACROS.read_text(encoding="utf-8")).module


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def judge(con: duckdb.DuckDBPyConnection, macros: Any, subject: str, row: dict[str, Any]) -> dict[str, Any]:
    """All four expressions over one row; columns that the row does not name are NULL."""
    columns = CATALOGUE.subjects[subject]
    unknown = set(row) - set(columns)
    assert not unknown, f"example names unknown columns {unknown}"
    frame = ", ".join(f"cast(${name} as {SQL_TYPES[kind]}) as {name}" for name, kind in columns.items())
    sql = (
        f"select {macros.rule_flags(subject)} as flags, {macros.rule_errors(subject)} as errors, "
        f"{macros.rule_error_ids(subject)} as error_ids, {macros.rule_score(subject)} as score from (select {frame})"
    )
    cursor = con.execute(sql, {name: row.get(name) for name in columns})
    names = [d[0] for d in cursor.description]
    return dict(zip(names, cursor.fetchone() or (), strict=True))


@pytest.mark.parametrize("rule", SQL_RULES, ids=lambda r: r.id)
def test_examples(rule: RowRule, con: duckdb.DuckDBPyConnection, macros: Any) -> None:
    assert rule.passing, "a rule needs a passing example"
    assert rule.failing, "a rule needs a failing example"
    for row in rule.passing:
        assert rule.id not in judge(con, macros, rule.subject, dict(row))["flags"].split(","), row
    for row in rule.failing:
        verdict = judge(con, macros, rule.subject, dict(row))
        assert rule.id in verdict["flags"].split(","), row
        assert verdict["score"] < 100
        assert (rule.id in verdict["error_ids"].split(",")) == (rule.severity == "error")


@pytest.mark.parametrize("subject", sorted(CATALOGUE.subjects))
def test_a_row_of_nulls_is_judged_without_null(subject: str, con: duckdb.DuckDBPyConnection, macros: Any) -> None:
    verdict = judge(con, macros, subject, {})
    assert all(value is not None for value in verdict.values())
    assert 0 <= verdict["score"] <= 100
    assert verdict["flags"] == ",".join(sorted(filter(None, verdict["flags"].split(","))))


def test_score_weighs_passed_against_applying_rules(con: duckdb.DuckDBPyConnection, macros: Any) -> None:
    """-351 MW: of the rules that apply only the one on negative loads fails."""
    row = {"load_mw": -351.2, "load_text": "-351.2"}
    verdict = judge(con, macros, "load", row)
    applying = [r for r in CATALOGUE.for_subject("load") if r.id in ("LD01", "LD02", "LD03", "LD05")]
    failed = sum(r.weight for r in applying if r.id == "LD05")
    assert verdict["flags"] == "LD05"
    assert verdict["errors"] is True
    assert verdict["score"] == pytest.approx(100 * (1 - failed / sum(r.weight for r in applying)), abs=0.005)


def test_flags_are_sorted_and_joined(con: duckdb.DuckDBPyConnection, macros: Any) -> None:
    verdict = judge(
        con, macros, "load", {"load_mw": 1e6, "load_text": "1000000", "previous_load_mw": 1500, "typical_load_mw": 1500}
    )
    assert verdict["flags"] == "LD03,LD04,LD07"
    assert verdict["error_ids"] == "LD03,LD04"


@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
def test_numbers_that_are_none_are_errors(text: str, con: duckdb.DuckDBPyConnection, macros: Any) -> None:
    """DuckDB casts these texts to a double: none may pass for a load."""
    assert judge(con, macros, "load", {"load_mw": float(text), "load_text": text})["errors"] is True


def test_unknown_subject_is_an_error(macros: Any) -> None:
    with pytest.raises(ValueError, match="no row rules for subject 'tides'"):
        macros.rule_flags("tides")


def test_predicates_stay_portable() -> None:
    """Only functions that DuckDB and Snowflake spell alike."""
    allowed = {"abs", "coalesce", "upper", "trim", "length", "in", "and", "or", "not"}
    for rule in SQL_RULES:
        for predicate in (rule.applies, rule.fails):
            assert not re.search(r"[{}\\\[\]]|::", predicate), rule.id
            used = set(re.findall(r"([a-z_]+)\s*\(", re.sub(r"'[^']*'", "", predicate)))
            assert used <= allowed, f"{rule.id}: {used - allowed}"
