"""What a model learns from at an issue: feature rows, and those of them whose outcome was known.

Belongs here: choosing and weighing rows. Features stand in `ml.features` and `ml.intraday`, learning in `ml.models`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gridlake.errors import UsageError
from ml.features import Rows, build_rows
from ml.frame import Array, Series
from ml.intraday import build_intraday_rows, known_ahead
from ml.models import TrainingSet, stack
from ml.plan import Plan
from ml.scoring import SCORED_OPERATOR_RATIO


def feature_rows(series: Sequence[Series], plan: Plan) -> list[Rows]:
    """The feature rows of every series; a series' place in `series` is its code."""
    if plan.hours_ahead:
        return [build_intraday_rows(one, plan.hours_ahead, code) for code, one in enumerate(series)]
    late = sorted({name for one in series for name in one.future if known_ahead(name, one.step_minutes) < float("inf")})
    if late:
        raise UsageError(
            f"future__{late[0]} is known too late for a day ahead.", "Leave it out, or forecast some hours ahead."
        )
    return [
        build_rows(
            one,
            issue_time=plan.issue_time,
            known_until=plan.known_until,
            use_operator=plan.use_operator,
            days_ahead=plan.days_ahead,
            series_code=code,
        )
        for code, one in enumerate(series)
    ]


def learnable(rows: Rows) -> Array:
    """Rows a model may learn from: with an outcome, and (beside an operator) one that is plausible against it.

    The bounds are those of the scored rows: a forecast between 0.4 and 2.5 times y.
    """
    low, high = SCORED_OPERATOR_RATIO
    knows_operator = "has_operator" in rows.names
    has_operator = (
        rows.x[:, rows.names.index("has_operator")] > 0 if knows_operator else np.zeros(len(rows), dtype=bool)
    )
    outcome = np.isfinite(rows.target) & np.isfinite(rows.scale)
    ratio = 1 + rows.target  # y over the reference, where the reference is the scale
    with np.errstate(invalid="ignore"):
        return outcome & (~has_operator | ((ratio >= 1 / high) & (ratio <= 1 / low)))


def learnable_at(rows: Rows, cutoff: np.datetime64, plan: Plan) -> Array:
    """Of `learnable` rows those whose outcome was known at `cutoff` (naive UTC) and is young enough for the plan."""
    keep: Array = learnable(rows) & (rows.known_at <= cutoff)
    if plan.train_days is not None:
        keep &= rows.known_at > cutoff - np.timedelta64(plan.train_days, "D")
    return keep


def training_set(all_rows: Sequence[Rows], cutoff: np.datetime64, plan: Plan) -> TrainingSet:
    """What was known at `cutoff` (naive UTC), over all series."""
    names = all_rows[0].names
    kept = []
    for rows in all_rows:
        if rows.names != names:
            strange = sorted(set(names) ^ set(rows.names))
            raise UsageError(
                f"Series differ in their features: {', '.join(strange)}.", "Give all series the same columns."
            )
        kept.append(learnable_at(rows, cutoff, plan))
    total = sum(int(k.sum()) for k in kept)
    if plan.max_rows is not None and total > plan.max_rows:
        kept = [k & _thinned(r, code, plan.max_rows / total) for code, (r, k) in enumerate(zip(all_rows, kept, strict=True))]  # fmt: skip
    parts = zip(all_rows, kept, strict=True)
    return stack([TrainingSet(names, r.x[k], r.target[k], _weights(r.scale[k], plan.target)) for r, k in parts])


def _weights(scale: Array, target: str) -> Array:
    """Renewables come near zero every day: there errors count in their own unit, else the hours that matter least would teach most. The
    mean weight of a series is 1. Loads and prices are learned by their relative errors."""
    return scale / scale.mean() if target in ("solar", "wind") and len(scale) else np.ones(len(scale))


def _thinned(rows: Rows, code: int, share: float) -> Array:
    """Whole days of a series, about `share` of them, scattered evenly and the same ones every time."""
    golden = 0.6180339887498949  # multiples of it fill the unit interval evenly
    return np.asarray((rows.day * golden + code * 0.37) % 1.0 < share)
