"""Point-in-time features of a day-ahead forecast: what a row may know, and how it is said.

Belongs here: everything between a dense series and a model's matrix. Learning stands in `ml.models`, scoring in
`ml.backtest`.

A row is (target interval t on local day d, issue on local day i = d - k). It knows y and `past__` columns only where the
interval had ended by the issue instant, and `operator_forecast` and `future__` columns up to the end of the last local day
that the issue forecasts. Days are aligned by wall clock: "the same hour two days ago" stays that hour across a clock
change. All features are relative: `reference` is the operator's forecast where there is one, else y of the same hour a week
before; errors are (y - reference) / scale, where `scale` is the reference itself (never below a fifth of the recent level).

Invariant, held by tests: values after an issue instant never change a row of that issue.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import time
from functools import lru_cache

import numpy as np

from ml.frame import Array, LocalCalendar, Series, issue_instants, local_calendar

LAG_DAYS = (1, 2, 3, 7, 14, 21)
TRAILING_HOURS = (1, 3, 6, 12, 24, 72, 168, 672)
SLOT_MEAN_DAYS = (3, 7, 14, 28)
NEIGHBOUR_HOURS = (-3, -2, -1, 1, 2, 3)
LEVEL_HOURS = 168
SMALLEST_SCALE = 0.2  # of the level: keeps ratios finite where the reference is near zero
PLAUSIBLE_REFERENCE = (0.25, 4.0)  # an operator's forecast outside this range of the recent level is treated as missing

# Regions whose zone does not tell their country (fixed offsets), and those we know by name.
REGION_COUNTRY = dict.fromkeys(("CAISO", "ERCOT", "ISONE", "MISO", "NYISO", "PJM", "SPP"), "US")
# Price areas; NP, the Nordic system price, keeps the calendar of its largest producer.
REGION_COUNTRY |= {"NP": "NO", "FR": "FR", "BE": "BE", "DE": "DE", "ES": "ES", "GB": "GB", "IT": "IT", "NL": "NL"}

DESCRIPTIONS: dict[str, str] = {
    "series_code": "Series, as a number (only when series are pooled).",
    "has_operator": "1 where the reference is the operator's forecast, 0 where it is last week's value.",
    "lead_hours": "Hours from issue to the start of the target interval.",
    "hour": "Local hour of day of the target, with its fraction.",
    "day_of_week": "Local weekday of the target, Monday = 0.",
    "day_kind": "0 working day, 1 Saturday, 2 Sunday, 3 public holiday.",
    "annual_sin1, annual_cos1, annual_sin2, annual_cos2": "First two annual harmonics of the target's day.",
    "holiday, holiday_before, holiday_after, holiday_week_ago": "Public holiday on the target's day, the day before, after, a week before.",
    "days_since_epoch": "Local day number in years: slow drift.",
    "reference_level": "Reference over the mean of |y| of the last 168 known hours.",
    "reference_neighbour_<h>h": "Reference h hours beside the target over that of the target, minus 1; unknown beyond the forecast days.",
    "reference_day_mean, reference_day_max, reference_day_min": "Mean, maximum and minimum of the reference over the target's local day, over the level or the mean.",
    "reference_position": "Reference over its daily maximum.",
    "reference_change_<n>d": "Reference over that of the same hour n days before, minus 1.",
    "reference_day_change_<n>d": "The same for the daily means.",
    "error_lag_<n>d": "Relative error of the reference at the same hour n days before the target; missing if not yet known.",
    "error_same_hour": "Relative error of the last known same hour.",
    "error_trailing_<n>h": "Mean relative error over the last n known hours.",
    "error_spread_168h": "Standard deviation of the relative error over the last 168 known hours.",
    "error_slot_mean_<n>d": "Mean relative error of the same hour over the last n days known.",
    "error_near_slots_7d": "Mean relative error of this hour and its two neighbours over the last 7 days known.",
    "error_issue_day": "Mean relative error over the issue day's hours known at issue, and minus the same hours the day before.",
    "error_slot_minus_day_7d": "error_slot_mean_7d minus error_trailing_168h: the shape of the error.",
    "y_same_hour": "Last known y of the same hour over the reference, minus 1.",
    "y_lag_<n>d": "y of the same hour n days before the target over the reference, minus 1.",
    "y_trend": "Mean y of the last 24 known hours over that of the last 168, minus 1.",
    "future__<name>, _change_2d, _change_7d, _day_mean": "A known-future column at the target, its change since 2 and 7 days before, its daily mean.",
    "past__<name>_last, _24h, _same_hour": "A past column: last known value, mean of the last 24 known hours, last known same hour.",
}


@dataclass(frozen=True)
class Rows:
    """Feature rows of one series.

    x: float32 matrix, one column per name; target: (y - reference) / scale, NaN where y is missing. `at` is the target's
    index on the series' grid, `day` and `issue_day` local days since 1970-01-01, `issued` the issue instant (naive UTC),
    `informed` the instant until which y is known to it (the issue instant, or the end of its local day), `slot` the wall-clock slot.
    """

    names: tuple[str, ...]
    x: Array
    target: Array
    reference: Array
    scale: Array
    at: Array
    day: Array
    issue_day: Array
    issued: Array
    informed: Array
    slot: Array
    known_at: Array  # end of the target interval: when y becomes known
    naive: Array | None = None  # what the naive forecast says, where it depends on the issue; else y of a week before

    def __len__(self) -> int:
        return len(self.at)


@lru_cache(maxsize=512)
def country_of(series_id: str, tz: str) -> str | None:
    """ISO country of a series: by region (the part of the id before the first dot), else by its time zone."""
    region = series_id.split(".", 1)[0]
    if region in REGION_COUNTRY:
        return REGION_COUNTRY[region]
    return _zone_countries().get(tz)


@lru_cache(maxsize=1)
def _zone_countries() -> dict[str, str]:
    """IANA zone -> ISO country from the zone table that the tzdata package ships."""
    from importlib.resources import files

    table = files("tzdata").joinpath("zoneinfo").joinpath("zone.tab").read_text()
    fields = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    return {row[2]: row[0] for row in fields}


def holiday_flags(dates: Array, country: str | None) -> Array:
    """Whether each local day (datetime64[D]) is a public holiday of `country`; all False where the country is unknown."""
    import holidays

    if country is None or country not in holidays.list_supported_countries():
        return np.zeros(len(dates), dtype=bool)
    years = dates.astype("datetime64[Y]").astype(int) + 1970
    calendar = holidays.country_holidays(country, years=range(int(years.min()) - 1, int(years.max()) + 2))
    return np.isin(dates, np.array(sorted(calendar), dtype="datetime64[D]"))


def day_columns(dates: Array, holiday: Array) -> dict[str, Array]:
    """Weekday, kind of day and annual harmonics of local days (datetime64[D]), of which `holiday` says whether they are public holidays."""
    weekday = (dates.astype(int) + 3) % 7  # 1970-01-01 was a Thursday
    year = dates.astype("datetime64[Y]").astype("datetime64[D]")
    angle = 2 * np.pi * (dates - year).astype(int) / 365.25
    return {
        "day_of_week": weekday,
        "day_kind": np.select([holiday, weekday == 6, weekday == 5], [3, 2, 1], 0),
        "annual_sin1": np.sin(angle),
        "annual_cos1": np.cos(angle),
        "annual_sin2": np.sin(2 * angle),
        "annual_cos2": np.cos(2 * angle),
    }


def trailing_mean(values: Array, count: int) -> Array:
    """Entry i: the mean of the `count` values before i, NaN where under a quarter of them is there; one entry more than `values`."""
    ok = np.isfinite(values)
    sums = np.concatenate(([0.0], np.cumsum(np.where(ok, values, 0.0))))
    counts = np.concatenate(([0], np.cumsum(ok)))
    end = np.arange(len(values) + 1)
    begin = np.maximum(end - count, 0)
    n = counts[end] - counts[begin]
    return np.where(n >= max(1, count // 4), (sums[end] - sums[begin]) / np.maximum(n, 1), np.nan)


def build_rows(
    series: Series,
    *,
    issue_time: time = time(10, 0),
    known_until: str = "issue",
    use_operator: bool = True,
    days_ahead: tuple[int, ...] = (1,),
    series_code: int = 0,
    from_day: int | None = None,
) -> Rows:
    """All feature rows of `series`, for every local day (from `from_day` on, days since 1970) and every offset in `days_ahead` (1 = the day
    after the issue).

    `known_until` is "issue" (y of intervals ended by the issue instant) or "day-end" (y of the whole issue day, where the
    market publishes it). Rows whose issue day is before the first local day are left out.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # means over no values are NaN, which is what they should be
        return _Builder(series, issue_time, known_until, use_operator, max(days_ahead)).rows(
            days_ahead, series_code, from_day
        )


class _Builder:
    """Matrices day x slot of one series, from which rows are gathered by index."""

    def __init__(self, series: Series, issue_time: time, known_until: str, use_operator: bool, last_ahead: int) -> None:
        self.series = series
        self.calendar: LocalCalendar = local_calendar(series)
        self.issued = issue_instants(self.calendar, series.tz, issue_time)
        self.per_hour = 60 // series.step_minutes if series.step_minutes <= 60 else 1
        self.slots = series.slots_per_day
        self.last_ahead = last_ahead
        ends = series.starts_utc + series.step
        limit = self.issued if known_until == "issue" else self._day_ends(ends)
        self.informed = limit
        self.known_count = np.searchsorted(ends, limit, side="right")
        cell_end = np.full((self.calendar.n_days, self.slots), np.datetime64("NaT"), dtype="datetime64[us]")
        cell_end[self.calendar.day, self.calendar.slot] = ends  # the later pass of a repeated hour stays
        self.known = cell_end <= limit[:, None]  # a skipped slot is NaT: never known
        self.y = self._cells(series.y)
        self.level = self._trailing(np.abs(series.y), LEVEL_HOURS)
        self._set_reference(use_operator)

    def _day_ends(self, ends: Array) -> Array:
        last = np.full(self.calendar.n_days, np.datetime64(0, "us"))
        np.maximum.at(last, self.calendar.day, ends)
        return np.maximum.accumulate(last)

    def _cells(self, values: Array) -> Array:
        """Day x slot; the mean of both passes of a repeated hour; NaN where nothing is."""
        flat = self.calendar.day * self.slots + self.calendar.slot
        ok = np.isfinite(values)
        size = self.calendar.n_days * self.slots
        total = np.bincount(flat[ok], values[ok], size)
        count = np.bincount(flat[ok], minlength=size)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan).reshape(-1, self.slots)

    def _trailing(self, values: Array, hours: int) -> Array:
        """For each issue day the mean over the last `hours` known, NaN where under a quarter of them is there."""
        return trailing_mean(values, hours * self.per_hour)[self.known_count]

    def _set_reference(self, use_operator: bool) -> None:
        """Reference per interval and per cell; errors per interval and per cell."""
        series, calendar = self.series, self.calendar
        week_ago = self._shift(self.y, 7)
        week_ago = np.where(np.isfinite(week_ago), week_ago, self._shift(self.y, 14))
        fallback = week_ago[calendar.day, calendar.slot]
        operator = series.operator if use_operator else None
        if operator is None:
            self.has_operator = np.zeros(len(series), dtype=bool)
            self.reference = fallback
        else:
            # The level known a day before the earliest issue of the interval: the same for every row of the interval.
            level = self._shift(self.level[:, None], self.last_ahead)[calendar.day, 0]
            ratio = operator / level
            plausible = np.isfinite(operator) & ~((ratio < PLAUSIBLE_REFERENCE[0]) | (ratio > PLAUSIBLE_REFERENCE[1]))
            self.has_operator = plausible
            self.reference = np.where(plausible, operator, fallback)
        self.reference_cells = self._cells(self.reference)
        past_level = self._shift(self.level[:, None], self.last_ahead)[calendar.day, 0]
        floor = SMALLEST_SCALE * np.where(np.isfinite(past_level) & (past_level > 0), past_level, np.nan)
        self.scale = np.fmax(np.abs(self.reference), floor)
        self.scale = np.where(self.scale > 0, self.scale, np.nan)
        self.error = (series.y - self.reference) / self.scale
        self.error_cells = self._cells(self.error)

    @staticmethod
    def _shift(cells: Array, days: int) -> Array:
        """Cells of `days` before; NaN where there is no such day."""
        out = np.full_like(cells, np.nan)
        if days < len(cells):
            out[days:] = cells[: len(cells) - days]
        return out

    def _slot_mean(self, cells: Array, days: int) -> Array:
        """Issue day x slot: mean over the last `days` days before the issue day, and the issue day's own where known."""
        ok = np.isfinite(cells)
        sums = np.vstack((np.zeros((1, cells.shape[1])), np.cumsum(np.where(ok, cells, 0.0), axis=0)))
        counts = np.vstack((np.zeros((1, cells.shape[1])), np.cumsum(ok, axis=0)))
        end = np.arange(len(cells))
        begin = np.maximum(end - days, 0)
        own = self.known & ok
        total = sums[end] - sums[begin] + np.where(own, cells, 0.0)
        n = counts[end] - counts[begin] + own
        return np.where(n > 0, total / np.maximum(n, 1), np.nan)

    def _same_slot_last(self, cells: Array) -> Array:
        """Issue day x slot: the last known value of the slot, up to 7 days back."""
        out = np.where(self.known, cells, np.nan)
        for days in range(1, 8):
            out = np.where(np.isfinite(out), out, self._shift(cells, days))
        return out

    # --- rows ---------------------------------------------------------------------------------------------------------

    def rows(self, days_ahead: tuple[int, ...], series_code: int, from_day: int | None) -> Rows:
        calendar, series = self.calendar, self.series
        first = 0 if from_day is None else from_day - calendar.first_day
        parts = [np.flatnonzero(calendar.day >= max(k, first)) for k in days_ahead]
        at = np.concatenate(parts)
        ahead = np.repeat(np.array(days_ahead), [len(p) for p in parts])
        day, slot = calendar.day[at], calendar.slot[at]
        issue_day = day - ahead
        starts = series.starts_utc
        columns: dict[str, Array] = {"series_code": np.full(len(at), series_code)}
        columns["has_operator"] = self.has_operator[at]
        columns["lead_hours"] = (starts[at] - self.issued[issue_day]) / np.timedelta64(1, "h")
        columns |= self._calendar_columns(day, slot)
        columns |= self._reference_columns(at, day, slot, issue_day)
        columns |= self._error_columns(at, day, slot, issue_day)
        columns |= self._value_columns(at, day, slot, issue_day)
        columns |= self._extra_columns(at, day, slot, issue_day)
        return Rows(
            names=tuple(columns),
            x=np.column_stack([np.asarray(c, dtype=np.float32) for c in columns.values()]),
            target=self.error[at],
            reference=self.reference[at],
            scale=self.scale[at],
            at=at,
            day=day + calendar.first_day,
            issue_day=issue_day + calendar.first_day,
            issued=self.issued[issue_day],
            informed=self.informed[issue_day],
            slot=slot,
            known_at=starts[at] + series.step,
        )

    def _calendar_columns(self, day: Array, slot: Array) -> dict[str, Array]:
        dates = self.calendar.dates
        wide = np.arange(self.calendar.first_day - 7, self.calendar.first_day + len(dates) + 1).astype("datetime64[D]")
        holiday = holiday_flags(wide, country_of(self.series.series_id, self.series.tz))
        here = holiday[7:-1]
        per_day = day_columns(dates, here) | {
            "holiday": here,
            "holiday_before": holiday[6:-2],
            "holiday_after": holiday[8:],
            "holiday_week_ago": holiday[: len(dates)],
            "days_since_epoch": dates.astype(int) / 365.25,
        }
        return {"hour": slot * self.series.step_minutes / 60} | {name: values[day] for name, values in per_day.items()}

    def _reference_columns(self, at: Array, day: Array, slot: Array, issue_day: Array) -> dict[str, Array]:
        reference, cells, scale = self.reference[at], self.reference_cells, self.scale[at]
        level = self.level[issue_day]
        daily_mean, daily_max, daily_min = np.nanmean(cells, axis=1), np.nanmax(cells, axis=1), np.nanmin(cells, axis=1)
        columns = {
            "reference_level": reference / level,
            "reference_day_mean": daily_mean[day] / level,
            "reference_day_max": daily_max[day] / daily_mean[day],
            "reference_day_min": daily_min[day] / daily_mean[day],
            "reference_position": reference / daily_max[day],
        }
        last_known_day = issue_day + self.last_ahead
        for hours in NEIGHBOUR_HOURS:
            beside = at + hours * self.per_hour
            inside = (beside >= 0) & (beside < len(self.reference))
            safe = np.where(inside, beside, 0)
            inside &= self.calendar.day[safe] <= last_known_day
            columns[f"reference_neighbour_{hours:+d}h"] = np.where(
                inside, (self.reference[safe] - reference) / scale, np.nan
            )
        for days in (1, 2, 7):
            columns[f"reference_change_{days}d"] = (reference - self._shift(cells, days)[day, slot]) / scale
            columns[f"reference_day_change_{days}d"] = (
                daily_mean[day] / self._shift(daily_mean[:, None], days)[day, 0] - 1
            )
        return columns

    def _lag(self, cells: Array, days: int, day: Array, slot: Array, issue_day: Array) -> Array:
        """Cells of the same slot `days` before the target, NaN where they were not known at issue."""
        source = day - days
        inside = source >= 0
        safe = np.where(inside, source, 0)
        known = inside & ((source < issue_day) | ((source == issue_day) & self.known[safe, slot]))
        return np.where(known, cells[safe, slot], np.nan)

    def _error_columns(self, at: Array, day: Array, slot: Array, issue_day: Array) -> dict[str, Array]:
        cells = self.error_cells
        columns = {f"error_lag_{n}d": self._lag(cells, n, day, slot, issue_day) for n in LAG_DAYS}
        columns["error_same_hour"] = self._same_slot_last(cells)[issue_day, slot]
        for hours in TRAILING_HOURS:
            columns[f"error_trailing_{hours}h"] = self._trailing(self.error, hours)[issue_day]
        mean, square = self._trailing(self.error, 168), self._trailing(self.error**2, 168)
        columns["error_spread_168h"] = np.sqrt(np.maximum(square - mean**2, 0.0))[issue_day]
        for days in SLOT_MEAN_DAYS:
            columns[f"error_slot_mean_{days}d"] = self._slot_mean(cells, days)[issue_day, slot]
        week = self._slot_mean(cells, 7)
        near = np.nanmean(np.stack((np.roll(week, self.per_hour, 1), week, np.roll(week, -self.per_hour, 1))), axis=0)
        columns["error_near_slots_7d"] = near[issue_day, slot]
        columns["error_slot_minus_day_7d"] = columns["error_slot_mean_7d"] - columns["error_trailing_168h"]
        today = np.where(self.known, cells, np.nan)
        yesterday = np.where(self.known, self._shift(cells, 1), np.nan)
        columns["error_issue_day"] = np.nanmean(today, axis=1)[issue_day]
        columns["error_issue_day_change"] = np.nanmean(today - yesterday, axis=1)[issue_day]
        return columns

    def _value_columns(self, at: Array, day: Array, slot: Array, issue_day: Array) -> dict[str, Array]:
        reference, scale = self.reference[at], self.scale[at]
        columns = {"y_same_hour": (self._same_slot_last(self.y)[issue_day, slot] - reference) / scale}
        for days in (2, 7, 14):
            columns[f"y_lag_{days}d"] = (self._lag(self.y, days, day, slot, issue_day) - reference) / scale
        columns["y_trend"] = (self._trailing(self.series.y, 24) / self._trailing(self.series.y, 168))[issue_day] - 1
        return columns

    def _extra_columns(self, at: Array, day: Array, slot: Array, issue_day: Array) -> dict[str, Array]:
        columns: dict[str, Array] = {}
        for name, values in sorted(self.series.future.items()):
            cells = self._cells(values)
            columns[f"future__{name}"] = values[at]
            columns[f"future__{name}_change_2d"] = values[at] - self._shift(cells, 2)[day, slot]
            columns[f"future__{name}_change_7d"] = values[at] - self._shift(cells, 7)[day, slot]
            columns[f"future__{name}_day_mean"] = np.nanmean(cells, axis=1)[day]
        for name, values in sorted(self.series.past.items()):
            columns[f"past__{name}_last"] = self._trailing(values, 1)[issue_day]
            columns[f"past__{name}_24h"] = self._trailing(values, 24)[issue_day]
            columns[f"past__{name}_same_hour"] = self._same_slot_last(self._cells(values))[issue_day, slot]
        return columns
