"""Scores of point and interval forecasts, each by its textbook formula.

Belongs here: pure functions over arrays and the summary of one series. Which rows are scored is decided in `ml.backtest`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ml.calibration import INTERVALS, coverage
from ml.frame import Array
from ml.models import MEDIAN, QUANTILES

SCORED_OPERATOR_RATIO = (0.4, 2.5)


def mae(y: Array, forecast: Array) -> float:
    """Mean absolute error, in y's unit."""
    return float(np.mean(np.abs(y - forecast)))


def mape_pct(y: Array, forecast: Array) -> float:
    """Mean absolute percentage error (%), over rows with y other than 0.

    >>> round(mape_pct(np.array([100.0, 200.0]), np.array([110.0, 190.0])), 6)
    7.5
    """
    ok = y != 0
    return float(100 * np.mean(np.abs((y[ok] - forecast[ok]) / y[ok]))) if ok.any() else math.nan


def pinball(y: Array, quantiles: Array) -> float:
    """Pinball loss in y's unit, mean over rows and `QUANTILES`: max(q (y - f), (q - 1)(y - f))."""
    difference = y[:, None] - quantiles
    levels = np.array(QUANTILES)
    return float(np.mean(np.maximum(levels * difference, (levels - 1) * difference)))


def diebold_mariano(day: Array, ours: Array, theirs: Array) -> tuple[float, float]:
    """Diebold-Mariano test on daily mean absolute errors: statistic and one-sided p-value.

    A positive statistic says ours has the smaller loss; p is the chance of such a value if both were equally good. All
    hours of a day are issued together, so the loss difference is taken per day (Lago et al. 2021, multivariate form), its
    variance with one autocovariance (Newey and West 1987). NaN with fewer than 10 days.
    """
    days, index = np.unique(day, return_inverse=True)
    n = len(days)
    if n < 10:
        return math.nan, math.nan
    counts = np.bincount(index)
    loss = (np.bincount(index, np.abs(theirs)) - np.bincount(index, np.abs(ours))) / counts
    centred = loss - loss.mean()
    variance = centred @ centred / n + (centred[1:] @ centred[:-1]) / n
    if variance <= 0:
        return math.nan, math.nan
    statistic = float(loss.mean() / math.sqrt(variance / n))
    return statistic, float(0.5 * math.erfc(statistic / math.sqrt(2)))


def scored(y: Array, operator: Array | None) -> Array:
    """Rows that count: with y, and where the series has an operator's forecast with that between 0.4 and 2.5 times y.

    The same rows for every model: a row the operator left out is nobody's.
    """
    keep = np.isfinite(y)
    if operator is None:
        return keep
    low, high = SCORED_OPERATOR_RATIO
    with np.errstate(invalid="ignore"):
        return keep & (operator >= low * y) & (operator <= high * y)


def summarise(y: Array, quantiles: Array, naive: Array, operator: Array | None, day: Array) -> dict[str, Any]:
    """All scores of one series' scored rows. Naive scores stand on the rows that have a naive forecast."""
    point = quantiles[:, MEDIAN]
    with_naive = np.isfinite(naive)
    naive_mae = mae(y[with_naive], naive[with_naive]) if with_naive.any() else math.nan
    ours_there = mae(y[with_naive], point[with_naive]) if with_naive.any() else math.nan
    result: dict[str, Any] = {
        "rows": len(y),
        "mae": mae(y, point),
        "mape_pct": mape_pct(y, point),
        "rmae": ours_there / naive_mae if naive_mae else math.nan,
        "pinball": pinball(y, quantiles),
    }
    for percent, (low, high) in INTERVALS.items():
        result[f"coverage_{percent}_pct"] = coverage(y, quantiles, percent)
        result[f"width_{percent}"] = float(np.mean(quantiles[:, high] - quantiles[:, low]))
    result["operator_mae"] = mae(y, operator) if operator is not None else math.nan
    result["operator_mape_pct"] = mape_pct(y, operator) if operator is not None else math.nan
    result["naive_mae"] = naive_mae
    result["naive_mape_pct"] = mape_pct(y[with_naive], naive[with_naive]) if with_naive.any() else math.nan
    benchmark = operator if operator is not None else np.where(with_naive, naive, y)
    result["dm_against"] = "operator" if operator is not None else "naive"
    result["dm_statistic"], result["dm_p_value"] = diebold_mariano(day, y - point, y - benchmark)
    return result


def against_references(
    y: Array, quantiles: Array, published: dict[str, Array], day: Array
) -> dict[str, dict[str, Any]]:
    """Our median beside each published forecast, on the rows that have it: rows, both MAEs, Diebold-Mariano (positive: ours is better)."""
    result: dict[str, dict[str, Any]] = {}
    for name, values in published.items():
        both = np.isfinite(values) & np.isfinite(y)
        if not both.any():
            continue
        ours, theirs = y[both] - quantiles[both, MEDIAN], y[both] - values[both]
        statistic, p_value = diebold_mariano(day[both], ours, theirs)
        result[name] = {
            "rows": int(both.sum()), "mae": float(np.abs(theirs).mean()), "our_mae": float(np.abs(ours).mean()),
            "dm_statistic": statistic, "dm_p_value": p_value,
        }  # fmt: skip
    return result


def rolling_error_quantiles(
    point: Array, y: Array, *, informed: Array, known_at: Array, slot: Array, days: int = 84
) -> Array:
    """The plain way to intervals, to compare ours with: quantiles of the same slot's last `days` known errors around `point`.

    rows x 7; NaN before there are 14 errors of the slot. A row uses only errors known at `informed`.
    """
    result = np.full((len(point), len(QUANTILES)), np.nan)
    error = y - point
    window = np.timedelta64(days, "D")
    for place in np.unique(slot).tolist():
        mine = np.flatnonzero(slot == place)
        mine = mine[np.argsort(known_at[mine], kind="stable")]
        times, errors = known_at[mine], error[mine]
        end = np.searchsorted(times, informed[mine], side="right")
        begin = np.searchsorted(times, informed[mine] - window, side="right")
        for row, first, last in zip(mine.tolist(), begin.tolist(), end.tolist(), strict=True):
            known = errors[first:last]
            known = known[np.isfinite(known)]
            if len(known) >= 14:
                result[row] = point[row] + np.quantile(known, QUANTILES)
    return result


def coverage_by_slot(y: Array, quantiles: Array, slot: Array, percent: int) -> list[float]:
    """Share (%) of outcomes inside the central interval for every slot of the local day that occurs."""
    return [coverage(y[slot == s], quantiles[slot == s], percent) for s in np.unique(slot).tolist()]


def finite(value: Any) -> Any:
    """Numbers for JSON: NaN and infinities become None, in dictionaries and lists too."""
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [finite(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
