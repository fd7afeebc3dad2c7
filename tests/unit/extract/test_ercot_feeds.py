"""ERCOT: native load workbooks, zone prices, dashboards and report vintages, on the real files."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from extract.catalogue import feed
from extract.containers import Member
from extract.feeds.ercot import with_day_and_hour
from extract.feeds.ercot_report import posted_utc
from extract.regions import TIMEZONE
from gridlake.times import local_midnight_utc
from tests.unit.extract.archived import counts, gaps, hours_of, payloads, refused, rows, silver, span

CENTRAL = TIMEZONE["ERCOT"]


class TestNativeLoad:
    NAME = "ercot_native_load"

    def test_every_hour_of_every_year_once(self, archive: Path) -> None:
        hours = {2016: 8784, 2017: 8760, 2018: 8760, 2019: 8760, 2020: 8784, 2021: 8760, 2022: 8760}
        assert counts(self.NAME, archive) == {f"Native_Load_{year}.xlsx": (n, 0) for year, n in hours.items()}
        found = rows(self.NAME, archive)
        assert span(found) == (
            local_midnight_utc(date(2016, 1, 1), CENTRAL),
            local_midnight_utc(date(2023, 1, 1), CENTRAL),
        )
        assert not gaps(found)

    @pytest.mark.parametrize(
        ("day", "hours"),
        [(date(2016, 3, 13), 23), (date(2016, 11, 6), 25), (date(2018, 3, 11), 23), (date(2018, 11, 4), 25)],
    )
    def test_days_of_a_clock_change(self, archive: Path, day: date, hours: int) -> None:
        assert len(hours_of(rows(self.NAME, archive), day, CENTRAL)) == hours

    def test_the_marked_hour_is_the_second_pass(self, archive: Path) -> None:
        found = rows(self.NAME, archive).filter(pl.col("hour_ending").str.starts_with("11/05/2017 02:00"))
        by_start = dict(found.select("interval_start_utc", "hour_ending").iter_rows())
        assert by_start == {
            datetime(2017, 11, 5, 6): "11/05/2017 02:00", datetime(2017, 11, 5, 7): "11/05/2017 02:00 DST"
        }  # fmt: skip

    def test_midnight_is_printed_24_00(self, archive: Path) -> None:
        found = rows(self.NAME, archive).filter(pl.col("hour_ending") == "12/31/2017 24:00")
        assert found["interval_end_utc"].to_list() == [local_midnight_utc(date(2018, 1, 1), CENTRAL)]

    def test_the_hour_without_values_of_2016_is_placed_and_blank(self, archive: Path) -> None:
        year = rows(self.NAME, archive, "Native_Load_2016.xlsx")
        blank = year.filter(pl.col("ercot").is_null())
        assert blank["interval_end_utc"].to_list() == [datetime(2016, 11, 7, 6)]
        assert silver(self.NAME, archive, "load")["load_mw"].null_count() == 9  # eight zones and the whole

    def test_milliseconds_of_noise_do_not_move_an_hour(self, archive: Path) -> None:
        year = rows(self.NAME, archive, "Native_Load_2016.xlsx")
        assert (year["interval_start_utc"].dt.minute() == 0).all()
        assert year["hour_ending"][0] == "2016-01-01 01:00:00"

    def test_zones_are_named_alike_through_the_years_and_add_up(self, archive: Path) -> None:
        taken = silver(self.NAME, archive, "load")
        assert taken.group_by("source_code").len()["len"].unique().to_list() == [61_368]
        zones = (
            taken.filter(pl.col("source_code") != "TOTAL").group_by("interval_start_utc").agg(pl.col("load_mw").sum())
        )
        whole = taken.filter(pl.col("source_code") == "TOTAL").join(zones, on="interval_start_utc")
        apart = whole.filter((pl.col("load_mw") - pl.col("load_mw_right")).abs() > 0.02)
        # On two days the operator's total is another than its zones' sum.
        days = (local_midnight_utc(date(2021, 5, 17), CENTRAL), local_midnight_utc(date(2021, 5, 19), CENTRAL))
        assert (apart.height, *span(apart)) == (48, *days)

    def test_another_workbook_is_refused(self, archive: Path) -> None:
        file = "Native_Load_2022.xlsx"
        refused(self.NAME, archive, file, payloads(self.NAME, archive)[file].data[:5000], "truncated|damaged")
        refused(self.NAME, archive, file, b"<html>not found</html>", "workbook")

    def test_a_hole_beside_the_change_is_not_taken_for_another_label(self) -> None:
        stamps = ["03/11/2018 01:00", "03/11/2018 02:00", "03/11/2018 03:00", "03/12/2018 01:00", "03/12/2018 03:00"]
        frame = pl.DataFrame({"hour_ending": stamps, "source_member": "x"})
        assert with_day_and_hour(frame, "hour_ending")["operating_hour"].to_list() == ["01", "02", "03", "01", "03"]


class TestZonePrices:
    NAME = "ercot_lz_prices"

    def test_rows_in_no_order_are_placed(self, archive: Path) -> None:
        assert counts(self.NAME, archive) == {"ercot_lz_prices_hourly.csv": (16_032, 0)}
        found = rows(self.NAME, archive)
        assert span(found) == (datetime(2023, 12, 11, 20), datetime(2025, 10, 9, 21))
        assert found["interval_start_utc"].is_unique().all()
        assert silver(self.NAME, archive, "price").height == 8 * 16_032

    def test_spring_has_23_hours_and_autumn_misses_one(self, archive: Path) -> None:
        found = rows(self.NAME, archive)
        assert len(hours_of(found, date(2024, 3, 10), CENTRAL)) == 23
        assert len(hours_of(found, date(2024, 11, 3), CENTRAL)) == 24
        assert (datetime(2024, 11, 3, 6), datetime(2024, 11, 3, 8)) in gaps(found)


class TestDashboards:
    def test_fuel_mix_of_both_layouts(self, archive: Path) -> None:
        assert counts("ercot_fuel_mix", archive) == {"ERCOT.json": (3_088, 0), "ERCOT_generation.json": (2_952, 0)}
        found = rows("ercot_fuel_mix", archive, "ERCOT_generation.json")
        assert found["published_at_utc"].unique().to_list() == [datetime(2025, 10, 9, 11, 46)]
        wind = found.filter(pl.col("fuel") == "Wind")
        assert wind["monthly_capacity"].unique().to_list() == ["40455"]
        document = json.loads((archive / "ercot/dashboards/ERCOT_generation.json").read_text())
        at, fuels = next(iter(document["data"]["2025-10-09"].items()))
        expected = datetime.fromisoformat(at).astimezone(tz=None).timestamp()
        one = wind.filter(pl.col("timestamp") == at)
        assert float(one["gen"].item()) == fuels["Wind"]["gen"]
        assert (one["interval_start_utc"].item() - datetime(1970, 1, 1)).total_seconds() == expected

    def test_storage_charges_negative(self, archive: Path) -> None:
        assert counts("ercot_storage", archive) == {"ERCOT_storage.json": (288 + 81, 0)}
        taken = silver("ercot_storage", archive, "generation")
        assert (
            taken.filter(pl.col("interval_start_utc") == datetime(2025, 10, 8, 5))["generation_mw"].item() == -380.286
        )

    def test_demand_keeps_its_forecasts_apart(self, archive: Path) -> None:
        assert counts("ercot_demand", archive) == {"ERCOT_demand.json": (220, 0)}
        hour = rows("ercot_demand", archive).filter(pl.col("interval_start_utc") == datetime(2024, 11, 24, 6))
        by_series = {row["series"]: row for row in hour.iter_rows(named=True)}
        assert by_series["systemLoad"]["value"] == "42015.44"
        assert by_series["currentLoadForecast"]["published_at_utc"] == datetime(2024, 11, 25, 8, 15, 2)
        assert by_series["dayAheadForecast"]["published_at_utc"] is None
        assert silver("ercot_demand", archive, "load").height == 26

    def test_another_document_is_refused(self, archive: Path) -> None:
        refused("ercot_demand", archive, "ERCOT_demand.json", b'{"error": "busy"}', "shape")
        data = payloads("ercot_fuel_mix", archive)["ERCOT.json"].data
        refused("ercot_fuel_mix", archive, "ERCOT.json", data[:-100], "not JSON")


class TestReports:
    def test_load_forecast_is_a_vintage(self, archive: Path) -> None:
        file = "load_forecast_specific_reportid.zip"
        assert counts("ercot_load_forecast", archive) == {file: (192, 0)}
        found = rows("ercot_load_forecast", archive)
        assert found["published_at_utc"].unique().to_list() == [datetime(2025, 3, 13, 17, 30)]
        assert span(found) == (datetime(2025, 3, 13, 5), datetime(2025, 3, 21, 5))
        assert not gaps(found)
        assert set(silver("ercot_load_forecast", archive, "load_forecast")["source_code"]) == {
            "NORTH", "SOUTH", "WEST", "HOUSTON", "TOTAL"
        }  # fmt: skip

    @pytest.mark.parametrize(("name", "file"), [("ercot_wind", "wind_specific_reportid.zip"), ("ercot_solar", "solar_specific_reportid.zip")])  # fmt: skip
    def test_actual_and_forecast_of_wind_and_solar(self, archive: Path, name: str, file: str) -> None:
        assert counts(name, archive) == {file: (216, 0)}
        actual, forecast = silver(name, archive, "generation"), silver(name, archive, "generation_forecast")
        assert actual.height == 48
        assert actual["generation_mw"].null_count() == 0
        assert forecast.filter(pl.col("source_code") == "TOTAL").height == 216
        with zipfile.ZipFile(io.BytesIO(payloads(name, archive)[file].data)) as archived:
            raw = list(csv.DictReader(io.StringIO(archived.read(archived.namelist()[0]).decode())))
        total = sum(float(row["SYSTEM_WIDE_GEN"] or 0) for row in raw)
        assert actual["generation_mw"].sum() == pytest.approx(total)

    def test_the_repeated_hour_is_marked(self, archive: Path) -> None:
        file = "solar_specific_reportid.zip"
        header = "DELIVERY_DATE,HOUR_ENDING,SYSTEM_WIDE_GEN,COP_HSL_SYSTEM_WIDE,STPPF_SYSTEM_WIDE,PVGRPP_SYSTEM_WIDE,SYSTEM_WIDE_HSL,DSTFlag"
        text = "\n".join(
            [header, "11/03/2024,02,1,1,1,1,1,Y", "11/03/2024,02,1,1,1,1,1,N", "03/10/2024,03,1,1,1,1,1,N"]
        )
        found = feed("ercot_solar").parse(replace(payloads("ercot_solar", archive)[file], data=text.encode(), api_endpoint="archive:x.csv"))  # fmt: skip
        assert found.rows["interval_start_utc"].to_list() == [datetime(2024, 11, 3, 7), datetime(2024, 11, 3, 6)]
        assert found.refused["rule_id"].to_list() == ["L01"]

    def test_the_posting_time_is_in_the_name(self) -> None:
        name = "cdr.00012311.0000000000000000.{}.LFCCONGESTNP3560.csv"
        assert posted_utc(Member(name.format("20250113.123000"), b"")) == datetime(2025, 1, 13, 18, 30)
        assert posted_utc(Member(name.format("20250313.123000586"), b"")) == datetime(2025, 3, 13, 17, 30)
        assert posted_utc(Member("forecast.csv", b"")) is None

    def test_lists_of_documents_tell_when_each_was_published(self, archive: Path) -> None:
        assert {placed for placed, _ in counts("ercot_document_list", archive).values()} == {360}
        found = rows("ercot_document_list", archive)
        assert found["published_at_utc"].null_count() == 0
        assert found.filter(pl.col("doc_id") == "1085273815")["published_at_utc"].item() == datetime(
            2025, 3, 13, 17, 30
        )
        assert timedelta(0) < found["published_at_utc"].max() - found["published_at_utc"].min()  # type: ignore[operator]
