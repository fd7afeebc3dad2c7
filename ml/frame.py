"""The long table of a backtest, read and checked, as one dense grid per series.

Belongs here: the input's shape (see `docs/forecasting.md`), its checks, local days and issue instants. What a model makes
of the values stands in `ml.features`.

Invariants: a grid has one entry per interval between the series' first and last stamp; an interval nobody reported is NaN,
never filled; `timestamp_utc` is the start of the interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import polars as pl

from gridlake.errors import UsageError
from gridlake.times import wall_clock_to_utc

REQUIRED = ("series_id", "timestamp_utc", "y")
OPTIONAL = ("operator_forecast", "tz")
FUTURE = "future__"
PAST = "past__"
REFERENCE = "reference__"  # a published forecast to compare with, never an input
INTERVALS_MINUTES = (5, 10, 15, 30, 60)

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Series:
    """One series on its dense grid.

    y, operator, future and past are float64 arrays of one length; NaN where nothing was reported. Interval i starts at
    `start + i * step_minutes` (naive UTC). `operator` is the benchmark; it is also a known-future input unless a backtest
    says otherwise. `references` are published forecasts that ours are compared with and that no model sees.
    """

    series_id: str
    tz: str
    start: np.datetime64
    step_minutes: int
    y: Array
    operator: Array | None = None
    future: dict[str, Array] = field(default_factory=dict)
    past: dict[str, Array] = field(default_factory=dict)
    references: dict[str, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.y)

    @property
    def starts_utc(self) -> Array:
        """Start of every interval, naive UTC, datetime64[us]."""
        step = np.timedelta64(self.step_minutes * 60_000_000, "us")
        return self.start.astype("datetime64[us]") + step * np.arange(len(self.y))

    @property
    def step(self) -> np.timedelta64:
        return np.timedelta64(self.step_minutes * 60_000_000, "us")

    @property
    def slots_per_day(self) -> int:
        return 1440 // self.step_minutes

    def with_values(self, **values: Any) -> Series:
        return replace(self, **values)


@dataclass(frozen=True)
class LocalCalendar:
    """Where each interval of a series stands on its local wall clock.

    day: local days since 1970-01-01 of the interval's start; slot: 0 .. slots_per_day-1 by wall clock, so that the
    repeated autumn hour has the slot of the first one; `days` are all local days, consecutive.
    """

    first_day: int
    day: Array  # int, index into days
    slot: Array
    n_days: int

    @property
    def dates(self) -> Array:
        """The local days as datetime64[D]."""
        return np.arange(self.first_day, self.first_day + self.n_days).astype("datetime64[D]")

    def index_of(self, day: date) -> int:
        """Position of a local day; may lie outside 0 .. n_days-1."""
        return int(np.datetime64(day, "D").astype(int)) - self.first_day


def local_calendar(series: Series) -> LocalCalendar:
    """Local day and slot of every interval of `series`.

    >>> hours = Series("x", "America/New_York", np.datetime64("2017-03-12T05:00"), 60, np.zeros(23))
    >>> calendar = local_calendar(hours)
    >>> calendar.n_days, calendar.slot[:4].tolist()
    (1, [0, 1, 3, 4])
    """
    local = (
        pl.Series(series.starts_utc)
        .dt.replace_time_zone("UTC")
        .dt.convert_time_zone(series.tz)
        .dt.replace_time_zone(None)
    )
    days = local.dt.date().to_physical().to_numpy().astype(np.int64)
    minutes = local.dt.hour().cast(pl.Int64) * 60 + local.dt.minute().cast(pl.Int64)
    slot = (minutes.to_numpy() // series.step_minutes).astype(np.int64)
    first = int(days.min())
    return LocalCalendar(first, days - first, slot, int(days.max()) - first + 1)


def issue_instants(calendar: LocalCalendar, tz: str, issue_time: time) -> Array:
    """For each local day of `calendar` the instant (naive UTC, datetime64[us]) of `issue_time` on that day.

    A wall clock that the spring change skips counts as an hour later; a repeated one as its first pass.
    """
    clock = np.timedelta64(issue_time.hour * 60 + issue_time.minute, "m")
    wall = pl.Series((calendar.dates.astype("datetime64[us]") + clock).astype("datetime64[us]")).alias("wall")
    frame = wall.to_frame().with_columns(
        utc=wall_clock_to_utc(pl.col("wall"), tz),
        later=wall_clock_to_utc(pl.col("wall") + pl.duration(hours=1), tz),
    )
    return frame.select(pl.coalesce("utc", "later")).to_series().to_numpy().astype("datetime64[us]")


# --- reading ------------------------------------------------------------------------------------------------------


def read_backtest_input(path: str | Path, *, tz: str | None = None) -> list[Series]:
    """Read and check a backtest input (CSV or Parquet, see `docs/forecasting.md`); one `Series` per series_id, sorted.

    `tz` is the zone of series without a `tz` column (default UTC). Raises `UsageError` that names the column, series or
    stamp at fault and what to do.
    """
    file = Path(path)
    if not file.is_file():
        raise UsageError(f"There is no input file {file}.", "Pass --input FILE, a CSV or Parquet in the long format.")
    try:
        if file.suffix.lower() in (".parquet", ".pq"):
            frame = pl.read_parquet(file)
        else:
            frame = pl.read_csv(file, infer_schema=False, null_values=["", "NaN", "nan", "NA", "null"])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UsageError(f"{file} cannot be read: {error}", "Write it as UTF-8 CSV or as Parquet.") from error
    return series_of(frame, tz=tz, where=str(file))


def series_of(frame: pl.DataFrame, *, tz: str | None = None, where: str = "the input") -> list[Series]:
    """`frame` in the long format as dense series. Raises `UsageError`; see `read_backtest_input`."""
    _check_columns(frame.columns, where)
    if frame.is_empty():
        raise UsageError(f"{where} has no rows.", "Give at least one series with history before the test days.")
    frame = _typed(frame, tz, where)
    repeated = (
        frame.group_by("series_id", "timestamp_utc").len().filter(pl.col("len") > 1).sort("series_id", "timestamp_utc")
    )
    if not repeated.is_empty():
        first = repeated.row(0, named=True)
        raise UsageError(
            f"{where}: {repeated.height} stamps occur more than once, first {first['series_id']} at {first['timestamp_utc']}.",
            "Keep one row per series_id and timestamp_utc.",
        )
    return [
        _dense(str(key[0]), part, where)
        for key, part in sorted(frame.partition_by("series_id", as_dict=True).items(), key=lambda item: str(item[0][0]))
    ]


def _check_columns(columns: Sequence[str], where: str) -> None:
    missing = [c for c in REQUIRED if c not in columns]
    if missing:
        raise UsageError(
            f"{where} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}.",
            f"It needs {', '.join(REQUIRED)}; it has {', '.join(columns)}.",
        )
    known = (*REQUIRED, *OPTIONAL)
    strange = [c for c in columns if c not in known and not c.startswith((FUTURE, PAST, REFERENCE))]
    if strange:
        raise UsageError(
            f"{where} has undeclared columns: {', '.join(strange)}.",
            f"Say when a column is known: rename it {FUTURE}<name> (known at issue time for the target interval) or "
            f"{PAST}<name> (known only up to the issue time), {REFERENCE}<name> (a published forecast to compare with, never an "
            "input), or drop it.",
        )


def _typed(frame: pl.DataFrame, tz: str | None, where: str) -> pl.DataFrame:
    numeric = [c for c in frame.columns if c not in ("series_id", "timestamp_utc", "tz")]
    frame = frame.with_columns(pl.col("series_id").cast(pl.String), _stamp(frame.schema["timestamp_utc"]))
    if frame["series_id"].null_count() or frame["timestamp_utc"].null_count():
        bad = frame["timestamp_utc"].null_count() or frame["series_id"].null_count()
        raise UsageError(
            f"{where}: {bad} rows have no readable series_id or timestamp_utc.",
            "Write stamps as ISO 8601 in UTC, naive or with Z: 2018-07-01T00:00:00Z.",
        )
    numbers = frame.select(pl.col(numeric).cast(pl.Float64, strict=False))
    for name in numeric:
        lost = numbers[name].null_count() - frame[name].null_count()
        if lost:
            raise UsageError(f"{where}: {lost} values of {name} are not numbers.", "Leave missing values empty.")
    zone = pl.col("tz").cast(pl.String) if "tz" in frame.columns else pl.lit(tz or "UTC")
    frame = frame.with_columns(*numbers.get_columns(), zone.alias("tz"))
    frame = frame.with_columns(pl.when(pl.col(numeric).is_finite()).then(pl.col(numeric)))
    for name in frame["tz"].unique().to_list():
        try:
            ZoneInfo(name or "")
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UsageError(
                f"{where}: '{name}' is not a time zone.", "Use an IANA name such as America/New_York."
            ) from error
    return frame


def _stamp(dtype: pl.DataType) -> pl.Expr:
    column = pl.col("timestamp_utc")
    if isinstance(dtype, pl.Datetime):
        aware = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if dtype.time_zone else column
        return aware.cast(pl.Datetime("us"))
    text = column.cast(pl.String).str.strip_chars().str.replace(" ", "T", literal=True)
    has_zone = text.str.contains(r"(Z|[+-]\d{2}:?\d{2})$")
    zoned = pl.when(has_zone).then(text).otherwise(text + "Z")
    # Seconds are optional in ISO 8601; the parser wants them.
    full = zoned.str.replace(r"T(\d{2}:\d{2})(Z|[+-])", "T${1}:00${2}")
    return full.str.to_datetime(time_unit="us", time_zone="UTC", strict=False).dt.replace_time_zone(None)


def _dense(series_id: str, rows: pl.DataFrame, where: str) -> Series:
    zones = rows["tz"].unique().to_list()
    if len(zones) > 1:
        raise UsageError(
            f"{where}: series {series_id} has several zones: {', '.join(map(str, zones))}.", "Give each series one tz."
        )
    rows = rows.sort("timestamp_utc")
    step = _interval_minutes(series_id, rows, where)
    stamps = rows["timestamp_utc"].to_numpy().astype("datetime64[us]")
    offset = (stamps - stamps[0]) // np.timedelta64(step * 60_000_000, "us")
    size = int(offset[-1]) + 1

    def grid(name: str) -> Array:
        values = np.full(size, np.nan)
        values[offset] = rows[name].to_numpy().astype(np.float64)
        return values

    operator = None
    if "operator_forecast" in rows.columns and rows["operator_forecast"].null_count() < rows.height:
        operator = grid("operator_forecast")
        operator[operator == 0] = np.nan  # operators print 0 where they made no forecast
    return Series(
        series_id=series_id,
        tz=str(zones[0]),
        start=stamps[0],
        step_minutes=step,
        y=grid("y"),
        operator=operator,
        future={c.removeprefix(FUTURE): grid(c) for c in rows.columns if c.startswith(FUTURE)},
        past={c.removeprefix(PAST): grid(c) for c in rows.columns if c.startswith(PAST)},
        references={
            c.removeprefix(REFERENCE): grid(c)
            for c in rows.columns
            if c.startswith(REFERENCE) and rows[c].null_count() < rows.height
        },
    )


def _interval_minutes(series_id: str, rows: pl.DataFrame, where: str) -> int:
    """The most frequent distance of stamps, in minutes; all others must be multiples of it."""
    if rows.height < 2:
        raise UsageError(f"{where}: series {series_id} has a single row.", "Give it history before the test days.")
    gaps = rows["timestamp_utc"].diff().drop_nulls().dt.total_seconds()
    seconds = int(gaps.mode().min())  # type: ignore[arg-type]
    if seconds % 60 or seconds // 60 not in INTERVALS_MINUTES:
        raise UsageError(
            f"{where}: series {series_id} has intervals of {seconds} s.",
            f"Intervals of {', '.join(map(str, INTERVALS_MINUTES))} minutes are supported; aggregate it first.",
        )
    off = rows.filter((pl.col("timestamp_utc") - pl.col("timestamp_utc").min()).dt.total_seconds() % seconds != 0)
    if not off.is_empty():
        raise UsageError(
            f"{where}: series {series_id} has {off.height} stamps off its {seconds // 60}-minute grid, first {off['timestamp_utc'][0]}.",
            "Stamp every row with the start of its interval.",
        )
    return seconds // 60
