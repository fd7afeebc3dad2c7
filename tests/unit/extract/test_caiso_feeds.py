"""CAISO: OASIS reports in CSV and XML, nodes, the renewables watch and net demand, on the real files."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from extract.catalogue import feed
from extract.feed import Payload
from extract.regions import TIMEZONE
from gridlake.errors import PayloadRefused
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
from tests.unit.extract.emitted import emitted

PACIFIC = TIMEZONE["CAISO"]
NOVEMBER = "20191101_20191201_PRC_LMP_DAM_20200603_00_24_23_v1.csv.gz"
FEBRUARY = "20190201_20190301_PRC_LMP_DAM_20200603_09_30_31_v1.csv.gz"


class TestPrices:
    NAME = "caiso_prc_lmp"

    def test_rows_in_any_order_make_one_price_each_with_its_components(self, archive: Path) -> None:
        assert counts(self.NAME, archive) == {FEBRUARY: (8_076, 0), NOVEMBER: (8_652, 0)}
        prices = silver(self.NAME, archive, "price")
        assert prices.height == 2_016 + 2_163
        assert prices.select("source_code", "interval_start_utc").is_unique().all()
        components_add_up(prices)

    def test_the_autumn_day_has_25_hours(self, archive: Path) -> None:
        node = rows(self.NAME, archive, NOVEMBER).filter(
            pl.col("node") == "NP15SLAK_5_N001", pl.col("lmp_type") == "LMP"
        )
        assert len(hours_of(node, date(2019, 11, 3), PACIFIC)) == 25
        assert not gaps(node)
        extra = node.filter(pl.col("operating_hour") == "25")
        assert extra["interval_start_utc"].to_list() == [datetime(2019, 11, 3, 9)]  # 01:00 PST

    def test_stamps_agree_with_the_operating_hour(self, archive: Path) -> None:
        found = rows(self.NAME, archive).filter(pl.col("operating_hour") != "25")
        clock = (pl.col("operating_hour").cast(pl.Int64) - 1).alias("hour")
        start = pl.col("interval_start_utc").dt.replace_time_zone("UTC").dt.convert_time_zone(PACIFIC)
        assert found.select(start.dt.hour() == clock).to_series().all()
        assert found.select(start.dt.date().cast(pl.String) == pl.col("operating_day")).to_series().all()

    def test_the_name_declares_pacific_days_and_no_publication(self, archive: Path) -> None:
        found = parsed(self.NAME, archive, NOVEMBER)
        assert found.window == (datetime(2019, 11, 1, 7), datetime(2019, 12, 1, 8))
        assert "published_at_utc" not in found.rows.columns

    def test_values_are_those_of_the_file(self, archive: Path) -> None:
        raw = list(csv.DictReader(io.StringIO(gzip.decompress(payloads(self.NAME, archive)[FEBRUARY].data).decode())))
        expected = sum(float(row["MW"]) for row in raw if row["LMP_TYPE"] == "LMP")
        taken = silver(self.NAME, archive, "price").filter(pl.col("interval_start_utc") < datetime(2019, 6, 1))
        assert taken["price_per_mwh"].sum() == pytest.approx(expected)

    def test_an_error_document_is_refused_with_its_words(self, archive: Path) -> None:
        answer = b'<?xml version="1.0"?><m:OASISReport xmlns:m="x"><m:ERROR><m:ERR_CODE>1000</m:ERR_CODE>' \
            b"<m:ERR_DESC>No data returned for the specified selection</m:ERR_DESC></m:ERROR></m:OASISReport>"  # fmt: skip
        refused(self.NAME, archive, FEBRUARY, gzip.compress(answer), "No data returned")

    def test_real_time_reports_carry_their_own_length_and_market(self) -> None:
        text = (
            "INTERVALSTARTTIME_GMT,INTERVALENDTIME_GMT,OPR_DT,OPR_HR,NODE_ID,MARKET_RUN_ID,LMP_TYPE,XML_DATA_ITEM,NODE,PRC\n"
            "2024-01-01T08:00:00-00:00,2024-01-01T08:15:00-00:00,2024-01-01,1,A,RTPD,LMP,LMP_PRC,A,21.5\n"
            "2024-01-01T08:15:00-00:00,2024-01-01T08:15:00-00:00,2024-01-01,1,A,RTPD,LMP,LMP_PRC,A,21.5\n"
        )
        payload = Payload(
            self.NAME, text.encode(), "archive:caiso/x/20240101_20240102_PRC_RTPD_LMP_RTPD_x.csv", "archive"
        )
        found = feed(self.NAME).parse(payload)
        assert found.rows["interval_end_utc"].to_list() == [datetime(2024, 1, 1, 8, 15)]
        assert found.refused["rule_id"].to_list() == ["L01"]  # ends as it begins


class TestForecasts:
    SEVEN_DAYS = "20250219_20250227_SLD_FCST_7DA_20250221_01_09_58_v1.zip"
    RENEWABLE = "20250204_20250211_SLD_REN_FCST_DAM_20250214_04_52_10_v1.zip"

    def test_load_by_area_of_eight_days(self, archive: Path) -> None:
        assert counts("caiso_sld_fcst", archive) == {self.SEVEN_DAYS: (6_432, 0), "sld_forecast.xml": (3, 0)}
        found = parsed("caiso_sld_fcst", archive, self.SEVEN_DAYS)
        assert found.window == (datetime(2025, 2, 19, 8), datetime(2025, 2, 27, 8)) == span(found.rows)
        assert found.rows["published_at_utc"].unique().to_list() == [datetime(2025, 2, 21, 9, 9, 58)]

    def test_only_areas_of_caiso_reach_silver(self, archive: Path) -> None:
        taken = silver("caiso_sld_fcst", archive, "load_forecast")
        seven = taken.filter(pl.col("interval_start_utc") > datetime(2025, 1, 1))
        assert set(seven["source_code"]) == {"TOTAL", "PGE-TAC", "SCE-TAC", "SDGE-TAC", "VEA-TAC", "MWD-TAC"}
        assert seven.group_by("source_code").len()["len"].unique().to_list() == [192]

    def test_xml_tells_length_and_time_of_making(self, archive: Path) -> None:
        found = rows("caiso_sld_fcst", archive, "sld_forecast.xml").sort("interval_start_utc")
        lengths = (found["interval_end_utc"] - found["interval_start_utc"]).dt.total_minutes().to_list()
        assert lengths == [5, 5, 15]
        assert found["published_at_utc"].unique().to_list() == [datetime(2014, 5, 9, 17, 50, 6)]
        assert found["value"].to_list() == ["26755", "11530", "26723"]

    def test_day_ahead_renewables_know_no_issue_time(self, archive: Path) -> None:
        assert counts("caiso_sld_ren_fcst", archive) == {self.RENEWABLE: (1_008, 0), "sld_ren_forecast.xml": (4, 0)}
        taken = silver("caiso_sld_ren_fcst", archive, "generation_forecast")
        assert taken["published_at_utc"].null_count() == taken.height
        assert set(taken["source_fuel"]) == {"Solar", "Wind"}
        assert set(taken["source_code"]) == {"NP15", "SP15", "ZP26"}

    def test_schedules_leave_positive_and_enter_negative(self, archive: Path) -> None:
        """The recorded document lacks an end tag, so that no feed takes it; whole, it reads like this."""
        text = (archive / "caiso" / "renewables_watch" / "ene_slrs.xml").read_text()
        payload = Payload(
            "caiso_ene_slrs", text.encode(), "archive:caiso/x/20130919_20130920_ENE_SLRS_x.xml", "archive"
        )
        with pytest.raises(PayloadRefused, match="not XML"):
            feed("caiso_ene_slrs").parse(payload)
        whole = text.replace("<DISCLAIMER_ITEM>", "</REPORT_ITEM><DISCLAIMER_ITEM>")
        found = feed("caiso_ene_slrs").parse(replace(payload, data=whole.encode()))
        assert (found.rows.height, found.refused.height) == (6, 0)
        taken = emitted(feed("caiso_ene_slrs"), found.rows, "interchange").sort("interval_start_utc", "source_code")
        assert taken["interchange_mw"].to_list() == [-5014, 704, 884, -7248]


class TestNodes:
    def test_quarter_hours_of_a_node_with_256_gaps(self, archive: Path) -> None:
        assert counts("caiso_node_lmp", archive) == {"node_testing.csv": (35_040, 0)}
        found = rows("caiso_node_lmp", archive)
        assert span(found) == (datetime(2020, 1, 1, 8), datetime(2021, 1, 27, 17))
        assert len(gaps(found, timedelta(minutes=15))) == 256
        midnight = found.filter(pl.col("interval_start_utc") == datetime(2020, 1, 3))
        assert midnight["starts_at"].to_list() == ["2020-01-03"]  # the bare day
        prices = silver("caiso_node_lmp", archive, "price")
        assert set(prices["market_id"]) == {"FMM"}
        components_add_up(prices)

    def test_locations_have_no_interval(self, archive: Path) -> None:
        found = parsed("caiso_lmp_locations", archive, "LMPLocations.csv")
        assert (found.rows.height, found.refused.height, found.window) == (2_259, 0, None)
        assert set(found.rows["node_type"]) == {"Load Node", "Generation Node"}


class TestRenewablesWatch:
    NAME = "caiso_renewables_watch"
    SPRING, AUTUMN = "20170312_DailyRenewablesWatch.txt", "20171105_DailyRenewablesWatch.txt"

    def test_both_tables_of_each_day(self, archive: Path) -> None:
        found = counts(self.NAME, archive)
        assert len(found) == 5
        assert found.pop(self.SPRING) == (46, 2)
        assert set(found.values()) == {(48, 0)}

    def test_the_hour_that_does_not_exist_is_refused(self, archive: Path) -> None:
        found = parsed(self.NAME, archive, self.SPRING)
        assert set(found.refused["rule_id"]) == {"L01"}
        assert all('"hour":"3"' in record for record in found.refused["raw_record"])
        hours = found.rows["interval_start_utc"].unique()
        assert hours.sort().to_list() == hours_of(found.rows.unique("interval_start_utc"), date(2017, 3, 12), PACIFIC)
        assert hours.len() == 23
        assert found.window == local_day_utc(date(2017, 3, 12), PACIFIC)

    def test_autumn_misses_its_25th_hour(self, archive: Path) -> None:
        found = parsed(self.NAME, archive, self.AUTUMN)
        assert found.window is not None
        assert (found.window[1] - found.window[0]) == timedelta(hours=25)
        assert gaps(found.rows.unique("interval_start_utc")) == [(datetime(2017, 11, 5, 8), datetime(2017, 11, 5, 10))]

    def test_cells_stand_under_their_headers(self, archive: Path) -> None:
        found = rows(self.NAME, archive, "20171104_DailyRenewablesWatch.txt").filter(pl.col("hour") == "1")
        line = (archive / "caiso/renewables_watch/20171104_DailyRenewablesWatch.txt").read_text().splitlines()[2]
        assert [text for text in line.split("\t") if text][1:] == list(
            found.filter(pl.col("geothermal").is_not_null())
            .select("geothermal", "biomass", "biogas", "small_hydro", "wind_total", "solar_pv", "solar_thermal").row(0)
        )  # fmt: skip

    def test_imports_enter_and_renewables_are_not_counted_twice(self, archive: Path) -> None:
        imports = silver(self.NAME, archive, "interchange")
        assert imports["interchange_mw"].max() < 0  # type: ignore[operator]
        kinds = silver(self.NAME, archive, "generation")
        assert "RENEWABLES" not in set(kinds["source_fuel"])
        noon = kinds.filter(pl.col("interval_start_utc") == datetime(2017, 11, 6, 20))
        assert noon["source_fuel"].n_unique() == noon.height == 10

    def test_a_watch_cut_short_is_refused(self, archive: Path) -> None:
        data = payloads(self.NAME, archive)[self.AUTUMN].data
        refused(self.NAME, archive, self.AUTUMN, data[:-200], "twice 24")
        refused(self.NAME, archive, self.AUTUMN, b"<html>Not found</html>", "twice 24")


class TestNetDemand:
    NAME = "caiso_net_demand"
    WIDE, LONG = "CAISO-netdemand-20220613-checkpoint.csv", "caiso-net-demand.csv"

    def test_every_cell_is_a_row(self, archive: Path) -> None:
        found = counts(self.NAME, archive)
        assert found == {
            "CAISO-netdemand-20210817-checkpoint.csv": (4 * 289, 0), self.WIDE: (5 * 289, 0),
            "CAISO-netdemand-20220614-checkpoint.csv": (5 * 289, 0), self.LONG: (3 * 289, 0),
        }  # fmt: skip

    def test_the_closing_midnight_is_the_next_days(self, archive: Path) -> None:
        for file in (self.WIDE, self.LONG):
            found = parsed(self.NAME, archive, file)
            demand = found.rows.filter(pl.col("series") == "Demand")
            assert demand["interval_start_utc"].is_unique().all()
            assert not gaps(demand, timedelta(minutes=5))
            assert found.window is not None
            assert demand["interval_start_utc"].max() == found.window[1]

    def test_blanks_are_no_loads(self, archive: Path) -> None:
        loads = silver(self.NAME, archive, "load")
        assert loads["load_mw"].null_count() == 0
        assert loads.height == 288 + 288 + 289 + 288

    def test_net_demand_is_found_under_the_wrong_header(self, archive: Path) -> None:
        found = rows(self.NAME, archive, self.LONG).filter(pl.col("series") == "Net demand")
        assert found["value"].to_list()[:3] == ["Net demand", "22117", "21955"]

    def test_another_layout_is_refused(self, archive: Path) -> None:
        refused(self.NAME, archive, self.LONG, b"Timestamp,Demand\n2018-04-10 00:00:00,1\n", "neither layout")
        data = payloads(self.NAME, archive)[self.WIDE].data
        refused(self.NAME, archive, self.WIDE, data[: len(data) // 2], "truncated")


def test_the_page_of_conditions_tells_one_load_and_its_time(archive: Path) -> None:
    name, file = "caiso_system_conditions", "systemconditions.html"
    assert counts(name, archive) == {file: (1, 0)}
    taken = silver(name, archive, "load").row(0, named=True)
    assert (taken["interval_start_utc"], taken["load_mw"]) == (datetime(2017, 1, 5, 21, 50), 25_224)
    renewables = (archive / "caiso/renewables_watch/todays_outlook_renewables.html").read_bytes()
    refused(name, archive, file, renewables, "no page of readings")
