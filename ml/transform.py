"""A variance-stabilising transform for values with spikes and signs, such as prices.

Belongs here: the transform alone. asinh of (value - median) / scaled median absolute deviation: near zero it is linear,
far out it is a logarithm, and negative prices are as good as positive ones (Uniejewski, Weron and Ziel 2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.frame import Array

MAD_TO_SD = 1.4826
FARTHEST = 8.0  # asinh units: 1,490 deviations; a forecast beyond is a slip of the model, not a price


@dataclass(frozen=True)
class Stabiliser:
    """Per column median and scale.

    >>> s = Stabiliser.of(np.array([[1.0], [2.0], [30.0]]))
    >>> s.back(s.forth(np.array([[-5.0], [1000.0]]))).round(9).tolist()
    [[-5.0], [1000.0]]
    """

    median: Array
    scale: Array

    @staticmethod
    def of(values: Array) -> Stabiliser:
        """From the columns of `values` (rows x columns, finite). A column that hardly moves takes its standard deviation."""
        median = np.median(values, axis=0)
        scale = MAD_TO_SD * np.median(np.abs(values - median), axis=0)
        spread = values.std(axis=0)
        scale = np.where(scale > 1e-3 * spread, scale, spread)
        return Stabiliser(median, np.where(scale > 0, scale, 1.0))

    def forth(self, values: Array) -> Array:
        return np.asarray(np.arcsinh((values - self.median) / self.scale))

    def back(self, values: Array) -> Array:
        return np.asarray(np.sinh(np.clip(values, -FARTHEST, FARTHEST)) * self.scale + self.median)
