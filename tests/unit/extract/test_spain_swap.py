"""Day and month exchanged in Spain's energy file: found by evidence, repaired by date, left alone where all is well."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from extract.catalogue import feed
from extract.feed import Payload
from extract.feeds.spain import DAY_MONTH_SWAP, ENERGY_COLUMNS, MADRID, redated, swapped_columns
from gridlake.times import local_midnight_utc


@pytest.fixture(scope="module")
def rows(archive: Path) -> pl.DataFrame:
    relative = "entsoe/spain/energy_dataset.csv.gz"
    payload = Payload("entsoe_spain_energy", (archive / relative).read_bytes(), f"archive:{relative}", "archive")
    return feed("entsoe_spain_energy").parse(payload).rows


def autocorrelation(rows: pl.DataFrame, time: str, column: str, lag_hours: int) -> float:
    """By a join, another way than the detector's."""
    series = rows.select(pl.col(time).alias("t"), pl.col(column).cast(pl.Float64, strict=False).alias("x")).drop_nulls()
    later = series.select(pl.col("t") - pl.duration(hours=lag_hours), pl.col("x").alias("y"))
    return float(series.join(later, on="t").select(pl.corr("x", "y")).item())


def year(days: int = 366, first: date = date(2016, 1, 1)) -> pl.DataFrame:
    """A sound year of hourly load with noise that has no daily memory across the calendar."""
    start = local_midnight_utc(first, MADRID)
    hours = np.arange(days * 24)
    rng = np.random.default_rng(7)
    slow = np.convolve(rng.standard_normal(len(hours) + 240), np.ones(240) / 15, mode="valid")[: len(hours)]
    week = 3 * (((hours // 24) % 7) < 5)
    frame = pl.DataFrame({"hour": hours}).with_columns(
        (pl.lit(start) + pl.duration(hours=pl.col("hour"))).dt.cast_time_unit("us").alias("interval_start_utc")
    )
    return frame.with_columns(
        pl.Series("load", 30 + 5 * np.sin(2 * np.pi * hours / 24) + week + 3 * slow),
        pl.Series("price", 50 + 9 * np.sin(2 * np.pi * (hours - 3) / 24) + week + 4 * slow),
        pl.lit(0.0).alias("constant"),
        pl.lit(None, dtype=pl.Float64).alias("empty"),
    )


def with_swap(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The columns' values moved to the exchanged stamps, as the defect does."""
    moved = frame.select(redated(pl.col("interval_start_utc"), MADRID).alias("interval_start_utc"), *columns)
    return frame.drop(columns).join(moved, on="interval_start_utc", how="left")


VALUES = ["load", "price", "constant", "empty"]


class TestRealFile:
    def test_all_columns_are_swapped_but_the_actual_price_and_those_that_never_vary(self, rows: pl.DataFrame) -> None:
        found = rows.filter(pl.col("repair_code") == DAY_MONTH_SWAP)["swapped_columns"].unique().to_list()
        assert len(found) == 1
        varying = {c for c in ENERGY_COLUMNS if rows[c].cast(pl.Float64, strict=False).drop_nulls().n_unique() > 1}
        assert set(found[0].split(",")) == varying - {"price_actual"}

    def test_load_repeats_by_the_week_after_repair(self, rows: pl.DataFrame) -> None:
        before = autocorrelation(rows, "interval_start_utc", "total_load_actual", 168)
        after = autocorrelation(rows, "swapped_interval_start_utc", "total_load_actual", 168)
        assert before < 0.70
        assert after > 0.88

    def test_the_reason_stands_in_every_moved_row_and_in_no_other(self, rows: pl.DataFrame) -> None:
        moved = pl.col("swapped_interval_start_utc") != pl.col("interval_start_utc")
        assert rows.filter(moved)["repair_code"].unique().to_list() == [DAY_MONTH_SWAP]
        assert rows.filter(~moved).select("repair_code", "swapped_columns").unique().rows() == [("", "")]
        local = pl.col("interval_start_utc").dt.replace_time_zone("UTC").dt.convert_time_zone(MADRID)
        expected = rows.filter((local.dt.day() <= 12) & (local.dt.day() != local.dt.month())).height
        assert rows.filter(moved).height == expected == 4 * 12 * 11 * 24

    def test_no_two_rows_are_moved_to_one_hour(self, rows: pl.DataFrame) -> None:
        assert rows["swapped_interval_start_utc"].n_unique() == rows.height

    def test_repaired_prices_of_both_markets_agree_better(self, rows: pl.DataFrame) -> None:
        price = rows.select("interval_start_utc", actual=pl.col("price_actual").cast(pl.Float64))
        ahead = pl.col("price_day_ahead").cast(pl.Float64)
        apart = {}
        for time in ("interval_start_utc", "swapped_interval_start_utc"):
            joined = price.join(rows.select(pl.col(time).alias("interval_start_utc"), ahead), on="interval_start_utc")
            apart[time] = float(joined.select((pl.col("actual") - pl.col("price_day_ahead")).abs().mean()).item())
        assert apart["swapped_interval_start_utc"] < 0.97 * apart["interval_start_utc"]


class TestDetector:
    def test_a_sound_file_is_left_alone(self) -> None:
        assert swapped_columns(year(), VALUES, MADRID) == []

    def test_a_planted_swap_is_found_in_its_column_only(self) -> None:
        assert swapped_columns(with_swap(year(), "load", "constant", "empty"), VALUES, MADRID) == ["load"]

    def test_order_of_rows_does_not_matter(self) -> None:
        shuffled = with_swap(year(), "price").sample(fraction=1, shuffle=True, seed=3)
        assert swapped_columns(shuffled, VALUES, MADRID) == ["price"]

    def test_values_as_text_with_blanks_are_judged_too(self) -> None:
        frame = with_swap(year(), "load").with_columns(
            pl.when(pl.col("hour") % 97 == 0).then(None).otherwise(pl.col("load").cast(pl.String)).alias("load")
        )
        assert swapped_columns(frame, ["load"], MADRID) == ["load"]

    @pytest.mark.parametrize("days", [0, 1, 5, 20, 60])
    def test_a_short_file_shows_nothing_and_is_left_alone(self, days: int) -> None:
        assert swapped_columns(year().head(days * 24), VALUES, MADRID) == []

    def test_exchanging_twice_gives_the_stamp_back(self) -> None:
        once = year().select("interval_start_utc", redated(pl.col("interval_start_utc"), MADRID).alias("once"))
        assert once["once"].null_count() == 0
        assert (
            once.select(redated(pl.col("once"), MADRID))
            .to_series()
            .equals(once["interval_start_utc"], check_names=False)
        )
        assert once["once"].n_unique() == once.height
