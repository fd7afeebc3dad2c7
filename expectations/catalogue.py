"""The rule catalogue: reads `expectations/rules/*.yml` and hands out rules, with their limits filled in.

Two levels. A row rule is a pair of SQL predicates over a subject's typed columns (`applies`, `fails`), evaluated once,
while silver is built, by the macros that `expectations.generate` writes. A table rule is one Great Expectations
expectation over a metric of a table's profile (a small aggregate), run by `expectations.runner`.

Invariants: an id occurs once; a limit is written once and named as `{limit}`, or `{LD03.limit}` from another rule.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from gridlake.errors import GridlakeError
from gridlake.yaml_files import read_yaml

RULES = Path(__file__).parent / "rules"
FEEDS = Path(__file__).parent / "feeds.yml"  # written by extract from the feeds' declarations
SEVERITIES = ("error", "warn")
_PLACEHOLDER = re.compile(r"\{(?:([A-Z]+\d+)\.)?(\w+)\}")

Row = Mapping[str, Any]
Tables = Mapping[str, list[Row]]


class CatalogueError(GridlakeError):
    """The rule catalogue contradicts itself."""


@dataclass(frozen=True)
class Rule:
    """What every rule has. `reason` is for users; `limit_source` says where the limit comes from."""

    id: str
    title: str
    subject: str
    layer: str
    severity: str
    weight: int
    reason: str
    limit_source: str
    params: Mapping[str, Any]

    @property
    def level(self) -> str:
        return "row" if isinstance(self, RowRule) else "table"


@dataclass(frozen=True)
class RowRule(Rule):
    """A row fails when `applies and fails`; a predicate that is NULL counts as false.

    Parsers raise the rules with `raised_by` themselves; those have no SQL.
    """

    applies: str = "true"
    fails: str = "false"
    raised_by: str = "macro"
    passing: tuple[Row, ...] = ()
    failing: tuple[Row, ...] = ()


@dataclass(frozen=True)
class TableRule(Rule):
    """An expectation on one column (`metric`) of the profile of each of `tables`.

    `failed` names the profile column that counts the failed rows, `evaluated` the one that counts all; `failing` are
    tables, as rows, on which the rule must fail for the first of `tables`: `{"silver.int_x": [{...}]}`.
    """

    tables: tuple[str, ...] = ()
    expectation: str = ""
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    failed: str = ""
    evaluated: str = "rows_total"
    failing: Tables = field(default_factory=dict)

    @property
    def metric(self) -> str:
        return str(self.kwargs["column"])


@dataclass(frozen=True)
class Profile:
    """The aggregate that a table's rules look at: `sql` gives one row per combination of `entity`.

    `feed` where the whole table belongs to one feed. `sources` (table to column to type) are the columns that the
    SQL reads, from which tests build their tiny frames. `healthy` are tables, as rows, on which all its rules hold. `parts` where
    the SQL is a union over feeds: feed to its table and its part.
    """

    layer: str
    table: str
    sql: str
    entity: tuple[str, ...]
    feed: str
    sources: Mapping[str, Mapping[str, str]]
    healthy: Tables = field(default_factory=dict)
    parts: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def of_feeds(self, feeds: Collection[str]) -> Profile:
        """The profile over some of its feeds alone; as it is where it is not made of parts, and over the first where none is named."""
        chosen = {feed: part for feed, part in self.parts.items() if feed in feeds} or dict(
            list(self.parts.items())[:1]
        )
        if not chosen:
            return self
        kept = {table for table, _ in chosen.values()}
        dropped = {table for table, _ in self.parts.values()} - kept
        return replace(
            self,
            sql="\nunion all\n".join(sql for _, sql in chosen.values()),
            sources={name: columns for name, columns in self.sources.items() if name not in dropped},
            parts=chosen,
        )

    @property
    def suite(self) -> str:
        return f"{self.layer}.{self.table}"

    @property
    def check_name(self) -> str:
        return f"gx__{self.suite}"


@dataclass(frozen=True)
class Catalogue:
    """All rules. `subjects` are the subjects with row rules and the columns their predicates may use."""

    row_rules: tuple[RowRule, ...]
    table_rules: tuple[TableRule, ...]
    profiles: tuple[Profile, ...]
    subjects: Mapping[str, Mapping[str, str]]

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(sorted([*self.row_rules, *self.table_rules], key=lambda r: r.id))

    def rule(self, rule_id: str) -> Rule:
        """Raises `KeyError` for an unknown id."""
        return {r.id: r for r in self.rules}[rule_id]

    def for_subject(self, subject: str) -> list[RowRule]:
        """The SQL row rules of `subject`, by id. Raises `KeyError` for a subject without any."""
        found = sorted(
            (r for r in self.row_rules if r.subject == subject and r.raised_by == "macro"), key=lambda r: r.id
        )
        if not found:
            raise KeyError(subject)
        return found

    def for_table(self, layer: str, table: str) -> list[TableRule]:
        return [r for r in self.table_rules if r.layer == layer and table in r.tables]

    def profiles_of(self, layer: str) -> list[Profile]:
        return [p for p in self.profiles if p.layer == layer]


@cache
def load_catalogue(root: Path = RULES) -> Catalogue:
    """The catalogue under `root`. Raises `CatalogueError` when an id repeats or a record is incomplete."""
    documents = [_read(path) for path in sorted(root.glob("*.yml"))]
    limits = _limits(documents)
    row_rules: list[RowRule] = []
    table_rules: list[TableRule] = []
    profiles: list[Profile] = []
    subjects: dict[str, Mapping[str, str]] = {}
    for document in documents:
        if "profiles" in document:
            for record in document["profiles"]:
                made, rules = _profile(document["layer"], record, limits)
                profiles += made
                table_rules += rules
        else:
            if document.get("columns"):
                subjects[document["subject"]] = document["columns"]
            row_rules += [_row_rule(document["subject"], record, limits) for record in document["rules"]]
    return Catalogue(tuple(row_rules), tuple(table_rules), tuple(profiles), subjects)


def _read(path: Path) -> dict[str, Any]:
    document = read_yaml(path)
    if not isinstance(document, dict) or not {"rules", "profiles"} & set(document):
        raise CatalogueError(f"{path} holds neither rules nor profiles.", "See the other files of the folder.")
    return document


def _records(documents: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for document in documents:
        yield from document.get("rules", [])
        for profile in document.get("profiles", []):
            yield from profile["rules"]


def _limits(documents: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    limits: dict[str, dict[str, Any]] = {}
    for record in _records(documents):
        rule_id = record["id"]
        if rule_id in limits:
            raise CatalogueError(f"Rule {rule_id} is written twice.", "Give the second one its own number.")
        limits[rule_id] = record.get("params", {})
        if record["severity"] not in SEVERITIES:
            raise CatalogueError(f"Rule {rule_id} has severity '{record['severity']}'.", "Use error or warn.")
    return limits


def _fill(value: Any, own: Mapping[str, Any], limits: Mapping[str, Mapping[str, Any]]) -> Any:
    """`value` with its placeholders replaced; a text that is one placeholder becomes the limit itself, typed."""
    if not isinstance(value, str):
        return value

    def look_up(match: re.Match[str]) -> Any:
        source = limits.get(match[1], {}) if match[1] else own
        if match[2] not in source:
            raise CatalogueError(f"{match[0]} names no limit.", "Write it under `params`, or correct the name.")
        return source[match[2]]

    whole = _PLACEHOLDER.fullmatch(value)
    return look_up(whole) if whole else _PLACEHOLDER.sub(lambda m: str(look_up(m)), value)


def _common(record: dict[str, Any], subject: str, layer: str) -> dict[str, Any]:
    try:
        return {
            "id": record["id"],
            "title": record["title"],
            "subject": subject,
            "layer": layer,
            "severity": record["severity"],
            "weight": int(record["weight"]),
            "reason": record["reason"],
            "limit_source": record["limit_source"],
            "params": record.get("params", {}),
        }
    except KeyError as missing:
        raise CatalogueError(f"Rule {record.get('id', '?')} lacks {missing}.", "Complete its record.") from missing


def _row_rule(subject: str, record: dict[str, Any], limits: Mapping[str, Mapping[str, Any]]) -> RowRule:
    examples = record.get("examples", {})
    own = record.get("params", {})
    return RowRule(
        **_common(record, subject, record["layer"]),
        applies=_fill(record.get("applies", "true"), own, limits),
        fails=_fill(record.get("fails", "false"), own, limits),
        raised_by=record.get("raised_by", "macro"),
        passing=_rows(examples.get("pass")),
        failing=_rows(examples.get("fail")),
    )


def _rows(examples: Row | list[Row] | None) -> tuple[Row, ...]:
    if examples is None:
        return ()
    return tuple(examples) if isinstance(examples, list) else (examples,)


def _profile(
    layer: str, record: dict[str, Any], limits: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Profile], list[TableRule]]:
    """One profile per table it is written for (`for_each`, or `table`), and its rules.

    `for_each_feed`: one profile `table` over the union of its SQL for every feed of `feeds.yml`.
    """
    if record.get("for_each_feed"):
        return _profile_over_feeds(layer, record, limits)
    instances: list[dict[str, Any]] = record.get("for_each") or [{"table": record["table"]}]
    profiles = [
        Profile(
            layer=layer,
            table=instance["table"],
            sql=_fill(record["sql"], instance, limits),
            entity=tuple(record.get("entity", ())),
            feed=instance.get("feed", record.get("feed", "")),
            sources=_fill_all(record["sources"], instance, limits),
            healthy=_fill_all(record["healthy"], instance, limits),
        )
        for instance in instances
    ]
    tables = tuple(p.table for p in profiles)
    rules = [_table_rule(layer, record, rule, tables, instances[0], limits) for rule in record["rules"]]
    return profiles, rules


def _profile_over_feeds(
    layer: str, record: dict[str, Any], limits: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Profile], list[TableRule]]:
    """One profile over all feeds; examples are written for the first of them."""
    instances: list[dict[str, Any]] = read_yaml(FEEDS)
    sources: dict[str, dict[str, str]] = {}
    for instance in instances:
        for table, columns in _fill_all(record["sources"], instance, limits).items():
            sources.setdefault(table, {}).update(columns)
        sources[f"{layer}.{instance['table']}"] |= dict.fromkeys(instance["columns"], "text")
    profile = Profile(
        layer=layer,
        table=record["table"],
        sql="\nunion all\n".join(_fill(record["sql"], instance, limits) for instance in instances),
        entity=tuple(record["entity"]),
        feed="",
        sources=sources,
        healthy=_fill_all(record["healthy"], instances[0], limits),
        parts={i["feed"]: (f"{layer}.{i['table']}", _fill(record["sql"], i, limits)) for i in instances},
    )
    rules = [_table_rule(layer, record, rule, (profile.table,), instances[0], limits) for rule in record["rules"]]
    return [profile], rules


def _fill_all(value: Any, own: Mapping[str, Any], limits: Mapping[str, Mapping[str, Any]]) -> Any:
    """`_fill` through mappings (keys too) and lists."""
    if isinstance(value, dict):
        return {_fill(k, own, limits): _fill_all(v, own, limits) for k, v in value.items()}
    if isinstance(value, list):
        return [_fill_all(v, own, limits) for v in value]
    return _fill(value, own, limits)


def _table_rule(
    layer: str,
    profile: dict[str, Any],
    record: dict[str, Any],
    tables: tuple[str, ...],
    instance: Mapping[str, Any],
    limits: Mapping[str, Mapping[str, Any]],
) -> TableRule:
    own = record.get("params", {})
    return TableRule(
        **_common(record, profile["subject"], layer),
        tables=tables,
        expectation=record["expectation"],
        kwargs={name: _fill(value, own, limits) for name, value in record["kwargs"].items()},
        failed=record.get("failed", record["kwargs"]["column"]),
        evaluated=record.get("evaluated", "rows_total"),
        failing=_fill_all(record.get("failing", {}), instance, limits),
    )
