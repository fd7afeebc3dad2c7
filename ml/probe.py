"""The probe: does any forecast change when what came after its issue changes?

Belongs here: spoiling series and comparing forecasts. The forecasts are made by `ml.backtest`, the same way both times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gridlake.errors import GridlakeError
from ml.engine import Forecasts, Progress, Trainer, forecast_days
from ml.features import Rows
from ml.frame import Array, Series
from ml.plan import Plan
from ml.training import feature_rows


def garble(series: Series, known: np.datetime64, future_known: np.datetime64, seed: int) -> Series:
    """`series` with everything after an issue replaced by garbage.

    y, past columns and references from intervals that end after `known` on, known-future columns from intervals that start at or after
    `future_known` on (both naive UTC).
    """
    rng = np.random.default_rng(seed)
    ends = series.starts_utc + series.step
    late: Array = np.asarray(ends > known)
    beyond: Array = np.asarray(series.starts_utc >= future_known)

    def spoil(values: Array, where: Array) -> Array:
        spoiled = values.copy()
        size = np.nanmean(np.abs(values)) if np.isfinite(values).any() else 1.0
        spoiled[where] = size * rng.uniform(-50, 50, int(where.sum()))
        return spoiled

    return series.with_values(
        y=spoil(series.y, late),
        operator=None if series.operator is None else spoil(series.operator, beyond),
        past={n: spoil(v, late) for n, v in series.past.items()},
        future={n: spoil(v, beyond) for n, v in series.future.items()},
        references={n: spoil(v, late) for n, v in series.references.items()},
    )


def probe_look_ahead(
    series: Sequence[Series],
    all_rows: Sequence[Rows],
    forecasts: Sequence[Forecasts],
    plan: Plan,
    trainer: Trainer,
    starts: Sequence[int],
    days: tuple[int, int],
    progress: Progress,
    issues: int = 3,
) -> dict[str, Any]:
    """Garble everything after a few sampled issues, forecast anew, and compare every forecast issued until then.

    Raises `GridlakeError` at the first forecast that differs.
    """
    rng = np.random.default_rng(days[0])
    sampled = sorted(
        rng.choice(np.arange(days[0], days[1] + 1), min(issues, days[1] - days[0] + 1), replace=False).tolist()
    )
    compared = 0
    for day in sampled:
        of_day = [r.informed[r.day == day] for r in all_rows]
        candidates = [i.max() for i in of_day if len(i)]
        if not candidates:
            continue
        instant = candidates[int(rng.integers(len(candidates)))]
        progress(f"probe: garbage after {instant}Z")
        spoiled = [
            garble(s, instant, _last_known_future(s, r, instant), day) for s, r in zip(series, all_rows, strict=True)
        ]
        again_rows = feature_rows(spoiled, plan)
        last = max(int(r.day[r.informed <= instant].max()) for r in again_rows if (r.informed <= instant).any())
        again = forecast_days(
            spoiled, again_rows, plan, trainer, [d for d in starts if d <= last], last, lambda line: None
        )
        for one, rows, before, after in zip(series, all_rows, forecasts, again, strict=True):
            compared += _same_forecasts(one, rows, before, after, instant)
    return {"issues": len(sampled), "forecasts_compared": compared, "changed": 0}


def _last_known_future(series: Series, rows: Rows, instant: np.datetime64) -> np.datetime64:
    """End of the last interval that an issue until `instant` forecasts: known-future columns reach so far."""
    until = rows.known_at[rows.informed <= instant]
    return until.max() if len(until) else series.starts_utc[0]


def _same_forecasts(series: Series, rows: Rows, before: Forecasts, after: Forecasts, instant: np.datetime64) -> int:
    ours = rows.informed[before.index] <= instant
    place = np.full(len(rows), -1)
    place[after.index] = np.arange(len(after.index))
    theirs = place[before.index[ours]]
    equal = (theirs >= 0) & (before.quantiles[ours] == after.quantiles[theirs]).all(axis=1)
    if not equal.all():
        wrong = before.index[ours][~equal][0]
        raise GridlakeError(
            f"Look ahead: {series.series_id}, {series.starts_utc[rows.at[wrong]]}Z, issued {rows.issued[wrong]}Z, changes when "
            f"values after {instant}Z change ({int((~equal).sum())} of {len(equal)} forecasts).",
            "A feature or a training row uses a value that was not known at issue; mend it before trusting any score.",
        )
    return len(equal)
