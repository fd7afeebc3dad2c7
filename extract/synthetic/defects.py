"""Defects planted into the synthetic grid, and where: the answer key of the pipeline's own tests.

Belongs here: which rows are spoiled and how. Every planted row is listed once, with the true value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from extract.synthetic.grid import REGIONS, Calendar, stream
from extract.synthetic.physics import Simulation, simulate

LOAD, OBSERVATION = "synthetic_load", "synthetic_observation"
KEEP_CLEAN_HOURS = 24 * 10  # at both ends, so that the newest days and the warm-up are sound
BLANK, OUTLIER, DUPLICATE = "blank_value", "outlier", "duplicate"
MISSING_HOUR, MISSING_DAY, NEGATIVE, REVISION = "missing_hour", "missing_day", "negative", "revision"
LOAD_COUNTS = {MISSING_HOUR: 24, BLANK: 20, NEGATIVE: 8, OUTLIER: 8, DUPLICATE: 15}
OUTLIER_MW = "1000000.0"

DEFECTS: dict[str, Any] = {
    "kind": pl.String,
    "feed": pl.String,
    "region_id": pl.String,
    "dataset": pl.String,  # of synthetic_observation; empty for load
    "entity": pl.String,  # zone, market:zone, fuel or station; * for all
    "variable": pl.String,
    "hour": pl.Int64,
    "hours": pl.Int64,  # how many hours from there on
    "interval_start_utc": pl.Datetime("us"),
    "original_value": pl.String,
    "planted_value": pl.String,  # null where the row is absent or only repeated
}


def print_value(value: float, decimals: int = 1) -> str:
    return repr(round(float(value), decimals))


class _Ledger:
    """Collects defects of one region; draws hours never drawn before for the same entity."""

    def __init__(self, feed: str, sim: Simulation, rng: np.random.Generator) -> None:
        self.feed, self.sim, self.rng = feed, sim, rng
        self.starts = sim.calendar.frame["interval_start_utc"]
        self.records: list[dict[str, object]] = []
        self.hours = _plantable_hours(sim.calendar)
        self.used: set[int] = set()

    def draw(self, count: int) -> list[int]:
        """`count` hours not drawn before, in random order."""
        free = np.array([h for h in self.hours if h not in self.used])
        drawn = [int(h) for h in self.rng.choice(free, count, replace=False)]
        self.used.update(drawn)
        return drawn

    def add(
        self,
        kind: str,
        dataset: str,
        entity: str,
        variable: str,
        hour: int,
        original: str | None,
        planted: str | None,
        hours: int = 1,
    ) -> None:
        self.records.append(
            {
                "kind": kind, "feed": self.feed, "region_id": self.sim.region.region_id, "dataset": dataset,
                "entity": entity, "variable": variable, "hour": hour, "hours": hours,
                "interval_start_utc": self.starts[hour], "original_value": original, "planted_value": planted,
            }
        )  # fmt: skip


def _plantable_hours(calendar: Calendar) -> list[int]:
    """Hours away from both ends and from days of 23 or 25 hours, which are a test of their own."""
    frame = calendar.frame.with_columns(pl.len().over("local_date").alias("length"))
    inside = pl.col("hour").is_between(KEEP_CLEAN_HOURS, calendar.observed_hours - KEEP_CLEAN_HOURS)
    return frame.filter(inside & (pl.col("length") == 24))["hour"].to_list()


def _whole_day(ledger: _Ledger) -> tuple[int, int]:
    """First hour and length of a random local day without any defect yet."""
    days = (
        ledger.sim.calendar.frame.group_by("local_date", maintain_order=True)
        .agg(pl.col("hour").min().alias("first"), pl.len().alias("length"), pl.col("hour"))
        .filter((pl.col("length") == 24) & pl.col("hour").list.eval(pl.element().is_in(ledger.hours)).list.all())
    )
    free = [row for row in days.iter_rows(named=True) if not ledger.used.intersection(row["hour"])]
    day = free[int(ledger.rng.integers(len(free)))]
    ledger.used.update(day["hour"])
    return int(day["first"]), int(day["length"])


def _load_defects(sim: Simulation, seed: int) -> list[dict[str, object]]:
    ledger = _Ledger(LOAD, sim, stream(seed, sim.region.region_id, "load defects"))
    zones = sim.region.zones
    first, length = _whole_day(ledger)
    ledger.add(MISSING_DAY, "", "*", "load", first, None, None, length)
    first, length = _whole_day(ledger)  # published 4 % too high, corrected weeks later
    for hour in range(first, first + length):
        for i, zone in enumerate(zones):
            true = sim.load_mw[hour, i]
            ledger.add(REVISION, "", zone.name, "load", hour, print_value(true), print_value(true * 1.04))
    for kind, count in LOAD_COUNTS.items():
        for hour in ledger.draw(count):
            i = int(ledger.rng.integers(len(zones)))
            true = sim.load_mw[hour, i]
            planted = {BLANK: "", NEGATIVE: print_value(-0.1 * true), OUTLIER: OUTLIER_MW}.get(kind)
            ledger.add(kind, "", zones[i].name, "load", hour, print_value(true), planted)
    return ledger.records


def _pick(rng: np.random.Generator, names: Iterable[str]) -> str:
    options = sorted(names)
    return options[int(rng.integers(len(options)))]


def _observation_defects(sim: Simulation, seed: int) -> list[dict[str, object]]:
    ledger = _Ledger(OBSERVATION, sim, stream(seed, sim.region.region_id, "observation defects"))
    rng, fuels = ledger.rng, sim.dispatch.generation_mw
    for hour in ledger.draw(6):
        ledger.add(MISSING_HOUR, "generation", "*", "generation_mw", hour, None, None)
    for kind, count in {BLANK: 6, OUTLIER: 2, DUPLICATE: 10}.items():
        for hour in ledger.draw(count):
            fuel = _pick(rng, fuels)
            planted = {BLANK: "", OUTLIER: OUTLIER_MW}.get(kind)
            ledger.add(kind, "generation", fuel, "generation_mw", hour, print_value(fuels[fuel][hour]), planted)
    for kind, count in {BLANK: 6, OUTLIER: 3, DUPLICATE: 10}.items():
        for hour in ledger.draw(count):
            station = _pick(rng, sim.weather)
            true = sim.weather[station]["temperature_c"][hour]
            planted = {BLANK: "", OUTLIER: "999.9"}.get(kind)
            ledger.add(kind, "weather", station, "temperature_c", hour, print_value(true), planted)
    for hour in ledger.draw(6):
        ledger.add(MISSING_HOUR, "weather", _pick(rng, sim.weather), "*", hour, None, None)
    for kind, count in {BLANK: 4, OUTLIER: 3, DUPLICATE: 10}.items():
        for hour in ledger.draw(count):
            market, zone = _pick(rng, sim.prices), _pick(rng, sim.prices["DAM"])
            true = sim.prices[market][zone]["lmp"][hour]
            planted = {BLANK: "", OUTLIER: "1000000.0"}.get(kind)
            ledger.add(kind, "price", f"{market}:{zone}", "lmp", hour, print_value(true, 2), planted)
    first, length = _whole_day(ledger)  # preliminary real-time prices, corrected days later
    for hour in range(first, first + length):
        for zone, parts in sim.prices["RTM"].items():
            for variable in ("energy", "lmp"):
                true = parts[variable][hour]
                ledger.add(
                    REVISION, "price", f"RTM:{zone}", variable, hour, print_value(true, 2), print_value(true + 3, 2)
                )
    return ledger.records


@lru_cache(maxsize=4)
def defects(seed: int, days: int) -> pl.DataFrame:
    """All planted defects (`DEFECTS`), in the order of regions and planting."""
    records: list[dict[str, object]] = []
    for region in REGIONS:
        sim = simulate(region.region_id, seed, days)
        records += _load_defects(sim, seed) + _observation_defects(sim, seed)
    return pl.DataFrame(records, schema=DEFECTS, orient="row")


def of(defects: pl.DataFrame, feed: str, region_id: str, kinds: Sequence[str], dataset: str = "") -> pl.DataFrame:
    """The defects of one feed, region and dataset that are of these kinds."""
    return defects.filter(
        (pl.col("feed") == feed)
        & (pl.col("region_id") == region_id)
        & (pl.col("dataset") == dataset)
        & pl.col("kind").is_in(list(kinds))
    )
