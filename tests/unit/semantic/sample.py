"""A small, complete gold layer for tests: every table and column of the contract, deterministic, published as a snapshot.

Belongs here: invented values that are easy to check by hand (smooth daily shapes, no randomness), with the things
readers must survive planted in it: imputed hours, gaps, a spring DST day, a region without prices, hours without a
forecast. Does not belong here: anything that a test should compute.

    python -m tests.unit.semantic.sample HOME     writes and publishes it under HOME
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from gridlake.lake import overwrite_table
from gridlake.settings import Settings, load_settings
from gridlake.snapshot import Snapshot, publish

START = datetime(2026, 1, 19)
END = datetime(2026, 3, 20, 6)  # excluded; the US clocks go forward on 2026-03-08
HORIZON = timedelta(hours=42)

REGIONS = {
    "CAISO": ("America/Los_Angeles", "California ISO", 27000.0),
    "ERCOT": ("America/Chicago", "Electric Reliability Council of Texas", 48000.0),
    "NYISO": ("America/New_York", "New York ISO", 17000.0),
}
ZONES = {"CAISO": ("NP15", "SP15"), "ERCOT": ("NORTH", "WEST"), "NYISO": ("NYC", "WEST")}

FUELS = pl.DataFrame(
    [
        ("nuclear", "Nuclear", "nuclear", False, True, 0.0, "#4477AA", 1, 0.18),
        ("hydro", "Hydro", "hydro", True, True, 0.0, "#66CCEE", 2, 0.10),
        ("wind_onshore", "Onshore wind", "wind", True, True, 0.0, "#228833", 3, 0.16),
        ("solar", "Solar", "solar", True, True, 0.0, "#CCBB44", 4, 0.22),
        ("gas", "Natural gas", "fossil", False, False, 410.0, "#EE6677", 5, 0.40),
        ("coal", "Coal", "fossil", False, False, 950.0, "#444444", 6, 0.08),
        ("storage", "Storage", "storage", False, False, None, "#AA3377", 7, 0.02),
    ],
    schema={
        "fuel_id": pl.String, "fuel_name": pl.String, "fuel_group": pl.String, "is_renewable": pl.Boolean,
        "is_low_carbon": pl.Boolean, "emission_factor_kg_per_mwh": pl.Float64, "color_hex": pl.String,
        "sort_order": pl.Int32, "share": pl.Float64,
    },
    orient="row",
)  # fmt: skip

_TEXT, _NUMBER, _STAMP = pl.String, pl.Float64, pl.Datetime("us")


def _hours(end: datetime = END) -> pl.DataFrame:
    return pl.DataFrame(
        {"interval_start_utc": pl.datetime_range(START, end, "1h", closed="left", eager=True).cast(_STAMP)}
    ).with_columns(interval_end_utc=pl.col("interval_start_utc") + timedelta(hours=1), t=pl.int_range(pl.len()))


def _localised(frame: pl.DataFrame) -> pl.DataFrame:
    """`local_date` and `local_hour` of each row in its region's zone."""
    parts = []
    for region_id, (zone, _, _) in REGIONS.items():
        local = pl.col("interval_start_utc").dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
        parts.append(
            frame.filter(pl.col("region_id") == region_id).with_columns(
                local_date=local.dt.date(), local_hour=local.dt.hour().cast(pl.Int32)
            )
        )
    return pl.concat(parts)


def _quality(score: float = 100.0) -> list[pl.Expr]:
    return [
        pl.lit("SYNTHETIC").alias("source_system"),
        pl.lit(score).alias("data_quality_score"),
        pl.lit("").alias("validation_flags"),
    ]


def _shape(level: pl.Expr) -> pl.Expr:
    """A load curve: low at night, two peaks, weekends lower."""
    angle = pl.col("local_hour").cast(pl.Float64) * (2 * 3.141592653589793 / 24)
    weekend = pl.when(pl.col("local_date").dt.weekday() > 5).then(0.92).otherwise(1.0)
    drift = 1 + 0.06 * (pl.col("t") / 170.0).sin()
    return level * weekend * drift * (1 - 0.16 * angle.cos() - 0.07 * (2 * angle).sin())


def _load(end_of: dict[str, datetime]) -> pl.DataFrame:
    rows = []
    for region_id, (_, _, level) in REGIONS.items():
        for zone, part in (("TOTAL", 1.0), (ZONES[region_id][0], 0.6), (ZONES[region_id][1], 0.4)):
            rows.append(
                _hours(end_of.get(region_id, END)).with_columns(
                    zone_id=pl.lit(f"{region_id}.{zone}"), region_id=pl.lit(region_id), level=pl.lit(level * part)
                )
            )
    load = _localised(pl.concat(rows)).with_columns(load_mw=_shape(pl.col("level")))
    at = pl.col("interval_start_utc")
    ercot = pl.col("region_id") == "ERCOT"
    gap = ercot & at.is_between(datetime(2026, 3, 18, 14), datetime(2026, 3, 18, 16))
    missing_row = (pl.col("region_id") == "CAISO") & (at == datetime(2026, 3, 18, 20))
    imputed = ercot & at.is_between(datetime(2026, 3, 19, 9), datetime(2026, 3, 19, 12))
    return (
        load.filter(~missing_row)
        .with_columns(
            operator_forecast_mw=pl.when(at.dt.day() == 11).then(None).otherwise(pl.col("load_mw") * (1 + 0.03 * (pl.col("t") / 9.0).sin())),
            operator_forecast_issued_at_utc=(at.dt.truncate("1d") - timedelta(hours=12)).cast(_STAMP),
            operator_forecast_issue_is_assumed=pl.lit(False),
            is_imputed=imputed,
            imputation_code=pl.when(imputed).then(pl.lit("SAME_HOUR_LAST_WEEK")).otherwise(None),
            load_mw=pl.when(gap).then(None).otherwise(pl.col("load_mw")),
        )
        .with_columns(
            *_quality(),
            load_reported_mw=pl.when(imputed).then(None).otherwise(pl.col("load_mw")),
            coverage_pct=pl.when(gap | imputed).then(0.0).otherwise(100.0),
        )
        .select(
            "zone_id", "region_id", "interval_start_utc", "interval_end_utc", "local_date", "local_hour", "load_mw",
            "load_reported_mw", "is_imputed", "imputation_code", "operator_forecast_mw", "operator_forecast_issued_at_utc",
            "operator_forecast_issue_is_assumed", "coverage_pct", "source_system", "data_quality_score", "validation_flags",
        )
    )  # fmt: skip


def _prices(load: pl.DataFrame) -> pl.DataFrame:
    zonal = load.filter(~pl.col("zone_id").str.ends_with(".TOTAL"))
    markets = []
    for market, noise in (("DAM", 0.0), ("RTM", 6.0)):
        hour = pl.col("local_hour").cast(pl.Float64)
        level = 22 + 18 * ((hour - 6) / 3.8).sin().clip(lower_bound=-0.4)
        markets.append(
            zonal.with_columns(
                market_id=pl.lit(market),
                energy_per_mwh=level + noise * ((hour + pl.col("local_date").dt.day()) * 1.7).sin(),
                congestion_per_mwh=pl.when(pl.col("zone_id").str.ends_with("WEST")).then(-4.0).otherwise(2.0),
                loss_per_mwh=pl.lit(0.5),
            )
        )
    return (
        pl.concat(markets)
        .with_columns(
            price_per_mwh=pl.col("energy_per_mwh") + pl.col("congestion_per_mwh") + pl.col("loss_per_mwh"),
            currency=pl.lit("USD"),
            validation_flags=pl.lit(""),
        )
        .select(
            "zone_id", "region_id", "market_id", "interval_start_utc", "interval_end_utc", "local_date", "local_hour",
            "price_per_mwh", "energy_per_mwh", "congestion_per_mwh", "loss_per_mwh", "currency", "source_system",
            "data_quality_score", "validation_flags",
        )
    )  # fmt: skip


def _generation(load: pl.DataFrame) -> pl.DataFrame:
    hour = pl.col("local_hour").cast(pl.Float64)
    sun = ((hour - 6) * (3.141592653589793 / 12)).sin().clip(lower_bound=0.0)
    profile = (
        pl.when(pl.col("fuel_id") == "solar").then(sun * 1.6)
        .when(pl.col("fuel_id") == "wind_onshore").then(1.0 + 0.5 * (hour / 5 + pl.col("local_date").dt.day()).cos())
        .when(pl.col("fuel_id") == "storage").then(((hour - 12) / 3).sin())
        .when(pl.col("fuel_id") == "gas").then(1.15 - 0.45 * sun)
        .otherwise(1.0)
    )  # fmt: skip
    base = load.filter(pl.col("zone_id").str.ends_with(".TOTAL")).join(FUELS.select("fuel_id", "share"), how="cross")
    return base.with_columns(
        generation_mw=pl.col("operator_forecast_mw").fill_null(pl.col("load_mw")) * pl.col("share") * profile,
        operator_forecast_mw=pl.when(pl.col("fuel_id").is_in(["solar", "wind_onshore"])).then(
            pl.col("load_mw") * pl.col("share") * profile * 1.05
        ),
    ).select(
        "region_id", "fuel_id", "interval_start_utc", "interval_end_utc", "local_date", "local_hour", "generation_mw",
        "operator_forecast_mw", "source_system", "data_quality_score", "validation_flags",
    )  # fmt: skip


def _forecast(load: pl.DataFrame) -> pl.DataFrame:
    """One vintage a day, issued at 16:00 UTC for the 42 hours after it, ours and the operator's."""
    first, last = START + timedelta(days=40, hours=16), END - timedelta(hours=14)
    issues = pl.DataFrame({"issued_at_utc": pl.datetime_range(first, last, "1d", eager=True).cast(_STAMP)})
    systems = [(r, z, lv) for r, (z, _, lv) in REGIONS.items()]
    grid = (
        issues.join(pl.DataFrame({"lead_time_hours": [float(h) for h in range(1, 43)]}), how="cross")
        .join(pl.DataFrame(systems, schema=["region_id", "zone", "level"], orient="row"), how="cross")
        .with_columns(
            interval_start_utc=pl.col("issued_at_utc") + pl.duration(hours=pl.col("lead_time_hours").cast(pl.Int64)),
            zone_id=pl.col("region_id") + ".TOTAL",
        )
        .with_columns(t=(pl.col("interval_start_utc") - START).dt.total_hours())
    )
    middle = _localised(grid).with_columns(q0500=_shape(pl.col("level")) * (1 + 0.012 * (pl.col("t") / 7.0).cos()))
    spread = pl.col("q0500") * (0.012 + 0.0006 * pl.col("lead_time_hours"))
    quantiles = {"q0025": -1.96, "q0100": -1.28, "q0250": -0.67, "q0750": 0.67, "q0900": 1.28, "q0975": 1.96}
    ours = middle.with_columns(
        **{name: pl.col("q0500") + spread * z for name, z in quantiles.items()},
        model_id=pl.lit("lightgbm"),
        model_version=pl.lit("3"),
        forecast_kind=pl.lit("model"),
    )
    operator = middle.with_columns(
        **{name: pl.lit(None, _NUMBER) for name in quantiles},
        q0500=pl.col("q0500") * 1.02,
        model_id=pl.lit("operator"),
        model_version=pl.lit(None, _TEXT),
        forecast_kind=pl.lit("operator"),
    )
    return (
        pl.concat([ours, operator], how="diagonal")
        .with_columns(
            target=pl.lit("load"), unit=pl.lit("MW"), interval_end_utc=pl.col("interval_start_utc") + timedelta(hours=1),
            source_system=pl.lit("SYNTHETIC"),
        )
        .select(
            "target", "zone_id", "region_id", "model_id", "model_version", "issued_at_utc", "interval_start_utc",
            "interval_end_utc", "lead_time_hours", "q0025", "q0100", "q0250", "q0500", "q0750", "q0900", "q0975",
            "unit", "forecast_kind", "source_system",
        )
    )  # fmt: skip


def _accuracy(load: pl.DataFrame) -> pl.DataFrame:
    days = (
        load.filter(pl.col("zone_id").str.ends_with(".TOTAL") & (pl.col("local_date") >= datetime(2026, 3, 1).date()))
        .group_by("zone_id", "region_id", "local_date")
        .agg(level=pl.col("load_mw").mean(), rows_scored=pl.col("load_mw").count().cast(pl.Int64))
        .sort("zone_id", "local_date")
        .with_columns(day=pl.col("local_date").dt.day().cast(_NUMBER))
    )
    with_operator = pl.col("local_date").dt.day() != 11
    return days.with_columns(
        target=pl.lit("load"),
        model_id=pl.lit("lightgbm"),
        lead_bucket=pl.lit("day_ahead"),
        mape_pct=1.6 + 0.05 * pl.col("day"),
        pinball=pl.col("level") * 0.006,
        coverage_80_pct=78.0 + pl.col("day") / 5,
        coverage_95_pct=93.0 + pl.col("day") / 8,
        width_80=pl.col("level") * 0.05,
        width_95=pl.col("level") * 0.09,
        naive_mape_pct=4.0 + 0.1 * pl.col("day"),
        operator_mape_pct=pl.when(with_operator).then(2.2 + 0.08 * pl.col("day")),
        operator_forecast_issue_is_assumed=pl.lit(False),
        source_system=pl.lit("SYNTHETIC"),
    ).select(
        "target", "zone_id", "region_id", "model_id", "local_date", "lead_bucket", "rows_scored",
        (pl.col("level") * pl.col("mape_pct") / 100).alias("mae"), "mape_pct", (pl.col("mape_pct") * 0.9).alias("wape_pct"), "pinball", "coverage_80_pct",
        "coverage_95_pct", "width_80", "width_95",
        (pl.col("level") * pl.col("operator_mape_pct") / 100).alias("operator_mae"), "operator_mape_pct",
        (pl.col("level") * pl.col("naive_mape_pct") / 100).alias("naive_mae"), "naive_mape_pct",
        "operator_forecast_issue_is_assumed", pl.lit("MW").alias("unit"), "source_system",
    )  # fmt: skip


def _quality_days(load: pl.DataFrame) -> pl.DataFrame:
    days = load.group_by("region_id", "zone_id", "local_date").agg(
        expected=pl.len().cast(pl.Int64), received=pl.col("load_reported_mw").count().cast(pl.Int64)
    )
    return days.sort("zone_id", "local_date").select(
        pl.lit("load").alias("subject"),
        pl.lit("synthetic_load").alias("feed"),
        pl.lit("SYNTHETIC").alias("source_system"),
        "region_id", "zone_id", "local_date",
        pl.col("expected").alias("expected_intervals"),
        pl.col("received").alias("received_intervals"),
        (pl.col("expected") - pl.col("received")).alias("hole_intervals"),
        (100.0 * pl.col("received") / pl.col("expected")).alias("completeness_pct"),
        pl.col("expected").alias("rows_total"),
        (pl.col("local_date").dt.day() % 7 == 0).cast(pl.Int64).alias("rows_quarantined"),
        (pl.col("local_date").dt.day() % 5 == 0).cast(pl.Int64).alias("rows_flagged"),
        (100.0 - (pl.col("local_date").dt.day() % 5).cast(_NUMBER)).alias("data_quality_score"),
    )  # fmt: skip


def _carbon(generation: pl.DataFrame) -> pl.DataFrame:
    known = generation.join(FUELS, on="fuel_id").filter(pl.col("emission_factor_kg_per_mwh").is_not_null())
    mwh = pl.col("generation_mw")
    hourly = (
        known.group_by("region_id", "interval_start_utc", "interval_end_utc", "local_date", "local_hour")
        .agg(
            generation_mwh=mwh.sum(),
            emissions_kg=(mwh * pl.col("emission_factor_kg_per_mwh")).sum(),
            renewable_mwh=mwh.filter(pl.col("is_renewable")).sum(),
            low_carbon_mwh=mwh.filter(pl.col("is_low_carbon")).sum(),
        )
        .sort("region_id", "interval_start_utc")
    )
    return hourly.select(
        "region_id", "interval_start_utc", "interval_end_utc", "local_date", "local_hour", "generation_mwh", "emissions_kg",
        (pl.col("emissions_kg") / pl.col("generation_mwh")).alias("carbon_intensity_kg_per_mwh"),
        "renewable_mwh", "low_carbon_mwh",
        (100 * pl.col("renewable_mwh") / pl.col("generation_mwh")).alias("renewable_share_pct"),
        (100 * pl.col("low_carbon_mwh") / pl.col("generation_mwh")).alias("low_carbon_share_pct"),
        pl.lit("SYNTHETIC").alias("source_system"),
    )  # fmt: skip


def _mix(generation: pl.DataFrame) -> pl.DataFrame:
    daily = generation.group_by("region_id", "fuel_id", "local_date").agg(
        generation_mwh=pl.col("generation_mw").sum(), hours_reported=pl.col("generation_mw").count().cast(pl.Int64)
    )
    total = pl.col("generation_mwh").sum().over("region_id", "local_date")
    return daily.sort("region_id", "fuel_id", "local_date").select(
        "region_id", "fuel_id", "local_date", "generation_mwh",
        (100 * pl.col("generation_mwh") / total).alias("share_pct"), "hours_reported",
        pl.lit("SYNTHETIC").alias("source_system"),
    )  # fmt: skip


def _overview(load: pl.DataFrame, forecast: pl.DataFrame, prices: pl.DataFrame, carbon: pl.DataFrame) -> pl.DataFrame:
    key = ["region_id", "interval_start_utc"]
    ours = forecast.filter(pl.col("forecast_kind") == "model").sort("issued_at_utc").unique(key, keep="last")
    price = (
        prices.filter(pl.col("market_id") == "RTM")
        .group_by(key)
        .agg(average_price_per_mwh=pl.col("price_per_mwh").mean())
    )
    return (
        load.filter(pl.col("zone_id").str.ends_with(".TOTAL"))
        .join(ours.select(*key, forecast_mw="q0500", forecast_q0100_mw="q0100", forecast_q0900_mw="q0900"), on=key, how="left")
        .join(carbon.select(*key, "generation_mwh", "renewable_mwh", "renewable_share_pct", "carbon_intensity_kg_per_mwh"), on=key, how="left")
        .join(price, on=key, how="left")
        .sort(key)
        .select(
            "region_id", "interval_start_utc", "interval_end_utc", "local_date", "local_hour", "load_mw",
            "operator_forecast_mw", "forecast_mw", "forecast_q0100_mw", "forecast_q0900_mw",
            pl.col("generation_mwh").alias("generation_mw"), pl.col("renewable_mwh").alias("renewable_mw"),
            "renewable_share_pct", "average_price_per_mwh", pl.lit("USD").alias("currency"),
            "carbon_intensity_kg_per_mwh", pl.col("is_imputed").alias("is_load_imputed"), "source_system",
        )
    )  # fmt: skip


def _dimensions() -> dict[str, pl.DataFrame]:
    days = pl.date_range(START.date(), (END + HORIZON).date(), "1d", eager=True)
    date_day = pl.col("date_day")
    hour = pl.col("hour_of_day")
    zone_rows = [
        (
            f"{r}.{code}",
            r,
            code,
            "System" if code == "TOTAL" else code.title(),
            "system" if code == "TOTAL" else "load_zone",
        )
        for r in REGIONS
        for code in ("TOTAL", *ZONES[r])
    ]
    return {
        "dim_region": pl.DataFrame(
            [(r, name, r, zone, "United States", "USD", 20_000_000, 400_000.0) for r, (zone, name, _) in REGIONS.items()],
            schema={
                "region_id": _TEXT, "region_name": _TEXT, "iso_rto": _TEXT, "timezone": _TEXT, "country": _TEXT,
                "currency": _TEXT, "population": pl.Int64, "area_sq_km": _NUMBER,
            },
            orient="row",
        ),
        "dim_zone": pl.DataFrame(
            zone_rows, schema=["zone_id", "region_id", "zone_code", "zone_name", "zone_type"], orient="row"
        ),
        "dim_date": pl.DataFrame({"date_day": days}).with_columns(
            year_number=date_day.dt.year(), quarter_of_year=date_day.dt.quarter().cast(pl.Int32),
            month_of_year=date_day.dt.month().cast(pl.Int32), month_name=date_day.dt.strftime("%B"),
            day_of_month=date_day.dt.day().cast(pl.Int32), day_of_week=date_day.dt.weekday().cast(pl.Int32),
            day_name=date_day.dt.strftime("%A"), iso_week=date_day.dt.week().cast(pl.Int32),
            is_weekend=date_day.dt.weekday() > 5,
        ),
        "dim_hour": pl.DataFrame({"hour_of_day": range(24)}, schema={"hour_of_day": pl.Int32}).with_columns(
            hour_ending=hour + 1, hour_label=pl.format("{}:00", hour.cast(_TEXT).str.zfill(2)),
            day_part=pl.when(hour < 6).then(pl.lit("night")).when(hour < 18).then(pl.lit("day")).otherwise(pl.lit("evening")),
        ),
        "dim_fuel": FUELS.drop("share").with_columns(
            emission_factor_source=pl.when(pl.col("emission_factor_kg_per_mwh").is_not_null()).then(pl.lit("IPCC 2014, annex III"))
        ).select(
            "fuel_id", "fuel_name", "fuel_group", "is_renewable", "is_low_carbon", "emission_factor_kg_per_mwh",
            "emission_factor_source", "color_hex", "sort_order",
        ),
        "dim_market": pl.DataFrame(
            [("DAM", "Day-ahead market", "Cleared the day before."), ("RTM", "Real-time market", "Cleared in the hour.")],
            schema=["market_id", "market_name", "description"], orient="row",
        ),
        "dim_plant": pl.DataFrame(
            [("EPA.ALBANY", "Albany", "NY", 2, 123456.0, 2023, "EPA"), ("EPA.OGDEN", "Ogden", "UT", 1, -11.0, 2023, "EPA")],
            schema=["plant_id", "plant_name", "state", "generators", "net_generation_mwh", "data_year", "source_system"], orient="row",
        ).with_columns(pl.col("data_year").cast(pl.Int32)),
        "dim_generator": pl.DataFrame(
            [("EPA.ALBANY.1", "EPA.ALBANY", "Albany", "NY", "1", 2023, 123000.0, "EPA"),
             ("EPA.ALBANY.2", "EPA.ALBANY", "Albany", "NY", "2", 2023, 456.0, "EPA"),
             ("EPA.OGDEN.1", "EPA.OGDEN", "Ogden", "UT", "1", 2023, -11.0, "EPA")],
            schema=["generator_id", "plant_id", "plant_name", "state", "generator_code", "data_year", "net_generation_mwh", "source_system"],
            orient="row",
        ).with_columns(pl.col("data_year").cast(pl.Int32)),
        "dim_weather_station": pl.DataFrame(
            [(f"{r}.CITY", f"{r} city", r, 35.0 + i, -100.0 - i) for i, r in enumerate(REGIONS)],
            schema=["station_id", "station_name", "region_id", "latitude", "longitude"], orient="row",
        ),
        "dim_model": pl.DataFrame(
            [("lightgbm", "load", "LightGBM quantile regression", "Day-ahead load."), ("operator", "load", "operator", "The operator's own.")],
            schema=["model_id", "target", "algorithm", "description"], orient="row",
        ),
    }  # fmt: skip


def _weather(load: pl.DataFrame) -> pl.DataFrame:
    hour = pl.col("local_hour").cast(_NUMBER)
    return load.filter(pl.col("zone_id").str.ends_with(".TOTAL")).select(
        (pl.col("region_id") + ".CITY").alias("station_id"), "region_id", "interval_start_utc", "interval_end_utc",
        "local_date", "local_hour", (9 - 6 * (hour / 4).cos()).alias("temperature_c"), (60 + hour).alias("humidity_pct"),
        (3 + hour / 8).alias("wind_speed_m_per_s"), pl.lit(1013.0).alias("pressure_hpa"), (hour * 4).alias("cloud_cover_pct"),
        pl.lit(0.0).alias("precipitation_mm"), "source_system", "data_quality_score", "validation_flags",
    )  # fmt: skip


def _gate_results() -> pl.DataFrame:
    rows = [
        ("run-1", "gx__silver.int_load__hourly", "LOAD_RANGE", "silver", "int_load__hourly", "synthetic_load", "error", True, 0, 4000, "0", "", END),
        ("run-1", "gx__gold.fct_load_hourly", "LOAD_RAMP", "gold", "fct_load_hourly", "", "warn", False, 3, 4000, "3", "ramps over 15 %", END),
    ]  # fmt: skip
    return pl.DataFrame(
        rows,
        schema={
            "run_id": _TEXT, "check_name": _TEXT, "rule_id": _TEXT, "layer": _TEXT, "table_name": _TEXT, "feed": _TEXT,
            "severity": _TEXT, "passed": pl.Boolean, "failed_rows": pl.Int64, "evaluated_rows": pl.Int64, "observed": _TEXT,
            "reason": _TEXT, "evaluated_at_utc": _STAMP,
        },
        orient="row",
    )  # fmt: skip


def gold_tables(end_of: dict[str, datetime] | None = None) -> dict[str, pl.DataFrame]:
    """All gold tables. `end_of` ends a region's data earlier than the others' (excluded naive-UTC stamp)."""
    load = _load(end_of or {})
    generation, prices, forecast = _generation(load), _prices(load), _forecast(load)
    carbon = _carbon(generation)
    return _dimensions() | {
        "fct_load_hourly": load,
        "fct_price_hourly": prices,
        "fct_generation_hourly": generation,
        "fct_weather_hourly": _weather(load),
        "fct_forecast": forecast,
        "fct_forecast_accuracy_daily": _accuracy(load),
        "fct_data_quality_daily": _quality_days(load),
        "fct_gate_result": _gate_results(),
        "mart_grid_overview": _overview(load, forecast, prices, carbon),
        "mart_generation_mix": _mix(generation),
        "mart_carbon": carbon,
    }


def publish_sample(
    home: Path, *, end_of: dict[str, datetime] | None = None, replaced: dict[str, pl.DataFrame] | None = None
) -> tuple[Settings, Snapshot]:
    """Writes the tables as Delta under `home`/gold and publishes them; returns the settings and the snapshot.

    `replaced` puts other rows in the place of a table's.
    """
    settings = load_settings(home=home, environ={})
    tables = gold_tables(end_of) | (replaced or {})
    for name, frame in tables.items():
        overwrite_table(settings.gold / name, frame.to_arrow())
    latest = {r: (end_of or {}).get(r, END) - timedelta(hours=1) for r in REGIONS}
    as_of = {region: moment.isoformat() for region, moment in latest.items()}
    return settings, publish(settings, sorted(tables), run_id="sample", as_of_utc=as_of)


if __name__ == "__main__":
    print(publish_sample(Path(sys.argv[1]))[1].snapshot_id)
