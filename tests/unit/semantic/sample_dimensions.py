"""Dimensions of the sample."""

from __future__ import annotations

import polars as pl

from tests.unit.semantic.sample_base import END, FUELS, HORIZON, NUMBER, REGIONS, START, TEXT, ZONES


def dimensions() -> dict[str, pl.DataFrame]:
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
                "region_id": TEXT, "region_name": TEXT, "iso_rto": TEXT, "timezone": TEXT, "country": TEXT,
                "currency": TEXT, "population": pl.Int64, "area_sq_km": NUMBER,
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
            hour_ending=hour + 1, hour_label=pl.format("{}:00", hour.cast(TEXT).str.zfill(2)),
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
