"""Forecasts on demand: the newest published ones of a region, or new ones made from the published tables.

Belongs here: what `gridlake forecast` asks for. How forecasts are made is `ml.predict`'s.
"""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl

from gridlake.errors import UsageError, did_you_mean

SHORTEST_DAY, LONGEST_DAY = 23, 25  # hours of a local day
SHOWN_ZONES = 12  # in an error: a remedy is read, not searched

COLUMNS = (
    "zone_id", "model_id", "model_version", "forecast_kind", "issued_at_utc", "interval_start_utc", "interval_end_utc", "q0025", "q0100",
    "q0250", "q0500", "q0750", "q0900", "q0975", "unit", "source_system",
)  # fmt: skip


def forecast_of(con: Any, target: str, region: str, horizon: int) -> tuple[pl.DataFrame, bool]:
    """The newest issue of each zone meant by `region` (a region's system, else its zones; or one zone), `horizon` hours of it, and whether
    it had to be made because what is published is shorter or not there.

    `con` has a published snapshot as schema `gold`. Raises `UsageError` for a region or zone nobody knows, and where there is nothing to make
    a forecast of; it then says what is published.
    """
    published = _newest(con, target, region)
    shown = _first_hours(published, horizon)
    hours = min((part.height for part in shown.partition_by("zone_id")), default=0)
    # A published forecast is of whole local days, and one in spring has 23 hours.
    if hours and (hours >= horizon or (hours >= SHORTEST_DAY and horizon <= LONGEST_DAY)):
        return shown, False
    made = _made(con, target, region, horizon)
    if not made.is_empty():
        return made, True
    if not shown.is_empty():
        return shown, False
    _must_exist(con, region)
    raise UsageError(
        f"No {target} forecast for {region if '.' in region else region + '.TOTAL'} is published, and there is too little history to make one.",
        f"Published {target} forecasts: {_published_zones(con, target, region)}. `gridlake run` makes new ones.",
    )  # fmt: skip


def _must_exist(con: Any, region: str) -> None:
    """Raises `UsageError` where no region or zone has that name."""
    try:
        told = con.execute("select region_id from gold.dim_region union select zone_id from gold.dim_zone").fetchall()
    except duckdb.CatalogException:  # a snapshot of before these tables cannot tell
        return
    known = {name for (name,) in told}
    if region not in known:
        regions = ", ".join(sorted(name for name in known if "." not in name))
        raise UsageError(f"There is no region or zone {region}.", did_you_mean(region, known, f"Regions: {regions}."))


def _published_zones(con: Any, target: str, region: str) -> str:
    """The zones `target` is published for, the region's own and systems first, at most `SHOWN_ZONES` of them."""
    there = con.execute(
        """
        select zone_id from gold.fct_forecast where target = $target and forecast_kind in ('model', 'fallback') group by zone_id
        order by any_value(region_id) <> split_part($region, '.', 1), zone_id not like '%.TOTAL', zone_id
        """,
        {"target": target, "region": region},
    ).fetchall()
    shown = ", ".join(zone for (zone,) in there[:SHOWN_ZONES]) or "none"
    return shown + (f" and {len(there) - SHOWN_ZONES} more" if len(there) > SHOWN_ZONES else "")


def _newest(con: Any, target: str, region: str) -> pl.DataFrame:
    """The newest issue of each zone; models before fallbacks."""
    found: pl.DataFrame = con.execute(
        f"""
        with newest as (
            select *, dense_rank() over (partition by zone_id order by issued_at_utc desc, forecast_kind = 'fallback') as rank
            from gold.fct_forecast
            where target = $target and forecast_kind in ('model', 'fallback') and (zone_id = $region or region_id = $region)
        )
        select {", ".join(COLUMNS)} from newest where rank = 1 order by zone_id, interval_start_utc
        """,
        {"target": target, "region": region},
    ).pl()
    return _of_system(found, region)


def _of_system(rows: pl.DataFrame, region: str) -> pl.DataFrame:
    system = rows.filter(pl.col("zone_id") == f"{region}.TOTAL")
    return rows if system.is_empty() else system


def _first_hours(rows: pl.DataFrame, horizon: int) -> pl.DataFrame:
    first = pl.col("interval_start_utc").min().over("zone_id")
    return rows.filter(pl.col("interval_start_utc") < first + pl.duration(hours=horizon))


def _made(con: Any, target: str, region: str, horizon: int) -> pl.DataFrame:
    """New forecasts of the zones, from what the snapshot knows; empty where it knows too little."""
    from ml.lake import read_target
    from ml.predict import forecast_target, lake_plan

    try:
        known = read_target(con, target, region=region)
    except duckdb.CatalogException:  # a snapshot of before these tables
        return pl.DataFrame()
    rows = _of_system(known.rows, region) if not known.rows.is_empty() else known.rows
    if rows.is_empty():
        return pl.DataFrame()
    days = tuple(range(1, -(-horizon // 24) + 1))
    present = set(rows["zone_id"].to_list())
    result = forecast_target(
        rows, target, zones_tz={z: tz for z, tz in known.zones_tz.items() if z in present}, as_of=known.as_of, places=known.places,
        plan=lake_plan(target, days),
    )  # fmt: skip
    coming = result.rows.filter(pl.col("forecast_kind") != "backtest")
    newest = coming.filter(pl.col("issued_at_utc") == pl.col("issued_at_utc").max().over("zone_id"))
    return _first_hours(newest.sort("zone_id", "interval_start_utc"), horizon).select(COLUMNS)
