"""Honest rolling-origin backtests: every forecast from what was known at its issue instant, and nothing else.

Belongs here: which rows are scored, and against what. How forecasts are made in time is `ml.engine`, the scores are `ml.scoring`,
the probe that tries to catch a look ahead is `ml.probe`.
"""

from __future__ import annotations

import time as clock
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from gridlake.errors import UsageError
from ml.engine import Forecasts, Progress, Trainer, block_starts, forecast_days
from ml.features import Rows
from ml.frame import Array, Series
from ml.memo import Memo
from ml.models import MEDIAN, QUANTILES
from ml.plan import Plan
from ml.scoring import (
    against_references,
    coverage_by_slot,
    finite,
    pinball,
    rolling_error_quantiles,
    scored,
    summarise,
)
from ml.training import feature_rows, learnable, training_set

__all__ = [
    "BacktestResult", "Forecasts", "Plan", "Trainer", "block_starts", "feature_rows", "forecast_days", "learnable", "overall",
    "run_backtest", "seasonal_naive", "training_set",
]  # fmt: skip

NAIVE_WEEKS = 4
QUANTILE_COLUMNS = tuple(f"q{q:g}" for q in QUANTILES)


@dataclass(frozen=True)
class BacktestResult:
    """Scored rows (columns of the output file) and the summary as it is printed."""

    rows: pl.DataFrame
    summary: dict[str, Any]


def run_backtest(
    series: Sequence[Series],
    plan: Plan,
    *,
    test_from: date,
    test_to: date,
    probe: bool = False,
    memo: Memo | None = None,
    progress: Progress = lambda line: None,
) -> BacktestResult:
    """Backtest `plan` on the local days `test_from`..`test_to` (both included).

    Raises `UsageError` where there is too little history or nothing to score, `GridlakeError` (exit 4) where a probe finds
    that a value after an issue instant changed a forecast. What `memo` remembers is not computed again.
    """
    if test_to < test_from:
        raise UsageError(f"--test-to {test_to} is before --test-from {test_from}.", "Give the first day first.")
    _ = plan.recipe  # an unknown model is refused before any work
    began = clock.perf_counter()
    all_rows = feature_rows(series, plan)
    seconds_features = clock.perf_counter() - began
    first, last = (int(np.datetime64(d, "D").astype(int)) for d in (test_from, test_to))
    starts = block_starts(all_rows, first, last, plan)
    trainer = Trainer(plan, memo or Memo())
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
        "target": plan.target,
        "model": plan.model_name,
        "test_from": str(test_from),
        "test_to": str(test_to),
        "issue_time": "every hour" if plan.hours_ahead else plan.issue_time.strftime("%H:%M"),
        "y_known_until": plan.known_until,
        "operator_input": plan.use_operator,
        "days_ahead": list(plan.days_ahead),
        "hours_ahead": plan.hours_ahead,
        "retrain_days": plan.retrain_days,
        "operator_forecast_issue_is_assumed": any(s.operator is not None for s in series),
        "training_rows": trainer.rows,
        "remembered": trainer.memo.found,
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
    y = series.y[at]
    naive = seasonal_naive(series)[at] if rows.naive is None else rows.naive[index]
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
            **{f"reference__{name}": values[at] for name, values in series.references.items()},
        }
    ).with_columns(
        pl.col("operator_forecast", "naive", "^reference__.*$").fill_nan(None),
        pl.col("issued_at_utc", "timestamp_utc").cast(pl.Datetime("us")),
    )
    summary: dict[str, Any] = {"series_id": series.series_id}
    if len(at):
        summary |= summarise(y, quantiles, naive, operator, rows.day[index])
        summary["rows_without_forecast"] = int(due.sum() - keep.sum())
        published = {name: values[at] for name, values in series.references.items()}
        plain = rolling_error_quantiles(
            made.quantiles[:, MEDIAN], series.y[rows.at[made.index]], informed=rows.informed[made.index],
            known_at=rows.known_at[made.index], slot=rows.slot[made.index],
        )[keep]  # fmt: skip
        known = np.isfinite(plain).all(axis=1)
        summary["pinball_rolling_errors"] = pinball(y[known], plain[known]) if known.any() else float("nan")
        summary["pinball_there"] = pinball(y[known], quantiles[known]) if known.any() else float("nan")
        for percent in (80, 95):
            summary[f"coverage_{percent}_by_slot_pct"] = coverage_by_slot(y, quantiles, rows.slot[index], percent)
        summary["references"] = against_references(y, quantiles, published, rows.day[index])
        summary["mixture"] = made.regret(np.where(keep, series.y[rows.at[made.index]], np.nan))
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
