"""What physics says before any data do: clear-sky irradiance for solar power, a power curve for wind.

Belongs here: known-future columns computed from place, time and forecasts. Nothing is downloaded and pvlib is not needed: the
clear sky is Haurwitz's (1945) on Spencer's (1971) geometry, within a few percent of elaborate models, and models learn the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.frame import Array, Series

SAMPLES = 4  # within an interval, at equal distances
FIRST_DAYS = 14  # as many as any forecast needs before it
NOTHING_SHARE = 0.002  # of the highest value: meters do not stand at zero exactly
CURVE_BINS = 24


def cos_zenith(instants: Array, latitude: float, longitude: float) -> Array:
    """Cosine of the sun's zenith angle at naive UTC `instants`; negative at night. Degrees north and east.

    At noon of an equinox on the equator the sun is overhead:

    >>> float(cos_zenith(np.array(["2019-03-20T12:07"], dtype="datetime64[us]"), 0.0, 0.0).round(2)[0])
    1.0
    """
    day = instants.astype("datetime64[D]")
    of_year = (day - day.astype("datetime64[Y]").astype("datetime64[D]")).astype(int)
    hours = (instants - day) / np.timedelta64(1, "h")
    g = 2 * np.pi * (of_year + (hours - 12) / 24) / 365
    declination = (
        0.006918 - 0.399912 * np.cos(g) + 0.070257 * np.sin(g) - 0.006758 * np.cos(2 * g) + 0.000907 * np.sin(2 * g)
        - 0.002697 * np.cos(3 * g) + 0.00148 * np.sin(3 * g)
    )  # fmt: skip
    minutes = 229.18 * (
        0.000075 + 0.001868 * np.cos(g) - 0.032077 * np.sin(g) - 0.014615 * np.cos(2 * g) - 0.04089 * np.sin(2 * g)
    )
    angle = np.deg2rad(15 * (hours - 12) + longitude + minutes / 4)
    north = np.deg2rad(latitude)
    return np.asarray(np.sin(north) * np.sin(declination) + np.cos(north) * np.cos(declination) * np.cos(angle))


def clear_sky_w_m2(series: Series, latitude: float, longitude: float) -> Array:
    """Global horizontal irradiance under a clear sky (W/m2), mean over each interval of `series`."""
    step = series.step / SAMPLES
    total = np.zeros(len(series))
    for n in range(SAMPLES):
        height = np.maximum(cos_zenith(series.starts_utc + step * n + step / 2, latitude, longitude), 0.0)
        with np.errstate(divide="ignore"):
            total += np.where(height > 0, 1098 * height * np.exp(-0.057 / np.maximum(height, 1e-3)), 0.0)
    return total / SAMPLES


def with_clear_sky(series: Series, latitude: float, longitude: float) -> Series:
    """`series` with the known-future column clear_sky (W/m2)."""
    return series.with_values(future=series.future | {"clear_sky": clear_sky_w_m2(series, latitude, longitude)})


@dataclass(frozen=True)
class PowerCurve:
    """Power by wind speed: the median of each of 24 equally filled bins, never falling, straight between their centres.

    speed: centres, power: medians, both ascending. Beyond the ends the end values stand.
    """

    speed: Array
    power: Array

    @staticmethod
    def of(speed: Array, power: Array) -> PowerCurve:
        """From pairs (NaN left out). Curtailed and broken hours hardly move a median."""
        known = np.isfinite(speed) & np.isfinite(power)
        s, p = speed[known], power[known]
        edges = np.unique(np.quantile(s, np.linspace(0, 1, CURVE_BINS + 1))) if len(s) else np.zeros(0)
        if len(edges) < 3:
            return PowerCurve(np.array([0.0]), np.array([float(np.median(p)) if len(p) else 0.0]))
        place = np.clip(np.searchsorted(edges, s, side="right") - 1, 0, len(edges) - 2)
        bins = [place == b for b in range(len(edges) - 1) if (place == b).any()]
        centres = np.array([np.median(s[b]) for b in bins])
        medians = np.maximum.accumulate([np.median(p[b]) for b in bins])
        return PowerCurve(centres, np.asarray(medians))

    def at(self, speed: Array) -> Array:
        """Power at `speed`, NaN where that is."""
        return np.where(np.isfinite(speed), np.interp(speed, self.speed, self.power), np.nan)


def with_power_curve(series: Series, column: str, until: np.datetime64) -> Series:
    """`series` with the known-future column power_curve: y's curve over the wind forecast `future__<column>`.

    The curve is learned from intervals that ended by `until` (naive UTC) alone, so that it is history for every later issue.
    """
    early = series.starts_utc + series.step <= until
    speed = series.future[column]
    curve = PowerCurve.of(speed[early], series.y[early])
    return series.with_values(future=series.future | {"power_curve": curve.at(speed)})


def possible(quantiles: Array, series: Series, at: Array, target: str) -> Array:
    """Generation is not negative, and nothing shines at night where the clear sky is known."""
    if target not in ("solar", "wind"):
        return quantiles
    bounded = np.maximum(quantiles, 0.0)
    bounded[dark(series, at, target)] = 0.0
    return bounded


def dark(series: Series, at: Array, target: str) -> Array:
    """Night, where it is known: such rows are certain, and teach nothing about weights and widths. None where nights are not dark: thermal
    plants with storage (Spain's) feed in after sunset."""
    if target != "solar" or "clear_sky" not in series.future or _stores(series):
        return np.zeros(len(at), dtype=bool)
    return np.asarray(series.future["clear_sky"][at] <= 0)


def _stores(series: Series) -> bool:
    """Whether nights of the series' first `FIRST_DAYS` with an outcome gave anything: a history that every later issue knows."""
    known = np.flatnonzero(np.isfinite(series.y))[: FIRST_DAYS * series.slots_per_day]
    night = series.y[known][series.future["clear_sky"][known] <= 0]
    return len(night) > 0 and float(np.mean(night > NOTHING_SHARE * np.max(series.y[known]))) > 0.1
