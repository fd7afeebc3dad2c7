"""Calibrated intervals cover what they say, from what was known at issue alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from ml.calibration import INTERVALS, Conformal, Ranked, calibrate, coverage
from ml.models import MEDIAN, QUANTILES

DAYS = 200


def world(seed: int, true_spread: float, claimed_spread: float, bias: float, drift: float = 0.0) -> dict[str, Any]:
    """Outcomes of hourly forecasts for `DAYS` days whose model claims `claimed_spread` and no bias."""
    rng = np.random.default_rng(seed)
    hours = np.arange(DAYS * 24)
    day = hours // 24
    spread = true_spread * (1 + drift * day / DAYS)
    y = 1000 + bias + spread * rng.standard_normal(len(hours))
    quantiles = 1000 + claimed_spread * norm.ppf(QUANTILES)[None, :].repeat(len(hours), axis=0)
    start = np.datetime64("2018-01-01T00:00", "us")
    return {
        "quantiles": quantiles,
        "y": y,
        "issue_day": day - 1,
        "issued": start + (day - 1) * np.timedelta64(24, "h") + np.timedelta64(10, "h"),
        "known_at": start + (hours + 1) * np.timedelta64(1, "h"),
        "slot": hours % 24,
        "slots_per_day": 24,
    }


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 1000),
    claimed=st.floats(0.3, 3.0),
    bias=st.floats(-1.5, 1.5),
    drift=st.floats(-0.3, 0.8),
)
def test_coverage_is_restored_whatever_the_model_claims(seed: int, claimed: float, bias: float, drift: float) -> None:
    case = world(seed, 50.0, 50.0 * claimed, 50.0 * bias, drift)
    result = calibrate(**case)
    late = case["issue_day"] >= 60
    assert coverage(case["y"][late], result[late], 80) == pytest.approx(80, abs=4)
    assert coverage(case["y"][late], result[late], 95) == pytest.approx(95, abs=2.5)
    assert (np.diff(result, axis=1) >= 0).all()


@settings(max_examples=10, deadline=None)
@given(day=st.integers(10, DAYS - 10), seed=st.integers(0, 100))
def test_outcomes_after_an_issue_do_not_touch_it(day: int, seed: int) -> None:
    case = world(seed, 50.0, 20.0, 30.0)
    before = calibrate(**case)
    instant = case["issued"][case["issue_day"] == day][0]
    spoiled = np.where(case["known_at"] > instant, case["y"] * 7, case["y"])
    after = calibrate(**(case | {"y": spoiled}))
    same = case["issued"] <= instant
    np.testing.assert_array_equal(before[same], after[same])
    assert not np.array_equal(before[~same], after[~same])


def test_an_hour_that_errs_more_than_its_part_of_the_day_gets_its_own_width() -> None:
    case = world(4, 50.0, 50.0, 0.0)
    wild = case["slot"] == 7
    case["y"] = np.where(wild, 1000 + 1.4 * (case["y"] - 1000), case["y"])
    late = wild & (case["issue_day"] >= DAYS // 2)
    own, shared = (
        coverage(case["y"][late], calibrate(**case, settings=settings)[late], 95)
        for settings in (Conformal(), Conformal(hour_step=0.0))
    )
    assert shared < 88 < 91 < own < 97


def test_a_bias_is_taken_out_of_the_median_in_part() -> None:
    case = world(1, 50.0, 50.0, 60.0)
    late = case["issue_day"] >= 100
    moved = calibrate(**case)[late, MEDIAN].mean() - 1000
    assert 20 < moved < 60


def test_missing_outcomes_neither_count_nor_break() -> None:
    case = world(2, 50.0, 20.0, 0.0)
    holes = case["y"].copy()
    holes[::3] = np.nan
    result = calibrate(**(case | {"y": holes}))
    assert np.isfinite(result).all()
    late = (case["issue_day"] >= 60) & np.isfinite(holes)
    assert coverage(holes[late], result[late], 80) == pytest.approx(80, abs=4)


def test_before_there_are_scores_the_model_stands() -> None:
    case = world(3, 50.0, 20.0, 0.0)
    result = calibrate(**case)
    np.testing.assert_array_equal(result[:24], case["quantiles"][:24])


def test_weighted_quantiles_by_hand() -> None:
    scores = np.array([[3.0, 3.0], [1.0, 1.0], [2.0, 2.0]])
    weights = np.array([1.0, 8.0, 1.0])
    assert Ranked.of(scores, weights).at(np.array([0.5, 0.95])).tolist() == [1.0, 3.0]


def test_intervals_are_the_quantiles_they_name() -> None:
    for percent, (low, high) in INTERVALS.items():
        assert 100 * (QUANTILES[high] - QUANTILES[low]) == pytest.approx(percent)
