"""Point-in-time features of a forecast some hours ahead, issued at every full hour: what a row may know, and how it is said.

Belongs here: rows like those of `ml.features`, for issues within the day (real-time prices four hours ahead). Learning, calibration and
scoring are the same.

A row is (target interval t, issue at a full hour T at most some hours before it). It knows y and `past__` columns of intervals ended by T,
and `future__` columns up to the last interval that T forecasts; one named `future__<name>__<n>h` is known n hours before the interval it
speaks of begins, and no earlier. `reference` is the known-future column `day_ahead` where there is one (the
day-ahead price of a real-time price, cleared the day before), else the last known y; errors are (y - reference) / scale, where `scale`
is the mean of |y| of the last 168 hours known: prices cross zero, so that no ratio to them is any good.

Invariant, held by tests: values after an issue instant never change a row of that issue.
"""

from __future__ import annotations

import re
import warnings

import numpy as np

from gridlake.errors import UsageError
from ml.features import Rows, country_of, day_columns, holiday_flags, trailing_mean
from ml.frame import Array, Series, local_calendar

REFERENCE = "day_ahead"
LEVEL_HOURS = 168
TRAILING_HOURS = (2, 3, 6, 12, 24, 72, 168)
LAST_HOURS = (1, 2, 3, 4, 6)
SAME_HOUR_DAYS = (1, 2, 7)
NEIGHBOURS = (-2, -1, 1, 2, 3)

DESCRIPTIONS: dict[str, str] = {
    "series_code": "Series, as a number (only when series are pooled).",
    "lead_hours": "Hours from issue to the start of the target interval.",
    "hour, day_of_week, day_kind, annual_sin1, annual_cos1": "Local hour, weekday, kind of day and annual harmonic of the target.",
    "reference_level": "Reference over the mean of |y| of the last 168 known hours.",
    "reference_beside_<n>h": "Reference n hours beside the target minus that of the target; unknown beyond the hours forecast.",
    "reference_position": "Reference minus its mean over the 12 hours around the issue's last known one.",
    "error_last_<n>h": "Error of the reference n hours before the issue.",
    "error_trailing_<n>h": "Mean error over the last n known hours.",
    "error_spread_24h, error_spread_168h": "Standard deviation of the error over the last known hours.",
    "error_same_hour_<n>d": "Error at the target's hour n days before, where known.",
    "y_last": "Last known y minus the reference of the target.",
    "y_change_1h, y_change_3h": "Last known y minus that of 1 and 3 hours before.",
    "y_high_24h, y_low_24h": "Highest and lowest y of the last 24 known hours minus the reference of the target.",
    "future__<name>, future__<name>_error": "A known-future column at the target minus the reference; last known y minus the column's value then.",
    "past__<name>_last, past__<name>_change": "A past column's last known value, and minus that of an hour before.",
}


_KNOWN_AHEAD = re.compile(r"__(\d+)h$")


def known_ahead(name: str, step_minutes: int) -> float:
    """How many intervals before the start of its own a known-future column is known; without end where its name does not say.

    >>> known_ahead("predispatch_3__2h", 60), known_ahead("predispatch_3__2h", 30), known_ahead("load", 60)
    (2.0, 4.0, inf)
    """
    found = _KNOWN_AHEAD.search(name)
    return float(found[1]) * 60 / step_minutes if found else float("inf")


def build_intraday_rows(series: Series, hours_ahead: int, series_code: int = 0) -> Rows:
    """All feature rows of `series` for issues at every full hour and the intervals that start in the `hours_ahead` hours after it.

    Raises `UsageError` for a series whose hours do not hold whole intervals.
    """
    if 60 % series.step_minutes or series.starts_utc[0].astype("datetime64[h]") != series.starts_utc[0]:
        raise UsageError(
            f"{series.series_id} does not begin on a full hour of whole intervals.",
            "Cut it to full hours of 5, 15, 30 or 60 minutes.",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # means over no values are NaN, which is what they should be
        return _Builder(series, hours_ahead).rows(series_code)


class _Builder:
    """Running sums of one series, from which rows are gathered by index. `issue` is the number of intervals known to it."""

    def __init__(self, series: Series, hours_ahead: int) -> None:
        self.series = series
        self.per_hour = 60 // series.step_minutes
        size, lead = len(series), np.arange(hours_ahead * self.per_hour)
        issues = np.arange(self.per_hour, size, self.per_hour)
        at = (issues[:, None] + lead[None, :]).ravel()
        inside = at < size
        self.issue, self.at = np.repeat(issues, len(lead))[inside], at[inside]
        self.lead = self.at - self.issue
        self.last_known_future = self.issue + hours_ahead * self.per_hour - 1
        self.level = trailing_mean(np.abs(series.y), LEVEL_HOURS * self.per_hour)
        told = series.future.get(REFERENCE)
        self.reference = series.y[self.issue - 1] if told is None else told[self.at]
        self.scale = np.where(self.level[self.issue] > 0, self.level[self.issue], np.nan)
        # Errors of the past: of the reference itself, or of yesterday's same hour where the reference is the last known y.
        self.plain = told if told is not None else _before(series.y, 24 * self.per_hour)
        self.error = series.y - self.plain

    def rows(self, series_code: int) -> Rows:
        series, calendar = self.series, local_calendar(self.series)
        starts = series.starts_utc
        issued = starts[self.issue - 1] + series.step
        columns: dict[str, Array] = {"series_code": np.full(len(self.at), series_code)}
        columns["lead_hours"] = self.lead / self.per_hour
        columns |= self._calendar_columns(calendar.dates, calendar.day, calendar.slot)
        columns |= self._reference_columns()
        columns |= self._error_columns()
        columns |= self._value_columns()
        columns |= self._extra_columns()
        reference = np.where(np.isfinite(self.reference), self.reference, np.nan)
        return Rows(
            names=tuple(columns),
            x=np.column_stack([np.asarray(c, dtype=np.float32) for c in columns.values()]),
            target=(series.y[self.at] - reference) / self.scale,
            reference=reference,
            scale=np.where(np.isfinite(reference), self.scale, np.nan),
            at=self.at,
            day=calendar.day[self.at] + calendar.first_day,
            issue_day=calendar.day[self.issue - 1] + calendar.first_day,
            issued=issued,
            informed=issued,
            slot=calendar.slot[self.at],
            known_at=starts[self.at] + series.step,
            naive=series.y[self.issue - 1],
        )

    def _calendar_columns(self, dates: Array, day: Array, slot: Array) -> dict[str, Array]:
        holiday = holiday_flags(dates, country_of(self.series.series_id, self.series.tz))
        per_day = day_columns(dates, holiday)
        names = ("day_of_week", "day_kind", "annual_sin1", "annual_cos1")
        hour = slot[self.at] * self.series.step_minutes / 60
        return {"hour": hour} | {name: per_day[name][day[self.at]] for name in names}

    def _reference_columns(self) -> dict[str, Array]:
        columns = {"reference_level": self.reference / self.scale}
        if REFERENCE not in self.series.future:
            return columns
        told = self.series.future[REFERENCE]
        for hours in NEIGHBOURS:
            beside = self.at + hours * self.per_hour
            inside = (beside >= 0) & (beside <= self.last_known_future) & (beside < len(told))
            value = told[np.where(inside, beside, 0)]
            columns[f"reference_beside_{hours:+d}h"] = np.where(inside, (value - self.reference) / self.scale, np.nan)
        recent = trailing_mean(told, 12 * self.per_hour)[self.issue]
        columns["reference_position"] = (self.reference - recent) / self.scale
        return columns

    def _error_columns(self) -> dict[str, Array]:
        columns = {}
        for hours in LAST_HOURS:
            columns[f"error_last_{hours}h"] = _at(self.error, self.issue - hours * self.per_hour) / self.scale
        for hours in TRAILING_HOURS:
            columns[f"error_trailing_{hours}h"] = (
                trailing_mean(self.error, hours * self.per_hour)[self.issue] / self.scale
            )
        for hours in (24, 168):
            mean, square = (trailing_mean(v, hours * self.per_hour) for v in (self.error, self.error**2))
            columns[f"error_spread_{hours}h"] = np.sqrt(np.maximum(square - mean**2, 0.0))[self.issue] / self.scale
        for (
            days
        ) in SAME_HOUR_DAYS:  # at least a day before the target, and so before an issue less than a day before it
            columns[f"error_same_hour_{days}d"] = _at(self.error, self.at - days * 24 * self.per_hour) / self.scale
        return columns

    def _value_columns(self) -> dict[str, Array]:
        y, last = self.series.y, self.issue - 1
        day = np.lib.stride_tricks.sliding_window_view(
            np.concatenate((np.full(24 * self.per_hour, np.nan), y)), 24 * self.per_hour
        )
        high, low = np.nanmax(day, axis=1), np.nanmin(day, axis=1)  # entry i looks at the intervals before i
        return {
            "y_last": (y[last] - self.reference) / self.scale,
            "y_change_1h": (y[last] - _at(y, last - self.per_hour)) / self.scale,
            "y_change_3h": (y[last] - _at(y, last - 3 * self.per_hour)) / self.scale,
            "y_high_24h": (high[self.issue] - self.reference) / self.scale,
            "y_low_24h": (low[self.issue] - self.reference) / self.scale,
        }

    def _extra_columns(self) -> dict[str, Array]:
        columns: dict[str, Array] = {}
        for name, values in sorted(self.series.future.items()):
            if name == REFERENCE:
                continue
            known = self.lead <= known_ahead(name, self.series.step_minutes)
            told = np.where(known, values[self.at], np.nan)
            columns[f"future__{name}"] = (told - self.reference) / self.scale
            columns[f"future__{name}_error"] = (self.series.y[self.issue - 1] - values[self.issue - 1]) / self.scale
        for name, values in sorted(self.series.past.items()):
            columns[f"past__{name}_last"] = values[self.issue - 1]
            columns[f"past__{name}_change"] = values[self.issue - 1] - _at(values, self.issue - 1 - self.per_hour)
        return columns


def _before(values: Array, steps: int) -> Array:
    return _at(values, np.arange(len(values)) - steps)


def _at(values: Array, index: Array) -> Array:
    """Values at `index`, NaN before the first."""
    return np.where(index >= 0, values[np.maximum(index, 0)], np.nan)
