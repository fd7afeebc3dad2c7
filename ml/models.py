"""Models that learn the relative error of a reference forecast and predict its quantiles.

Belongs here: learning from a matrix, nothing about time or series (that is `ml.features`) and nothing about intervals'
coverage (`ml.calibration`).

Every model is deterministic: same rows, same numbers, on any number of cores.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from gridlake.errors import UsageError
from ml.frame import Array

QUANTILES: tuple[float, ...] = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
MEDIAN = QUANTILES.index(0.5)
SEED = 20180701
THREADS = 2


def threads() -> int:
    """Two, or one where more wants to run than there are cores: a boosting step waits for its slowest thread, so that on a busy machine
    two threads take many times as long as one. Results do not depend on it."""
    busy = hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1)
    return 1 if busy else THREADS


@dataclass(frozen=True)
class TrainingSet:
    """Rows to learn from: x (float32, one column per name), target (relative error), weight."""

    names: tuple[str, ...]
    x: Array
    target: Array
    weight: Array

    def __len__(self) -> int:
        return len(self.target)

    def fingerprint(self) -> str:
        """A hash of every value: equal sets train equal models."""
        digest = hashlib.blake2b("\n".join(self.names).encode(), digest_size=16)
        for part in (self.x, self.target, self.weight):
            digest.update(np.ascontiguousarray(part).data)
        return digest.hexdigest()


class Model(Protocol):
    """A model of the relative error: `predict_quantiles` gives one row of `QUANTILES`, never crossing, per row of x.

    Saving and reading back is `ml.saving`'s, for all of them.
    """

    name: str

    def fit(self, training: TrainingSet) -> Model: ...

    def predict_quantiles(self, x: Array) -> Array: ...

    def parameters(self) -> dict[str, Any]: ...


def monotone(quantiles: Array) -> Array:
    """Quantiles sorted within each row: crossing ones change places (Chernozhukov et al. 2010, rearrangement)."""
    return np.sort(quantiles, axis=1)


@dataclass
class LightGBM:
    """One booster per quantile on one binned data set; the median, which decides the error, gets the most trees."""

    name: str = "lightgbm"
    learning_rate: float = 0.08
    num_leaves: int = 31
    min_data_in_leaf: int = 100
    feature_fraction: float = 0.4
    bagging_fraction: float = 0.5
    rounds: int = 120
    tail_rounds: int = 50
    tail_learning_rate: float = 0.15
    tail_num_leaves: int = 15
    boosters: dict[float, Any] = field(default_factory=dict, repr=False)

    def parameters(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k not in ("boosters", "name")}

    def fit(self, training: TrainingSet) -> LightGBM:
        # Read when OpenMP loads: waiting threads sleep, else a busy machine spends thrice the time spinning.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        import lightgbm

        # Few rows need small leaves: a tenth of a percent of the rows, between 10 and the configured size.
        leaf = int(np.clip(len(training) // 200, 10, self.min_data_in_leaf))
        common = {
            "objective": "quantile", "num_threads": threads(), "seed": SEED, "deterministic": True, "force_row_wise": True,
            "verbosity": -1, "min_data_in_leaf": leaf, "feature_fraction": self.feature_fraction,
            "bagging_fraction": self.bagging_fraction, "bagging_freq": 1, "max_bin": 127,
        }  # fmt: skip
        categorical = [training.names.index(n) for n in ("series_code",) if n in training.names]
        data = lightgbm.Dataset(
            training.x, training.target, weight=training.weight, categorical_feature=categorical,
            feature_name=[_plain(n) for n in training.names], params=common, free_raw_data=False,
        )  # fmt: skip
        for quantile in QUANTILES:
            middle = quantile == QUANTILES[MEDIAN]
            own = {
                "alpha": quantile,
                "learning_rate": self.learning_rate if middle else self.tail_learning_rate,
                "num_leaves": self.num_leaves if middle else self.tail_num_leaves,
            }
            self.boosters[quantile] = lightgbm.train(common | own, data, self.rounds if middle else self.tail_rounds)
        return self

    def predict_quantiles(self, x: Array) -> Array:
        columns = [self.boosters[q].predict(x, num_threads=1) for q in QUANTILES]
        return monotone(np.column_stack(columns))

    def importance(self) -> dict[str, float]:
        """Share of the median's gain by feature, descending."""
        booster = self.boosters[0.5]
        gain = booster.feature_importance("gain")
        pairs = sorted(zip(booster.feature_name(), gain / max(gain.sum(), 1e-12), strict=True), key=lambda p: -p[1])
        return {name: float(share) for name, share in pairs}


@dataclass
class XGBoost:
    """The challenger: all quantiles in one booster (pinball loss, one tree per quantile and round)."""

    name: str = "xgboost"
    rounds: int = 150
    learning_rate: float = 0.08
    max_depth: int = 6
    booster: Any = field(default=None, repr=False)

    def parameters(self) -> dict[str, Any]:
        return {"rounds": self.rounds, "learning_rate": self.learning_rate, "max_depth": self.max_depth}

    def fit(self, training: TrainingSet) -> XGBoost:
        import xgboost

        data = xgboost.QuantileDMatrix(
            training.x, training.target, weight=training.weight, max_bin=128, nthread=THREADS
        )
        self.booster = xgboost.train(
            {
                "objective": "reg:quantileerror", "quantile_alpha": np.array(QUANTILES), "tree_method": "hist",
                "learning_rate": self.learning_rate, "max_depth": self.max_depth, "min_child_weight": 20,
                "subsample": 0.7, "colsample_bytree": 0.5, "seed": SEED, "nthread": THREADS, "max_bin": 128,
            },
            data,
            self.rounds,
        )  # fmt: skip
        return self

    def predict_quantiles(self, x: Array) -> Array:
        return monotone(np.asarray(self.booster.inplace_predict(x)).reshape(len(x), -1))


@dataclass
class Persistence:
    """A point forecast taken from columns, with the training errors' quantiles of each local hour around it.

    `seasonal_naive` takes y of a week before (or the last known same hour), `operator` the reference itself.
    """

    name: str
    columns: tuple[str, ...]
    _point: list[int] = field(default_factory=list, repr=False)
    _hour: int = 0
    _spread: dict[int, Array] = field(default_factory=dict, repr=False)
    _overall: Array = field(default_factory=lambda: np.zeros(len(QUANTILES)), repr=False)

    def parameters(self) -> dict[str, Any]:
        return {"columns": ",".join(self.columns)}

    def _points(self, x: Array) -> Array:
        point = np.full(len(x), np.nan)
        for index in self._point:
            point = np.where(np.isfinite(point), point, x[:, index])
        return np.where(np.isfinite(point), point, 0.0)

    def fit(self, training: TrainingSet) -> Persistence:
        self._point = [training.names.index(c) for c in self.columns]
        self._hour = training.names.index("hour")
        residual = training.target - self._points(training.x)
        hours = training.x[:, self._hour].astype(int)
        self._overall = np.quantile(residual, QUANTILES)
        self._spread = {h: np.quantile(residual[hours == h], QUANTILES) for h in np.unique(hours).tolist()}
        return self

    def state(self) -> dict[str, Any]:
        """What fitting found, in plain values."""
        spread = {str(hour): values.tolist() for hour, values in self._spread.items()}
        return {"point": self._point, "hour": self._hour, "spread": spread, "overall": self._overall.tolist()}

    def with_state(self, state: dict[str, Any]) -> Persistence:
        """Itself, as it was when `state` was taken."""
        self._point, self._hour = list(state["point"]), int(state["hour"])
        self._spread = {int(hour): np.array(values) for hour, values in state["spread"].items()}
        self._overall = np.array(state["overall"])
        return self

    def predict_quantiles(self, x: Array) -> Array:
        hours = x[:, self._hour].astype(int)
        table = np.vstack([self._spread.get(h, self._overall) for h in range(24)])
        return monotone(self._points(x)[:, None] + table[hours])


MODELS: dict[str, Callable[[], Model]] = {
    "lightgbm": LightGBM,
    "xgboost": XGBoost,
    "seasonal_naive": lambda: Persistence("seasonal_naive", ("y_lag_7d", "y_same_hour")),
    "operator": lambda: Persistence("operator", ()),
}
CHAMPION = "lightgbm"


def make_model(name: str) -> Model:
    """A fresh model. `champion` is the one that won the backtests recorded in docs/forecasting.md.

    Raises `UsageError` for a name that is not known.
    """
    chosen = CHAMPION if name == "champion" else name
    if chosen not in MODELS:
        raise UsageError(f"There is no model '{name}'.", f"Use champion or one of {', '.join(MODELS)}.")
    return MODELS[chosen]()


def _plain(name: str) -> str:
    """A feature name LightGBM accepts (no JSON punctuation)."""
    return "".join(c if c.isalnum() or c in "_+-." else "_" for c in name)


def stack(parts: Sequence[TrainingSet]) -> TrainingSet:
    """Several series' rows as one set. All must have the same columns."""
    return TrainingSet(
        parts[0].names,
        np.vstack([p.x for p in parts]),
        np.concatenate([p.target for p in parts]),
        np.concatenate([p.weight for p in parts]),
    )
