"""What every reader shares: text decoded or refused, rows of text as cells, a column that is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol

import polars as pl

from extract.containers import FETCH_AGAIN, Member, place_of
from extract.feed import REFUSED_SCHEMA, Payload
from extract.formats import MALFORMED_ROW, Header, Table
from gridlake.errors import PayloadRefused


class Reader(Protocol):
    """Reads all members of a payload; `on` is the day the payload speaks of, for columns with a validity."""

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table: ...


def decoded(payload: Payload, member: Member, encoding: str = "utf-8") -> str:
    """The member's text. Raises `PayloadRefused` for NUL bytes and for bytes that are not `encoding`."""
    check_text(payload, member, encoding)
    return member.data.decode("utf-8-sig" if encoding == "utf-8" else encoding)


def is_blank(data: bytes) -> bool:
    """Whether there is nothing but white space; `strip` would copy the whole text to tell."""
    return not data or data.isspace()


def check_text(payload: Payload, member: Member, encoding: str) -> None:
    place = place_of(payload, member)
    if is_blank(member.data):
        raise PayloadRefused(payload.feed, place, "is empty", FETCH_AGAIN)
    if b"\x00" in member.data:
        raise PayloadRefused(
            payload.feed, place, "holds NUL bytes: damaged, or not text of one byte a letter", FETCH_AGAIN
        )
    if member.data.isascii():  # told in a tenth of the time that decoding takes; every encoding we know holds it
        return
    try:
        member.data.decode(encoding)
    except UnicodeDecodeError as error:
        raise PayloadRefused(
            payload.feed,
            place,
            f"is not {encoding} text (byte {error.start})",
            "Fetch the file again; if the operator changed its encoding, declare it in the feed's reader.",
        ) from error


def missing(payload: Payload, place: str, column: KeyError, found: Sequence[str]) -> PayloadRefused:
    what = f"has no column {column} (found {', '.join(found)[:300]})"
    remedy = "Fetch the file again; if the operator renamed the column, teach the feed its new name."
    return PayloadRefused(payload.feed, place, what, remedy)


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
