"""Ways to change and damage a payload in its own format, knowing nothing of any feed's meaning.

Belongs here: for each file format the same few operations on its rows and columns, and damage to bytes. Readers of the
project are not used: a payload is opened with the standard library or the format's own.
"""

from __future__ import annotations

import copy
import csv
import gzip
import io
import json
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from extract import readers
from extract.feed import Feed, Payload

KEPT_ROWS = 200


def is_zip(payload: Payload) -> bool:
    return payload.data[:2] == b"PK"


def is_gzip(payload: Payload) -> bool:
    return payload.data[:2] == b"\x1f\x8b"


def first_member(payload: Payload) -> bytes:
    """The bytes of the first file in the payload's container."""
    if is_zip(payload):
        with zipfile.ZipFile(io.BytesIO(payload.data)) as archive:
            return archive.read(next(i for i in archive.infolist() if not i.is_dir()))
    return gzip.decompress(payload.data) if is_gzip(payload) else payload.data


def packed_again(payload: Payload, data: bytes) -> Payload:
    """The payload with `data` as its first member, alone, in the same kind of container."""
    if is_zip(payload):
        buffer = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(payload.data)) as old,
            zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
        ):
            info = next(i for i in old.infolist() if not i.is_dir())
            fresh = zipfile.ZipInfo(info.filename, info.date_time)
            fresh.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(fresh, data)
        return replace(payload, data=buffer.getvalue())
    return replace(payload, data=gzip.compress(data, mtime=0) if is_gzip(payload) else data)


class Format(ABC):
    """Operations on one file format. `row` counts data rows from 1."""

    knows_unknown_columns = True  # whether a column nobody declared can be added

    @abstractmethod
    def rows(self, payload: Payload) -> int:
        """Number of data rows of the first member."""

    @abstractmethod
    def head(self, payload: Payload, count: int) -> Payload:
        """Only the first `count` rows of the first member."""

    @abstractmethod
    def without_column(self, payload: Payload, column: str) -> Payload: ...

    @abstractmethod
    def with_cell(self, payload: Payload, column: str, row: int, value: str) -> Payload: ...

    def with_column(self, payload: Payload, column: str) -> Payload:
        """With a column more, each cell of it `7`."""
        raise NotImplementedError


@dataclass(frozen=True)
class CsvFormat(Format):
    """Comma separated text with `header_rows` lines on top, comments among them, the last of which names the columns."""

    header_rows: int = 1
    separator: str = ","
    encoding: str = "utf-8"

    def table(self, payload: Payload) -> list[list[str]]:
        text = first_member(payload).decode("utf-8-sig" if self.encoding == "utf-8" else self.encoding)
        return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=self.separator) if row]

    def put(self, payload: Payload, table: list[list[str]]) -> Payload:
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=self.separator, lineterminator="\n").writerows(table)
        return packed_again(payload, buffer.getvalue().encode(self.encoding))

    def names(self, table: list[list[str]]) -> list[str]:
        return [name.strip() for name in table[self.header_rows - 1]]

    def rows(self, payload: Payload) -> int:
        return len(self.table(payload)) - self.header_rows

    def head(self, payload: Payload, count: int) -> Payload:
        return self.put(payload, self.table(payload)[: self.header_rows + count])

    def without_column(self, payload: Payload, column: str) -> Payload:
        table = self.table(self.head(payload, KEPT_ROWS))
        at = self.names(table).index(column)
        first = self.header_rows - 1
        return self.put(payload, table[:first] + [row[:at] + row[at + 1 :] for row in table[first:]])

    def with_cell(self, payload: Payload, column: str, row: int, value: str) -> Payload:
        table = self.table(self.head(payload, KEPT_ROWS))
        table[self.header_rows - 1 + row][self.names(table).index(column)] = value
        return self.put(payload, table)

    def with_column(self, payload: Payload, column: str) -> Payload:
        table = self.table(self.head(payload, KEPT_ROWS))
        width = len(table[self.header_rows - 1])
        named = [
            [*row, *[""] * (width - len(row)), "7" if i >= self.header_rows else column] if len(row) > 1 else row
            for i, row in enumerate(table)
        ]
        return self.put(payload, named)


@dataclass(frozen=True)
class RecordsFormat(CsvFormat):
    """Reports whose lines begin with C, H, D or T; the trailer counts the data records."""

    def table(self, payload: Payload) -> list[list[str]]:
        lines = super().table(payload)
        head = next(row for row in lines if row[0] == "H")
        return [head, *(row for row in lines if row[0] == "D")]

    def put(self, payload: Payload, table: list[list[str]]) -> Payload:
        trailer = [row for row in CsvFormat.table(self, payload) if row[0] == "T"]
        counted = [["T", str(len(table) - 1), *trailer[0][2:]]] if trailer else []
        comments = [row for row in CsvFormat.table(self, payload) if row[0] == "C"]
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([*comments, *table, *counted])
        return packed_again(payload, buffer.getvalue().encode())


@dataclass(frozen=True)
class JsonFormat(Format):
    """JSON documents: rows are the objects of the first list whose objects have the column `key`."""

    key: str

    def document(self, payload: Payload) -> tuple[Any, list[dict[str, Any]]]:
        document = json.loads(first_member(payload))
        found = self._records(document)
        assert found is not None, f"no list of records with {self.key}"
        return document, found

    def _records(self, node: Any) -> list[dict[str, Any]] | None:
        if isinstance(node, list) and node and isinstance(node[0], dict) and self.key in node[0]:
            return node
        children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        return next((found for child in children if (found := self._records(child)) is not None), None)

    def changed(self, payload: Payload, change: Callable[[list[dict[str, Any]]], None]) -> Payload:
        document, records = self.document(payload)
        change(records)
        return packed_again(payload, json.dumps(document).encode())

    def rows(self, payload: Payload) -> int:
        return len(self.document(payload)[1])

    def head(self, payload: Payload, count: int) -> Payload:
        return self.changed(payload, lambda records: records.__delitem__(slice(count, None)))

    def without_column(self, payload: Payload, column: str) -> Payload:
        return self.changed(payload, lambda records: [r.pop(column, None) for r in records] and None)

    def with_cell(self, payload: Payload, column: str, row: int, value: str) -> Payload:
        return self.changed(payload, lambda records: records[row - 1].__setitem__(column, value))

    def with_column(self, payload: Payload, column: str) -> Payload:
        short = self.head(payload, KEPT_ROWS)
        return self.changed(short, lambda records: [r.__setitem__(column, "7") for r in records] and None)


@dataclass(frozen=True)
class WorkbookFormat(Format):
    """Excel workbooks, old or new: the sheet of data is the first whose header line holds `key`."""

    key: str
    header_row: int = 0
    lines_between: int = 0  # lines between header and data

    def sheets(self, payload: Payload) -> dict[str, list[list[Any]]]:
        from python_calamine import CalamineWorkbook

        book = CalamineWorkbook.from_filelike(io.BytesIO(payload.data))
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}

    def changed(self, payload: Payload, change: Callable[[list[Any], list[list[Any]]], tuple[list[Any], list[list[Any]]]]) -> Payload:  # fmt: skip
        sheets = self.sheets(payload)
        for rows in sheets.values():
            if len(rows) > self.header_row and self.key in [str(c).strip() for c in rows[self.header_row]]:
                first = self.header_row + 1 + self.lines_between
                head, body = change(rows[self.header_row], rows[first:])
                rows[self.header_row :] = [head, *rows[self.header_row + 1 : first], *body]
        return replace(payload, data=_written(sheets))

    def body(self, payload: Payload) -> list[list[Any]]:
        for rows in self.sheets(payload).values():
            if len(rows) > self.header_row and self.key in [str(c).strip() for c in rows[self.header_row]]:
                return [
                    r for r in rows[self.header_row + 1 + self.lines_between :] if any(c not in ("", None) for c in r)
                ]
        raise AssertionError(f"no sheet with a column {self.key}")

    def rows(self, payload: Payload) -> int:
        return len(self.body(payload))

    def head(self, payload: Payload, count: int) -> Payload:
        return self.changed(payload, lambda head, body: (head, body[:count]))

    def without_column(self, payload: Payload, column: str) -> Payload:
        def change(head: list[Any], body: list[list[Any]]) -> tuple[list[Any], list[list[Any]]]:
            at = [str(c).strip() for c in head].index(column)
            return head[:at] + head[at + 1 :], [row[:at] + row[at + 1 :] for row in body[:KEPT_ROWS]]

        return self.changed(payload, change)

    def with_cell(self, payload: Payload, column: str, row: int, value: str) -> Payload:
        def change(head: list[Any], body: list[list[Any]]) -> tuple[list[Any], list[list[Any]]]:
            body = copy.deepcopy(body[:KEPT_ROWS])
            body[row - 1][[str(c).strip() for c in head].index(column)] = value
            return head, body

        return self.changed(payload, change)

    def with_column(self, payload: Payload, column: str) -> Payload:
        return self.changed(payload, lambda head, body: ([*head, column], [[*row, 7] for row in body[:KEPT_ROWS]]))


def _written(sheets: dict[str, list[list[Any]]]) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, value in enumerate(row):
                    if isinstance(value, datetime):
                        sheet.write_datetime(i, j, value)
                    elif isinstance(value, date):
                        sheet.write_datetime(i, j, datetime(value.year, value.month, value.day))
                    elif isinstance(value, str):
                        sheet.write_string(i, j, value)
                    elif value is not None:
                        sheet.write(i, j, value)
    return buffer.getvalue()


def format_of(feed: Feed, sample: Any) -> Format | None:
    """The format in which the feed's files are changed; None for those changed by nothing but bytes (XML, R,
    Parquet, documents that group or count their records, tables whose header does not name their columns)."""
    reader = getattr(feed, "reader", None)
    if not sample.key_column:
        return None  # rows are placed by their number: none can be moved or taken out
    if isinstance(reader, readers.Records):
        return RecordsFormat()
    if isinstance(reader, readers.Json):
        return JsonFormat(sample.value_column) if reader.is_flat else None
    if isinstance(reader, readers.Workbook) and reader.reshape is None:
        return WorkbookFormat(sample.value_column, reader.header_row, reader.skip_after_header)
    if isinstance(reader, readers.Csv) and reader.reshape is None and not reader.names:
        return CsvFormat(sample.header_rows, reader.separator[0], reader.encoding)
    if reader is None:
        return CsvFormat(sample.header_rows)
    return None


def rewritten(payload: Payload, change: Callable[[list[list[str]]], list[list[str]]], keep: int = KEPT_ROWS) -> Payload:
    """A CSV payload with the table of its first member, at most `keep` lines of it, changed."""
    format = CsvFormat()
    return format.put(payload, change(format.table(payload)[:keep]))
