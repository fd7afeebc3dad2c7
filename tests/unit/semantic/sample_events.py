"""The sample's smaller facts: flows, reserves, ancillary prices, alerts, telemetry, meters, outages, plants.

Each holds what its measures must survive: missing values, two of what must not be mixed, a region without a name.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from tests.unit.semantic.sample_base import END, NUMBER, REGIONS, STAMP, TEXT, ZONES, localised, quality

HOUR = timedelta(hours=1)
WEEK = END - timedelta(days=7)
NEIGHBOURS = {"CAISO": ("BPAT", "AZPS"), "ERCOT": ("SPP", "CENACE"), "NYISO": ("PJM", "ISONE")}


def _hourly(keys: list[dict[str, Any]], start: datetime = WEEK, step: str = "1h") -> pl.DataFrame:
    """Every combination of `keys` and the intervals of the last week, with the local day and hour."""
    stamps = pl.datetime_range(start, END, step, closed="left", eager=True).cast(STAMP)
    times = pl.DataFrame({"interval_start_utc": stamps}).with_columns(t=pl.int_range(pl.len()).cast(NUMBER))
    return localised(pl.DataFrame(keys).join(times, how="cross")).with_columns(
        *quality(), interval_end_utc=pl.col("interval_start_utc") + HOUR
    )


def interchange() -> pl.DataFrame:
    """Flows by tie; NYISO tells its total too, which must not be added to its ties."""
    keys = [
        {"region_id": r, "source_code": tie, "kind": kind, "level": 900.0 if i else -400.0}
        for r, ties in NEIGHBOURS.items()
        for i, tie in enumerate((*ties, "TOTAL") if r == "NYISO" else ties)
        for kind in ("actual", "scheduled")
    ]
    flow = pl.col("level") + 700 * (pl.col("t") / 8).sin()
    missing = (pl.col("t") == 30) & (pl.col("region_id") == "ERCOT")
    return _hourly(keys).with_columns(
        interchange_mw=pl.when(missing).then(None).otherwise(flow),
        export_limit_mw=pl.when(pl.col("kind") == "actual").then(2000.0),
        import_limit_mw=pl.when(pl.col("kind") == "actual").then(1800.0),
    )


def ancillary_prices() -> pl.DataFrame:
    keys = [
        {"zone_id": f"{r}.TOTAL", "region_id": r, "market_id": m, "product": p, "level": level}
        for r in REGIONS
        for m in ("DAM", "RTM")
        for p, level in (("regulation_up", 12.0), ("spin_10", 5.0))
    ]
    price = pl.col("level") + 3 * (pl.col("t") / 5).sin()
    return _hourly(keys).with_columns(
        price_per_mwh=pl.when(pl.col("t") == 50).then(None).otherwise(price), currency=pl.lit("USD")
    )


def reserves() -> pl.DataFrame:
    keys = [
        {"zone_id": f"{r}.TOTAL", "region_id": r, "product": p, "kind": k, "level": level}
        for r in REGIONS
        for p, size in (("operating_10", 1.0), ("operating_30", 2.0))
        for k, level in (("requirement", 1000.0 * size), ("available", 1300.0 * size), ("forecast", 1250.0 * size))
    ]
    swing = pl.when(pl.col("kind") == "available").then(250 * (pl.col("t") / 6).sin()).otherwise(0.0)
    return _hourly(keys).with_columns(
        capacity_mw=pl.when(pl.col("t") == 12).then(None).otherwise(pl.col("level") + swing)
    )


def alerts() -> pl.DataFrame:
    rows = [
        ("a1", "ERCOT", END - 40 * HOUR, END - 34 * HOUR, "warning", "Conservation asked for."),
        ("a2", "ERCOT", END - 30 * HOUR, None, "emergency", "Reserves below 2,300 MW."),
        ("a3", "NYISO", END - 60 * HOUR, END - 59 * HOUR, "notice", "Thunderstorm watch."),
        ("a4", "CAISO", END - 10 * HOUR, END - 6 * HOUR, "watch", "Flex alert."),
    ]
    columns = {
        "alert_id": TEXT,
        "region_id": TEXT,
        "interval_start_utc": STAMP,
        "interval_end_utc": STAMP,
        "level": TEXT,
        "message": TEXT,
    }
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(*quality())  # fmt: skip


def frequency() -> pl.DataFrame:
    keys = [{"region_id": r, "source_code": "TOTAL", "level": level} for r, level in (("ERCOT", 60.0), ("NYISO", 60.0))]
    swing = 0.03 * (pl.col("t") / 40).sin()
    return _hourly(keys, END - 12 * HOUR, "1m").with_columns(
        frequency_hz=pl.col("level") + swing,
        minimum_hz=pl.col("level") + swing - 0.03,
        maximum_hz=pl.col("level") + swing + 0.01,
        samples=(50 + pl.col("t") % 11).cast(pl.Int64),
    )


def scada() -> pl.DataFrame:
    keys = [
        {"asset_id": "SYNTHETIC.WT01", "region_id": "ERCOT", "point": p, "level": level}
        for p, level in (("active_power_kw", 1500.0), ("wind_speed_m_per_s", 9.0))
    ]
    bad = pl.col("t") % 37 == 5
    return _hourly(keys, END - 24 * HOUR, "10m").with_columns(
        point_value=pl.when(bad).then(None).otherwise(pl.col("level") * (1 + 0.3 * (pl.col("t") / 9).sin())),
        quality_code=pl.when(bad).then(24).otherwise(192).cast(pl.Int32),
        interval_end_utc=pl.col("interval_start_utc") + timedelta(minutes=10),
    )


def meter_intervals() -> pl.DataFrame:
    keys = [
        {"meter_id": f"OWN.M{i}", "commodity": c, "region_id": "NYISO" if i < 4 else "ERCOT", "level": 0.2 + 0.1 * i}
        for i in range(6)
        for c in (("electricity", "gas") if i == 2 else ("electricity", "solar") if i == 5 else ("electricity",))
    ]
    failed = (pl.col("t") == 20) & (pl.col("meter_id") == "OWN.M1")
    energy = pl.col("level") * (1.2 + (pl.col("t") / 7).cos())
    return _hourly(keys, WEEK, "30m").with_columns(
        interval_end_utc=pl.col("interval_start_utc") + timedelta(minutes=30),
        energy_kwh=pl.when(failed).then(None).otherwise(energy), status=pl.lit("A"), source_system=pl.lit("OWN"),
    )  # fmt: skip


def meter_days(intervals: pl.DataFrame) -> pl.DataFrame:
    value = pl.col("energy_kwh")
    return (
        intervals.group_by("meter_id", "commodity", "region_id", "local_date", "source_system", "data_quality_score")
        .agg(
            energy_kwh=pl.when(value.null_count() == 0).then(value.sum()), peak_kw=value.max() * 2,
            intervals=pl.len().cast(pl.Int64), is_complete=(pl.len() == 48) & (value.null_count() == 0),
        )
        .with_columns(day_start=pl.col("local_date").cast(STAMP))
        .sort("meter_id", "commodity", "local_date")
    )  # fmt: skip


def outages() -> pl.DataFrame:
    rows = [
        ("X.1", "CAISO", "Fresno", END - 30 * HOUR, END - 27 * HOUR, 180.0, 1200.0, None, "Tree", 36.7, -119.8),
        ("X.2", "CAISO", "Fresno", END - 5 * HOUR, None, None, 300.0, None, "Vehicle", 36.8, -119.7),
        ("X.3", "NYISO", "Albany", END - 90 * HOUR, END - 88 * HOUR, 120.0, 5000.0, 40.0, "Storm", 42.6, -73.7),
        ("X.4", "ERCOT", "Waco", END - 300 * HOUR, END - 299 * HOUR, 60.0, None, 12.5, None, 31.5, -97.1),
        ("X.5", None, "Ohio", END - 500 * HOUR, END - 490 * HOUR, 600.0, 80000.0, 900.0, "Storm", None, None),
    ]
    columns = {
        "outage_id": TEXT, "region_id": TEXT, "place": TEXT, "started_at_utc": STAMP, "ended_at_utc": STAMP,
        "duration_minutes": NUMBER, "customers_affected": NUMBER, "demand_loss_mw": NUMBER, "cause": TEXT,
        "latitude": NUMBER, "longitude": NUMBER,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        versions=pl.lit(1, pl.Int64), source_system=pl.lit("SYNTHETIC")
    )


def plant_emissions() -> pl.DataFrame:
    """Two sources tell of the same plant and year: their sums must not be mixed."""
    rows = [
        ("ORIS.1", 2019, "Albany", "NY", 2, 500_000.5, 900.0, 700.0, 7_000.0, 1_000.0, None, "EPA_AMPD"),
        ("ORIS.2", 2019, "Ogden", "UT", 1, 90_000.25, 20.0, 30.0, 1_500.0, 0.0, None, "EPA_AMPD"),
        ("ORIS.2", 2018, "Ogden", "UT", 1, 80_000.0, 18.0, 28.0, 1_400.0, 150.0, None, "EPA_AMPD"),
        ("ORIS.1", 2019, "Albany", "NY", 2, 499_000.0, None, 690.0, 6_900.0, None, 950.0, "EPA_EGRID"),
    ]
    columns = {
        "plant_id": TEXT, "data_year": pl.Int32, "plant_name": TEXT, "state": TEXT, "units": pl.Int64, "co2_kg": NUMBER,
        "so2_kg": NUMBER, "nox_kg": NUMBER, "heat_input_mmbtu": NUMBER, "gross_generation_mwh": NUMBER,
        "net_generation_mwh": NUMBER, "source_system": TEXT,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=columns, orient="row")


def finer_load(load: pl.DataFrame) -> pl.DataFrame:
    """The last two days of load in five-minute and quarter-hour intervals."""
    recent = load.filter(pl.col("interval_start_utc") >= END - 48 * HOUR)
    parts = []
    for regions, minutes in ((["CAISO", "NYISO"], 5), (["ERCOT"], 15)):
        offsets = pl.DataFrame({"minute": list(range(0, 60, minutes))})
        parts.append(
            recent.filter(pl.col("region_id").is_in(regions)).join(offsets, how="cross").with_columns(
                interval_start_utc=pl.col("interval_start_utc") + pl.duration(minutes=pl.col("minute")),
                load_mw=pl.col("load_mw") * (1 + 0.0005 * pl.col("minute")), interval_minutes=pl.lit(minutes, pl.Int32),
                held_minutes=pl.lit(minutes - 1.0),
                is_final=pl.lit(None, pl.Boolean), feed=pl.lit("synthetic_grid"),
            )
        )  # fmt: skip
    return pl.concat(parts)


def finer_prices(prices: pl.DataFrame) -> pl.DataFrame:
    recent = prices.filter((pl.col("interval_start_utc") >= END - 48 * HOUR) & (pl.col("market_id") == "RTM"))
    offsets = pl.DataFrame({"minute": [0, 15, 30, 45]})
    return recent.join(offsets, how="cross").with_columns(
        interval_start_utc=pl.col("interval_start_utc") + pl.duration(minutes=pl.col("minute")),
        interval_end_utc=pl.col("interval_start_utc") + pl.duration(minutes=pl.col("minute") + 15),
        price_per_mwh=pl.col("price_per_mwh") - 0.7 * pl.col("minute"), feed=pl.lit("synthetic_grid"),
    )  # fmt: skip


def dimensions() -> dict[str, pl.DataFrame]:
    meters = pl.DataFrame({"meter_id": [f"OWN.M{i}" for i in range(6)], "tariff": ["residential", "business"] * 3})
    now = {
        "valid_from_utc": pl.lit(datetime(2026, 1, 1), STAMP), "is_current": pl.lit(True),
        "source_system": pl.lit("OWN"), "installed_on": pl.lit(date(2020, 1, 1)),
    }  # fmt: skip
    current = meters.with_columns(
        region_id=pl.when(pl.col("meter_id") < "OWN.M4").then(pl.lit("NYISO")).otherwise(pl.lit("ERCOT")),
        zone_id=pl.lit(f"NYISO.{ZONES['NYISO'][1]}"), **now,
    )  # fmt: skip
    before = current.head(1).with_columns(
        tariff=pl.lit("trial"), is_current=pl.lit(False), valid_from_utc=pl.lit(datetime(2025, 1, 1), STAMP),
        valid_to_utc=pl.lit(datetime(2026, 1, 1), STAMP),
    )  # fmt: skip
    return {
        "dim_asset": pl.DataFrame({"asset_id": ["SYNTHETIC.WT01"], "region_id": ["ERCOT"], "asset_name": ["WT01"], "source_system": ["SYNTHETIC"]}),
        "dim_meter": pl.concat([current, before], how="diagonal"),
        "dim_customer": current.select(
            "meter_id", "source_system", customer_id=pl.lit("C") + pl.col("meter_id").str.slice(5), customer_name_masked=pl.lit("A***"),
            valid_from=pl.lit(date(2020, 1, 1)), is_current=pl.lit(True),
        ),
    }  # fmt: skip
