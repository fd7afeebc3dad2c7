"""The defects the operators' own files really have, each on the real file."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from extract.archive import archive_files
from extract.catalogue import feed
from extract.feed import Parsed, Payload
from extract.regions import NYISO_LOAD_ZONES
from gridlake.times import HOUR, local_day_utc

NEW_YORK = "America/New_York"


def parse(name: str, archive: Path, relative: str) -> Parsed:
    return feed(name).parse(Payload(name, (archive / relative).read_bytes(), f"archive:{relative}", "archive"))


def on_local_day(rows: pl.DataFrame, day: date, timezone: str = NEW_YORK) -> pl.DataFrame:
    return rows.filter(pl.col("interval_start_utc").is_between(*local_day_utc(day, timezone), closed="left"))


@pytest.mark.parametrize(
    ("name", "files"),
    [("eia930_cleaned", 7), ("nyiso_pal", 37), ("nyiso_isolf", 39), ("nyiso_damlbmp", 1), ("nyiso_realtime", 2),
     ("nyiso_rtfuelmix", 3), ("entsoe_spain_energy", 1), ("entsoe_spain_weather", 1), ("epa_egrid", 1)],
)  # fmt: skip
def test_each_feed_finds_its_own_files_and_no_others(name: str, files: int, archive: Path) -> None:
    found = archive_files(feed(name), archive)
    assert len(found) == files
    assert not [path for path in found if "palIntegrated" in path.name or "damlbmp_gen" in path.name]


class TestPal:
    def test_blank_loads_are_kept_blank_in_their_place(self, archive: Path) -> None:
        relative = "nyiso/pal/20160101pal_csv.zip"
        rows = parse("nyiso_pal", archive, relative).rows
        with zipfile.ZipFile(archive / relative) as months:
            lines = [line for name in months.namelist() for line in months.read(name).decode().splitlines()]
        assert rows["load"].null_count() == sum(1 for line in lines if line.endswith(","))

    def test_six_stamps_of_january_2016_are_blank_in_every_zone(self, archive: Path) -> None:
        rows = parse("nyiso_pal", archive, "nyiso/pal/20160101pal_csv.zip").rows
        blank = rows.filter(pl.col("load").is_null())
        assert (blank.height, blank["interval_start_utc"].n_unique(), blank["name"].n_unique()) == (66, 6, 11)

    def test_a_negative_load_is_kept_as_received(self, archive: Path) -> None:
        """NYISO prints them for MILLWD, though in none of the recorded months: one is written into a real file."""
        relative = "nyiso/other/20171122pal.csv"
        text = (archive / relative).read_text()
        before = next(line for line in text.splitlines() if '"MILLWD"' in line)
        after = before.rsplit(",", 1)[0] + ",-351.2"
        data = text.replace(before, after, 1).encode()
        rows = feed("nyiso_pal").parse(Payload("nyiso_pal", data, f"archive:{relative}", "archive")).rows
        negative = rows.filter(pl.col("load").str.starts_with("-"))
        assert negative.select("name", "load").rows() == [("MILLWD", "-351.2")]
        assert rows.height == parse("nyiso_pal", archive, relative).rows.height

    def test_april_2017_has_six_days_and_says_it_should_have_thirty(self, archive: Path) -> None:
        parsed = parse("nyiso_pal", archive, "nyiso/pal/20170401pal_csv.zip")
        start, end = local_day_utc(date(2017, 4, 1), NEW_YORK)[0], local_day_utc(date(2017, 4, 30), NEW_YORK)[1]
        assert parsed.window == (start, end)
        hours = parsed.rows["interval_start_utc"].dt.truncate("1h").unique()
        assert hours.min() == local_day_utc(date(2017, 4, 25), NEW_YORK)[0]
        assert ((end - start) / HOUR, len(hours)) == (720, 144)  # 576 hours are missing

    def test_autumn_day_has_both_passes_through_the_repeated_hour(self, archive: Path) -> None:
        day = on_local_day(parse("nyiso_pal", archive, "nyiso/pal/20151101pal_csv.zip").rows, date(2015, 11, 1))
        west = day.filter(pl.col("name") == "WEST").sort("interval_start_utc")
        assert west["interval_start_utc"].dt.truncate("1h").n_unique() == 25
        assert west["interval_start_utc"].n_unique() == west.height == 302  # 25 hours of 12, and two extras
        one = west.filter(pl.col("time_stamp") == "11/01/2015 01:00:00")
        assert one.select("time_zone", "interval_start_utc", "load").rows() == [
            ("EDT", datetime(2015, 11, 1, 5), "1398.2"), ("EST", datetime(2015, 11, 1, 6), "1417.6"),
        ]  # fmt: skip

    def test_spring_day_has_23_hours_without_a_gap(self, archive: Path) -> None:
        day = on_local_day(parse("nyiso_pal", archive, "nyiso/pal/20160301pal_csv.zip").rows, date(2016, 3, 13))
        west = day.filter(pl.col("name") == "WEST").sort("interval_start_utc")["interval_start_utc"]
        assert west.dt.truncate("1h").n_unique() == 23
        assert west.diff().max() == timedelta(minutes=5)

    def test_irregular_extra_samples_are_kept(self, archive: Path) -> None:
        rows = parse("nyiso_pal", archive, "nyiso/pal/20151101pal_csv.zip").rows
        assert set(rows["name"]) == set(NYISO_LOAD_ZONES)
        off_grid = rows.filter((pl.col("interval_start_utc").dt.epoch("s") % 300 != 0) & (pl.col("name") == "WEST"))
        assert {"11/01/2015 11:48:19", "11/01/2015 11:50:19"} <= set(off_grid["time_stamp"])


class TestIsolf:
    def test_autumn_day_by_order_of_repetition(self, archive: Path) -> None:
        rows = parse("nyiso_isolf", archive, "nyiso/isolf/20151101isolf_csv.zip").rows
        vintage = rows.filter(pl.col("issue_date") == "2015-11-01")
        day = on_local_day(vintage, date(2015, 11, 1))
        assert day.height == day["interval_start_utc"].n_unique() == 25
        one = day.filter(pl.col("time_stamp") == "11/01/2015 01:00")
        assert one.select("interval_start_utc", "nyiso").rows() == [
            (datetime(2015, 11, 1, 5), "13198"), (datetime(2015, 11, 1, 6), "12909"),
        ]  # fmt: skip

    def test_spring_day_has_23_hours(self, archive: Path) -> None:
        rows = parse("nyiso_isolf", archive, "nyiso/isolf/20160301isolf_csv.zip").rows
        day = on_local_day(rows.filter(pl.col("issue_date") == "2016-03-13"), date(2016, 3, 13))
        assert day["interval_start_utc"].n_unique() == day.height == 23
        assert day["interval_start_utc"].diff().max() == HOUR

    def test_a_vintage_is_published_on_the_morning_before(self, archive: Path) -> None:
        rows = parse("nyiso_isolf", archive, "nyiso/isolf/20151101isolf_csv.zip").rows
        first = rows.filter(pl.col("issue_date") == "2015-11-01").row(0, named=True)
        assert first["published_at_utc"].replace(second=0) == datetime(2015, 10, 31, 11)  # 07:00 EDT
        plain = parse("nyiso_isolf", archive, "nyiso/other/20171122isolf.csv").rows
        assert plain["published_at_utc"].null_count() == plain.height
        assert set(plain["issue_date"]) == {"2017-11-22"}


class TestIntervalEndingStamps:
    def test_real_time_prices_end_at_their_stamp(self, archive: Path) -> None:
        parsed = parse("nyiso_realtime", archive, "nyiso/lbmp/20220718rt.csv")
        last = parsed.rows.filter(pl.col("time_stamp") == "07/19/2022 00:00:00").row(0, named=True)
        assert (last["interval_start_utc"], last["interval_end_utc"]) == (
            datetime(2022, 7, 19, 3, 55),
            datetime(2022, 7, 19, 4),
        )
        assert (parsed.rows["interval_start_utc"].min(), parsed.rows["interval_end_utc"].max()) == parsed.window

    def test_day_ahead_prices_start_at_their_stamp(self, archive: Path) -> None:
        parsed = parse("nyiso_damlbmp", archive, "nyiso/lbmp/20220718da.csv")
        assert parsed.rows.height == 360
        assert (parsed.rows["interval_start_utc"].min(), parsed.rows["interval_end_utc"].max()) == parsed.window

    @pytest.mark.parametrize("relative", ["nyiso/lbmp/20220718da.csv", "nyiso/lbmp/20220718rt.csv"])
    def test_congestion_is_subtracted_in_nyiso_s_sign(self, relative: str, archive: Path) -> None:
        name = "nyiso_damlbmp" if relative.endswith("da.csv") else "nyiso_realtime"
        number = [pl.col(c).cast(pl.Float64) for c in ("lbmp", "marginal_cost_losses", "marginal_cost_congestion")]
        rows = parse(name, archive, relative).rows.with_columns(number)
        energy = pl.col("lbmp") - pl.col("marginal_cost_losses") + pl.col("marginal_cost_congestion")
        spread = rows.group_by("interval_start_utc").agg((energy.max() - energy.min()).alias("spread"))["spread"]
        assert spread.median() < 0.03  # one energy price for all zones, to a cent of rounding each

    def test_fuel_mix_header_and_stamp_drift(self, archive: Path) -> None:
        old = parse("nyiso_rtfuelmix", archive, "nyiso/other/20160119rtfuelmix.csv").rows  # Gen MWh, no seconds
        new = parse("nyiso_rtfuelmix", archive, "nyiso/other/20171122rtfuelmix.csv").rows  # Gen MW, seconds
        for rows, day in ((old, date(2016, 1, 19)), (new, date(2017, 11, 22))):
            assert rows["gen_mw"].cast(pl.Float64).is_not_null().all()
            assert rows["interval_start_utc"].min() == local_day_utc(day, NEW_YORK)[0]

    @pytest.mark.parametrize("code", ["CISO", "PJM"])
    def test_eia_hours_end_at_their_stamp_and_rows_equal_the_file_s(self, code: str, archive: Path) -> None:
        parsed = parse("eia930_cleaned", archive, f"eia930/cleaned/{code}.csv.gz")
        lines = gzip.decompress((archive / f"eia930/cleaned/{code}.csv.gz").read_bytes()).decode().splitlines()
        assert parsed.rows.height == len(lines) - 1
        assert parsed.rows.row(0, named=True)["interval_end_utc"].isoformat(" ") == lines[1].split(",")[0]
        assert parsed.rows["interval_start_utc"][0] == parsed.rows["interval_end_utc"][0] - HOUR
        own = parsed.rows.select("date_time", "raw_demand", "category", "cleaned_demand", "forecast_demand")
        assert own.write_csv(include_header=False) == "\n".join(lines[1:]) + "\n"


class TestSpanishWeather:
    @pytest.fixture(scope="class")
    def rows(self, archive: Path) -> pl.DataFrame:
        return parse("entsoe_spain_weather", archive, "entsoe/spain/weather_features.csv.gz").rows

    def test_the_city_with_a_leading_blank_is_one_station(self, rows: pl.DataFrame) -> None:
        barcelona = rows.filter(pl.col("station_id") == "ES.BARCELONA")
        assert set(barcelona["city_name"]) == {" Barcelona"}
        assert rows["station_id"].n_unique() == 5

    def test_duplicates_of_hour_and_city_are_kept_for_the_warehouse_to_judge(self, rows: pl.DataFrame) -> None:
        assert rows.height - rows.select("station_id", "interval_start_utc").n_unique() == 3076

    def test_hours_lie_where_their_offset_says(self, rows: pl.DataFrame) -> None:
        assert rows["interval_start_utc"].min() == datetime(2014, 12, 31, 23)
        for day, hours in ((date(2016, 3, 27), 23), (date(2016, 10, 30), 25)):
            assert on_local_day(rows, day, "Europe/Madrid")["interval_start_utc"].n_unique() == hours


class TestEgrid:
    @pytest.fixture(scope="class")
    def rows(self, archive: Path) -> pl.DataFrame:
        return parse("epa_egrid", archive, "plants/egrid/egridData.csv").rows

    def test_neither_header_row_is_data(self, rows: pl.DataFrame) -> None:
        assert rows.height == 26_601
        assert rows.row(0, named=True)["plant_name"] == "Alakanuk"
        assert "SEQGEN23" not in rows["sequence_number"].to_list()

    def test_thousands_and_accountants_negatives_are_kept_as_printed(self, rows: pl.DataFrame) -> None:
        printed = dict(zip(rows["sequence_number"], rows["net_generation"], strict=True))
        assert (printed["2"], printed["14"], printed["25"]) == ("20,961", " (11)", " (2,443)")
        assert rows.filter(pl.col("generator_code") == "0001").height > 0  # codes keep their zeros

    def test_a_file_whose_first_header_row_is_gone_is_refused(self, archive: Path) -> None:
        from gridlake.errors import PayloadRefused

        text = io.StringIO((archive / "plants/egrid/egridData.csv").read_text())
        next(text)
        with pytest.raises(PayloadRefused, match="egridData"):
            feed("epa_egrid").parse(
                Payload("epa_egrid", text.read().encode(), "archive:plants/egrid/egridData.csv", "archive")
            )
