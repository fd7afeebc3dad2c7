"""LASSO for many outputs and penalties at once, on one shared Gram matrix.

Belongs here: the solver. What it is fed stands in `ml.lear`.

The day-ahead price models of the literature fit one LASSO per hour and window, every day. All of them have the same inputs, so
that one Gram matrix serves 24 hours and all penalties; a sweep of cyclic coordinate descent (Friedman et al. 2010) then costs
one product of the Gram matrix with the coefficients, and yesterday's coefficients are a start that few sweeps finish.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.frame import Array


@dataclass
class Lasso:
    """Coefficients (inputs x penalties x outputs) of 1/2n |y - xb|^2 + penalty |b|_1, centred; warm across calls of `fit`.

    The penalties are per standard deviation of nothing: inputs and outputs are expected on a scale of about 1.
    """

    penalties: tuple[float, ...]
    cold_sweeps: int = 40
    warm_sweeps: int = 5
    coefficients: Array | None = None
    _middle: Array | None = None
    _level: Array | None = None

    def fit(self, x: Array, y: Array) -> Lasso:
        """x: rows x inputs, y: rows x outputs; both finite. Deterministic."""
        rows, outputs = len(x), y.shape[1]
        self._middle, self._level = x.mean(axis=0), y.mean(axis=0)
        centred = x - self._middle
        gram = centred.T @ centred / rows
        target = np.tile(centred.T @ (y - self._level) / rows, (1, len(self.penalties)))
        penalty = np.repeat(np.array(self.penalties), outputs)
        if self.coefficients is None or self.coefficients.shape != target.shape:
            self.coefficients, sweeps = np.zeros_like(target), self.cold_sweeps
        else:
            sweeps = self.warm_sweeps
        descend(gram, target, self.coefficients, penalty, sweeps)
        return self

    def predict(self, x: Array) -> Array:
        """rows x penalties x outputs."""
        assert self.coefficients is not None
        assert self._middle is not None
        assert self._level is not None
        flat = (x - self._middle) @ self.coefficients
        return flat.reshape(len(x), len(self.penalties), -1) + self._level


def descend(gram: Array, target: Array, coefficients: Array, penalty: Array, sweeps: int) -> None:
    """Cyclic coordinate descent in place: every column of `coefficients` is its own LASSO with its own `penalty`.

    >>> b = np.zeros((1, 2)); descend(np.array([[2.0]]), np.array([[4.0, 1.0]]), b, np.array([1.0, 1.5]), 1); b.tolist()
    [[1.5, 0.0]]
    """
    diagonal = np.maximum(np.diag(gram), 1e-12)
    for _ in range(sweeps):
        for j in range(len(gram)):
            rest = target[j] - gram[j] @ coefficients + diagonal[j] * coefficients[j]
            coefficients[j] = np.sign(rest) * np.maximum(np.abs(rest) - penalty, 0.0) / diagonal[j]
