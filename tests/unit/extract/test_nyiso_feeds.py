"""NYISO's integrated load, nodal and OASIS prices, interface flows and load beside its forecasts, on the real files."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from extract.catalogue import feed
from extract.regions import TIMEZONE
from gridlake.times import local_day_utc
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

EASTERN = TIMEZONE["NYISO"]


class TestIntegratedLoad:
    NAME = "nyiso_pal_integrated"

    def test_all_rows_of_five_months(self, archive: Path) -> None:
        found = counts(self.NAME, archive)
        assert sum(placed for placed, _ in found.values()) == 38_896
        assert not any(bad for _, bad in found.values())
        assert span(rows(self.NAME, archive)) == (datetime(2012, 10, 1, 4), datetime(2013, 2, 25, 12))

    def test_the_autumn_day_has_25_hours_told_apart_by_their_abbreviation(self, archive: Path) -> None:
        city = rows(self.NAME, archive).filter(pl.col("name") == "N.Y.C.")
        assert len(hours_of(city, date(2012, 11, 4), EASTERN)) == 25
        assert not gaps(city)
        second = city.filter(pl.col("interval_start_utc") == datetime(2012, 11, 4, 6))
        assert second["integrated_load"].item() == "4050.5"  # printed as 01:00 EST

    def test_the_month_cut_short_declares_all_its_days(self, archive: Path) -> None:
        window = parsed(self.NAME, archive, "20130201palIntegrated_csv.zip").window
        assert window == (datetime(2013, 2, 1, 5), datetime(2013, 3, 1, 5))

    def test_values_are_those_of_the_zip(self, archive: Path) -> None:
        payload = payloads(self.NAME, archive)["20121101palIntegrated_csv.zip"]
        with zipfile.ZipFile(io.BytesIO(payload.data)) as archived:
            texts = [archived.read(name).decode() for name in archived.namelist()]
        loads = [float(row["Integrated Load"]) for text in texts for row in csv.DictReader(io.StringIO(text))]
        month = rows(self.NAME, archive, payload.name)
        assert month["integrated_load"].cast(pl.Float64).sum() == pytest.approx(sum(loads))


class TestGeneratorPrice:
    NAME = "nyiso_damlbmp_gen"

    def test_every_generator_has_every_hour(self, archive: Path) -> None:
        assert counts(self.NAME, archive) == {f"2019070{day}damlbmp_gen.csv.gz": (13_344, 0) for day in (1, 2, 3)}
        by_node = rows(self.NAME, archive).group_by("name").agg(pl.col("interval_start_utc").n_unique())
        assert (by_node.height, set(by_node["interval_start_utc"])) == (556, {72})

    def test_congestion_is_turned_so_that_components_add_up(self, archive: Path) -> None:
        prices = silver(self.NAME, archive, "price")
        components_add_up(prices)
        one = prices.filter((pl.col("source_code") == "59TH STREET_GT_1"), pl.col("interval_start_utc") == datetime(2019, 7, 1, 4))  # fmt: skip
        assert one.select("price_per_mwh", "loss_per_mwh", "congestion_per_mwh").row(0) == (19.86, 1.11, 9.33)

    def test_a_truncated_gzip_is_refused(self, archive: Path) -> None:
        file = "20190701damlbmp_gen.csv.gz"
        data = payloads(self.NAME, archive)[file].data
        refused(self.NAME, archive, file, data[: len(data) // 2], "truncated")
        cut = gzip.compress(gzip.decompress(data)[:-30])
        refused(self.NAME, archive, file, cut, "middle of a row")


class TestOasisExports:
    def test_two_digit_years_and_versions(self, archive: Path) -> None:
        found = rows("nyiso_oasis_dam", archive)
        assert counts("nyiso_oasis_dam", archive) == {"OASIS_Day-Ahead_Market_Zonal_LBMP.csv": (2_208, 0)}
        assert span(found) == (datetime(2024, 6, 1, 4), datetime(2024, 9, 1, 4))
        assert not gaps(found)
        assert set(found["price_version"]) == {"1"}
        components_add_up(silver("nyiso_oasis_dam", archive, "price"))

    def test_commitment_prices_end_their_quarter_hour_and_miss_thirteen(self, archive: Path) -> None:
        found = rows("nyiso_oasis_rtc", archive)
        assert counts("nyiso_oasis_rtc", archive) == {"OASIS_Real_Time_Commitment_Zonal_LBMP.csv": (8_819, 0)}
        assert span(found) == (datetime(2024, 6, 1, 4), datetime(2024, 9, 1, 4))
        holes = gaps(found, timedelta(minutes=15))
        missing = sum(int((b - a) / timedelta(minutes=15)) - 1 for a, b in holes)
        assert (len(holes), missing) == (4, 13)
        prices = silver("nyiso_oasis_rtc", archive, "price")
        assert set(prices["market_id"]) == {"RTC"}
        components_add_up(prices)


def test_the_real_time_file_with_a_blank_first_line(archive: Path) -> None:
    found = parsed("nyiso_realtime", archive, "lmp.csv")
    assert (found.rows_read, found.refused.height, found.window) == (45, 0, None)
    assert found.rows["interval_end_utc"].unique().sort().to_list() == [
        datetime(2016, 2, 18, 5, minute) for minute in (15, 30, 45)
    ]


class TestInterfaceFlows:
    NAME = "nyiso_interface_flows"

    def test_internal_interfaces_stay_in_bronze(self, archive: Path) -> None:
        assert counts(self.NAME, archive) == {"20171122ExternalLimitsFlows.csv": (18 * 289, 0)}
        taken = silver(self.NAME, archive, "interchange")
        assert taken.height == 10 * 289
        assert all(code.startswith("SCH - ") for code in taken["source_code"].unique())

    def test_what_enters_new_york_is_negative(self, archive: Path) -> None:
        first = silver(self.NAME, archive, "interchange").filter(
            pl.col("interval_start_utc") == datetime(2017, 11, 22, 5)
        )
        flows = {row["source_code"]: row for row in first.iter_rows(named=True)}
        quebec, england = flows["SCH - HQ - NY"], flows["SCH - NE - NY"]
        assert (quebec["interchange_mw"], quebec["import_limit_mw"], quebec["export_limit_mw"]) == (-1200, 1200, 500)
        assert england["interchange_mw"] == 1124.96

    def test_a_limit_of_9999_is_none(self, archive: Path) -> None:
        raw = rows(self.NAME, archive).filter(pl.col("interface_name").str.starts_with("SCH"))
        assert raw.filter(pl.col("negative_limit") == "-9999").height > 0
        taken = silver(self.NAME, archive, "interchange")
        assert taken["export_limit_mw"].max() < 9000  # type: ignore[operator]


class TestLoadBesideForecasts:
    NAME = "nyiso_load_vintages"
    FILE = "2007-12_Integratedforecast.dat"

    def test_the_split_stamp_is_joined_and_every_hour_is_there(self, archive: Path) -> None:
        assert counts(self.NAME, archive) == {self.FILE: (8_184, 0)}
        start, _ = local_day_utc(date(2007, 12, 1), EASTERN)
        assert span(rows(self.NAME, archive)) == (start, local_day_utc(date(2007, 12, 31), EASTERN)[1])
        west = rows(self.NAME, archive).filter(pl.col("name") == "WEST")
        assert (west.height, gaps(west)) == (744, [])

    def test_only_the_first_day_has_forecasts_each_with_its_issue_day(self, archive: Path) -> None:
        taken = silver(self.NAME, archive, "load_forecast")
        assert taken.height == 6 * 264
        hour = taken.filter(pl.col("source_code") == "CAPITL", pl.col("interval_start_utc") == datetime(2007, 12, 1, 5))
        by_issue = dict(hour.select("first_day_start", "load_forecast_mw").iter_rows())
        assert by_issue == {
            datetime(2007, 12, 1): 1063, datetime(2007, 11, 30): 1141, datetime(2007, 11, 29): 1139,
            datetime(2007, 11, 28): 1184, datetime(2007, 11, 27): 1212, datetime(2007, 11, 26): 1225,
        }  # fmt: skip

    def test_the_false_difference_of_a_day_without_forecast_is_kept(self, archive: Path) -> None:
        last = rows(self.NAME, archive).filter(pl.col("name") == "WEST")[-1]
        assert last["integrated_load"].item() == "1698"
        assert last["difference_0_days_before"].item() == "-1698"
        assert last["forecast_0_days_before"].item() is None

    def test_a_zone_nobody_knows_is_refused_with_its_row(self, archive: Path) -> None:
        payload = payloads(self.NAME, archive)[self.FILE]
        odd = replace(payload, data=payload.data.replace(b",GENESE,", b",GENESIS,", 1))
        found = feed(self.NAME).parse(odd)
        assert found.refused["rule_id"].to_list() == ["L02"]


def test_the_forecast_file_of_2025(archive: Path) -> None:
    found = parsed("nyiso_isolf", archive, "20250219isolf.csv")
    assert (found.rows_read, found.refused.height) == (144, 0)
    assert found.rows["issue_date"].unique().to_list() == ["2025-02-19"]
    assert found.rows.filter(pl.col("time_stamp") == "02/19/2025 00:00")["nyiso"].item() == "18054"
