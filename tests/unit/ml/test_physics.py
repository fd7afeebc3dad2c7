"""Clear sky and power curve: known places and times, and nothing from the future."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from ml.backtest import Plan, run_backtest
from ml.frame import Series
from ml.physics import PowerCurve, clear_sky_w_m2, cos_zenith, possible, with_clear_sky, with_power_curve


def hours(days: int, start: str = "2019-06-01T00:00") -> Series:
    return Series("ES.SOLAR", "Europe/Madrid", np.datetime64(start, "us"), 60, np.zeros(days * 24))


def test_the_sun_stands_where_almanacs_say() -> None:
    # Solar noon in Greenwich at the June solstice: 90 - 51.48 + 23.44 degrees high.
    instants = np.array(["2019-06-21T12:02"], dtype="datetime64[us]")
    assert np.rad2deg(np.arcsin(cos_zenith(instants, 51.48, 0.0)))[0] == pytest.approx(61.96, abs=0.15)
    # Denver, 2019-12-21, sunset about 16:39 MST = 23:39 UTC (refraction adds some minutes).
    evening = np.datetime64("2019-12-21T22:00", "us") + np.arange(180) * np.timedelta64(1, "m")
    down = evening[np.argmax(cos_zenith(evening, 39.74, -104.99) < 0)]
    assert abs((down - np.datetime64("2019-12-21T23:35", "us")) / np.timedelta64(1, "m")) < 6


def test_clear_sky_is_dark_at_night_and_bright_at_noon() -> None:
    sky = clear_sky_w_m2(hours(1), 40.4, -3.7)
    assert sky[0] == sky[2] == 0
    assert 950 < sky.max() < 1100
    assert np.argmax(sky) == 12


def test_a_power_curve_from_noisy_pairs() -> None:
    rng = np.random.default_rng(1)
    speed = rng.weibull(2, 5000) * 8
    true = np.clip((speed - 3) / 9, 0, 1) ** 2 * 100
    power = np.where(rng.random(5000) < 0.05, 0, true + rng.normal(0, 3, 5000))  # a twentieth is curtailed
    curve = PowerCurve.of(speed, power)
    assert (np.diff(curve.power) >= 0).all()
    grid = np.linspace(4, 12, 9)
    np.testing.assert_allclose(curve.at(grid), np.clip((grid - 3) / 9, 0, 1) ** 2 * 100, atol=4)
    assert np.isnan(curve.at(np.array([np.nan]))[0])
    assert PowerCurve.of(np.array([]), np.array([])).at(np.array([5.0]))[0] == 0


def test_the_curve_is_learned_from_the_past_alone() -> None:
    rng = np.random.default_rng(2)
    speed = rng.weibull(2, 24 * 60) * 8
    series = hours(60).with_values(y=speed**2, future={"wind_speed": speed})
    until = series.starts_utc[24 * 30]
    spoiled = series.with_values(y=np.where(series.starts_utc >= until, -1e6, series.y))
    one, other = (with_power_curve(s, "wind_speed", until).future["power_curve"] for s in (series, spoiled))
    np.testing.assert_array_equal(one, other)


def test_solar_forecasts_are_never_negative_and_zero_at_night() -> None:
    rng = np.random.default_rng(3)
    series = hours(150, "2019-03-01T00:00")
    sky = clear_sky_w_m2(series, 40.4, -3.7)
    cloud = np.clip(np.repeat(rng.beta(4, 2, 150), 24), 0.1, 1)
    series = with_clear_sky(series.with_values(y=sky * cloud), 40.4, -3.7)
    plan = Plan(target="solar")
    result = run_backtest([series], plan, test_from=date(2019, 7, 1), test_to=date(2019, 7, 20), probe=True)
    quantiles = result.rows.select("^q.*$").to_numpy()
    assert quantiles.min() >= 0
    night = result.rows["timestamp_utc"].dt.hour().is_in([0, 1, 2]).to_numpy()
    assert quantiles[night].max() == 0
    assert result.summary["series"][0]["rmae"] < 1


def test_nights_are_dark_only_where_they_were() -> None:
    """Spain's solar plants store heat: what they give at night is no error of the meter."""
    steps = np.arange(40 * 24)
    day = np.maximum(np.sin(2 * np.pi * (steps - 6) / 24), 0.0)
    quantiles = np.full((len(steps), 7), 5.0)
    for night, clamped in ((0.0, True), (0.001, True), (0.01, False)):
        y = 1000 * np.maximum(day, night)
        series = Series("ES", "UTC", np.datetime64("2018-01-01", "us"), 60, y, future={"clear_sky": day})
        bounded = possible(quantiles.copy(), series, steps, "solar")
        assert (bounded[day <= 0] == 0).all() == clamped
        assert (bounded[day > 0] == 5).all()
        spoiled = Series("ES", "UTC", series.start, 60, np.where(steps < 20 * 24, y, 777.0), future=series.future)
        assert (possible(quantiles.copy(), spoiled, steps, "solar") == bounded).all(), "later values change nothing"
