"""What the lake knows of each target, read from gold for forecasting.

Belongs here: the queries and what they join. Turning rows into series is `ml.zones`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from gridlake.errors import UsageError
from ml.plan import Plan

TARGETS = ("load", "price", "solar", "wind")
ZONE_TYPES = ("system", "load_zone", "hub")  # nodes and interfaces are too many, and nobody plans by them

# Rows of one zone and hour; `y` null where nothing was reported. A renewable's fuels add up only where all of an hour are known.
_SOURCES = {
    "load": """
        select zone_id, region_id, interval_start_utc, interval_end_utc, load_reported_mw as y, operator_forecast_mw as operator_forecast,
            operator_forecast_issued_at_utc, 'MW' as unit, source_system
        from gold.fct_load_hourly""",
    "price": """
        select zone_id, region_id, interval_start_utc, interval_end_utc, price_per_mwh as y, cast(null as double) as operator_forecast,
            cast(null as timestamp) as operator_forecast_issued_at_utc, currency || '/MWh' as unit, source_system
        from gold.fct_price_hourly where market_id = 'DAM'""",
    **{
        target: f"""
        select region_id || '.TOTAL' as zone_id, region_id, interval_start_utc, max(interval_end_utc) as interval_end_utc,
            case when count(*) = count(generation_mw) then sum(generation_mw) end as y,
            case when count(*) = count(operator_forecast_mw) then sum(operator_forecast_mw) end as operator_forecast,
            cast(null as timestamp) as operator_forecast_issued_at_utc, 'MW' as unit, max(source_system) as source_system
        from gold.fct_generation_hourly
        inner join gold.dim_fuel using (fuel_id)
        where fuel_group = '{group}'
        group by region_id, interval_start_utc"""
        for target, group in (("solar", "Solar"), ("wind", "Wind"))
    },
}


# What the weather tells of a target: the forecast of it, never the observation.
WEATHER = {
    "load": ("temperature_c", "humidity_pct", "wind_speed_m_per_s"),
    "price": ("temperature_c", "wind_speed_m_per_s", "irradiance_w_per_m2"),
    "solar": ("irradiance_w_per_m2", "cloud_cover_pct", "temperature_c"),
    "wind": ("wind_speed_m_per_s", "pressure_hpa"),
}
WEATHER_DAYS = 120  # forecasts over fewer days teach a model nothing

# Of every station the newest vintage that was there when the day-ahead forecast of the hour's local day is issued.
_WEATHER = """
    with regions as (select region_id, timezone as tz from gold.dim_region),
    told as (
        select weather.*, date_trunc('hour', interval_start_utc) as hour_start,
            timezone('UTC', timezone(tz, date_trunc('day', timezone(tz, timezone('UTC', interval_start_utc)))
                - interval 1 day + to_minutes($issue_minutes))) as issue_utc
        from gold.fct_weather_forecast as weather inner join regions using (region_id)
    ),
    newest as (
        select * from told where issued_at_utc <= issue_utc
        qualify row_number() over (partition by station_id, interval_start_utc order by issued_at_utc desc) = 1
    )
    select region_id, hour_start as interval_start_utc, {columns}
    from newest group by region_id, hour_start
    qualify date_diff('day', min(hour_start) over (partition by region_id), max(hour_start) over (partition by region_id)) >= $days
    order by region_id, hour_start"""


@dataclass(frozen=True)
class Known:
    """`rows` as `ml.zones.REQUIRED` has them, by zone and hour; zone of time by zone; end of what is known by zone; latitude and longitude by
    region, the mean of its weather stations."""

    rows: pl.DataFrame
    zones_tz: dict[str, str] = field(default_factory=dict)
    as_of: dict[str, datetime] = field(default_factory=dict)
    places: dict[str, tuple[float, float]] = field(default_factory=dict)


def read_target(con: Any, target: str, *, region: str | None = None) -> Known:
    """What gold (views in the schema `gold` of the DuckDB connection `con`) knows of `target`: every zone that has an outcome, or those of a
    region, or one zone.

    Raises `UsageError` for a target that is not known.
    """
    if target not in _SOURCES:
        raise UsageError(f"There is no target '{target}'.", f"Use one of {', '.join(TARGETS)}.")
    types = ", ".join(f"'{t}'" for t in ZONE_TYPES)
    one = "and (source.zone_id = $region or source.region_id = $region)" if region else ""
    rows = con.execute(
        f"""
        with source as ({_SOURCES[target]})
        select source.* from source
        inner join gold.dim_zone as zones on source.zone_id = zones.zone_id
        where zones.zone_type in ({types}) {one}
        qualify count(y) over (partition by source.zone_id) > 0
        order by source.zone_id, source.interval_start_utc
        """,
        {"region": region} if region else {},
    ).pl()
    if rows.is_empty():
        return Known(rows)
    rows = _with_weather(con, target, rows)
    known = rows.filter(pl.col("y").is_not_null())
    as_of = dict(known.group_by("zone_id").agg(pl.col("interval_end_utc").max()).iter_rows())
    zones = dict(
        con.execute(
            "select zone_id, timezone from gold.dim_zone inner join gold.dim_region using (region_id)"
        ).fetchall()
    )
    places = {
        region: (latitude, longitude)
        for region, latitude, longitude in con.execute(
            "select region_id, avg(latitude), avg(longitude) from gold.dim_weather_station group by region_id"
        ).fetchall()
        if latitude is not None and longitude is not None
    }
    present = set(rows["zone_id"].unique().to_list())
    return Known(rows.drop("interval_end_utc"), {z: tz for z, tz in zones.items() if z in present}, as_of, places)


def _with_weather(con: Any, target: str, rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with `future__<name>` from weather forecasts, as known at each day's issue, and with the hours to come that these reach;
    as they were where no region has forecasts of enough days."""
    tables = {name for (name,) in con.execute("select table_name from information_schema.tables").fetchall()}
    if "fct_weather_forecast" not in tables:
        return rows
    issue = Plan().issue_time
    columns = ", ".join(f"avg({name}) as future__{name}" for name in WEATHER[target])
    given = {"issue_minutes": issue.hour * 60 + issue.minute, "days": WEATHER_DAYS}
    weather = con.execute(_WEATHER.format(columns=columns), given).pl()
    if weather.is_empty():
        return rows
    ends = rows.group_by("zone_id", "region_id").agg(last=pl.col("interval_start_utc").max())
    to_come = ends.join(weather, on="region_id").filter(pl.col("interval_start_utc") > pl.col("last")).drop("last")
    joined = rows.join(weather, on=["region_id", "interval_start_utc"], how="left")
    return pl.concat([joined, to_come], how="diagonal_relaxed").sort("zone_id", "interval_start_utc")
