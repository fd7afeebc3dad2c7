"""The page of a backtest and the skill page."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from ml.backtest import BacktestResult, Plan, run_backtest
from ml.report import by, prepared, reliability, worst_days, write_report
from ml.skill import LOAD, Benchmark, page
from tests.unit.ml.grids import load_series

ZONES = {"NYISO.TOTAL": "America/New_York"}


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return run_backtest(
        [load_series(140)], Plan(model="operator"), test_from=date(2018, 4, 1), test_to=date(2018, 4, 30)
    )


def test_errors_by_hour_are_those_of_the_rows(result: BacktestResult) -> None:
    frame = prepared(result.rows, ZONES)
    hours = by(frame, "hour")
    assert hours["hour"].to_list() == list(range(24))
    at_six = frame.filter(pl.col("hour") == 6)
    assert hours.filter(pl.col("hour") == 6)["ours"].item() == pytest.approx(
        (at_six["y"] - at_six["q0.5"]).abs().mean()
    )
    assert hours["rows"].sum() == result.rows.height
    assert by(frame, "lead")["lead"].to_list() == list(range(14, 38))
    assert by(frame, "season")["season"].to_list() == ["spring"]


def test_reliability_and_worst_days(result: BacktestResult) -> None:
    frame = prepared(result.rows, ZONES)
    shares = [share for _, share in reliability(frame)]
    assert shares == sorted(shares)
    worst = worst_days(frame, 3)
    assert worst.height == 3
    assert worst["ours"].is_sorted(descending=True)
    assert worst["ours"][0] == frame.group_by("day").agg(pl.col("ours").mean())["ours"].max()


def test_the_page_is_one_file_with_plots(result: BacktestResult, tmp_path: Path) -> None:
    write_report(tmp_path / "page.html", result.rows, result.summary, ZONES)
    text = (tmp_path / "page.html").read_text()
    assert text.count("data:image/png;base64,") == 5
    assert "http" not in text
    assert "Worst days" in text
    assert "is assumed" in text


def test_the_skill_page_states_what_was_measured(result: BacktestResult) -> None:
    benchmark = Benchmark("x", "A load", "eia930", LOAD, date(2018, 4, 1), date(2018, 4, 30))
    text = page([(benchmark, result.summary)])
    one = result.summary["series"][0]
    assert f"| NYISO.TOTAL | {one['mape_pct']:.2f} | {one['operator_mape_pct']:.2f} |" in text
    assert f"ratio {result.summary['overall']['mape_ratio']:.3f}" in text
    assert f"{one['pinball_rolling_errors']:.3f}" in text
