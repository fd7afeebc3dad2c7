"""Adaptive conformal calibration: intervals whose measured coverage is what they say.

Belongs here: moving a model's quantiles by the errors realised so far. Nothing about how the quantiles were predicted.

Per series, each issue looks back over the forecasts whose outcome was known at that instant. The signed score of a quantile
is (y - quantile) / spread, where spread is the model's own 10-90 % width; the correction is the empirical quantile of the
scores of the same part of the day, weighted towards recent days (split conformal with a rolling, decaying set: Romano et al.
2019; Barber et al. 2023). The level at which it is read adapts to the misses seen (adaptive conformal inference, Gibbs and
Candès 2021), apart for the 80 % and the 95 % interval, and for each side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.frame import Array
from ml.models import MEDIAN, QUANTILES, monotone

INTERVALS: dict[int, tuple[int, int]] = {80: (1, 5), 95: (0, 6)}


@dataclass(frozen=True)
class Conformal:
    """Settings of the calibration.

    window_days: forecasts of so many days back count; half_life_days: weight of a day halves after so many; groups: parts of
    the local day calibrated apart; pooled_share: weight of the whole day's correction against the part's own; step: how
    far a day's surplus of misses moves the level; median_share: how much of the median's own correction is applied.
    """

    window_days: int = 84
    half_life_days: float = 28.0
    groups: int = 6
    pooled_share: float = 0.5
    step: float = 0.03
    median_share: float = 0.5
    minimum_scores: int = 96


def weighted_quantiles(scores: Array, weights: Array, levels: Array) -> Array:
    """For each column j of `scores` its quantile at `levels[j]` under `weights` (upper value, no interpolation).

    >>> weighted_quantiles(np.array([[1.0], [2.0], [3.0]]), np.ones(3), np.array([0.5])).tolist()
    [2.0]
    """
    order = np.argsort(scores, axis=0)
    ranked = np.take_along_axis(scores, order, axis=0)
    mass = np.cumsum(weights[order], axis=0)
    reached = mass >= np.clip(levels, 0.0, 1.0) * mass[-1] - 1e-12
    return ranked[np.argmax(reached, axis=0), np.arange(scores.shape[1])]


def calibrate(
    quantiles: Array,
    y: Array,
    *,
    issue_day: Array,
    issued: Array,
    known_at: Array,
    slot: Array,
    slots_per_day: int,
    settings: Conformal | None = None,
    given: Array | None = None,
) -> Array:
    """Calibrated quantiles of one series, row by row of `quantiles` (rows x 7).

    `given` (rows x 7, NaN where there is none) are calibrated quantiles of earlier issues, as this function made them then: they stand, and
    only the others are worked out, which gives the same numbers in a fraction of the time.

    Row r was issued at `issued[r]` (on `issue_day[r]`, a day number) for an outcome `y[r]` (NaN where unknown) that becomes
    known at `known_at[r]`. Only outcomes known at an issue's instant correct that issue. Before there are enough of them the
    model's own quantiles stand.
    """
    config = settings or Conformal()
    result = quantiles.copy()
    done: Array = np.zeros(len(y), dtype=bool)
    if given is not None:
        done = np.asarray(np.isfinite(given).all(axis=1))
        result[done] = given[done]
    spread = np.maximum(quantiles[:, 5] - quantiles[:, 1], 1e-9)
    scores = (y[:, None] - quantiles) / spread[:, None]
    group = slot * config.groups // slots_per_day
    usable = np.isfinite(scores).all(axis=1)
    # How far the levels have moved, per quantile; the median's stays.
    shift = np.zeros(len(QUANTILES))
    counted = np.zeros(len(y), dtype=bool)
    by_issue = np.argsort(issued, kind="stable")
    instants, begins = np.unique(issued[by_issue], return_index=True)
    for instant, rows in zip(instants, np.split(by_issue, begins[1:]), strict=True):
        known = usable & (known_at <= instant)
        fresh = known & ~counted & (issued < instant)
        if fresh.any():
            shift = _adapt(shift, y[fresh], result[fresh], config.step)
            counted |= fresh
        rows = rows[~done[rows]]
        if not len(rows):
            continue
        age = issue_day[rows[0]] - issue_day
        past = np.flatnonzero(known & (age > 0) & (age <= config.window_days))
        if len(past) < config.minimum_scores:
            continue
        weight = 0.5 ** (age[past] / config.half_life_days)
        levels = np.clip(np.array(QUANTILES) + shift, 0.002, 0.998)
        whole_day = weighted_quantiles(scores[past], weight, levels)
        for part in np.unique(group[rows]).tolist():
            mine = rows[group[rows] == part]
            like = group[past] == part
            own = weighted_quantiles(scores[past][like], weight[like], levels) if like.any() else whole_day
            correction = config.pooled_share * whole_day + (1 - config.pooled_share) * own
            correction[MEDIAN] *= config.median_share
            result[mine] = monotone(quantiles[mine] + spread[mine, None] * correction)
    return result


def _adapt(shift: Array, y: Array, issued_quantiles: Array, step: float) -> Array:
    """Levels moved by the surplus of outcomes on the wrong side of each quantile (Gibbs and Candès 2021, eq. 2)."""
    below = (y[:, None] <= issued_quantiles).mean(axis=0)
    moved = shift + step * (np.array(QUANTILES) - below)
    moved[[2, MEDIAN, 4]] = 0.0  # only the ends of the 80 and 95 % intervals adapt
    # An end may close half of its way to certainty, and no more.
    room = 0.5 * np.minimum(np.array(QUANTILES), 1 - np.array(QUANTILES))
    return np.clip(moved, -2 * room * 0.95, 2 * room * 0.95)


def coverage(y: Array, quantiles: Array, percent: int) -> float:
    """Share (%) of outcomes inside the central `percent` interval; NaN without outcomes."""
    low, high = INTERVALS[percent]
    return float(100 * np.mean((y >= quantiles[:, low]) & (y <= quantiles[:, high]))) if len(y) else float("nan")
