"""Lines of text: CSV in its dialects, and records with a type letter and a trailer."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from extract.containers import FETCH_AGAIN, MAX_EXPANDED_BYTES, Member, check_width, members, place_of
from extract.feed import REFUSED_SCHEMA, Payload
from extract.formats import Header, Table, joined, refuse_empty, select_cells
from extract.readers.common import cells_of, check_text, decoded, is_blank, missing
from gridlake.errors import PayloadRefused

csv.field_size_limit(MAX_EXPANDED_BYTES)  # a lost quote makes one cell of the rest: that is judged, not a crash


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
        if len(lines) < self.header_rows or not all(
            m.data.startswith(head) and not is_blank(m.data[offset:]) for m in found
        ):
            return None
        names = list(self.names) or lines[-1]
        check_width(payload, payload.path.as_posix(), len(names))
        bodies = []
        for member in found:
            check_text(payload, member, self.encoding)
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
        check_text(payload, member, self.encoding)
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
        check_width(payload, place, len(found))
        body = data[offset:]
        if not is_blank(body):
            self._check_end(payload, place, body, len(found), separator)
        cells, malformed = _read_cells(member.name, body, len(found), separator)
        if self.reshape is not None:
            try:
                found, cells = self.reshape(found, cells)
            except KeyError as error:
                raise missing(payload, place, error, found) from error
        table = select_cells(payload, place, member.name, found, cells, header, malformed=malformed, on=on)
        if is_blank(body):
            raise refuse_empty(payload, place)
        return table

    def _check_end(self, payload: Payload, place: str, body: bytes, width: int, separator: str) -> None:
        if body.count(b'"') % 2:  # what follows it would be one cell
            raise PayloadRefused(payload.feed, place, "opens a quote that is never closed: damaged", FETCH_AGAIN)
        end = len(body)  # of the last line; `rstrip` would copy all of the others
        while end and body[end - 1] in b"\r\n":
            end -= 1
        last = body[body.rfind(b"\n", 0, end) + 1 : end].decode("utf-8", "replace")
        cut = self.ends_with_newline and not body.endswith((b"\n", b"\r"))
        fields = next(csv.reader([last], delimiter=separator), [])
        if cut or (not self.is_ragged and 0 < len(fields) < width):
            what = f"ends in the middle of a row ({last[:80]!r}): truncated"
            raise PayloadRefused(payload.feed, place, what, FETCH_AGAIN)


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
    if is_blank(body):
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
