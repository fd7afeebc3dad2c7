"""Forecasts of the sample, their accuracy, and what watches over data and runs."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from tests.unit.semantic.sample_base import END, NUMBER, REGIONS, STAMP, START, TEXT, localised, shape


def forecast(load: pl.DataFrame) -> pl.DataFrame:
    """One vintage a day, issued at 16:00 UTC for the 42 hours after it, ours and the operator's."""
    first, last = START + timedelta(days=40, hours=16), END - timedelta(hours=14)
    issues = pl.DataFrame({"issued_at_utc": pl.datetime_range(first, last, "1d", eager=True).cast(STAMP)})
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
    middle = localised(grid).with_columns(q0500=shape(pl.col("level")) * (1 + 0.012 * (pl.col("t") / 7.0).cos()))
    spread = pl.col("q0500") * (0.012 + 0.0006 * pl.col("lead_time_hours"))
    quantiles = {"q0025": -1.96, "q0100": -1.28, "q0250": -0.67, "q0750": 0.67, "q0900": 1.28, "q0975": 1.96}
    ours = middle.with_columns(
        **{name: pl.col("q0500") + spread * z for name, z in quantiles.items()},
        model_id=pl.lit("lightgbm"),
        model_version=pl.lit("3"),
        forecast_kind=pl.lit("model"),
    )
    operator = middle.with_columns(
        **{name: pl.lit(None, NUMBER) for name in quantiles},
        q0500=pl.col("q0500") * 1.02,
        model_id=pl.lit("operator"),
        model_version=pl.lit(None, TEXT),
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


def accuracy(load: pl.DataFrame) -> pl.DataFrame:
    days = (
        load.filter(pl.col("zone_id").str.ends_with(".TOTAL") & (pl.col("local_date") >= datetime(2026, 3, 1).date()))
        .group_by("zone_id", "region_id", "local_date")
        .agg(level=pl.col("load_mw").mean(), rows_scored=pl.col("load_mw").count().cast(pl.Int64))
        .sort("zone_id", "local_date")
        .with_columns(day=pl.col("local_date").dt.day().cast(NUMBER))
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


def quality_days(load: pl.DataFrame) -> pl.DataFrame:
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
        (100.0 - (pl.col("local_date").dt.day() % 5).cast(NUMBER)).alias("data_quality_score"),
    )  # fmt: skip


def gate_results() -> pl.DataFrame:
    rows = [
        ("run-1", "gx__silver.int_load__hourly", "LOAD_RANGE", "silver", "int_load__hourly", "synthetic_load", "error", True, 0, 4000, "0", "", END),
        ("run-1", "gx__gold.fct_load_hourly", "LOAD_RAMP", "gold", "fct_load_hourly", "", "warn", False, 3, 4000, "3", "ramps over 15 %", END),
    ]  # fmt: skip
    return pl.DataFrame(
        rows,
        schema={
            "run_id": TEXT, "check_name": TEXT, "rule_id": TEXT, "layer": TEXT, "table_name": TEXT, "feed": TEXT,
            "severity": TEXT, "passed": pl.Boolean, "failed_rows": pl.Int64, "evaluated_rows": pl.Int64, "observed": TEXT,
            "reason": TEXT, "evaluated_at_utc": STAMP,
        },
        orient="row",
    )  # fmt: skip


def other_targets() -> pl.DataFrame:
    """Prices and solar generation forecast in their own units, in the columns of the load forecasts."""
    first = END - timedelta(hours=24)
    at = pl.DataFrame(
        {"interval_start_utc": pl.datetime_range(first, END, "1h", closed="left", eager=True).cast(STAMP)}
    )
    kinds = pl.DataFrame(
        [("price", "NYISO.WEST", "NYISO", "USD/MWh", 30.0), ("solar", "CAISO.TOTAL", "CAISO", "MW", 900.0)],
        schema=["target", "zone_id", "region_id", "unit", "level"], orient="row",
    )  # fmt: skip
    middle = at.join(kinds, how="cross").with_columns(
        q0500=pl.col("level") * (1 + pl.col("interval_start_utc").dt.hour() / 50)
    )
    spread = {"q0025": 0.8, "q0100": 0.9, "q0250": 0.95, "q0750": 1.05, "q0900": 1.1, "q0975": 1.2}
    return middle.with_columns(
        *[(pl.col("q0500") * f).alias(name) for name, f in spread.items()],
        model_id=pl.lit("lear"), model_version=pl.lit("1"), forecast_kind=pl.lit("model"), source_system=pl.lit("SYNTHETIC"),
        issued_at_utc=pl.lit(first - timedelta(hours=8), STAMP), interval_end_utc=pl.col("interval_start_utc") + timedelta(hours=1),
        lead_time_hours=(pl.col("interval_start_utc") - first).dt.total_hours().cast(NUMBER) + 8,
    )  # fmt: skip


def operator_vintages(load: pl.DataFrame) -> pl.DataFrame:
    """Two vintages of each hour of the last three days, the later one better; CAISO's newest in quarter hours."""
    recent = load.filter(pl.col("interval_start_utc") >= END - timedelta(days=3))
    parts = []
    for days, error in ((1, 1.02), (2, 0.95)):
        parts.append(
            recent.with_columns(
                issued_at_utc=pl.col("interval_start_utc").dt.truncate("1d") - timedelta(hours=24 * days - 10),
                operator_forecast_mw=pl.col("load_mw") * error + pl.col("local_hour"),
                feed=pl.lit("synthetic_grid"), operator_forecast_issue_is_assumed=pl.lit(days == 2),
            )
        )  # fmt: skip
    short = parts[0].filter((pl.col("zone_id") == "CAISO.TOTAL") & (pl.col("local_hour") == 7)).with_columns(
        interval_start_utc=pl.col("interval_start_utc") + timedelta(minutes=15),
        interval_end_utc=pl.col("interval_start_utc") + timedelta(minutes=30),
    )  # fmt: skip
    lead = (pl.col("interval_start_utc") - pl.col("issued_at_utc")).dt.total_minutes() / 60
    return pl.concat([*parts, short]).with_columns(lead_time_hours=lead)


def weather_forecasts(weather: pl.DataFrame) -> pl.DataFrame:
    """Two vintages of the last two days, and of hours nobody has observed."""
    recent = weather.filter(pl.col("interval_start_utc") >= END - timedelta(days=2))
    ahead = recent.with_columns(pl.col("interval_start_utc", "interval_end_utc") + timedelta(days=2))
    both = pl.concat([recent, ahead])
    parts = [
        both.with_columns(
            issued_at_utc=pl.col("interval_start_utc").dt.truncate("1d") - timedelta(hours=lead),
            temperature_c=pl.col("temperature_c") + error,
            irradiance_w_per_m2=pl.lit(120.0) + pl.col("local_hour"),
        )
        for lead, error in ((6, 0.5), (30, -1.5))
    ]
    lead = (pl.col("interval_start_utc") - pl.col("issued_at_utc")).dt.total_minutes() / 60
    return pl.concat(parts).with_columns(lead_time_hours=lead)


def other_skill() -> pl.DataFrame:
    rows = [
        (
            "price",
            "NYISO.WEST",
            "NYISO",
            "lear",
            day,
            "00-24 h",
            24,
            4.0 + day,
            11.0,
            1.5,
            79.0,
            94.0,
            6.0 + day,
            None,
            "USD/MWh",
        )
        for day in (1, 2, 3)
    ] + [("solar", "CAISO.TOTAL", "CAISO", "trees", 2, "00-24 h", 20, 55.0, 9.0, 21.0, 82.0, 96.0, 80.0, 60.0, "MW")]
    columns = ["target", "zone_id", "region_id", "model_id", "day", "lead_bucket", "rows_scored", "mae", "wape_pct", "pinball",
               "coverage_80_pct", "coverage_95_pct", "naive_mae", "operator_mae", "unit"]  # fmt: skip
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        local_date=pl.date(2026, 3, pl.col("day")), operator_forecast_issue_is_assumed=pl.lit(False), source_system=pl.lit("SYNTHETIC"),
    )  # fmt: skip


def monitor() -> pl.DataFrame:
    rows = [
        ("load", r, "lightgbm", "3", measure, subject, "all", 336, value, usual, limit, unit, value > limit, retrain)
        for r, factor in (("CAISO", 1.0), ("ERCOT", 1.4), ("NYISO", 0.8))
        for measure, subject, value, usual, limit, unit, retrain in (
            ("error_drift", "error", 1.1 * factor, 0.9, 1.35, "1", factor > 1),
            ("input_drift", "temperature_c", 0.2 * factor, 0.15, 0.25, "1", False),
            ("mae", "interval", 300.0 * factor, 290.0, 1000.0, "MW", False),
        )
    ]
    columns = ["target", "region_id", "model_id", "model_version", "measure", "subject", "lead_bucket", "rows_used", "value",
               "usual_value", "limit_value", "unit", "is_alert", "asks_retraining"]  # fmt: skip
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        zone_id=pl.col("region_id") + ".TOTAL", window_start_utc=pl.lit(END - timedelta(days=14), STAMP),
        window_end_utc=pl.lit(END - timedelta(hours=1), STAMP), source_system=pl.lit("SYNTHETIC"),
    )  # fmt: skip
