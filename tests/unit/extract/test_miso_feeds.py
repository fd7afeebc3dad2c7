"""MISO: the workbook of forecast and actual load, wind and solar forecasts, on the real files."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from extract.feeds.miso import AREAS
from extract.readers import open_workbook
from tests.unit.extract.archived import counts, gaps, parsed, payloads, refused, rows, silver, span

FILE = "20250310_df_al.xls"


class TestLoad:
    NAME = "miso_df_al"

    def test_titles_repeated_headers_and_small_print_are_no_rows(self, archive: Path) -> None:
        assert counts(self.NAME, archive) == {FILE: (7 * 24, 0)}
        assert not gaps(rows(self.NAME, archive))

    def test_est_also_in_summer_and_the_reporting_period(self, archive: Path) -> None:
        found = parsed(self.NAME, archive, FILE)
        assert found.window == (datetime(2025, 3, 9, 5), datetime(2025, 3, 16, 5)) == span(found.rows)
        assert found.rows.filter(pl.col("interval_start_utc") < datetime(2025, 3, 10, 5)).height == 24  # no short day

    def test_only_hours_gone_by_have_actual_loads(self, archive: Path) -> None:
        taken = silver(self.NAME, archive, "load")
        assert taken.height == len(AREAS) * 24
        assert span(taken) == (datetime(2025, 3, 9, 5), datetime(2025, 3, 10, 5))
        forecast = silver(self.NAME, archive, "load_forecast")
        assert forecast.height == len(AREAS) * 168
        assert forecast["published_at_utc"].unique().to_list() == [datetime(2025, 3, 11, 5)]

    def test_values_are_those_of_the_sheet(self, archive: Path) -> None:
        sheet = (
            open_workbook(payloads(self.NAME, archive)[FILE], _member(archive)).get_sheet_by_name("Sheet1").to_python()
        )
        whole = sum(row[14] for row in sheet if isinstance(row[1], float))
        taken = silver(self.NAME, archive, "load_forecast").filter(pl.col("source_code") == "TOTAL")
        assert taken["load_forecast_mw"].sum() == pytest.approx(whole)

    def test_areas_add_up_to_the_whole(self, archive: Path) -> None:
        loads = silver(self.NAME, archive, "load")
        parts = (
            loads.filter(pl.col("source_code") != "TOTAL").group_by("interval_start_utc").agg(pl.col("load_mw").sum())
        )
        both = loads.filter(pl.col("source_code") == "TOTAL").join(parts, on="interval_start_utc")
        assert (both["load_mw"] - both["load_mw_right"]).abs().max() < 1  # type: ignore[operator]

    def test_a_damaged_workbook_is_refused(self, archive: Path) -> None:
        refused(self.NAME, archive, FILE, payloads(self.NAME, archive)[FILE].data[:9_000], "truncated|damaged")


def _member(archive: Path):  # type: ignore[no-untyped-def]
    from extract.containers import Member

    return Member(FILE, payloads("miso_df_al", archive)[FILE].data)


class TestFuelForecasts:
    @pytest.mark.parametrize(
        ("fuel", "file", "made"),
        [
            ("wind", "DataBrokerServicesgetWindForecast.asmx.json", datetime(2025, 3, 10, 9)),
            ("solar", "DataBrokerServicesgetSolarForecast.asmx.json", datetime(2025, 3, 10, 11)),
        ],
    )
    def test_two_days_of_a_vintage(self, archive: Path, fuel: str, file: str, made: datetime) -> None:
        assert counts(f"miso_{fuel}_forecast", archive) == {file: (48, 0)}
        taken = silver(f"miso_{fuel}_forecast", archive, "generation_forecast")
        assert not gaps(taken)
        assert span(taken) == (datetime(2025, 3, 10, 5), datetime(2025, 3, 12, 5))
        assert taken["published_at_utc"].unique().to_list() == [made]

    def test_noon_and_midnight_are_told_apart(self, archive: Path) -> None:
        found = rows("miso_wind_forecast", archive).sort("interval_start_utc")
        assert found["date_time_est"][0] == "2025-03-10 12:00:00 AM"
        assert found["interval_start_utc"][12] - found["interval_start_utc"][0] == timedelta(hours=12)
        assert found["date_time_est"][12] == "2025-03-10 12:00:00 PM"

    def test_another_document_is_refused(self, archive: Path) -> None:
        file = "DataBrokerServicesgetWindForecast.asmx.json"
        refused("miso_wind_forecast", archive, file, b'{"MktDay": "03-10-2025"}', "shape")
        refused("miso_wind_forecast", archive, file, b"", "empty")
