"""Some hours ahead, issued every hour: what a row may know, and that nothing later changes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from gridlake.errors import GridlakeError, UsageError
from ml import intraday
from ml.backtest import run_backtest
from ml.features import Rows
from ml.frame import Array, Series
from ml.intraday import DESCRIPTIONS, build_intraday_rows
from ml.plan import Plan
from ml.training import feature_rows
from tests.unit.ml.grids import price_series

PLAN = Plan(target="price", hours_ahead=4, max_rows=1500)
HOUR = np.timedelta64(1, "h")
TEST = {"test_from": date(2015, 4, 6), "test_to": date(2015, 4, 8)}


def real_time(days: int = 100) -> Series:
    """A real-time price around a day-ahead one, with errors that last some hours, and a run of the operator two hours before."""
    day_ahead = price_series(days)
    draw = np.random.default_rng(5)
    lasting = np.zeros(len(day_ahead))
    for i in range(1, len(lasting)):
        lasting[i] = 0.85 * lasting[i - 1] + draw.normal(0, 2)
    y = day_ahead.y + lasting
    future = {"day_ahead": day_ahead.y, "run_3__2h": y + draw.normal(0, 3, len(y)), "load": draw.normal(size=len(y))}
    return replace(day_ahead, y=y, future=future, past={"demand": draw.normal(size=len(y))}, operator=None)


@pytest.fixture(scope="module")
def series() -> Series:
    return real_time()


def column(rows: Rows, name: str) -> Array:
    return np.asarray(rows.x[:, rows.names.index(name)])


def test_every_full_hour_issues_the_four_hours_after_it(series: Series) -> None:
    rows = build_intraday_rows(series, 4)
    lead = (series.starts_utc[rows.at] - rows.issued) / HOUR
    assert set(lead.tolist()) == {0, 1, 2, 3}
    assert np.array_equal(lead, column(rows, "lead_hours"))
    issue = rows.at - lead.astype(int)
    assert np.array_equal(rows.naive, series.y[issue - 1])
    assert (rows.known_at > rows.informed).all()
    whole = (rows.reference + rows.scale * rows.target)[np.isfinite(rows.target)]
    assert np.allclose(whole, series.y[rows.at][np.isfinite(rows.target)])


def test_a_run_of_two_hours_before_is_unknown_three_hours_before(series: Series) -> None:
    rows = build_intraday_rows(series, 4)
    lead = column(rows, "lead_hours")
    assert np.isfinite(column(rows, "future__run_3__2h")[(lead <= 2) & np.isfinite(rows.scale)]).all()
    assert np.isnan(column(rows, "future__run_3__2h")[lead == 3]).all()


def test_such_a_column_is_refused_a_day_ahead(series: Series) -> None:
    with pytest.raises(UsageError, match="run_3__2h is known too late"):
        feature_rows([series], Plan(target="price"))


@pytest.mark.parametrize("step", [60, 15])
def test_nothing_after_an_issue_changes_its_rows(step: int) -> None:
    series = replace(real_time(20), step_minutes=step)
    rows = build_intraday_rows(series, 4)
    per_hour = 60 // step
    for issue in (200, 300, 404):
        late = np.arange(len(series)) >= issue
        beyond = np.arange(len(series)) >= issue + 4 * per_hour
        run = np.arange(len(series)) > issue + 2 * per_hour

        def spoiled(values: Array, where: Array) -> Array:
            return np.where(where, 1e6, values)

        future = {
            "day_ahead": spoiled(series.future["day_ahead"], beyond),
            "run_3__2h": spoiled(series.future["run_3__2h"], run),
            "load": spoiled(series.future["load"], beyond),
        }
        other = replace(
            series, y=spoiled(series.y, late), past={"demand": spoiled(series.past["demand"], late)}, future=future
        )
        again = build_intraday_rows(other, 4)
        until = rows.informed <= series.starts_utc[issue]
        assert until.sum() > 100
        assert np.array_equal(rows.x[until], again.x[until], equal_nan=True)
        assert np.array_equal(rows.reference[until], again.reference[until], equal_nan=True)
        assert np.array_equal(rows.scale[until], again.scale[until], equal_nan=True)


def test_it_beats_the_day_ahead_price_and_the_last_one_and_passes_its_probe(series: Series) -> None:
    result = run_backtest(
        [replace(series, references={"day_ahead": series.future["day_ahead"]})], PLAN, probe=True, **TEST
    )
    (one,) = result.summary["series"]
    assert one["rows"] == 3 * 24 * 4
    assert one["mae"] < 0.8 * one["naive_mae"]
    assert one["mae"] < 0.9 * one["references"]["day_ahead"]["mae"]
    assert result.summary["probe"]["forecasts_compared"] > 100
    assert result.summary["issue_time"] == "every hour"


def test_a_look_ahead_is_caught(series: Series, monkeypatch: pytest.MonkeyPatch) -> None:
    honest: Callable[..., Array] = intraday.trailing_mean

    def peeking(values: Array, count: int) -> Array:
        return np.concatenate((honest(values, count)[1:], [np.nan]))

    monkeypatch.setattr(intraday, "trailing_mean", peeking)
    with pytest.raises(GridlakeError, match="Look ahead"):
        run_backtest([series], PLAN, probe=True, **TEST)


def test_without_a_day_ahead_price_the_last_one_is_the_reference(series: Series) -> None:
    rows = build_intraday_rows(replace(series, future={}, past={}), 4)
    known = np.isfinite(rows.reference)
    assert np.array_equal(rows.reference[known], rows.naive[known])  # type: ignore[index]


def test_a_model_of_whole_days_is_refused() -> None:
    with pytest.raises(UsageError, match="forecasts whole days"):
        Plan(target="price", hours_ahead=4, model="lear")


def test_every_column_is_described(series: Series) -> None:
    described = {name for key in DESCRIPTIONS for name in key.split(", ")}
    for name in build_intraday_rows(series, 4).names:
        plain = name.replace("__run_3__2h", "__<name>").replace("__load", "__<name>").replace("__demand", "__<name>")
        assert plain in described or re.sub(r"[+-]?\d+(?=[hd]$)", "<n>", plain) in described, name
