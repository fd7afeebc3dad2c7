"""The forecast desk: a trained model kept loaded, with what calibration has to remember, so that a day's forecasts take seconds.

Belongs here: the daily issue of many series and the single forecast served from it. Training and backtests are `ml.engine`; the numbers are
the same, because features, model and calibration are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ml.calibration import Conformal, calibrate
from ml.features import Rows, build_rows
from ml.frame import Array, Series
from ml.models import Model, monotone
from ml.physics import possible
from ml.plan import Plan

HISTORY_DAYS = (
    70  # the longest look back of a feature, 28 days of errors against a reference of two weeks before, and room
)
REMEMBERED_DAYS = Conformal().window_days


@dataclass
class Past:
    """The forecasts of a series that calibration looks back on; rows of equal length. `quantiles` before, `calibrated` after calibration."""

    starts: Array
    quantiles: Array
    calibrated: Array
    issue_day: Array
    informed: Array
    known_at: Array
    slot: Array

    @staticmethod
    def of(series: Series, rows: Rows, keep: Array, quantiles: Array, calibrated: Array) -> Past:
        """From the feature rows at `keep` and their quantiles."""
        return Past(
            series.starts_utc[rows.at[keep]], quantiles, calibrated, rows.issue_day[keep], rows.informed[keep], rows.known_at[keep],
            rows.slot[keep],
        )  # fmt: skip

    def joined(self, new: Past) -> Past:
        """Both, without what is older than calibration looks back."""
        recent = self.issue_day > new.issue_day.max() - REMEMBERED_DAYS - 2
        return Past(*(np.concatenate((a[recent], b)) for a, b in zip(vars(self).values(), vars(new).values(), strict=True)))  # fmt: skip


@dataclass(frozen=True)
class Issue:
    """The newest forecast of a series: `quantiles` (intervals x 7) for the intervals at `starts` (naive UTC), and what it was made from."""

    starts: Array
    quantiles: Array
    x: Array
    reference: Array
    scale: Array
    correction: Array  # in units of the model's own 80 % width
    dark: Array


@dataclass
class Desk:
    """A model, its plan, and what is remembered of each series. A series' place among the zones it was trained on is its number."""

    model: Model
    plan: Plan
    zones: tuple[str, ...]
    past: dict[str, Past] = field(default_factory=dict)
    issues: dict[str, Issue] = field(default_factory=dict)

    def issue(self, series: Sequence[Series], day: int) -> dict[str, Array]:
        """Calibrated quantiles of every series, issued on local day `day` (since 1970) for the days after it. Series reach through those days; y after
        the issue is not looked at.
        """
        return {one.series_id: self._issue(one, day) for one in series}

    def _issue(self, series: Series, day: int) -> Array:
        plan = self.plan
        tail = _tail(series, day)
        rows = build_rows(
            tail, issue_time=plan.issue_time, known_until=plan.known_until, use_operator=plan.use_operator, days_ahead=plan.days_ahead,
            series_code=self.zones.index(series.series_id), from_day=day + 1,
        )  # fmt: skip
        keep = np.flatnonzero((rows.issue_day == day) & np.isfinite(rows.scale))
        x, reference, scale = rows.x[keep], rows.reference[keep], rows.scale[keep]
        base = reference[:, None] + scale[:, None] * self.model.predict_quantiles(x)
        past = self.past.get(series.series_id)
        new = Past.of(tail, rows, keep, base, np.full_like(base, np.nan))
        both = new if past is None else past.joined(new)
        calibrated = calibrate(
            both.quantiles, _values(series, both.starts), issue_day=both.issue_day, issued=both.informed, known_at=both.known_at,
            slot=both.slot, slots_per_day=series.slots_per_day, settings=plan.calibration, given=both.calibrated,
        )  # fmt: skip
        own = calibrated[len(calibrated) - len(keep) :]
        width = np.maximum(base[:, 5] - base[:, 1], 1e-9)
        correction = (own - base) / width[:, None]
        both.calibrated = calibrated
        self.past[series.series_id] = both
        bounded = possible(own.copy(), tail, rows.at[keep], plan.target)
        night = (bounded == 0).all(axis=1)
        self.issues[series.series_id] = Issue(new.starts, bounded, x, reference, scale, correction, night)
        return bounded

    def serve(self, series_id: str) -> Array:
        """The newest forecast of one series, worked out from the loaded model: what an application asks for."""
        issue = self.issues[series_id]
        base = issue.reference[:, None] + issue.scale[:, None] * self.model.predict_quantiles(issue.x)
        width = np.maximum(base[:, 5] - base[:, 1], 1e-9)
        quantiles = monotone(base + width[:, None] * issue.correction)
        if self.plan.target in ("solar", "wind"):
            quantiles = np.maximum(quantiles, 0.0)
            quantiles[issue.dark] = 0.0
        return quantiles


def _tail(series: Series, day: int) -> Series:
    """The end of a series that the features of an issue on `day` look at."""
    first = np.datetime64(day - HISTORY_DAYS, "D").astype("datetime64[us]")
    cut = int(np.clip((first - series.start.astype("datetime64[us]")) // series.step, 0, len(series)))

    def end(values: Array) -> Array:
        return values[cut:]

    return series.with_values(
        start=series.starts_utc[cut] if cut else series.start, y=end(series.y), operator=None if series.operator is None else end(series.operator),
        future={n: end(v) for n, v in series.future.items()}, past={n: end(v) for n, v in series.past.items()},
        references={n: end(v) for n, v in series.references.items()},
    )  # fmt: skip


def _values(series: Series, starts: Array) -> Array:
    """y of the intervals at `starts`, NaN where the series does not reach."""
    at = (starts - series.start.astype("datetime64[us]")) // series.step
    inside = (at >= 0) & (at < len(series))
    values = np.full(len(starts), np.nan)
    values[inside] = series.y[at[inside]]
    return values
