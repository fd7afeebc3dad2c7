"""Spain 2015-2018, hourly: ENTSO-E generation, load and prices, and OpenWeather at five cities.

Stamps carry their offset (CET or CEST) and start the hour. Two defects of the files are handled here because they
concern the key: in the energy file most columns carry day and month swapped on days 1 to 12 (see `swapped_columns`),
and in the weather file one city's name has a leading blank.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from extract.emit import ACROSS_CODE, Emit, generation_across, generation_forecast, load, load_forecast, number, price
from extract.feed import Feed, Parsed, Payload
from extract.formats import (
    INTERVAL_END,
    INTERVAL_START,
    REGION,
    UNKNOWN_KEY,
    UNPLACEABLE_TIME,
    Header,
    Rule,
    instant,
    split_placed,
    stamp_with_offset,
    text,
)
from extract.readers import read_table
from extract.regions import TIMEZONE, extent
from gridlake.times import HOUR, wall_clock_to_utc

if TYPE_CHECKING:
    import numpy as np

MADRID = TIMEZONE["ES"]
DAY_MONTH_SWAP = "DAY_MONTH_SWAP"
DETECTION_LAGS = (24, 168)  # hours: load, sun and prices repeat by day and by week
DETECTION_GAIN = 0.02  # least rise of autocorrelation at both lags; the true columns rise by 0.08 and more
DETECTION_COVERAGE = 0.8  # share of rows that must have a partner at each lag, as is and re-dated

ENERGY_VALUES = (
    *(f"generation {kind}" for kind in (
        "biomass", "fossil brown coal/lignite", "fossil coal-derived gas", "fossil gas", "fossil hard coal",
        "fossil oil", "fossil oil shale", "fossil peat", "geothermal", "hydro pumped storage aggregated",
        "hydro pumped storage consumption", "hydro run-of-river and poundage", "hydro water reservoir", "marine",
        "nuclear", "other", "other renewable", "solar", "waste", "wind offshore", "wind onshore",
    )),
    "forecast solar day ahead", "forecast wind offshore eday ahead", "forecast wind onshore day ahead",
    "total load forecast", "total load actual", "price day ahead", "price actual",
)  # fmt: skip


def snake_case(name: str) -> str:
    """
    >>> snake_case("generation hydro run-of-river and poundage")
    'generation_hydro_run_of_river_and_poundage'
    """
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


ENERGY_COLUMNS = {snake_case(name): name for name in ENERGY_VALUES}


def redated(start_utc: pl.Expr, timezone: str) -> pl.Expr:
    """The stamp with its local day and month exchanged, where the day is 1 to 12; naive UTC in and out.

    Own inverse. Clock changes lie on days 25 to 31, so that no exchanged stamp is ambiguous or skipped.
    """
    local = start_utc.dt.replace_time_zone("UTC").dt.convert_time_zone(timezone).dt.replace_time_zone(None)
    exchanged = pl.datetime(
        local.dt.year(), local.dt.day(), local.dt.month(), local.dt.hour(), local.dt.minute(), ambiguous="earliest"
    )
    moves = (local.dt.day() <= 12) & (local.dt.day() != local.dt.month())
    return (
        pl.when(moves)
        .then(wall_clock_to_utc(pl.when(moves).then(exchanged), timezone))
        .otherwise(start_utc)
        .cast(pl.Datetime("us"))
    )


def swapped_columns(frame: pl.DataFrame, columns: Sequence[str], timezone: str) -> list[str]:
    """Columns of `frame` whose values stand under stamps with day and month exchanged on days 1 to 12.

    Evidence per column: the series as it stands and the series re-dated (`redated`) are compared by their
    autocorrelation at lags of a day and a week. A column is swapped where re-dating raises both by more than
    `DETECTION_GAIN`. A column without variance shows nothing and is left alone, as is one where too few hours have a
    partner at those lags (a file much shorter than a year, whose exchanged stamps fall outside it). Sound columns fall
    when re-dated: exchanging is its own inverse, so it does to them what the defect did to the others.

    `frame` has `interval_start_utc` (naive UTC, hourly) and `columns` as text or numbers; rows may come in any order.
    """
    import numpy as np

    if not frame.height or not columns:
        return []
    hours = frame.select(
        (pl.col("interval_start_utc").dt.epoch("s") // 3600).alias("as_is"),
        (redated(pl.col("interval_start_utc"), timezone).dt.epoch("s") // 3600).alias("redated"),
    )
    values = frame.select(pl.col(list(columns)).cast(pl.Float64, strict=False)).to_numpy()
    first = min(int(hours[c].min()) for c in hours.columns)  # type: ignore[arg-type]
    length = max(int(hours[c].max()) for c in hours.columns) - first + 1  # type: ignore[arg-type]
    gains = []
    for lag in DETECTION_LAGS:
        before, after = (
            _autocorrelation(_on_hours(values, hours[c].to_numpy() - first, length), lag, DETECTION_COVERAGE)
            for c in ("as_is", "redated")
        )
        gains.append(after - before)
    risen = np.all(
        np.stack(gains) > DETECTION_GAIN, axis=0
    ).tolist()  # NaN compares false: nothing shown, nothing repaired
    return [column for column, swapped in zip(columns, risen, strict=True) if swapped]


def _on_hours(values: np.ndarray, hours: np.ndarray, length: int) -> np.ndarray:
    import numpy as np

    grid = np.full((length, values.shape[1]), np.nan)
    grid[hours] = values
    return grid


def _autocorrelation(grid: np.ndarray, lag: int, coverage: float) -> np.ndarray:
    """Pearson correlation per column of the series with itself `lag` rows later, over hours that have both.

    NaN where a column has no variance or fewer than `coverage` of its values have a partner.
    """
    import numpy as np

    if grid.shape[0] <= lag:
        return np.full(grid.shape[1], np.nan)
    early, late = grid[:-lag], grid[lag:]
    both = np.isfinite(early) & np.isfinite(late)
    count = both.sum(axis=0)
    enough = (count > 1) & (count >= coverage * np.isfinite(grid).sum(axis=0))
    safe = np.maximum(count, 1)
    early = np.where(both, early, 0.0)
    late = np.where(both, late, 0.0)
    early = np.where(both, early - early.sum(axis=0) / safe, 0.0)
    late = np.where(both, late - late.sum(axis=0) / safe, 0.0)
    spread = np.sqrt((early**2).sum(axis=0) * (late**2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(enough & (spread > 1e-9), (early * late).sum(axis=0) / spread, np.nan)


# Pumping is consumption and no fuel; the two hydro kinds beside it are.
FUELS = tuple(
    c for c in ENERGY_COLUMNS if c.startswith("generation_") and not c.startswith("generation_hydro_pumped_storage")
)


def _placed(emit: Emit, column: str) -> Emit:
    """`emit` with its rows where the values of `column` (SQL of its name) belong."""
    moves = f"(',' || swapped_columns || ',') like ('%,' || {column} || ',%')"
    starts = f"case when {moves} then swapped_interval_start_utc else interval_start_utc end"
    repair = f"case when {moves} then repair_code else '' end"
    return replace(
        emit,
        columns={**emit.columns, "repair_code": repair},
        starts=starts,
        ends=f"{starts} + interval '1 hour'",
        moves_months=True,
    )


class SpainEnergy(Feed):
    name = "entsoe_spain_energy"
    table = "entsoe__spain_energy"
    source = "entsoe"
    source_system = "ENTSOE"
    subject = "spain"
    description = "Spain: hourly generation by type, load and its forecast, day-ahead and actual price."
    licence = "ENTSO-E transparency terms; redistributed as CC0"
    redates_rows = True
    cadence = "hourly"
    time_convention = "CET/CEST with offset; the stamp starts the hour; most columns swap day and month on days 1-12"
    archive_patterns = ("entsoe/spain/energy_dataset*",)
    columns = (
        REGION,
        text("time", "Stamp as received."),
        *(text(column, f"{name} as received.", "EUR/MWh" if column.startswith("price") else "MW")
          for column, name in ENERGY_COLUMNS.items()),
        INTERVAL_START,
        INTERVAL_END,
        text("swapped_columns", "Columns whose values belong to swapped_interval_start_utc; empty where none moves."),
        instant("swapped_interval_start_utc", "Where those columns' values belong: day and month exchanged."),
        text("repair_code", "DAY_MONTH_SWAP where values move, else empty."),
    )  # fmt: skip
    header = Header.of(time="time", **ENERGY_COLUMNS)
    emits = (
        _placed(load("'ES'", "total_load_actual"), "'total_load_actual'"),
        _placed(load_forecast("'TOTAL'", "total_load_forecast"), "'total_load_forecast'"),
        _placed(price("'TOTAL'", "'DAM'", "price_day_ahead", "EUR"), "'price_day_ahead'"),
        _placed(price("'TOTAL'", "'FINAL'", "price_actual", "EUR"), "'price_actual'"),
        _placed(generation_across({column: column for column in FUELS}), ACROSS_CODE),
        _placed(generation_forecast("'solar'", "forecast_solar_day_ahead"), "'forecast_solar_day_ahead'"),
        _placed(
            generation_forecast("'wind_onshore'", "forecast_wind_onshore_day_ahead"),
            "'forecast_wind_onshore_day_ahead'",
        ),
    )

    def parse(self, payload: Payload) -> Parsed:
        table = read_table(payload, self.header)
        start = stamp_with_offset("time")
        placed = table.frame.with_columns(
            pl.lit("ES").alias("region_id"),
            start.alias("interval_start_utc"),
            (start + HOUR).alias("interval_end_utc"),
        )
        reason = "time is not a stamp with an offset (YYYY-MM-DD HH:MM:SS+HH:MM)"
        rules = [Rule(UNPLACEABLE_TIME, pl.col("interval_start_utc").is_null(), reason)]
        rows, refused = split_placed(table, placed, rules)
        rows = _with_repair(rows, swapped_columns(rows, list(ENERGY_COLUMNS), MADRID))
        return Parsed(rows, refused, rows.height + refused.height, extent(rows), "ES", table.unknown)


def _with_repair(rows: pl.DataFrame, swapped: Sequence[str]) -> pl.DataFrame:
    start = pl.col("interval_start_utc")
    belongs = redated(start, MADRID) if swapped else start
    moves = pl.col("swapped_interval_start_utc") != start
    return rows.with_columns(belongs.alias("swapped_interval_start_utc")).with_columns(
        pl.when(moves).then(pl.lit(",".join(swapped))).otherwise(pl.lit("")).alias("swapped_columns"),
        pl.when(moves).then(pl.lit(DAY_MONTH_SWAP)).otherwise(pl.lit("")).alias("repair_code"),
    )


CITIES = ("BARCELONA", "BILBAO", "MADRID", "SEVILLE", "VALENCIA")

WEATHER_COLUMNS = {
    "temp": "K", "temp_min": "K", "temp_max": "K", "pressure": "hPa", "humidity": "%", "wind_speed": "m/s",
    "wind_deg": "degree", "rain_1h": "mm", "rain_3h": "mm", "snow_3h": "mm", "clouds_all": "%", "weather_id": "",
    "weather_main": "", "weather_description": "", "weather_icon": "",
}  # fmt: skip


class SpainWeather(Feed):
    name = "entsoe_spain_weather"
    table = "entsoe__spain_weather"
    source = "entsoe"
    source_system = "OPENWEATHER"
    subject = "weather"
    description = "Hourly weather at five Spanish cities."
    licence = "OpenWeather; redistributed as CC0"
    cadence = "hourly"
    time_convention = "CET/CEST with offset; the stamp starts the hour"
    archive_patterns = ("entsoe/spain/weather_features*",)
    columns = (
        REGION,
        text("station_id", "ES.<city>, from the name without its blanks."),
        text("dt_iso", "Stamp as received."),
        text("city_name", "City as received, blanks kept."),
        *(text(column, f"{column} as received.", unit) for column, unit in WEATHER_COLUMNS.items()),
        INTERVAL_START,
        INTERVAL_END,
    )
    header = Header.of(dt_iso="dt_iso", city_name="city_name", **{column: column for column in WEATHER_COLUMNS})
    emits = (
        Emit(
            "weather",
            {
                "station_id": "station_id",
                "temperature_c": f"{number('temp')} - 273.15",
                "humidity_pct": number("humidity"),
                "wind_speed_m_per_s": number("wind_speed"),
                "pressure_hpa": number("pressure"),
                "cloud_cover_pct": number("clouds_all"),
                "precipitation_mm": number("rain_1h"),
            },
        ),
    )

    def parse(self, payload: Payload) -> Parsed:
        table = read_table(payload, self.header)
        start = stamp_with_offset("dt_iso")
        city = pl.col("city_name").str.strip_chars().str.to_uppercase()
        placed = table.frame.with_columns(
            pl.lit("ES").alias("region_id"),
            pl.format("ES.{}", city).alias("station_id"),
            start.alias("interval_start_utc"),
            (start + HOUR).alias("interval_end_utc"),
        )
        reason = "dt_iso is not a stamp with an offset (YYYY-MM-DD HH:MM:SS+HH:MM)"
        rules = [
            Rule(UNPLACEABLE_TIME, pl.col("interval_start_utc").is_null(), reason),
            Rule(UNKNOWN_KEY, ~city.is_in(CITIES), f"not one of the cities {', '.join(CITIES)}"),
        ]
        rows, refused = split_placed(table, placed, rules)
        return Parsed(rows, refused, rows.height + refused.height, extent(rows), "ES", table.unknown)
