"""A series as one row per local day: what the day-by-day experts (LASSO, neural network) learn from.

Belongs here: days x slots matrices, what of them an issue knows, and the wide feature row of a target day. Learning from
them stands in `ml.lear` and `ml.neural`.

A target day d is issued on day i = d - k. Its row holds the last known value of every hour (the issue day's where it had ended
by the issue instant, else the day before's), the two complete days before the issue day, the same weekday a week before the
target, the known-future columns of d, d - 1 and d - 7, and the calendar of d.

Invariant, by construction: a `View` of an issue day holds no outcome that ended after that day's issue instant and no
known-future value beyond the last day that issue forecasts. An expert that is given a view cannot look ahead of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

import numpy as np

from ml.features import country_of, holiday_flags
from ml.frame import Array, Series, issue_instants, local_calendar
from ml.peers import peer_columns

HOURS = 24
DAY_LAGS = (1, 2)  # complete days before the issue day
WEEK = 7
FIRST_USABLE_DAY = WEEK + 1


@dataclass(frozen=True)
class View:
    """What an issue may know of one series, days x slots; NaN where nothing is known.

    y: outcomes, days x slots; latest: per day the last known value of each slot as its own issue knew it; future: columns
    x days x hours; calendar: days x columns. Row r is the local day `first_day + r` (days since 1970). `ahead` is the distance
    of target and issue day, `whole_issue_day` whether an issue knows all of its own day.
    """

    first_day: int
    ahead: int
    whole_issue_day: bool
    y: Array
    latest: Array
    future: Array
    calendar: Array
    peers: Array  # days x figures of other series, as each day's own issue knew them

    @property
    def slots(self) -> int:
        return int(self.y.shape[1])

    def digest(self) -> str:
        """A hash of every value: equal views give equal forecasts."""
        digest = hashlib.blake2b(
            f"{self.first_day} {self.ahead} {self.whole_issue_day} {self.y.shape}".encode(), digest_size=16
        )
        for part in (self.y, self.latest, self.future, self.calendar, self.peers):
            digest.update(np.ascontiguousarray(part).data)
        return digest.hexdigest()

    def row(self, day: int) -> int:
        return day - self.first_day

    def known_rows(self, target: int, window: int) -> Array:
        """Positions of the last `window` days whose outcomes the issue of `target` (days since 1970) knew in full."""
        end = self.row(target) - self.ahead + (1 if self.whole_issue_day else 0)
        first = FIRST_USABLE_DAY + self.ahead
        rows = np.arange(min(max(end - window, first), max(end, first)), max(end, first))
        return rows[np.isfinite(self.y[rows]).all(axis=1)]

    def wide(self, rows: Array, *, peers: bool = False) -> Array:
        """Feature rows of the target days at `rows` (positions): len(rows) x columns, without the calendar.

        Columns: latest, the two days before the issue day, the week before, then each known-future column at d, d - 1, d - 7,
        24 each; with `peers` what other series were doing at issue. A value that is not known is NaN. Rows must be at least `FIRST_USABLE_DAY + ahead`.
        """
        issue = rows - self.ahead
        parts = [self.latest[issue], *[hourly(self.y[issue - k]) for k in DAY_LAGS], hourly(self.y[rows - WEEK])]
        for column in self.future:
            parts += [column[rows], column[rows - 1], column[rows - WEEK]]
        return np.hstack([*parts, self.peers[issue]] if peers else parts)


def hourly(cells: Array) -> Array:
    """Days x slots as days x 24: the mean of an hour's slots, NaN where none is known."""
    per_hour = cells.shape[1] // HOURS
    if per_hour == 1:
        return cells
    split = cells.reshape(len(cells), HOURS, per_hour)
    known = np.isfinite(split)
    count = known.sum(axis=2)
    return np.where(count > 0, np.where(known, split, 0.0).sum(axis=2) / np.maximum(count, 1), np.nan)


class DailySeries:
    """The days of one series, from which views are cut.

    `others` are the series beside it, for experts that look at peers. Slots are wall-clock slots; the slot that a spring day skips takes the mean of its neighbours, the one an autumn day repeats the mean
    of both passes.
    """

    def __init__(
        self,
        series: Series,
        *,
        issue_time: time,
        known_until: str,
        use_operator: bool,
        ahead: int,
        last_ahead: int,
        others: Sequence[Series] = (),
    ) -> None:
        self.series, self.ahead, self.last_ahead = series, ahead, last_ahead
        calendar = local_calendar(series)
        self.first_day, self.n_days, self.slots = calendar.first_day, calendar.n_days, series.slots_per_day
        issued = issue_instants(calendar, series.tz, issue_time)
        ends = series.starts_utc + series.step
        flat = calendar.day * self.slots + calendar.slot
        self.y = _bridge(_cells(series.y, flat, self.n_days, self.slots))
        latest_end = np.full(self.n_days * self.slots, np.datetime64("1900-01-01", "us"))
        np.maximum.at(latest_end, flat, ends)
        ended: Array = latest_end.reshape(self.n_days, self.slots)
        # A slot the clock skips has no end of its own: it counts as known with the slot before.
        ended = np.maximum.accumulate(ended, axis=1)
        limit = issued if known_until == "issue" else ended.max(axis=1)
        self.whole_issue_day = known_until != "issue"
        self.known_at_issue = ended <= limit[:, None]
        columns = dict(sorted(series.future.items()))
        if use_operator and series.operator is not None:
            columns = {"operator": series.operator} | columns
        self.future = np.zeros((len(columns), self.n_days, HOURS))
        for place, values in enumerate(columns.values()):
            self.future[place] = _fill_days(hourly(_bridge(_cells(values, flat, self.n_days, self.slots))))
        self.peers = peer_columns(
            [series, *others], 0, limit if known_until == "issue" else np.maximum.accumulate(limit)
        )
        self.calendar = _calendar_columns(series, self.first_day, self.n_days)
        self.latest = self._latest()

    def _latest(self) -> Array:
        """Per issue day the last known value of each hour: the issue day's own where known, else up to a week back."""
        latest = np.where(self.known_at_issue, self.y, np.nan)
        for days in range(1, WEEK + 1):
            before = np.full_like(self.y, np.nan)
            before[days:] = self.y[: len(self.y) - days]
            latest = np.where(np.isfinite(latest), latest, before)
        return hourly(latest)

    def view(self, last_target: int) -> View:
        """What the issue of the target day `last_target` (days since 1970) knows."""
        issue = last_target - self.ahead - self.first_day
        end = min(issue + self.last_ahead + 1, self.n_days)
        y = np.full((end, self.slots), np.nan)
        y[:issue] = self.y[:issue]
        y[issue] = np.where(self.known_at_issue[issue], self.y[issue], np.nan)
        latest = np.full((end, HOURS), np.nan)
        latest[: issue + 1] = self.latest[: issue + 1]
        peers = np.full((end, self.peers.shape[1]), np.nan)
        peers[: issue + 1] = self.peers[: issue + 1]
        return View(
            self.first_day,
            self.ahead,
            self.whole_issue_day,
            y,
            latest,
            self.future[:, :end],
            self.calendar[:end],
            peers,
        )

    def fits(self, target: int) -> bool:
        """Whether the local day `target` lies on the series' calendar with enough days before it."""
        return FIRST_USABLE_DAY + self.ahead <= target - self.first_day < self.n_days


def _cells(values: Array, flat: Array, n_days: int, slots: int) -> Array:
    ok = np.isfinite(values)
    total = np.bincount(flat[ok], values[ok], n_days * slots)
    count = np.bincount(flat[ok], minlength=n_days * slots)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).reshape(n_days, slots)


def _bridge(cells: Array) -> Array:
    """One missing slot between two known ones of the same day takes their mean (the hour that spring skips)."""
    left, right = cells[:, :-2], cells[:, 2:]
    middle = cells[:, 1:-1]
    filled = cells.copy()
    gap = ~np.isfinite(middle) & np.isfinite(left) & np.isfinite(right)
    filled[:, 1:-1] = np.where(gap, (left + right) / 2, middle)
    return filled


def _fill_days(cells: Array) -> Array:
    """A missing known-future value takes that of the same hour one to seven days before."""
    filled = cells.copy()
    for days in range(1, WEEK + 1):
        before = np.full_like(cells, np.nan)
        before[days:] = cells[: len(cells) - days]
        filled = np.where(np.isfinite(filled), filled, before)
    return filled


def _calendar_columns(series: Series, first_day: int, n_days: int) -> Array:
    """Days x 13: seven weekdays, public holiday today, before and after, two annual harmonics' first pair and slow drift."""
    days = np.arange(first_day, first_day + n_days)
    dates = days.astype("datetime64[D]")
    weekday = np.eye(7)[(days + 3) % 7]
    wide = np.arange(first_day - 1, first_day + n_days + 1).astype("datetime64[D]")
    holiday = holiday_flags(wide, country_of(series.series_id, series.tz)).astype(float)
    angle = 2 * np.pi * (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(int) / 365.25
    return np.column_stack(
        (weekday, holiday[1:-1], holiday[:-2], holiday[2:], np.sin(angle), np.cos(angle), np.sin(2 * angle))
    )


def column_medians(x: Array) -> Array:
    """Per column the median of its known values, 0 where there is none."""
    middle = np.zeros(x.shape[1])
    some = np.isfinite(x).any(axis=0)
    middle[some] = np.nanmedian(x[:, some], axis=0) if not np.isfinite(x).all() else np.median(x, axis=0)
    return middle


def fill_columns(x: Array, middle: Array) -> Array:
    """`x` with NaN replaced by `middle`, column by column."""
    return np.where(np.isfinite(x), x, middle)
