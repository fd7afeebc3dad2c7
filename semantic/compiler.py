"""From a Cube query to SQL for DuckDB, by the model that Cube reads too.

Belongs here: names, joins, time zones, filters, row rules, order. Does not belong here: executing anything (`engine`), or
what a member means (the model).

Invariants: every name in the SQL comes from the model, every value of the query or token is bound; joins follow
many-to-one edges only, so that no measure is counted twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gridlake.errors import UsageError
from semantic.access import ALL_REGIONS, row_rules
from semantic.members import Cube, Member, Model, View, ViewMember, substitute
from semantic.months import Months, months_within
from semantic.query import DateRange, Filter, Query, TimeDimension, date_range, instant, parse_filter, parse_query

if TYPE_CHECKING:
    from collections.abc import Mapping

_SUB_DAY = ("second", "minute", "hour")
_TEXT_OPERATORS = {
    "contains": "contains(lower({x}), lower({v}))",
    "startsWith": "starts_with(lower({x}), lower({v}))",
    "endsWith": "ends_with(lower({x}), lower({v}))",
}
_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@dataclass(frozen=True)
class Statement:
    """A query compiled: SQL with `?` for each of `parameters`, and what each column of the answer is.

    `within`: tables of which rows outside these months change nothing, so that whoever executes need not read them.
    """

    sql: str
    parameters: list[Any]
    annotation: dict[str, dict[str, str]]
    within: dict[str, Months] = field(default_factory=dict)


def annotate(model: Model, query: Query) -> dict[str, dict[str, str]]:
    """Title, unit, type, kind and description of each column that answers `query`, in order."""
    columns: dict[str, dict[str, str]] = {}
    asked = [(name, "dimension", "") for name in query.dimensions]
    asked += [(t.member, "dimension", t.granularity) for t in query.time_dimensions if t.granularity]
    asked += [(name, "measure", "") for name in query.measures]
    for name, kind, granularity in asked:
        member = model.member(name, kind)[1].member
        columns[f"{name}.{granularity}" if granularity else name] = {
            "title": member.title, "unit": member.unit, "type": _answer_type(member), "kind": kind,
            "description": member.description, "granularity": granularity,
            "calendar": "local" if member.is_local_day else "",
        }  # fmt: skip
    return columns


def _answer_type(member: Member) -> str:
    return member.type if member.type in ("string", "time", "boolean") else "number"


def check_query(model: Model, query: Query) -> View:
    """The one view the query asks. Raises `UnknownMember` or `UsageError`; shared by engine and client."""
    views = {name.partition(".")[0] for name in query.members}
    if len(views) > 1:
        raise UsageError(f"The query mixes the views {', '.join(sorted(views))}.", "Ask each view by itself.")
    view = model.view(views.pop())
    selected = {*query.measures, *query.dimensions, *(t.member for t in query.time_dimensions if t.granularity)}
    for name in query.measures:
        model.member(name, "measure")
    for name in query.dimensions:
        model.member(name, "dimension")
    for name in query.members:
        model.member(name)
    for t in query.time_dimensions:
        member = model.member(t.member, "dimension")[1].member
        if member.type != "time":
            raise UsageError(f"{t.member} is no time.", "Put it into dimensions or filters.")
        if member.is_local_day and t.granularity in _SUB_DAY:
            raise UsageError(f"{t.member} is a day.", "Use the granularity day or longer.")
    if query.timezone != "UTC":
        local = [n for n in query.members if model.member(n)[1].member.is_local_day]
        if local:
            raise UsageError(
                f"{local[0]} is a day of the region's own calendar already.", "Leave the query's time zone at UTC."
            )
    for name, _ in query.order:
        if name not in selected:
            raise UsageError(f"The order names {name}, which is not asked for.", "Ask for it, or order by another.")
    return view


class _Compiler:
    """One query on its way to SQL."""

    def __init__(self, model: Model, query: Query, claims: Mapping[str, Any]) -> None:
        self.model, self.query = model, query
        self.view = check_query(model, query)
        self.paths: dict[tuple[str, ...], None] = {(self.view.root,): None}  # insertion order: parents first
        self.where: list[str] = []
        self.having: list[str] = []
        self.where_values: list[Any] = []
        self.having_values: list[Any] = []
        self.rules = row_rules(self.view.name, self.view.policies, claims)

    # --- names to SQL
    def alias(self, path: tuple[str, ...]) -> str:
        for length in range(1, len(path) + 1):
            self.paths.setdefault(path[:length])
        return '"' + "__".join(path) + '"'

    def cube(self, path: tuple[str, ...]) -> Cube:
        return self.model.cubes[path[-1]]

    def resolve(self, path: tuple[str, ...], sql: str) -> str:
        """Model SQL with its names in braces replaced: aliases of joined cubes, expressions of members."""
        cube = self.cube(path)

        def replace(name: str) -> str:
            head, _, tail = name.partition(".")
            if head in cube.members and not tail:
                return f"({self.expression(path, cube.members[head])})"
            target = path if head in ("CUBE", cube.name) else (*path, head)
            if not tail:
                return self.alias(target)
            return f"({self.expression(target, self.cube(target).members[tail])})"

        return substitute(sql, replace)

    def expression(self, path: tuple[str, ...], member: Member) -> str:
        self.alias(path)
        body = self.resolve(path, member.sql)
        if member.kind == "dimension" or member.type in ("number", "string", "time", "boolean"):
            return body
        kept = " and ".join(f"({self.resolve(path, f)})" for f in member.filters)
        if member.type == "count":
            counted = body or "1"
            return f"count(case when {kept} then {counted} end)" if kept else f"count({body or '*'})"
        value = f"case when {kept} then {body} end" if kept else body
        if member.type == "count_distinct":
            return f"count(distinct {value})"
        return f"{member.type}({value})"

    def member_sql(self, name: str) -> tuple[ViewMember, str]:
        found = self.model.member(name)[1]
        return found, self.expression(found.path, found.member)

    # --- time
    def in_zone(self, expression: str) -> str:
        """Naive UTC as the wall clock of the query's zone."""
        stamp = f"cast({expression} as timestamp)"
        if self.query.timezone == "UTC":
            return stamp
        return f"timezone('{self.query.timezone}', timezone('UTC', {stamp}))"

    def time_column(self, t: TimeDimension) -> tuple[str, str]:
        """The truncated time, and a hidden key that keeps the two passes through a repeated autumn hour apart."""
        found, expression = self.member_sql(t.member)
        if found.member.is_local_day:
            return f"cast(date_trunc('{t.granularity}', {expression}) as date)", ""
        local = self.in_zone(expression)
        hidden = ""
        if t.granularity in _SUB_DAY and self.query.timezone != "UTC":
            hidden = f"({local} - cast({expression} as timestamp))"
        return f"date_trunc('{t.granularity}', {local})", hidden

    def dimension_column(self, name: str) -> str:
        found, expression = self.member_sql(name)
        if found.member.type != "time":
            return expression
        return f"cast({expression} as date)" if found.member.is_local_day else self.in_zone(expression)

    # --- filters
    def add_filter(self, f: Filter) -> None:
        kinds = {self.model.member(m)[1].member.kind for m in f.members()}
        if len(kinds) > 1:
            raise UsageError("A filter combines measures and dimensions.", "Filter them apart.")
        into, values = (
            (self.having, self.having_values) if kinds == {"measure"} else (self.where, self.where_values)
        )  # fmt: skip
        into.append(self.condition(f, values))

    def condition(self, f: Filter, values: list[Any]) -> str:
        if f.combine:
            return "(" + f" {f.combine} ".join(self.condition(part, values) for part in f.parts) + ")"
        found, x = self.member_sql(f.member)
        x = f"({x})"
        kind = _answer_type(found.member)
        if f.operator in ("set", "notSet"):
            return f"{x} is {'not ' if f.operator == 'set' else ''}null"
        if kind == "time":
            return self.time_condition(f, x, values)
        if f.operator in ("equals", "notEquals"):
            return self.equality(f, x, kind, values)
        if f.operator in _COMPARISONS and kind in ("number", "string"):
            values.append(_typed(f.values[0], kind, f.member))
            return f"{x} {_COMPARISONS[f.operator]} ?"
        base = f.operator[3].lower() + f.operator[4:] if f.operator.startswith("not") else f.operator
        if base in _TEXT_OPERATORS and kind == "string":
            tests = []
            for value in f.values:
                values.append(_typed(value, "string", f.member))
                tests.append(_TEXT_OPERATORS[base].format(x=x, v="?"))
            either = "(" + " or ".join(tests) + ")"
            return either if base == f.operator else f"(not {either} or {x} is null)"
        raise UsageError(f"'{f.operator}' does not fit {f.member}, a {kind}.", "Use an operator for its type.")

    def equality(self, f: Filter, x: str, kind: str, values: list[Any]) -> str:
        wanted = [v for v in f.values if v is not None]
        tests = []
        if wanted:
            values.extend(_typed(v, kind, f.member) for v in wanted)
            tests.append(f"{x} in ({', '.join('?' * len(wanted))})")
        if len(wanted) < len(f.values):
            tests.append(f"{x} is null")
        either = "(" + " or ".join(tests) + ")"
        # Cube's notEquals keeps rows without a value
        keeps_null = "" if len(wanted) < len(f.values) else f" or {x} is null"
        return either if f.operator == "equals" else f"(not {either}{keeps_null})"

    def time_condition(self, f: Filter, x: str, values: list[Any]) -> str:
        zone = self.query.timezone
        if f.operator in ("equals", "inDateRange", "notEquals", "notInDateRange"):
            bounds = f.values[0] if len(f.values) == 1 else f.values
            test = self.within(x, date_range(bounds, zone), values)
            return test if f.operator in ("equals", "inDateRange") else f"(not {test} or {x} is null)"
        value = f.values[0]
        # as Cube compares: with the first instant of a day
        sign = {
            "beforeDate": "<", "beforeOrOnDate": "<=", "afterDate": ">", "afterOrOnDate": ">=", **_COMPARISONS,
        }.get(f.operator, "")  # fmt: skip
        if not sign:
            raise UsageError(
                f"'{f.operator}' does not fit {f.member}, a time.", "Use inDateRange, beforeDate or afterDate."
            )
        values.append(instant(value, zone))
        return f"cast({x} as timestamp) {sign} ?"

    def within(self, x: str, span: DateRange, values: list[Any]) -> str:
        values.extend([span.start, span.end])
        return f"(cast({x} as timestamp) >= ? and cast({x} as timestamp) {'<=' if span.end_is_included else '<'} ?)"

    # --- the statement
    def compile(self) -> Statement:
        columns: dict[str, str] = {name: self.dimension_column(name) for name in self.query.dimensions}
        hidden: list[str] = []
        for t in self.query.time_dimensions:
            if t.granularity:
                column, key = self.time_column(t)
                columns[f"{t.member}.{t.granularity}"] = column
                hidden += [key] if key else []
            if t.date_range:
                x = f"({self.member_sql(t.member)[1]})"
                self.where.append(self.within(x, t.date_range, self.where_values))
        keys = list(columns)
        for name in self.query.measures:
            columns[name] = self.member_sql(name)[1]
        for f in (*self.query.filters, *map(parse_filter, self.rules)):
            self.add_filter(f)
        lines = ["select " + ",\n  ".join(f'{sql} as "{name}"' for name, sql in columns.items()), *self._from()]
        if self.where:
            lines.append("where " + "\n  and ".join(self.where))
        if keys:
            lines.append("group by " + ", ".join([*map(str, range(1, len(keys) + 1)), *hidden]))
        if self.having:
            lines.append("having " + " and ".join(self.having))
        ordering = self._ordering(columns, keys, hidden)
        if ordering:
            lines.append("order by " + ", ".join(ordering))
        if self.query.limit is not None:
            lines.append(f"limit {self.query.limit}")
        if self.query.offset:
            lines.append(f"offset {self.query.offset}")
        return Statement(
            "\n".join(lines), [*self.where_values, *self.having_values], annotate(self.model, self.query),
            months_within(self.model, self.query, tuple(self.paths)),
        )  # fmt: skip

    def _from(self) -> list[str]:
        root = (self.view.root,)
        joins: list[str] = []
        done: set[tuple[str, ...]] = {root}
        pending = [p for p in self.paths if p not in done]
        while pending:  # a join's condition may ask for further cubes
            for path in pending:
                join = self.cube(path[:-1]).joins[path[-1]]
                condition = self.resolve(path[:-1], join.sql)
                joins.append(f"left join {self.cube(path).source} as {self.alias(path)} on {condition}")
                done.add(path)
            pending = [p for p in self.paths if p not in done]
        return [f"from {self.cube(root).source} as {self.alias(root)}", *joins]

    def _ordering(self, columns: Mapping[str, str], keys: list[str], hidden: list[str]) -> list[str]:
        """The order asked for, else by time, else by the first measure downwards; all keys after it, so that pages fit."""
        chosen = self.query.order
        times = [t for t in self.query.time_dimensions if t.granularity]
        if not chosen and times:
            chosen = ((times[0].member, "asc"),)
        elif not chosen and self.query.measures and keys:
            chosen = ((self.query.measures[0], "desc"),)
        position = {name: i for i, name in enumerate(columns, 1)}
        ordering: dict[int, str] = {}
        tail: list[str] = []
        for member, direction in chosen:
            for name in columns:
                if name == member or name.rpartition(".")[0] == member:
                    ordering.setdefault(position[name], direction)
                    if hidden and name != member:
                        tail.append("min(" + self._instants()[0] + ") " + direction)
        for name in keys:
            ordering.setdefault(position[name], "asc")
        listed = [f"{i} {direction} nulls last" for i, direction in ordering.items()]
        # in a repeated hour the wall clock ties: the instants decide, right after it
        return listed[:1] + tail + listed[1:] if tail else listed + [f"{key} desc" for key in hidden]

    def _instants(self) -> list[str]:
        return [
            f"cast({self.member_sql(t.member)[1]} as timestamp)"
            for t in self.query.time_dimensions
            if t.granularity in _SUB_DAY
        ]


def _typed(value: Any, kind: str, member: str) -> Any:
    """A filter's value as the member's type. Raises `UsageError` where it does not fit."""
    if kind == "number":
        try:
            return float(value)
        except (TypeError, ValueError) as error:
            raise UsageError(f"{value!r} is no number, which {member} is.", "Give a number.") from error
    if kind == "boolean":
        known = {"true": True, "1": True, "false": False, "0": False}
        if str(value).lower() not in known:
            raise UsageError(f"{value!r} is neither true nor false, which {member} is.", "Give true or false.")
        return known[str(value).lower()]
    return str(value)


def compile_query(model: Model, raw: Mapping[str, Any], claims: Mapping[str, Any] = ALL_REGIONS) -> Statement:
    """SQL of a Cube query in its JSON form, limited to the rows that a token with `claims` may see.

    Raises `UsageError` or `UnknownMember` for a query that cannot be asked, `NoRights` where the token may not ask it.
    """
    return _Compiler(model, parse_query(raw), claims).compile()
