"""`gridlake bench forecast`: the daily forecast of a hundred series for 48 hours, and one served prediction.

Belongs here: the series, both sides and the clock. The series are made up (a daily and a weekly shape, noise, an operator who errs), because speed does not
depend on what they mean. The plain reference is last week's values with the quantiles of their own errors.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from gridlake.settings import Settings
from orchestration.bench import Side, in_own_process

SERIES, HISTORY_DAYS, HOURS = 100, 160, 48
SERVED = 300
LAST_DAY = int(np.datetime64("2025-06-02", "D").astype(int))  # the day of the issue
MOST_TRAINING_ROWS = 40_000


def measure(settings: Settings) -> dict[str, Any]:
    """Seconds of the daily forecast by the loaded model and by the plain reference, and milliseconds of one served prediction."""
    ours, plain = (in_own_process(__name__, f, series=SERIES) for f in ("desk", "naive"))
    served = in_own_process(__name__, "served", series=4)
    ratio = ours.seconds / plain.seconds if plain.seconds else float("nan")
    p95_ms = 1000 * served.seconds
    return {
        "headline": f"{SERIES} series x {HOURS} h in {ours.seconds:.2f} s, {ratio:.1f} times the plain reference; one served prediction p95 {p95_ms:.1f} ms",
        "sides": [ours.shown(), plain.shown()],
        "ratio": round(ratio, 2),
        "series": SERIES,
        "hours": HOURS,
        "served_p95_ms": round(p95_ms, 2),
        "served_predictions": SERVED,
    }  # fmt: skip


def made_up(count: int) -> list[Any]:
    """Hourly series in MW that reach through the two days after `LAST_DAY`; y is known until ten o'clock of it."""
    from ml.frame import Series

    hours = np.arange((HISTORY_DAYS + 3) * 24)
    start = np.datetime64(LAST_DAY - HISTORY_DAYS, "D").astype("datetime64[us]")
    made = []
    for number in range(count):
        rng = np.random.default_rng(number)
        shape = 10_000 + 2_000 * np.sin(2 * np.pi * (hours - 8) / 24) - 800 * (hours // 24 % 7 >= 5)
        load = shape + np.repeat(np.cumsum(rng.normal(0, 60, len(hours) // 24)), 24)
        operator = load * (1 + 0.03 * np.cos(2 * np.pi * hours / 24)) + rng.normal(0, 60, len(hours))
        y = load + rng.normal(0, 80, len(hours))
        y[(HISTORY_DAYS * 24) + 10 :] = np.nan
        made.append(Series(f"AREA{number:03d}", "UTC", start, 60, y, operator))
    return made


def opened(count: int) -> tuple[Any, list[Any]]:
    """A desk with a trained model that remembers the last weeks, and its series. This is done once, and is not what is measured."""
    from ml.desk import REMEMBERED_DAYS, Desk, Past
    from ml.features import build_rows
    from ml.models import LightGBM
    from ml.plan import Plan
    from ml.training import training_set

    plan = Plan(model="lightgbm", days_ahead=(1, 2), max_rows=MOST_TRAINING_ROWS)
    series = made_up(count)
    first = LAST_DAY - REMEMBERED_DAYS
    all_rows = [build_rows(s, days_ahead=plan.days_ahead, series_code=i, from_day=first) for i, s in enumerate(series)]
    issued = np.datetime64(LAST_DAY, "D").astype("datetime64[us]")
    model = LightGBM().fit(training_set(all_rows, issued, plan))
    desk = Desk(model, plan, tuple(s.series_id for s in series))
    for one, rows in zip(series, all_rows, strict=True):
        keep = np.flatnonzero((rows.issue_day < LAST_DAY) & np.isfinite(rows.scale))
        quantiles = rows.reference[keep, None] + rows.scale[keep, None] * model.predict_quantiles(rows.x[keep])
        desk.past[one.series_id] = Past.of(one, rows, keep, quantiles, quantiles)
    return desk, series


def desk(series: int) -> Side:
    """The day's issue: features, the model's quantiles and their calibration, for every series."""
    ready, known = opened(series)
    began = time.perf_counter()
    issued = ready.issue(known, LAST_DAY)
    return Side("champion model, loaded", time.perf_counter() - began, sum(len(q) for q in issued.values()), 0.0)


def naive(series: int) -> Side:
    """Last week's values and the quantiles of their errors by hour of day over twelve weeks."""
    from ml.models import QUANTILES

    known = made_up(series)
    began = time.perf_counter()
    rows = 0
    for one in known:
        week = 7 * 24
        error = one.y[week:] - one.y[:-week]
        by_hour = error[: len(error) // 24 * 24].reshape(-1, 24)[-85:]
        spread = np.nanquantile(by_hour, QUANTILES, axis=0).T
        at = (HISTORY_DAYS + 1) * 24 + np.arange(HOURS)
        rows += len(one.y[at - week][:, None] + spread[at % 24])
    return Side("last week's values", time.perf_counter() - began, rows, 0.0)


def served(series: int) -> Side:
    """The 95th percentile of single served predictions, in seconds, once everything is loaded."""
    ready, known = opened(series)
    ready.issue(known, LAST_DAY)
    taken = []
    for number in range(SERVED):
        began = time.perf_counter()
        ready.serve(known[number % len(known)].series_id)
        taken.append(time.perf_counter() - began)
    return Side("one served prediction, p95", float(np.quantile(taken, 0.95)), HOURS, 0.0)
