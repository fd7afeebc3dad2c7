"""What other series were doing when a series' forecast was issued: the weather that reached them first.

Belongs here: a few figures per issue and neighbour, all of them relative. A front that raised one region's load this morning raises
the next one's tomorrow; without weather forecasts this is the nearest thing to one.

Invariant: a figure uses only intervals of the other series that had ended by this series' issue (naive UTC instants, whatever
their zones).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ml.frame import Array, Series

MOST_PEERS = 12
FIGURES = 4
SHORT_HOURS, DAY_HOURS, WEEK_HOURS = 6, 24, 168
COMPARED_ISSUES = 60  # the first issues, over which likeness is judged: no forecast is made that early


def peer_columns(series: Sequence[Series], code: int, informed: Array) -> Array:
    """Issues x (peers * 4) for `series[code]`, whose issues know what had ended by `informed` (naive UTC, one per issue day).

    Per peer: the last 6 known hours against the same hours a day and a week before, the last 24 against those a week before
    (logarithms of ratios), and how much the last 24 vary. At most 12 peers, those whose weekly change was likest at first. No peers: no
    columns.
    """
    if len(series) < 2:
        return np.zeros((len(informed), 0))
    own = _figures(series[code], informed)[:, 2]
    others = [_figures(s, informed) for place, s in enumerate(series) if place != code]
    likeness = [_likeness(own, o[:, 2]) for o in others]
    chosen = sorted(np.argsort(-np.array(likeness), kind="stable")[:MOST_PEERS].tolist())
    return np.hstack([others[place] for place in chosen])


def _figures(series: Series, informed: Array) -> Array:
    """Issues x 4; NaN where under half of the hours are known."""
    per_hour = max(60 // series.step_minutes, 1)
    known = np.searchsorted(series.starts_utc + series.step, informed, side="right")
    size = np.abs(series.y)
    ok = np.isfinite(size)
    sums = np.concatenate(([0.0], np.cumsum(np.where(ok, size, 0.0))))
    squares = np.concatenate(([0.0], np.cumsum(np.where(ok, size**2, 0.0))))
    counts = np.concatenate(([0], np.cumsum(ok)))

    def mean(totals: Array, hours: int, ago: int) -> Array:
        end = np.maximum(known - ago * per_hour, 0)
        begin = np.maximum(end - hours * per_hour, 0)
        n = counts[end] - counts[begin]
        enough = n * 2 >= hours * per_hour
        return np.where(enough, (totals[end] - totals[begin]) / np.maximum(n, 1), np.nan)

    def ratio(hours: int, ago: int) -> Array:
        now, then = mean(sums, hours, 0), mean(sums, hours, ago)
        sensible = (now > 0) & (then > 0)
        return np.where(sensible, np.log(np.where(sensible, now, 1.0) / np.where(sensible, then, 1.0)), np.nan)

    level = mean(sums, DAY_HOURS, 0)
    variance = np.maximum(mean(squares, DAY_HOURS, 0) - level**2, 0.0)
    vary = np.sqrt(variance) / np.where(level > 0, level, np.nan)
    return np.column_stack(
        (ratio(SHORT_HOURS, DAY_HOURS), ratio(SHORT_HOURS, WEEK_HOURS), ratio(DAY_HOURS, WEEK_HOURS), vary)
    )


def _likeness(own: Array, other: Array) -> float:
    """Correlation over the first issues that both have; -1 where there are too few."""
    both = np.flatnonzero(np.isfinite(own[:COMPARED_ISSUES]) & np.isfinite(other[:COMPARED_ISSUES]))
    if len(both) < COMPARED_ISSUES // 4 or own[both].std() == 0 or other[both].std() == 0:
        return -1.0
    return float(np.corrcoef(own[both], other[both])[0, 1])
