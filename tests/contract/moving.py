"""A recorded file with all its days moved, and where its rows must lie then by the standard library's own zones.

Belongs here: derived files for the days of a clock change that no recorded file of a feed holds. What is moved is text that
looks like a date, in the cells, in the names of members and in the file's own name; no reader of the project is used.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from extract.feed import Payload
from tests.contract import surgery

HOUR = timedelta(hours=1)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FORMS = (  # each with the order of its parts
    (re.compile(r"(?<!\d)((?:19|20)\d\d)([-/])(\d{1,2})([-/])(\d{1,2})(?!\d)"), "y-m-d"),
    (re.compile(r"(?<!\d)(\d{1,2})(-)([A-Z][a-z]{2})(-)(20\d\d)(?!\d)"), "d-b-y"),
    (re.compile(r"(?<!\d)(\d{1,2})([-/])(\d{1,2})([-/])((?:19|20)\d\d|\d\d)(?![\d/])"), "m-d-y"),
    (re.compile(r"(?m)^(\d{1,2})(,)(\d{1,2})(,)(20\d\d)(?= )"), "m-d-y"),
    (re.compile(r"(?<!\d)(\d\d)( )(\d\d)( )(20\d\d)(?!\d)"), "d-m-y"),
    (re.compile(r"(?<![\d.])(20\d\d)()(\d\d)()(\d\d)(?=\D|\d\d(?!\d)|\d{4}(?!\d)|\d{6}(?!\d)|$)"), "y-m-d"),
)


@cache
def clock_changes(year: int, zone: str) -> tuple[date, date] | None:
    """The local days of 23 and of 25 hours of a year; None where the zone has none."""
    at = ZoneInfo(zone)

    def hours(day: date) -> int:
        start, end = (datetime(d.year, d.month, d.day, tzinfo=at).timestamp() for d in (day, day + timedelta(days=1)))
        return round((end - start) / 3600)

    days = [date(year, 1, 1) + timedelta(days=i) for i in range(365)]
    short, long = ([d for d in days if hours(d) == n] for n in (23, 25))
    return (short[0], long[0]) if short and long else None


def moved(payload: Payload, days: int) -> Payload:
    """The payload with every date in it `days` later."""
    address = _moved_text(payload.api_endpoint, days)
    if surgery.is_zip(payload):
        return replace(payload, data=_moved_zip(payload.data, days), api_endpoint=address)
    text = surgery.first_member(payload).decode("latin-1")
    plain = _moved_text(text, days).encode("latin-1")
    return replace(surgery.packed_again(payload, plain), api_endpoint=address)


def moved_workbook(format: surgery.WorkbookFormat, payload: Payload, days: int) -> Payload:
    def cell(value: Any) -> Any:
        if isinstance(value, date):
            return value + timedelta(days=days)
        return _moved_text(value, days) if isinstance(value, str) else value

    book = format.changed(payload, lambda head, body: (head, [[cell(v) for v in row] for row in body]))
    return replace(book, api_endpoint=_moved_text(payload.api_endpoint, days))


def _moved_zip(data: bytes, days: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in (i.filename for i in old.infolist() if not i.is_dir()):
            text = old.read(name).decode("latin-1")
            new.writestr(_moved_text(name, days), _moved_text(text, days).encode("latin-1"))
    return buffer.getvalue()


def _moved_text(text: str, days: int) -> str:
    for form, order in _FORMS:

        def later(match: re.Match[str], order: str = order) -> str:
            first, one, second, other, third = match.groups()
            part = dict(zip(order.split("-"), (first, second, third), strict=True))
            month = _MONTHS.index(part["b"]) + 1 if "b" in part else int(part["m"])
            year = int(part["y"]) + (2000 if len(part["y"]) == 2 else 0)
            try:
                day = date(year, month, int(part["d"])) + timedelta(days=days)
            except ValueError:
                return match[0]  # digits that are no date
            told = {
                "y": str(day.year)[-len(part["y"]) :],
                "m": f"{day.month:02}",
                "d": f"{day.day:02}",
                "b": _MONTHS[day.month - 1],
            }
            told |= {k: str(int(told[k])) for k in ("m", "d") if k in part and len(part[k]) == 1}
            a, b, c = (told[k] for k in order.split("-"))
            return f"{a}{one}{b}{other}{c}"

        text = form.sub(later, text)
    return text


def by_wall_clock(start: datetime, days: int, zone: str) -> set[datetime]:
    """Where an interval that began at naive-UTC `start` lies when its wall clock is moved by days: none in the skipped hour,
    two in the repeated one."""
    at = ZoneInfo(zone)
    wall = start.replace(tzinfo=ZoneInfo("UTC")).astimezone(at).replace(tzinfo=None) + timedelta(days=days)
    instants = {wall.replace(tzinfo=at, fold=fold).astimezone(ZoneInfo("UTC")) for fold in (0, 1)}
    return {i.replace(tzinfo=None) for i in instants if i.astimezone(at).replace(tzinfo=None) == wall}
