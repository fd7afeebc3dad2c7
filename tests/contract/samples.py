"""Real payloads for the feed contract.

Belongs here: which of the operators' files stand for a feed. How files are changed and damaged is `surgery`.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from extract.archive import archive_payloads
from extract.catalogue import feed as feed_named
from extract.feed import Feed, Payload
from extract.feeds.synthetic_native import SyntheticTable
from gridlake.settings import load_settings


@dataclass(frozen=True)
class Sample:
    """What the contract needs to know of a feed beside its code.

    names: files that stand for it. header_rows: lines before data. key_column: header name of the cell without which a
    row cannot be placed; refused_as: the rule for that. value_column: a cell that is kept whatever it says, under
    value_name in bronze. series: bronze columns that name one time series. short_day, long_day: local days with a clock
    change that the files hold, in timezone. The first of names has the columns under these names.

    rows_differ: a data row of the feed is no line of the file. declares_no_window: the file promises nothing.
    reaches_beyond_window: rows lie outside the window (a forecast's horizon). value_is_optional: a file may lack the
    column. folds_the_long_day: the source prints 24 hours on the day of 25.
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
    rows_differ: bool = False
    declares_no_window: bool = False
    reaches_beyond_window: bool = False
    value_is_optional: bool = False
    folds_the_long_day: bool = False


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
        reaches_beyond_window=True,
        series=("issue_date",),
        timezone="America/New_York",
        short_day=date(2016, 3, 13),
        long_day=date(2015, 11, 1),
    ),
    Sample("nyiso_damlbmp", ("20220718da.csv",), "Time Stamp", "LBMP ($/MWHr)", "lbmp", series=("name",)),
    Sample("nyiso_realtime", ("20220718rt.csv",), "Time Stamp", "LBMP ($/MWHr)", "lbmp", series=("name",)),
    Sample(
        "nyiso_rtfuelmix",
        ("20250201rtfuelmix_csv.zip", "20160119rtfuelmix.csv", "20171122rtfuelmix.csv"),
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
        reaches_beyond_window=True,
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
    """A few files of one region, ERCOT's where it has any, so that the contract stays quick."""
    from extract.synthetic import load_payloads, observation_payloads
    from extract.synthetic.wide import wide_payloads

    several = {
        "synthetic_load": load_payloads, "synthetic_observation": observation_payloads, "synthetic_grid": wide_payloads,
    }  # fmt: skip
    if sample.feed in several:
        offered = (p for p in several[sample.feed]() if p.path.parent.name == "ERCOT")
    else:
        feed = feed_named(sample.feed)
        assert isinstance(feed, SyntheticTable)
        offered = (p for p in feed.payloads()())
    found = {payload.name: payload for payload in offered if payload.name in sample.names}
    return tuple(found.values())


def offering(feed: Feed, payloads: Sequence[Payload]) -> Feed:
    """The feed, offering exactly these payloads."""
    clone = copy.copy(feed)
    clone.fetch = lambda settings: iter(payloads)  # type: ignore[method-assign]
    return clone


@cache
def made_sample(sample: Sample) -> tuple[Payload, ...]:
    """Files written for the test: of feeds that read what users bring, and of those no recorded file stands for."""
    made = {path: text for path, text in _made_files().items() if path.rsplit("/", 1)[-1] in sample.names}
    return tuple(
        Payload(sample.feed, text.encode(), f"archive:{path}", "archive") for path, text in sorted(made.items())
    )


def _collected() -> tuple[Sample, ...]:
    """The samples of every module `samples_<group>` beside this one, recorded and made."""
    found = list(ARCHIVE_SAMPLES)
    for module in _modules():
        found += [*module.SAMPLES, *getattr(module, "MADE_SAMPLES", ())]
    return (*found, *SYNTHETIC_SAMPLES)


def _made() -> frozenset[str]:
    return frozenset(s.feed for module in _modules() for s in getattr(module, "MADE_SAMPLES", ()))


def _made_files() -> dict[str, str]:
    return {path: text for module in _modules() for path, text in getattr(module, "MADE", {}).items()}


def _modules() -> list[Any]:
    import importlib

    names = [path.stem for path in sorted(Path(__file__).parent.glob("samples_*.py"))]
    return [importlib.import_module(f"tests.contract.{name}") for name in names]


ALL_SAMPLES = _collected()
MADE_FEEDS = _made()
# Recorded files of these are none the feed can read whole: CAISO's document lacks an end tag, and nobody recorded
# SPP's day-ahead file. Their parsers are those of feeds that have samples.
WITHOUT_SAMPLE = ("caiso_ene_slrs", "spp_da_lmp")
