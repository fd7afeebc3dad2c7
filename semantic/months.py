"""Which months of which tables a query speaks of: gold's large tables are partitioned by month, and a file that is not opened costs nothing.

Belongs here: reading a query's bounds on time. Does not belong here: SQL (`compiler`), which files there are (`gridlake.snapshot`).

Invariant: rows of other months than those named here change nothing in the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from semantic.members import Model
from semantic.query import DateRange, Filter, Query, date_range

Months = list[tuple[str, str]]  # each from the first to the last, as in ("2024-11", "2025-01")

_TIMES = ("interval_start_utc", "local_date")  # tables are partitioned by these, or by an instant of the same day
_CALENDARS = timedelta(days=2)  # no local day begins or ends further from the same day in UTC
_OF_OTHER_ROWS = re.compile(r"\b(over|group|join|distinct|limit|union)\b", re.IGNORECASE)
_TABLE = re.compile(r"\bgold\.(\w+)")


def months_within(model: Model, query: Query, paths: Sequence[tuple[str, ...]]) -> dict[str, Months]:
    """By table the months its rows must be from. Only tables that every one of the joined `paths` reads so limited."""
    whole = [_months(t.date_range) for t in query.time_dimensions if t.date_range and _is_time(model, t.member)]
    whole += [months for f in query.filters if (months := _months_of(model, query, f)) is not None]
    if not whole:
        return {}
    months = whole[0]
    for others in whole[1:]:
        months = [(max(a, c), min(b, d)) for a, b in months for c, d in others if max(a, c) <= min(b, d)]
    limited, everywhere = set(), set()
    for path in paths:
        source = model.cubes[path[-1]].source
        named = _TABLE.findall(source)
        if named and _is_limited(model, path) and not _OF_OTHER_ROWS.search(source):
            limited.add(named.pop(0))
        everywhere |= set(named)
    return dict.fromkeys(sorted(limited - everywhere), months)


def _is_limited(model: Model, path: tuple[str, ...]) -> bool:
    """Whether a bound on the root's time bounds the rows of this path: the root's own, and what is joined at its hour."""
    if len(path) == 1:
        return True
    key = "interval_start_utc"
    return len(path) == 2 and f"{{CUBE}}.{key} = {{{path[1]}.{key}}}" in model.cubes[path[0]].joins[path[1]].sql


def _months_of(model: Model, query: Query, f: Filter) -> Months | None:
    """The months to which a filter limits the root's rows; None where it does not."""
    if f.combine:
        parts = [_months_of(model, query, part) for part in f.parts]
        known = [part for part in parts if part is not None]
        if f.combine == "and":
            return known[0] if known else None
        return [m for part in known for m in part] if len(known) == len(parts) else None
    if f.operator != "inDateRange" or not _is_time(model, f.member):
        return None
    return _months(date_range(f.values[0] if len(f.values) == 1 else f.values, query.timezone))


def _is_time(model: Model, name: str) -> bool:
    found = model.member(name)[1]
    return len(found.path) == 1 and found.member.name in _TIMES


def _months(span: DateRange) -> Months:
    first, last = datetime.min + _CALENDARS, datetime.max - _CALENDARS
    start, end = max(span.start, first) - _CALENDARS, min(span.end, last) + _CALENDARS
    return [(f"{start.year:04}-{start.month:02}", f"{end.year:04}-{end.month:02}")]
