"""Scores against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ml.models import QUANTILES
from ml.scoring import diebold_mariano, finite, mape_pct, pinball, scored, summarise

Y = np.array([100.0, 200.0])
# Medians 110 and 190; the 80 % interval holds the first outcome only, the 95 % interval both.
Q = np.array([[80.0, 90, 105, 110, 112, 115, 120], [150.0, 160, 180, 190, 192, 195, 220]])


def test_summary_by_hand() -> None:
    naive, operator = np.array([120.0, np.nan]), np.array([104.0, 210.0])
    result = summarise(Y, Q, naive, operator, np.array([0, 0]))
    assert result["rows"] == 2
    assert result["mae"] == pytest.approx(10)
    assert result["mape_pct"] == pytest.approx((10 + 5) / 2)
    assert result["naive_mae"] == pytest.approx(20)
    assert result["rmae"] == pytest.approx(10 / 20)  # on the one row that has a naive forecast
    assert result["operator_mape_pct"] == pytest.approx((4 + 5) / 2)
    assert result["coverage_80_pct"] == pytest.approx(50)
    assert result["coverage_95_pct"] == pytest.approx(100)
    assert result["width_80"] == pytest.approx((25 + 35) / 2)
    assert result["width_95"] == pytest.approx((40 + 70) / 2)
    first = sum(max(q * (100 - f), (q - 1) * (100 - f)) for q, f in zip(QUANTILES, Q[0], strict=True))
    second = sum(max(q * (200 - f), (q - 1) * (200 - f)) for q, f in zip(QUANTILES, Q[1], strict=True))
    assert result["pinball"] == pytest.approx((first + second) / 14)


def test_pinball_of_a_perfect_forecast_is_zero_and_of_the_median_half_the_error() -> None:
    assert pinball(Y, np.repeat(Y[:, None], 7, axis=1)) == 0
    shifted = np.repeat(Y[:, None] - 10, 7, axis=1)  # y above every quantile: loss q * 10
    assert pinball(Y, shifted) == pytest.approx(10 * np.mean(QUANTILES))


def test_mape_leaves_out_zero_outcomes() -> None:
    assert mape_pct(np.array([0.0, 50.0]), np.array([5.0, 45.0])) == pytest.approx(10)
    assert math.isnan(mape_pct(np.zeros(2), np.ones(2)))


def test_rows_without_an_outcome_or_with_an_absurd_operator_are_nobodys() -> None:
    y = np.array([100.0, np.nan, 100.0, 100.0, 100.0, 100.0])
    operator = np.array([100.0, 100.0, np.nan, 39.0, 40.0, 251.0])
    assert scored(y, operator).tolist() == [True, False, False, False, True, False]
    assert scored(y, None).tolist() == [True, False, True, True, True, True]


def test_diebold_mariano_sees_the_better_forecast() -> None:
    rng = np.random.default_rng(0)
    day = np.repeat(np.arange(60), 24)
    ours, theirs = rng.normal(0, 1, len(day)), rng.normal(0, 1.3, len(day))
    statistic, p = diebold_mariano(day, ours, theirs)
    assert statistic > 5
    assert p < 1e-4
    swapped, p_swapped = diebold_mariano(day, theirs, ours)
    assert swapped == pytest.approx(-statistic)
    assert p_swapped == pytest.approx(1 - p)
    assert math.isnan(diebold_mariano(day[:24], ours[:24], theirs[:24])[0])


def test_diebold_mariano_by_hand() -> None:
    # Daily loss differences 1, 3, 1, 3, ... : mean 2, variance 1, first autocovariance -9/10 of it.
    day = np.arange(10)
    theirs = np.where(day % 2 == 0, 1.0, 3.0)
    statistic, _ = diebold_mariano(day, np.zeros(10), theirs)
    assert statistic == pytest.approx(2 / math.sqrt((1 - 0.9) / 10))


def test_nan_becomes_null_for_json() -> None:
    assert finite({"a": math.nan, "b": [1.0, math.inf], "c": {"d": 2}}) == {"a": None, "b": [1.0, None], "c": {"d": 2}}
