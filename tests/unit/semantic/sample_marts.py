"""The sample's yearly, monthly and daily marts: a few rows each, with two of what must not be mixed."""

from __future__ import annotations

from datetime import date

import polars as pl

from tests.unit.semantic.sample_base import REGIONS


def reliability() -> pl.DataFrame:
    rows = [
        ("CAISO", 2018, 5_400_000, 4000, 6.1e6, 130.0, 1.13, 2, 100.0, 1.0),
        ("CAISO", 2019, 5_500_000, 4400, 9.0e6, 1200.0, 1.64, 6, 110.0, 1.05),
        ("NYISO", 2019, 1_000_000, 300, 0.6e6, 90.0, 0.6, 0, 90.0, 0.6),
    ]
    columns = ["region_id", "year_number", "customers_served", "interruptions", "customer_interruptions", "saidi_minutes", "saifi",
               "major_event_days", "saidi_without_major_minutes", "saifi_without_major"]  # fmt: skip
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        source_system=pl.lit("SYNTHETIC"), threshold_is_provisional=pl.col("year_number") == 2018,
        first_local_date=pl.date("year_number", 1, 2), last_local_date=pl.date("year_number", 12, 30),
        caidi_minutes=pl.col("saidi_minutes") / pl.col("saifi"),
    )  # fmt: skip


def frequency_days() -> pl.DataFrame:
    rows = [
        (region, date(2026, 3, day), 60.0, 1440 - day, 59.999 + day / 1e4, 59.93 + day / 1e3, 60.06, 3 * day, day, 2)
        for region in ("ERCOT", "NYISO") for day in range(1, 15)
    ]  # fmt: skip
    columns = ["region_id", "local_date", "nominal_hz", "minutes_measured", "mean_hz", "lowest_hz", "highest_hz",
               "minutes_outside", "excursions", "longest_excursion_minutes"]  # fmt: skip
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        source_code=pl.lit("TOTAL"), band_hz=pl.lit(0.05), source_system=pl.lit("SYNTHETIC")
    )


def trading(prices: pl.DataFrame) -> pl.DataFrame:
    key = ["zone_id", "region_id", "interval_start_utc", "local_date", "currency", "source_system"]
    both = prices.filter(pl.col("market_id") == "DAM").select(*key, da="price_per_mwh").join(
        prices.filter(pl.col("market_id") == "RTM").select("zone_id", "interval_start_utc", rt="price_per_mwh"),
        on=["zone_id", "interval_start_utc"],
    )  # fmt: skip
    spread = pl.col("da") - pl.col("rt")
    return both.group_by("zone_id", "region_id", "local_date", "currency", "source_system").agg(
        day_ahead_hours=pl.len(), paired_hours=pl.len(), day_ahead_average_per_mwh=pl.col("da").mean(),
        day_ahead_peak_per_mwh=pl.col("da").max(), day_ahead_lowest_per_mwh=pl.col("da").min(),
        real_time_average_per_mwh=pl.col("rt").mean(), spread_per_mwh=spread.mean(), spread_std_per_mwh=spread.std(),
        long_profit_per_mw=(-spread).sum(), long_winning_hours=(spread < 0).sum(),
        spark_spread_per_mwh=pl.col("da").mean() - 18.0,
    ).with_columns(assumed_fuel_cost_per_mwh=pl.lit(18.0)).sort("zone_id", "local_date")  # fmt: skip


def balance(load: pl.DataFrame) -> pl.DataFrame:
    """Hours whose residual is a hundredth of the load, above and below; every 50th has no generation told."""
    residual = pl.when(pl.col("t") % 2 == 0).then(pl.col("load_mw") * 0.01).otherwise(pl.col("load_mw") * -0.02)
    return (
        load.filter(pl.col("zone_id").str.ends_with(".TOTAL"))
        .with_columns(
            t=pl.int_range(pl.len()).over("region_id"),
            net_interchange_mw=pl.lit(500.0),
            is_generation_told=pl.lit(True),
        )
        .with_columns(residual_mw=pl.when(pl.col("t") % 50 != 7).then(residual))
        .with_columns(
            generation_mw=pl.col("load_mw") + pl.col("net_interchange_mw") + pl.col("residual_mw"),
            residual_pct=100 * pl.col("residual_mw").abs() / pl.col("load_mw"),
        )
    )


def customers() -> pl.DataFrame:
    rows = [
        (f"OWN.M{i}", month, "NYISO" if i < 4 else "ERCOT", ("small", "medium", "large")[i % 3], 200.0 + 90 * i, 700.0, 3.0 + i, 60.0 + 20 * i)
        for i in range(6) for month in (1, 2, 3)
    ]  # fmt: skip
    columns = ["meter_id", "month", "region_id", "segment", "energy_kwh", "hours_metered", "peak_kw", "on_peak_kwh"]
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        month_start=pl.datetime(2026, pl.col("month"), 1), currency=pl.lit("USD"), source_system=pl.lit("OWN"),
        assumed_time_of_use_cost=0.30 * pl.col("on_peak_kwh") + 0.14 * (pl.col("energy_kwh") - pl.col("on_peak_kwh")),
        assumed_flat_cost=0.17 * pl.col("energy_kwh"),
    )  # fmt: skip


def plants() -> pl.DataFrame:
    """EPA_AMPD and EPA_EGRID tell of the same plant."""
    rows = [
        ("ORIS.1", 2019, "Albany", "NY", 250.0, 1_000_000.0, 45.0, 5.0e8, 9e4, 7e5, 1, 1, "EPA_EGRID"),
        ("ORIS.2", 2019, "Ogden", "UT", 100.0, 150_000.0, 17.0, 9.0e7, 2e4, 3e4, 2, 2, "EPA_EGRID"),
        ("ORIS.3", 2019, "Elba", "NY", 50.0, -20.0, 0.0, 0.0, None, 0.0, 3, 3, "EPA_EGRID"),
        ("ORIS.1", 2019, "Albany", "NY", None, 1_050_000.0, None, 5.1e8, 9e4, 7e5, 1, 1, "EPA_AMPD"),
    ]
    columns = ["plant_id", "data_year", "plant_name", "state", "nameplate_mw", "generation_mwh", "capacity_factor_pct", "co2_kg",
               "so2_kg", "nox_kg", "generation_rank", "co2_rank", "source_system"]  # fmt: skip
    return pl.DataFrame(rows, schema=columns, orient="row")


def executive() -> pl.DataFrame:
    rows = [
        (region, year, 8700, True, 1e6 * (i + 1) * (1 + 0.02 * (year - 2024)), 300.0 * (i + 1), 30.0 + i, 250.0 - i, 41.0 + i, 2.0 if year > 2024 else None)
        for i, region in enumerate(REGIONS) for year in (2024, 2025)
    ]  # fmt: skip
    columns = ["region_id", "year_number", "load_hours", "is_complete", "energy_mwh", "peak_load_mw", "renewable_share_pct",
               "carbon_intensity_kg_per_mwh", "day_ahead_average_per_mwh", "load_change_pct"]  # fmt: skip
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        average_load_mw=pl.col("energy_mwh") / pl.col("load_hours"), load_factor_pct=pl.lit(61.0), currency=pl.lit("USD"),
        peak_change_pct=pl.col("load_change_pct") * 2, renewable_share_change_points=pl.col("load_change_pct") / 2,
        price_change_pct=-pl.col("load_change_pct"), source_system=pl.lit("SYNTHETIC"),
    )  # fmt: skip
