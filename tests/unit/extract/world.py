"""Real files of sources outside the US ISOs, parsed once, and the same files read in another way."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from extract.catalogue import feed
from extract.feed import Parsed, Payload
from gridlake.times import local_day_utc


@cache
def parse(name: str, archive: Path, relative: str) -> Parsed:
    return feed(name).parse(Payload(name, (archive / relative).read_bytes(), f"archive:{relative}", "archive"))


def parse_bytes(name: str, data: bytes, relative: str) -> Parsed:
    return feed(name).parse(Payload(name, data, f"archive:{relative}", "archive"))


def raw(path: Path, separator: str = ",", encoding: str = "utf-8-sig") -> list[list[str]]:
    """The file's lines by the standard library alone."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode(encoding)
    return [row for row in csv.reader(io.StringIO(text), delimiter=separator) if row]


def counts(parsed: Parsed) -> tuple[int, int, int]:
    """Rows read, placed and refused; that they add up is asserted."""
    assert parsed.rows_read == parsed.rows.height + parsed.refused.height
    return parsed.rows_read, parsed.rows.height, parsed.refused.height


def duplicates(parsed: Parsed, name: str) -> int:
    own = [c.name for c in feed(name).columns]
    return parsed.rows.height - parsed.rows.unique(subset=own).height


def on_local_day(rows: pl.DataFrame, day: date, timezone: str) -> pl.DataFrame:
    return rows.filter(pl.col("interval_start_utc").is_between(*local_day_utc(day, timezone), closed="left"))


def hours_missing(rows: pl.DataFrame, every: str = "1h") -> int:
    """Intervals between the first and the last start that no row has."""
    start = rows["interval_start_utc"]
    first, last = start.min(), start.max()
    return pl.datetime_range(first, last, every, eager=True).len() - start.n_unique()  # type: ignore[arg-type]
