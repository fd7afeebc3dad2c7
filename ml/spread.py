"""How uncertain a mixed forecast is: quantiles around it from its own past errors, wider where it has reason to be.

Belongs here: base quantiles of a point forecast that has none. Their coverage is the business of `ml.calibration`.

The logarithm of the absolute error is regressed (ridge, refitted weekly on what was known) on how far the experts disagree, how large
recent errors of the same hour and of the whole day were, how unusual the forecast's level is, and the hour. The quantiles are those of past
errors over their predicted size. Invariant: a row uses only errors known at its issue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.frame import Array
from ml.models import MEDIAN, QUANTILES, monotone

REFIT_DAYS = 7
MINIMUM_PLAIN = 14


@dataclass(frozen=True)
class Spread:
    """window_days: errors that count; ridge: penalty per row; half_lives (days): of the recent error sizes.

    plain_share: weight of the plain quantiles of an hour's own errors of the last plain_days, which halve in weight every
    plain_half_life_days, beside a model's quantiles.
    """

    window_days: int = 364
    ridge: float = 0.02
    half_lives: tuple[float, ...] = (3.0, 14.0)
    minimum_rows: int = 14 * 24
    plain_share: float = 0.7
    plain_days: int = 180
    plain_half_life_days: float = 60.0


def error_quantiles(
    point: Array,
    disagreement: Array,
    y: Array,
    *,
    issue_day: Array,
    issued: Array,
    known_at: Array,
    slot: Array,
    slots: int,
    settings: Spread | None = None,
) -> Array:
    """Quantiles (rows x 7) around `point`, row by row; y is NaN where unknown. Times as in `ml.calibration.calibrate`.

    Before there are enough known errors the width is the median size of those there are, or a hundredth of the level.
    """
    config = settings or Spread()
    error = y - point
    tiny = 1e-3 * _first_level(point, issued)
    x = _inputs(point, disagreement, error, issued, known_at, slot, slots, tiny, config)
    size = np.log(np.abs(error) + tiny)
    result = np.repeat(point[:, None], len(QUANTILES), axis=1)
    by_issue = np.argsort(issued, kind="stable")
    instants, begins = np.unique(issued[by_issue], return_index=True)
    usable = np.isfinite(error) & np.isfinite(x).all(axis=1)
    weights, ranks, fitted_on = None, None, -REFIT_DAYS
    for instant, mine in zip(instants, np.split(by_issue, begins[1:]), strict=True):
        today = int(issue_day[mine[0]])
        if weights is None or today - fitted_on >= REFIT_DAYS:
            known = usable & (known_at <= instant) & (issue_day > today - config.window_days)
            if known.sum() >= config.minimum_rows:
                weights = _ridge(x[known], size[known], config.ridge)
                ratio = error[known] / np.exp(_apply(weights, x[known]))
                ranks, fitted_on = np.quantile(ratio, QUANTILES), today
            else:
                width = float(np.median(np.abs(error[known]))) if known.any() else 10 * tiny
                result[mine] = point[mine, None] + width * np.linspace(-3, 3, len(QUANTILES))
                continue
        assert ranks is not None
        result[mine] = point[mine, None] + np.exp(_apply(weights, x[mine]))[:, None] * ranks
    return monotone(result)


def with_plain_errors(
    quantiles: Array,
    y: Array,
    *,
    issue_day: Array,
    issued: Array,
    known_at: Array,
    slot: Array,
    settings: Spread | None = None,
) -> Array:
    """`quantiles` (rows x 7) averaged with the weighted quantiles of the median's own errors of the same slot, known at the issue.

    Below two weeks of errors, and at the median, `quantiles` stand. Times as in `ml.calibration.calibrate`.
    """
    config = settings or Spread()
    error = y - quantiles[:, MEDIAN]
    result = quantiles.copy()
    for place in np.unique(slot).tolist():
        mine = np.flatnonzero(slot == place)
        mine = mine[np.argsort(known_at[mine], kind="stable")]
        told = mine[np.isfinite(error[mine])]
        ends = np.searchsorted(known_at[told], issued[mine], side="right")
        for row, end in zip(mine.tolist(), ends.tolist(), strict=True):
            past = told[max(end - config.plain_days, 0) : end]
            age = issue_day[row] - issue_day[past]
            past, age = past[age <= config.plain_days], age[age <= config.plain_days]
            if len(past) < MINIMUM_PLAIN:
                continue
            order = np.argsort(error[past], kind="stable")
            weight = 0.5 ** (age[order] / config.plain_half_life_days)
            middle = (np.cumsum(weight) - 0.5 * weight) / weight.sum()
            plain = quantiles[row, MEDIAN] + np.interp(QUANTILES, middle, error[past][order])
            result[row] += config.plain_share * (plain - quantiles[row])
    result[:, MEDIAN] = quantiles[:, MEDIAN]
    return monotone(result)


def _first_level(point: Array, issued: Array) -> float:
    """Median size of the first issue's forecasts: a unit that no later value can move."""
    finite = np.isfinite(point)
    if not finite.any():
        return 1.0
    first = finite & (issued == issued[finite].min())
    return max(float(np.median(np.abs(point[first]))), 1e-6)


def _inputs(
    point: Array,
    disagreement: Array,
    error: Array,
    issued: Array,
    known_at: Array,
    slot: Array,
    slots: int,
    tiny: float,
    config: Spread,
) -> Array:
    """Rows x inputs; finite where the point is."""
    angle = 2 * np.pi * slot / slots
    columns = [np.log(np.where(np.isfinite(disagreement), disagreement, 0.0) + tiny)]
    for half_life in config.half_lives:
        own, whole, middle = _recent(point, error, issued, known_at, slot, slots, half_life, tiny)
        columns += [np.log(own + tiny), np.log(whole + tiny)]
    columns.append(np.log(np.abs(point - middle) + 10 * tiny))
    columns += [np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle)]
    return np.column_stack(columns)


def _recent(
    point: Array, error: Array, issued: Array, known_at: Array, slot: Array, slots: int, half_life: float, tiny: float
) -> tuple[Array, Array, Array]:
    """Per row the decayed mean absolute error known at its issue, of its slot and of all slots, and the decayed mean forecast."""
    keep = 0.5 ** (1 / half_life)
    order = np.argsort(known_at, kind="stable")
    times = known_at[order]
    by_issue = np.argsort(issued, kind="stable")
    instants, begins = np.unique(issued[by_issue], return_index=True)
    total, count = np.zeros(slots), np.zeros(slots)
    level, mass = np.zeros(slots), np.zeros(slots)
    own, whole, middle = (np.zeros(len(point)) for _ in range(3))
    pointer = 0
    for instant, mine in zip(instants, np.split(by_issue, begins[1:]), strict=True):
        until = int(np.searchsorted(times, instant, side="right"))
        fresh = order[pointer:until]
        pointer = until
        fresh = fresh[np.isfinite(error[fresh])]
        if len(fresh):
            for store, values in (
                (total, np.abs(error[fresh])), (count, np.ones(len(fresh))), (level, point[fresh]), (mass, np.ones(len(fresh))),
            ):  # fmt: skip
                store *= keep
                np.add.at(store, slot[fresh], values)
        overall = total.sum() / count.sum() if count.sum() > 0 else 10 * tiny
        place = slot[mine]
        own[mine] = np.where(count[place] > 0, total[place] / np.maximum(count[place], 1e-12), overall)
        whole[mine] = overall
        middle[mine] = np.where(mass[place] > 0, level[place] / np.maximum(mass[place], 1e-12), point[mine])
    return own, whole, middle


def _ridge(x: Array, target: Array, penalty: float) -> tuple[Array, Array, float]:
    """Means, coefficients and level of a ridge regression; inputs in their own units (logarithms)."""
    middle, level = x.mean(axis=0), float(target.mean())
    centred = x - middle
    gram = centred.T @ centred / len(x) + penalty * np.eye(x.shape[1])
    return middle, np.linalg.solve(gram, centred.T @ (target - level) / len(x)), level


def _apply(weights: tuple[Array, Array, float] | None, x: Array) -> Array:
    assert weights is not None
    middle, coefficients, level = weights
    return np.asarray((x - middle) @ coefficients + level)
