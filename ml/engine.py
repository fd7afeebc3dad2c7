"""How forecasts are made in time: blocks, trainings, experts, mixing and calibration, each from what was known at its issue.

Belongs here: the order of events. Features stand in `ml.features` and `ml.daily`, the experts in `ml.experts`, what is scored in
`ml.backtest`.

How time runs: the days to forecast are cut into blocks of about `retrain_days`. For each block tabular models are trained on all
rows whose outcome was known at the block's earliest issue, and daily experts are given a view that ends with the block's last issue.
A warm-up block before the first test day is forecast as well, so that weights and calibration start with realised errors; it is not
scored.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gridlake.errors import UsageError
from ml.calibration import calibrate
from ml.daily import DailySeries, View
from ml.experts import DailyExpert, Recipe
from ml.features import Rows
from ml.frame import Array, Series
from ml.memo import Memo, code_of, digest
from ml.models import MEDIAN, QUANTILES, Model, TrainingSet, make_model
from ml.online import mix, regret_summary
from ml.physics import dark, possible
from ml.plan import Plan
from ml.spread import error_quantiles, with_plain_errors
from ml.training import learnable, training_set

MINIMUM_TRAINING_DAYS = 60
WARMUP_BLOCK_DAYS = 91
DAILY_CODE = ("ml.daily", "ml.lasso", "ml.peers", "ml.transform")  # what every daily expert computes with
Progress = Callable[[str], None]


@dataclass
class Trainer:
    """Fits the plan's models, remembers what they predicted, and counts the time."""

    plan: Plan
    memo: Memo = field(default_factory=Memo)
    seconds_train: float = 0.0
    seconds_predict: float = 0.0
    rows: int = 0
    fingerprint: str = ""
    latest: Model | None = None
    _fitted: dict[str, Model] = field(default_factory=dict, repr=False)

    def fit(self, training: TrainingSet, name: str) -> Model:
        """A fitted model; equal rows train once."""
        key = name + training.fingerprint()
        began = clock.perf_counter()
        if key not in self._fitted:
            self._fitted[key] = make_model(name).fit(training)
        self.seconds_train += clock.perf_counter() - began
        self.latest = self._fitted[key]
        return self.latest

    def tabular(self, name: str, training: TrainingSet, x: Sequence[Array]) -> list[Array]:
        """Relative quantiles for every matrix in `x`, trained on `training` unless all of it is remembered."""
        self.rows, self.fingerprint = len(training), training.fingerprint()
        settings = repr((name, make_model(name).parameters(), code_of("ml.models")))
        made = []
        for rows in x:
            key = digest("tabular", settings, self.fingerprint, rows)
            made.append(self.memo.array(key, lambda rows=rows: self._predict(name, training, rows)))  # type: ignore[misc]
        return made

    def _predict(self, name: str, training: TrainingSet, x: Array) -> Array:
        model = self.fit(training, name)
        began = clock.perf_counter()
        quantiles = model.predict_quantiles(x)
        self.seconds_predict += clock.perf_counter() - began
        return quantiles

    def daily(self, expert: DailyExpert, daily: DailySeries, days: Array) -> Array:
        """days x variants x slots from the view of the last of `days`. Fitting and forecasting are one step here."""
        view = daily.view(int(days[-1]))
        key = digest("daily", repr(expert), code_of(type(expert).__module__, *DAILY_CODE), view.digest(), days)
        began = clock.perf_counter()
        made = self.memo.array(key, lambda: _alone(expert, view, days))
        self.seconds_train += clock.perf_counter() - began
        return made


def _alone(expert: DailyExpert, view: View, days: Array) -> Array:
    """The expert's forecasts with matrix products on one thread: small ones are faster so, and round alike on every machine load."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        return expert.forecast(view, days)


@dataclass(frozen=True)
class Forecasts:
    """Calibrated quantiles of one series: `quantiles[j]` belongs to row `index[j]` of its feature rows. `experts` are the points
    that were mixed (rows x experts, may be empty), `weights` their mean weights."""

    index: Array
    quantiles: Array
    names: tuple[str, ...] = ()
    experts: Array = field(default_factory=lambda: np.zeros((0, 0)))
    weights: Array = field(default_factory=lambda: np.zeros(0))
    point: Array = field(default_factory=lambda: np.zeros(0))  # the mix, before calibration
    base: Array = field(default_factory=lambda: np.zeros((0, len(QUANTILES))))  # quantiles before calibration

    def regret(self, y: Array) -> dict[str, Any] | None:
        """The mix against its best expert in hindsight; None where nothing was mixed. `y` has one entry per row."""
        return regret_summary(self.names, self.experts, self.point, y, self.weights) if self.names else None


def block_starts(all_rows: Sequence[Rows], first_day: int, last_day: int, plan: Plan) -> list[int]:
    """Local days (since 1970) on which models are trained anew for `first_day`..`last_day`.

    First come warm-up blocks of about 91 days: `warmup_days` before the first test day, as far as there is history to learn from.
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
    warmup = max(possible, first_day - plan.warmup_days)
    before = _cut(warmup, first_day - 1, WARMUP_BLOCK_DAYS) if warmup < first_day else []
    return [*before, *_cut(first_day, last_day, plan.retrain_days)]


def _cut(first: int, last: int, length: int) -> list[int]:
    """Starts of blocks of about `length` days."""
    days = last - first + 1
    even = -(-days // max(1, round(days / length)))
    return list(range(first, last + 1, even))


@dataclass
class _Collected:
    """What the experts said of one series so far, for the rows `index` (those of the days that are forecast)."""

    index: Array
    quantiles: Array  # of the first tabular expert, absolute
    points: list[Array]
    names: list[str]


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
    what = plan.recipe
    blocks = [(b, min(f - 1, last)) for b, f in zip(starts, [*starts[1:], last + 1], strict=True)]
    collected = [_collect(r, what, starts[0], last) for r in all_rows]
    daily = [_daily_series(series, code, plan) if what.daily else {} for code in range(len(series))]
    watch = _Watch(len(blocks), progress)
    for begin, end in blocks:
        watch.begin(f"{np.datetime64(begin, 'D')} .. {np.datetime64(end, 'D')}: training {plan.model_name}")
        for place, name in enumerate(what.tabular):
            _tabular_block(all_rows, collected, place, name, (begin, end), plan, trainer)
        for code, (one, rows) in enumerate(zip(daily, all_rows, strict=True)):
            column = len(what.tabular)
            for expert in what.daily:
                _daily_block(one, rows, collected[code], column, expert, (begin, end), plan, trainer)
                column += len(expert.variants)
        watch.done()
    return [_mixed(one, rows, c, what, plan) for one, rows, c in zip(series, all_rows, collected, strict=True)]


class _Watch:
    """Progress lines with the time that is left, judged by the blocks done."""

    def __init__(self, blocks: int, progress: Progress) -> None:
        self.blocks, self.progress, self.finished, self.began = blocks, progress, 0, clock.perf_counter()

    def begin(self, line: str) -> None:
        left = ""
        if self.finished:
            seconds = (clock.perf_counter() - self.began) / self.finished * (self.blocks - self.finished)
            left = f", about {seconds / 60:.0f} min left" if seconds >= 90 else f", about {seconds:.0f} s left"
        self.progress(f"{line} ({self.finished + 1}/{self.blocks}{left})")

    def done(self) -> None:
        self.finished += 1


def _collect(rows: Rows, what: Recipe, first: int, last: int) -> _Collected:
    index = np.flatnonzero((rows.day >= first) & (rows.day <= last) & np.isfinite(rows.scale))
    names = [*what.tabular, *(v for expert in what.daily for v in expert.variants)]
    points = [np.full(len(index), np.nan) for _ in names]
    if what.reference:
        names.append("reference")
        points.append(rows.reference[index])
    return _Collected(index, np.full((len(index), len(QUANTILES)), np.nan), points, names)


def _daily_series(series: Sequence[Series], code: int, plan: Plan) -> dict[int, DailySeries]:
    return {
        ahead: DailySeries(
            series[code], issue_time=plan.issue_time, known_until=plan.known_until, use_operator=plan.use_operator,
            ahead=ahead, last_ahead=max(plan.days_ahead), others=[s for c, s in enumerate(series) if c != code],
        )
        for ahead in plan.days_ahead
    }  # fmt: skip


def _tabular_block(
    all_rows: Sequence[Rows],
    collected: Sequence[_Collected],
    place: int,
    name: str,
    days: tuple[int, int],
    plan: Plan,
    trainer: Trainer,
) -> None:
    chosen = [
        (r.day[c.index] >= days[0]) & (r.day[c.index] <= days[1]) for r, c in zip(all_rows, collected, strict=True)
    ]
    mine = [c.index[k] for c, k in zip(collected, chosen, strict=True)]
    issues = [r.informed[i].min() for r, i in zip(all_rows, mine, strict=True) if len(i)]
    if not issues:
        return
    training = training_set(all_rows, min(issues), plan)
    if not len(training):
        return
    predicted = trainer.tabular(name, training, [r.x[i] for r, i in zip(all_rows, mine, strict=True)])
    for rows, i, keep, into, relative in zip(all_rows, mine, chosen, collected, predicted, strict=True):
        absolute = rows.reference[i, None] + rows.scale[i, None] * relative
        into.points[place][keep] = absolute[:, MEDIAN]
        if place == 0:
            into.quantiles[keep] = absolute


def _daily_block(
    daily: dict[int, DailySeries],
    rows: Rows,
    into: _Collected,
    column: int,
    expert: DailyExpert,
    days: tuple[int, int],
    plan: Plan,
    trainer: Trainer,
) -> None:
    for ahead, one in daily.items():
        targets = np.array([d for d in range(days[0], days[1] + 1) if one.fits(d)], dtype=int)
        if not len(targets):
            continue
        made = trainer.daily(expert, one, targets)
        day = rows.day[into.index]
        keep = (day - rows.issue_day[into.index] == ahead) & (day >= targets[0]) & (day <= targets[-1])
        at = (day[keep] - targets[0], rows.slot[into.index][keep])
        for variant in range(len(expert.variants)):
            into.points[column + variant][keep] = made[:, variant][at]


def _mixed(series: Series, rows: Rows, collected: _Collected, what: Recipe, plan: Plan) -> Forecasts:
    """The experts of one series mixed, given quantiles and calibrated."""
    index = collected.index
    if not len(index):
        return Forecasts(index, np.zeros((0, len(QUANTILES))))
    counts = learnable(rows)[index] & ~dark(series, rows.at[index], plan.target)
    y = np.where(counts, series.y[rows.at[index]], np.nan)
    if not what.mixed:
        return _calibrated(series, rows, index, y, collected.quantiles, plan)
    issued, known_at, slot = rows.informed[index], rows.known_at[index], rows.slot[index]
    experts = np.column_stack(collected.points)
    mixture = mix(
        experts, y, issued=issued, known_at=known_at, slot=slot, slots=series.slots_per_day, settings=plan.weighting
    )
    if what.tabular:
        quantiles = with_plain_errors(
            collected.quantiles + (mixture.point - collected.quantiles[:, MEDIAN])[:, None], y,
            issue_day=rows.issue_day[index], issued=issued, known_at=known_at, slot=slot, settings=plan.spread,
        )  # fmt: skip
    else:
        quantiles = error_quantiles(
            mixture.point, mixture.spread, y, issue_day=rows.issue_day[index], issued=issued, known_at=known_at,
            slot=slot, slots=series.slots_per_day, settings=plan.spread,
        )  # fmt: skip
    made = _calibrated(series, rows, index, y, quantiles, plan)
    kept = np.isin(index, made.index)
    return replace(
        made, names=tuple(collected.names), experts=experts[kept], weights=mixture.weights, point=mixture.point[kept]
    )


def _calibrated(series: Series, rows: Rows, index: Array, y: Array, quantiles: Array, plan: Plan) -> Forecasts:
    """Rows without a forecast are left out."""
    some = np.isfinite(quantiles).all(axis=1)
    index, y, quantiles = index[some], y[some], quantiles[some]
    if not len(index):
        return Forecasts(index, quantiles)
    calibrated = calibrate(
        quantiles, y, issue_day=rows.issue_day[index], issued=rows.informed[index], known_at=rows.known_at[index],
        slot=rows.slot[index], slots_per_day=series.slots_per_day, settings=plan.calibration,
    )  # fmt: skip
    return Forecasts(index, possible(calibrated, series, rows.at[index], plan.target), base=quantiles)
