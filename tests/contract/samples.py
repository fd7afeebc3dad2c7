"""Real payloads for the feed contract, and ways to damage them.

Belongs here: which of the operators' files stand for a feed, and format-level surgery that knows no feed's meaning.
"""

from __future__ import annotations

import copy
import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path

from extract.archive import archive_payloads
from extract.catalogue import feed as feed_named
from extract.feed import Feed, Payload
from gridlake.settings import load_settings


@dataclass(frozen=True)
class Sample:
    """What the contract needs to know of a feed beside its code.

    names: files that stand for it. header_rows: lines before data. key_column: header name of the cell without which a
    row cannot be placed; refused_as: the rule for that. value_column: a cell that is kept whatever it says, under
    value_name in bronze. series: bronze columns that name one time series. short_day, long_day: local days with a clock
    change that the files hold, in timezone.
    """

    feed: str
    names: tuple[str, ...]
    key_column: str
    value_column: str
    value_name: str
    refused_as: str = "L01"
    header_rows: int = 1
    series: tuple[str, ...] = ()
    timezone: str = ""
    short_day: date | None = None
    long_day: date | None = None


ARCHIVE_SAMPLES = (
    Sample(
        "eia930_cleaned",
        ("NYIS.csv.gz",),
        "date_time",
        "raw demand (MW)",
        "raw_demand",
        series=("region_id",),
        timezone="America/New_York",
        short_day=date(2016, 3, 13),
        long_day=date(2015, 11, 1),
    ),
    Sample(
        "nyiso_pal",
        ("20151101pal_csv.zip", "20160301pal_csv.zip", "20171122pal.csv"),
        "Time Stamp",
        "Load",
        "load",
        series=("name",),
        timezone="America/New_York",
        short_day=date(2016, 3, 13),
        long_day=date(2015, 11, 1),
    ),
    Sample(
        "nyiso_isolf",
        ("20151101isolf_csv.zip", "20160301isolf_csv.zip", "20171122isolf.csv"),
        "Time Stamp",
        "NYISO",
        "nyiso",
        series=("issue_date",),
        timezone="America/New_York",
        short_day=date(2016, 3, 13),
        long_day=date(2015, 11, 1),
    ),
    Sample("nyiso_damlbmp", ("20220718da.csv",), "Time Stamp", "LBMP ($/MWHr)", "lbmp", series=("name",)),
    Sample("nyiso_realtime", ("20220718rt.csv",), "Time Stamp", "LBMP ($/MWHr)", "lbmp", series=("name",)),
    Sample(
        "nyiso_rtfuelmix",
        ("20160119rtfuelmix.csv", "20171122rtfuelmix.csv", "20250201rtfuelmix_csv.zip"),
        "Time Stamp",
        "Gen MW",
        "gen_mw",
        series=("fuel_category",),
    ),
    Sample(
        "entsoe_spain_energy",
        ("energy_dataset.csv.gz",),
        "time",
        "price actual",
        "price_actual",
        series=("region_id",),
        timezone="Europe/Madrid",
        short_day=date(2016, 3, 27),
        long_day=date(2016, 10, 30),
    ),
    Sample(
        "entsoe_spain_weather",
        ("weather_features.csv.gz",),
        "dt_iso",
        "temp",
        "temp",
        series=("station_id",),
        timezone="Europe/Madrid",
        short_day=date(2016, 3, 27),
        long_day=date(2016, 10, 30),
    ),
    Sample("epa_egrid", ("egridData.csv",), "PNAME", "GENNTAN", "net_generation", "L02", 2),
)

SYNTHETIC_SAMPLES = (
    Sample(
        "synthetic_load",
        ("20240301pal_csv.zip", "20241101pal_csv.zip", "20250203pal.csv"),
        "Time Stamp",
        "Load",
        "load",
        series=("region_id", "name"),
        timezone="America/Chicago",
        short_day=date(2024, 3, 10),
        long_day=date(2024, 11, 3),
    ),
    Sample(
        "synthetic_observation",
        ("20240301-20240331.csv.gz", "20241101-20241130.csv.gz"),
        "interval_start",
        "value",
        "value",
        series=("dataset", "entity", "variable"),
        timezone="America/Chicago",
        short_day=date(2024, 3, 10),
        long_day=date(2024, 11, 3),
    ),
)


@cache
def archive_sample(sample: Sample, archive: Path) -> tuple[Payload, ...]:
    settings = load_settings(home=archive / "unused", origin="archive", archive=archive, environ={})
    offered = archive_payloads(feed_named(sample.feed), settings)
    return tuple(payload for payload in offered if payload.name in sample.names)


@cache
def synthetic_sample(sample: Sample) -> tuple[Payload, ...]:
    """One region's files of a few months, so that the contract stays quick."""
    from extract.synthetic import load_payloads, observation_payloads

    source = load_payloads if sample.feed == "synthetic_load" else observation_payloads
    return tuple(p for p in source() if p.path.parent.name == "ERCOT" and p.name in sample.names)


def offering(feed: Feed, payloads: Sequence[Payload]) -> Feed:
    """The feed, offering exactly these payloads."""
    clone = copy.copy(feed)
    clone.fetch = lambda settings: iter(payloads)  # type: ignore[method-assign]
    return clone


# --- surgery ------------------------------------------------------------------------------------------------------


def is_zip(payload: Payload) -> bool:
    return payload.data[:2] == b"PK"


def is_gzip(payload: Payload) -> bool:
    return payload.data[:2] == b"\x1f\x8b"


def texts(payload: Payload) -> dict[str, str]:
    """Members and their text, read with the standard library only."""
    if is_zip(payload):
        with zipfile.ZipFile(io.BytesIO(payload.data)) as archive:
            return {name: archive.read(name).decode() for name in archive.namelist()}
    data = gzip.decompress(payload.data) if is_gzip(payload) else payload.data
    return {payload.name: data.decode()}


def rewritten(payload: Payload, change: Callable[[str], str]) -> Payload:
    """The payload with the text of its first member changed, in the same kind of container."""
    members = texts(payload)
    first = next(iter(members))
    members[first] = change(members[first])
    if is_zip(payload):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in members.items():
                archive.writestr(name, text)
        return replace(payload, data=buffer.getvalue())
    data = members[first].encode()
    return replace(payload, data=gzip.compress(data, mtime=0) if is_gzip(payload) else data)


def on_table(change: Callable[[list[list[str]]], list[list[str]]], keep: int = 200) -> Callable[[str], str]:
    """A change of the first `keep` lines as a table; lines after them are dropped: quicker, and still a file."""

    def apply(text: str) -> str:
        table = change(list(islice((row for row in csv.reader(io.StringIO(text)) if row), keep)))
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows(table)
        return buffer.getvalue()

    return apply


def without_column(name: str, header_rows: int) -> Callable[[str], str]:
    def change(table: list[list[str]]) -> list[list[str]]:
        at = table[header_rows - 1].index(name)
        return [row[:at] + row[at + 1 :] for row in table]

    return on_table(change)


def with_column(name: str) -> Callable[[str], str]:
    return on_table(lambda table: [[*row, name if i == 0 else "7"] for i, row in enumerate(table)])


def with_cell(name: str, header_rows: int, value: str, row: int = 3) -> Callable[[str], str]:
    def change(table: list[list[str]]) -> list[list[str]]:
        table[header_rows - 1 + row][table[header_rows - 1].index(name)] = value
        return table

    return on_table(change)


def only_header(header_rows: int) -> Callable[[str], str]:
    return on_table(lambda table: table[:header_rows])
