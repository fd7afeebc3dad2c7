"""The wide grid: nine regions and every hourly dataset for the last `WIDE_DAYS`, in the one canonical long format.

What a region publishes in an operator's own format (`native`) is left out here. Ancillary prices, reserves, flows and
forecasts of wind, sun and weather follow from the simulation that already made load and prices.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import polars as pl

from extract.feed import Payload
from extract.synthetic import defects as d
from extract.synthetic import spoil as s
from extract.synthetic.grid import ALL_REGIONS, DAYS, DEFAULT_SEED, REGIONS, WIDE_DAYS, WIDE_FIRST_DAY, Region, stream
from extract.synthetic.physics import Simulation, persistent, simulate

FEED = "synthetic_grid"
CANONICAL = (
    "dataset", "region_id", "entity", "variable", "value", "unit", "interval_start", "interval_minutes", "published_at",
)  # fmt: skip
LEADS = (1, 2)
KEEP_CLEAN_HOURS = 24 * 5
CORRECTED_AFTER = timedelta(days=7)
WORKBOOK, XML, JSON, RECORDS = "synthetic_workbook", "synthetic_xml", "synthetic_json", "synthetic_records"

# Datasets that a region publishes in an operator's format instead: (region, dataset, part of it).
NATIVE = {
    ("SPP", "load"): WORKBOOK, ("DE", "load"): XML, ("FR", "load"): XML, ("DE", "load_forecast"): XML,
    ("FR", "load_forecast"): XML, ("DE", "generation"): XML, ("FR", "generation"): XML,
    ("DE", "generation_forecast"): XML, ("FR", "generation_forecast"): XML, ("DE", "price_dam"): XML, ("FR", "price_dam"): XML,
    ("MISO", "generation_forecast"): JSON, ("ISONE", "price_dam"): RECORDS,
}  # fmt: skip
NEIGHBOURS = {
    "CAISO": ("BPAT", "SRP"), "ERCOT": ("SPP", "CENACE"), "NYISO": ("ISONE", "PJM"), "ISONE": ("NYISO", "HQ"),
    "MISO": ("PJM", "SPP"), "PJM": ("MISO", "NYISO"), "SPP": ("MISO", "ERCOT"), "DE": ("FR", "AT"), "FR": ("BE", "ES"),
}  # fmt: skip
FEW = {d.BLANK: 3, d.OUTLIER: 3, d.DUPLICATE: 3}
PLANS: dict[str, s.Plan] = {
    "load": s.Plan(
        {
            s.SHIFTED: 2, s.FLATLINE: 2, d.MISSING_HOUR: 5, d.BLANK: 4, d.NEGATIVE: 3, d.OUTLIER: 3, s.UNIT: 4,
            d.DUPLICATE: 5, d.REVISION: 6,
        }
    ),
    "load_forecast": s.Plan({**FEW, d.NEGATIVE: 2}),
    "price": s.Plan({d.BLANK: 3, d.OUTLIER: 3, s.IDENTITY: 5, d.DUPLICATE: 4, d.MISSING_HOUR: 3}, variable="lmp"),
    "price_dam": s.Plan({d.OUTLIER: 3, s.IDENTITY: 5}, variable="lmp"),
    "generation": s.Plan({**FEW, d.MISSING_HOUR: 3}),
    "generation_forecast": s.Plan({**FEW, d.NEGATIVE: 1}),
    "weather": s.Plan({**FEW, d.MISSING_HOUR: 2}, outlier="999.9", variable="temperature_c"),
    "weather_forecast": s.Plan(FEW, outlier="999.9", variable="temperature_c"),
    "ancillary_price": s.Plan({**FEW, d.MISSING_HOUR: 2}),
    "reserve": s.Plan({**FEW, d.NEGATIVE: 2, d.MISSING_HOUR: 2}),
    "interchange": s.Plan({**FEW, d.MISSING_HOUR: 2}),
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One dataset of one region: long rows by hour with `published_at` and the day whose file holds them."""

    dataset: str
    rows: pl.DataFrame
    corrections: pl.DataFrame


@dataclass(frozen=True)
class RegionParts:
    """All datasets of one region, spoiled, and the manifest's records."""

    sim: Simulation
    parts: tuple[Part, ...]
    records: tuple[dict[str, object], ...]

    def part(self, dataset: str) -> pl.DataFrame:
        return next(part.rows for part in self.parts if part.dataset == dataset)


def simulation(here: Region, seed: int, days: int = WIDE_DAYS) -> Simulation:
    """The region's own truth: the three first regions are told from their 400 days, the others from the last `days`."""
    return simulate(here.region_id, seed, DAYS if here in REGIONS else days)


@lru_cache(maxsize=16)
def region_parts(region_id: str, seed: int, days: int = WIDE_DAYS) -> RegionParts:
    """Every dataset of a region that the two feeds of its 400 days do not hold already."""
    here = next(r for r in ALL_REGIONS if r.region_id == region_id)
    sim = simulation(here, seed, days)
    clock = sim.calendar.frame.filter(
        pl.col("local_date").is_between(WIDE_FIRST_DAY, WIDE_FIRST_DAY + timedelta(days=days - 1))
    )
    made: list[tuple[str, pl.DataFrame]] = []
    if here not in REGIONS:
        made += [
            ("load", _at(sim, clock, [(z.name, "load_mw", "MW", sim.load_mw[:, i]) for i, z in enumerate(here.zones)], 1, 20)),
            ("load_forecast", _load_forecast(sim, clock)),
            ("price_dam", _prices(sim, clock, "DAM")),
            ("generation", _at(sim, clock, [(f, "generation_mw", "MW", v) for f, v in sim.dispatch.generation_mw.items()], 1, 60)),
            ("weather", _at(sim, clock, _weather(sim), 1, 20)),
        ]  # fmt: skip
    if here not in REGIONS and here.currency == "USD":
        made.append(("price", _prices(sim, clock, "RTM")))
    made += [
        ("generation_forecast", _generation_forecast(sim, clock, seed)),
        ("weather_forecast", _weather_forecast(sim, clock, seed)),
        ("ancillary_price", _at(sim, clock, _ancillary(sim, seed), 2, 10)),
        ("reserve", _at(sim, clock, _reserve(sim), 0, 10)),
        ("interchange", _at(sim, clock, _interchange(sim, seed), 0, 30)),
        ("alert", _alerts(sim, clock)),
    ]
    hours = s.plantable(clock, KEEP_CLEAN_HOURS)
    midnights = clock.filter(pl.col("local_hour") == 0)["hour"].to_list()
    starts = dict(zip(clock["hour"], clock["interval_start_utc"], strict=True))
    parts, records = [], []
    for dataset, rows in made:
        feed = NATIVE.get((region_id, dataset), FEED)
        about = {"feed": feed, "region_id": region_id, "dataset": dataset.removesuffix("_dam")}
        plan = _plan(dataset, feed)
        vintage = rows.filter(pl.col("lead") == rows["lead"].min())
        spoiled = s.spoil(
            vintage, plan, stream(seed, region_id, f"defects of {dataset}"), hours, midnights, about, starts
        )
        rest = rows.filter(pl.col("lead") != rows["lead"].min())
        parts.append(Part(dataset, pl.concat([spoiled.rows, rest]), spoiled.corrections))
        records += spoiled.records
    return RegionParts(sim, tuple(parts), tuple(records))


def _plan(dataset: str, feed: str) -> s.Plan:
    """What is planted; an operator's own format holds a row twice or publishes it again in ways of its own: not here."""
    plan = PLANS.get(dataset, s.Plan({}))
    if feed == FEED:
        return plan
    left_out = {
        d.DUPLICATE,
        d.REVISION,
        *((d.BLANK,) if feed in (XML, RECORDS) else ()),
        *((s.IDENTITY,) if feed == XML else ()),
    }
    return s.Plan({k: n for k, n in plan.counts.items() if k not in left_out}, plan.outlier, plan.variable, plan.whole)


# --- series -------------------------------------------------------------------------------------------------------

Series = tuple[str, str, str, np.ndarray]


def _at(sim: Simulation, clock: pl.DataFrame, series: list[Series], decimals: int, minutes: int) -> pl.DataFrame:
    """Series of (entity, variable, unit, values) as rows, published `minutes` after the interval's end."""
    later = pl.col("local") + pl.duration(minutes=60 + minutes)
    return _rows(clock, series, decimals, later.dt.strftime("%Y-%m-%dT%H:%M:%S%:z"), pl.col("local_date"), 0)


def _rows(
    clock: pl.DataFrame, series: list[Series], decimals: int, published: pl.Expr, day: pl.Expr, lead: int
) -> pl.DataFrame:
    told = clock.select(
        "hour", pl.col("stamp").alias("interval_start"), published.alias("published_at"), day.alias("day")
    )
    at = clock["hour"].to_numpy()
    parts = [
        told.select(
            "hour", pl.lit(i).alias("series"), pl.lit(entity).alias("entity"), pl.lit(variable).alias("variable"),
            pl.Series("value", np.round(values[at], decimals) + 0.0).cast(pl.String), pl.lit(unit).alias("unit"),
            "interval_start", "published_at", "day", pl.lit(lead).alias("lead"),
        )
        for i, (entity, variable, unit, values) in enumerate(series)
    ]  # fmt: skip
    return pl.concat(parts).sort("hour", "series").drop("series")


def _issued(clock: pl.DataFrame, series: list[Series], decimals: int, timezone: str, lead: int) -> pl.DataFrame:
    """Rows of the vintage issued at 07:05 local `lead` days before the day they speak of."""
    issue = pl.col("local_date") - timedelta(days=lead)
    local = pl.format("{} 07:05:00", issue).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us")
    published = local.dt.replace_time_zone(timezone).dt.strftime("%Y-%m-%dT%H:%M:%S%:z")
    first = clock["local_date"].min()
    day = pl.max_horizontal(pl.col("local_date") - timedelta(days=lead - 1), pl.lit(first))
    return _rows(clock, series, decimals, published, day, lead)


def _ahead(sim: Simulation, clock: pl.DataFrame, lead: int) -> pl.DataFrame:
    """The hours a vintage of that lead speaks of: those observed, and as many days more."""
    last = clock["local_date"].max()
    return sim.calendar.frame.filter(
        pl.col("local_date").is_between(clock["local_date"].min(), last + timedelta(days=lead))  # type: ignore[operator]
    )


def _load_forecast(sim: Simulation, clock: pl.DataFrame) -> pl.DataFrame:
    names = [z.name for z in sim.region.zones]
    made = []
    for lead in LEADS:
        values = sim.forecast_mw[lead]
        series = [
            (name, "load_forecast_mw", "MW", values[:, i]) for i, name in enumerate(dict.fromkeys([*names, "TOTAL"]))
        ]
        made.append(_issued(_ahead(sim, clock, lead), series, 0, sim.region.timezone, lead))
    return pl.concat(made)


def _prices(sim: Simulation, clock: pl.DataFrame, market: str) -> pl.DataFrame:
    unit = f"{sim.region.currency}/MWh"
    bidding_zone = {"DE": "DE_LU"}.get(sim.region.region_id)
    series = [
        (f"{market}:{bidding_zone or zone}", variable, unit, values)
        for zone, components in sim.prices[market].items()
        for variable, values in components.items()
    ]
    if market == "RTM":
        return _at(sim, clock, series, 2, 10)
    before = pl.format("{} 13:00:00", pl.col("local_date") - timedelta(days=1))
    published = before.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us").dt.replace_time_zone(sim.region.timezone)
    return _rows(clock, series, 2, published.dt.strftime("%Y-%m-%dT%H:%M:%S%:z"), pl.col("local_date"), 0)


WEATHER_UNITS = {
    "temperature_c": "degC", "humidity_pct": "%", "wind_speed_m_per_s": "m/s", "cloud_cover_pct": "%", "pressure_hpa": "hPa",
}  # fmt: skip


def _weather(sim: Simulation) -> list[Series]:
    return [
        (station, variable, WEATHER_UNITS[variable], values)
        for station, variables in sim.weather.items()
        for variable, values in variables.items()
    ]


def _weather_forecast(sim: Simulation, clock: pl.DataFrame, seed: int) -> pl.DataFrame:
    station, truth = next(iter(sim.weather.items()))
    made = []
    for lead in LEADS:
        rng, n = stream(seed, sim.region.region_id, f"weather forecast {lead}"), len(truth["temperature_c"])
        series: list[Series] = [
            (station, "temperature_c", "degC", truth["temperature_c"] + 0.9 * lead * persistent(rng, n, 18)),
            (station, "wind_speed_m_per_s", "m/s", truth["wind_speed_m_per_s"] * np.exp(0.1 * lead * persistent(rng, n, 12))),
        ]  # fmt: skip
        made.append(_issued(_ahead(sim, clock, lead), series, 1, sim.region.timezone, lead))
    return pl.concat(made)


def _generation_forecast(sim: Simulation, clock: pl.DataFrame, seed: int) -> pl.DataFrame:
    made = []
    for lead in LEADS:
        rng, series = stream(seed, sim.region.region_id, f"generation forecast {lead}"), []
        for fuel in ("solar", "wind_onshore"):
            truth, capacity = sim.dispatch.generation_mw[fuel], sim.region.capacity_mw[fuel]
            error = np.exp(0.12 * lead * persistent(rng, len(truth), 10))
            series.append((fuel, "generation_forecast_mw", "MW", np.minimum(truth * error, capacity)))
        made.append(_issued(_ahead(sim, clock, lead), series, 0, sim.region.timezone, lead))
    return pl.concat(made)


def _ancillary(sim: Simulation, seed: int) -> list[Series]:
    """Day-ahead prices of reserves: they rise with energy's price and where thermal capacity runs short."""
    rng, n = stream(seed, sim.region.region_id, "ancillary"), len(sim.dispatch.stress)
    energy = next(iter(sim.prices["DAM"].values()))["energy"]
    tight = np.maximum(sim.dispatch.stress - 0.3, 0)
    noise = np.exp(0.15 * persistent(rng, n, 6))
    priced = {
        "regulation_up": (4 + 0.10 * np.maximum(energy, 0) + 12 * tight) * noise,
        "regulation_down": (3 + 0.04 * np.maximum(energy, 0)) * noise,
        "spin_10": (2 + 0.05 * np.maximum(energy, 0) + 9 * tight) * noise,
        "non_spin_10": (0.5 + 0.02 * np.maximum(energy, 0) + 6 * tight) * noise,
    }
    unit = f"{sim.region.currency}/MWh"
    return [(f"DAM:TOTAL:{product}", "price", unit, values) for product, values in priced.items()]


def _reserve(sim: Simulation) -> list[Series]:
    total = sim.load_mw.sum(axis=1)
    required = 0.04 * total + 0.02 * total.max()
    available = required + 0.10 * sim.region.capacity_mw["gas"] * np.maximum(1 - sim.dispatch.stress, 0.02)
    return [
        ("TOTAL:operating_30:requirement", "capacity_mw", "MW", required),
        ("TOTAL:operating_30:available", "capacity_mw", "MW", available),
    ]


def _interchange(sim: Simulation, seed: int) -> list[Series]:
    """The export of the dispatch over two ties, and the schedule it was to follow."""
    rng, export = stream(seed, sim.region.region_id, "interchange"), sim.dispatch.export_mw
    share = 0.5 + 0.3 * np.tanh(persistent(rng, len(export), 24))
    flows = {0: export * share, 1: export * (1 - share)}
    return [
        (f"{NEIGHBOURS[sim.region.region_id][i]}:{kind}", "interchange_mw", "MW", values * factor)
        for i, values in flows.items()
        for kind, factor in (("actual", 1.0), ("scheduled", 0.97))
    ]


def _alerts(sim: Simulation, clock: pl.DataFrame) -> pl.DataFrame:
    """A notice for each of the six tightest hours of different days: short capacity as operators announce it."""
    stress = pl.Series("stress", sim.dispatch.stress[clock["hour"].to_numpy()])
    days = (
        clock.with_columns(stress).sort("stress", "hour", descending=[True, False]).unique("local_date", keep="first")
    )
    tight = days.sort("stress", "hour", descending=[True, False]).head(6).sort("hour")
    level = pl.when(pl.col("stress") > 0.8).then(pl.lit("emergency")).when(pl.col("stress") > 0.6).then(pl.lit("warning")).otherwise(pl.lit("notice"))  # fmt: skip
    region = sim.region.region_id
    return tight.select(
        "hour", pl.format("{}-{}", pl.lit(region), pl.col("local_date").dt.strftime("%Y%m%d")).alias("entity"),
        level.alias("variable"),
        pl.format("Capacity is expected to be tight in {} on {}", pl.lit(region), "local_date").alias("value"),
        pl.lit("").alias("unit"), pl.col("stamp").alias("interval_start"), pl.col("stamp").alias("published_at"),
        pl.col("local_date").alias("day"), pl.lit(0).alias("lead"),
    )  # fmt: skip


# --- payloads -----------------------------------------------------------------------------------------------------


def wide_payloads(seed: int = DEFAULT_SEED, days: int = WIDE_DAYS) -> Iterator[Payload]:
    """One file per region and month with every dataset of it, then what was corrected of it."""
    for here in ALL_REGIONS:
        told = region_parts(here.region_id, seed, days)
        own = [p for p in told.parts if (here.region_id, p.dataset) not in NATIVE]
        rows = pl.concat([_canonical(here, p.dataset, p.rows) for p in own])
        for (_,), period in rows.with_columns(pl.col("day").dt.strftime("%Y%m").alias("month")).partition_by(
            "month", maintain_order=True, as_dict=True
        ).items():  # fmt: skip
            first, last = period.select(pl.col("day").min(), pl.col("day").max().alias("last")).row(0)
            yield _payload(here, period, f"{first:%Y%m%d}-{last:%Y%m%d}.csv.gz")
        corrected = [_canonical(here, p.dataset, p.corrections) for p in own if p.corrections.height]
        if corrected:
            later = pl.col("published_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%:z", time_unit="us") + CORRECTED_AFTER
            stamp = later.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
            first = corrected[0].select(pl.col("day").min()).item()
            yield _payload(
                here, pl.concat(corrected).with_columns(stamp.alias("published_at")), f"{first:%Y%m%d}-corrected.csv.gz"
            )


def _canonical(here: Region, dataset: str, rows: pl.DataFrame) -> pl.DataFrame:
    # What a vintage says of days after the last observed stands in the last day's file.
    last: date = WIDE_FIRST_DAY + timedelta(days=WIDE_DAYS - 1)
    return rows.select(
        pl.lit(dataset.removesuffix("_dam")).alias("dataset"), pl.lit(here.region_id).alias("region_id"), "entity",
        "variable", "value", "unit", "interval_start", pl.lit(60).alias("interval_minutes"), "published_at",
        pl.min_horizontal("day", pl.lit(last)).alias("day"),
    )  # fmt: skip


def _payload(here: Region, rows: pl.DataFrame, name: str) -> Payload:
    data = gzip.compress(rows.select(CANONICAL).write_csv().encode(), compresslevel=3, mtime=0)
    return Payload(FEED, data, f"synthetic:grid/{here.region_id}/{name}", "synthetic")


def wide_records(seed: int = DEFAULT_SEED, days: int = WIDE_DAYS) -> list[dict[str, object]]:
    """The manifest of everything planted into the wide grid, native formats included."""
    return [record for here in ALL_REGIONS for record in region_parts(here.region_id, seed, days).records]
