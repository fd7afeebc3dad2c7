"""ISO-NE: SMD workbooks of two generations, LMP reports, forecasts, flows and capacity, on the real files."""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from extract.catalogue import feed
from extract.clocks import DayAndHour
from extract.containers import Member
from extract.feeds.isone import generated_utc
from extract.regions import TIMEZONE
from tests.unit.extract.archived import (
    components_add_up,
    counts,
    gaps,
    hours_of,
    parsed,
    payloads,
    refused,
    rows,
    silver,
    span,
)  # fmt: skip

EASTERN = TIMEZONE["ISONE"]
OLD, NEW = "2017_smd_hourly.xls", "2023_smd_hourly.xlsx"


def test_hours_named_by_their_end() -> None:
    clock = DayAndHour("day", ("%Y-%m-%d",), 60, zone=EASTERN, hour="hour", counts="ending")
    days = [("2017-03-12", h) for h in ("01", "02", "03", "04", "24")] + [
        ("2017-11-05", h) for h in ("01", "02", "02X", "03")
    ]
    frame = pl.DataFrame(days, schema=["day", "hour"], orient="row")
    assert frame.select(clock.starts()).to_series().to_list() == [
        datetime(2017, 3, 12, 5), None, datetime(2017, 3, 12, 6), datetime(2017, 3, 12, 7), datetime(2017, 3, 13, 3),
        datetime(2017, 11, 5, 4), datetime(2017, 11, 5, 5), datetime(2017, 11, 5, 6), datetime(2017, 11, 5, 7),
    ]  # fmt: skip


class TestSmd:
    NAME = "isone_smd"

    def test_nine_sheets_of_both_generations(self, archive: Path) -> None:
        assert counts(self.NAME, archive) == {OLD: (9 * 2_879, 9), NEW: (9 * 2_879, 9)}
        assert span(rows(self.NAME, archive, OLD)) == (datetime(2017, 1, 1, 5), datetime(2017, 5, 1, 4))
        assert rows(self.NAME, archive, OLD)["reg_service_price"].null_count() == 8 * 2_879

    @pytest.mark.parametrize(("file", "day"), [(OLD, date(2017, 3, 12)), (NEW, date(2023, 3, 12))])
    def test_the_row_made_up_for_spring_is_refused(self, archive: Path, file: str, day: date) -> None:
        bad = [json.loads(record) for record in parsed(self.NAME, archive, file).refused["raw_record"]]
        assert {(b["date"], b["hour"].lstrip("0")) for b in bad} == {(day.isoformat(), "2")}
        whole = rows(self.NAME, archive, file).filter(pl.col("sheet") == "ISO NE CA")
        assert len(hours_of(whole, day, EASTERN)) == 23
        assert not gaps(whole)
        mean = next(b for b in bad if b["sheet"] == "ISO NE CA")
        beside = whole.filter(pl.col("date") == day.isoformat()).head(2)["rt_demand"].cast(pl.Float64)
        assert float(mean["rt_demand"]) == pytest.approx(beside.mean(), abs=0.001)

    def test_zones_have_one_name_through_the_years(self, archive: Path) -> None:
        loads = silver(self.NAME, archive, "load")
        per_zone = loads.group_by("source_code").len()
        assert set(per_zone["source_code"]) == {"TOTAL", "ME", "NH", "VT", "CT", "RI", "SEMA", "WCMA", "NEMA"}
        assert set(per_zone["len"]) == {2 * 2_879}
        parts = (
            loads.filter(pl.col("source_code") != "TOTAL").group_by("interval_start_utc").agg(pl.col("load_mw").sum())
        )
        both = loads.filter(pl.col("source_code") == "TOTAL").join(parts, on="interval_start_utc")
        assert (both["load_mw"] - both["load_mw_right"]).abs().max() < 0.5  # type: ignore[operator]

    def test_prices_of_both_markets_add_up_and_the_whole_is_the_hub(self, archive: Path) -> None:
        prices = silver(self.NAME, archive, "price")
        assert set(prices["market_id"]) == {"DAM", "RTM"}
        assert ".H.INTERNAL_HUB" in set(prices["source_code"])
        assert "TOTAL" not in set(prices["source_code"])
        components_add_up(prices)

    def test_temperatures_are_celsius(self, archive: Path) -> None:
        first = silver(self.NAME, archive, "weather").filter(
            pl.col("station_id") == "ISONE.TOTAL", pl.col("interval_start_utc") == datetime(2017, 3, 12, 5)
        )
        assert first["temperature_c"].item() == pytest.approx((13 - 32) * 5 / 9)
        assert first["dew_point_c"].item() == pytest.approx((-5 - 32) * 5 / 9)

    def test_a_damaged_workbook_is_refused(self, archive: Path) -> None:
        refused(self.NAME, archive, OLD, payloads(self.NAME, archive)[OLD].data[:20_000], "truncated|damaged")


class TestPrices:
    DA, RT = "WW_DALMP_ISO_20260604.csv.gz", "lmp_rt_final_20260602.csv.gz"

    def test_every_location_has_every_hour(self, archive: Path) -> None:
        assert counts("isone_da_lmp", archive) == {self.DA: (29_016, 0)}
        assert counts("isone_rt_lmp", archive) == {self.RT: (29_064, 0)}
        for name, locations in (("isone_da_lmp", 1_209), ("isone_rt_lmp", 1_211)):
            by_place = rows(name, archive).group_by("location_id").agg(pl.col("interval_start_utc").n_unique())
            assert (by_place.height, set(by_place["interval_start_utc"])) == (locations, {24})
            components_add_up(silver(name, archive, "price"))

    def test_a_report_tells_its_day_and_when_it_was_generated(self, archive: Path) -> None:
        found = parsed("isone_da_lmp", archive, self.DA)
        assert found.window == (datetime(2026, 6, 4, 4), datetime(2026, 6, 5, 4))
        assert found.rows["published_at_utc"].unique().to_list() == [datetime(2026, 6, 3, 16, 57, 12)]
        assert rows("isone_rt_lmp", archive)["stage"].unique().to_list() == ["final"]

    def test_values_are_those_of_the_file(self, archive: Path) -> None:
        data = gzip.decompress(payloads("isone_rt_lmp", archive)[self.RT].data).decode()
        raw = [float(line[6]) for line in csv.reader(data.splitlines()) if line[0] == "D"]
        assert silver("isone_rt_lmp", archive, "price")["price_per_mwh"].sum() == pytest.approx(sum(raw))

    def test_the_trailer_must_count_the_rows(self, archive: Path) -> None:
        text = gzip.decompress(payloads("isone_da_lmp", archive)[self.DA].data)
        lines = text.splitlines(keepends=True)
        refused("isone_da_lmp", archive, self.DA, gzip.compress(b"".join(lines[:500])), "without its trailer")
        shorter = gzip.compress(b"".join([*lines[:500], lines[-1]]))
        refused("isone_da_lmp", archive, self.DA, shorter, "trailer counts 29016")

    def test_the_repeated_hour(self, archive: Path) -> None:
        text = gzip.decompress(payloads("isone_da_lmp", archive)[self.DA].data).decode()
        head = text.splitlines()[:6]
        row = '"D","{}","{}","321","UN.X","NETWORK NODE",1,1,0,0'
        days = [row.format("11/01/2026", "02"), row.format("11/01/2026", "02X"), row.format("03/08/2026", "02")]
        odd = replace(payloads("isone_da_lmp", archive)[self.DA], data=gzip.compress("\n".join([*head, *days, '"T","3 lines"']).encode()))  # fmt: skip
        found = feed("isone_da_lmp").parse(odd)
        assert found.rows["interval_start_utc"].to_list() == [datetime(2026, 11, 1, 5), datetime(2026, 11, 1, 6)]
        assert found.refused["rule_id"].to_list() == ["L01"]

    def test_generated_in_either_season(self) -> None:
        line = b'"C","Report generated 02/25/2025 10:08:14 EST"\n'
        assert generated_utc(Member("x", line)) == datetime(2025, 2, 25, 15, 8, 14)
        assert generated_utc(Member("x", b'"C","Report"\n')) is None


class TestLoad:
    def test_forecast_stands_around_its_half_hour(self, archive: Path) -> None:
        found = counts("isone_fcst_actual", archive)
        assert len(found) == 18
        assert found.pop("20240627.csv") == (310, 0)  # two samples short
        assert set(found.values()) == {(312, 0)}
        day = rows("isone_fcst_actual", archive, "20240625.csv")
        forecast = day.filter(pl.col("kind") == "forecast")
        assert span(forecast) == (datetime(2024, 6, 25, 4), datetime(2024, 6, 26, 4))
        assert not gaps(forecast)
        assert not gaps(day.filter(pl.col("kind") == "actual"), timedelta(minutes=5))
        assert parsed("isone_fcst_actual", archive, "20240625.csv").window == span(day)

    def test_the_forecast_of_unknown_issue_stays_in_bronze(self, archive: Path) -> None:
        assert {emit.subject for emit in feed("isone_fcst_actual").emits} == {"load"}
        assert silver("isone_fcst_actual", archive, "load").height == 18 * 288 - 2

    def test_vintages_of_the_system_load_document(self, archive: Path) -> None:
        file = "day_ahead_load_forecast_20250317.xml"
        assert counts("isone_system_load", archive) == {file: (131 + 48 + 48 + 24, 0)}
        taken = silver("isone_system_load", archive, "load_forecast")
        midnight = taken.filter(pl.col("interval_start_utc") == datetime(2025, 3, 17, 4))
        assert sorted(midnight["published_at_utc"]) == [
            datetime(2025, 3, 16, 13, 23, 32),
            datetime(2025, 3, 17, 13, 5, 32),
        ]
        actual = silver("isone_system_load", archive, "load")
        assert actual.height == 131
        assert actual["load_mw"][0] == 10_080.906


class TestFlows:
    def test_imports_are_negative_and_every_tie_is_there(self, archive: Path) -> None:
        assert sum(placed for placed, _ in counts("isone_exchange", archive).values()) == 221 + 2 * 211 + 3 * 227
        taken = silver("isone_exchange", archive, "interchange")
        first = taken.filter(pl.col("source_code") == ".I.SALBRYNB345 1", pl.col("interval_start_utc") == datetime(2025, 3, 26, 4))  # fmt: skip
        flows = dict(first.select("kind", "interchange_mw").iter_rows())
        assert flows == {"actual": -112.412, "scheduled": -84}
        assert first.select("export_limit_mw", "import_limit_mw").row(0) == (200, 1000)


class TestWindAndSolar:
    @pytest.mark.parametrize("fuel", ["wind", "solar"])
    def test_168_hours_of_an_hour_by_days_table(self, archive: Path, fuel: str) -> None:
        name, file = f"isone_{fuel}_forecast", f"seven_day_{fuel}_power_forecast_20250225.csv"
        assert counts(name, archive) == {file: (24 * 8, 0)}
        taken = silver(name, archive, "generation_forecast")
        assert taken.height == 168
        assert not gaps(taken)
        assert parsed(name, archive, file).window == (datetime(2025, 2, 25, 15), datetime(2025, 3, 4, 15))
        made = {"wind": datetime(2025, 2, 25, 15, 8, 14), "solar": datetime(2025, 2, 25, 15, 2, 35)}[fuel]
        assert taken["published_at_utc"].unique().to_list() == [made]

    def test_a_cell_under_its_day(self, archive: Path) -> None:
        taken = silver("isone_wind_forecast", archive, "generation_forecast")
        assert taken.filter(pl.col("interval_start_utc") == datetime(2025, 2, 26, 5))["forecast_text"].item() == "205"

    def test_a_table_cut_short_is_refused(self, archive: Path) -> None:
        file = "seven_day_wind_power_forecast_20250225.csv"
        data = payloads("isone_wind_forecast", archive)[file].data
        refused("isone_wind_forecast", archive, file, data[:-40], "truncated")


class TestCapacity:
    def test_the_morning_report_is_the_days(self, archive: Path) -> None:
        assert set(counts("isone_morning_report", archive).values()) == {(1, 0)}
        found = parsed("isone_morning_report", archive, "morningreport_20160101.json")
        assert found.window == (datetime(2016, 1, 1, 5), datetime(2016, 1, 2, 5))
        assert found.unknown == ()
        taken = silver("isone_morning_report", archive, "reserve").filter(pl.col("interval_start_utc") == datetime(2016, 1, 1, 5))  # fmt: skip
        held = {(row["product"], row["kind"]): row["capacity_mw"] for row in taken.iter_rows(named=True)}
        assert held[("operating_10", "requirement")] == 1604
        assert held[("capacity_available", "available")] == 20_006

    def test_the_week_keeps_its_vintage(self, archive: Path) -> None:
        assert set(counts("isone_seven_day_forecast", archive).values()) == {(6, 0)}
        found = parsed("isone_seven_day_forecast", archive, "sevendayforecast_20160101.json")
        assert found.unknown == ()
        assert found.rows["published_at_utc"].dt.truncate("1s").unique().to_list() == [datetime(2016, 1, 1, 14, 45, 12)]
        assert found.window == (datetime(2016, 1, 2, 5), datetime(2016, 1, 8, 5))
        refused(
            "isone_seven_day_forecast", archive, "sevendayforecast_20160101.json", b'{"SevenDayForecasts": ""}', "shape"
        )
