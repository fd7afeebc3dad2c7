"""Honest rolling-origin backtests: every forecast from what was known at its issue instant, and nothing else.

Belongs here: the order of training, forecasting and calibrating in time, which rows are scored, and the probe that tries to
catch a look ahead. Features stand in `ml.features`, scores in `ml.scoring`.

How time runs: the days to forecast are cut into blocks of about `retrain_days`. For each block one model is trained on all
rows whose outcome was known at the block's earliest issue. A warm-up block before the first test day is forecast as well, so
that the calibration starts with realised errors; it is not scored.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

import numpy as np
import polars as pl

from gridlake.errors import UsageError
from ml.calibration import Conformal, calibrate
from ml.features import Rows, build_rows
from ml.frame import Array, Series
from ml.models import CHAMPION, QUANTILES, LoadModel, TrainingSet, make_model, stack
from ml.scoring import SCORED_OPERATOR_RATIO, finite, scored, summarise

MINIMUM_TRAINING_DAYS = 60
NAIVE_WEEKS = 4
QUANTILE_COLUMNS = tuple(f"q{q:g}" for q in QUANTILES)


@dataclass(frozen=True)
class Plan:
    """How a backtest runs. Days count local days; `train_days` None means all history."""

    model: str = "champion"
    issue_time: time = time(10, 0)
    known_until: str = "issue"
    use_operator: bool = True
    days_ahead: tuple[int, ...] = (1,)
    retrain_days: int = 28
    train_days: int | None = None
    warmup_days: int = 84
    conformal: Conformal = field(default_factory=Conformal)

    @property
    def model_name(self) -> str:
        return CHAMPION if self.model == "champion" else self.model


@dataclass
class Trainer:
    """Fits models and remembers them by the fingerprint of their training rows, so that equal rows train once."""

    name: str
    seconds_train: float = 0.0
    seconds_predict: float = 0.0
    rows: int = 0
    fingerprint: str = ""
    _fitted: dict[str, LoadModel] = field(default_factory=dict)
    latest: LoadModel | None = None

    def fit(self, training: TrainingSet) -> LoadModel:
        began = clock.perf_counter()
        key = training.fingerprint()
        if key not in self._fitted:
            self._fitted[key] = make_model(self.name).fit(training)
        self.seconds_train += clock.perf_counter() - began
        self.rows, self.fingerprint = len(training), key
        self.latest = self._fitted[key]
        return self.latest

    def predict(self, model: LoadModel, x: Array) -> Array:
        began = clock.perf_counter()
        quantiles = model.predict(x)
        self.seconds_predict += clock.perf_counter() - began
        return quantiles


@dataclass(frozen=True)
class Forecasts:
    """Calibrated quantiles of one series: `quantiles[j]` belongs to row `index[j]` of its feature rows."""

    index: Array
    quantiles: Array


@dataclass(frozen=True)
class BacktestResult:
    """Scored rows (columns of the output file) and the summary as it is printed."""

    rows: pl.DataFrame
    summary: dict[str, Any]


Progress = Callable[[str], None]


def feature_rows(series: Sequence[Series], plan: Plan) -> list[Rows]:
    """The feature rows of every series; a series' place in `series` is its code."""
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
    has_operator = rows.x[:, rows.names.index("has_operator")] > 0
    outcome = np.isfinite(rows.target) & np.isfinite(rows.scale)
    ratio = 1 + rows.target  # y over the reference, where the reference is the scale
    with np.errstate(invalid="ignore"):
        return outcome & (~has_operator | ((ratio >= 1 / high) & (ratio <= 1 / low)))


def training_set(all_rows: Sequence[Rows], cutoff: np.datetime64, plan: Plan) -> TrainingSet:
    """What was known at `cutoff` (naive UTC), over all series."""
    names = all_rows[0].names
    parts = []
    for rows in all_rows:
        if rows.names != names:
            strange = sorted(set(names) ^ set(rows.names))
            raise UsageError(
                f"Series differ in their features: {', '.join(strange)}.", "Give all series the same columns."
            )
        keep = learnable(rows) & (rows.known_at <= cutoff)
        if plan.train_days is not None:
            keep &= rows.known_at > cutoff - np.timedelta64(plan.train_days, "D")
        parts.append(TrainingSet(names, rows.x[keep], rows.target[keep], np.ones(int(keep.sum()))))
    return stack(parts)


def block_starts(all_rows: Sequence[Rows], first_day: int, last_day: int, plan: Plan) -> list[int]:
    """Local days (since 1970) on which a model is trained anew for `first_day`..`last_day`.

    The first block is the warm-up: up to `warmup_days` before the first test day, as far as there is history to learn from.
    The others are near `retrain_days` long, so that no short one is left over. Raises `UsageError` where the history before
    the first test day is too short to learn from.
    """
    with_outcome = [r.day[learnable(r)] for r in all_rows]
    earliest = min((int(d.min()) for d in with_outcome if len(d)), default=first_day)
    possible = earliest + MINIMUM_TRAINING_DAYS + max(plan.days_ahead)
    if possible > first_day:
        raise UsageError(
            f"There are {max(first_day - earliest, 0)} days of history before the first test day.",
            f"At least {MINIMUM_TRAINING_DAYS + max(plan.days_ahead)} are needed: move --test-from or give more history.",
        )
    days = last_day - first_day + 1
    blocks = max(1, round(days / plan.retrain_days))
    length = -(-days // blocks)
    warmup = max(possible, first_day - plan.warmup_days)
    return [*([warmup] if warmup < first_day else []), *range(first_day, last_day + 1, length)]


def forecast_days(
    series: Sequence[Series],
    all_rows: Sequence[Rows],
    plan: Plan,
    trainer: Trainer,
    starts: Sequence[int],
    last: int,
    progress: Progress,
) -> list[Forecasts]:
    """Calibrated forecasts for the local days `starts[0]`..`last` (since 1970); each of `starts` begins a block."""
    picked: list[list[Array]] = [[] for _ in series]
    predicted: list[list[Array]] = [[] for _ in series]
    for begin, following in zip(starts, [*starts[1:], last + 1], strict=True):
        end = min(following - 1, last)
        chosen = [np.flatnonzero((r.day >= begin) & (r.day <= end) & np.isfinite(r.scale)) for r in all_rows]
        issues = [r.issued[c].min() for r, c in zip(all_rows, chosen, strict=True) if len(c)]
        if not issues:
            continue
        progress(f"{np.datetime64(begin, 'D')} .. {np.datetime64(end, 'D')}: training {plan.model_name}")
        model = trainer.fit(training_set(all_rows, min(issues), plan))
        for code, (rows, index) in enumerate(zip(all_rows, chosen, strict=True)):
            if len(index):
                relative = trainer.predict(model, rows.x[index])
                picked[code].append(index)
                predicted[code].append(rows.reference[index, None] + rows.scale[index, None] * relative)
    return [
        _calibrated(one, rows, np.concatenate(i), np.vstack(q), plan.conformal)
        if i
        else Forecasts(np.zeros(0, dtype=int), np.zeros((0, len(QUANTILES))))
        for one, rows, i, q in zip(series, all_rows, picked, predicted, strict=True)
    ]


def _calibrated(series: Series, rows: Rows, index: Array, quantiles: Array, settings: Conformal) -> Forecasts:
    plausible = learnable(rows)[index]
    calibrated = calibrate(
        quantiles,
        np.where(plausible, series.y[rows.at[index]], np.nan),
        issue_day=rows.issue_day[index],
        issued=rows.issued[index],
        known_at=rows.known_at[index],
        slot=rows.slot[index],
        slots_per_day=series.slots_per_day,
        settings=settings,
    )
    return Forecasts(index, calibrated)


def run_backtest(
    series: Sequence[Series],
    plan: Plan,
    *,
    test_from: date,
    test_to: date,
    probe: bool = False,
    progress: Progress = lambda line: None,
) -> BacktestResult:
    """Backtest `plan` on the local days `test_from`..`test_to` (both included).

    Raises `UsageError` where there is too little history or nothing to score, `GridlakeError` (exit 4) where a probe finds
    that a value after an issue instant changed a forecast.
    """
    if test_to < test_from:
        raise UsageError(f"--test-to {test_to} is before --test-from {test_from}.", "Give the first day first.")
    make_model(plan.model)
    began = clock.perf_counter()
    all_rows = feature_rows(series, plan)
    seconds_features = clock.perf_counter() - began
    first, last = (int(np.datetime64(d, "D").astype(int)) for d in (test_from, test_to))
    starts = block_starts(all_rows, first, last, plan)
    trainer = Trainer(plan.model)
    forecasts = forecast_days(series, all_rows, plan, trainer, starts, last, progress)
    seconds = {"features": seconds_features, "train": trainer.seconds_train, "predict": trainer.seconds_predict}
    tables, summaries = [], []
    for one, rows, made in zip(series, all_rows, forecasts, strict=True):
        scored_rows, summary = _score(one, rows, made, first, last, plan)
        if scored_rows.is_empty():
            progress(f"{one.series_id}: nothing to score in {test_from} .. {test_to}")
            continue
        share = 1 / len(series)
        summary |= {"seconds_train": trainer.seconds_train * share, "seconds_predict": trainer.seconds_predict * share}
        tables.append(scored_rows)
        summaries.append(summary)
    if not tables:
        raise UsageError(f"No row between {test_from} and {test_to} can be scored.", "Choose days that have y.")
    summary_all: dict[str, Any] = {
        "target": "load",
        "model": plan.model_name,
        "test_from": str(test_from),
        "test_to": str(test_to),
        "issue_time": plan.issue_time.strftime("%H:%M"),
        "y_known_until": plan.known_until,
        "operator_input": plan.use_operator,
        "days_ahead": list(plan.days_ahead),
        "retrain_days": plan.retrain_days,
        "operator_forecast_issue_is_assumed": any(s.operator is not None for s in series),
        "training_rows": trainer.rows,
        "series": summaries,
        "overall": overall(summaries),
    }
    if probe:
        from ml.probe import probe_look_ahead

        summary_all["probe"] = probe_look_ahead(
            series, all_rows, forecasts, plan, trainer, starts, (first, last), progress
        )
    seconds["total"] = clock.perf_counter() - began
    summary_all["seconds"] = {k: round(v, 2) for k, v in seconds.items()}
    return BacktestResult(pl.concat(tables), finite(summary_all))


def seasonal_naive(series: Series) -> Array:
    """y of 168 hours before; where that is missing, of two, three or four weeks before."""
    week = 7 * series.slots_per_day
    naive = np.full(len(series), np.nan)
    for weeks in range(1, NAIVE_WEEKS + 1):
        shifted = np.full(len(series), np.nan)
        shifted[weeks * week :] = series.y[: max(len(series) - weeks * week, 0)]
        naive = np.where(np.isfinite(naive), naive, shifted)
    return naive


def _score(
    series: Series, rows: Rows, made: Forecasts, first: int, last: int, plan: Plan
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The scored rows of one series as the output file has them, and their scores."""
    due = np.isfinite(series.y[rows.at]) & (rows.day >= first) & (rows.day <= last)
    due &= scored(series.y[rows.at], None if series.operator is None else series.operator[rows.at])
    keep = due[made.index]
    index, quantiles = made.index[keep], made.quantiles[keep]
    at = rows.at[index]
    y, naive = series.y[at], seasonal_naive(series)[at]
    operator = None if series.operator is None else series.operator[at]
    table = pl.DataFrame(
        {
            "series_id": [series.series_id] * len(at),
            "issued_at_utc": rows.issued[index],
            "timestamp_utc": series.starts_utc[at],
            "y": y,
            **{name: quantiles[:, i] for i, name in enumerate(QUANTILE_COLUMNS)},
            "model": [plan.model_name] * len(at),
            "operator_forecast": operator if operator is not None else np.full(len(at), np.nan),
            "naive": naive,
        }
    ).with_columns(
        pl.col("operator_forecast", "naive").fill_nan(None),
        pl.col("issued_at_utc", "timestamp_utc").cast(pl.Datetime("us")),
    )
    summary: dict[str, Any] = {"series_id": series.series_id}
    if len(at):
        summary |= summarise(y, quantiles, naive, operator, rows.day[index])
        summary["rows_without_forecast"] = int(due.sum() - keep.sum())
    return table, summary


def overall(summaries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means over series; `mape_ratio` = mean of ours over mean of the operators', on the series that have one.

    Coverage is over all rows.
    """

    def mean(name: str, among: Sequence[dict[str, Any]]) -> float:
        return float(np.mean([s[name] for s in among])) if among else float("nan")

    with_operator = [s for s in summaries if np.isfinite(s["operator_mape_pct"])]
    rows = np.array([s["rows"] for s in summaries], dtype=float)
    result: dict[str, Any] = {"rows": int(rows.sum())}
    result |= {n: mean(n, summaries) for n in ("mape_pct", "naive_mape_pct", "rmae")}
    result["operator_mape_pct"] = mean("operator_mape_pct", with_operator)
    result["mape_ratio"] = (
        mean("mape_pct", with_operator) / result["operator_mape_pct"] if with_operator else float("nan")
    )
    for percent in (80, 95):
        values = np.array([s[f"coverage_{percent}_pct"] for s in summaries])
        result[f"coverage_{percent}_pct"] = float((values * rows).sum() / rows.sum())
    return result
