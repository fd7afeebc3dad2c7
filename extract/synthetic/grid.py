"""The regions of the synthetic grid and its calendar. Sizes are those of the real systems, rounded, not fitted."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from gridlake.times import local_midnight_utc

if TYPE_CHECKING:
    import numpy as np

DEFAULT_SEED = 20240101
FIRST_DAY = date(2024, 1, 1)
DAYS = 400  # local days with observations
FORECAST_DAYS = 2  # days beyond them that the last operator forecast already speaks of


@dataclass(frozen=True)
class Zone:
    """A load zone: its name as the operator prints it, its point id, its mean share of the region's load (0..1), and,
    where it is priced, how strongly congestion (USD/MWh at full stress) and losses (share of energy) reach it."""

    name: str
    ptid: int
    share: float
    congestion: float = 0.0
    loss: float = 0.0
    is_priced: bool = False


@dataclass(frozen=True)
class Station:
    """A weather station; offsets to the region's temperature in °C."""

    code: str
    offset_c: float


@dataclass(frozen=True)
class Region:
    """One ISO: climate in °C, demand and capacities in MW, fuel price in USD/MMBtu."""

    region_id: str
    timezone: str
    latitude: float
    longitude: float
    zones: tuple[Zone, ...]
    stations: tuple[Station, ...]
    mean_c: float
    annual_c: float
    diurnal_c: float
    base_mw: float
    heating_mw_per_c: float
    cooling_mw_per_c: float
    capacity_mw: dict[str, float]
    gas_usd_per_mmbtu: float


REGIONS: tuple[Region, ...] = (
    Region(
        "CAISO", "America/Los_Angeles", 36.7, -119.8,
        (
            Zone("PGE", 91001, 0.44, 6.0, 0.020, is_priced=True),
            Zone("SCE", 91002, 0.45, -2.0, 0.032, is_priced=True),
            Zone("SDGE", 91003, 0.11),
        ),
        (Station("CAISO.SACRAMENTO", -1.0), Station("CAISO.LOS_ANGELES", 1.0)),
        17.5, 7.5, 6.0, 22_500, 260, 1_050,
        {"solar": 18_000, "wind_onshore": 6_500, "nuclear": 2_250, "hydro": 6_500, "coal": 0, "gas": 33_000}, 3.6,
    ),
    Region(
        "ERCOT", "America/Chicago", 31.0, -98.5,
        (
            Zone("NORTH", 92001, 0.37, 3.0, 0.012, is_priced=True),
            Zone("SOUTH", 92002, 0.21),
            Zone("WEST", 92003, 0.14),
            Zone("HOUSTON", 92004, 0.28, 9.0, 0.024, is_priced=True),
        ),
        (Station("ERCOT.DALLAS", -1.0), Station("ERCOT.HOUSTON", 1.2)),
        20.0, 9.5, 5.5, 40_500, 720, 1_650,
        {"solar": 17_000, "wind_onshore": 29_000, "nuclear": 5_000, "hydro": 350, "coal": 12_500, "gas": 64_000}, 2.6,
    ),
    Region(
        "NYISO", "America/New_York", 41.6, -74.2,
        (
            Zone("WEST", 61752, 0.21, -3.0, 0.004, is_priced=True),
            Zone("CAPITL", 61757, 0.12),
            Zone("HUD VL", 61758, 0.10),
            Zone("N.Y.C.", 61761, 0.41, 11.0, 0.036, is_priced=True),
            Zone("LONGIL", 61762, 0.16),
        ),
        (Station("NYISO.NEW_YORK", 0.5),),
        11.5, 12.0, 4.0, 14_600, 190, 620,
        {"solar": 2_200, "wind_onshore": 2_500, "nuclear": 3_300, "hydro": 4_600, "coal": 0, "gas": 20_000}, 3.1,
    ),
)  # fmt: skip


def region(region_id: str) -> Region:
    return next(r for r in REGIONS if r.region_id == region_id)


def stream(seed: int, *names: str) -> np.random.Generator:
    """A random stream of its own for each name: adding one never shifts another, whatever the order of drawing."""
    import numpy as np

    return np.random.Generator(np.random.PCG64([seed, *(zlib.crc32(name.encode()) for name in names)]))


@dataclass(frozen=True)
class Calendar:
    """The hours of one region, from local midnight of the first day on; 23, 24 or 25 to a local day."""

    timezone: str
    days: int = DAYS

    @property
    def last_observed(self) -> date:
        return FIRST_DAY + timedelta(days=self.days - 1)

    @cached_property
    def observed_hours(self) -> int:
        """Number of hours that are observed; those after them exist for forecasts only."""
        return self._hours_until(self.days)

    def _hours_until(self, days: int) -> int:
        end = local_midnight_utc(FIRST_DAY + timedelta(days=days), self.timezone)
        return (end - self.start_utc) // timedelta(hours=1)

    @property
    def start_utc(self) -> datetime:
        return local_midnight_utc(FIRST_DAY, self.timezone)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """One row per hour: `hour` (0..), `interval_start_utc`, `local`, `stamp` (ISO with offset), `local_date`,
        `local_hour`, `day_of_week` (1 = Monday), `day_of_year`, `is_holiday`."""
        hours = self._hours_until(self.days + FORECAST_DAYS)
        start = pl.lit(self.start_utc) + pl.duration(hours=pl.col("hour"))
        local = pl.col("interval_start_utc").dt.replace_time_zone("UTC").dt.convert_time_zone(self.timezone)
        month_day = pl.col("local_date").dt.strftime("%m-%d")
        return (
            pl.DataFrame({"hour": range(hours)})
            .with_columns(start.dt.cast_time_unit("us").alias("interval_start_utc"))
            .with_columns(local.alias("local"))
            .with_columns(
                pl.col("local").dt.strftime("%Y-%m-%dT%H:%M:%S%:z").alias("stamp"),
                pl.col("local").dt.date().alias("local_date"),
                pl.col("local").dt.hour().alias("local_hour"),
                pl.col("local").dt.weekday().alias("day_of_week"),
                pl.col("local").dt.ordinal_day().alias("day_of_year"),
            )
            .with_columns(month_day.is_in(["01-01", "07-04", "11-28", "12-25"]).alias("is_holiday"))
        )  # fmt: skip
