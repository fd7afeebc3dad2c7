"""The golden questions (`golden.yml`) as Cube queries, and how two answers are compared.

Belongs here: reading and comparing. What the answers must be stands beside each question, in SQL.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("golden.yml")
REL = 1e-9


@dataclass(frozen=True)
class Golden:
    """One question: its Cube query, its SQL, and how many columns of the answer are keys."""

    name: str
    view: str
    query: dict[str, Any]
    sql: str
    keys: int


@lru_cache(maxsize=1)
def golden() -> tuple[Golden, ...]:
    entries = yaml.safe_load(FILE.read_text())
    return tuple(_golden(i, entry) for i, entry in enumerate(entries))


def _golden(i: int, entry: dict[str, Any]) -> Golden:
    view = entry["view"]

    def full(names: Iterable[str]) -> list[str]:
        return [f"{view}.{name}" for name in names]

    times = [{"dimension": f"{view}.{m}", "granularity": grain} for m, grain in entry.get("time", {}).items()]
    if "between" in entry:
        member, *span = entry["between"]
        named = [t for t in times if t["dimension"] == f"{view}.{member}"]
        if not named:
            times += (named := [{"dimension": f"{view}.{member}"}])
        named[0]["dateRange"] = span
    query: dict[str, Any] = {
        "measures": full(entry.get("measures", [])),
        "dimensions": full(entry.get("by", [])),
        "timeDimensions": times,
        "filters": [{"member": f"{view}.{m}", "operator": op, "values": values} for m, op, *values in entry.get("where", [])],
        "timezone": entry.get("timezone", "UTC"),
    }  # fmt: skip
    keys = len(query["dimensions"]) + len(entry.get("time", {}))
    return Golden(f"{i:03d}-{view}", view, query, entry["sql"], keys)


def plain(value: Any) -> Any:
    """A value as any engine may give it, as text, float, naive datetime or None."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, bool | str):
        return value
    return float(value)


def difference(got: Iterable[Sequence[Any]], wanted: Iterable[Sequence[Any]], keys: int) -> str:
    """What tells two answers apart, row by row matched by their keys; '' where they agree to 1e-9 relative."""
    by_key = [{tuple(map(plain, row[:keys])): tuple(map(plain, row[keys:])) for row in rows} for rows in (got, wanted)]
    ours, theirs = by_key
    if ours.keys() != theirs.keys():
        return f"keys {sorted(map(str, ours.keys() ^ theirs.keys()))[:5]} are in one answer only"
    for key, row in theirs.items():
        for i, (a, b) in enumerate(zip(ours[key], row, strict=True)):
            same = math.isclose(a, b, rel_tol=REL) if isinstance(a, float) and isinstance(b, float) else a == b
            if not same:
                return f"row {key}, value {i}: {a!r} instead of {b!r}"
    return ""
