"""The operators' recorded files, parsed once a session, and what every feed's test asks of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from extract.catalogue import feed
from extract.feed import Parsed, Payload
from gridlake.errors import PayloadRefused
from gridlake.settings import load_settings
from gridlake.times import local_day_utc
from tests.unit.extract.emitted import emitted

HOUR = timedelta(hours=1)


@cache
def payloads(name: str, archive: Path) -> dict[str, Payload]:
    """The feed's files by name; those it passes over, and empty ones, left out."""
    settings = load_settings(home=archive / "unused", origin="archive", archive=archive, environ={})
    return {payload.name: payload for payload in feed(name).fetch(settings) if payload.data}


@cache
def parsed(name: str, archive: Path, file: str) -> Parsed:
    return feed(name).parse(payloads(name, archive)[file])


@cache
def rows(name: str, archive: Path, *files: str) -> pl.DataFrame:
    """Placed rows of all the feed's files, or of those named."""
    found = [parsed(name, archive, file).rows for file in files or payloads(name, archive)]
    return pl.concat(found, how="diagonal")


@cache
def silver(name: str, archive: Path, subject: str) -> pl.DataFrame:
    """What silver takes of all the feed's files."""
    return emitted(feed(name), rows(name, archive), subject)


def counts(name: str, archive: Path) -> dict[str, tuple[int, int]]:
    """Rows placed and refused by file."""
    found = {file: parsed(name, archive, file) for file in payloads(name, archive)}
    assert all(p.rows_read == p.rows.height + p.refused.height for p in found.values())
    return {file: (p.rows.height, p.refused.height) for file, p in found.items()}


def span(frame: pl.DataFrame) -> tuple[datetime, datetime]:
    """Start of the first interval and end of the last."""
    first, last = frame.select(pl.col("interval_start_utc").min(), pl.col("interval_end_utc").max()).row(0)
    return first, last


def hours_of(frame: pl.DataFrame, day: date, timezone: str) -> list[datetime]:
    """Starts of a local day's intervals, in order."""
    start, end = local_day_utc(day, timezone)
    inside = frame.filter((pl.col("interval_start_utc") >= start) & (pl.col("interval_start_utc") < end))
    return inside["interval_start_utc"].sort().to_list()


def gaps(frame: pl.DataFrame, step: timedelta = HOUR) -> list[tuple[datetime, datetime]]:
    """Where a series misses intervals: the last before and the first after."""
    starts = frame["interval_start_utc"].sort().to_list()
    return [(a, b) for a, b in pairwise(starts) if b - a != step]


def components_add_up(prices: pl.DataFrame) -> None:
    """Price = energy + congestion + loss to 2 cents, wherever components are published."""
    gap = prices["price_per_mwh"] - prices["energy_per_mwh"] - prices["congestion_per_mwh"] - prices["loss_per_mwh"]
    assert gap.null_count() == 0
    assert gap.abs().max() <= 0.02  # type: ignore[operator]


def refused(name: str, archive: Path, file: str, data: bytes, match: str) -> None:
    """The feed refuses `file` with these bytes, naming itself, the file and why."""
    with pytest.raises(PayloadRefused, match=match) as error:
        feed(name).parse(replace(payloads(name, archive)[file], data=data))
    assert name in str(error.value)
    assert file.split(".")[0] in str(error.value)
