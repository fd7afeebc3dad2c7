"""The backtest input: what is accepted, what is refused and with which words; local days with 23 and 25 hours."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from gridlake.errors import UsageError
from ml.frame import Series, issue_instants, local_calendar, read_backtest_input, series_of

HOURS = 24 * 3


def table(**extra: object) -> pl.DataFrame:
    start = np.datetime64("2018-07-01T00:00", "us")
    frame = pl.DataFrame(
        {
            "series_id": ["A"] * HOURS,
            "timestamp_utc": start + np.arange(HOURS) * np.timedelta64(1, "h"),
            "y": np.arange(HOURS, dtype=float) + 1,
        }
    )
    return frame.with_columns(**{k: v if isinstance(v, pl.Expr) else pl.lit(v) for k, v in extra.items()})


def test_undeclared_columns_are_named() -> None:
    with pytest.raises(UsageError, match=r"undeclared columns: temperature, wind.*future__<name>"):
        series_of(table(temperature=1.0, wind=2.0, future__ok=1.0))


def test_missing_columns_are_named() -> None:
    with pytest.raises(UsageError, match="lacks the column y"):
        series_of(table().drop("y"))


def test_duplicates_are_refused_with_series_and_stamp() -> None:
    doubled = pl.concat([table(), table().head(2)])
    with pytest.raises(UsageError, match="2 stamps occur more than once, first A at 2018-07-01 00:00:00"):
        series_of(doubled)


def test_stamps_off_the_grid_are_refused() -> None:
    off = table().with_columns(
        timestamp_utc=pl.when(pl.int_range(pl.len()) == 5)
        .then(pl.col("timestamp_utc") + pl.duration(minutes=7))
        .otherwise(pl.col("timestamp_utc"))
    )
    with pytest.raises(UsageError, match="1 stamps off its 60-minute grid"):
        series_of(off)


def test_text_in_y_is_refused_not_dropped(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("series_id,timestamp_utc,y\nA,2018-07-01T00:00:00Z,1\nA,2018-07-01T01:00:00Z,n.a.\n")
    with pytest.raises(UsageError, match="1 values of y are not numbers"):
        read_backtest_input(file)


def test_unknown_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="'Mars/Olympus' is not a time zone"):
        series_of(table(tz="Mars/Olympus"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2018-07-01T00:00:00Z", "2018-07-01T01:00:00Z"),
        ("2018-07-01 00:00:00", "2018-07-01 01:00:00"),
        ("2018-07-01T00:00", "2018-07-01T01:00"),
        ("2018-07-01T02:00:00+02:00", "2018-07-01T03:00:00+02:00"),
    ],
)
def test_csv_stamps_naive_zulu_or_with_offset_mean_the_same(tmp_path: Path, first: str, second: str) -> None:
    file = tmp_path / "in.csv"
    file.write_text(f"series_id,timestamp_utc,y\nA,{first},1\nA,{second},2.5\n")
    (series,) = read_backtest_input(file)
    assert series.start == np.datetime64("2018-07-01T00:00")
    assert series.y.tolist() == [1.0, 2.5]
    assert series.step_minutes == 60


def test_holes_stay_nan_and_zero_forecasts_are_none() -> None:
    frame = table(operator_forecast=pl.when(pl.int_range(pl.len()) == 1).then(0.0).otherwise(7.0))
    (series,) = series_of(frame.filter(pl.int_range(pl.len()) != 10))
    assert len(series) == HOURS
    assert np.flatnonzero(np.isnan(series.y)).tolist() == [10]
    assert series.operator is not None
    assert np.flatnonzero(np.isnan(series.operator)).tolist() == [1, 10]


@pytest.mark.parametrize(("day", "hours"), [("2017-03-12", 23), ("2017-11-05", 25), ("2017-07-01", 24)])
def test_local_days_have_23_24_or_25_hours(day: str, hours: int) -> None:
    start = np.datetime64(day, "us") - np.timedelta64(24, "h")
    series = Series("x", "America/New_York", start, 60, np.zeros(96))
    calendar = local_calendar(series)
    index = calendar.index_of(date.fromisoformat(day))
    assert int((calendar.day == index).sum()) == hours
    slots = calendar.slot[calendar.day == index].tolist()
    assert (2 in slots) is (hours != 23)
    assert slots.count(1) == (2 if hours == 25 else 1)


def test_issue_instants_follow_the_clock_and_survive_a_skipped_hour() -> None:
    series = Series("x", "America/New_York", np.datetime64("2017-03-11T05:00", "us"), 60, np.zeros(24 * 4))
    calendar = local_calendar(series)
    at_ten = issue_instants(calendar, series.tz, time(10))
    assert at_ten[:2].astype("datetime64[h]").astype(str).tolist() == ["2017-03-11T15", "2017-03-12T14"]
    skipped = issue_instants(calendar, series.tz, time(2, 30))[1]
    assert skipped == np.datetime64("2017-03-12T07:30")
