"""Hourly facts of the sample's grid, with the things readers must survive planted in them: imputed hours, gaps, a spring
DST day, a region without a row."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from tests.unit.semantic.sample_base import END, FUELS, NUMBER, REGIONS, STAMP, ZONES, hours, localised, quality, shape


def load(end_of: dict[str, datetime]) -> pl.DataFrame:
    rows = []
    for region_id, (_, _, level) in REGIONS.items():
        for zone, part in (("TOTAL", 1.0), (ZONES[region_id][0], 0.6), (ZONES[region_id][1], 0.4)):
            rows.append(
                hours(end_of.get(region_id, END)).with_columns(
                    zone_id=pl.lit(f"{region_id}.{zone}"), region_id=pl.lit(region_id), level=pl.lit(level * part)
                )
            )
    load = localised(pl.concat(rows)).with_columns(load_mw=shape(pl.col("level")))
    at = pl.col("interval_start_utc")
    ercot = pl.col("region_id") == "ERCOT"
    gap = ercot & at.is_between(datetime(2026, 3, 18, 14), datetime(2026, 3, 18, 16))
    missing_row = (pl.col("region_id") == "CAISO") & (at == datetime(2026, 3, 18, 20))
    imputed = ercot & at.is_between(datetime(2026, 3, 19, 9), datetime(2026, 3, 19, 12))
    return (
        load.filter(~missing_row)
        .with_columns(
            operator_forecast_mw=pl.when(at.dt.day() == 11).then(None).otherwise(pl.col("load_mw") * (1 + 0.03 * (pl.col("t") / 9.0).sin())),
            operator_forecast_issued_at_utc=(at.dt.truncate("1d") - timedelta(hours=12)).cast(STAMP),
            operator_forecast_issue_is_assumed=pl.lit(False),
            is_imputed=imputed,
            imputation_code=pl.when(imputed).then(pl.lit("SAME_HOUR_LAST_WEEK")).otherwise(None),
            load_mw=pl.when(gap).then(None).otherwise(pl.col("load_mw")),
        )
        .with_columns(
            *quality(),
            load_reported_mw=pl.when(imputed).then(None).otherwise(pl.col("load_mw")),
            coverage_pct=pl.when(gap | imputed).then(0.0).otherwise(100.0),
        )
        .select(
            "zone_id", "region_id", "interval_start_utc", "interval_end_utc", "local_date", "local_hour", "load_mw",
            "load_reported_mw", "is_imputed", "imputation_code", "operator_forecast_mw", "operator_forecast_issued_at_utc",
            "operator_forecast_issue_is_assumed", "coverage_pct", "source_system", "data_quality_score", "validation_flags",
        )
    )  # fmt: skip


def prices(load: pl.DataFrame) -> pl.DataFrame:
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


def generation(load: pl.DataFrame) -> pl.DataFrame:
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


def carbon(generation: pl.DataFrame) -> pl.DataFrame:
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


def mix(generation: pl.DataFrame) -> pl.DataFrame:
    daily = generation.group_by("region_id", "fuel_id", "local_date").agg(
        generation_mwh=pl.col("generation_mw").sum(), hours_reported=pl.col("generation_mw").count().cast(pl.Int64)
    )
    total = pl.col("generation_mwh").sum().over("region_id", "local_date")
    return daily.sort("region_id", "fuel_id", "local_date").select(
        "region_id", "fuel_id", "local_date", "generation_mwh",
        (100 * pl.col("generation_mwh") / total).alias("share_pct"), "hours_reported",
        pl.lit("SYNTHETIC").alias("source_system"),
    )  # fmt: skip


def overview(load: pl.DataFrame, forecast: pl.DataFrame, prices: pl.DataFrame, carbon: pl.DataFrame) -> pl.DataFrame:
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


def weather(load: pl.DataFrame) -> pl.DataFrame:
    hour = pl.col("local_hour").cast(NUMBER)
    return load.filter(pl.col("zone_id").str.ends_with(".TOTAL")).select(
        (pl.col("region_id") + ".CITY").alias("station_id"), "region_id", "interval_start_utc", "interval_end_utc",
        "local_date", "local_hour", (9 - 6 * (hour / 4).cos()).alias("temperature_c"), (60 + hour).alias("humidity_pct"),
        (3 + hour / 8).alias("wind_speed_m_per_s"), pl.lit(1013.0).alias("pressure_hpa"), (hour * 4).alias("cloud_cover_pct"),
        pl.lit(0.0).alias("precipitation_mm"), "source_system", "data_quality_score", "validation_flags",
    )  # fmt: skip
