"""Phrases of time: which stretch of a region's calendar, or of the last hours, a question speaks of.

Belongs here: calendar arithmetic on words. Does not belong here: which member of a view a stretch limits (`reading`).

"Now" is the end of the published data, never the wall clock. The last N days, weeks, months are whole ones that ended before
today; a month without a year is the latest that has begun.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from semantic.ask.words import Token

MONTHS = {m.lower(): i for i, m in enumerate(calendar.month_name) if m}
MONTHS |= {m.lower(): i for i, m in enumerate(calendar.month_abbr) if m} | {"sept": 9}
WEEKDAYS = {d.lower(): i for i, d in enumerate(calendar.day_name)}
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
PARTS = {"morning": (6, 11), "afternoon": (12, 17), "evening": (18, 23), "night": (0, 5), "overnight": (0, 5)}
UNITS = {"day": 1, "week": 7}
LAST = ("last", "past", "previous", "preceding")
UP_TO = ("to", "until", "till", "through", "and")
_YEARS = range(1990, 2101)


@dataclass(frozen=True)
class Span:
    """A stretch of days, both included, or where `moments` is set of UTC instants. `grain`: the calendar unit it is, or ''."""

    start: date
    end: date
    grain: str = ""
    moments: tuple[datetime, datetime] | None = None

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1


@dataclass(frozen=True)
class Clock:
    """The question's now: naive UTC, and the zone in which its days are meant."""

    now: datetime
    zone: str

    @property
    def today(self) -> date:
        return self.now.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(self.zone)).date()


Found = tuple[Span, int]  # a span and the number of tokens that said it


def span_at(words: Sequence[Token], at: int, clock: Clock) -> Found | None:
    """The longest phrase of time that starts at `at`."""
    readers: tuple[Callable[[Sequence[Token], int, Clock], Found | None], ...] = (_range, _since, _last_n, _single)
    found = [f for f in (read(words, at, clock) for read in readers) if f]
    return max(found, key=lambda f: f[1]) if found else None


def _text(words: Sequence[Token], at: int) -> str:
    return words[at].stem if 0 <= at < len(words) else ""


def _whole(words: Sequence[Token], at: int) -> int | None:
    text = words[at].text if at < len(words) else ""
    return int(text) if text.isdigit() else None


def month_span(year: int, month: int) -> Span:
    return Span(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]), "month")


def _latest_month(month: int, today: date) -> int:
    return today.year if month <= today.month else today.year - 1


def _since(words: Sequence[Token], at: int, clock: Clock) -> Found | None:
    if _text(words, at) != "since":
        return None
    skip = 1 + (_text(words, at + 1) in ("the", "begin", "start"))
    found = _single(words, at + skip, clock)
    if not found or found[0].moments or found[0].start > clock.today:
        return None
    return Span(found[0].start, clock.today), found[1] + skip


def _range(words: Sequence[Token], at: int, clock: Clock) -> Found | None:
    """`between A and B`, `from A to B`, `A to B`; A may leave out what B says."""
    opened = _text(words, at) in ("between", "from")
    start = at + opened
    first = _single(words, start, clock) or _bare_day(words, start)
    if not first:
        return None
    middle = start + first[1]
    if _text(words, middle) not in UP_TO or (_text(words, middle) == "and" and _text(words, at) != "between"):
        return None
    second = _single(words, middle + 1, clock)
    if not second or second[0].moments or first[0].moments:
        return None
    end, begin = second[0], first[0]
    if begin.grain == "bare":
        if end.grain != "day" or begin.start.day > end.start.day:
            return None
        begin = replace(begin, start=end.start.replace(day=begin.start.day))
    elif not _has_year(words[start:middle]) and _has_year(words[middle : middle + 1 + second[1]]):
        begin = replace(begin, start=_with_year(begin.start, end.start.year))
        if begin.start > end.end:
            begin = replace(begin, start=_with_year(begin.start, end.start.year - 1))
    if begin.start > end.end:
        return None
    return Span(begin.start, end.end), middle + 1 + second[1] - at


def _with_year(day: date, year: int) -> date:
    return day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))


def _has_year(words: Sequence[Token]) -> bool:
    return any(w.text[:4].isdigit() and len(w.text) >= 4 for w in words)


def _bare_day(words: Sequence[Token], at: int) -> Found | None:
    day = _whole(words, at)
    return (Span(date(2000, 1, day), date(2000, 1, day), "bare"), 1) if day and day <= 31 else None


def _last_n(words: Sequence[Token], at: int, clock: Clock) -> Found | None:
    """`the last 24 hours`, `last 7 days`, `past week`."""
    if _text(words, at) not in LAST:
        return None
    number = _whole(words, at + 1)
    unit = _text(words, at + 1 + (number is not None))
    if number is None:
        if unit != "hour" and not (unit in UNITS and _text(words, at) == "past"):
            return None
        number = 1
    if not 0 < number <= 5000:
        return None
    size, today = 1 + (_whole(words, at + 1) is not None) + 0, clock.today
    if unit == "hour":
        start = clock.now - timedelta(hours=number)
        return Span(start.date(), clock.now.date(), "", (start, clock.now - timedelta(seconds=1))), size + 1
    if unit in UNITS:
        return Span(today - timedelta(days=number * UNITS[unit]), today - timedelta(days=1)), size + 1
    if unit == "month":
        months = today.year * 12 + today.month - 1 - number
        return Span(date(months // 12, months % 12 + 1, 1), today.replace(day=1) - timedelta(days=1)), size + 1
    if unit == "year":
        return Span(date(today.year - number, 1, 1), date(today.year - 1, 12, 31)), size + 1
    return None


def _single(words: Sequence[Token], at: int, clock: Clock) -> Found | None:
    """One day, week, month, quarter or year."""
    if _text(words, at) == "the":
        found = _single(words, at + 1, clock)
        return (found[0], found[1] + 1) if found else None
    for read in (_named_day, _relative, _date, _month, _quarter, _year):
        if found := read(words, at, clock):
            return found
    return None


def _one_day(day: date) -> Span:
    return Span(day, day, "day")


def _named_day(words: Sequence[Token], at: int, clock: Clock) -> Found | None:
    today, text = clock.today, _text(words, at)
    shift = {"yesterday": -1, "today": 0, "tomorrow": 1}.get(text)
    if shift is not None:
        return _one_day(today + timedelta(days=shift)), 1
    if (text, _text(words, at + 1), _text(words, at + 2)) == ("day", "before", "yesterday"):
        return _one_day(today - timedelta(days=2)), 3
    skip = text == "last"
    weekday = WEEKDAYS.get(words[at + skip].text if at + skip < len(words) else "")
    if weekday is None:
        return None
    return _one_day(today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)), 1 + skip


def _relative(words: Sequence[Token], at: int, clock: Clock) -> Found | None:
    """`last week`, `this month`, `next year`."""
    step = {"last": -1, "previous": -1, "this": 0, "current": 0, "next": 1}.get(_text(words, at))
    unit, today = _text(words, at + 1), clock.today
    if step is None:
        return None
    if unit == "week":
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=step)
        return Span(monday, monday + timedelta(days=6), "week"), 2
    if unit == "month":
        months = today.year * 12 + today.month - 1 + step
        return month_span(months // 12, months % 12 + 1), 2
    if unit == "quarter":
        quarters = today.year * 4 + (today.month - 1) // 3 + step
        return _quarter_span(quarters // 4, quarters % 4 + 1), 2
    return (_year_span(today.year + step), 2) if unit == "year" else None


def _date(words: Sequence[Token], at: int, clock: Clock) -> Found | None:
    """`2017-07-04`, `4 July 2017`, `July 4th`."""
    text = words[at].text if at < len(words) else ""
    try:
        if len(text) == 10 and text[4] == "-":
            return _one_day(date.fromisoformat(text)), 1
        for day_at, month_at in ((at, at + 1), (at + 1, at)):
            skip = int(_text(words, at + 1) == "of" and day_at == at)
            day, month = _whole(words, day_at), MONTHS.get(_raw(words, month_at + skip))
            if day is None or month is None or day > 31:
                continue
            year = _whole(words, at + 2 + skip)
            if year and year in _YEARS:
                return _one_day(date(year, month, day)), 3 + skip
            found = date(clock.today.year, month, day)
            return _one_day(found if found <= clock.today else found.replace(year=found.year - 1)), 2 + skip
    except ValueError:  # the 31st of a month that has none: no date
        return None
    return None


def _raw(words: Sequence[Token], at: int) -> str:
    return words[at].text if 0 <= at < len(words) else ""


def _month(words: Sequence[Token], at: int, clock: Clock) -> Found | None:
    text = _raw(words, at)
    if len(text) == 7 and text[4] == "-" and 1 <= int(text[5:]) <= 12:
        return month_span(int(text[:4]), int(text[5:])), 1
    month = MONTHS.get(text)
    if month is None:
        return None
    skip = int(_text(words, at + 1) == "of")
    year = _whole(words, at + 1 + skip)
    if year and year in _YEARS:
        return month_span(year, month), 2 + skip
    if (
        (_raw(words, at + 1), text) != ("", "may")
        and text == "may"
        and _raw(words, at - 1) not in ("in", "since", "to")
    ):
        return None  # the verb
    if _text(words, at + 1) in ("last", "this") and _text(words, at + 2) == "year":
        return month_span(clock.today.year - (_text(words, at + 1) == "last"), month), 3
    return month_span(_latest_month(month, clock.today), month), 1


def _quarter_span(year: int, quarter: int) -> Span:
    return replace(month_span(year, 3 * quarter), start=date(year, 3 * quarter - 2, 1), grain="quarter")


def _quarter(words: Sequence[Token], at: int, clock: Clock) -> Found | None:
    text = _raw(words, at)
    number, size = (int(text[1]), 1) if text in ("q1", "q2", "q3", "q4") else (ORDINALS.get(text, 0), 2)
    if not number or (size == 2 and _text(words, at + 1) != "quarter"):
        return None
    skip = int(_text(words, at + size) == "of")
    year = _whole(words, at + size + skip)
    if year and year in _YEARS:
        return _quarter_span(year, number), size + skip + 1
    latest = clock.today.year if 3 * number - 2 <= clock.today.month else clock.today.year - 1
    return _quarter_span(latest, number), size


def _year_span(year: int) -> Span:
    return Span(date(year, 1, 1), date(year, 12, 31), "year")


def _year(words: Sequence[Token], at: int, clock: Clock) -> Found | None:
    skip = int(_text(words, at) == "year")
    year = _whole(words, at + skip)
    return (_year_span(year), 1 + skip) if year and year in _YEARS and len(_raw(words, at + skip)) == 4 else None


@dataclass(frozen=True)
class Hours:
    """A part of the local day, first and last hour included, or with `weekend` a kind of day."""

    first: int = 0
    last: int = 23
    weekend: bool | None = None


def hours_at(words: Sequence[Token], at: int) -> tuple[Hours, int] | None:
    """`weekday evenings`, `at night`, `weekends`, `at 5 pm`, `between 5 and 8 pm`."""
    text = _text(words, at)
    if text in ("weekend", "weekday") or (text == "working" and _text(words, at + 1) == "day"):
        return Hours(weekend=text == "weekend"), 1 + (text == "working")
    if text in PARTS:
        return Hours(*PARTS[text]), 1
    if text == "at" and _text(words, at + 1) in PARTS:
        return Hours(*PARTS[_text(words, at + 1)]), 2
    if text == "at" and (clock_hour := _hour(words, at + 1)):
        return Hours(clock_hour[0], clock_hour[0]), 1 + clock_hour[1]
    if text in ("between", "from"):
        end_at = next((i for i in range(at + 2, min(at + 5, len(words))) if _text(words, i) in ("and", "to")), 0)
        last = _hour(words, end_at + 1) if end_at else None
        half = _raw(words, end_at + 2) if last else ""
        first = _hour(words, at + 1) or (_half(_whole(words, at + 1), half) if end_at == at + 2 else None)
        if last and first and first[0] < last[0]:
            return Hours(first[0], last[0] - 1), end_at + 1 + last[1] - at
    return None


def _hour(words: Sequence[Token], at: int) -> tuple[int, int] | None:
    if _raw(words, at) in ("noon", "midnight"):
        return (12 if _raw(words, at) == "noon" else 0), 1
    found = _half(_whole(words, at), _raw(words, at + 1))
    return (found[0], 2) if found else None


def _half(number: int | None, half: str) -> tuple[int, int] | None:
    if number is None or half not in ("am", "pm") or not 1 <= number <= 12:
        return None
    return number % 12 + 12 * (half == "pm"), 1
