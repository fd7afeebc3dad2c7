"""Building month by month as data arrives gives the same tables as building everything at once."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from extract.feed import Payload
from gridlake import lake
from gridlake.settings import Settings, load_settings
from orchestration.bench_meters import write_delivery
from tests.dbt.homes import build, deliver, query, synthetic_payloads, tables

REGIONS = ("CAISO", "NYISO")
NEW_YORK = "archive:eia930/cleaned/NYIS.csv"
TEXAS, TEXAS_LATE = "archive:eia930/cleaned/ERCO.csv", "archive:eia930/cleaned/late/ERCO.csv"


def eia_delivery(address: str, first: datetime, hours: int, seed: int) -> Payload:
    """A delivery of EIA-930 demand: `hours` hours ending after `first` (UTC), with a reported hole of two hours."""
    draw = random.Random(seed)
    lines = ["date_time,raw demand (MW),category,cleaned demand (MW),forecast demand (MW)"]
    for hour in range(1, hours + 1):
        load, end = draw.randint(14000, 20000), first + timedelta(hours=hour)
        raw, category = ("", "MISSING") if hour in (40, 41) else (str(load), "OKAY")
        lines.append(f"{end:%Y-%m-%d %H:%M:%S},{raw},{category},{load},{load + draw.randint(-400, 400)}")
    return Payload("eia930_cleaned", "\n".join([*lines, ""]).encode(), address, "archive")


def meter_days(folder: Path, *days: int) -> list[Payload]:
    """A utility's readings of days counted from 1 January 2024, a file each; its days begin at 05:00 UTC."""
    for day in days:
        write_delivery(folder, meters=20, days=1, first=day)
    paths = [folder / "meters" / "meters.csv", *(folder / "meters" / "intervals" / f"{day:05d}.csv" for day in days)]
    feeds = ["own_meter", *("own_meter_interval" for _ in days)]
    return [
        Payload(feed, path.read_bytes(), f"archive:{path.relative_to(folder)}", "archive", datetime(2024, 1, 1))
        for feed, path in zip(feeds, paths, strict=True)
    ]


def deliveries(folder: Path) -> list[list[Payload]]:
    """Deliveries out of order in time: February; late January, and March; revisions of what is there; late Texas. Of meters, the
    night between two months comes late, and with it a day in the middle of the second.

    New York's second EIA-930 delivery no longer holds January, which the first brought. Texas has a gap on 2 February
    that only its January, delivered last and alone, can fill.
    """
    mine = [p for p in synthetic_payloads() if p.path.parent.name in REGIONS]
    seen: set[str] = set()
    revised = [p for p in mine if p.api_endpoint in seen or seen.add(p.api_endpoint) or "corrected" in p.name]  # type: ignore[func-returns-value]
    fresh = [p for p in mine if p not in revised]
    february = [p for p in fresh if p.name.startswith("202402")]
    others = [p for p in fresh if p not in february]
    assert february
    assert others
    assert any(p.feed == "synthetic_load" for p in revised), "no month of load is delivered twice"
    return [
        [
            *february,
            eia_delivery(NEW_YORK, datetime(2024, 1, 20), 24 * 22, seed=1),
            eia_delivery(TEXAS, datetime(2024, 2, 1), 24 * 10, seed=3),
        ],
        [*others, *meter_days(folder, *range(27, 30), *range(32, 35))],
        [*revised, *meter_days(folder, 30, 31, 44), eia_delivery(NEW_YORK, datetime(2024, 2, 1), 24 * 10, seed=2)],
        [eia_delivery(TEXAS_LATE, datetime(2024, 1, 20), 24 * 11, seed=4)],
    ]


@pytest.fixture(scope="module")
def make_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Settings]:
    root = tmp_path_factory.mktemp("incremental")
    return lambda name: load_settings(home=root / name, environ={})


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> list[list[Payload]]:
    return deliveries(tmp_path_factory.mktemp("delivered"))


@pytest.fixture(scope="module")
def at_once(make_home: Callable[[str], Settings], delivered: list[list[Payload]]) -> Settings:
    settings = make_home("at_once")
    deliver(settings, [payload for delivery in delivered for payload in delivery])
    build(settings)
    return settings


@pytest.fixture(scope="module")
def step_by_step(
    make_home: Callable[[str], Settings], delivered: list[list[Payload]]
) -> tuple[Settings, Sequence[dict[str, Any]]]:
    settings, plans = make_home("step_by_step"), []
    for delivery in delivered:
        deliver(settings, delivery)
        plans.append(build(settings))
    return settings, plans


def read(path: Path) -> pl.DataFrame:
    """All rows but when they were landed, in one order: by everything exact, then by the numbers."""
    import pyarrow as pa

    frame = pl.from_arrow(pa.table(lake.open_table(path).to_pyarrow_table()))
    assert isinstance(frame, pl.DataFrame)
    frame = frame.select(pl.exclude("ingested_at_utc"))
    exact = [name for name, kind in frame.schema.items() if not kind.is_float()]
    return frame.sort([*exact, *(c for c in frame.columns if c not in exact)])


def test_plans_name_what_changed(step_by_step: tuple[Settings, Sequence[dict[str, Any]]]) -> None:
    first, second, third, last = (plan["changed_months"] for plan in step_by_step[1])
    assert first is None
    assert {"2024-01", "2024-03"} <= set(second)
    assert "2024-01" in third, "the replaced delivery held January, whose rows are now superseded"
    assert "2023-12" not in third
    assert last == ["2024-01"]


def test_step_by_step_equals_at_once(
    at_once: Settings, step_by_step: tuple[Settings, Sequence[dict[str, Any]]]
) -> None:
    settings, _ = step_by_step
    assert tables(settings).keys() == tables(at_once).keys()
    filled = 0
    for name in tables(at_once):
        layer, table = name.split(".")
        expected, found = (read(home.layer_path(layer) / table) for home in (at_once, settings))
        filled += expected.height > 0
        try:
            assert_frame_equal(found, expected, rel_tol=1e-9, abs_tol=1e-9)
        except AssertionError as difference:
            raise AssertionError(f"{name} depends on the order of delivery: {difference}") from difference
    assert filled >= 25, "most tables should hold rows for this to mean anything"


def test_late_data_fills_the_gap_of_a_month_that_did_not_change(
    step_by_step: tuple[Settings, Sequence[dict[str, Any]]],
) -> None:
    found = query(
        step_by_step[0],
        """select imputation_code, count(*) as hours from gold.fct_load_hourly
        where zone_id = 'ERCOT.TOTAL' and source_system = 'EIA930' and local_date = date '2024-02-02' and is_imputed
        group by imputation_code""",
    )
    assert found.rows() == [("LAG_168H", 2)]


def test_of_a_month_only_the_days_that_changed_are_built(tmp_path: Path) -> None:
    """Days built before are marked; a late day brings readings of its own day and of the one before."""
    settings, models = load_settings(home=tmp_path / "home", environ={}), ["+int_meter__sample", "fct_meter_interval"]
    deliver(settings, meter_days(tmp_path, 3, 4, 5))
    build(settings, select=models)
    for path in (settings.silver / "int_meter__sample", settings.gold / "fct_meter_interval"):
        lake.open_table(path).update(updates={"status": "'built before'"})
    deliver(settings, meter_days(tmp_path, 5, 6)[-1:])
    assert build(settings, select=models)["changed_days"] == {"2024-01": ["2024-01-06", "2024-01-08"]}
    for table in ("silver.int_meter__sample", "gold.fct_meter_interval"):
        days = query(
            settings,
            f"select interval_start_utc::date as day, bool_and(status = 'built before') as kept, bool_or(status = 'built before') as is_mixed from {table} group by all order by day",
        )
        assert days["kept"].to_list() == days["is_mixed"].to_list() == [True] * 3 + [False] * (days.height - 3)
        assert days.height == 6


def test_a_list_of_meters_places_readings_that_came_before_it(tmp_path: Path) -> None:
    settings, models = load_settings(home=tmp_path / "home", environ={}), ["+int_meter__sample"]
    meters, *readings = meter_days(tmp_path, 3, 40)
    unplaced = "select count(*) as readings, count(region_id) as placed from silver.int_meter__sample"
    deliver(settings, readings)
    build(settings, select=models)
    assert query(settings, unplaced)["placed"].item() == 0
    deliver(settings, [meters])
    assert build(settings, select=models)["changed_months"] == ["2024-01", "2024-02"]
    assert query(settings, unplaced)["placed"].item() == query(settings, unplaced)["readings"].item() > 0


def test_of_a_list_told_again_only_meters_that_moved_are_placed_anew(tmp_path: Path) -> None:
    settings, models = load_settings(home=tmp_path / "home", environ={}), ["+int_meter__sample"]
    meters, *readings = meter_days(tmp_path, 3, 40)
    other = Payload(
        "own_meter_interval", readings[0].data.replace(b"M000000", b"M100000"), "archive:meters/intervals/other.csv", "archive", datetime(2024, 1, 1)
    )  # fmt: skip
    moved = b"M0000001,NYISO,NYISO.WEST"
    assert moved in meters.data
    lists = [
        meters.data.replace(b",flat,", b",time of use,"),
        meters.data.replace(moved, b"M0000001,CAISO,CAISO.PGAE"),
        meters.data + b"M1000002,NYISO,NYISO.WEST,flat,42.9,-78.9,2020-01-01,\n",
        meters.data,
    ]
    deliver(settings, [meters, *readings, other])
    build(settings, select=models)
    of_meter = "select distinct region_id from silver.int_meter__sample where meter_id = 'OWN.M{}'"
    placed = []
    for listed in lists:
        deliver(settings, [Payload(meters.feed, listed, meters.api_endpoint, "archive", datetime(2024, 1, 1))])
        changed = build(settings, select=models)["changed_months"]
        regions = [query(settings, of_meter.format(m))["region_id"].to_list() for m in ("0000001", "1000002")]
        placed.append((changed, *regions))
    both = ["2024-01", "2024-02"]
    assert placed == [
        ([], ["NYISO"], [None]),
        (both, ["CAISO"], [None]),
        (both, ["NYISO"], ["NYISO"]),
        ([], ["NYISO"], ["NYISO"]),
    ]


def test_full_refresh_changes_no_value(at_once: Settings) -> None:
    before = {name: read(at_once.layer_path(name.split(".")[0]) / name.split(".")[1]) for name in tables(at_once)}
    build(at_once, full_refresh=True)
    for name, expected in before.items():
        layer, table = name.split(".")
        assert_frame_equal(read(at_once.layer_path(layer) / table), expected, rel_tol=1e-9, abs_tol=1e-9)


def test_unchanged_inputs_rewrite_no_partition(step_by_step: tuple[Settings, Sequence[dict[str, Any]]]) -> None:
    settings, _ = step_by_step
    partitioned = {
        path: lake.open_table(path).version()
        for layer in ("silver", "gold")
        for path in settings.layer_path(layer).iterdir()
        if lake.open_table(path).metadata().partition_columns == ["month"]
    }
    assert len(partitioned) > 15
    plan = build(settings)
    assert plan["changed_months"] == []
    assert {path: lake.open_table(path).version() for path in partitioned} == partitioned
