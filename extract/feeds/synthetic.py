"""The synthetic grid's hourly feeds: load in NYISO's `pal` format, and one canonical long format for everything else:
400 days of three ISOs (`synthetic_observation`), and the last weeks of nine regions with every dataset (`synthetic_grid`).
Other operators' formats stand in `synthetic_native`, telemetry in `synthetic_telemetry`.

Bytes come from `extract.synthetic`; load is read by the very parser that reads NYISO's own files.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache

import polars as pl

from extract.emit import Emit, generation, generation_forecast, load, load_forecast, number
from extract.feed import Feed, Parsed, Payload
from extract.feeds.nyiso_load import ZonalLoadSamples
from extract.formats import (
    INTERVAL_END,
    INTERVAL_START,
    REGION,
    UNKNOWN_KEY,
    UNPLACEABLE_TIME,
    Header,
    Rule,
    split_placed,
    stamp_with_offset,
    text,
)
from extract.readers import read_table
from extract.regions import TIMEZONE
from gridlake.errors import PayloadRefused
from gridlake.settings import Settings
from gridlake.times import local_midnight_utc

MANIFEST = "synthetic_manifest.json"
DATASETS = ("load_forecast", "price", "generation", "weather")
OBSERVED = (
    "temperature_c",
    "humidity_pct",
    "wind_speed_m_per_s",
    "pressure_hpa",
    "cloud_cover_pct",
    "precipitation_mm",
)
_SPAN_IN_NAME = re.compile(r"^(\d{8})-(\d{8})\.csv(\.gz)?$")


def _of(variable: str) -> str:
    """SQL of one variable among the records that make a row."""
    return f"max(case when variable = '{variable}' then {number('value')} end)"


@cache
def _manifest() -> str:
    from extract.synthetic import DEFAULT_SEED, planted

    return json.dumps({"seed": DEFAULT_SEED, "planted": planted(DEFAULT_SEED)}, indent=1)


def write_manifest(settings: Settings) -> None:
    """What is planted, as `<home>/synthetic_manifest.json`; written whole or not at all."""
    settings.home.mkdir(parents=True, exist_ok=True)
    target = settings.home / MANIFEST
    temporary = target.with_name(f".{MANIFEST}.{os.getpid()}")
    temporary.write_text(_manifest())
    os.replace(temporary, target)


def region_in_path(payload: Payload) -> str:
    """The folder a synthetic payload lies in names its region. Raises `PayloadRefused` for an unknown one."""
    region = payload.path.parent.name
    if region not in TIMEZONE:
        raise PayloadRefused(
            payload.feed,
            payload.path.as_posix(),
            f"lies in no region's folder ({', '.join(TIMEZONE)})",
            "Address it as synthetic:<kind>/<region>/<file>.",
        )
    return region


class SyntheticLoad(ZonalLoadSamples):
    name = "synthetic_load"
    table = "synthetic__load"
    source = "synthetic"
    source_system = "SYNTHETIC"
    description = "Hourly zonal load of the synthetic grid, in NYISO's pal format."
    licence = "MIT"
    cadence = "hourly"
    origins = ("synthetic",)
    emits = (load("name", "load", ends="interval_start_utc + interval '1 hour'"),)

    def fetch(self, settings: Settings) -> Iterator[Payload]:
        if settings.origin == "synthetic":
            from extract.synthetic import load_payloads

            write_manifest(settings)
            yield from load_payloads()

    def region_of(self, payload: Payload) -> str:
        return region_in_path(payload)

    def zones_of(self, region_id: str) -> tuple[str, ...]:
        from extract.synthetic.grid import region

        return tuple(zone.name for zone in region(region_id).zones)


class SyntheticObservation(Feed):
    name = "synthetic_observation"
    table = "synthetic__observation"
    source = "synthetic"
    source_system = "SYNTHETIC"
    subject = "synthetic"
    description = "Load forecasts, prices, generation and weather of the synthetic grid, hourly, one long format."
    licence = "MIT"
    cadence = "hourly"
    time_convention = "ISO 8601 with offset; the stamp starts the interval"
    origins = ("synthetic",)
    columns = (
        text("dataset", "load_forecast, price, generation or weather."),
        REGION,
        text("entity", "Zone code, market:zone, fuel or station."),
        text("variable", "What is measured; its unit stands beside."),
        text("value", "Value as received."),
        text("unit", "Unit of the value."),
        text("interval_start", "Stamp as received."),
        text("interval_minutes", "Length of the interval.", "minute"),
        text("published_at", "When the operator published the record, as received."),
        INTERVAL_START,
        INTERVAL_END,
    )
    header = Header.of(**{column.name: column.name for column in columns[:9]})
    datasets: tuple[str, ...] = DATASETS
    emits: tuple[Emit, ...] = (
        load_forecast("entity", "value", where="dataset = 'load_forecast'"),
        generation("entity", "value", where="dataset = 'generation'"),
        # One record per component: four make one price.
        Emit(
            "price",
            {
                "source_code": "split_part(entity, ':', 2)",
                "market_id": "split_part(entity, ':', 1)",
                "price_text": "max(case when variable = 'lmp' then value end)",
                "price_per_mwh": _of("lmp"),
                "energy_per_mwh": _of("energy"),
                "congestion_per_mwh": _of("congestion"),
                "loss_per_mwh": _of("loss"),
                "currency": "split_part(unit, '/', 1)",
            },
            where="dataset = 'price'",
            is_grouped=True,
        ),
        Emit(
            "weather",
            {"station_id": "entity", **{name: _of(name) for name in OBSERVED}},
            where="dataset = 'weather'",
            is_grouped=True,
        ),
    )

    def fetch(self, settings: Settings) -> Iterator[Payload]:
        if settings.origin == "synthetic":
            from extract.synthetic import observation_payloads

            write_manifest(settings)
            yield from observation_payloads()

    def parse(self, payload: Payload) -> Parsed:
        region = region_in_path(payload)
        table = read_table(payload, self.header)
        start = stamp_with_offset("interval_start")
        minutes = pl.col("interval_minutes").cast(pl.Int64, strict=False)
        placed = table.frame.with_columns(
            start.alias("interval_start_utc"),
            (start + pl.duration(minutes=minutes)).alias("interval_end_utc"),
            stamp_with_offset("published_at").alias("published_at_utc"),
        )
        known = (
            pl.col("dataset").is_in(self.datasets) & (pl.col("region_id") == region) & pl.col("entity").is_not_null()
        )
        rules = [
            Rule(
                UNPLACEABLE_TIME, pl.col("interval_start_utc").is_null(), "interval_start is not a stamp with an offset"
            ),
            Rule(UNPLACEABLE_TIME, ~(minutes > 0), "interval_minutes is not a positive whole number"),
            Rule(UNPLACEABLE_TIME, pl.col("published_at_utc").is_null(), "published_at is not a stamp with an offset"),
            Rule(UNKNOWN_KEY, ~known, "not a known dataset, the folder's region and an entity"),
        ]
        rows, refused = split_placed(table, placed, rules)
        return Parsed(
            rows, refused, rows.height + refused.height, _window(payload, TIMEZONE[region]), region, table.unknown
        )


class SyntheticGrid(SyntheticObservation):
    name = "synthetic_grid"
    table = "synthetic__grid"
    description = "Every hourly dataset of nine synthetic regions for their last weeks, one long format."
    datasets = (
        "load", *DATASETS, "generation_forecast", "weather_forecast", "ancillary_price", "reserve", "interchange", "alert",
    )  # fmt: skip
    emits = (
        *SyntheticObservation.emits,
        load("entity", "value", where="dataset = 'load'"),
        generation_forecast("entity", "value", where="dataset = 'generation_forecast'"),
        Emit(
            "weather_forecast",
            {"station_id": "entity", **{name: _of(name) for name in OBSERVED}},
            where="dataset = 'weather_forecast'",
            is_grouped=True,
        ),
        Emit(
            "ancillary_price",
            {
                "market_id": "split_part(entity, ':', 1)", "source_code": "split_part(entity, ':', 2)",
                "product": "split_part(entity, ':', 3)", "price_text": "value", "price_per_mwh": number("value"),
                "currency": "split_part(unit, '/', 1)",
            },
            where="dataset = 'ancillary_price'",
        ),
        Emit(
            "reserve",
            {
                "source_code": "split_part(entity, ':', 1)", "product": "split_part(entity, ':', 2)",
                "kind": "split_part(entity, ':', 3)", "capacity_text": "value", "capacity_mw": number("value"),
            },
            where="dataset = 'reserve'",
        ),
        Emit(
            "interchange",
            {
                "source_code": "split_part(entity, ':', 1)", "kind": "split_part(entity, ':', 2)",
                "interchange_text": "value", "interchange_mw": number("value"),
            },
            where="dataset = 'interchange'",
        ),
        Emit(
            "alert", {"alert_id": "entity", "level": "variable", "message": "value"}, where="dataset = 'alert'"
        ),
    )  # fmt: skip

    def fetch(self, settings: Settings) -> Iterator[Payload]:
        if settings.origin == "synthetic":
            from extract.synthetic.wide import wide_payloads

            write_manifest(settings)
            yield from wide_payloads()


def _window(payload: Payload, timezone: str) -> tuple[datetime, datetime] | None:
    """The local days in the name (`20240101-20240131.csv.gz`), both included; a correction declares none."""
    match = _SPAN_IN_NAME.match(payload.name)
    if match is None:
        return None
    first, last = (date(int(t[:4]), int(t[4:6]), int(t[6:])) for t in match.groups()[:2])
    return local_midnight_utc(first, timezone), local_midnight_utc(last + timedelta(days=1), timezone)
