"""The synthetic grid as bytes: load in NYISO's `pal` format, everything else in one canonical long CSV.

The same seed gives the same bytes. A complete month is one payload; the days of an unfinished month come one by one
(load) or as one span (observations), as operators serve them.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from extract.feed import Payload
from extract.regions import month_after
from extract.synthetic import defects as d
from extract.synthetic.grid import DAYS, DEFAULT_SEED, REGIONS
from extract.synthetic.physics import LEAD_DAYS, Simulation, simulate
from gridlake.times import local_midnight_utc

PAL_HEADER = '"Time Stamp","Time Zone","Name","PTID","Load"'
CANONICAL = (
    "dataset",
    "region_id",
    "entity",
    "variable",
    "value",
    "unit",
    "interval_start",
    "interval_minutes",
    "published_at",
)
REVISED_AFTER = timedelta(days=20)
ISSUED_AT = "07:05:00"
DAY_AHEAD_PUBLISHED_AT = "13:00:00"


def planted(seed: int = DEFAULT_SEED, days: int = DAYS) -> list[dict[str, Any]]:
    """What was planted into three regions' 400 days and, for the grid's own size, into the wide grid: kind, feed, region_id, dataset, entity, variable, interval_start_utc (ISO, UTC), hours,
    original_value and planted_value as text, and both clock changes of each region as `dst_day`."""
    found = [d.defects(seed, days)]
    if days == DAYS:
        from extract.synthetic.meters import meter_records
        from extract.synthetic.telemetry import telemetry_records
        from extract.synthetic.wide import wide_records

        wide = [*wide_records(seed), *telemetry_records(seed), *meter_records(seed)]
        found.append(pl.DataFrame(wide, schema=d.DEFECTS, orient="row"))
    rows = pl.concat(found).with_columns(pl.col("interval_start_utc").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
    stamp = pl.col("interval_start_utc").str.replace(".000000Z", "Z", literal=True)
    return [*rows.with_columns(stamp).drop("hour").to_dicts(), *_clock_changes(seed, days)]


def _clock_changes(seed: int, days: int) -> Iterator[dict[str, Any]]:
    for region in REGIONS:
        frame = simulate(region.region_id, seed, days).calendar.frame
        lengths = frame.group_by("local_date", maintain_order=True).agg(
            pl.col("interval_start_utc").min(), pl.len().alias("hours")
        )
        for row in lengths.filter(pl.col("hours") != 24).iter_rows(named=True):
            yield {
                "kind": "dst_day", "feed": "*", "region_id": region.region_id, "dataset": "*", "entity": "*",
                "variable": "*", "hours": row["hours"],
                "interval_start_utc": f"{row['interval_start_utc'].isoformat()}Z",
                "original_value": None, "planted_value": None,
            }  # fmt: skip


# --- load ---------------------------------------------------------------------------------------------------------


def load_payloads(seed: int = DEFAULT_SEED, days: int = DAYS) -> Iterator[Payload]:
    """Load by region: a zip per complete local month, a CSV per day of the unfinished one, then the revised months."""
    for region in REGIONS:
        sim = simulate(region.region_id, seed, days)
        spoiled = d.defects(seed, days)
        first = _load_lines(sim, spoiled, revised=False)
        for period in _months(first, "local_date"):
            yield from _load_period(sim, period, revised=False)
        revision = d.of(spoiled, d.LOAD, region.region_id, [d.REVISION])
        corrected = _load_lines(sim, spoiled, revised=True)
        touched = (
            corrected.filter(pl.col("hour").is_in(revision["hour"].unique().to_list()))["month"].unique().to_list()
        )
        for period in _months(corrected, "local_date"):
            if period["month"][0] in touched:
                yield from _load_period(sim, period, revised=True)


def _load_lines(sim: Simulation, spoiled: pl.DataFrame, *, revised: bool) -> pl.DataFrame:
    """One row per line of `pal`, with defects: hour, local_date, month, line."""
    zones = sim.region.zones
    observed = sim.calendar.observed_hours
    rows = pl.DataFrame(
        {
            "hour": np.repeat(np.arange(observed), len(zones)),
            "name": [z.name for z in zones] * observed,
            "ptid": [z.ptid for z in zones] * observed,
            "value": sim.load_mw[:observed].reshape(-1),
        }
    ).with_columns(pl.col("value").round(1).cast(pl.String))
    kinds = [d.BLANK, d.NEGATIVE, d.OUTLIER] + ([] if revised else [d.REVISION])
    rows = _replace(rows, d.of(spoiled, d.LOAD, sim.region.region_id, kinds), {"name": "entity"})
    rows = _drop(rows, d.of(spoiled, d.LOAD, sim.region.region_id, [d.MISSING_HOUR, d.MISSING_DAY]), "name")
    rows = _repeat(rows, d.of(spoiled, d.LOAD, sim.region.region_id, [d.DUPLICATE]), {"name": "entity"})
    clock = sim.calendar.frame.select(
        "hour",
        "local_date",
        pl.col("local_date").dt.strftime("%Y%m").alias("month"),
        pl.col("local").dt.strftime("%m/%d/%Y %H:%M:%S").alias("clock"),
        pl.col("local").dt.strftime("%Z").alias("abbreviation"),
    )
    line = pl.format('"{}","{}","{}",{},{}', "clock", "abbreviation", "name", "ptid", "value")
    joined = rows.join(clock, on="hour", how="left", maintain_order="left")
    return joined.select("hour", "local_date", "month", line.alias("line"))


def _load_period(sim: Simulation, lines: pl.DataFrame, *, revised: bool) -> Iterator[Payload]:
    """A complete month as one zip of daily files; an unfinished one as daily files."""
    region, last = sim.region, sim.calendar.last_observed
    texts = {
        day: "\r\n".join([PAL_HEADER, *part["line"].to_list(), ""]).encode()
        for (day,), part in lines.partition_by("local_date", maintain_order=True, as_dict=True).items()
    }
    first = min(texts).replace(day=1)
    after = month_after(first)
    if after > last + timedelta(days=1):
        for day, data in texts.items():
            published = local_midnight_utc(day + timedelta(days=1), region.timezone) + timedelta(minutes=8)
            yield _load_payload(region.region_id, f"{day:%Y%m%d}pal.csv", data, published)
        return
    delay = REVISED_AFTER if revised else timedelta(0)
    published = local_midnight_utc(after, region.timezone) + delay + timedelta(hours=3)
    data = _zip_of_days(texts, delay)
    yield _load_payload(region.region_id, f"{first:%Y%m%d}pal_csv.zip", data, published)


def _zip_of_days(texts: dict[date, bytes], delay: timedelta) -> bytes:
    """Daily files in one zip; each member bears the local clock at which the operator wrote it, so bytes are fixed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for day, data in texts.items():
            written = datetime.combine(day, datetime.min.time()) + timedelta(days=1, minutes=8) + delay
            info = zipfile.ZipInfo(f"{day:%Y%m%d}pal.csv", written.timetuple()[:6])
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def _load_payload(region_id: str, name: str, data: bytes, published: datetime) -> Payload:
    return Payload(d.LOAD, data, f"synthetic:load/{region_id}/{name}", "synthetic", published)


# --- spoiling rows ------------------------------------------------------------------------------------------------


def _replace(rows: pl.DataFrame, defects: pl.DataFrame, keys: dict[str, str]) -> pl.DataFrame:
    """`value` replaced by the planted one where hour and `keys` (own column to the defect's) agree."""
    planted = defects.select("hour", *(pl.col(theirs).alias(own) for own, theirs in keys.items()), "planted_value")
    joined = rows.join(planted, on=["hour", *keys], how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("planted_value", "value").alias("value")).drop("planted_value")


def _drop(rows: pl.DataFrame, defects: pl.DataFrame, entity: str) -> pl.DataFrame:
    """Without the rows of missing hours and days; an entity of * takes all."""
    gone = defects.select(
        pl.int_ranges(pl.col("hour"), pl.col("hour") + pl.col("hours")).alias("hour"), pl.col("entity").alias(entity)
    ).explode("hour")
    everything = gone.filter(pl.col(entity) == "*").select("hour").unique()
    return rows.join(everything, on="hour", how="anti", maintain_order="left").join(
        gone.unique(), on=["hour", entity], how="anti", maintain_order="left"
    )


def _repeat(rows: pl.DataFrame, defects: pl.DataFrame, keys: dict[str, str]) -> pl.DataFrame:
    """Each duplicated row stands twice, the copy right after the original."""
    doubled = defects.select(
        "hour", *(pl.col(theirs).alias(own) for own, theirs in keys.items()), pl.lit(2).alias("times")
    )
    joined = rows.join(doubled, on=["hour", *keys], how="left", maintain_order="left")
    times = pl.col("times").fill_null(1)
    return joined.select(pl.all().exclude("times").repeat_by(times).explode())


def _months(rows: pl.DataFrame, day: str) -> list[pl.DataFrame]:
    return rows.sort(pl.col(day).dt.strftime("%Y%m"), maintain_order=True).partition_by("month", maintain_order=True)


# --- everything else ----------------------------------------------------------------------------------------------


def observation_payloads(seed: int = DEFAULT_SEED, days: int = DAYS) -> Iterator[Payload]:
    """Forecasts, prices, generation and weather by dataset, region and local month, then the corrected prices."""
    for region in REGIONS:
        sim = simulate(region.region_id, seed, days)
        spoiled = d.defects(seed, days)
        for dataset, frame in (
            ("load_forecast", _forecast_rows(sim)),
            ("price", _price_rows(sim, spoiled)),
            ("generation", _generation_rows(sim, spoiled)),
            ("weather", _weather_rows(sim, spoiled)),
        ):
            for period in _months(frame, "local_date"):
                yield _observation_payload(sim, dataset, period)
        yield _corrected_prices(sim, spoiled)


def _observation_payload(sim: Simulation, dataset: str, period: pl.DataFrame, suffix: str = "") -> Payload:
    first, last = period.select(pl.col("local_date").min(), pl.col("local_date").max().alias("last")).row(0)
    name = f"{first:%Y%m%d}-{last:%Y%m%d}{suffix}.csv.gz"
    text = period.with_columns(pl.lit(dataset).alias("dataset"), pl.lit(sim.region.region_id).alias("region_id"))
    data = gzip.compress(text.select(CANONICAL).write_csv().encode(), compresslevel=3, mtime=0)
    return Payload(d.OBSERVATION, data, f"synthetic:observation/{dataset}/{sim.region.region_id}/{name}", "synthetic")


def _long(sim: Simulation, series: Sequence[tuple[str, str, str, np.ndarray]], decimals: int) -> pl.DataFrame:
    """Series of (entity, variable, unit, values by hour) as rows: hour, entity, variable, unit, value; by hour."""
    observed = sim.calendar.observed_hours
    parts = [
        pl.DataFrame({"hour": np.arange(observed), "value": np.round(values[:observed], decimals)}).with_columns(
            pl.lit(i).alias("series"), pl.lit(entity).alias("entity"), pl.lit(variable).alias("variable"),
            pl.lit(unit).alias("unit"), pl.col("value").cast(pl.String),
        )
        for i, (entity, variable, unit, values) in enumerate(series)
    ]  # fmt: skip
    return pl.concat(parts).sort("hour", "series").drop("series")


def _spoil(
    rows: pl.DataFrame, sim: Simulation, spoiled: pl.DataFrame, dataset: str, *, revised: bool = False
) -> pl.DataFrame:
    keys = {"entity": "entity", "variable": "variable"}
    region_id = sim.region.region_id
    kinds = [d.BLANK, d.NEGATIVE, d.OUTLIER] + ([] if revised else [d.REVISION])
    rows = _replace(rows, d.of(spoiled, d.OBSERVATION, region_id, kinds, dataset), keys)
    rows = _drop(rows, d.of(spoiled, d.OBSERVATION, region_id, [d.MISSING_HOUR], dataset), "entity")
    return _repeat(rows, d.of(spoiled, d.OBSERVATION, region_id, [d.DUPLICATE], dataset), keys)


def _published_after(sim: Simulation, minutes: int) -> pl.Expr:
    """Stamp of a publication `minutes` after the interval's end, with the region's offset."""
    later = pl.col("local") + pl.duration(minutes=60 + minutes)
    return later.dt.strftime("%Y-%m-%dT%H:%M:%S%:z")


def _published_on(day: pl.Expr, clock: str, timezone: str) -> pl.Expr:
    """Stamp of a local wall clock on `day`; no clock here lies in an hour that is skipped or repeated."""
    local = pl.format("{} {}", day, pl.lit(clock)).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us")
    return local.dt.replace_time_zone(timezone).dt.strftime("%Y-%m-%dT%H:%M:%S%:z")


def _placed(rows: pl.DataFrame, sim: Simulation, published: pl.Expr, day: pl.Expr | None = None) -> pl.DataFrame:
    """Rows with the canonical time columns; `day` is the local day whose file holds them (default: the interval's)."""
    clock = sim.calendar.frame.select("hour", "local_date", "stamp", published.alias("published_at")).with_columns(
        (pl.col("local_date") if day is None else day).alias("local_date")
    )
    return rows.join(clock, on="hour", how="left", maintain_order="left").with_columns(
        pl.col("stamp").alias("interval_start"),
        pl.lit(60).alias("interval_minutes"),
        pl.col("local_date").dt.strftime("%Y%m").alias("month"),
    )


def _generation_rows(sim: Simulation, spoiled: pl.DataFrame) -> pl.DataFrame:
    series = [(fuel, "generation_mw", "MW", values) for fuel, values in sim.dispatch.generation_mw.items()]
    return _placed(_spoil(_long(sim, series, 1), sim, spoiled, "generation"), sim, _published_after(sim, 60))


def _weather_rows(sim: Simulation, spoiled: pl.DataFrame) -> pl.DataFrame:
    units = {
        "temperature_c": "degC",
        "humidity_pct": "%",
        "wind_speed_m_per_s": "m/s",
        "cloud_cover_pct": "%",
        "pressure_hpa": "hPa",
    }
    series = [
        (station, variable, units[variable], values)
        for station, variables in sim.weather.items()
        for variable, values in variables.items()
    ]
    return _placed(_spoil(_long(sim, series, 1), sim, spoiled, "weather"), sim, _published_after(sim, 20))


def _price_rows(sim: Simulation, spoiled: pl.DataFrame, *, revised: bool = False) -> pl.DataFrame:
    markets = []
    published = {
        "DAM": _published_on(pl.col("local_date") - timedelta(days=1), DAY_AHEAD_PUBLISHED_AT, sim.region.timezone),
        "RTM": _published_after(sim, 24 * 60 * 5 if revised else 10),
    }
    for market, zones in sim.prices.items():
        series = [
            (f"{market}:{zone}", variable, "USD/MWh", values)
            for zone, parts in zones.items()
            for variable, values in parts.items()
        ]
        rows = _spoil(_long(sim, series, 2), sim, spoiled, "price", revised=revised)
        markets.append(_placed(rows, sim, published[market]))
    return pl.concat(markets)


def _corrected_prices(sim: Simulation, spoiled: pl.DataFrame) -> Payload:
    """Only the corrected hours, published five days later: a payload that adds a revision and declares no window."""
    revision = d.of(spoiled, d.OBSERVATION, sim.region.region_id, [d.REVISION], "price")
    keys = revision.select("hour", "entity", "variable")
    rows = _price_rows(sim, spoiled, revised=True).join(
        keys, on=["hour", "entity", "variable"], how="semi", maintain_order="left"
    )
    return _observation_payload(sim, "price", rows, "-corrected")


def _forecast_rows(sim: Simulation) -> pl.DataFrame:
    """Vintages issued each day at 07:05 local for the next two days; also for the days after the last observation."""
    entities = [*(z.name for z in sim.region.zones), "TOTAL"]
    frame, last = sim.calendar.frame, sim.calendar.last_observed
    first_issue = frame["local_date"].min() - timedelta(days=1)  # type: ignore[operator]
    vintages = []
    for lead in LEAD_DAYS:
        values = sim.forecast_mw[lead]
        rows = pl.DataFrame(
            {
                "hour": np.repeat(np.arange(len(values)), len(entities)),
                "entity": entities * len(values),
                "value": values.reshape(-1),
            }
        ).with_columns(
            pl.lit("load_forecast_mw").alias("variable"), pl.lit("MW").alias("unit"), pl.col("value").cast(pl.String)
        )
        issue = pl.col("local_date") - timedelta(days=lead)
        published = _published_on(issue, ISSUED_AT, sim.region.timezone)
        vintages.append(_placed(rows, sim, published, issue))
    return (
        pl.concat(vintages)
        .filter(pl.col("local_date").is_between(first_issue, last))
        .sort("local_date", maintain_order=True)
    )
