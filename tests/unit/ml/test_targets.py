"""Prices and renewables of the lake: what gold's rows become, and that nothing known later gets in, for every target."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from gridlake.errors import UsageError
from ml.lake import read_target
from ml.predict import forecast_target, lake_plan
from ml.serve import forecast_of
from tests.unit.ml.grids import load_series

END = datetime(2018, 6, 1, 4)  # midnight in New York: 151 local days from 2018-01-01
DAYS = 151
TARGETS = ("load", "price", "solar", "wind")


def outcome(target: str) -> np.ndarray[Any, Any]:
    hours = np.arange(DAYS * 24 - 1)
    load = load_series(DAYS).y[: len(hours)]
    if target == "price":
        return load / 200 - 45  # negative at times
    if target == "solar":
        return np.maximum(np.sin(2 * np.pi * (hours - 6) / 24), 0) * load / 10
    return load if target == "load" else np.abs(load - 9_000)


def rows(target: str) -> pl.DataFrame:
    y = outcome(target)
    start = datetime(2018, 1, 1, 5)
    return pl.DataFrame(
        {
            "interval_start_utc": pl.Series([start + timedelta(hours=i) for i in range(len(y))]).cast(pl.Datetime("us")),
            "y": y,
        }
    ).with_columns(
        zone_id=pl.lit("NYISO.TOTAL"), region_id=pl.lit("NYISO"), operator_forecast=pl.lit(None, dtype=pl.Float64),
        operator_forecast_issued_at_utc=pl.lit(None, dtype=pl.Datetime("us")), unit=pl.lit("USD/MWh" if target == "price" else "MW"),
        source_system=pl.lit("S"),
    )  # fmt: skip


GIVEN: dict[str, Any] = {
    "zones_tz": {"NYISO.TOTAL": "America/New_York"}, "as_of": {"NYISO.TOTAL": END}, "places": {"NYISO": (42.7, -73.8)}, "days_back": 10,
}  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_no_value_after_an_issue_changes_its_forecast(target: str) -> None:
    """Values after an issue become garbage; twice the same is the same to the last bit."""
    given = rows(target)
    before = forecast_target(given, target, **GIVEN)
    instant = before.rows["issued_at_utc"].unique().sort()[4]
    # A market publishes the whole of the issue day: prices of that day are known to the issue.
    known = datetime(instant.year, instant.month, instant.day, 4) + timedelta(days=1) if target == "price" else instant
    spoiled = given.with_columns(
        y=pl.when(pl.col("interval_start_utc") >= known).then(pl.col("y") * -3 + 777).otherwise(pl.col("y"))
    )
    after = forecast_target(spoiled, target, **GIVEN).rows
    until = pl.col("issued_at_utc") <= instant
    assert after.filter(until).equals(before.rows.filter(until))
    assert not after.filter(~until).equals(before.rows.filter(~until))
    if target == "price":  # load's twin stands in test_predict
        assert forecast_target(given, target, **GIVEN).rows.equals(before.rows)
    assert set(before.rows["target"]) == {target}
    assert {s["unit"] for s in before.skill} == {"USD/MWh" if target == "price" else "MW"}
    assert before.models[0].model_id == ("lightgbm_day_ahead" if target == "load" else f"lightgbm_{target}_day_ahead")


def test_the_sun_does_not_shine_at_night_and_nothing_is_negative() -> None:
    made = forecast_target(rows("solar"), "solar", **GIVEN).rows
    quantiles = made.select("^q.*$").to_numpy()
    assert quantiles.min() == 0
    midnight = made.filter(pl.col("interval_start_utc").dt.hour() == 5)
    assert midnight["q0975"].max() == 0
    assert made["q0500"].to_numpy().max() > 100


def test_two_days_ahead_are_two_days() -> None:
    made = forecast_target(rows("load"), "load", plan=lake_plan("load", (1, 2)), **GIVEN).rows
    newest = made.filter(pl.col("issued_at_utc") == made["issued_at_utc"].max())
    assert newest["interval_start_utc"].n_unique() == newest.height == 48
    assert newest["lead_time_hours"].max() == 14 + 47
    assert newest["forecast_kind"].unique().to_list() == ["model"]


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema gold")
    hours = rows("load").with_columns(interval_end_utc=pl.col("interval_start_utc") + timedelta(hours=1))
    load = hours.rename({"y": "load_reported_mw", "operator_forecast": "operator_forecast_mw"})
    price = hours.with_columns(zone_id=pl.lit("NYISO.WEST"), price_per_mwh=pl.Series(outcome("price")), market_id=pl.lit("DAM"), currency=pl.lit("USD"))  # fmt: skip
    node = price.head(48).with_columns(zone_id=pl.lit("NYISO.NODE1"))
    real_time = price.with_columns(market_id=pl.lit("RTM"), price_per_mwh=pl.lit(999.0))
    wind = pl.concat([
        hours.with_columns(fuel_id=pl.lit(fuel), generation_mw=pl.Series(outcome("wind")) / 2) for fuel in ("onshore", "offshore")
    ]).rename({"operator_forecast": "operator_forecast_mw"})  # fmt: skip
    gap = (pl.col("fuel_id") == "offshore") & (pl.col("interval_start_utc") == datetime(2018, 2, 1, 5))
    wind = wind.with_columns(generation_mw=pl.when(~gap).then(pl.col("generation_mw")))
    tables = {
        "fct_load_hourly": load, "fct_price_hourly": pl.concat([price, node, real_time]), "fct_generation_hourly": wind,
        "dim_fuel": pl.DataFrame({"fuel_id": ["onshore", "offshore", "sun"], "fuel_group": ["Wind", "Wind", "Solar"]}),
        "dim_zone": pl.DataFrame({
            "zone_id": ["NYISO.TOTAL", "NYISO.WEST", "NYISO.NODE1"], "region_id": ["NYISO"] * 3, "zone_type": ["system", "load_zone", "node"],
        }),
        "dim_region": pl.DataFrame({"region_id": ["NYISO"], "timezone": ["America/New_York"]}),
        "dim_weather_station": pl.DataFrame({"region_id": ["NYISO", "NYISO"], "latitude": [42.0, 43.0], "longitude": [-74.0, -73.0]}),
        "fct_forecast": pl.DataFrame(schema={
            **dict.fromkeys(("target", "zone_id", "region_id", "model_id", "model_version", "forecast_kind", "unit", "source_system"), pl.String),
            **dict.fromkeys(("issued_at_utc", "interval_start_utc", "interval_end_utc"), pl.Datetime("us")),
            **dict.fromkeys(("q0025", "q0100", "q0250", "q0500", "q0750", "q0900", "q0975"), pl.Float64),
        }),
    }  # fmt: skip
    for name, frame in tables.items():
        con.register("given", frame)
        con.execute(f"create table gold.{name} as select * from given")
    return con


def test_gold_is_read_by_zone_market_and_fuel(con: duckdb.DuckDBPyConnection) -> None:
    load = read_target(con, "load")
    assert load.as_of == {"NYISO.TOTAL": END}
    assert load.zones_tz == {"NYISO.TOTAL": "America/New_York"}
    assert load.places == {"NYISO": (42.5, -73.5)}
    price = read_target(con, "price")
    assert price.rows["zone_id"].unique().to_list() == ["NYISO.WEST"]
    assert price.rows["unit"].unique().to_list() == ["USD/MWh"]
    assert price.rows["y"].to_numpy().max() < 999
    wind = read_target(con, "wind").rows
    assert wind.height == DAYS * 24 - 1
    assert wind["y"].null_count() == 1  # one of two fuels is no sum
    assert wind["y"][0] == pytest.approx(outcome("wind")[0])
    assert read_target(con, "solar").rows.is_empty()
    with pytest.raises(UsageError, match="There is no target 'snow'"):
        read_target(con, "snow")


def weather_told(days: int) -> pl.DataFrame:
    """Each hour told at 12:00 UTC two days before (1), at 14:30 the day before (2) and at 16:00 the day before (99): ten o'clock in New York
    is 15:00 in winter and 14:00 in summer. Reaches a day beyond the load."""
    end = END + timedelta(days=1)
    hours = pl.datetime_range(end - timedelta(days=days), end, "1h", closed="left", eager=True).cast(pl.Datetime("us"))
    local = hours.dt.replace_time_zone("UTC").dt.convert_time_zone("America/New_York").dt.date().cast(pl.Datetime("us"))
    vintages = [
        pl.DataFrame({"interval_start_utc": hours, "issued_at_utc": local + offset, "value": value})
        for offset, value in ((timedelta(hours=-36), 1.0), (timedelta(hours=-9.5), 2.0), (timedelta(hours=-8), 99.0))
    ]
    told = pl.concat(vintages)
    names = (
        "temperature_c",
        "humidity_pct",
        "wind_speed_m_per_s",
        "irradiance_w_per_m2",
        "cloud_cover_pct",
        "pressure_hpa",
    )
    stations = [
        told.with_columns(station_id=pl.lit(s), value=pl.col("value") + k) for k, s in ((-0.5, "A"), (0.5, "B"))
    ]
    return pl.concat(stations).with_columns(region_id=pl.lit("NYISO"), **{name: pl.col("value") for name in names})


def test_the_weather_forecast_is_that_of_the_issue(con: duckdb.DuckDBPyConnection) -> None:
    con.register("told", weather_told(DAYS))
    con.execute("create table gold.fct_weather_forecast as select * from told")
    known = read_target(con, "load")
    told = known.rows["future__temperature_c"]
    assert set(told.drop_nulls().unique().to_list()) == {1.0, 2.0}
    by_month = known.rows.group_by(pl.col("interval_start_utc").dt.month()).agg(pl.col("future__temperature_c").max()).sort("interval_start_utc")  # fmt: skip
    assert by_month.filter(pl.col("interval_start_utc") == 2)["future__temperature_c"].item() == 2.0
    assert by_month.filter(pl.col("interval_start_utc") == 5)["future__temperature_c"].item() == 1.0
    to_come = known.rows.filter(pl.col("interval_start_utc") >= END)
    assert to_come.height == 24
    assert to_come["y"].null_count() == to_come.height
    assert to_come["future__temperature_c"].null_count() == 0
    assert known.as_of == {"NYISO.TOTAL": END}
    made = forecast_target(
        known.rows, "load", zones_tz=known.zones_tz, as_of=known.as_of, places=known.places, days_back=3
    )
    assert "future__temperature_c" in made.models[0].names
    assert made.rows.filter(pl.col("forecast_kind") == "model").height == 24


def test_too_few_weather_forecasts_are_left_out(con: duckdb.DuckDBPyConnection) -> None:
    con.register("told", weather_told(100))
    con.execute("create table gold.fct_weather_forecast as select * from told")
    assert not [c for c in read_target(con, "load").rows.columns if c.startswith("future__")]


def test_a_forecast_that_is_not_published_is_made(con: duckdb.DuckDBPyConnection) -> None:
    made, is_new = forecast_of(con, "price", "NYISO", 30)
    assert is_new
    assert made.height == 30
    assert made["zone_id"].unique().to_list() == ["NYISO.WEST"]
    columns = ", ".join(c for c in made.columns)
    con.register("made", made.head(24))
    con.execute(
        f"insert into gold.fct_forecast by name select {columns}, 'price' as target, 'NYISO' as region_id from made"
    )
    shown, is_new = forecast_of(con, "price", "NYISO.WEST", 6)
    assert (is_new, shown.height) == (False, 6)
    assert shown["q0500"].to_list() == made["q0500"].head(6).to_list()
    with pytest.raises(UsageError, match=r"Published solar forecasts: none"):
        forecast_of(con, "solar", "NYISO", 24)
    with pytest.raises(UsageError, match=r"Published price forecasts: NYISO\.WEST\."):
        forecast_of(con, "price", "NYISO.NODE1", 24)
    with pytest.raises(UsageError, match=r"no region or zone NYSIO. Did you mean NYISO\?"):
        forecast_of(con, "load", "NYSIO", 24)
