"""Workbooks, old and new, sheet by sheet."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from extract.containers import FETCH_AGAIN, Member, members, place_of
from extract.feed import Payload
from extract.formats import Header, Table, joined, refuse_empty, select_cells
from extract.readers.common import cells_of, missing
from gridlake.errors import PayloadRefused

Texts = list[str | None]
Reshape = Callable[[list[str], Iterator[Texts]], tuple[list[str], Iterator[Texts]]]


@dataclass(frozen=True)
class Workbook:
    """Excel workbooks, old and new: every sheet `takes` says yes to, its header on line `header_row` (0 = first).

    Cells become text: numbers in their shortest form, dates as ISO stamps (to the minute: workbooks carry milliseconds
    of noise), blanks null. Rows without any cell are no data rows, nor are those `is_data` says no to: titles, repeated
    headers, small print. The sheet's name is in the column `sheet_column`, where one is named. reshape: turns names and
    rows into others, where a sheet is wide with a series per column; raises `KeyError` for a missing column.
    """

    takes: Callable[[str], bool] = lambda sheet: True
    header_row: int = 0
    sheet_column: str = ""
    skip_after_header: int = 0
    is_data: Callable[[Sequence[str | None]], bool] = any
    reshape: Reshape | None = None

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table:
        tables = [t for member in members(payload, unzip=False) for t in self._sheets(payload, member, header, on)]
        return joined(tables)

    def _sheets(self, payload: Payload, member: Member, header: Header, on: date | None) -> Iterator[Table]:
        place = place_of(payload, member)
        book = open_workbook(payload, member)
        names = [name for name in book.sheet_names if self.takes(name)]
        if not names:
            what = f"has no sheet this feed takes (it has {', '.join(book.sheet_names)[:200]})"
            raise PayloadRefused(
                payload.feed, place, what, "If the operator renamed the sheet, teach the feed its name."
            )
        for name in names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            first = self.header_row + 1 + self.skip_after_header
            if len(rows) < first + 1:
                raise refuse_empty(payload, f"{place}/{name}")
            found = [cell_text(value) or "" for value in rows[self.header_row]]
            texts = ([cell_text(value) for value in row] for row in rows[first:])
            body: Iterator[Texts] = (row for row in texts if any(row) and self.is_data(row))
            if self.reshape is not None:
                try:
                    found, body = self.reshape(found, body)
                except KeyError as error:
                    raise missing(payload, f"{place}/{name}", error, found) from error
            cells, malformed = cells_of(body, len(found), f"{member.name}/{name}")
            if self.sheet_column:
                found = [*found, self.sheet_column]
                cells = cells.with_columns(pl.lit(name).alias(f"field_{len(found) - 1}"))
            yield select_cells(
                payload, f"{place}/{name}", f"{member.name}/{name}", found, cells, header, malformed=malformed, on=on
            )


def open_workbook(payload: Payload, member: Member) -> Any:
    """The workbook, by calamine. Raises `PayloadRefused` for what is none, or a damaged one."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(member.data))
    except (CalamineError, OSError, ValueError) as error:
        what = f"cannot be opened as a workbook: truncated or damaged ({error})"
        raise PayloadRefused(payload.feed, place_of(payload, member), what, FETCH_AGAIN) from error


def cell_text(value: Any) -> str | None:
    """A workbook's cell as text; blank is None.

    >>> from datetime import datetime
    >>> cell_text(3.0), cell_text(2.5), cell_text(" "), cell_text(datetime(2016, 1, 1, 0, 59, 59, 997000))
    ('3', '2.5', None, '2016-01-01 01:00:00')
    """
    from datetime import datetime, time, timedelta

    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return (value + timedelta(seconds=30)).replace(second=0, microsecond=0).isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip()
