"""A Cube query as typed objects, checked before anything is executed.

Belongs here: the query's grammar, dates and time zones of a query, error messages for people who typed it.
Does not belong here: the model's meaning of members (`model`) and SQL (`engine`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gridlake.errors import UsageError

GRANULARITIES = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
OPERATORS = (
    "equals", "notEquals", "contains", "notContains", "startsWith", "notStartsWith", "endsWith", "notEndsWith",
    "gt", "gte", "lt", "lte", "set", "notSet", "inDateRange", "notInDateRange", "beforeDate", "beforeOrOnDate",
    "afterDate", "afterOrOnDate",
)  # fmt: skip
_KEYS = {"measures", "dimensions", "timeDimensions", "filters", "order", "limit", "offset", "timezone"}
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True)
class TimeDimension:
    """A time member with the granularity to group by ('' for a filter only) and the naive-UTC range it is limited to."""

    member: str
    granularity: str
    date_range: DateRange | None


@dataclass(frozen=True)
class DateRange:
    """Naive-UTC instants. `end_is_included` where the query named a moment, not a day."""

    start: datetime
    end: datetime
    end_is_included: bool


@dataclass(frozen=True)
class Filter:
    """One comparison, or `combine` ('and', 'or') of `parts`."""

    member: str = ""
    operator: str = ""
    values: tuple[Any, ...] = ()
    combine: str = ""
    parts: tuple[Filter, ...] = ()

    def members(self) -> list[str]:
        return [self.member] if not self.combine else [m for part in self.parts for m in part.members()]


@dataclass(frozen=True)
class Query:
    """What is asked. `order` pairs a member with 'asc' or 'desc'; without a `limit` every row is answered."""

    measures: tuple[str, ...]
    dimensions: tuple[str, ...]
    time_dimensions: tuple[TimeDimension, ...]
    filters: tuple[Filter, ...]
    order: tuple[tuple[str, str], ...]
    limit: int | None
    offset: int
    timezone: str

    @property
    def members(self) -> list[str]:
        """Every member the query names."""
        named = [*self.measures, *self.dimensions, *(t.member for t in self.time_dimensions)]
        return named + [m for f in self.filters for m in f.members()]


def parse_query(raw: Mapping[str, Any]) -> Query:
    """A Cube query from its JSON form. Raises `UsageError` that names what is wrong and what is allowed."""
    if not isinstance(raw, Mapping):
        raise UsageError("A query is an object.", f"Use the keys {', '.join(sorted(_KEYS))}.")
    unknown = sorted(set(map(str, raw)) - _KEYS)
    if unknown:
        raise UsageError(f"The query has {', '.join(unknown)}.", f"Use only {', '.join(sorted(_KEYS))}.")
    zone = checked_timezone(raw.get("timezone") or "UTC")
    query = Query(
        measures=_names(raw, "measures"),
        dimensions=_names(raw, "dimensions"),
        time_dimensions=tuple(_time_dimension(t, zone) for t in _list(raw, "timeDimensions")),
        filters=tuple(parse_filter(f) for f in _list(raw, "filters")),
        order=_order(raw.get("order")),
        limit=_whole(raw, "limit", 1),
        offset=_whole(raw, "offset", 0) or 0,
        timezone=zone,
    )
    if not (query.measures or query.dimensions or any(t.granularity for t in query.time_dimensions)):
        raise UsageError("The query asks for nothing.", "Name at least one measure or dimension.")
    return query


def checked_timezone(name: Any) -> str:
    """An IANA zone's name. Raises `UsageError` for any other."""
    try:
        return ZoneInfo(str(name)).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"'{name}' is no time zone.", "Use an IANA name such as America/New_York, or UTC.") from error


def _list(raw: Mapping[str, Any], key: str) -> list[Any]:
    value = raw.get(key)
    if value is None:
        return []
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise UsageError(f"{key} is not a list.", f'Write "{key}": [...].')
    return list(value)


def _names(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names = _list(raw, key)
    if not all(isinstance(n, str) for n in names):
        raise UsageError(f"{key} holds something that is not a name.", 'Write names as "view.member".')
    if len(set(names)) != len(names):
        raise UsageError(f"{key} names a member twice.", "Name each once.")
    return tuple(names)


def _whole(raw: Mapping[str, Any], key: str, minimum: int) -> int | None:
    value = raw.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise UsageError(f"{key} is {value!r}.", f"Use a whole number from {minimum}.")
    return value


def _order(raw: Any) -> tuple[tuple[str, str], ...]:
    pairs = list(raw.items()) if isinstance(raw, Mapping) else list(raw or [])
    for pair in pairs:
        if not isinstance(pair, Sequence) or len(pair) != 2 or pair[1] not in ("asc", "desc"):
            raise UsageError(f"order holds {pair!r}.", 'Write order as [["view.member", "asc"]].')
    return tuple((str(member), str(direction)) for member, direction in pairs)


def _time_dimension(raw: Any, zone: str) -> TimeDimension:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("dimension"), str):
        raise UsageError(f"timeDimensions holds {raw!r}.", 'Write {"dimension": "view.member", "granularity": "hour"}.')
    unknown = sorted(set(raw) - {"dimension", "granularity", "dateRange"})
    if unknown:
        raise UsageError(f"A time dimension has {', '.join(unknown)}.", "Use dimension, granularity, dateRange.")
    granularity = raw.get("granularity") or ""
    if granularity and granularity not in GRANULARITIES:
        raise UsageError(f"'{granularity}' is no granularity.", f"Use one of {', '.join(GRANULARITIES)}.")
    span = raw.get("dateRange")
    return TimeDimension(raw["dimension"], granularity, None if span is None else date_range(span, zone))


def date_range(span: Any, zone: str) -> DateRange:
    """Cube's dateRange as instants: days in `zone`, both included; moments in `zone` unless they carry an offset.

    >>> date_range(["2017-11-05", "2017-11-05"], "America/New_York").end
    datetime.datetime(2017, 11, 6, 5, 0)

    Relative phrases ("last week") are refused: against recorded data "now" means nothing.
    """
    bounds = [span, span] if isinstance(span, str) else list(span) if isinstance(span, Sequence) else []
    if len(bounds) != 2:
        raise UsageError(f"dateRange is {span!r}.", 'Write ["2017-01-01", "2017-01-31"].')
    start, end = instant(bounds[0], zone), instant(bounds[1], zone, end=True)
    if end < start or (end == start and _is_day(bounds[1])):
        raise UsageError(f"dateRange {span!r} ends before it starts.", "Swap its ends.")
    return DateRange(start, end, end_is_included=not _is_day(bounds[1]))


def _is_day(value: Any) -> bool:
    return bool(_DAY.match(str(value).strip()))


def instant(value: Any, zone: str, *, end: bool = False) -> datetime:
    """A day or moment written in `zone` as naive UTC; with `end`, of a day the instant at which it is over."""
    text = str(value).strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"'{value}' is no date.", "Write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS.") from error
    if end and _is_day(text):
        moment += timedelta(days=1)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC).replace(tzinfo=None)


def parse_filter(raw: Any) -> Filter:
    """A filter from its JSON form. Raises `UsageError` that names what is wrong."""
    if isinstance(raw, Mapping) and set(raw) in ({"and"}, {"or"}):
        (combine, parts), *_ = raw.items()
        inner = tuple(parse_filter(p) for p in _list(raw, combine))
        if not parts:
            raise UsageError(f"'{combine}' of nothing.", "Put filters into it.")
        return Filter(combine=combine, parts=inner)
    if (
        not isinstance(raw, Mapping)
        or set(raw) - {"member", "operator", "values"}
        or not {"member", "operator"} <= set(raw)
    ):
        raise UsageError(
            f"filters holds {raw!r}.", 'Write {"member": "view.member", "operator": "equals", "values": [..]}.'
        )
    operator, values = raw["operator"], _list(raw, "values")
    if operator not in OPERATORS:
        raise UsageError(f"'{operator}' is no filter operator.", f"Use one of {', '.join(OPERATORS)}.")
    if not isinstance(raw["member"], str):
        raise UsageError(f"A filter names {raw['member']!r}.", 'Write names as "view.member".')
    if operator not in ("set", "notSet") and not values:
        raise UsageError(f"The filter on {raw['member']} has no values.", "Give it values.")
    return Filter(member=raw["member"], operator=operator, values=tuple(values))
