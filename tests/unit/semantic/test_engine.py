from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gridlake.errors import GridlakeError, UsageError
from semantic.engine import Engine, compile_query
from semantic.model import UnknownMember, load_model
from tests.unit.semantic.sample import gold_tables, publish_sample

HOURS = "load.interval_start_utc"
DST_DAY = ["2026-03-08", "2026-03-08"]


def hours(granularity: str = "hour", span: list[str] | None = None) -> list[dict[str, Any]]:
    body: dict[str, Any] = {"dimension": HOURS, "granularity": granularity}
    return [body | ({"dateRange": span} if span else {})]


# --- months -------------------------------------------------------------------------------------------------------


MARCH = ["2026-03-05T00:00:00", "2026-03-06T23:00:00"]
PRICED = {"measures": ["prices.load_weighted_price_per_mwh"], "dimensions": ["prices.zone_id", "prices.market_id"]}


def test_only_the_months_asked_for_are_opened(tmp_path: Path) -> None:
    """Shown by taking the other months away: a bounded question is answered as before, an unbounded one is not."""
    _, snapshot = publish_sample(tmp_path)
    engine = Engine(snapshot)
    bounded = PRICED | {"timeDimensions": [{"dimension": "prices.interval_start_utc", "dateRange": MARCH}]}
    of_region = [
        {"and": [{"member": "load.region_id", "operator": "equals", "values": [r]}, {"member": "load.local_date", "operator": "inDateRange", "values": days}]}
        for r, days in (("NYISO", ["2026-03-05", "2026-03-06"]), ("ERCOT", ["2026-03-10", "2026-03-11"]))
    ]  # fmt: skip
    apart = {"measures": ["load.total_load_mwh"], "dimensions": ["load.region_id"], "filters": [{"or": of_region}]}
    before = [engine.query(q).rows() for q in (bounded, apart)]
    assert all(before)
    engine.close()
    fresh = Engine(snapshot)
    assert fresh.query({"measures": ["plant_list.count"]}).rows()
    others = [
        f for t in ("fct_price_hourly", "fct_load_hourly") for f in (tmp_path / "gold" / t).glob("month=2026-01/*")
    ]
    for file in others:
        file.unlink()
    assert others
    assert [fresh.query(q).rows() for q in (bounded, apart)] == before
    with pytest.raises(GridlakeError, match="month=2026-01"):
        fresh.query(PRICED)


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        (PRICED | {"timeDimensions": [{"dimension": "prices.local_date", "dateRange": ["2026-03-05", "2026-03-06"]}]}, {"fct_load_hourly", "fct_price_hourly"}),
        (PRICED, set()),
        (PRICED | {"filters": [{"member": "prices.interval_start_utc", "operator": "notInDateRange", "values": MARCH}]}, set()),
        (PRICED | {"filters": [{"or": [{"member": "prices.interval_start_utc", "operator": "inDateRange", "values": MARCH}, {"member": "prices.zone_id", "operator": "set"}]}]}, set()),
        # which flows count depends on all of a region's rows
        ({"measures": ["interchange.count"], "timeDimensions": [{"dimension": "interchange.interval_start_utc", "dateRange": MARCH}]}, set()),
    ],
    ids=["with the load it is joined to", "no bound", "all but", "one of two", "rows that depend on others"],
)  # fmt: skip
def test_what_is_bounded_in_time(query: dict[str, Any], tables: set[str]) -> None:
    assert set(compile_query(load_model(), query).within) == tables


def test_bounds_meet_and_leave_a_margin_for_the_local_calendar() -> None:
    filters = [{"member": "load.local_date", "operator": "inDateRange", "values": ["2025-12-31", "2026-03-01"]}]
    asked = {"measures": ["load.count"], "filters": filters, "timeDimensions": [{"dimension": HOURS, "dateRange": ["2026-02-01", "9999-12-30"]}]}  # fmt: skip
    assert compile_query(load_model(), asked).within == {"fct_load_hourly": [("2026-01", "2026-03")]}


# --- time ---------------------------------------------------------------------------------------------------------


def test_a_spring_day_has_23_hours_in_its_own_zone(engine: Engine, gold: Any) -> None:
    query = {"measures": ["load.total_load_mwh"], "timeDimensions": hours("hour", DST_DAY), "timezone": "America/New_York",
             "filters": [{"member": "load.region_id", "operator": "equals", "values": ["NYISO"]}]}  # fmt: skip
    rows = engine.query(query).rows()
    clocks = [r[f"{HOURS}.hour"].hour for r in rows]
    assert clocks == [0, 1, *range(3, 24)]
    by_hand = gold.execute(
        "select sum(load_mw) from fct_load_hourly where zone_id = 'NYISO.TOTAL' and local_date = date '2026-03-08'"
    ).fetchone()[0]
    assert sum(r["load.total_load_mwh"] for r in rows) == pytest.approx(by_hand)
    day = engine.query(query | {"timeDimensions": hours("day", DST_DAY)}).rows()
    assert [r[f"{HOURS}.day"] for r in day] == [datetime(2026, 3, 8)]
    assert day[0]["load.total_load_mwh"] == pytest.approx(by_hand)


def test_an_autumn_day_has_25_hours_and_keeps_both_passes_apart(tmp_path: Path) -> None:
    load = gold_tables()["fct_load_hourly"].filter(pl.col("zone_id") == "NYISO.TOTAL").head(48)
    stamps = pl.datetime_range(datetime(2026, 10, 31, 12), datetime(2026, 11, 2, 11), "1h", eager=True).cast(
        pl.Datetime("us")
    )
    load = load.with_columns(interval_start_utc=stamps, load_mw=pl.int_range(48).cast(pl.Float64))
    _, snapshot = publish_sample(tmp_path, replaced={"fct_load_hourly": load})
    rows = Engine(snapshot).query(
        {"measures": ["load.total_load_mwh"], "timeDimensions": hours("hour", ["2026-11-01", "2026-11-01"]), "timezone": "America/New_York"}
    ).rows()  # fmt: skip
    assert [r[f"{HOURS}.hour"].hour for r in rows] == [0, 1, 1, *range(2, 24)]
    assert [r["load.total_load_mwh"] for r in rows] == [float(v) for v in range(16, 41)]


@pytest.mark.parametrize(
    ("granularity", "zone", "first"),
    [
        ("day", "UTC", datetime(2026, 1, 19)),
        ("day", "America/Los_Angeles", datetime(2026, 1, 18)),
        ("week", "UTC", datetime(2026, 1, 19)),
        ("month", "Asia/Tokyo", datetime(2026, 1, 1)),
        ("quarter", "UTC", datetime(2026, 1, 1)),
        ("year", "Europe/Madrid", datetime(2026, 1, 1)),
    ],
)
def test_granularities_follow_the_zone(engine: Engine, gold: Any, granularity: str, zone: str, first: datetime) -> None:
    rows = engine.query(
        {"measures": ["load.total_load_mwh"], "timeDimensions": hours(granularity), "timezone": zone}
    ).rows()
    assert rows[0][f"{HOURS}.{granularity}"] == first
    whole = gold.execute("select sum(load_mw) from fct_load_hourly where zone_id like '%.TOTAL'").fetchone()[0]
    assert sum(r["load.total_load_mwh"] for r in rows) == pytest.approx(whole)


@pytest.mark.parametrize(
    ("span", "zone", "count"),
    [
        (["2026-03-01", "2026-03-01"], "UTC", 24 * 3),
        ("2026-03-01", "UTC", 24 * 3),
        (["2026-03-08", "2026-03-08"], "America/Chicago", 23 * 3),
        (["2026-03-01T00:00:00", "2026-03-01T01:00:00"], "UTC", 2 * 3),
        (["2026-03-01T00:00:00", "2026-03-01T00:59:59"], "UTC", 3),
        (["2026-03-01T00:00:00+01:00", "2026-03-01T00:00:00Z"], "UTC", 2 * 3),
    ],
)
def test_date_ranges(engine: Engine, span: Any, zone: str, count: int) -> None:
    time = [{"dimension": HOURS, "dateRange": span}]
    assert engine.query({"measures": ["load.count"], "timeDimensions": time, "timezone": zone}).rows() == [
        {"load.count": count}
    ]


@pytest.mark.parametrize("span", ["last week", ["2026-03-02", "2026-03-01"], ["2026-03-01"], 5, ["x", "y"]])
def test_a_range_that_means_nothing_is_refused(engine: Engine, span: Any) -> None:
    with pytest.raises(UsageError):
        engine.query({"measures": ["load.count"], "timeDimensions": [{"dimension": HOURS, "dateRange": span}]})


def test_local_days_are_not_moved_once_more(engine: Engine) -> None:
    query = {"measures": ["load.count"], "timeDimensions": [{"dimension": "load.local_date", "granularity": "day"}]}
    days = [r["load.local_date.day"] for r in engine.query(query).rows()]
    assert days[0].isoformat() == "2026-01-18"
    with pytest.raises(UsageError, match="own calendar"):
        engine.query(query | {"timezone": "America/New_York"})
    with pytest.raises(UsageError, match="is a day"):
        engine.query({"timeDimensions": [{"dimension": "load.local_date", "granularity": "hour"}]})


# --- filters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "operator", "values", "where"),
    [
        ("zone_id", "equals", ["NYISO.WEST", "ERCOT.WEST"], "f.zone_id in ('NYISO.WEST', 'ERCOT.WEST')"),
        ("zone_id", "notEquals", ["NYISO.WEST"], "f.zone_id <> 'NYISO.WEST'"),
        ("zone_id", "contains", ["west"], "f.zone_id ilike '%west%'"),
        ("zone_id", "notContains", ["west"], "f.zone_id not ilike '%west%'"),
        ("zone_id", "contains", ["%"], "false"),
        ("zone_id", "startsWith", ["nyiso", "ca"], "f.region_id in ('NYISO', 'CAISO')"),
        ("zone_id", "notStartsWith", ["nyiso"], "f.region_id <> 'NYISO'"),
        ("zone_id", "endsWith", [".nyc"], "f.zone_id = 'NYISO.NYC'"),
        ("zone_id", "notEndsWith", [".nyc"], "f.zone_id <> 'NYISO.NYC'"),
        ("local_hour", "gte", ["20"], "f.local_hour >= 20"),
        ("local_hour", "lt", [3], "f.local_hour < 3"),
        ("local_hour", "equals", ["3", 4], "f.local_hour in (3, 4)"),
        ("is_imputed", "equals", ["true"], "f.is_imputed"),
        ("is_imputed", "notEquals", [True], "not f.is_imputed"),
        ("imputation_code", "set", [], "f.imputation_code is not null"),
        ("imputation_code", "notSet", [], "f.imputation_code is null"),
        ("imputation_code", "notEquals", ["SAME_HOUR_LAST_WEEK"], "f.imputation_code is null"),
        ("imputation_code", "equals", [None], "f.imputation_code is null"),
        ("zone_name", "equals", ["Nyc"], "f.zone_id = 'NYISO.NYC'"),
        ("timezone", "equals", ["America/Chicago"], "f.region_id = 'ERCOT'"),
        ("interval_start_utc", "inDateRange", ["2026-03-01", "2026-03-02"], "f.interval_start_utc >= '2026-03-01' and f.interval_start_utc < '2026-03-03'"),
        ("interval_start_utc", "notInDateRange", ["2026-03-01", "2026-03-02"], "not (f.interval_start_utc >= '2026-03-01' and f.interval_start_utc < '2026-03-03')"),
        ("interval_start_utc", "beforeDate", ["2026-02-01"], "f.interval_start_utc < '2026-02-01'"),
        ("interval_start_utc", "beforeOrOnDate", ["2026-02-01"], "f.interval_start_utc <= '2026-02-01'"),
        ("interval_start_utc", "afterDate", ["2026-03-18"], "f.interval_start_utc > '2026-03-18'"),
        ("interval_start_utc", "afterOrOnDate", ["2026-03-18T06:00:00"], "f.interval_start_utc >= '2026-03-18 06:00'"),
    ],
)  # fmt: skip
def test_filters_equal_sql(
    engine: Engine, gold: Any, member: str, operator: str, values: list[Any], where: str
) -> None:
    filters = [{"member": f"zone_load.{member}", "operator": operator, "values": values}]
    got = engine.query({"measures": ["zone_load.count"], "filters": filters}).rows()[0]["zone_load.count"]
    by_hand = gold.execute(f"select count(*) from fct_load_hourly f where f.zone_id not like '%.TOTAL' and {where}")
    assert got == by_hand.fetchone()[0]


def test_groups_of_filters_and_filters_on_measures(engine: Engine, gold: Any) -> None:
    either = {
        "or": [
            {"member": "load.region_id", "operator": "equals", "values": ["CAISO"]},
            {"and": [{"member": "load.region_id", "operator": "equals", "values": ["NYISO"]},
                     {"member": "load.local_hour", "operator": "lt", "values": [12]}]},
        ]
    }  # fmt: skip
    got = engine.query({"measures": ["load.count"], "filters": [either]}).rows()[0]["load.count"]
    assert got == gold.execute(
        "select count(*) from fct_load_hourly where zone_id = 'CAISO.TOTAL' or (zone_id = 'NYISO.TOTAL' and local_hour < 12)"
    ).fetchone()[0]  # fmt: skip
    big = {"member": "load.peak_load_mw", "operator": "gt", "values": ["30000"]}
    rows = engine.query({"measures": ["load.peak_load_mw"], "dimensions": ["load.region_id"], "filters": [big]}).rows()
    assert {r["load.region_id"] for r in rows} == {"CAISO", "ERCOT"}
    with pytest.raises(UsageError, match="measures and dimensions"):
        engine.query({"measures": ["load.count"], "filters": [{"or": [big, either["or"][0]]}]})


# --- what may be asked --------------------------------------------------------------------------------------------


def test_names_that_are_not_there_are_answered_with_the_nearest(engine: Engine) -> None:
    with pytest.raises(UnknownMember) as caught:
        engine.query({"measures": ["load.total_lod_mwh"]})
    assert "load.total_load_mwh" in caught.value.remedy
    with pytest.raises(UnknownMember, match="Did you mean load"):
        engine.query({"measures": ["loads.count"]})
    for hidden in ("load_hours.count", "load.load_hour_id", "regions.region_id", "load.load_mw"):
        with pytest.raises(UnknownMember):
            engine.query({"measures": [hidden]})


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"measures": ["load.count", "prices.count"]},
        {"measures": ["load.region_id"]},
        {"dimensions": ["load.count"]},
        {"measures": "load.count"},
        {"measures": ["load.count", "load.count"]},
        {"measures": [5]},
        {"measures": ["load.count"], "limit": 0},
        {"measures": ["load.count"], "limit": "5; drop table x"},
        {"measures": ["load.count"], "offset": -1},
        {"measures": ["load.count"], "segments": []},
        {"measures": ["load.count"], "timezone": "UTC'; select 1"},
        {"measures": ["load.count"], "order": [["load.region_id", "asc"]]},
        {"measures": ["load.count"], "order": [["load.count", "sideways"]]},
        {"measures": ["load.count"], "timeDimensions": [{"dimension": "load.region_id", "granularity": "day"}]},
        {"measures": ["load.count"], "timeDimensions": [{"dimension": HOURS, "granularity": "fortnight"}]},
        {"measures": ["load.count"], "filters": [{"member": "load.region_id", "operator": "like", "values": ["x"]}]},
        {"measures": ["load.count"], "filters": [{"member": "load.region_id", "operator": "equals", "values": []}]},
        {"measures": ["load.count"], "filters": [{"member": "load.local_hour", "operator": "equals", "values": ["x"]}]},
        {
            "measures": ["load.count"],
            "filters": [{"member": "load.local_hour", "operator": "contains", "values": ["1"]}],
        },
        {
            "measures": ["load.count"],
            "filters": [{"member": "load.is_imputed", "operator": "equals", "values": ["maybe"]}],
        },
        {"measures": ["load.count"], "filters": [{"or": []}]},
    ],
)
def test_what_cannot_be_asked_is_refused_before_any_sql(engine: Engine, query: dict[str, Any]) -> None:
    with pytest.raises((UsageError, UnknownMember)) as caught:
        engine.query(query)
    assert caught.value.remedy


def test_order_limit_and_offset_page_without_overlap(engine: Engine) -> None:
    query = {"measures": ["load.total_load_mwh"], "dimensions": ["load.region_id"], "timeDimensions": hours("day")}
    everything = engine.query(query).rows()
    pages = [r for start in range(0, 200, 37) for r in engine.query(query | {"limit": 37, "offset": start}).rows()]
    assert pages == everything
    top = engine.query(query | {"order": {"load.total_load_mwh": "desc"}, "limit": 5}).rows()
    values = sorted((r["load.total_load_mwh"] for r in everything), reverse=True)
    assert [r["load.total_load_mwh"] for r in top] == values[:5]


def test_answers_are_typed_and_explained(engine: Engine) -> None:
    answer = engine.query({"measures": ["data_quality.total_rows"], "dimensions": ["data_quality.local_date"]})
    assert [str(f.type) for f in answer.table.schema] == ["date32[day]", "int64"]  # not HUGEINT
    note = engine.query({"measures": ["load.total_load_mwh"]}).annotation["load.total_load_mwh"]
    assert (note["title"], note["unit"], note["type"]) == ("Total load", "MWh", "number")
    assert answer.snapshot_id == engine.snapshot.snapshot_id
    assert "fct_data_quality_daily" in answer.sql


def test_prices_of_two_currencies_are_not_averaged(tmp_path: Path) -> None:
    prices = gold_tables()["fct_price_hourly"]
    mixed = prices.with_columns(
        currency=pl.when(pl.col("region_id") == "NYISO").then(pl.lit("EUR")).otherwise(pl.lit("USD"))
    )
    _, snapshot = publish_sample(tmp_path, replaced={"fct_price_hourly": mixed})
    engine = Engine(snapshot)
    measures = ["prices.average_price_per_mwh", "prices.load_weighted_price_per_mwh", "prices.peak_price_per_mwh"]
    day_ahead = [{"member": "prices.market_id", "operator": "equals", "values": ["DAM"]}]
    assert set(engine.query({"measures": measures, "filters": day_ahead}).rows()[0].values()) == {None}
    rows = engine.query({"measures": measures, "dimensions": ["prices.currency"], "filters": day_ahead}).rows()
    assert len(rows) == 2
    assert all(r[m] is not None for r in rows for m in measures)
    # Nor are those of two markets.
    both = engine.query({"measures": measures, "dimensions": ["prices.currency"]}).rows()
    assert {r[m] for r in both for m in measures} == {None}


def test_a_snapshot_without_a_table_says_so(tmp_path: Path) -> None:
    from gridlake.lake import overwrite_table
    from gridlake.settings import load_settings
    from gridlake.snapshot import publish

    settings = load_settings(home=tmp_path, environ={})
    overwrite_table(settings.gold / "dim_region", gold_tables()["dim_region"].to_arrow())
    engine = Engine(publish(settings, ["dim_region"], run_id="r", as_of_utc={}))
    assert len(engine.query({"dimensions": ["region_list.region_id"]}).rows()) == 3
    with pytest.raises(GridlakeError, match="cannot answer"):
        engine.query({"measures": ["load.count"]})


# --- injection and threads ----------------------------------------------------------------------------------------

NASTY = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["' or 1=1 --", "'; drop view gold.fct_load_hourly; --", '"', "\\", "%", "?", "$1", "x' union select 1 --", "\x00"]),
)  # fmt: skip


@hypothesis_settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=NASTY, operator=st.sampled_from(["equals", "notEquals", "contains", "startsWith", "endsWith", "gt", "lte"])
)
def test_values_are_never_sql(engine: Engine, value: str, operator: str) -> None:
    query = {
        "measures": ["load.count"],
        "filters": [{"member": "load.region_id", "operator": operator, "values": [value]}],
    }
    statement = compile_query(load_model(), query)
    assert statement.parameters == [value]
    neutral = compile_query(
        load_model(), {**query, "filters": [{"member": "load.region_id", "operator": operator, "values": ["x"]}]}
    )
    assert statement.sql == neutral.sql
    count = engine.query(query).rows()[0]["load.count"]
    everything = engine.query({"measures": ["load.count"]}).rows()[0]["load.count"]
    if operator == "equals":
        assert count == 0
    assert 0 <= count <= everything


@hypothesis_settings(max_examples=120, deadline=None)
@given(name=NASTY, place=st.sampled_from(["measures", "dimensions", "filters", "order", "timezone", "granularity"]))
def test_names_are_only_looked_up(name: str, place: str) -> None:
    query: dict[str, Any] = {"measures": ["load.count"]}
    if place in ("measures", "dimensions"):
        query[place] = [f"load.{name}"]
    elif place == "filters":
        query["filters"] = [{"member": f"load.{name}", "operator": "set"}]
    elif place == "order":
        query["order"] = [[f"load.{name}", "asc"]]
    elif place == "timezone":
        query["timezone"] = name or "x"
    else:
        query["timeDimensions"] = [{"dimension": HOURS, "granularity": name or "x"}]
    with pytest.raises((UsageError, UnknownMember)):
        compile_query(load_model(), query)


def test_threads_get_the_answers_of_one(engine: Engine) -> None:
    queries = [
        {"measures": ["load.total_load_mwh"], "timeDimensions": hours("day"),
         "filters": [{"member": "load.region_id", "operator": "equals", "values": [r]}]}
        for r in ("CAISO", "ERCOT", "NYISO")
    ]  # fmt: skip
    alone = [engine.query(q).rows() for q in queries]
    wrong: list[int] = []

    def ask() -> None:
        for turn in range(12):
            if engine.query(queries[turn % 3]).rows() != alone[turn % 3]:
                wrong.append(turn)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
