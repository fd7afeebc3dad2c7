"""Meters of others: CityLearn, Smart Grid Smart City, Low Carbon London, eemeter, on the real files."""

from __future__ import annotations

import lzma
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pyreadr
import pytest

from extract.archive import archive_files
from extract.catalogue import feed
from gridlake.errors import PayloadRefused
from tests.unit.extract.emitted import emitted
from tests.unit.extract.world import counts, duplicates, hours_missing, on_local_day, parse, parse_bytes, raw

PACIFIC = "America/Los_Angeles"
HOME, WORKSPACE = "meters/citylearn/Building_1.csv.gz", "meters/sgsc/smart_meter10.RData"
DAY = timedelta(days=1)


class TestCityLearn:
    def test_seventeen_homes_of_a_year_less_the_hour_that_did_not_happen(self, archive: Path) -> None:
        files = archive_files(feed("citylearn_building"), archive)
        assert len(files) == 17
        for path in files:
            parsed = parse("citylearn_building", archive, path.relative_to(archive).as_posix())
            assert counts(parsed) == (8760, 8759, 1)
            assert parsed.window == (datetime(2016, 8, 1, 7), datetime(2017, 8, 1, 7))
            assert parsed.rows["stamp_is_assumed"].unique().to_list() == ["true"]

    def test_the_rows_run_from_midnight_of_the_first_of_august(self, archive: Path) -> None:
        rows = parse("citylearn_building", archive, HOME).rows
        first, last = rows.row(0, named=True), rows.row(-1, named=True)
        assert (first["month_number"], first["hour"], first["interval_start_utc"]) == (
            "7",
            "24",
            datetime(2016, 8, 1, 7),
        )
        assert (last["hour"], last["interval_end_utc"]) == ("23", datetime(2017, 8, 1, 7))
        assert rows["interval_start_utc"].n_unique() == 8759

    @pytest.mark.parametrize(
        ("day", "hours"), [(date(2017, 3, 12), 23), (date(2016, 11, 6), 24), (date(2017, 1, 1), 24)]
    )
    def test_days_of_clock_changes(self, day: date, hours: int, archive: Path) -> None:
        """24 hours were printed for each: the skipped one is refused, the repeated one stands once."""
        assert on_local_day(parse("citylearn_building", archive, HOME).rows, day, PACIFIC).height == hours

    def test_days_of_the_week_agree_with_the_year(self, archive: Path) -> None:
        rows = parse("citylearn_building", archive, HOME).rows
        local = rows.select(
            pl.col("interval_start_utc").dt.replace_time_zone("UTC").dt.convert_time_zone(PACIFIC).alias("local"),
            "day_type",
            "hour",
        )
        noon = local.filter(pl.col("hour") == "12")
        assert (noon["local"].dt.weekday().cast(pl.String) == noon["day_type"]).all()

    def test_panels_have_their_middle_near_solar_noon_all_year(self, archive: Path) -> None:
        """The evidence for the wall clock and for hour 24 beginning at midnight."""
        rows = parse("citylearn_building", archive, HOME).rows
        standard = pl.col("interval_start_utc") - timedelta(hours=8)
        power = pl.col("solar_generation").cast(pl.Float64)
        middle = ((standard.dt.hour().cast(pl.Float64) + 0.5) * power).sum() / power.sum()
        by_month = rows.group_by(pl.col("month_number"), maintain_order=True).agg(middle.alias("middle"))
        assert by_month.height == 12
        assert by_month["middle"].filter(by_month["middle"].is_not_nan()).is_between(11.4, 12.3).all()

    def test_load_is_energy_of_the_hour(self, archive: Path) -> None:
        rows = emitted(feed("citylearn_building"), parse("citylearn_building", archive, HOME).rows, "meter")
        lines = raw(archive / HOME)
        told = [float(line[7]) for line in lines[1:]]
        assert rows["energy_kwh"].sum() == pytest.approx(
            sum(told) - told[(date(2017, 3, 12) - date(2016, 8, 1)).days * 24 + 2]
        )
        assert rows["meter_id"].unique().to_list() == ["CITYLEARN.Building_1"]

    def test_a_row_out_of_its_place_is_refused(self, archive: Path) -> None:
        lines = [",".join(line) for line in raw(archive / HOME)]
        parsed = parse_bytes(
            "citylearn_building", "\n".join(lines[:5] + lines[6:]).encode(), "meters/citylearn/Building_1.csv"
        )
        assert parsed.rows.height == 4
        assert set(parsed.refused["rule_id"]) == {"L01"}

    @pytest.mark.parametrize("name", ["citylearn_weather", "citylearn_carbon_intensity", "citylearn_pricing"])
    def test_files_of_the_same_hours(self, name: str, archive: Path) -> None:
        (path,) = archive_files(feed(name), archive)
        parsed = parse(name, archive, path.relative_to(archive).as_posix())
        assert (counts(parsed), parsed.unknown) == ((8760, 8759, 1), ())
        homes = parse("citylearn_building", archive, HOME).rows
        assert parsed.rows["interval_start_utc"].to_list() == homes["interval_start_utc"].to_list()

    def test_weather_and_its_forecasts(self, archive: Path) -> None:
        rows = parse("citylearn_weather", archive, "meters/citylearn/weather.csv.gz").rows
        assert rows["outdoor_dry_bulb_temperature_predicted_3"][0] == "20.0"
        weather = emitted(feed("citylearn_weather"), rows, "weather").row(0, named=True)
        assert (weather["temperature_c"], weather["humidity_pct"], weather["irradiance_w_per_m2"]) == (20.0, 84.0, None)


class TestSmartGridSmartCity:
    def test_every_reading_of_ten_households(self, archive: Path) -> None:
        parsed = parse("sgsc_reading", archive, WORKSPACE)
        assert counts(parsed) == (293874, 293874, 0)
        assert duplicates(parsed, "sgsc_reading") == 0
        assert parsed.rows["meter"].n_unique() == 10

    def test_starts_are_ragged_and_holes_are_holes(self, archive: Path) -> None:
        rows = parse("sgsc_reading", archive, WORKSPACE).rows
        assert rows.group_by("meter").agg(pl.col("interval_start_utc").min()).n_unique() == 10
        of_one = rows.filter(pl.col("meter") == "10018250").sort("interval_start_utc")
        assert of_one["interval_start_utc"].diff().max() == timedelta(days=19, hours=16, minutes=30)

    def test_no_day_is_longer_or_shorter_in_standard_time(self, archive: Path) -> None:
        rows = parse("sgsc_reading", archive, WORKSPACE).rows.filter(pl.col("meter") == "10018064")
        for day, count in ((date(2013, 4, 7), 50), (date(2013, 10, 6), 46), (date(2013, 6, 1), 48)):
            assert on_local_day(rows, day, "Australia/Sydney").height == count
            assert on_local_day(rows, day, "Etc/GMT-10").height == 48

    def test_the_stamp_ends_the_half_hour(self, archive: Path) -> None:
        first = parse("sgsc_reading", archive, WORKSPACE).rows.row(0, named=True)
        assert first["reading_datetime"].startswith("2012-02-10 08:00:00")
        assert first["interval_start_utc"] == datetime(2012, 2, 9, 21, 30)

    def test_energy_is_that_of_the_workspace(self, archive: Path) -> None:
        frame = pyreadr.read_r(str(archive / WORKSPACE))["smart_meter10"]
        rows = emitted(feed("sgsc_reading"), parse("sgsc_reading", archive, WORKSPACE).rows, "meter")
        assert rows["energy_kwh"].sum() == pytest.approx(float(frame["general_supply_kwh"].sum()))
        assert rows["meter_id"][0] == "SGSC.10006414"

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            (lambda data: data[: len(data) // 2], "truncated"),
            (lambda data: b"hello", "not an R workspace"),
            (lambda data: lzma.compress(b"RDX2\nX\n" + b"\x00" * 40), "cannot be read as an R workspace"),
        ],
    )
    def test_damaged_workspaces_are_refused(self, change, problem: str, archive: Path) -> None:  # type: ignore[no-untyped-def]
        with pytest.raises(PayloadRefused, match=problem):
            parse_bytes("sgsc_reading", change((archive / WORKSPACE).read_bytes()), WORKSPACE)


class TestLowCarbonLondon:
    @pytest.mark.parametrize(("block", "days"), [("1", 31731), ("10", 31791), ("100", 31836)])
    def test_every_day_of_a_block(self, block: str, days: int, archive: Path) -> None:
        parsed = parse("lcl_daily", archive, f"meters/lcl_daily/block_{block}.csv.gz")
        assert counts(parsed) == (days, days, 0)
        assert parsed.rows.unique(subset=["meter", "interval_start_utc"]).height == days
        assert ((parsed.rows["interval_end_utc"] - parsed.rows["interval_start_utc"]) == DAY).all()

    def test_days_with_other_than_48_half_hours_are_partial(self, archive: Path) -> None:
        parts = [parse("lcl_daily", archive, f"meters/lcl_daily/block_{block}.csv.gz").rows for block in (1, 10, 100)]
        days = emitted(feed("lcl_daily"), pl.concat(parts), "meter")
        assert days.filter(pl.col("status") == "PARTIAL").height == 1217
        lines = [line for block in (1, 10, 100) for line in raw(archive / f"meters/lcl_daily/block_{block}.csv.gz")[1:]]
        assert pl.concat(parts)["energy_std"].null_count() == sum(line[6] == "" for line in lines) == 338
        assert sum(line[5] != "48" for line in lines) == 1217
        assert pl.concat(parts)["meter"].n_unique() == 150

    def test_the_sum_is_the_day_s_energy(self, archive: Path) -> None:
        days = emitted(feed("lcl_daily"), parse("lcl_daily", archive, "meters/lcl_daily/block_1.csv.gz").rows, "meter")
        assert days.select("meter_id", "interval_start_utc", "energy_kwh").row(0) == (
            "LCL.MAC000323",
            datetime(2012, 3, 6),
            11.354,
        )


class TestEemeter:
    def readings(self, archive: Path, name: str) -> pl.DataFrame:
        return parse("eemeter_reading", archive, f"meters/eemeter/{name}.csv.gz").rows

    def test_every_file_is_a_meter_or_a_temperature(self, archive: Path) -> None:
        meters, stations = (set(archive_files(feed(f"eemeter_{kind}"), archive)) for kind in ("reading", "temperature"))
        assert (len(meters), len(stations), meters & stations) == (20, 4, set())
        assert {path.name for path in (archive / "meters/eemeter").iterdir()} - {p.name for p in meters | stations} == {
            "metadata.json"
        }

    @pytest.mark.parametrize(
        ("name", "read", "refused"),
        [
            ("il-electricity-cdd-hdd-hourly", 19417, 0), ("il-electricity-cdd-hdd-daily", 810, 1),
            ("il-electricity-cdd-hdd-billing_monthly", 27, 1), ("il-gas-hdd-only-billing_bimonthly", 14, 1),
            ("uk-electricity-hdd-only-hourly-sample-0", 23508, 0), ("uk-electricity-hdd-only-hourly-sample-1", 22536, 0),
        ],
    )  # fmt: skip
    def test_the_last_row_only_closes_the_one_before(self, name: str, read: int, refused: int, archive: Path) -> None:
        parsed = parse("eemeter_reading", archive, f"meters/eemeter/{name}.csv.gz")
        assert counts(parsed) == (read, read - refused, refused)
        if refused:
            assert '"value":"nan"' in parsed.refused["raw_record"].item()

    def test_bills_follow_one_another_without_a_gap(self, archive: Path) -> None:
        rows = self.readings(archive, "il-electricity-cdd-hdd-billing_monthly")
        assert rows["interval_end_utc"][:-1].to_list() == rows["interval_start_utc"][1:].to_list()
        lengths = {length.days for length in rows["interval_end_utc"] - rows["interval_start_utc"]}
        assert lengths <= set(range(25, 36))

    def test_days_of_clock_changes_have_their_own_length(self, archive: Path) -> None:
        rows = self.readings(archive, "il-electricity-cdd-hdd-daily").with_columns(
            (pl.col("interval_end_utc") - pl.col("interval_start_utc")).alias("length")
        )
        assert dict(rows["length"].value_counts(name="n").rows()) == {
            DAY: 805, timedelta(hours=23): 2, timedelta(hours=25): 2,
        }  # fmt: skip
        hourly = self.readings(archive, "il-electricity-cdd-hdd-hourly")
        assert on_local_day(hourly, date(2016, 3, 13), "America/Chicago").height == 23
        assert on_local_day(hourly, date(2016, 11, 6), "America/Chicago").height == 25

    def test_holes_of_half_hourly_meters_stay_holes(self, archive: Path) -> None:
        rows = self.readings(archive, "uk-electricity-hdd-only-hourly-sample-2")
        assert (rows["interval_end_utc"] - rows["interval_start_utc"]).unique().to_list() == [timedelta(minutes=30)]
        assert hours_missing(rows, "30m") > 10000

    def test_repeated_midnights_are_exact_duplicates(self, archive: Path) -> None:
        for sample, count in ((1, 15), (2, 24)):
            name = f"meters/eemeter/uk-electricity-hdd-only-hourly-sample-{sample}.csv.gz"
            assert duplicates(parse("eemeter_reading", archive, name), "eemeter_reading") == count

    def test_therms_become_kilowatt_hours(self, archive: Path) -> None:
        gas = emitted(feed("eemeter_reading"), self.readings(archive, "il-gas-hdd-only-daily"), "meter").row(
            0, named=True
        )
        assert (gas["commodity"], gas["quantity_text"]) == ("gas", "5.61")
        assert gas["energy_kwh"] == pytest.approx(5.61 * 29.3001)
        british = emitted(feed("eemeter_reading"), self.readings(archive, "uk-gas-hdd-only-hourly-sample-0"), "meter")
        assert (british["energy_kwh"] == british["quantity_text"].cast(pl.Float64)).all()
        power = emitted(feed("eemeter_reading"), self.readings(archive, "il-electricity-cdd-hdd-daily"), "meter").row(
            0, named=True
        )
        assert (power["commodity"], power["energy_kwh"], power["region_id"]) == ("electricity", 32.34, "IL")

    def test_temperatures_in_both_units(self, archive: Path) -> None:
        def weather(name: str) -> dict[str, object]:
            rows = parse("eemeter_temperature", archive, f"meters/eemeter/{name}.csv.gz").rows
            return emitted(feed("eemeter_temperature"), rows, "weather").row(0, named=True)

        american, british = weather("il-tempF"), weather("uk-tempC-sample-0")
        assert american["temperature_c"] == pytest.approx((21.01 - 32) / 1.8)
        assert (american["station_id"], american["interval_start_utc"]) == ("IL.il-tempF", datetime(2015, 11, 22, 6))
        assert (british["temperature_c"], british["interval_start_utc"]) == (5.180084, datetime(2020, 4, 1, 1))
