from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from apps.streamlit_app import cards, clock, grid
from gridlake.settings import Settings
from gridlake.snapshot import Snapshot
from semantic.client import SemanticClient
from tests.unit.semantic.sample import END, gold_tables, publish_sample

HOUR = timedelta(hours=1)
LAST = END - HOUR


@pytest.fixture
def client(published: tuple[Settings, Snapshot]) -> SemanticClient:
    return SemanticClient(published[0], environ={})


@pytest.fixture
def scope(client: SemanticClient) -> grid.Scope:
    return grid.scope(grid.regions(client, client.snapshot().as_of_utc))


def region(region_id: str, as_of: datetime, through: datetime | None = None) -> grid.Region:
    return grid.Region(region_id, region_id, "UTC", through or as_of, as_of)


def test_only_regions_that_share_an_as_of_are_summed() -> None:
    old, new = datetime(2017, 12, 31, 23), datetime(2019, 6, 30, 23)
    found = grid.scope([region("A", new), region("B", old), region("C", new)])
    assert found.ids == ["A", "C"]
    assert [r.region_id for r in found.left_out] == ["B"]
    assert found.hour_utc == new
    same_day = grid.scope([region("EAST", new), region("WEST", new + 3 * HOUR), region("B", old)])
    assert same_day.ids == ["EAST", "WEST"]
    assert same_day.hour_utc == new  # an hour that both have reached
    tied = grid.scope([region("A", old), region("B", new)])
    assert tied.ids == ["B"]  # of equal groups the latest


def test_a_region_whose_data_are_late_is_left_out_and_the_hour_is_one_all_have() -> None:
    now = datetime(2026, 1, 1, 12)
    found = grid.scope(
        [region("A", now, now - HOUR), region("B", now, now - 2 * HOUR), region("C", now, now - 9 * HOUR)]
    )
    assert found.ids == ["A", "B"]
    assert found.hour_utc == now - 2 * HOUR
    assert [r.region_id for r in found.left_out] == ["C"]
    with pytest.raises(ValueError, match="no regions"):
        grid.scope([])


def test_recorded_regions_that_end_apart(tmp_path: Path) -> None:
    settings, snapshot = publish_sample(tmp_path, end_of={"NYISO": datetime(2026, 3, 1)})
    client = SemanticClient(settings, environ={})
    found = grid.scope(grid.regions(client, snapshot.as_of_utc))
    assert found.ids == ["CAISO", "ERCOT"]
    assert found.left_out[0].through_utc == datetime(2026, 2, 28, 23)
    assert found.hour_utc == LAST
    assert grid.health(client, found)["region_id"].to_list() == ["CAISO", "ERCOT", "NYISO"]


def test_hours_without_a_row_are_gaps_and_no_sum_is_partial(client: SemanticClient, scope: grid.Scope) -> None:
    load = grid.load_by_region(client, scope)
    assert load.height == 48 * 3
    gaps = {tuple(r) for r in load.filter(pl.col("load_mw").is_null()).select("region_id", "interval_start_utc").rows()}
    missing_row = {("CAISO", datetime(2026, 3, 18, 20))}
    missing_value = {("ERCOT", datetime(2026, 3, 18, h)) for h in (14, 15, 16)}
    assert gaps == missing_row | missing_value
    total = grid.total_of(load, "load_mw", scope.ids)
    assert total.filter(pl.col("load_mw").is_null())["interval_start_utc"].to_list() == sorted(h for _, h in gaps)
    assert total["is_imputed"].sum() == 4


def test_the_load_card_is_the_sum_of_the_latest_hour(client: SemanticClient, scope: grid.Scope, gold: Any) -> None:
    sql = "select sum(load_mw) from fct_load_hourly where zone_id like '%.TOTAL' and interval_start_utc = ?"
    now, before = (gold.execute(sql, [t]).fetchone()[0] for t in (LAST, LAST - 7 * 24 * HOUR))
    card = cards.load_card(client, scope)
    assert card.value == pytest.approx(now)
    assert card.change_pct == pytest.approx(100 * (now - before) / before)
    assert len(card.trend) == 24
    assert card.trend[-1] == card.value


def test_how_many_report_and_how_complete_they_are(client: SemanticClient, scope: grid.Scope, gold: Any) -> None:
    told = cards.reporting_card(client, scope)
    assert (told.value, told.change_pct, told.trend) == (3, 0, [3.0] * 24)
    came = cards.completeness_card(client, scope)
    sql = (
        "select 100.0 * sum(received_intervals) / sum(expected_intervals) from fct_data_quality_daily "
        "where local_date between ?::date - ? and ?::date - ? and subject = 'load'"
    )
    now, before = (gold.execute(sql, [LAST, a, LAST, b]).fetchone()[0] for a, b in ((7, 1), (14, 8)))
    assert came.value == pytest.approx(now)
    assert came.change_pct == pytest.approx(now - before)
    assert len(came.trend) == 14


def test_the_other_cards_equal_sql(client: SemanticClient, scope: grid.Scope, gold: Any) -> None:
    renewable, share = cards.renewable_card(client, scope)
    by_hand = gold.execute(
        "select sum(generation_mw) filter (where is_renewable), sum(generation_mw) from fct_generation_hourly "
        "join dim_fuel using (fuel_id) where interval_start_utc = ?", [LAST],
    ).fetchone()  # fmt: skip
    assert renewable.value == pytest.approx(by_hand[0])
    assert share == pytest.approx(100 * by_hand[0] / by_hand[1])
    price, currency = cards.price_card(client, scope, "DAM")
    by_hand = gold.execute(
        "select avg(price_per_mwh) from fct_price_hourly where market_id = 'DAM' and interval_start_utc = ?", [LAST]
    ).fetchone()
    assert (price.value, currency) == (pytest.approx(by_hand[0]), "USD")
    carbon = cards.carbon_card(client, scope)
    by_hand = gold.execute(
        "select sum(emissions_kg) / sum(generation_mwh) from mart_carbon where interval_start_utc = ?", [LAST]
    ).fetchone()
    assert carbon.value == pytest.approx(by_hand[0])


def test_currencies_and_silent_regions_are_named_not_mixed(tmp_path: Path) -> None:
    tables = gold_tables()
    nyiso = pl.col("region_id") == "NYISO"
    prices = tables["fct_price_hourly"].with_columns(
        currency=pl.when(nyiso).then(pl.lit("EUR")).otherwise(pl.lit("USD"))
    )
    settings, _ = publish_sample(
        tmp_path,
        replaced={
            "fct_price_hourly": prices,
            "fct_generation_hourly": tables["fct_generation_hourly"].filter(~nyiso),
            "mart_carbon": tables["mart_carbon"].clear(),
        },
    )
    client = SemanticClient(settings, environ={})
    scope = grid.scope(grid.regions(client, client.snapshot().as_of_utc))
    price, currency = cards.price_card(client, scope, "RTM")
    assert currency == "USD"
    assert price.value is not None
    assert price.note == "no USD prices from NYISO"
    assert cards.renewable_card(client, scope)[0].note == "no generation from NYISO"
    assert cards.carbon_card(client, scope).value is None
    assert not grid.generation_by_fuel(client, scope).is_empty()
    assert cards.price_card(client, scope, "XXX")[0].value is None


def test_the_band_is_that_of_the_same_hour_on_earlier_days(
    client: SemanticClient, scope: grid.Scope, gold: Any
) -> None:
    frame = grid.load_against_history(client, scope, "America/Chicago")
    assert frame.height == 24
    assert frame["interval_start_utc"].to_list()[-1] == LAST
    row = frame.row(10, named=True)
    by_hand = gold.execute(
        """
        with hourly as (
            select interval_start_utc as t, timezone('America/Chicago', timezone('UTC', interval_start_utc)) as local,
                   sum(load_mw) as mw, count(load_mw) as n
            from fct_load_hourly where zone_id like '%.TOTAL' group by 1)
        select quantile_cont(mw, 0.1), median(mw), quantile_cont(mw, 0.9) from hourly
        where n = 3 and hour(local) = (select hour(local) from hourly where t = ?)
          and t <= ?::timestamp - interval 24 hour and t > ?::timestamp - interval 57 day
        """,
        [row["interval_start_utc"], LAST, LAST],
    ).fetchone()
    assert (row["p10_mw"], row["median_mw"], row["p90_mw"]) == pytest.approx(by_hand)
    assert 50 <= row["days"] <= 57


def test_generation_withholds_hours_that_a_region_lacks(tmp_path: Path) -> None:
    generation = gold_tables()["fct_generation_hourly"]
    hole = (pl.col("region_id") == "ERCOT") & (pl.col("interval_start_utc") == datetime(2026, 3, 19, 3))
    settings, _ = publish_sample(tmp_path, replaced={"fct_generation_hourly": generation.filter(~hole)})
    client = SemanticClient(settings, environ={})
    frame = grid.generation_by_fuel(client, grid.scope(grid.regions(client, {})))
    hours = frame["interval_start_utc"].unique()
    assert datetime(2026, 3, 19, 3) not in hours.to_list()
    assert datetime(2026, 3, 19, 4) in hours.to_list()


def test_the_forecast_stands_beside_operator_and_actual(client: SemanticClient, scope: grid.Scope, gold: Any) -> None:
    frame = grid.forecast(client, scope.regions[0])
    assert frame["interval_start_utc"].diff().drop_nulls().unique().to_list() == [HOUR]
    ahead = frame.filter(pl.col("interval_start_utc") > LAST)
    assert ahead["load_mw"].null_count() == ahead.height > 20
    assert ahead["operator_mw"].null_count() == 0
    known = frame.filter(pl.col("lower_95_mw").is_not_null())
    order = ["lower_95_mw", "lower_80_mw", "forecast_mw", "upper_80_mw", "upper_95_mw"]
    for below, above in pairwise(order):
        assert (known[below] <= known[above]).all()
    at = ahead.row(5, named=True)
    by_hand = gold.execute(
        "select q0500, issued_at_utc from fct_forecast where zone_id = 'CAISO.TOTAL' and forecast_kind = 'model' "
        "and interval_start_utc = ? order by issued_at_utc desc limit 1", [at["interval_start_utc"]],
    ).fetchone()  # fmt: skip
    assert (at["forecast_mw"], at["issued_at_utc"]) == by_hand
    assert grid.skill(client, scope.regions[0])["mape_pct"] < grid.skill(client, scope.regions[0])["naive_mape_pct"]


def test_ticks_lie_on_local_clocks_through_a_change_of_time() -> None:
    found = clock.ticks(datetime(2026, 3, 8, 5), datetime(2026, 3, 9, 4), "America/New_York")
    assert [(t.hour, label) for t, label in found] == [
        (5, "Sun 8 Mar"), (10, "06:00"), (16, "12:00"), (22, "18:00"), (4, "Mon 9 Mar"),
    ]  # fmt: skip
    hours = clock.with_labels(clock.hour_grid(datetime(2026, 11, 1, 4), datetime(2026, 11, 1, 7)), "America/New_York")
    assert hours["when"].str.slice(-9).to_list() == ["00:00 EDT", "01:00 EDT", "01:00 EST", "02:00 EST"]


def test_a_card_without_values_is_empty_not_zero() -> None:
    empty = pl.DataFrame(
        {"interval_start_utc": [LAST], "x": [None]}, schema={"interval_start_utc": pl.Datetime("us"), "x": pl.Float64}
    )
    card = cards.card_of(empty, "x", "why")
    assert (card.value, card.hour_utc, card.change_pct, card.trend, card.note) == (None, None, None, [], "why")
