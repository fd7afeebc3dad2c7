"""The form of a question: stretches of time, parts of the day, limits such as "above 30 GW", numbers such as "top 5".

Belongs here: what can be seen without knowing what the question is about. Does not belong here: measures, views.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from semantic.ask.times import Clock, Hours, Span, hours_at, span_at
from semantic.ask.words import Token

COMPARATORS: dict[tuple[str, ...], str] = {
    ("above",): "gt", ("over",): "gt", ("exceed",): "gt", ("exceeded",): "gt", ("exceeding",): "gt", ("more", "than"): "gt",
    ("greater", "than"): "gt", ("higher", "than"): "gt", ("at", "least"): "gte", ("in", "excess", "of"): "gt", (">",): "gt",
    ("below",): "lt", ("under",): "lt", ("less", "than"): "lt", ("lower", "than"): "lt", ("fewer", "than"): "lt",
    ("at", "most"): "lte", ("<",): "lt", ("beneath",): "lt",
}  # fmt: skip
UNITS: dict[str, tuple[float, str]] = {
    "kw": (1, "kW"), "mw": (1, "MW"), "gw": (1e3, "MW"), "kwh": (1, "kWh"), "mwh": (1, "MWh"), "gwh": (1e3, "MWh"), "twh": (1e6, "MWh"),
    "%": (1, "%"), "percent": (1, "%"), "hz": (1, "Hz"), "degree": (1, "degC"), "celsius": (1, "degC"), "c": (1, "degC"),
    "$": (1, "currency"), "€": (1, "currency"), "£": (1, "currency"), "usd": (1, "currency"), "eur": (1, "currency"), "dollar": (1, "currency"),
    "euro": (1, "currency"), "kg": (1, "kg"), "ton": (1e3, "kg"), "tonne": (1e3, "kg"), "minute": (1, "min"), "customer": (1, "customer"),
}  # fmt: skip
_MONEY = ("$", "€", "£")


@dataclass(frozen=True)
class Limit:
    """A comparison with a number; `unit` is '' where none was said."""

    operator: str
    number: float
    unit: str


@dataclass
class Shape:
    """What was found, and which tokens said it."""

    spans: list[Span] = field(default_factory=list)
    hours: list[Hours] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    top: int | None = None
    used: set[int] = field(default_factory=set)


def shape(words: Sequence[Token], clock: Clock) -> Shape:
    """Reads left to right; the longest phrase at each place wins."""
    found, at = Shape(), 0
    while at < len(words):
        size = _limit(words, at, found) or _top(words, at, found) or _time(words, at, clock, found)
        found.used.update(range(at, at + size))
        at += max(size, 1)
    return found


def _time(words: Sequence[Token], at: int, clock: Clock, found: Shape) -> int:
    hours, span = hours_at(words, at), span_at(words, at, clock)
    if hours and (not span or hours[1] > span[1]):
        found.hours.append(hours[0])
        return hours[1]
    if span:
        found.spans.append(span[0])
        return span[1]
    return 0


def _top(words: Sequence[Token], at: int, found: Shape) -> int:
    if words[at].stem not in ("top", "bottom") or at + 1 >= len(words):
        return 0
    number = words[at + 1].number
    if number is None or not 1 <= number <= 1000 or number != int(number):
        return 0
    found.top = int(number) if words[at].stem == "top" else -int(number)
    return 2


def _limit(words: Sequence[Token], at: int, found: Shape) -> int:
    for size in (3, 2, 1):
        operator = COMPARATORS.get(tuple(w.stem for w in words[at : at + size]))
        if operator is None:
            continue
        i, sign = at + size, 1.0
        while i < len(words) and words[i].stem in ("minus", *_MONEY):
            sign *= -1.0 if words[i].stem == "minus" else 1.0
            i += 1
        number = words[i].number if i < len(words) else None
        if number is None:
            continue
        money = any(w.stem in _MONEY for w in words[at + size : i])
        factor, unit = UNITS.get(words[i + 1].stem, (1.0, "")) if i + 1 < len(words) else (1.0, "")
        if words[i + 1].stem in ("hour", "day", "week", "month", "year") if i + 1 < len(words) else False:
            return 0  # "over 24 hours" is a stretch of time
        end = i + 1 + bool(unit)
        unit = "currency" if money else unit
        while unit == "currency" and end < len(words) and words[end].stem in ("per", "mwh", "a"):
            end += 1
        found.limits.append(Limit(operator, sign * number * factor, unit))
        return end - at
    return 0
