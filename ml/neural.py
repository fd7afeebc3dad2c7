"""DNN: a small multi-output network per series, several members trained side by side, in plain numpy.

Belongs here: the day-by-day neural expert that the default install can run. Recurrent and attention models need torch and
stand in `ml.deep`.

Inputs are those of the linear expert, standardised; outputs all slots of the target day on the transformed scale; loss mean absolute
error; Adam with decoupled weight decay (Loshchilov and Hutter 2019) and a cosine schedule. The members differ in their initial weights and in
the order of days; their mean is the forecast. Deterministic: fixed seeds, one pass of matrix products in a fixed order.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ml.daily import View, column_medians, fill_columns
from ml.frame import Array
from ml.transform import Stabiliser

LEAST_ROWS = 28
FARTHEST_INPUT = 6.0  # standard deviations: a network must not extrapolate beyond what it has seen


@dataclass(frozen=True)
class Network:
    """The settings of the neural expert; `windows` in days, one variant each."""

    name: str = "dnn"
    windows: tuple[int, ...] = (1092,)
    hidden: tuple[int, ...] = (256, 128)
    members: int = 4
    epochs: int = 40
    batch: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 3.0
    seed: int = 20180701
    peers: bool = False

    @property
    def variants(self) -> tuple[str, ...]:
        return tuple(f"{self.name}_{w}" for w in self.windows)

    def forecast(self, view: View, days: Array) -> Array:
        """days x variants x slots for consecutive target `days` (since 1970); trained once, on what the first day's issue knew."""
        result = np.full((len(days), len(self.windows), view.slots), np.nan)
        for w, window in enumerate(self.windows):
            known = view.known_rows(int(days[0]), window)
            if len(known) >= LEAST_ROWS:
                result[:, w] = self._trained(view, known, days - view.first_day)
        return result

    def _trained(self, view: View, known: Array, rows: Array) -> Array:
        x, ahead = view.wide(known, peers=self.peers), view.wide(rows, peers=self.peers)
        middle = column_medians(x)
        x, ahead = fill_columns(x, middle), fill_columns(ahead, middle)
        inputs, outputs = Stabiliser.of(x), Stabiliser.of(view.y[known])
        train = np.hstack((inputs.forth(x), view.calendar[known]))
        middle, spread = train.mean(axis=0), train.std(axis=0)
        spread = np.where(spread > 1e-6, spread, 1.0)
        coming = (np.hstack((inputs.forth(ahead), view.calendar[rows])) - middle) / spread
        coming = np.clip(coming, -FARTHEST_INPUT, FARTHEST_INPUT).astype(np.float32)
        train = ((train - middle) / spread).astype(np.float32)
        net = Perceptrons((train.shape[1], *self.hidden, view.slots), self.members, self.seed)
        net.fit(
            train, outputs.forth(view.y[known]).astype(np.float32), epochs=self.epochs, batch=self.batch,
            learning_rate=self.learning_rate, weight_decay=self.weight_decay,
        )  # fmt: skip
        # Day by day: a matrix product rounds differently with the number of its rows.
        made = np.concatenate([net.predict(coming[n : n + 1]) for n in range(len(coming))], axis=1)
        return np.asarray(outputs.back(made.astype(np.float64)).mean(axis=0))


class Perceptrons:
    """Several networks of one shape, trained together: every weight is members x inputs x outputs, float32."""

    def __init__(self, sizes: tuple[int, ...], members: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        pairs = list(pairwise(sizes))
        self.weights = [
            (self.rng.standard_normal((members, a, b)) * np.sqrt(2 / a)).astype(np.float32) for a, b in pairs
        ]
        self.weights[-1] *= np.float32(0.5)
        self.biases = [np.zeros((members, 1, b), dtype=np.float32) for _, b in pairs]

    def predict(self, x: Array) -> Array:
        """members x rows x outputs."""
        return self._forward(x)[-1]

    def _forward(self, x: Array) -> list[Array]:
        layers = [x]
        last = len(self.weights) - 1
        for depth, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = np.matmul(layers[-1], weight) + bias
            layers.append(z if depth == last else np.maximum(z, 0))
        return layers

    def _gradients(self, x: Array, y: Array) -> list[Array]:
        """Of the mean absolute error summed over outputs, weights first, then biases."""
        layers = self._forward(x)
        gradient = (np.sign(layers[-1] - y) / len(x)).astype(np.float32)
        of_weights: list[Array] = []
        of_biases: list[Array] = []
        for depth in range(len(self.weights) - 1, -1, -1):
            below = layers[depth]
            of_weights.append(np.matmul(np.swapaxes(below, -1, -2), gradient))
            of_biases.append(gradient.sum(axis=1, keepdims=True))
            if depth:
                gradient = np.matmul(gradient, np.swapaxes(self.weights[depth], -1, -2)) * (below > 0)
        return of_weights[::-1] + of_biases[::-1]

    def fit(
        self, x: Array, y: Array, *, epochs: int, batch: int, learning_rate: float, weight_decay: float
    ) -> Perceptrons:
        """x: rows x inputs, y: rows x outputs, both float32. One random order of the rows for all members per epoch."""
        values = self.weights + self.biases
        first = [np.zeros_like(v) for v in values]
        second = [np.zeros_like(v) for v in values]
        batches = max(1, len(x) // batch)
        total, step = epochs * batches, 0
        for _ in range(epochs):
            order = self.rng.permutation(len(x))
            for b in range(batches):
                rows = order[b * batch : (b + 1) * batch]
                rate = np.float32(learning_rate * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * step / total))))
                step += 1
                near, far = np.float32(1 - 0.9**step), np.float32(1 - 0.999**step)
                for place, gradient in enumerate(self._gradients(x[rows], y[rows])):
                    first[place] += np.float32(0.1) * (gradient - first[place])
                    second[place] += np.float32(0.001) * (gradient * gradient - second[place])
                    values[place] -= rate * (first[place] / near) / (np.sqrt(second[place] / far) + np.float32(1e-8))
                    if place < len(self.weights):
                        values[place] *= np.float32(1 - rate * weight_decay)
        return self
