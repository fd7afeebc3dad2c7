"""Containers and tables as operators ship them: zip, gzip and CSV, opened with limits and read as text.

Belongs here: what is the same for every feed — opening a payload's members safely, checking a header, reading cells as
text, turning unplaceable rows into refused ones. Does not belong here: any operator's column, zone or time convention.
"""

from __future__ import annotations

import csv
import gzip
import io
import logging
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

import polars as pl

from extract.feed import REFUSED_SCHEMA, Payload
from gridlake.contracts import Column
from gridlake.errors import PayloadRefused

log = logging.getLogger(__name__)

MAX_EXPANDED_BYTES = 512 * 1024 * 1024  # of one payload; the largest real one expands to 20 MB
MAX_RATIO = 200  # text of operators shrinks 10 to 40 times
RATIO_APPLIES_FROM_BYTES = 4 * 1024 * 1024  # a few kilobytes of blanks are no bomb

UNPLACEABLE_TIME = "L01"
UNKNOWN_KEY = "L02"
MALFORMED_ROW = "L03"

FETCH_AGAIN = "Fetch the file again from the operator."


@dataclass(frozen=True)
class Member:
    """One file of a payload. `modified` is the wall clock a zip keeps for it; None elsewhere."""

    name: str
    data: bytes
    modified: datetime | None = None


# --- containers ---------------------------------------------------------------------------------------------------


def members(payload: Payload) -> list[Member]:
    """The files of a payload in their own order: those of a zip, or the one of a gzip or plain file.

    Raises `PayloadRefused` for a truncated, encrypted or empty container, for names that lead out of a directory, for
    links, and for a payload that expands beyond `MAX_EXPANDED_BYTES` or, when large, more than `MAX_RATIO` times.
    """
    place = payload.path.as_posix()
    if payload.data.startswith(b"PK") or payload.name.endswith(".zip"):
        found = _zip_members(payload, place)
    elif payload.data.startswith(b"\x1f\x8b") or payload.name.endswith(".gz"):
        found = [Member(payload.name, _gunzip(payload, place))]
    else:
        found = [Member(payload.name, payload.data)]
    if not found:
        raise PayloadRefused(payload.feed, place, "is an archive without any file", FETCH_AGAIN)
    return found


def _zip_members(payload: Payload, place: str) -> list[Member]:
    try:
        with zipfile.ZipFile(io.BytesIO(payload.data)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            for info in infos:
                _check_name(payload, place, info)
            _check_expansion(payload, place, infos)
            return [
                Member(info.filename, _read_member(payload, place, archive, info), _modified(info)) for info in infos
            ]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise PayloadRefused(
            payload.feed, place, f"cannot be opened as a zip: truncated or damaged ({error})", FETCH_AGAIN
        ) from error


def _check_name(payload: Payload, place: str, info: zipfile.ZipInfo) -> None:
    name = info.filename
    escapes = (
        name.startswith(("/", "\\")) or "\\" in name or ".." in PurePosixPath(name).parts or re.match(r"^\w:", name)
    )
    if escapes or stat.S_ISLNK(info.external_attr >> 16):
        raise PayloadRefused(
            payload.feed, place, f"holds a member that leads out of the archive: {name!r}", "Do not use this file."
        )


def _check_expansion(payload: Payload, place: str, infos: Iterable[zipfile.ZipInfo]) -> None:
    total = 0
    for info in infos:
        total += info.file_size
        bomb = info.file_size > RATIO_APPLIES_FROM_BYTES and info.file_size > MAX_RATIO * max(info.compress_size, 1)
        if bomb or total > MAX_EXPANDED_BYTES:
            raise _too_large(payload, place)


def _too_large(payload: Payload, place: str) -> PayloadRefused:
    return PayloadRefused(
        payload.feed,
        place,
        f"expands beyond {MAX_EXPANDED_BYTES // 2**20} MB or more than {MAX_RATIO} times",
        "Check where the file came from; split it if it is genuine.",
    )


def _read_member(payload: Payload, place: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as handle:
        data = handle.read(info.file_size + 1)  # bounded: a header may lie about the size
    if len(data) > info.file_size:
        raise _too_large(payload, place)
    return data


def _modified(info: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*info.date_time)
    except ValueError:
        return None


def _gunzip(payload: Payload, place: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(payload.data)) as handle:
            data = handle.read(MAX_EXPANDED_BYTES + 1)
    except (gzip.BadGzipFile, zlib.error, EOFError, OSError) as error:
        raise PayloadRefused(
            payload.feed, place, f"cannot be opened as gzip: truncated or damaged ({error})", FETCH_AGAIN
        ) from error
    large = len(data) > RATIO_APPLIES_FROM_BYTES
    if len(data) > MAX_EXPANDED_BYTES or (large and len(data) > MAX_RATIO * len(payload.data)):
        raise _too_large(payload, place)
    return data


# --- tables -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Header:
    """The columns a CSV must have: own column name to the header names it may go by (the first is today's)."""

    names: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, **names: str | Sequence[str]) -> Header:
        return cls({column: (given,) if isinstance(given, str) else tuple(given) for column, given in names.items()})

    def locate(self, found: Sequence[str]) -> tuple[dict[str, int], list[str], list[str]]:
        """Position of each own column in `found`, header names that are missing, and those nobody asked for."""
        positions = {_canonical(name): i for i, name in reversed(list(enumerate(found)))}
        located: dict[str, int] = {}
        missing: list[str] = []
        for column, names in self.names.items():
            hit = next((positions[_canonical(name)] for name in names if _canonical(name) in positions), None)
            if hit is None:
                missing.append("' or '".join(names[:2]))
            else:
                located[column] = hit
        extra = [name for i, name in enumerate(found) if i not in located.values()]
        return located, missing, extra


def quoted(names: Sequence[str]) -> str:
    """
    >>> quoted(["PTID", "Load"])
    "'PTID', 'Load'"
    """
    return ", ".join(f"'{name}'" for name in names)


def _canonical(name: str) -> str:
    return " ".join(name.split()).casefold()


@dataclass
class Table:
    """Cells as text: own columns plus `source_member` and `row_number`; blank cells are null."""

    frame: pl.DataFrame
    malformed: pl.DataFrame  # REFUSED_SCHEMA: rows with more fields than the header
    warnings: list[str] = field(default_factory=list)


def read_table(payload: Payload, header: Header, *, header_rows: int = 1) -> Table:
    """All CSV members of a payload as one table of text, in the members' own order.

    `header_rows` header lines stand on top; the last one names the columns (feeds with more check the others
    themselves). Raises `PayloadRefused` naming the member and what is wrong: no data, a missing or doubled column.
    """
    tables = [_read_member_table(payload, member, header, header_rows) for member in members(payload)]
    return Table(
        frame=pl.concat([t.frame for t in tables]),
        malformed=pl.concat([t.malformed for t in tables]),
        warnings=[w for t in tables for w in t.warnings],
    )


def _place(payload: Payload, member: Member) -> str:
    place = payload.path.as_posix()
    return place if member.name == payload.name else f"{place}/{member.name}"


def header_lines(data: bytes, count: int) -> tuple[list[list[str]], int]:
    """The first `count` non-blank lines of a CSV, split into fields, and the offset of the byte after them."""
    lines: list[list[str]] = []
    offset = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    while len(lines) < count and offset < len(data):
        end = data.find(b"\n", offset)
        end = len(data) if end < 0 else end + 1
        text = data[offset:end].decode("utf-8", "replace").strip("\r\n")
        offset = end
        if text.strip():
            lines.append([name.strip() for name in next(csv.reader([text]))])
    return lines, offset


def _read_member_table(payload: Payload, member: Member, header: Header, header_rows: int) -> Table:
    place = _place(payload, member)
    lines, offset = header_lines(member.data, header_rows)
    if len(lines) < header_rows:
        raise PayloadRefused(payload.feed, place, "is empty", FETCH_AGAIN)
    found = lines[-1]
    located, missing, extra = header.locate(found)
    if missing:
        raise PayloadRefused(
            payload.feed,
            place,
            f"has no column {quoted(missing)} (found {', '.join(found)[:300]})",
            "Fetch the file again; if the operator renamed the column, add the new name to the feed's header.",
        )
    warnings = [f"{payload.feed}: {place}: unknown column {name!r} is not taken" for name in extra]
    for warning in warnings:
        log.warning(warning)
    if not member.data[offset:].strip():
        raise PayloadRefused(payload.feed, place, "has a header and no rows", FETCH_AGAIN)
    cells, malformed = _read_cells(member, offset, found)
    frame = cells.select(
        *(pl.col(f"field_{position}").alias(column) for column, position in located.items()),
        pl.lit(member.name).alias("source_member"),
        pl.col("row_number"),
    )
    return Table(frame, malformed, warnings)


def _read_cells(member: Member, offset: int, found: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    body = member.data[offset:]
    schema = {f"field_{i}": pl.String for i in range(len(found))}
    malformed = pl.DataFrame(schema=REFUSED_SCHEMA)
    try:
        cells = _polars_cells(body, schema).with_row_index("row_number", offset=1)
        odd = cells.select(pl.all_horizontal(pl.col(list(schema)).is_null()).any()).item()
    except pl.exceptions.ComputeError:
        odd = True
    if odd:  # a row too long, or one without any cell: a blank line, which is no data row, or a row of blanks, which is
        cells, malformed = _cells_line_by_line(member, body, found, schema)
    return cells.with_columns(pl.col("row_number").cast(pl.Int64)), malformed


def _polars_cells(body: bytes, schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.read_csv(body, has_header=False, schema=dict(schema), encoding="utf8-lossy")


def _cells_line_by_line(
    member: Member, body: bytes, found: Sequence[str], schema: Mapping[str, type[pl.DataType]]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The slow way, where the fast reader gives up: rows with too many fields are set apart, the rest is kept."""
    width = len(found)
    rows, bad = [], []
    lines = (fields for fields in csv.reader(io.StringIO(body.decode("utf-8", "replace"), newline="")) if fields)
    for number, fields in enumerate(lines, start=1):
        if len(fields) > width:
            bad.append(
                (member.name, number, repr(fields), MALFORMED_ROW, f"{len(fields)} fields under {width} headers")
            )
        else:
            rows.append((number, *(value or None for value in fields), *([None] * (width - len(fields)))))
    cells = pl.DataFrame(rows, schema={"row_number": pl.Int64, **schema}, orient="row")
    return cells, pl.DataFrame(bad, schema=REFUSED_SCHEMA, orient="row")


# --- placing rows -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """A reason why a row cannot be placed: `broken` is true where it applies."""

    rule_id: str
    broken: pl.Expr
    reason: str


def split_placed(table: Table, placed: pl.DataFrame, rules: Sequence[Rule]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`placed` (the table's rows with their times and keys) without those a rule refuses, and the refused ones.

    The first broken rule names the reason. Refused rows carry the cells as received, as JSON.
    """
    verdict = pl.coalesce(
        *(pl.when(rule.broken.fill_null(True)).then(pl.lit(i, dtype=pl.Int32)) for i, rule in enumerate(rules))
    )
    judged = placed.with_columns(verdict.alias("_rule"))
    bad = judged.filter(pl.col("_rule").is_not_null())
    if not bad.height and not table.malformed.height:
        return placed, table.malformed
    raw = [c for c in table.frame.columns if c not in ("source_member", "row_number")]
    which = pl.col("_rule")
    refused = bad.select(
        "source_member",
        "row_number",
        pl.struct(raw).struct.json_encode().alias("raw_record"),
        which.replace_strict({i: r.rule_id for i, r in enumerate(rules)}, return_dtype=pl.String).alias("rule_id"),
        which.replace_strict({i: r.reason for i, r in enumerate(rules)}, return_dtype=pl.String).alias("reason"),
    )
    return judged.filter(pl.col("_rule").is_null()).drop("_rule"), pl.concat([refused, table.malformed])


def stamp(column: str, *formats: str) -> pl.Expr:
    """A text column as a naive datetime by the first format that fits; null where none does."""
    return pl.coalesce(*(pl.col(column).str.to_datetime(f, time_unit="us", strict=False) for f in formats))


def stamp_with_offset(column: str) -> pl.Expr:
    """A text column of ISO 8601 stamps with an offset as naive UTC; null where it is none."""
    return (
        pl.col(column)
        .str.replace("T", " ", literal=True)
        .str.replace(r"Z$", "+00:00")
        .str.to_datetime("%Y-%m-%d %H:%M:%S%:z", time_unit="us", strict=False)
        .dt.convert_time_zone("UTC")
        .dt.replace_time_zone(None)
    )


def occurrence(column: str, *series: str) -> pl.Expr:
    """How often the same stamp was seen before in the same series of the same member: 0 for the first time."""
    return pl.int_range(pl.len()).over("source_member", *series, column)


def text(name: str, description: str, unit: str = "") -> Column:
    """A bronze column kept as received."""
    return Column(name, "text", description, unit)


def instant(name: str, description: str) -> Column:
    """A bronze column placed in time by the parser: naive UTC, never null."""
    return Column(name, "timestamp", description, "UTC", nullable=False)


INTERVAL_START = instant("interval_start_utc", "Start of the interval the row speaks of.")
INTERVAL_END = instant("interval_end_utc", "End (excluded) of that interval.")
REGION = Column("region_id", "text", "Region the row speaks of.", nullable=False)
