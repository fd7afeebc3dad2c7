"""What all of the sample is made of: its span, regions, zones, fuels, and the shapes of its curves.

Belongs here: constants and helpers of the other `sample_*` modules. Nothing random.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

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

TEXT, NUMBER, STAMP = pl.String, pl.Float64, pl.Datetime("us")


def hours(end: datetime = END) -> pl.DataFrame:
    return pl.DataFrame(
        {"interval_start_utc": pl.datetime_range(START, end, "1h", closed="left", eager=True).cast(STAMP)}
    ).with_columns(interval_end_utc=pl.col("interval_start_utc") + timedelta(hours=1), t=pl.int_range(pl.len()))


def localised(frame: pl.DataFrame) -> pl.DataFrame:
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


def quality(score: float = 100.0) -> list[pl.Expr]:
    return [
        pl.lit("SYNTHETIC").alias("source_system"),
        pl.lit(score).alias("data_quality_score"),
        pl.lit("").alias("validation_flags"),
    ]


def shape(level: pl.Expr) -> pl.Expr:
    """A load curve: low at night, two peaks, weekends lower."""
    angle = pl.col("local_hour").cast(pl.Float64) * (2 * 3.141592653589793 / 24)
    weekend = pl.when(pl.col("local_date").dt.weekday() > 5).then(0.92).otherwise(1.0)
    drift = 1 + 0.06 * (pl.col("t") / 170.0).sin()
    return level * weekend * drift * (1 - 0.16 * angle.cos() - 0.07 * (2 * angle).sin())
