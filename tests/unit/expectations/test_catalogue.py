"""The catalogue as a whole: numbering, limits, words, and that what is generated from it is up to date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from expectations.catalogue import CatalogueError, load_catalogue
from expectations.generate import generated_files, outdated
from gridlake.contracts import PAYLOAD, REFUSED
from gridlake.settings import PROJECT_ROOT

CATALOGUE = load_catalogue()

RULE = """
subject: load
columns: {load_mw: double}
rules:
  - {id: XX01, title: t, layer: silver, severity: error, weight: 3, reason: r, limit_source: s,
     params: {top: 5}, fails: "load_mw > {top}"}
"""


def test_there_are_enough_rules_of_both_kinds() -> None:
    assert len(CATALOGUE.row_rules) >= 25
    assert len(CATALOGUE.table_rules) >= 25
    assert len({r.id for r in CATALOGUE.rules}) == len(CATALOGUE.rules)


@pytest.mark.parametrize("rule", CATALOGUE.rules, ids=lambda r: r.id)
def test_every_rule_speaks_to_users(rule: object) -> None:
    assert rule.title  # type: ignore[attr-defined]
    assert rule.reason.endswith(".")  # type: ignore[attr-defined]
    assert len(rule.reason) > 30  # type: ignore[attr-defined]
    assert rule.limit_source.endswith(".")  # type: ignore[attr-defined]
    assert rule.weight >= 1  # type: ignore[attr-defined]


def test_no_two_rules_say_the_same() -> None:
    seen: dict[tuple[str, str, str], str] = {}
    for rule in CATALOGUE.row_rules:
        if rule.raised_by == "macro":
            key = (rule.subject, rule.applies, rule.fails)
            assert key not in seen, f"{rule.id} repeats {seen[key]}"
            seen[key] = rule.id


def test_generated_files_are_up_to_date() -> None:
    stale = outdated(generated_files(CATALOGUE))
    assert stale == [], "run `python -m expectations.generate`"


def test_rules_that_parsers_raise_are_catalogued() -> None:
    """Every rule id that stands in the sources of `extract` exists, and is one that parsers may raise."""
    sources = "\n".join(p.read_text(encoding="utf-8") for p in (PROJECT_ROOT / "extract").rglob("*.py"))
    raised = {r.id for r in CATALOGUE.row_rules if r.raised_by == "parser"}
    assert set(re.findall(r"[\"'](L\d{2})[\"']", sources)) <= raised


def test_profiles_read_columns_that_exist() -> None:
    """Against the contracts of bronze (the feeds') and gold (dbt's)."""
    from extract.catalogue import FEEDS

    columns = {f"bronze.{feed.table}": set(feed.contract.column_names) for feed in FEEDS}
    columns |= {f"bronze.{contract.name}": set(contract.column_names) for contract in (PAYLOAD, REFUSED)}
    for path in (PROJECT_ROOT / "dbt_project" / "models" / "gold").glob("*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            columns[f"gold.{model['name']}"] = {column["name"] for column in model["columns"]}
    for profile in CATALOGUE.profiles:
        for table, used in profile.sources.items():
            if table.split(".")[0] in ("bronze", "gold"):
                assert set(used) <= columns[table], f"{profile.suite} reads {set(used) - columns[table]} of {table}"


def test_every_bronze_table_has_gates() -> None:
    from extract.catalogue import FEEDS

    (landed,) = CATALOGUE.profiles_of("bronze")
    assert set(landed.sources) - {"bronze.payload"} == {f"bronze.{feed.table}" for feed in FEEDS}
    assert all(f"'{feed.name}' as feed" in landed.sql for feed in FEEDS)


def test_limits_are_filled_in(tmp_path: Path) -> None:
    (tmp_path / "load.yml").write_text(RULE)
    rule = load_catalogue(tmp_path).for_subject("load")[0]
    assert rule.fails == "load_mw > 5"
    assert rule.level == "row"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("{top}", "{bottom}"), "names no limit"),
        (("severity: error", "severity: fatal"), "severity 'fatal'"),
        (("reason: r, ", ""), "lacks 'reason'"),
    ],
)
def test_contradictions_are_refused(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    (tmp_path / "load.yml").write_text(RULE.replace(*change))
    with pytest.raises(CatalogueError, match=message):
        load_catalogue(tmp_path)


def test_an_id_occurs_once(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(RULE)
    (tmp_path / "b.yml").write_text(RULE)
    with pytest.raises(CatalogueError, match="XX01 is written twice"):
        load_catalogue(tmp_path)


def test_a_file_without_rules_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("subject: load\n")
    with pytest.raises(CatalogueError, match="neither rules nor profiles"):
        load_catalogue(tmp_path)
