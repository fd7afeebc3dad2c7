"""ENTSO-E documents and yearly files, and OPSD's extracts, on the real files."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from extract.archive import archive_files
from extract.catalogue import feed
from extract.feed import Parsed
from gridlake.errors import PayloadRefused
from tests.unit.extract.emitted import emitted
from tests.unit.extract.world import counts, hours_missing, on_local_day, parse, parse_bytes, raw

XML, CSV, OPSD = "entsoe/xml", "entsoe/generation", "entsoe/opsd"


def document(archive: Path, name: str) -> Parsed:
    return parse("entsoe_transparency", archive, f"{XML}/{name}.xml")


def silver(parsed: Parsed, subject: str) -> pl.DataFrame:
    return emitted(feed("entsoe_transparency"), parsed.rows, subject).sort("interval_start_utc")


class TestDocuments:
    def test_made_up_series_are_left_out_and_all_else_is_read(self, archive: Path) -> None:
        found = archive_files(feed("entsoe_transparency"), archive)
        assert len(found) == 35
        assert not [path for path in found if path.name.startswith("fake")]
        assert {path.name for path in (archive / XML).iterdir()} - {path.name for path in found} == {
            "fake_time_series.xml",
            "fake_time_series_all_0.xml",
        }

    def test_every_printed_point_is_a_row(self, archive: Path) -> None:
        for path in archive_files(feed("entsoe_transparency"), archive):
            parsed = document(archive, path.stem)
            printed = parsed.rows.filter(pl.col("is_repeated") == "false").height
            assert printed == path.read_text().count("<Point>")
            assert parsed.refused.height == 0
            assert parsed.rows["region_id"].null_count() == 0
            assert parsed.window is not None
            assert parsed.window[0] <= parsed.rows["interval_start_utc"].min()  # type: ignore[operator]

    def test_the_time_of_making_is_the_publication(self, archive: Path) -> None:
        rows = document(archive, "BE_NL_exchange_forecast_exports").rows
        assert rows["published_at_utc"].unique().to_list() == [datetime(2024, 3, 25, 18, 19, 58)]

    def test_left_out_positions_repeat_the_one_before(self, archive: Path) -> None:
        """A day of quarter hours of which 93 are printed, the others said by silence."""
        price = silver(document(archive, "ES_day_ahead_price"), "price")
        day = price.filter(
            pl.col("interval_start_utc").is_between(datetime(2025, 9, 30, 22), datetime(2025, 10, 1, 22), closed="left")
        )
        assert day.height == 96
        assert price.height == 24 + 24 + 96 + 96
        text = (archive / XML / "ES_day_ahead_price.xml").read_text()
        period = text[text.index("2025-09-30T22:00Z</start>") :]
        period = period[period.index("<Point>") : period.index("</Period>")]
        printed = {
            int(position): float(amount)
            for position, amount in re.findall(
                r"<position>(\d+)</position>\s*<price.amount>([-\d.]+)</price.amount>", period
            )
        }
        last, expected = 0.0, []
        for position in range(1, 97):
            last = printed.get(position, last)
            expected.append(last)
        assert len(printed) == 93
        assert day["price_per_mwh"].to_list() == expected

    def test_resolution_changes_within_a_document(self, archive: Path) -> None:
        rows = document(archive, "ES_day_ahead_price").rows
        length = (rows["interval_end_utc"] - rows["interval_start_utc"]).unique().sort().to_list()
        assert length == [timedelta(minutes=15), timedelta(hours=1)]
        assert hours_missing(rows.filter(pl.col("resolution") == "PT15M"), "15m") == 0

    def test_repetition_runs_to_the_end_of_the_period(self, archive: Path) -> None:
        rows = document(archive, "FI_production").rows
        other = rows.filter(pl.col("source_type") == "B15").sort("interval_start_utc")
        assert (other.height, other.filter(pl.col("is_repeated") == "false").height) == (288, 4)
        assert other["interval_end_utc"].max() == datetime(2025, 10, 24, 12)

    def test_gaps_stay_gaps_where_every_point_is_printed(self, archive: Path) -> None:
        rows = silver(document(archive, "LU_production"), "generation")
        solar, biomass = (rows.filter(pl.col("source_fuel") == fuel) for fuel in ("Solar", "Biomass"))
        assert (solar.height, hours_missing(solar, "15m")) == (288, 0)
        assert (biomass.height, hours_missing(biomass, "15m")) == (287, 1)
        assert datetime(2024, 5, 24, 3, 45) not in biomass["interval_start_utc"].to_list()
        flow = silver(document(archive, "DK-DK1_GB_exchange_exports"), "interchange")
        assert (flow.height, hours_missing(flow)) == (44, 3)

    def test_areas_decide_region_and_sign(self, archive: Path) -> None:
        out, into = (
            silver(document(archive, f"DK-DK1_GB_exchange_{way}"), "interchange") for way in ("exports", "imports")
        )
        assert out.select("region_id", "source_code", "kind", "interchange_mw").row(0) == (
            "DK1",
            "DK1>GB",
            "actual",
            1362.0,
        )
        assert into.select("region_id", "source_code").row(0) == ("DK1", "GB>DK1")
        assert (into["interchange_mw"] <= 0).all()
        assert (out["interchange_mw"] >= 0).all()

    def test_a_border_with_an_area_that_is_no_region(self, archive: Path) -> None:
        out, into = (
            silver(document(archive, f"FR-COR_IT-SAR_AC_exchange_{way}"), "interchange")
            for way in ("exports", "imports")
        )
        assert set(out["region_id"]) == set(into["region_id"]) == {"IT_SAR"}
        assert (out["source_code"][0], into["source_code"][0]) == ("IT_SACOAC>IT_SAR", "IT_SAR>IT_SACOAC")

    def test_day_ahead_and_total_schedules_are_kept_apart(self, archive: Path) -> None:
        rows = silver(document(archive, "DK-DK2_SE-SE4_exchange_forecast_exports"), "interchange")
        assert dict(rows.group_by("kind").len().rows()) == {"scheduled": 96, "forecast": 48}
        key = ["kind", "source_code", "interval_start_utc"]
        assert rows.unique(subset=key).height == rows.height
        day_ahead = rows.filter(pl.col("kind") == "forecast")
        assert hours_missing(day_ahead) == 24  # 22 December is not there

    def test_capacities_are_limits_and_days_follow_the_calendar(self, archive: Path) -> None:
        week = document(archive, "DK-DK1_DK-DK2_capacity_week_ahead_export")
        assert counts(week) == (41, 41, 0)
        last = week.rows.sort("interval_start_utc").row(-1, named=True)
        assert last["interval_end_utc"] - last["interval_start_utc"] == timedelta(hours=23)
        rows = silver(week, "interchange")
        # The file is called export, and says the direction itself: out of DK2, into DK1.
        assert rows.select("region_id", "source_code", "kind", "export_limit_mw", "import_limit_mw").row(0) == (
            "DK1", "DK2>DK1", "capacity", None, 600.0,
        )  # fmt: skip
        hourly = silver(document(archive, "ES_FR_capacity_day_ahead_export"), "interchange")
        assert (hourly.height, hourly["interchange_mw"].null_count()) == (41, 41)

    def test_realised_and_forecast_load(self, archive: Path) -> None:
        actual, forecast = document(archive, "DK-DK1_consumption"), document(archive, "DK-DK2_consumption_forecast")
        assert silver(actual, "load").select("region_id", "load_mw").row(0) == ("DK1", 3031.0)
        assert silver(actual, "load_forecast").height == silver(forecast, "load").height == 0
        assert silver(forecast, "load_forecast").height == 96

    def test_three_forecasts_of_wind_are_three_vintages(self, archive: Path) -> None:
        parts = [document(archive, f"wind_solar_forecast_FI_{k}") for k in ("DAY_AHEAD", "INTRADAY", "CURRENT")]
        vintages = [part.rows["published_at_utc"][0] for part in parts]
        assert len(set(vintages)) == 3
        rows = silver(parts[0], "generation_forecast")
        assert dict(rows.group_by("source_fuel").len().rows()) == {"Solar": 288, "Wind Onshore": 288}
        total = silver(document(archive, "SE-SE3_generation_forecast"), "generation_forecast")
        assert total.select("region_id", "source_fuel", "generation_forecast_mw").row(0) == ("SE3", "TOTAL", 9958.0)

    def test_negative_generation_is_kept(self, archive: Path) -> None:
        rows = silver(document(archive, "NO-NO5_production-negatives"), "generation")
        assert rows.filter(pl.col("source_fuel") == "Fossil Gas")["generation_mw"][0] == -0.4

    def test_what_a_plant_draws_is_negative(self, archive: Path) -> None:
        text = (archive / XML / "NO-NO5_production.xml").read_text().replace("inBiddingZone", "outBiddingZone")
        parsed = parse_bytes("entsoe_transparency", text.encode(), f"{XML}/x.xml")
        rows = emitted(feed("entsoe_transparency"), parsed.rows, "generation")
        assert rows["generation_mw"].max() <= 0  # type: ignore[operator]
        assert set(rows["region_id"]) == {"NO5"}

    def test_a_document_of_realised_values_declares_no_hour_before_it_is_due(self, archive: Path) -> None:
        parsed = document(
            archive, "DK-DK1_consumption"
        )  # asked for up to midnight of the 31st, made at 15:03 on the 30th
        assert parsed.window == (datetime(2023, 12, 28, 15), datetime(2023, 12, 30, 14))
        assert document(archive, "DK-DK2_consumption_forecast").window == (
            datetime(2023, 12, 27, 23),
            datetime(2023, 12, 31, 23),
        )

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            (lambda t: t[: len(t) // 2], "is not XML"),
            (lambda t: "", "is empty"),
            (lambda t: t.replace("<?xml version", "\x00<?xml version"), "NUL bytes"),
            (lambda t: t.replace("<type>A44</type>", "<type>A99</type>"), "document type A99"),
            (lambda t: t.replace("PT60M", "PT7M"), "PT7M"),
            (lambda t: t.replace("price.amount", "price.sum"), "price.amount"),
            (lambda t: t.replace("?>", '?><!DOCTYPE x [<!ENTITY a "b">]>', 1), "entities"),
            (lambda t: re.sub(r"<TimeSeries>.*</TimeSeries>", "", t, flags=re.S), "holds no records"),
            (lambda t: re.sub(r"2023-05-07T22:00Z</end>", "2023-05-07T22:30Z</end>", t), "no multiple"),
        ],
    )  # fmt: skip
    def test_damaged_documents_are_refused(self, change, problem: str, archive: Path) -> None:  # type: ignore[no-untyped-def]
        text = (archive / XML / "FR_prices.xml").read_text()
        with pytest.raises(PayloadRefused, match=re.escape(problem)):
            parse_bytes("entsoe_transparency", change(text).encode(), f"{XML}/FR_prices.xml")

    def test_the_platform_s_refusal_is_passed_on(self) -> None:
        text = "<Acknowledgement_MarketDocument><Reason><code>999</code><text>No matching data found</text></Reason></Acknowledgement_MarketDocument>"
        with pytest.raises(PayloadRefused, match="No matching data found"):
            parse_bytes("entsoe_transparency", text.encode(), f"{XML}/x.xml")

    def test_rows_of_unknown_areas_and_positions_are_refused(self, archive: Path) -> None:
        text = (archive / XML / "FR_prices.xml").read_text()
        elsewhere = parse_bytes(
            "entsoe_transparency", text.replace("10YFR-RTE------C", "10YXX").encode(), f"{XML}/x.xml"
        )
        assert (counts(elsewhere), set(elsewhere.refused["rule_id"])) == ((48, 0, 48), {"L02"})
        spoiled = parse_bytes(
            "entsoe_transparency",
            text.replace("<position>3</position>", "<position>99</position>", 1).encode(),
            f"{XML}/x.xml",
        )
        assert (counts(spoiled), set(spoiled.refused["rule_id"])) == ((48, 47, 1), {"L01"})


class TestGeneration:
    @pytest.mark.parametrize(
        ("name", "rows", "region", "every", "missing"),
        [
            ("20190101-20191231_DE", 33892, "DE", "15m", 10 * 96 + 92),  # the day of March has 23 hours
            ("20200101-20201231_DE", 33984, "DE", "15m", 11 * 96),
            ("20210101-20211231_DE", 32123, "DE", "15m", None),
            ("20190101-20191231_FR", 8465, "FR", "1h", None),
            ("20200101-20201231_FR", 8488, "FR", "1h", None),
        ],
    )
    def test_rows_and_real_holes(
        self, name: str, rows: int, region: str, every: str, missing: int | None, archive: Path
    ) -> None:
        parsed = parse("entsoe_generation", archive, f"{CSV}/{name}_production.csv.gz")
        assert (counts(parsed), parsed.region_id) == ((rows, rows, 0), region)
        assert parsed.rows["interval_start_utc"].n_unique() == rows
        year = int(name[:4])
        assert parsed.window == (datetime(year - 1, 12, 31, 23), datetime(year, 12, 31, 23))
        if missing is not None:  # the last day of every month
            assert hours_missing(parsed.rows, every) == missing

    def test_days_of_clock_changes(self, archive: Path) -> None:
        rows = parse("entsoe_generation", archive, f"{CSV}/20210101-20211231_DE_production.csv.gz").rows
        short, long = (on_local_day(rows, day, "Europe/Berlin") for day in (date(2021, 3, 28), date(2021, 10, 31)))
        assert (short.height, long.height) == (92, 100)

    def test_the_last_day_of_a_year_is_absent(self, archive: Path) -> None:
        rows = parse("entsoe_generation", archive, f"{CSV}/20190101-20191231_DE_production.csv.gz").rows
        assert rows["interval_end_utc"].max() == datetime(2019, 12, 30, 23)

    def test_a_first_column_without_a_name_is_the_stamp(self, archive: Path) -> None:
        relative = f"{CSV}/20210101-20211231_DE_production.csv.gz"
        parsed = parse("entsoe_generation", archive, relative)
        assert raw(archive / relative)[0][0] == ""
        last = parsed.rows.row(-1, named=True)
        assert (last["interval_start_utc"], last["biomass"], last["wind_offshore"]) == (
            datetime(2021, 12, 1, 13, 30),
            None,
            "4471.0",
        )

    def test_columns_become_fuels_and_france_has_its_own(self, archive: Path) -> None:
        german, french = (
            emitted(feed("entsoe_generation"), parse("entsoe_generation", archive, f"{CSV}/20190101-20191231_{c}_production.csv.gz").rows, "generation")
            for c in ("DE", "FR")
        )  # fmt: skip
        assert (german["source_fuel"].n_unique(), french["source_fuel"].n_unique()) == (16, 11)
        first = german.filter(pl.col("source_fuel") == "Fossil Brown coal/Lignite").row(0, named=True)
        assert (first["generation_mw"], first["interval_start_utc"]) == (6932.0, datetime(2018, 12, 31, 23))
        lines = raw(archive / f"{CSV}/20190101-20191231_FR_production.csv.gz")
        blanks = sum(cell == "" for line in lines[1:] for cell in line)
        assert french["generation_mw"].null_count() == blanks > 1000

    def test_a_missing_type_is_named(self, archive: Path) -> None:
        text = "\n".join(",".join(row) for row in raw(archive / f"{CSV}/20190101-20191231_DE_production.csv.gz")[:9])
        with pytest.raises(PayloadRefused, match="no column 'Solar'"):
            parse_bytes(
                "entsoe_generation", text.replace("Solar", "Sun").encode(), f"{CSV}/20190101-20191231_DE_production.csv"
            )


class TestOpsd:
    def rows(self, archive: Path, name: str) -> pl.DataFrame:
        return parse("opsd_time_series", archive, f"{OPSD}/opsd_{name}.csv").rows

    @pytest.mark.parametrize(
        ("name", "lines", "areas"),
        [
            ("at_ch_fr_2018_20_srujan05", 24097, 3), ("de_2018_master4skill", 8784, 6), ("de_tso_2019_git4holger", 8760, 5),
            ("de_wind_2017_19_pillarxyz", 26254, 1), ("fr_2015_19_spicytaco17", 43824, 1), ("gb_2019_20_aaziz96", 8786, 1),
            ("gr_2019_20_aaziz96", 8786, 1), ("it_2015_20_nikitasavvin", 50399, 1),
        ],
    )  # fmt: skip
    def test_a_row_for_every_hour_and_area(self, name: str, lines: int, areas: int, archive: Path) -> None:
        parsed = parse("opsd_time_series", archive, f"{OPSD}/opsd_{name}.csv")
        assert counts(parsed) == (lines * areas, lines * areas, 0)
        assert parsed.rows["area"].n_unique() == areas
        assert not parsed.unknown
        one = parsed.rows.filter(pl.col("area") == parsed.rows["area"][0])
        assert (one["interval_start_utc"].n_unique(), hours_missing(one)) == (lines, 0)

    def test_zones_of_germany(self, archive: Path) -> None:
        rows = self.rows(archive, "de_2018_master4skill")
        assert dict(rows.select("area", "zone_code").unique().rows()) == {
            "DE": "TOTAL", "DE_LU": "DE_LU", "DE_50hertz": "DE_50hertz", "DE_amprion": "DE_amprion",
            "DE_tennet": "DE_tennet", "DE_transnetbw": "DE_transnetbw",
        }  # fmt: skip
        load = emitted(feed("opsd_time_series"), rows, "load")
        assert set(load["region_id"]) == {"DE"}
        first = load.filter(pl.col("source_code") == "DE_amprion").sort("interval_start_utc").row(0, named=True)
        assert (first["load_mw"], first["interval_start_utc"]) == (16885.0, datetime(2017, 12, 31, 23))

    def test_the_bidding_zone_is_blank_before_october_2018(self, archive: Path) -> None:
        price = emitted(feed("opsd_time_series"), self.rows(archive, "de_2018_master4skill"), "price")
        priced = price.filter(pl.col("price_per_mwh").is_not_null())
        assert priced["interval_start_utc"].min() == datetime(2018, 9, 30, 23)
        assert price.height - priced.height == 8784 - priced.height > 6500
        assert set(price["source_code"]) == {"DE_LU"}
        assert set(price["currency"]) == {"EUR"}

    def test_a_column_a_file_lacks_is_no_missing_value(self, archive: Path) -> None:
        rows = self.rows(archive, "de_wind_2017_19_pillarxyz")
        assert emitted(feed("opsd_time_series"), rows, "load").height == 0
        generation = emitted(feed("opsd_time_series"), rows, "generation")
        assert dict(generation.group_by("source_fuel").len().rows()) == {"wind_onshore": 26254, "wind_offshore": 26254}
        whole = rows.filter(pl.col("wind_generation_actual").is_not_null())
        sums = pl.col("wind_onshore_generation_actual").cast(float) + pl.col("wind_offshore_generation_actual").cast(
            float
        )
        assert whole.select(((sums - pl.col("wind_generation_actual").cast(float)).abs() <= 1).mean()).item() > 0.99

    def test_trailing_hours_without_a_value_stay_blank(self, archive: Path) -> None:
        last = self.rows(archive, "gr_2019_20_aaziz96").sort("interval_start_utc").row(-1, named=True)
        assert (last["interval_start_utc"], last["load_actual"], last["wind_onshore_generation_actual"]) == (
            datetime(2020, 9, 30, 23), None, None,
        )  # fmt: skip

    def test_great_britain_is_priced_in_pounds(self, archive: Path) -> None:
        price = emitted(feed("opsd_time_series"), self.rows(archive, "gb_2019_20_aaziz96"), "price").row(0, named=True)
        assert (price["region_id"], price["source_code"], price["price_per_mwh"], price["currency"]) == (
            "GB",
            "TOTAL",
            30.04,
            "GBP",
        )

    def test_italy_by_semicolon_with_offsets_only(self, archive: Path) -> None:
        rows = self.rows(archive, "it_2015_20_nikitasavvin")
        first = rows.row(0, named=True)
        assert (first["interval_start_utc"], first["load_actual"], first["utc_timestamp"]) == (
            datetime(2015, 1, 1, 1),
            "21534",
            None,
        )
        assert on_local_day(rows, date(2016, 3, 27), "Europe/Rome").height == 23
        assert on_local_day(rows, date(2016, 10, 30), "Europe/Rome").height == 25
        lines = raw(archive / f"{OPSD}/opsd_it_2015_20_nikitasavvin.csv", ";")
        assert rows["load_actual"].fill_null("").to_list() == [line[1] for line in lines[1:]]

    def test_forecasts_are_of_the_load(self, archive: Path) -> None:
        forecast = emitted(feed("opsd_time_series"), self.rows(archive, "fr_2015_19_spicytaco17"), "load_forecast")
        assert forecast.sort("interval_start_utc").row(-1, named=True)["load_forecast_mw"] == 67500

    def test_weather_is_a_mean_over_the_country(self, archive: Path) -> None:
        parsed = parse("opsd_weather", archive, f"{OPSD}/opsd_weather_spicytaco17.csv")
        assert counts(parsed) == (43824, 43824, 0)
        weather = emitted(feed("opsd_weather"), parsed.rows, "weather")
        lines = raw(archive / f"{OPSD}/opsd_weather_spicytaco17.csv")[1:]
        assert weather["irradiance_w_per_m2"].sum() == pytest.approx(sum(float(a) + float(b) for *_, a, b in lines))
        assert weather.select("station_id", "temperature_c").row(0) == ("FR.OPSD", -1.67)

    def test_the_two_feeds_share_no_file(self, archive: Path) -> None:
        series, weather = (archive_files(feed(name), archive) for name in ("opsd_time_series", "opsd_weather"))
        assert (len(series), len(weather), set(series) & set(weather)) == (8, 1, set())

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("utc_timestamp,XX\n2020-01-01T00:00:00Z,1\n", "<area>_load_actual"),
            ("stamp,FR_load_actual_entsoe_transparency\n2020-01-01T00:00:00Z,1\n", "utc_timestamp"),
            ("utc_timestamp,FR_load_actual_entsoe_transparency\n2020-01-01T00:00:00Z,1\n2020-01-01T", "truncated"),
        ],
    )
    def test_other_files_are_refused(self, text: str, problem: str) -> None:
        with pytest.raises(PayloadRefused, match=problem):
            parse_bytes("opsd_time_series", text.encode(), f"{OPSD}/opsd_x.csv")

    def test_unknown_areas_are_refused_and_unknown_columns_kept(self) -> None:
        text = "utc_timestamp,FR_load_actual_entsoe_transparency,PL_price_day_ahead,FR_mood\n2020-01-01T00:00:00Z,1,2,good\n"
        parsed = parse_bytes("opsd_time_series", text.encode(), f"{OPSD}/opsd_x.csv")
        assert (counts(parsed), parsed.refused["rule_id"].to_list(), parsed.unknown) == (
            (2, 1, 1),
            ["L02"],
            ("FR_mood",),
        )
        assert parsed.rows["unknown_cells"].to_list() == ['{"FR_mood":"good"}']
