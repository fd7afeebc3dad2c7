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
WIDE_DAYS = 34  # local days, the last of them, of all nine regions and every dataset; a month's first day begins them
WIDE_FIRST_DAY = FIRST_DAY + timedelta(days=DAYS - WIDE_DAYS)


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
    first_day: date = FIRST_DAY
    currency: str = "USD"


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

# The other systems: the same physics, for the last WIDE_DAYS only, so that a first run stays short.
WIDE_REGIONS: tuple[Region, ...] = (
    Region(
        "ISONE", "America/New_York", 42.6, -71.8,
        (
            Zone("CT", 4002, 0.25, 2.0, 0.010, is_priced=True),
            Zone("NEMA", 4008, 0.30, 5.0, 0.022, is_priced=True),
            Zone("ME", 4001, 0.45),
        ),
        (Station("ISONE.BOSTON", 0.0),),
        10.0, 12.0, 4.2, 12_500, 180, 520,
        {"solar": 3_000, "wind_onshore": 1_500, "nuclear": 3_300, "hydro": 1_900, "coal": 0, "gas": 21_000}, 3.4,
        WIDE_FIRST_DAY,
    ),
    Region(
        "MISO", "Etc/GMT+5", 40.0, -89.5,
        (
            Zone("LRZ1", 5001, 0.30, -3.0, 0.010, is_priced=True),
            Zone("LRZ4", 5004, 0.30, 4.0, 0.018, is_priced=True),
            Zone("LRZ8_9_10", 5008, 0.40),
        ),
        (Station("MISO.MINNEAPOLIS", -2.0), Station("MISO.NEW_ORLEANS", 6.0)),
        11.5, 13.0, 5.0, 66_000, 900, 1_900,
        {"solar": 12_000, "wind_onshore": 31_000, "nuclear": 11_500, "hydro": 2_000, "coal": 45_000, "gas": 78_000}, 2.8,
        WIDE_FIRST_DAY,
    ),
    Region(
        "PJM", "America/New_York", 40.0, -78.0,
        (
            Zone("AEP", 8001, 0.40, -1.5, 0.012, is_priced=True),
            Zone("COMED", 8002, 0.33, -2.0, 0.008, is_priced=True),
            Zone("DOM", 8003, 0.27, 6.0, 0.020, is_priced=True),
        ),
        (Station("PJM.PHILADELPHIA", 0.6), Station("PJM.CHICAGO", -1.4)),
        12.0, 12.0, 4.6, 84_000, 1_100, 2_400,
        {"solar": 12_000, "wind_onshore": 11_500, "nuclear": 32_000, "hydro": 3_000, "coal": 40_000, "gas": 98_000}, 2.7,
        WIDE_FIRST_DAY,
    ),
    Region(
        "SPP", "America/Chicago", 37.5, -97.5,
        (
            Zone("CSWS", 7001, 0.20), Zone("EDE", 7002, 0.03), Zone("OKGE", 7003, 0.17, 3.0, 0.014, is_priced=True),
            Zone("KCPL", 7004, 0.12), Zone("NPPD", 7005, 0.10), Zone("SPS", 7006, 0.16, 8.0, 0.030, is_priced=True),
            Zone("WAUE", 7007, 0.12), Zone("WR", 7008, 0.10),
        ),
        (Station("SPP.OKLAHOMA_CITY", 1.0),),
        14.5, 12.5, 5.6, 29_000, 380, 900,
        {"solar": 900, "wind_onshore": 33_000, "nuclear": 2_000, "hydro": 3_400, "coal": 20_000, "gas": 38_000}, 2.4,
        WIDE_FIRST_DAY,
    ),
    Region(
        "DE", "Europe/Berlin", 51.2, 10.4,
        (
            Zone("DE_50hertz", 1, 0.19), Zone("DE_amprion", 2, 0.37), Zone("DE_tennet", 3, 0.30, is_priced=True),
            Zone("DE_transnetbw", 4, 0.14),
        ),
        (Station("DE.BERLIN", -0.3), Station("DE.MUENCHEN", -0.9)),
        10.2, 9.0, 3.6, 51_000, 480, 250,
        {"solar": 80_000, "wind_onshore": 60_000, "nuclear": 0, "hydro": 4_800, "coal": 36_000, "gas": 45_000}, 11.0,
        WIDE_FIRST_DAY, "EUR",
    ),
    Region(
        "FR", "Europe/Paris", 46.6, 2.4,
        (Zone("TOTAL", 1, 1.0, is_priced=True),),
        (Station("FR.PARIS", 0.4), Station("FR.LYON", 0.2)),
        12.2, 8.0, 3.8, 47_000, 2_000, 400,
        {"solar": 20_000, "wind_onshore": 22_000, "nuclear": 30_000, "hydro": 18_000, "coal": 0, "gas": 45_000}, 11.0,
        WIDE_FIRST_DAY, "EUR",
    ),
)  # fmt: skip
ALL_REGIONS = (*REGIONS, *WIDE_REGIONS)


def region(region_id: str) -> Region:
    return next(r for r in ALL_REGIONS if r.region_id == region_id)


def stream(seed: int, *names: str) -> np.random.Generator:
    """A random stream of its own for each name: adding one never shifts another, whatever the order of drawing."""
    import numpy as np

    return np.random.Generator(np.random.PCG64([seed, *(zlib.crc32(name.encode()) for name in names)]))


@dataclass(frozen=True)
class Calendar:
    """The hours of one region, from local midnight of the first day on; 23, 24 or 25 to a local day."""

    timezone: str
    days: int = DAYS
    first_day: date = FIRST_DAY

    @property
    def last_observed(self) -> date:
        return self.first_day + timedelta(days=self.days - 1)

    @cached_property
    def observed_hours(self) -> int:
        """Number of hours that are observed; those after them exist for forecasts only."""
        return self._hours_until(self.days)

    def _hours_until(self, days: int) -> int:
        end = local_midnight_utc(self.first_day + timedelta(days=days), self.timezone)
        return (end - self.start_utc) // timedelta(hours=1)

    @property
    def start_utc(self) -> datetime:
        return local_midnight_utc(self.first_day, self.timezone)

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
