"""Which months of which table a build has to write: the plan that orchestration writes and dbt's models read.

Belongs here: months and ranges of them. What is in a table, and how it is swapped, is `gridlake.lake`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

# What one COPY may span: bounds memory on large tables, and keeps small ones to few statements, each of which has to look
# at the logs of all the tables it reads.
CHUNK_MONTHS = 12
CHUNK_ROWS = 1_500_000
UNPLACED = "none"  # the partition of rows without a time


def read_plan(path: str | None) -> dict[str, Any]:
    """The build plan orchestration wrote: `all_months`, `changed_months` (null: build all), and of these, where it is known,
    the first and the last day that changed as `changed_days`. Empty without a file.
    """
    if not path or not Path(path).exists():
        return {"all_months": [], "changed_months": None}
    plan: dict[str, Any] = json.loads(Path(path).read_text())
    return plan


def shift_month(month: str, by: int) -> str:
    """`YYYY-MM` moved by whole months.

    >>> shift_month("2016-12", 1), shift_month("2016-01", -1)
    ('2017-01', '2015-12')
    """
    index = int(month[:4]) * 12 + int(month[5:7]) - 1 + by
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def days_of(month: str) -> tuple[date, date]:
    """The first and the last day of `YYYY-MM`.

    >>> days_of("2016-02")[1]
    datetime.date(2016, 2, 29)
    """
    return date.fromisoformat(f"{month}-01"), date.fromisoformat(f"{shift_month(month, 1)}-01") - timedelta(days=1)


def whole_month(first: str, after: str) -> str | None:
    """The month that the range `[first day, day after the last)` is; None where it is several.

    >>> whole_month("2016-12-01", "2017-01-01"), whole_month("2016-11-01", "2017-01-01")
    ('2016-12', None)
    """
    return first[:7] if after == f"{shift_month(first[:7], 1)}-01" else None


def plan_build(
    plan: Mapping[str, Any],
    *,
    exists: bool,
    partitioned: bool,
    reach_back: int = 0,
    reach_forward: int = 0,
    reach_days: int = 0,
    by_day: bool = False,
    full_refresh: bool = False,
    range_rows: int = CHUNK_ROWS,
) -> dict[str, Any]:
    """Which months of a table to build, and in which ranges `[first day, day after the last)`; with `by_day`, for each range the days
    of it to build as `days`, the others being kept as they are, or None for all.

    A change in month m reaches `reach_back` months before and `reach_forward` months after it; one of a day also the months
    of the `reach_days` days around it. A range spans at most `range_rows` bronze rows, or one month. A table that does not
    exist, a full refresh and a plan without changes known are built whole.

    >>> plan_build({"all_months": [], "changed_months": ["2017-04"]}, exists=True, partitioned=True, reach_forward=1)
    {'whole': False, 'months': ['2017-04', '2017-05'], 'ranges': [['2017-04-01', '2017-06-01']]}
    >>> changed = {"changed_months": ["2017-04"], "changed_days": {"2017-04": ["2017-04-02", "2017-04-12"]}}
    >>> plan_build({"all_months": [], **changed}, exists=True, partitioned=True, reach_days=2)["months"]
    ['2017-03', '2017-04']
    >>> plan_build({"all_months": [], **changed}, exists=True, partitioned=True, by_day=True)["days"]
    [['2017-04-02', '2017-04-13']]
    """
    assert not (by_day and (reach_back or reach_forward or reach_days)), "what is built by day reaches no other day"
    whole = not exists or full_refresh or plan["changed_months"] is None
    if not partitioned:
        return {"whole": True, "months": None, "ranges": [["1900-01-01", "2200-01-01"]]}
    touched = plan["all_months"] if whole else plan["changed_months"]
    days = {} if whole else plan.get("changed_days") or {}
    reached = {shift_month(m, d) for m in touched for d in range(-reach_back, reach_forward + 1)}
    if reach_days:
        reached |= {month for m in touched for month in _around(m, days.get(m), reach_days)}
    months = sorted(reached)
    ranges = _ranges(months, plan, whole, range_rows)
    made = {"whole": whole, "months": months, "ranges": ranges}
    return {**made, "days": [_days_within(first, after, days) for first, after in ranges]} if by_day else made


def _days_within(first: str, after: str, changed: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Of the range `[first, after)` the days that changed, as such a range; None where it is several months or nothing is known of it."""
    month = whole_month(first, after)
    if month is None or month not in changed:
        return None
    first_day, last_day = changed[month]
    return [first_day, f"{date.fromisoformat(last_day) + timedelta(days=1)}"]


def _around(month: str, changed: Sequence[str] | None, reach_days: int) -> tuple[str, str]:
    """The months `reach_days` before the first and after the last day that changed in `month`; of the whole month where none is told."""
    first, last = map(date.fromisoformat, changed) if changed else days_of(month)
    reach = timedelta(days=reach_days)
    return f"{first - reach:%Y-%m}", f"{last + reach:%Y-%m}"


def _ranges(months: Sequence[str], plan: Mapping[str, Any], whole: bool, most_rows: int) -> list[list[str]]:
    """Months gathered into ranges of at most `most_rows` bronze rows, or `CHUNK_MONTHS` where the rows are unknown.

    A range may span months without any row only in a whole build: else what lies between would be written again
    beside what stands there.
    """
    rows = plan.get("rows") or {}
    ranges: list[list[str]] = []
    held = length = 0
    for month in months:
        first, after = f"{month}-01", f"{shift_month(month, 1)}-01"
        count = int(rows.get(month, 0))
        fits = held + count <= most_rows if rows else length < CHUNK_MONTHS
        if ranges and fits and (ranges[-1][1] == first or (whole and rows)):
            ranges[-1][1] = after
            held, length = held + count, length + 1
        else:
            ranges.append([first, after])
            held, length = count, 1
    return ranges
