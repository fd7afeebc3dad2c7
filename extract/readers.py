"""Readers: a payload's bytes in one file format, as a `Table` of text cells under the header a feed declares.

Belongs here: CSV in its dialects, records with a type letter and a trailer, workbooks, JSON, and the flattening of XML. Each
reader refuses what is not of its format with the member and the reason. What the cells mean stands with the feed.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import polars as pl

from extract.containers import FETCH_AGAIN, MAX_EXPANDED_BYTES, Member, members, place_of
from extract.feed import REFUSED_SCHEMA, Payload
from extract.formats import MALFORMED_ROW, Header, Table, joined, refuse_empty, select_cells
from gridlake.errors import PayloadRefused

csv.field_size_limit(MAX_EXPANDED_BYTES)  # a lost quote makes one cell of the rest: that is judged, not a crash


class Reader(Protocol):
    """Reads all members of a payload; `on` is the day the payload speaks of, for columns with a validity."""

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table: ...


def decoded(payload: Payload, member: Member, encoding: str = "utf-8") -> str:
    """The member's text. Raises `PayloadRefused` for NUL bytes and for bytes that are not `encoding`."""
    _check_text(payload, member, encoding)
    return member.data.decode("utf-8-sig" if encoding == "utf-8" else encoding)


def _check_text(payload: Payload, member: Member, encoding: str) -> None:
    place = place_of(payload, member)
    if not member.data.strip():
        raise PayloadRefused(payload.feed, place, "is empty", FETCH_AGAIN)
    if b"\x00" in member.data:
        raise PayloadRefused(
            payload.feed, place, "holds NUL bytes: damaged, or not text of one byte a letter", FETCH_AGAIN
        )
    try:
        member.data.decode(encoding)
    except UnicodeDecodeError as error:
        raise PayloadRefused(
            payload.feed,
            place,
            f"is not {encoding} text (byte {error.start})",
            "Fetch the file again; if the operator changed its encoding, declare it in the feed's reader.",
        ) from error


# --- CSV ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Csv:
    """Comma separated text with `header_rows` header lines, the last of which names the columns.

    comments: lines that begin with it are no data. ends_with_newline: the source ends every file with one, so that a
    file without it is truncated. is_ragged: the source leaves out trailing blank cells; else a last row that is too
    short means a truncated file. names: the columns' names where the file itself has none, or false ones. separator: of
    several characters, the one the header line has most of. takes: how the names of members with data begin, where others
    lie beside them. reshape: turns names and cells (`field_0`, ...,
    `row_number`) into others, where a file is wide with a series per column; raises `KeyError` for a missing column.
    """

    separator: str = ","
    header_rows: int = 1
    encoding: str = "utf-8"
    comments: str = ""
    ends_with_newline: bool = False
    is_ragged: bool = False
    names: tuple[str, ...] = ()
    takes: str = ""
    reshape: Callable[[list[str], pl.DataFrame], tuple[list[str], pl.DataFrame]] | None = None

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table:
        found = [member for member in members(payload) if member.name.rsplit("/", 1)[-1].startswith(self.takes)]
        if not found:
            raise PayloadRefused(payload.feed, payload.path.as_posix(), f"holds no file {self.takes}*", FETCH_AGAIN)
        if len(found) > 1 and (together := self._together(payload, found, header, on)) is not None:
            return together
        return joined([self._member(payload, member, header, on) for member in found])

    def _together(self, payload: Payload, found: Sequence[Member], header: Header, on: date | None) -> Table | None:
        """All members read as one text, which is several times faster; None where they differ in anything but rows."""
        if self.comments or self.reshape or self.encoding != "utf-8" or len(self.separator) > 1:
            return None
        lines, offset = header_lines(found[0].data, self.header_rows, self.separator)
        head = found[0].data[:offset]
        if len(lines) < self.header_rows or not all(m.data.startswith(head) and m.data[offset:].strip() for m in found):
            return None
        names = list(self.names) or lines[-1]
        bodies = []
        for member in found:
            _check_text(payload, member, self.encoding)
            body = member.data[offset:]
            self._check_end(payload, place_of(payload, member), body, len(names), self.separator)
            bodies.append(body if body.endswith(b"\n") else body + b"\n")
        counts = [body.count(b"\n") for body in bodies]
        cells, malformed = _read_cells("", b"".join(bodies), len(names), self.separator)
        if malformed.height or cells.height != sum(counts):
            return None  # blank lines, quoted line ends or odd rows: member by member, so that each is numbered right
        places = pl.DataFrame({"source_member": [m.name for m in found], "count": counts}).select(
            pl.col("source_member").repeat_by("count").explode(),
            pl.int_ranges(1, pl.col("count") + 1).explode().alias("row_number"),
        )
        table = select_cells(
            payload, payload.path.as_posix(), "", names, cells.with_columns(places["row_number"]), header, on=on
        )
        return Table(table.frame.with_columns(places["source_member"]), table.malformed, table.unknown)

    def _member(self, payload: Payload, member: Member, header: Header, on: date | None) -> Table:
        place = place_of(payload, member)
        _check_text(payload, member, self.encoding)
        data = member.data
        if self.encoding != "utf-8":
            data = data.decode(self.encoding).encode()
        if self.comments:
            mark = self.comments.encode()
            data = b"".join(line for line in data.splitlines(keepends=True) if not line.startswith(mark))
        first = data[: data.find(b"\n") + 1]
        separator = max(self.separator, key=lambda mark: first.count(mark.encode()))
        lines, offset = header_lines(data, self.header_rows, separator)
        if len(lines) < self.header_rows:
            raise PayloadRefused(payload.feed, place, "is empty", FETCH_AGAIN)
        found = list(self.names) or lines[-1]
        body = data[offset:]
        if body.strip():
            self._check_end(payload, place, body, len(found), separator)
        cells, malformed = _read_cells(member.name, body, len(found), separator)
        if self.reshape is not None:
            try:
                found, cells = self.reshape(found, cells)
            except KeyError as error:
                raise _missing(payload, place, error, found) from error
        table = select_cells(payload, place, member.name, found, cells, header, malformed=malformed, on=on)
        if not body.strip():
            raise refuse_empty(payload, place)
        return table

    def _check_end(self, payload: Payload, place: str, body: bytes, width: int, separator: str) -> None:
        if body.count(b'"') % 2:  # what follows it would be one cell
            raise PayloadRefused(payload.feed, place, "opens a quote that is never closed: damaged", FETCH_AGAIN)
        text = body.rstrip(b"\r\n")
        last = text[text.rfind(b"\n") + 1 :].decode("utf-8", "replace")
        cut = self.ends_with_newline and not body.endswith((b"\n", b"\r"))
        fields = next(csv.reader([last], delimiter=separator), [])
        if cut or (not self.is_ragged and 0 < len(fields) < width):
            what = f"ends in the middle of a row ({last[:80]!r}): truncated"
            raise PayloadRefused(payload.feed, place, what, FETCH_AGAIN)


def _missing(payload: Payload, place: str, column: KeyError, found: Sequence[str]) -> PayloadRefused:
    what = f"has no column {column} (found {', '.join(found)[:300]})"
    remedy = "Fetch the file again; if the operator renamed the column, teach the feed its new name."
    return PayloadRefused(payload.feed, place, what, remedy)


def read_table(payload: Payload, header: Header, *, header_rows: int = 1, on: date | None = None) -> Table:
    """All plain CSV members of a payload as one table of text. Raises `PayloadRefused`: no data, a missing column."""
    return Csv(header_rows=header_rows).read(payload, header, on)


def header_lines(data: bytes, count: int, separator: str = ",") -> tuple[list[list[str]], int]:
    """The first `count` non-blank lines of a CSV, split into fields, and the offset of the byte after them."""
    lines: list[list[str]] = []
    offset = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    while len(lines) < count and offset < len(data):
        end = data.find(b"\n", offset)
        end = len(data) if end < 0 else end + 1
        line = data[offset:end].decode("utf-8", "replace").strip("\r\n")
        offset = end
        if line.strip():
            lines.append([name.strip() for name in next(csv.reader([line], delimiter=separator))])
    return lines, offset


def _read_cells(member: str, body: bytes, width: int, separator: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    schema = {f"field_{i}": pl.String for i in range(width)}
    if not body.strip():
        return pl.DataFrame(schema={**schema, "row_number": pl.Int64}), pl.DataFrame(schema=REFUSED_SCHEMA)
    try:
        cells = pl.read_csv(body, has_header=False, schema=schema, separator=separator).with_row_index("row_number", 1)
        odd = cells.select(pl.all_horizontal(pl.col(list(schema)).is_null()).any()).item()
    except pl.exceptions.PolarsError:  # also where the first row has another number of fields than the header
        odd = True
    if odd:  # a row too long, or one without any cell: a blank line, which is no data row, or a row of blanks, which is
        return _cells_line_by_line(member, body, schema, separator)
    return cells, pl.DataFrame(schema=REFUSED_SCHEMA)


def _cells_line_by_line(
    member: str, body: bytes, schema: Mapping[str, type[pl.DataType]], separator: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The slow way, where the fast reader gives up: rows with too many fields are set apart, the rest is kept."""
    text = io.StringIO(body.decode("utf-8", "replace"), newline="")
    return cells_of((fields for fields in csv.reader(text, delimiter=separator) if fields), len(schema), member)


def cells_of(rows: Iterator[Sequence[str | None]], width: int, member: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of text as `field_0`, ... and `row_number` (from 1); rows with more than `width` fields are set apart."""
    kept, bad = [], []
    for number, fields in enumerate(rows, start=1):
        if len(fields) > width:
            bad.append(
                (member, number, repr(list(fields)), MALFORMED_ROW, f"{len(fields)} fields under {width} headers")
            )
        else:
            kept.append((number, *(value or None for value in fields), *([None] * (width - len(fields)))))
    schema = {"row_number": pl.Int64, **{f"field_{i}": pl.String for i in range(width)}}
    return pl.DataFrame(kept, schema=schema, orient="row"), pl.DataFrame(bad, schema=REFUSED_SCHEMA, orient="row")


# --- records with a type letter -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Records:
    """ISO-NE's reports: every line begins with C (comment), H (header, the first names), D (data) or T (row count).

    A trailer that counts other than the data rows there are, or none at all, means a truncated file.
    """

    has_trailer: bool = True

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table:
        return joined([self._member(payload, member, header, on) for member in members(payload)])

    def _member(self, payload: Payload, member: Member, header: Header, on: date | None) -> Table:
        place = place_of(payload, member)
        found, rows, trailer = self.split(payload, member)
        if trailer is None and self.has_trailer:
            raise PayloadRefused(payload.feed, place, "ends without its trailer record: truncated", FETCH_AGAIN)
        if trailer is not None and trailer != len(rows):
            what = f"holds {len(rows)} data records, but its trailer counts {trailer}: truncated or damaged"
            raise PayloadRefused(payload.feed, place, what, FETCH_AGAIN)
        cells, malformed = cells_of(iter(rows), len(found), member.name)
        table = select_cells(payload, place, member.name, found, cells, header, malformed=malformed, on=on)
        if not rows:
            raise refuse_empty(payload, place)
        return table

    def split(self, payload: Payload, member: Member) -> tuple[list[str], list[list[str]], int | None]:
        """Names of the first header record, the data records without their letter, and the trailer's count."""
        names: list[str] = []
        rows: list[list[str]] = []
        trailer: int | None = None
        for fields in csv.reader(io.StringIO(decoded(payload, member), newline="")):
            kind, rest = (fields[0], fields[1:]) if fields else ("", [])
            if kind == "H" and not names:
                names = [name.strip() for name in rest]
            elif kind == "D":
                rows.append(rest)
            elif kind == "T":
                count = "".join(rest[:1]).split()[:1]  # "29016" or "29016 lines"
                trailer = int(count[0]) if count and count[0].isdigit() else -1
        return names, rows, trailer


# --- workbooks ----------------------------------------------------------------------------------------------------

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
                    raise _missing(payload, f"{place}/{name}", error, found) from error
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


# --- JSON and XML -------------------------------------------------------------------------------------------------


def json_document(payload: Payload, member: Member) -> Any:
    """The member's JSON. Raises `PayloadRefused` where it is none: truncated, or an error page."""
    text = decoded(payload, member)
    try:
        return json.loads(text, parse_float=str, parse_int=str)  # numbers stay as printed
    except (json.JSONDecodeError, RecursionError) as error:
        what = f"is not JSON ({error}); it begins with {text[:60]!r}"
        raise PayloadRefused(payload.feed, place_of(payload, member), what, FETCH_AGAIN) from error


@dataclass(frozen=True)
class Json:
    """JSON documents: `records` finds the list of flat records in the document; their keys are the column names.

    `records` raises `KeyError`, `TypeError`, `IndexError` or `AttributeError` where the document has another shape; that refuses the
    payload. A record's nested values are kept as JSON text; keys that the first records lack count as columns too.
    is_flat: the document is one list of records and nothing else in it counts, groups or dates them.
    """

    records: Callable[[Any], Sequence[Mapping[str, Any]]]
    is_flat: bool = True

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table:
        return joined([self._member(payload, member, header, on) for member in members(payload)])

    def _member(self, payload: Payload, member: Member, header: Header, on: date | None) -> Table:
        place = place_of(payload, member)
        document = json_document(payload, member)
        try:
            records = [dict(record) for record in self.records(document)]
        except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
            what = f"has not the shape this feed knows ({type(error).__name__}: {error})"
            raise PayloadRefused(
                payload.feed, place, what, "Fetch it again; if the source changed it, teach the feed."
            ) from error
        return records_table(payload, place, member.name, records, header, on)


def records_table(
    payload: Payload,
    place: str,
    member: str,
    records: Sequence[Mapping[str, Any]],
    header: Header,
    on: date | None = None,
) -> Table:
    """Flat records (JSON objects, XML elements) as a table. Raises `PayloadRefused` for none, or a missing column."""
    if not records:
        raise refuse_empty(payload, place, "holds no records")
    found = list(dict.fromkeys(key for record in records for key in record))
    rows = ([_json_text(record.get(key)) for key in found] for record in records)
    cells, malformed = cells_of(rows, len(found), member)
    return select_cells(payload, place, member, found, cells, header, malformed=malformed, on=on)


def _json_text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return value.strip() if isinstance(value, str) else json.dumps(value)


def xml_root(payload: Payload, member: Member) -> Any:
    """The root element. A document type declaration is refused, and with it every entity; so is what is not XML."""
    from xml.etree import ElementTree

    text = decoded(payload, member)
    place = place_of(payload, member)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise PayloadRefused(payload.feed, place, "declares a document type or entities", "Do not use this file.")
    try:
        return ElementTree.fromstring(text.encode())
    except ElementTree.ParseError as error:
        what = f"is not XML ({error}); it begins with {text[:60]!r}"
        raise PayloadRefused(payload.feed, place, what, FETCH_AGAIN) from error


@dataclass(frozen=True)
class Xml:
    """XML documents: `records` turns the root element into flat records, and raises as `Json.records` does."""

    records: Callable[[Any], Sequence[Mapping[str, Any]]]

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table:
        tables = []
        for member in members(payload):
            root, place = xml_root(payload, member), place_of(payload, member)
            try:
                records = list(self.records(root))
            except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
                what = f"has not the shape this feed knows ({type(error).__name__}: {error})"
                raise PayloadRefused(
                    payload.feed, place, what, "Fetch it again; if the source changed it, teach the feed."
                ) from error
            tables.append(records_table(payload, place, member.name, records, header, on))
        return joined(tables)
