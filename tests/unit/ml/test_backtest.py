"""The backtest: honest in time, scored on the declared rows, and its command line."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

import ml.features
from gridlake.errors import GridlakeError, UsageError
from ml.backtest import Plan, block_starts, feature_rows, run_backtest, seasonal_naive, training_set
from ml.commands import backtest
from ml.frame import Series
from tests.unit.ml.grids import load_series, long_frame

FROM, TO = date(2018, 4, 10), date(2018, 4, 23)
COLUMNS = [
    "series_id", "issued_at_utc", "timestamp_utc", "y", "q0.025", "q0.1", "q0.25", "q0.5", "q0.75", "q0.9", "q0.975", "model",
    "operator_forecast", "naive",
]  # fmt: skip


def two_series() -> list[Series]:
    return [load_series(120), load_series(120, series_id="CAISO.TOTAL", tz="America/Los_Angeles", seed=2)]


def test_it_beats_a_biased_operator_and_passes_its_probe() -> None:
    result = run_backtest(two_series(), Plan(), test_from=FROM, test_to=TO, probe=True)
    overall = result.summary["overall"]
    assert overall["mape_ratio"] < 0.9
    assert overall["naive_mape_pct"] > overall["mape_pct"]
    assert result.summary["probe"]["forecasts_compared"] > 24 * 14
    assert result.summary["probe"]["changed"] == 0
    assert [s["rows"] for s in result.summary["series"]] == [14 * 24, 14 * 24]
    assert result.rows.columns == COLUMNS
    json.dumps(result.summary, allow_nan=False)


def test_the_scored_rows_are_issued_the_day_before_at_ten_local() -> None:
    rows = run_backtest(two_series(), Plan(model="operator"), test_from=FROM, test_to=TO).rows
    zones = {"NYISO.TOTAL": "America/New_York", "CAISO.TOTAL": "America/Los_Angeles"}
    for name, tz in zones.items():
        local = rows.filter(pl.col("series_id") == name).select(
            pl.col("issued_at_utc", "timestamp_utc").dt.replace_time_zone("UTC").dt.convert_time_zone(tz)
        )
        assert local["issued_at_utc"].dt.hour().unique().to_list() == [10]
        ahead = local["timestamp_utc"].dt.date() - local["issued_at_utc"].dt.date()
        assert ahead.unique().to_list() == [timedelta(days=1)]
        assert (local["timestamp_utc"].dt.date().min(), local["timestamp_utc"].dt.date().max()) == (FROM, TO)


def test_a_look_ahead_is_caught_by_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = ml.features._Builder._value_columns

    def peeking(self: Any, at: Any, *rest: Any) -> dict[str, Any]:
        return honest(self, at, *rest) | {"y_now": self.series.y[at]}

    monkeypatch.setattr(ml.features._Builder, "_value_columns", peeking)
    with pytest.raises(GridlakeError, match="Look ahead") as caught:
        run_backtest(two_series(), Plan(), test_from=FROM, test_to=TO, probe=True)
    assert caught.value.exit_code == 4


def test_a_training_row_from_the_future_is_caught_too(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = training_set
    monkeypatch.setattr(
        "ml.engine.training_set", lambda rows, cutoff, plan: honest(rows, cutoff + np.timedelta64(30, "D"), plan)
    )
    with pytest.raises(GridlakeError, match="Look ahead"):
        run_backtest(two_series(), Plan(), test_from=FROM, test_to=TO, probe=True)


def test_training_rows_are_known_at_the_cutoff() -> None:
    series = two_series()
    rows = feature_rows(series, Plan())
    cutoff = np.datetime64("2018-03-01T15:00", "us")
    expected = sum(int(((r.known_at <= cutoff) & np.isfinite(r.target)).sum()) for r in rows)
    assert len(training_set(rows, cutoff, Plan())) == expected
    short = training_set(rows, cutoff, Plan(train_days=10))
    assert len(short) == 2 * 240


@pytest.mark.parametrize("gap", ["y", "operator"])
def test_rows_without_outcome_or_operator_are_not_scored(gap: str) -> None:
    series = load_series(120)
    assert series.operator is not None
    stamps = series.starts_utc
    lost = (stamps >= np.datetime64("2018-04-12T04:00")) & (stamps < np.datetime64("2018-04-12T10:00"))
    values = (series.y if gap == "y" else series.operator).copy()
    values[lost] = np.nan
    holed = series.with_values(**{gap: values})
    result = run_backtest([holed], Plan(model="operator"), test_from=FROM, test_to=TO)
    assert result.summary["series"][0]["rows"] == 14 * 24 - 6
    assert result.summary["series"][0]["rows_without_forecast"] == 0


def test_spring_and_autumn_days_are_forecast_whole() -> None:
    spring = run_backtest(
        [load_series(120)], Plan(model="operator"), test_from=date(2018, 3, 11), test_to=date(2018, 3, 11)
    )
    assert spring.rows.height == 23
    autumn = load_series(120, start="2018-08-01T04:00")
    fall = run_backtest([autumn], Plan(model="operator"), test_from=date(2018, 11, 4), test_to=date(2018, 11, 4))
    assert fall.rows.height == 25
    assert fall.rows["issued_at_utc"].n_unique() == 1


def test_naive_is_a_week_ago_and_two_weeks_where_that_is_missing() -> None:
    series = load_series(40)
    y = series.y.copy()
    y[200] = np.nan
    naive = seasonal_naive(series.with_values(y=y))
    assert naive[500] == y[332]
    assert naive[368] == y[32]
    assert np.isnan(naive[:168]).all()


def test_horizon_of_two_days_scores_each_day_twice() -> None:
    rows = run_backtest([load_series(120)], Plan(model="operator", days_ahead=(1, 2)), test_from=FROM, test_to=TO).rows
    assert rows.height == 2 * 14 * 24
    assert rows.group_by("timestamp_utc").agg(pl.col("issued_at_utc").n_unique())[
        "issued_at_utc"
    ].unique().to_list() == [2]


def test_operator_kept_out_of_the_input_stays_a_benchmark() -> None:
    series = load_series(120, operator_bias=0.0)
    summary = run_backtest([series], Plan(use_operator=False), test_from=FROM, test_to=TO, probe=True).summary
    assert summary["operator_input"] is False
    assert summary["series"][0]["operator_mape_pct"] is not None
    assert series.operator is not None
    moved = series.with_values(operator=series.operator * 1.1)
    again = run_backtest([moved], Plan(use_operator=False), test_from=FROM, test_to=TO).summary
    assert again["series"][0]["mape_pct"] == summary["series"][0]["mape_pct"]


def test_too_little_history_says_how_much_is_needed() -> None:
    with pytest.raises(UsageError, match=r"days of history before the first test day.*At least 61"):
        run_backtest([load_series(120)], Plan(), test_from=date(2018, 1, 20), test_to=date(2018, 1, 25))


def test_blocks_are_even_and_begin_with_a_warm_up() -> None:
    rows = feature_rows([load_series(200)], Plan())
    first = int(np.datetime64("2018-05-15", "D").astype(int))
    starts = block_starts(rows, first, first + 28, Plan())
    assert starts == [max(first - 84, int(rows[0].day.min()) + 61), first]
    assert block_starts(rows, first, first + 59, Plan())[1:] == [first, first + 30]


# --- command line -------------------------------------------------------------------------------------------------


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    file = tmp_path / "load.csv"
    long_frame(load_series(120)).write_csv(file, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    return file


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(backtest, [str(a) for a in arguments])


def test_command_prints_json_and_writes_rows(tiny: Path, tmp_path: Path) -> None:
    output = tmp_path / "rows.parquet"
    done = invoke("--input", tiny, "--test-from", FROM, "--test-to", TO, "--output", output, "--probe", "--json")
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert summary["model"] == "lightgbm"
    assert summary["probe"]["changed"] == 0
    (series,) = summary["series"]
    rows = pl.read_parquet(output)
    assert rows.columns == COLUMNS
    assert rows.height == series["rows"] == 14 * 24
    by_hand = (100 * (rows["y"] - rows["q0.5"]).abs() / rows["y"]).mean()
    assert series["mape_pct"] == pytest.approx(by_hand)
    inside = rows.select(100 * ((pl.col("y") >= pl.col("q0.1")) & (pl.col("y") <= pl.col("q0.9"))).mean()).item()
    assert series["coverage_80_pct"] == pytest.approx(inside)
    assert {"mae", "rmae", "pinball", "width_80", "width_95", "dm_statistic", "dm_p_value", "seconds_train"} <= set(
        series
    )


def test_command_prints_a_table_for_people(tiny: Path) -> None:
    done = invoke("--input", tiny, "--test-from", FROM, "--test-to", TO, "--model", "seasonal_naive")
    assert done.exit_code == 0, done.output
    assert "NYISO" in done.stdout
    assert "mean MAPE of ours over the operators'" in done.stdout
    assert "training seasonal_naive" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--issue-time", "25:00"], "is not a wall clock"),
        (["--horizon", "30"], "is not a number of whole days"),
        (["--model", "prophet"], "no model 'prophet'"),
        (["--output", "rows.xlsx"], "neither .csv nor .parquet"),
        (["--test-to", "2018-04-01"], "is before --test-from"),
        (["--test-from", "2019-04-01", "--test-to", "2019-04-02"], "can be scored"),
    ],
)
def test_command_refuses_with_a_remedy(tiny: Path, arguments: list[str], message: str) -> None:
    done = invoke("--input", tiny, "--test-from", FROM, "--test-to", TO, *arguments, "--json")
    assert done.exit_code == 1, done.output
    error = json.loads(done.stdout)["error"]
    assert message in error["message"]
    assert error["remedy"]


def test_command_names_a_missing_file(tmp_path: Path) -> None:
    done = invoke("--input", tmp_path / "no.csv", "--test-from", FROM, "--test-to", TO)
    assert done.exit_code == 1
    assert "There is no input file" in done.stderr
