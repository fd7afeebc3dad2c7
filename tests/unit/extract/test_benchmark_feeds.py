"""AEMO, GEFCom, EPF and the wind turbine, on the real files."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from extract.archive import archive_files
from extract.catalogue import feed
from gridlake.errors import PayloadRefused
from gridlake.times import local_day_utc
from tests.unit.extract.emitted import emitted
from tests.unit.extract.world import counts, hours_missing, on_local_day, parse, parse_bytes, raw

VIC, GEFCOM, TURBINE = "aemo/vic_electricity.csv", "gefcom2014/GEFCom2014-E.xlsx", "scada/wind_turbine/T1.csv"


class TestAemo:
    def test_three_years_of_half_hours_are_whole(self, archive: Path) -> None:
        parsed = parse("aemo_vic_electricity", archive, VIC)
        assert counts(parsed) == (52608, 52608, 0)
        assert hours_missing(parsed.rows, "30m") == 0
        assert parsed.window == (datetime(2011, 12, 31, 13), datetime(2014, 12, 31, 13))

    @pytest.mark.parametrize(
        ("day", "count"), [(date(2013, 10, 6), 46), (date(2014, 4, 6), 50), (date(2014, 1, 1), 48)]
    )
    def test_the_local_day_beside_the_stamp_agrees(self, day: date, count: int, archive: Path) -> None:
        rows = parse("aemo_vic_electricity", archive, VIC).rows
        of_day = on_local_day(rows, day, "Australia/Melbourne")
        assert of_day["date"].unique().to_list() == [day.isoformat()]
        assert of_day.height == count

    def test_demand_is_power_whatever_the_publisher_calls_it(self, archive: Path) -> None:
        load = emitted(feed("aemo_vic_electricity"), parse("aemo_vic_electricity", archive, VIC).rows, "load")
        lines = raw(archive / VIC)[1:]
        assert load["load_mw"].to_list() == [float(line[1]) for line in lines]
        assert 40e6 < load["load_mw"].mean() * 8760 < 50e6  # MWh a year: Victoria's, and not twice that
        assert load["load_text"][0] == "4382.825174"

    def test_temperature_is_weather_at_melbourne(self, archive: Path) -> None:
        weather = emitted(feed("aemo_vic_electricity"), parse("aemo_vic_electricity", archive, VIC).rows, "weather")
        assert weather.row(1, named=True)["temperature_c"] == 21.05
        assert weather["station_id"].unique().to_list() == ["VIC.MELBOURNE"]


class TestGefcom:
    def test_the_hour_named_two_of_the_short_day_is_refused(self, archive: Path) -> None:
        parsed = parse("gefcom2014_load", archive, GEFCOM)
        assert counts(parsed) == (96432, 96421, 11)
        assert set(parsed.refused["rule_id"]) == {"L01"}
        assert parsed.refused["raw_record"].str.contains('"hour":"2"').all()
        assert parsed.refused["raw_record"].str.contains("2010-03-14").any()

    def test_that_value_is_the_mean_of_its_neighbours_in_every_year(self, archive: Path) -> None:
        """Which is why hour 2, not 3, is the one that did not happen."""
        book = CalamineWorkbook.from_path(archive / GEFCOM).get_sheet_by_name("Hourly").to_python()
        loads = {(row[0], int(row[1])): row[2] for row in book[1:]}  # type: ignore[call-overload]
        for day in (date(2006, 4, 2), date(2010, 3, 14), date(2013, 3, 10), date(2014, 3, 9)):
            one, two, three = (loads[day, hour] for hour in (1, 2, 3))
            assert two == (one + three) / 2

    def test_days_of_clock_changes(self, archive: Path) -> None:
        """The hour that begins at 1:00 is named 3 on the short day; the second pass of the long day is a hole."""
        rows = parse("gefcom2014_load", archive, GEFCOM).rows
        short = on_local_day(rows, date(2010, 3, 14), "America/New_York")
        long = on_local_day(rows, date(2010, 11, 7), "America/New_York")
        assert (short.height, short["interval_start_utc"].n_unique(), long.height) == (23, 23, 24)
        assert short.filter(pl.col("hour") == "3")["interval_start_utc"].item() == datetime(2010, 3, 14, 6)
        missing = datetime(2010, 11, 7, 6)
        assert missing not in long["interval_start_utc"].to_list()
        assert hours_missing(rows) == 11

    def test_the_load_of_two_years_is_blank_and_temperature_is_not(self, archive: Path) -> None:
        rows = parse("gefcom2014_load", archive, GEFCOM).rows
        assert rows["load"].null_count() == 17544 - 2  # less the refused hour of each year
        assert rows.filter(pl.col("load").is_null())["interval_start_utc"].max() == datetime(2006, 1, 1, 4)
        assert rows["temperature"].null_count() == 0

    def test_it_is_a_zone_of_its_own_and_fahrenheit_becomes_celsius(self, archive: Path) -> None:
        rows = parse("gefcom2014_load", archive, GEFCOM).rows
        last = emitted(feed("gefcom2014_load"), rows, "load").row(-1, named=True)
        assert (last["source_code"], last["load_mw"], last["interval_end_utc"]) == (
            "GEFCOM2014",
            3345,
            datetime(2015, 1, 1, 5),
        )
        weather = emitted(feed("gefcom2014_load"), rows, "weather")
        assert weather["temperature_c"][0] == pytest.approx((37.333333333 - 32) / 1.8)


class TestEpf:
    @pytest.mark.parametrize(
        ("market", "first"), [("FR", datetime(2011, 1, 8, 23)), ("NP", datetime(2012, 12, 31, 23))]
    )
    def test_six_years_less_the_hours_that_did_not_happen(self, market: str, first: datetime, archive: Path) -> None:
        parsed = parse("epf_price", archive, f"epf/{market}.csv")
        assert counts(parsed) == (52416, 52410, 6)
        assert parsed.refused["raw_record"].str.contains(" 02:00:00").all()
        assert (parsed.rows["interval_start_utc"].min(), parsed.region_id) == (first, market)
        assert hours_missing(parsed.rows) == 6  # the second pass of each autumn's hour
        assert parsed.rows["interval_start_utc"].n_unique() == 52410

    @pytest.mark.parametrize(
        ("day", "hours"), [(date(2014, 3, 30), 23), (date(2014, 10, 26), 24), (date(2014, 7, 1), 24)]
    )
    def test_days_of_clock_changes(self, day: date, hours: int, archive: Path) -> None:
        rows = parse("epf_price", archive, "epf/NP.csv").rows
        assert on_local_day(rows, day, "Europe/Oslo").height == hours

    def test_prices_and_columns_by_their_different_names(self, archive: Path) -> None:
        rows = parse("epf_price", archive, "epf/FR.csv").rows
        assert rows.select("price", "supply_forecast", "load_forecast").row(0) == ("32.542", "63065", "63000")
        assert parse("epf_price", archive, "epf/NP.csv").rows.row(0, named=True)["load_forecast"] == "42497.0"
        price = emitted(feed("epf_price"), rows, "price").row(-1, named=True)
        assert (price["price_per_mwh"], price["market_id"], price["currency"]) == (61.19, "DAM", "EUR")

    def test_published_forecasts_are_no_feed(self, archive: Path) -> None:
        assert [path.name for path in archive_files(feed("epf_price"), archive)] == ["FR.csv", "NP.csv"]


class TestTurbine:
    def test_the_year_less_its_missing_stamps(self, archive: Path) -> None:
        parsed = parse("scada_wind_turbine", archive, TURBINE)
        assert counts(parsed) == (50530, 50530, 0)
        assert hours_missing(parsed.rows, "10m") == 52560 - 50530
        assert parsed.window == (datetime(2017, 12, 31, 21), datetime(2018, 12, 31, 21))

    def test_days_come_before_months(self, archive: Path) -> None:
        rows = parse("scada_wind_turbine", archive, TURBINE).rows
        start, end = local_day_utc(date(2018, 2, 1), "Europe/Istanbul")
        of_day = rows.filter(pl.col("interval_start_utc").is_between(start, end, closed="left"))
        assert of_day["date_time"].str.starts_with("01 02 2018").all()
        assert end - start == timedelta(days=1)

    def test_every_point_is_a_series(self, archive: Path) -> None:
        rows = parse("scada_wind_turbine", archive, TURBINE).rows
        points = emitted(feed("scada_wind_turbine"), rows, "scada")
        assert points.height == 4 * 50530
        lines = raw(archive / TURBINE, encoding="latin-1")
        assert lines[0][4] == "Wind Direction (°)"
        for column, point in enumerate(
            ("active_power_kw", "wind_speed_m_per_s", "theoretical_power_kw", "wind_direction_deg"), 1
        ):
            of_point = points.filter(pl.col("point") == point).sort("interval_start_utc")
            assert of_point["point_value"].sum() == pytest.approx(sum(float(line[column]) for line in lines[1:]))
        assert points["asset_id"].unique().to_list() == ["SCADA.T1"]

    def test_the_file_in_another_encoding_is_refused_by_its_column(self, archive: Path) -> None:
        text = (archive / TURBINE).read_bytes().decode("latin-1").encode("utf-8")
        with pytest.raises(PayloadRefused, match="Wind Direction"):
            parse_bytes("scada_wind_turbine", text, TURBINE)
