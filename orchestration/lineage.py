"""Column lineage: from which raw columns a column of gold takes its values, read out of the compiled SQL.

Belongs here: following names through SQL. A column's origins are the columns its expression reads, followed through CTEs,
subqueries and unions; conditions of joins and filters decide which rows there are, not what a value is made of, and are left
out. What cannot be followed is said to be unresolved, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

Column = tuple[str, str]  # table, column
UNKNOWN = "?"  # the table of a column that SQL does not say the table of
DELTA_SCAN = re.compile(r"delta_scan\('[^']*?/(\w+)/(\w+)'(?:,[^)]*)?\)")


@dataclass
class Lineage:
    """What is known of each model: its columns with the columns of other tables they read. `unread` models did not parse."""

    columns: dict[str, dict[str, frozenset[Column]]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)

    def raw(self, table: str, column: str) -> tuple[frozenset[Column], bool]:
        """The columns outside the models that `table.column` comes from at last, and whether all ways could be followed."""
        return self._raw(table, column, ())

    def _raw(self, table: str, column: str, seen: tuple[Column, ...]) -> tuple[frozenset[Column], bool]:
        if table in self.unread or table == UNKNOWN:
            return frozenset(), False
        if table not in self.columns:
            return frozenset({(table, column)}), True
        if (table, column) in seen or column not in self.columns[table]:
            return frozenset(), (table, column) in seen
        found: set[Column] = set()
        whole = True
        for upstream in self.columns[table][column]:
            raw, resolved = self._raw(*upstream, (*seen, (table, column)))
            found |= raw
            whole = whole and resolved
        return frozenset(found), whole


def trace(compiled: Mapping[str, str], outside: Mapping[str, list[str]]) -> Lineage:
    """Lineage of models. compiled: SQL by model, in an order in which each stands after what it reads. outside: columns of
    the tables no model makes (bronze, seeds)."""
    known: dict[str, list[str]] = dict(outside)
    lineage = Lineage()
    for model, sql in compiled.items():
        try:
            columns = _columns(sql, known)
        except (SqlglotError, RecursionError, KeyError, ValueError) as error:
            lineage.unread[model] = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            continue
        lineage.columns[model] = columns
        known[model] = list(columns)
    return lineage


def _columns(sql: str, known: Mapping[str, list[str]]) -> dict[str, frozenset[Column]]:
    tree = parse_one(DELTA_SCAN.sub(r"\1__\2", sql), dialect="duckdb")
    for table in tree.find_all(exp.Table):  # "warehouse"."silver"."int_x" is int_x
        table.set("db", None)
        table.set("catalog", None)
    schema: dict[str, object] = {name: dict.fromkeys(columns, "text") for name, columns in known.items()}
    tree = qualify(tree, dialect="duckdb", schema=schema, validate_qualify_columns=False, quote_identifiers=False)
    scope = build_scope(tree)
    if scope is None:
        raise ValueError("holds no SELECT")
    return _Reader().outputs(scope)


class _Reader:
    """Follows columns within one statement; every scope is read once."""

    def __init__(self) -> None:
        self.done: dict[int, dict[str, frozenset[Column]]] = {}

    def outputs(self, scope: Scope) -> dict[str, frozenset[Column]]:
        if id(scope) not in self.done:
            self.done[id(scope)] = self._union(scope) if scope.set_operation_scopes else self._select(scope)
        return self.done[id(scope)]

    def _union(self, scope: Scope) -> dict[str, frozenset[Column]]:
        parts = [list(self.outputs(part).items()) for part in scope.set_operation_scopes]
        names = [name for name, _ in parts[0]]
        if len({len(part) for part in parts}) > 1:
            raise ValueError("the parts of a union differ in their columns")
        return {name: frozenset().union(*(part[i][1] for part in parts)) for i, name in enumerate(names)}

    def _select(self, scope: Scope) -> dict[str, frozenset[Column]]:
        selects: list[exp.Expression] = getattr(scope.expression, "selects", [])  # none in a VALUES
        if scope.expression.is_star:
            raise ValueError("a star could not be spelled out")
        outputs: dict[str, frozenset[Column]] = {}
        for place, projection in enumerate(selects):
            name = projection.alias_or_name
            # The later parts of a union need not name what they select (two nulls are both called NULL): known by place.
            outputs[f"_{place}" if not name or name in outputs else name] = frozenset(
                origin for column in projection.find_all(exp.Column) for origin in self._origins(column, scope)
            )
        return outputs

    def _origins(self, column: exp.Column, scope: Scope) -> Iterator[Column]:
        source = scope.sources.get(column.table)
        if not column.table:
            source = next(iter(scope.sources.values())) if len(scope.sources) == 1 else None
            if source is None:
                yield (UNKNOWN, column.name)
                return
        inner = next((s for s in scope.subquery_scopes if column in s.columns), None)
        if source is None and inner is not None:
            source = inner.sources.get(column.table)
        if isinstance(source, Scope):
            outputs = self.outputs(source)
            if column.name not in outputs:
                raise ValueError(f"no column {column.name} in {column.table}")
            yield from outputs[column.name]
        elif isinstance(source, exp.Table):
            yield (source.name, column.name)
        elif column.table:
            raise ValueError(f"nothing called {column.table} is read")
