"""Load skill on recorded EIA-930 data: ours beside the operators' own forecasts, on identical rows."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from ml.backtest import Plan, run_backtest
from ml.commands import backtest
from ml.frame import series_of
from ml.inputs import EIA930_REGIONS, eia930_input, write_input


@pytest.fixture(scope="module")
def recorded(archive: Path) -> pl.DataFrame:
    return eia930_input(archive)


def test_the_input_holds_every_row_at_its_hours_start(recorded: pl.DataFrame, archive: Path) -> None:
    raw = pl.read_csv(archive / "eia930" / "cleaned" / "CISO.csv.gz", infer_schema=False)
    ours = recorded.filter(pl.col("series_id") == "CAISO")
    assert ours.height == raw.height
    okay = raw.with_columns(stamp=pl.col("date_time").str.to_datetime()).filter(pl.col("category") == "OKAY")
    assert ours["y"].count() == okay.height
    assert ours["y"].sum() == pytest.approx(okay["raw demand (MW)"].cast(pl.Float64).sum())
    # Hour ending 00:00 is the hour that starts at 23:00.
    first = okay.row(0, named=True)
    row = ours.filter(pl.col("timestamp_utc") == first["stamp"] - timedelta(hours=1))
    assert row["y"].item() == float(first["raw demand (MW)"])
    assert recorded.filter(pl.col("operator_forecast") <= 0).is_empty()


def test_two_isos_over_half_a_year_beat_their_operators(recorded: pl.DataFrame) -> None:
    # A year and a half of history for two regions: seconds, not minutes.
    some = recorded.filter(
        pl.col("series_id").is_in(["ISONE", "NYISO"])
        & pl.col("timestamp_utc").is_between(pl.datetime(2017, 1, 1), pl.datetime(2018, 12, 31))
    )
    result = run_backtest(
        series_of(some), Plan(retrain_days=61), test_from=date(2018, 7, 1), test_to=date(2018, 12, 29), probe=True
    )
    overall = result.summary["overall"]
    assert overall["mape_ratio"] < 0.9
    assert overall["coverage_80_pct"] == pytest.approx(80, abs=4)
    assert overall["coverage_95_pct"] == pytest.approx(95, abs=4)
    assert overall["naive_mape_pct"] > 2 * overall["mape_pct"]
    assert result.summary["probe"]["changed"] == 0


@pytest.mark.slow
def test_a_year_of_seven_isos(archive: Path, tmp_path: Path) -> None:
    file = tmp_path / "eia930.parquet"
    write_input("eia930", archive, file)
    output = tmp_path / "rows.parquet"
    done = CliRunner().invoke(
        backtest,
        [
            "--input",
            str(file),
            "--test-from",
            "2018-07-01",
            "--test-to",
            "2019-06-29",
            "--output",
            str(output),
            "--json",
        ],
    )
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert {s["series_id"] for s in summary["series"]} == {region for region, _ in EIA930_REGIONS.values()}
    assert summary["overall"]["mape_ratio"] <= 0.72
    for percent in (80, 95):
        assert summary["overall"][f"coverage_{percent}_pct"] == pytest.approx(percent, abs=2)
        for series in summary["series"]:
            assert series[f"coverage_{percent}_pct"] == pytest.approx(percent, abs=2), series["series_id"]
    for series in summary["series"]:
        assert series["mape_pct"] < series["operator_mape_pct"], series["series_id"]
        assert series["rows_without_forecast"] == 0
    # Another way to the same ratio, from the file alone.
    rows = pl.read_parquet(output).with_columns(
        ours=(pl.col("y") - pl.col("q0.5")).abs() / pl.col("y"),
        theirs=(pl.col("y") - pl.col("operator_forecast")).abs() / pl.col("y"),
    )
    means = rows.group_by("series_id").agg(pl.col("ours", "theirs").mean()).select(pl.col("ours", "theirs").mean())
    assert summary["overall"]["mape_ratio"] == pytest.approx(means["ours"].item() / means["theirs"].item())
