"""Rows as CSV that a spreadsheet can open without executing anything.

Belongs here: escaping and writing. Which rows is the caller's business.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import IO, Any

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def escape_cell(value: Any) -> Any:
    """A text that a spreadsheet would read as a formula, with an apostrophe before it; anything else unchanged.

    >>> escape_cell("=1+1"), escape_cell(-3.5), escape_cell("NYISO")
    ("'=1+1", -3.5, 'NYISO')
    """
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA_STARTS):
        return "'" + value
    return "" if value is None else value


def write_csv(stream: IO[str], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Header and rows to `stream`; missing values are empty cells."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([escape_cell(c) for c in columns])
    writer.writerows([escape_cell(v) for v in row] for row in rows)


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]], notes: Sequence[str] = ()) -> str:
    """CSV as text, with `notes` (source, time zone, query) as comment lines after the data."""
    stream = io.StringIO()
    write_csv(stream, columns, rows)
    stream.writelines("# " + note.replace("\n", " ") + "\n" for note in notes)
    return stream.getvalue()
