"""LEAR: one LASSO per hour and calibration window, fitted anew every day on transformed values.

Belongs here: the linear day-by-day expert (Lago et al. 2021, "LASSO-estimated autoregressive"). Instead of choosing one penalty by an
information criterion, every window is fitted with several; which of them to trust is left to the online weighting, which sees
realised errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.daily import View, column_medians, fill_columns
from ml.frame import Array
from ml.lasso import Lasso
from ml.transform import Stabiliser

LEAST_ROWS = 28
LEAST_SHARE = 0.75  # of a window that history must fill
RESCALE_DAYS = 7  # medians and scales are taken anew so often; the coefficients every day


@dataclass(frozen=True)
class Lear:
    """The settings of the linear expert: `windows` in days, `penalties` on the transformed scale (about 1); coefficients are
    fitted anew every `refit_days`; `peers` adds what other series were doing (an expert that then sleeps where there are none)."""

    name: str = "lear"
    windows: tuple[int, ...] = (84, 364, 1092, 1456)
    penalties: tuple[float, ...] = (0.002, 0.008, 0.032)
    refit_days: int = 1
    peers: bool = False

    @property
    def variants(self) -> tuple[str, ...]:
        return tuple(f"{self.name}_{w}_{p:g}" for w in self.windows for p in self.penalties)

    def forecast(self, view: View, days: Array) -> Array:
        """days x variants x slots for consecutive target `days` (since 1970); NaN where a window has too little history.

        Day by day: the training rows of a target day are those whose outcome its own issue knew.
        """
        result = np.full((len(days), len(self.windows), len(self.penalties), view.slots), np.nan)
        if self.peers and not view.peers.shape[1]:
            return result.reshape(len(days), -1, view.slots)
        first = int(view.known_rows(int(days[0]), max(self.windows))[:1].sum())
        wide = view.wide(np.arange(first, view.row(int(days[-1])) + 1), peers=self.peers)
        for w, window in enumerate(self.windows):
            result[:, w] = self._window(view, days, window, wide, first)
        return result.reshape(len(days), -1, view.slots)

    def _window(self, view: View, days: Array, window: int, wide: Array, first: int) -> Array:
        """days x penalties x slots; row r of `wide` are the inputs of the target day at position `first + r`."""
        lasso = Lasso(self.penalties)
        result = np.full((len(days), len(self.penalties), view.slots), np.nan)
        fitted_at, scaled_at = -self.refit_days, -RESCALE_DAYS
        for n, day in enumerate(days.tolist()):
            known = view.known_rows(day, window)
            if len(known) < max(LEAST_ROWS, LEAST_SHARE * window):
                continue
            refit, rescale = n - fitted_at >= self.refit_days, n - scaled_at >= RESCALE_DAYS
            past = wide[known - first] if refit else wide[:0]
            if refit and rescale:
                outcomes, scaled_at = view.y[known], n
                middle = column_medians(past)
                inputs, outputs = Stabiliser.of(fill_columns(past, middle)), Stabiliser.of(outcomes)
            if refit:
                scaled = np.hstack((inputs.forth(fill_columns(past, middle)), view.calendar[known]))
                lasso.fit(scaled, outputs.forth(view.y[known]))
                fitted_at = n
            row = view.row(day)
            today = np.hstack((inputs.forth(fill_columns(wide[[row - first]], middle)), view.calendar[[row]]))
            result[n] = outputs.back(lasso.predict(today)[0])
        return result
