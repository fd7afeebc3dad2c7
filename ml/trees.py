"""Boosted trees on one row per day and slot of one series: the day-by-day expert that bends.

Belongs here: its rows and its fit. Where linear and neural experts see a whole day at once, this one sees an hour beside the day's summary
figures, all hours in one model.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from ml.daily import DAY_LAGS, WEEK, View
from ml.frame import Array
from ml.models import SEED, THREADS
from ml.transform import Stabiliser

LEAST_ROWS = 28
WEEKDAYS = 7


@dataclass(frozen=True)
class DailyTrees:
    """The settings; `windows` in days, one variant each. Objective: absolute error on the transformed scale."""

    name: str = "trees"
    windows: tuple[int, ...] = (1092,)
    rounds: int = 400
    learning_rate: float = 0.05
    num_leaves: int = 31
    min_data_in_leaf: int = 40
    feature_fraction: float = 0.5
    bagging_fraction: float = 0.7
    max_bin: int = 63

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
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        import lightgbm

        outputs = Stabiliser.of(view.y[known].reshape(-1, 1))
        target = outputs.forth(view.y[known].reshape(-1, 1))[:, 0]
        parameters = {
            "objective": "l1", "learning_rate": self.learning_rate, "num_leaves": self.num_leaves, "seed": SEED,
            "min_data_in_leaf": self.min_data_in_leaf, "feature_fraction": self.feature_fraction, "bagging_freq": 1,
            "bagging_fraction": self.bagging_fraction, "max_bin": self.max_bin, "num_threads": THREADS,
            "deterministic": True, "force_row_wise": True, "verbosity": -1,
        }  # fmt: skip
        booster = lightgbm.train(parameters, lightgbm.Dataset(slot_rows(view, known), target), self.rounds)
        relative = np.asarray(booster.predict(slot_rows(view, rows), num_threads=THREADS))
        return outputs.back(relative.reshape(-1, 1)).reshape(len(rows), view.slots)


def slot_rows(view: View, rows: Array) -> Array:
    """(rows x slots) x features, float32, for the target days at positions `rows`; slots vary fastest.

    Every column is known at the target day's issue: the last known day, earlier days, averages of the week, the known-future
    columns with their neighbours, their change and their day's summary, and the difference of the first two of them (residual load).
    """
    issue = rows - view.ahead
    slots, per_hour = view.slots, view.slots // view.latest.shape[1]

    def spread(hourly: Array) -> Array:
        return np.repeat(hourly, per_hour, axis=1)

    def whole(daily: Array) -> Array:
        return np.repeat(np.asarray(daily)[:, None], slots, axis=1)

    latest = view.latest[issue]
    columns = [np.tile(np.arange(slots), (len(rows), 1)), whole(view.calendar[rows, :WEEKDAYS].argmax(axis=1))]
    columns += [whole(view.calendar[rows, c]) for c in range(WEEKDAYS, view.calendar.shape[1])]
    columns += [spread(latest), spread(_beside(latest, 1)), spread(_beside(latest, -1)), view.y[rows - WEEK]]
    columns += [view.y[issue - k] for k in DAY_LAGS]
    columns += [whole(f(latest)) for f in (_mean, _low, _high, _last, _evening)]
    columns += [whole(_mean(view.y[issue - 1])), whole(_mean(view.y[rows - WEEK]))]
    week = np.stack([latest, *[view.latest[issue - k] for k in range(1, WEEK)]])
    columns += [spread(_mean(week, 0)), whole(_mean(_mean(week, 0))), whole(np.nanstd(_mean(week, 2), axis=0))]
    known_future = [np.stack([f[rows - k] for k in range(WEEK + 1)]) for f in view.future]
    if len(known_future) >= 2:
        known_future.append(known_future[0] - known_future[1])
    for days in known_future:
        here, before = days[0], days[1]
        columns += [spread(here), spread(here - before), spread(here - days[WEEK]), spread(here - _mean(days[1:], 0))]
        columns += [spread(_beside(here, 1) - here), spread(_beside(here, -1) - here)]
        columns += [whole(_mean(here)), whole(_mean(here) - _mean(before)), whole(_high(here)), whole(_low(here))]
    table = np.stack(columns, axis=-1).reshape(len(rows) * slots, -1)
    return table.astype(np.float32)


def _beside(hours: Array, steps: int) -> Array:
    """The value `steps` hours earlier; the day's first or last one beyond its ends."""
    index = np.clip(np.arange(hours.shape[1]) - steps, 0, hours.shape[1] - 1)
    return np.asarray(hours[:, index])


def _mean(values: Array, axis: int = 1) -> Array:
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=axis) / np.maximum(count, 1), np.nan)


def _low(values: Array) -> Array:
    return np.asarray(np.min(values, axis=1))


def _high(values: Array) -> Array:
    return np.asarray(np.max(values, axis=1))


def _last(values: Array) -> Array:
    return np.asarray(values[:, -1])


def _evening(values: Array) -> Array:
    return _mean(values[:, 20:])
