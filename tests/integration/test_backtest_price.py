"""Price skill on recorded EPF data, and the other recorded inputs as they are read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from ml.backtest import Plan, run_backtest
from ml.frame import series_of
from ml.inputs import epf_input
from ml.inputs_zones import spain_generation_input, spain_input


@pytest.fixture(scope="module")
def prices(archive: Path) -> pl.DataFrame:
    return epf_input(archive)


def test_prices_are_the_files_own_hours(prices: pl.DataFrame, archive: Path) -> None:
    raw = pl.read_csv(archive / "epf" / "FR.csv", infer_schema=False)
    ours = prices.filter(pl.col("series_id") == "FR")
    assert ours.height == raw.height
    assert ours["y"].sum() == pytest.approx(raw[raw.columns[1]].str.strip_chars().cast(pl.Float64).sum())
    assert ours.group_by(pl.col("timestamp_utc").dt.date()).len()["len"].unique().to_list() == [24]
    assert ours["reference__dnn_ensemble"].count() == 728 * 24
    # The published errors, from our columns.
    known = ours.filter(pl.col("reference__dnn_ensemble").is_not_null())
    assert (known["y"] - known["reference__dnn_ensemble"]).abs().mean() == pytest.approx(3.866, abs=0.001)
    assert (known["y"] - known["reference__lear_ensemble"]).abs().mean() == pytest.approx(3.980, abs=0.001)


def test_spain_is_read_with_its_offsets(archive: Path) -> None:
    load = spain_input(archive)
    assert load["timestamp_utc"].diff().drop_nulls().unique().len() == 1
    year = load.filter(pl.col("timestamp_utc").dt.year() == 2018)
    mape = (100 * (year["operator_forecast"] / year["y"] - 1).abs()).mean()
    assert mape == pytest.approx(0.93, abs=0.05)
    assert spain_generation_input(archive, "solar")["y"].min() >= 0  # type: ignore[operator]


@pytest.mark.slow
def test_two_months_of_french_prices_come_near_the_published_ensemble_and_beat_the_naive(prices: pl.DataFrame) -> None:
    """Ours is the better over the two years of the skill page; these two winter months are not its best (3.47 against 3.44 €/MWh)."""
    series = series_of(prices.filter(pl.col("series_id") == "FR"))
    plan = Plan(target="price", known_until="day-end")
    result = run_backtest(series, plan, test_from=date(2015, 1, 4), test_to=date(2015, 3, 3), probe=True)
    (one,) = result.summary["series"]
    assert one["mae"] < 1.02 * one["references"]["lear_ensemble"]["mae"]
    assert one["rmae"] < 0.7
    assert result.summary["probe"]["changed"] == 0
