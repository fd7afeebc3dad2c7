"""LEAR: one LASSO per hour and calibration window, fitted anew every day on transformed values.

Belongs here: the linear day-by-day expert (Lago et al. 2021, "LASSO-estimated autoregressive"). Instead of choosing one penalty by an
information criterion, every window is fitted with several; which of them to trust is left to the online weighting, which sees
realised errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.daily import View, fill_columns
from ml.frame import Array
from ml.lasso import Lasso
from ml.transform import Stabiliser

LEAST_ROWS = 28
LEAST_SHARE = 0.75  # of a window that history must fill
RESCALE_DAYS = 7  # medians and scales are taken anew so often; the coefficients every day


@dataclass(frozen=True)
class Lear:
    """The settings of the linear expert: `windows` in days, `penalties` on the transformed scale (about 1)."""

    name: str = "lear"
    windows: tuple[int, ...] = (84, 364, 1092, 1456)
    penalties: tuple[float, ...] = (0.002, 0.008, 0.032)

    @property
    def variants(self) -> tuple[str, ...]:
        return tuple(f"{self.name}_{w}_{p:g}" for w in self.windows for p in self.penalties)

    def forecast(self, view: View, days: Array) -> Array:
        """days x variants x slots for consecutive target `days` (since 1970); NaN where a window has too little history.

        Day by day: the training rows of a target day are those whose outcome its own issue knew.
        """
        result = np.full((len(days), len(self.windows), len(self.penalties), view.slots), np.nan)
        first = int(view.known_rows(int(days[0]), max(self.windows))[:1].sum())
        wide = view.wide(np.arange(first, view.row(int(days[-1])) + 1))
        for w, window in enumerate(self.windows):
            result[:, w] = _window(view, days, window, self.penalties, wide, first)
        return result.reshape(len(days), -1, view.slots)


def _window(view: View, days: Array, window: int, penalties: tuple[float, ...], wide: Array, first: int) -> Array:
    """days x penalties x slots; row r of `wide` are the inputs of the target day at position `first + r`."""
    lasso = Lasso(penalties)
    result = np.full((len(days), len(penalties), view.slots), np.nan)
    scaled_at = -RESCALE_DAYS
    for n, day in enumerate(days.tolist()):
        known = view.known_rows(day, window)
        if len(known) < max(LEAST_ROWS, LEAST_SHARE * window):
            continue
        x = wide[np.append(known, view.row(day)) - first]
        x = fill_columns(x, x[:-1])
        outcomes = view.y[known]
        if n - scaled_at >= RESCALE_DAYS:
            inputs, outputs, scaled_at = Stabiliser.of(x[:-1]), Stabiliser.of(outcomes), n
        scaled = np.hstack((inputs.forth(x), view.calendar[np.append(known, view.row(day))]))
        lasso.fit(scaled[:-1], outputs.forth(outcomes))
        result[n] = outputs.back(lasso.predict(scaled[-1:])[0])
    return result
