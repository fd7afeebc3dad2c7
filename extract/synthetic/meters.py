"""Synthetic smart meters: half-hourly readings shaped by the standard load profiles of BDEW (demandlib), a list of meters
and of customers, in the format of one's own meters. Readings come late, twice, corrected, failed, or not at all.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources

import numpy as np
import polars as pl

from extract.feed import Payload
from extract.synthetic import defects as d
from extract.synthetic import spoil as s
from extract.synthetic.grid import DAYS, DEFAULT_SEED, FIRST_DAY, WIDE_DAYS, Calendar, region, stream

READINGS, METERS, CUSTOMERS = "own_meter_interval", "own_meter", "own_customer"
COUNT = 60
REGION = "NYISO"
# BDEW's profiles, the yearly energy of a meter of the kind in kWh, and its tariff.
PROFILES = {"h0": (3_500, "residential"), "g1": (18_000, "commercial"), "g4": (26_000, "shop"), "l0": (40_000, "farm")}
READ_AFTER = timedelta(hours=9)
LATE_BY, CORRECTED_AFTER = timedelta(days=6), timedelta(days=12)
NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gia", "Hugo", "Ida", "Jon", "Kim", "Leo")
PLANTED = {
    d.DUPLICATE: 40, s.LATE: 40, s.CORRECTED: 40, s.FAILED: 40, d.NEGATIVE: 20, d.BLANK: 20, d.OUTLIER: 10, d.MISSING_HOUR: 20,
}  # fmt: skip


@lru_cache(maxsize=1)
def shapes() -> pl.DataFrame:
    """Mean half-hourly winter profile by weekday and time of day, as a share of the profile's yearly mean.

    The table of demandlib is read as it lies: the library would need pandas, and minutes of warnings, for a year of it.
    """
    path = resources.files("demandlib") / "bdew" / "bdew_data" / "selp_series.csv"
    table = pl.read_csv(io.BytesIO(path.read_bytes())).with_columns(
        (pl.int_range(pl.len()) % 96).alias("quarter"), pl.col(list(PROFILES)).cast(pl.Float64)
    )
    mean = table.select(pl.col(list(PROFILES)).mean())
    return (
        table.filter(pl.col("period") == "winter")
        .group_by(
            pl.col("weekday").alias("day_of_week"), (pl.col("quarter") // 4).alias("local_hour"),
            (pl.col("quarter") % 4 // 2).alias("half"), maintain_order=True,
        )
        .agg(*(pl.col(name).mean() / mean[name][0] for name in PROFILES))
    )  # fmt: skip


def meters(seed: int = DEFAULT_SEED, count: int = COUNT) -> list[dict[str, str]]:
    """The list of meters: kind, place, tariff."""
    rng, zones = stream(seed, "meters"), [z.name for z in region(REGION).zones]
    kinds = rng.choice(list(PROFILES), count, p=[0.7, 0.15, 0.1, 0.05])
    return [
        {
            "meter_id": f"M{i:04d}", "region_id": REGION, "zone_id": f"{REGION}.{zones[i % len(zones)].replace(' ', '_')}",
            "tariff": PROFILES[str(kind)][1], "latitude": f"{40.6 + 0.02 * i:.4f}", "longitude": f"{-74.0 - 0.01 * i:.4f}",
            "installed_on": str(date(2020, 1, 1) + timedelta(days=11 * i)), "removed_on": "", "profile": str(kind),
        }
        for i, kind in enumerate(kinds, start=1)
    ]  # fmt: skip


@lru_cache(maxsize=2)
def readings(seed: int, days: int = WIDE_DAYS, count: int = COUNT) -> tuple[pl.DataFrame, list[dict[str, object]]]:
    """Readings in the order they became known (column `batch`: month, late or corrected), and what was planted."""
    here = region(REGION)
    calendar = Calendar(here.timezone, days, FIRST_DAY + timedelta(days=DAYS - days))
    clock = calendar.frame.filter(pl.col("hour") < calendar.observed_hours)
    halves = pl.concat([clock.with_columns(pl.lit(h).alias("half")) for h in (0, 1)]).sort("hour", "half")
    half = pl.duration(minutes=30 * pl.col("half"))
    halves = halves.with_columns(
        (pl.col("interval_start_utc") + half).alias("interval_start_utc"), (pl.col("local") + half).alias("local"),
    )  # fmt: skip
    keys = ["day_of_week", "local_hour", "half"]
    shaped = halves.with_columns(pl.col(keys).cast(pl.Int64))
    shaped = shaped.join(shapes().with_columns(pl.col(keys).cast(pl.Int64)), on=keys, how="left", maintain_order="left")
    n, frames = shaped.height, []
    for meter in meters(seed, count):
        rng = stream(seed, "meter", meter["meter_id"])
        kind = meter["profile"]
        yearly = PROFILES[kind][0] * float(np.exp(0.3 * rng.standard_normal()))
        kwh = yearly / 17_520 * shaped[kind].to_numpy() * np.exp(0.35 * rng.standard_normal(n) - 0.06)
        frames.append(
            shaped.select(
                pl.lit(meter["meter_id"]).alias("meter_id"),
                pl.col("local").dt.strftime("%Y-%m-%dT%H:%M:%S%:z").alias("interval_start"),
                pl.lit("30").alias("interval_minutes"), pl.Series("kwh", np.round(kwh, 3)).cast(pl.String),
                pl.lit("A").alias("status"), "interval_start_utc", "local_date",
                (pl.col("local").dt.truncate("1d") + pl.duration(days=1) + READ_AFTER).alias("read"),
            )
        )  # fmt: skip
    rows = (
        pl.concat(frames).with_columns(pl.col("local_date").dt.strftime("%Y%m").alias("batch")).with_row_index("place")
    )
    return _spoiled(rows, stream(seed, "meter defects"), n)


def _spoiled(
    rows: pl.DataFrame, rng: np.random.Generator, per_meter: int
) -> tuple[pl.DataFrame, list[dict[str, object]]]:
    records: list[dict[str, object]] = []
    picked = 2 * rng.choice(rows.height // 2 - 1, sum(PLANTED.values()), replace=False)  # on the hour, apart
    changes: dict[str, list[int]] = {}
    at = 0
    for kind, count in PLANTED.items():
        changes[kind] = sorted(int(i) for i in picked[at : at + count])
        at += count
    known = rows.select("meter_id", "interval_start_utc", "kwh")
    planted_values = {d.NEGATIVE: "-0.4", d.BLANK: "", d.OUTLIER: "2500000"}
    corrected: dict[int, str] = {}
    for kind, places in changes.items():
        for place in places:
            meter, start, true = known.row(place)
            wrong = planted_values.get(kind)
            if kind == s.CORRECTED:
                wrong = corrected[place] = d.print_value(float(true) * 1.6 + 0.01, 3)
            records.append(
                {
                    "kind": kind, "feed": READINGS, "region_id": REGION, "dataset": "meter", "entity": f"OWN.{meter}",
                    "variable": "kwh", "hour": place, "hours": 1, "interval_start_utc": start,
                    "original_value": true, "planted_value": wrong,
                }
            )  # fmt: skip
    at_place = pl.col("place")
    wrongs = {**{p: planted_values[k] for k in planted_values for p in changes[k]}, **corrected}
    late = at_place.is_in(changes[s.LATE])
    # A lost hour is two half hours: the hour is a hole.
    lost = [p + i for p in changes[d.MISSING_HOUR] for i in (0, 1)]
    first = (
        rows.filter(~at_place.is_in(lost))
        .with_columns(
            pl.coalesce(
                at_place.replace_strict(list(wrongs), list(wrongs.values()), default=None, return_dtype=pl.String), "kwh"
            ).alias("kwh"),
            pl.when(at_place.is_in(changes[s.FAILED])).then(pl.lit("E")).otherwise("status").alias("status"),
            pl.when(late).then(pl.col("read") + LATE_BY).otherwise("read").alias("read"),
            pl.when(late).then(pl.lit("late")).otherwise("batch").alias("batch"),
        )
    )  # fmt: skip
    again = rows.filter(at_place.is_in(changes[s.CORRECTED])).with_columns(
        (pl.col("read") + CORRECTED_AFTER).alias("read"), pl.lit("corrected").alias("batch")
    )
    twice = first.filter(at_place.is_in(changes[d.DUPLICATE]))
    return pl.concat([first, twice, again]).sort("place", maintain_order=True), records


def reading_payloads(seed: int = DEFAULT_SEED, days: int = WIDE_DAYS, count: int = COUNT) -> Iterator[Payload]:
    """A file per month, then what came late, then what was corrected."""
    rows, _ = readings(seed, days, count)
    columns = ("meter_id", "interval_start", "interval_minutes", "kwh", "status")
    batches = rows.partition_by("batch", maintain_order=True, as_dict=True)
    for (batch,) in sorted(
        batches, key=lambda key: (not str(key[0]).isdigit(), str(key[0]) == "corrected", str(key[0]))
    ):
        told = batches[(batch,)].select(*columns, pl.col("read").dt.strftime("%Y-%m-%dT%H:%M:%S%:z").alias("read_at"))
        yield Payload(READINGS, told.write_csv().encode(), f"synthetic:meters/intervals/{batch}.csv", "synthetic")


def meter_payloads(seed: int = DEFAULT_SEED, count: int = COUNT) -> Iterator[Payload]:
    told = pl.DataFrame(meters(seed, count)).drop("profile")
    yield Payload(METERS, told.write_csv().encode(), "synthetic:meters/meters.csv", "synthetic")


def customer_payloads(seed: int = DEFAULT_SEED, count: int = COUNT) -> Iterator[Payload]:
    """Invented people; every tenth meter changed hands."""
    rows = []
    for i, meter in enumerate(meters(seed, count)):
        moved = FIRST_DAY + timedelta(days=DAYS - WIDE_DAYS // 2) if i % 10 == 0 else None
        people = [(f"C{2 * i:05d}", meter["installed_on"], str(moved or ""))]
        if moved:
            people.append((f"C{2 * i + 1:05d}", str(moved + timedelta(days=1)), ""))
        rows += [
            {"customer_id": person, "meter_id": meter["meter_id"], "name": f"{NAMES[(i + j) % len(NAMES)]} Example", "valid_from": since, "valid_to": until}
            for j, (person, since, until) in enumerate(people)
        ]  # fmt: skip
    yield Payload(CUSTOMERS, pl.DataFrame(rows).write_csv().encode(), "synthetic:meters/customers.csv", "synthetic")


def meter_records(seed: int = DEFAULT_SEED) -> list[dict[str, object]]:
    return readings(seed)[1]
