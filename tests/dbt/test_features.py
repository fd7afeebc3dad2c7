"""Features: what a row knew, checked against a plain reading of the same samples and against garbage from the future.

The models' compiled SQL runs here over copies of a small home's tables in DuckDB, so that a table can be spoilt and the rest
computed again in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from gridlake import duck
from gridlake.settings import PROJECT_ROOT, Settings
from orchestration.dbt import TARGET, manifest_nodes
from orchestration.reference import FEATURE_TABLES, feature_dictionary, reference_files

COMPILED = TARGET / "compiled" / "gridlake" / "dbt_project" / "models"
CHAIN = (
    "silver/int_load__known_hourly", "silver/int_load_forecast__known_hourly", "silver/int_price__known_hourly",
    "silver/int_renewable__known_hourly", "silver/int_weather__known_hourly", "silver/int_frequency__known_hourly",
    "silver/int_region__as_known", "gold/feat_load_hourly", "gold/feat_price_hourly", "gold/feat_renewable_hourly",
)  # fmt: skip
SPOILT = {  # table: (columns, SQL of when a row became known)
    "int_load__sample": (("load_mw",), "published_at_utc"),
    "int_price__sample": (("price_per_mwh", "congestion_per_mwh", "loss_per_mwh"), "published_at_utc"),
    "int_generation__sample": (("generation_mw",), "published_at_utc"),
    "int_weather__sample": (("temperature_c", "wind_speed_m_per_s", "humidity_pct", "cloud_cover_pct"), "published_at_utc"),
    "int_load_forecast__vintage": (("load_forecast_mw",), "issued_at_utc"),
}  # fmt: skip
INPUTS = (*SPOILT, "int_frequency__sample", "int_calendar__hour", "int_calendar__day", "int_calendar__harmonic")
SEEDS = ("regions", "known_latency", "feed_zones", "source_precedence")


@pytest.fixture(scope="module")
def inputs(built_home: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """What the feature models read, as tables of a database called as dbt calls it."""
    con = duck.connect()
    con.execute("attach ':memory:' as warehouse")
    con.execute("create schema warehouse.silver; create schema warehouse.gold; create schema warehouse.seeds")
    for table in INPUTS:
        path = duck.sql_literal(built_home.silver / table)
        con.execute(f"create table warehouse.silver.{table} as select * from delta_scan({path})")
    for seed in SEEDS:
        path = duck.sql_literal(PROJECT_ROOT / "dbt_project" / "seeds" / f"{seed}.csv")
        con.execute(f"create table warehouse.seeds.{seed} as select * from read_csv({path}, header = true)")
    yield con
    con.close()


def features(con: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    """The feature tables from the silver tables as they stand."""
    made = {}
    for model in CHAIN:
        layer, table = model.split("/")
        con.execute(f"create or replace table warehouse.{layer}.{table} as {(COMPILED / f'{model}.sql').read_text()}")
        if layer == "gold":
            made[table] = con.execute(f"select * from warehouse.gold.{table} order by zone_id, known_at_utc").pl()
    return made


@pytest.fixture(scope="module")
def honest(inputs: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    return features(inputs)


def until(frame: pl.DataFrame, instant: datetime) -> pl.DataFrame:
    return frame.filter(pl.col("known_at_utc") <= instant)


def test_nothing_told_later_changes_a_row(inputs: duckdb.DuckDBPyConnection, honest: dict[str, pl.DataFrame]) -> None:
    """Everything published after an instant is multiplied, and judged otherwise; rows known by then stay as they were."""
    instant = datetime(2024, 2, 20, 15)
    for table in SPOILT:
        inputs.execute(f"create table warehouse.silver.kept_{table} as select * from warehouse.silver.{table}")
    try:
        for table, (columns, known) in SPOILT.items():
            changes = ", ".join(f"{c} = {c} * (2 + 3 * random()) + 1000 * random()" for c in columns)
            verdict = "is_quarantined = not is_quarantined, validation_flags = 'XX99', data_quality_score = 1"
            changed = inputs.execute(
                f"update warehouse.silver.{table} set {changes}, {verdict} where {known} > timestamp '{instant}'"
            ).fetchall()
            assert changed[0][0] > 500, f"{table} holds little that was told later"
        spoilt = features(inputs)
    finally:
        for table in SPOILT:
            inputs.execute(
                f"create or replace table warehouse.silver.{table} as select * from warehouse.silver.kept_{table}"
            )
    for table, before in honest.items():
        assert until(before, instant).height > 1000, table
        assert_frame_equal(until(spoilt[table], instant), until(before, instant), rel_tol=1e-9, abs_tol=1e-9)
        later = before.filter(pl.col("known_at_utc") > instant)
        assert not spoilt[table].filter(pl.col("known_at_utc") > instant).equals(later), (
            f"{table}: the garbage was not seen"
        )


def test_price_features_are_those_of_a_plain_reading(
    inputs: duckdb.DuckDBPyConnection, honest: dict[str, pl.DataFrame]
) -> None:
    """One zone's real-time prices in Python: of every hour what was published first, then windows by hand."""
    rows = inputs.execute(
        """select market_id, interval_start_utc, published_at_utc, price_per_mwh from warehouse.silver.int_price__sample
        where zone_id = 'NYISO.WEST' and price_per_mwh is not null and not is_quarantined"""
    ).fetchall()
    first: dict[tuple[str, datetime], tuple[datetime, float]] = {}
    for market, start, published, price in rows:
        if (market, start) not in first or published < first[market, start][0]:
            first[market, start] = (published, price)
    found = honest["feat_price_hourly"].filter(pl.col("zone_id") == "NYISO.WEST", pl.col("market_id") == "DAM")
    checked = 0
    for row in found.filter(pl.col("hour").is_in([3, 11, 19])).iter_rows(named=True):
        known = {s: p for (m, s), (at, p) in first.items() if m == "DAM" and at <= row["known_at_utc"]}
        newest = max(known)
        assert row["newest_interval_start_utc"] == newest
        assert row["price_lag_1h_per_mwh"] == pytest.approx(known[newest])
        assert row["price_lag_24h_per_mwh"] == (
            pytest.approx(known[newest - timedelta(hours=23)]) if newest - timedelta(hours=23) in known else None
        )
        day = [known[s] for n in range(24) if (s := newest - timedelta(hours=n)) in known]
        assert row["price_mean_24h_per_mwh"] == pytest.approx(sum(day) / len(day))
        assert (row["price_max_24h_per_mwh"], row["price_min_24h_per_mwh"]) == pytest.approx((max(day), min(day)))
        month = [known[s] for n in range(720) if (s := newest - timedelta(hours=n)) in known]
        assert row["price_std_30d_per_mwh"] == pytest.approx(pl.Series(month).std(), rel=1e-6)
        paired = {s: p for (m, s), (at, p) in first.items() if m == "RTM" and at <= row["known_at_utc"] and s in known}
        if paired and row["spread_last_per_mwh"] is not None:
            assert row["spread_last_per_mwh"] == pytest.approx(known[max(paired)] - paired[max(paired)])
            checked += 1
    assert checked > 100


def test_an_unknown_temperature_is_no_mild_day(honest: dict[str, pl.DataFrame]) -> None:
    degrees = ("heating_degree_c", "cooling_degree_c")
    for frame in honest.values():
        for row in frame.select("temperature_c", *degrees).unique().iter_rows(named=True):
            known = row["temperature_c"] is not None
            assert [row[name] is not None for name in degrees] == [known, known]
            if known:
                assert row["heating_degree_c"] - row["cooling_degree_c"] == pytest.approx(18 - row["temperature_c"])
                assert min(row[name] for name in degrees) == 0


def test_calendar_of_a_row_is_that_of_its_hour(honest: dict[str, pl.DataFrame]) -> None:
    import math

    row = honest["feat_price_hourly"].filter(
        pl.col("zone_id") == "NYISO.WEST", pl.col("known_at_utc") == datetime(2024, 2, 19, 17)
    ).row(0, named=True)  # fmt: skip
    assert (row["hour"], row["day_of_week"], row["day_kind"], row["holiday"]) == (12, 0, 3, 1), "Washington's birthday"
    assert row["holiday_after"] == row["holiday_before"] == 0
    assert row["daily_sin2"] == pytest.approx(math.sin(2 * math.pi * 2 * 12 / 24), abs=1e-12)
    assert row["weekly_cos3"] == pytest.approx(math.cos(2 * math.pi * 3 * 12 / 168))
    assert row["annual_sin8"] == pytest.approx(math.sin(2 * math.pi * 8 * 49 / 365.25))


def test_dictionary_and_holidays_are_current() -> None:
    for path, text in reference_files().items():
        assert path.read_text(encoding="utf-8") == text, f"run `python -m orchestration.reference` ({path.name})"


def test_there_are_enough_features() -> None:
    nodes = {n["name"]: n for n in manifest_nodes().values()}
    names = {
        name
        for table in FEATURE_TABLES
        for name, column in nodes[table]["columns"].items()
        if column["config"]["meta"].get("is_feature", True)
    }
    assert len(names) >= 120
    for pattern in (
        r"load_lag_(1|3|6|12|24|48|168)h_mw", r"price_(mean|std|min|max)_(6h|24h|7d|30d)_per_mwh",
        r"(daily|weekly|annual)_(sin|cos)[1-8]", r"holiday.*", r".*_volatility_.*", r"spread_.*", r"frequency_.*", r".*_ramp_.*",
    ):  # fmt: skip
        assert [n for n in names if re.fullmatch(pattern, n)], pattern
    assert "known_at_utc" in feature_dictionary()
