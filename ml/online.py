"""Online weighting of experts: who was right lately, hour by hour, decides.

Belongs here: turning several point forecasts into one. Where the experts come from stands in `ml.experts`.

Bernstein online aggregation with linearised losses and discounted regrets (Wintenberger 2017; Gaillard et al. 2014): the weight of an
expert grows with the exponential of what following it would have saved lately, at a rate learned from the size of those
savings. An expert that has nothing to say at a row sleeps: the others share its weight there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.frame import Array


@dataclass(frozen=True)
class Weighting:
    """discount: share of a regret that remains after a day; slot_share: weight of the own hour's savings against the day's."""

    discount: float = 0.99
    slot_share: float = 0.0
    rate: float = 0.7


@dataclass(frozen=True)
class Mixture:
    """point: the mixed forecast per row; weights: mean weight of each expert over the rows; spread: weighted standard
    deviation of the experts around the mix per row (how far they disagree)."""

    point: Array
    weights: Array
    spread: Array


def mix(
    experts: Array,
    y: Array,
    *,
    issued: Array,
    known_at: Array,
    slot: Array,
    slots: int,
    settings: Weighting | None = None,
) -> Mixture:
    """Mix `experts` (rows x experts; NaN where one sleeps) by what was known at each row's issue.

    y (NaN where unknown), issued and known_at (naive UTC) and slot (0..slots-1) have one entry per row. Outcomes count from the first issue
    on that is not before they were known.
    """
    config = settings or Weighting()
    rows, count = experts.shape
    awake = np.isfinite(experts)
    values = np.where(awake, experts, 0.0)
    regret, variance = np.zeros((slots, count)), np.zeros((slots, count))
    point, spread = np.full(rows, np.nan), np.full(rows, np.nan)
    total = np.zeros(count)
    by_known = np.argsort(known_at, kind="stable")
    known_sorted = known_at[by_known]
    pointer = 0
    by_issue = np.argsort(issued, kind="stable")
    instants, begins = np.unique(issued[by_issue], return_index=True)
    for instant, mine in zip(instants, np.split(by_issue, begins[1:]), strict=True):
        until = int(np.searchsorted(known_sorted, instant, side="right"))
        fresh = by_known[pointer:until]
        pointer = until
        fresh = fresh[np.isfinite(y[fresh]) & np.isfinite(point[fresh])]
        if len(fresh):
            _absorb(regret, variance, values[fresh], awake[fresh], point[fresh], y[fresh], slot[fresh], config)
        weight = _weights(regret, variance, config.rate)[slot[mine]] * awake[mine]
        sums = weight.sum(axis=1, keepdims=True)
        weight = np.where(sums > 0, weight / np.where(sums > 0, sums, 1.0), 0.0)
        some = sums[:, 0] > 0
        point[mine] = np.where(some, (weight * values[mine]).sum(axis=1), np.nan)
        square = (weight * (values[mine] - point[mine, None]) ** 2).sum(axis=1)
        spread[mine] = np.where(some, np.sqrt(square), np.nan)
        total += weight.sum(axis=0)
    return Mixture(point, total / max(total.sum(), 1e-12), spread)


def _absorb(
    regret: Array, variance: Array, values: Array, awake: Array, point: Array, y: Array, slot: Array, config: Weighting
) -> None:
    """Discount the past and add what each expert would have saved against the mix (linearised absolute error)."""
    saved = np.where(awake, np.sign(point - y)[:, None] * (point[:, None] - values), 0.0)
    size, count = regret.shape
    own, seen = np.zeros((size, count)), np.bincount(slot, minlength=size)[:, None]
    np.add.at(own, slot, saved)
    own = own / np.maximum(seen, 1)
    everywhere = saved.mean(axis=0)
    both = config.slot_share * np.where(seen > 0, own, everywhere) + (1 - config.slot_share) * everywhere
    regret *= config.discount
    variance *= config.discount
    rate = _rates(variance + both**2, config.rate)
    regret += both - 0.5 * rate * both**2
    variance += both**2


def _rates(variance: Array, rate: float) -> Array:
    count = variance.shape[1]
    return np.asarray(rate * np.sqrt(np.log(max(count, 2)) / np.maximum(variance, 1e-12)))


def _weights(regret: Array, variance: Array, rate: float) -> Array:
    """slots x experts, each row summing to 1; equal before anything is known."""
    unseen = variance <= 0
    rates = np.where(unseen, 0.0, _rates(variance, rate))
    exponent = rates * regret
    # The prior is even; an expert's own rate enters its weight (Gaillard et al. 2014), where it is known.
    known_rate = np.where(unseen, np.nan, rates)
    usual = np.nanmedian(known_rate, axis=1, keepdims=True) if not unseen.all() else np.ones((len(regret), 1))
    factor = np.where(unseen, 1.0, rates / np.where(np.isfinite(usual), usual, 1.0))
    raw = np.exp(exponent - exponent.max(axis=1, keepdims=True)) * factor
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))


def regret_summary(names: tuple[str, ...], experts: Array, point: Array, y: Array, weights: Array) -> dict[str, Any]:
    """How the mix compares with its best expert in hindsight, on rows where all are awake.

    Returns the best expert, its MAE, the mix's, the regret in % of the best's MAE, and per expert its MAE and mean weight.
    """
    whole = np.isfinite(experts).all(axis=1) & np.isfinite(point) & np.isfinite(y)
    losses = np.abs(experts[whole] - y[whole, None]).mean(axis=0) if whole.any() else np.full(experts.shape[1], np.nan)
    ours = float(np.abs(point[whole] - y[whole]).mean()) if whole.any() else float("nan")
    best = int(np.nanargmin(losses)) if whole.any() else 0
    return {
        "rows": int(whole.sum()),
        "best_expert": names[best],
        "best_mae": float(losses[best]),
        "mix_mae": ours,
        "regret_pct": float(100 * (ours / losses[best] - 1)) if losses[best] > 0 else float("nan"),
        "experts": [
            {"name": n, "mae": float(loss), "weight": float(w)}
            for n, loss, w in zip(names, losses, weights, strict=True)
        ],
    }
