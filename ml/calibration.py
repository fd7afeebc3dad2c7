"""Adaptive conformal calibration: intervals whose measured coverage is what they say.

Belongs here: moving a model's quantiles by the errors realised so far. Nothing about how the quantiles were predicted.

Per series, each issue looks back over the forecasts whose outcome was known at that instant. The signed score of a quantile
is (y - quantile) / spread, where spread is the model's own 10-90 % width; the correction is the empirical quantile of the
scores of the same part of the day, weighted towards recent days (split conformal with a rolling, decaying set: Romano et al.
2019; Barber et al. 2023). The level at which it is read adapts to the misses seen (adaptive conformal inference, Gibbs and
Candès 2021), apart for the 80 % and the 95 % interval, and for each side; the ends of the 95 % interval adapt to the misses of
their own hour as well, because a year holds only nine misses of an hour on either side and they come in runs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.frame import Array
from ml.models import MEDIAN, QUANTILES, monotone

HOURS = 24
INTERVALS: dict[int, tuple[int, int]] = {80: (1, 5), 95: (0, 6)}
OUTERMOST = np.array(INTERVALS[95])
ADAPTING = np.array([*INTERVALS[80], *INTERVALS[95]])


@dataclass(frozen=True)
class Conformal:
    """Settings of the calibration.

    window_days: forecasts of so many days back count; half_life_days: weight of a day halves after so many; groups: parts of
    the local day calibrated apart; pooled_share: weight of the whole day's correction against the part's own; step: how
    far a day's surplus of misses moves the level; hour_step: how far an hour's own surplus moves the level of the 95 %
    interval's ends there; median_share: how much of the median's own correction is applied.
    """

    window_days: int = 180
    half_life_days: float = 60.0
    groups: int = 6
    pooled_share: float = 0.5
    step: float = 0.03
    hour_step: float = 0.004
    median_share: float = 0.5
    minimum_scores: int = 96


@dataclass(frozen=True)
class Ranked:
    """Weighted scores in order, column by column: ranked once, read at as many levels as hours ask for."""

    scores: Array  # rows x columns, ascending in each column
    mass: Array  # cumulative weights in that order

    @staticmethod
    def of(scores: Array, weights: Array) -> Ranked:
        order = np.argsort(scores, axis=0)
        return Ranked(np.take_along_axis(scores, order, axis=0), np.cumsum(weights[order], axis=0))

    def at(self, levels: Array) -> Array:
        """For each column j its quantile at `levels[j]` (upper value, no interpolation).

        >>> Ranked.of(np.array([[3.0], [1.0], [2.0]]), np.ones(3)).at(np.array([0.5])).tolist()
        [2.0]
        """
        due = np.clip(levels, 0.0, 1.0) * self.mass[-1] - 1e-12
        columns = range(self.scores.shape[1])
        return np.array([self.scores[np.searchsorted(self.mass[:, j], due[j]), j] for j in columns])


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
    hour = slot * HOURS // slots_per_day
    usable = np.isfinite(scores).all(axis=1)
    # How far the levels have moved, per quantile, in all and by hour; the median's stays.
    shift = np.zeros(len(QUANTILES))
    by_hour = np.zeros((HOURS, len(QUANTILES)))
    counted = np.zeros(len(y), dtype=bool)
    by_issue = np.argsort(issued, kind="stable")
    instants, begins = np.unique(issued[by_issue], return_index=True)
    for instant, rows in zip(instants, np.split(by_issue, begins[1:]), strict=True):
        known = usable & (known_at <= instant)
        fresh = known & ~counted & (issued < instant)
        if fresh.any():
            below = y[fresh, None] <= result[fresh]
            shift = _adapt(shift, below.mean(axis=0), config.step, moving=ADAPTING)
            if config.hour_step:
                seen, place, count = np.unique(hour[fresh], return_inverse=True, return_counts=True)
                missed = np.zeros((len(seen), len(QUANTILES)))
                np.add.at(missed, place, below)
                by_hour[seen] = _adapt(by_hour[seen], missed / count[:, None], config.hour_step, moving=OUTERMOST)
            counted |= fresh
        rows = rows[~done[rows]]
        if not len(rows):
            continue
        age = issue_day[rows[0]] - issue_day
        past = np.flatnonzero(known & (age > 0) & (age <= config.window_days))
        if len(past) < config.minimum_scores:
            continue
        weight = 0.5 ** (age[past] / config.half_life_days)
        whole_day = Ranked.of(scores[past], weight)
        for part in np.unique(group[rows]).tolist():
            like = group[past] == part
            own = Ranked.of(scores[past][like], weight[like]) if like.any() else whole_day
            for one in np.unique(hour[rows[group[rows] == part]]).tolist():
                mine = rows[(group[rows] == part) & (hour[rows] == one)]
                levels = np.clip(np.array(QUANTILES) + shift + by_hour[one], 0.002, 0.998)
                correction = config.pooled_share * whole_day.at(levels) + (1 - config.pooled_share) * own.at(levels)
                correction[MEDIAN] *= config.median_share
                result[mine] = monotone(quantiles[mine] + spread[mine, None] * correction)
    return result


def _adapt(shift: Array, below: Array, step: float, *, moving: Array) -> Array:
    """Levels moved by the surplus of outcomes on the wrong side of each quantile (Gibbs and Candès 2021, eq. 2).

    `below` is the share of outcomes at or under each quantile (last axis); only the quantiles at the places `moving` adapt.
    """
    moved = np.zeros_like(shift)
    moved[..., moving] = (shift + step * (np.array(QUANTILES) - below))[..., moving]
    # An end never reaches certainty.
    room = 0.95 * np.minimum(np.array(QUANTILES), 1 - np.array(QUANTILES))
    return np.clip(moved, -room, room)


def coverage(y: Array, quantiles: Array, percent: int) -> float:
    """Share (%) of outcomes inside the central `percent` interval; NaN without outcomes."""
    low, high = INTERVALS[percent]
    return float(100 * np.mean((y >= quantiles[:, low]) & (y <= quantiles[:, high]))) if len(y) else float("nan")
