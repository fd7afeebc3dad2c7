"""EIA-930 by zone, from workbooks and from the API, on the real files."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from extract.archive import archive_files
from extract.catalogue import feed
from extract.feed import Payload
from gridlake.errors import PayloadRefused
from gridlake.settings import load_settings
from gridlake.times import HOUR
from tests.unit.extract.emitted import emitted
from tests.unit.extract.world import counts, hours_missing, parse, parse_bytes, raw

CISO, BPAT = "eia930/ba_xlsx/CISO.xlsx", "eia930/ba_xlsx/BPAT.xlsx"
API = "eia930/api_json"


class TestZones:
    @pytest.mark.parametrize(
        ("file", "region", "zone"),
        [("ERCO-COAS", "ERCOT", "COAS"), ("ISNE-4001", "ISONE", "4001"), ("ERCO-WEST", "ERCOT", "WEST")],
    )
    def test_four_years_of_hours_that_end_at_their_stamp(
        self, file: str, region: str, zone: str, archive: Path
    ) -> None:
        relative = f"eia930/zones/{file}.csv.gz"
        parsed = parse("eia930_zone", archive, relative)
        assert counts(parsed) == (35064, 35064, 0)
        assert hours_missing(parsed.rows) == 0
        assert (parsed.region_id, parsed.rows["zone_code"].unique().to_list()) == (region, [zone])
        assert parsed.window == (datetime(2019, 12, 31, 23), datetime(2023, 12, 31, 23))
        lines = raw(archive / relative)[1:]
        assert parsed.rows["raw_demand"].fill_null("").to_list() == [line[1] for line in lines]

    def test_all_sixteen_files_are_found(self, archive: Path) -> None:
        assert len(archive_files(feed("eia930_zone"), archive)) == 16

    def test_labels_travel_with_the_load(self, archive: Path) -> None:
        rows = emitted(feed("eia930_zone"), parse("eia930_zone", archive, "eia930/zones/ISNE-4001.csv.gz").rows, "load")
        assert rows.select("load_mw", "category", "source_code").row(0) == (1530.0, "OKAY", "4001")

    def test_a_file_of_an_unknown_authority_is_refused_row_by_row(self, archive: Path) -> None:
        data = (archive / "eia930/zones/ERCO-COAS.csv.gz").read_bytes()
        parsed = parse_bytes("eia930_zone", data, "eia930/zones/XXXX-COAS.csv.gz")
        assert counts(parsed) == (35064, 0, 35064)
        assert set(parsed.refused["rule_id"]) == {"L02"}


class TestWorkbooks:
    def test_the_row_of_formulas_is_refused_and_all_else_placed(self, archive: Path) -> None:
        ciso, bpat = parse("eia930_ba", archive, CISO), parse("eia930_ba", archive, BPAT)
        assert (counts(ciso), counts(bpat)) == ((4409, 4408, 1), (4408, 4408, 0))
        assert ciso.refused.row(0, named=True)["rule_id"] == "L01"
        assert (ciso.region_id, bpat.region_id) == ("CAISO", "BPAT")
        assert hours_missing(ciso.rows) == hours_missing(bpat.rows) == 0
        assert ciso.window == (datetime(2015, 7, 1, 7), datetime(2015, 12, 31, 23))
        assert not ciso.unknown
        assert not bpat.unknown

    def test_the_stamp_ends_the_hour(self, archive: Path) -> None:
        """Hour 1 of 1 July, UTC 8:00, began at local midnight, 7:00 UTC."""
        first = parse("eia930_ba", archive, CISO).rows.row(0, named=True)
        assert (first["hour"], first["interval_start_utc"], first["demand"]) == ("1", datetime(2015, 7, 1, 7), "31486")

    def test_demand_is_generation_less_what_leaves(self, archive: Path) -> None:
        rows = parse("eia930_ba", archive, CISO).rows
        load, flow = (emitted(feed("eia930_ba"), rows, subject) for subject in ("load", "interchange"))
        stamp = "interval_start_utc"
        joined = load.select(stamp, "load_mw").join(flow.select(stamp, "interchange_mw"), on=stamp).join(rows, on=stamp)
        balance = (pl.col("net_generation").cast(float) - pl.col("load_mw") - pl.col("interchange_mw")).abs()
        assert joined.select((balance <= 1).mean()).item() > 0.99
        assert flow["source_code"].unique().to_list() == ["TOTAL"]

    def test_neighbours_differ_by_authority_and_agree_with_the_total(self, archive: Path) -> None:
        ciso, bpat = (parse("eia930_ba_interchange", archive, path) for path in (CISO, BPAT))
        assert (counts(ciso), counts(bpat)) == ((4408 * 11, 4408 * 11, 0), (4408 * 17, 4408 * 17, 0))
        flows = emitted(feed("eia930_ba_interchange"), ciso.rows, "interchange")
        sums = flows.group_by("interval_start_utc").agg(pl.col("interchange_mw").sum())
        told = parse("eia930_ba", archive, CISO).rows.select("interval_start_utc", pl.col("sum_diba").cast(float))
        assert (
            sums.join(told, on="interval_start_utc")
            .select((pl.col("interchange_mw") == pl.col("sum_diba")).all())
            .item()
        )

    def test_both_ends_of_a_tie_tell_opposite_signs(self, archive: Path) -> None:
        ours = parse("eia930_ba_interchange", archive, CISO).rows.filter(pl.col("neighbour") == "BPAT")
        theirs = parse("eia930_ba_interchange", archive, BPAT).rows.filter(pl.col("neighbour") == "CISO")
        both = ours.join(theirs, on="interval_start_utc", suffix="_of_bpat")
        opposite = pl.col("flow").cast(float) == -pl.col("flow_of_bpat").cast(float)
        assert both.select(opposite.mean()).item() > 0.95

    def test_zones_stand_in_the_last_weeks_only_and_the_last_day_is_zeros(self, archive: Path) -> None:
        parsed = parse("eia930_ba_subregion", archive, CISO)
        hours = 27578 - 2  # the header and a row of blanks
        assert counts(parsed) == (hours * 5, hours * 5, 0)
        load = emitted(feed("eia930_ba_subregion"), parsed.rows, "load")
        by_zone = dict(load.group_by("source_code").len().rows())
        assert by_zone == {"TOTAL": hours, "PGE": 336, "SCE": 336, "SDGE": 336, "VEA": 336}
        total = load.filter(pl.col("source_code") == "TOTAL").sort("interval_start_utc")
        assert total["load_mw"].tail(24).to_list() == [0.0] * 24
        assert total["interval_start_utc"].max() == datetime(2018, 8, 23, 6)

    def test_an_authority_without_zones_is_passed_over(self, archive: Path, caplog: pytest.LogCaptureFixture) -> None:
        settings = load_settings(home=archive / "unused", origin="archive", archive=archive, environ={})
        with caplog.at_level(logging.WARNING):
            offered = [payload.name for payload in feed("eia930_ba_subregion").fetch(settings)]
        assert offered == ["CISO.xlsx"]
        assert "BPAT.xlsx is passed over: it says that the authority has no zones" in caplog.text

    def test_the_chart_sheets_repeat_the_detailed_one(self, archive: Path) -> None:
        """So that nothing is lost by leaving them out."""
        chart = CalamineWorkbook.from_path(archive / CISO).get_sheet_by_name("Hourly Charts").to_python()
        told = {row[0]: row[2:6] for row in chart[2:] if isinstance(row[0], datetime)}
        rows = parse("eia930_ba", archive, CISO).rows
        compared = 0
        for row in rows.iter_rows(named=True):
            values = told.get(row["interval_start_utc"] + HOUR)
            for value, column in zip(
                values or (), ("demand_forecast", "demand", "net_generation", "total_interchange"), strict=False
            ):
                if value != "" and row[column] is not None:
                    assert float(row[column]) == value
                    compared += 1
        assert compared > 1300

    def test_a_damaged_workbook_is_refused(self, archive: Path) -> None:
        data = (archive / CISO).read_bytes()
        for name in ("eia930_ba", "eia930_ba_interchange", "eia930_ba_subregion"):
            with pytest.raises(PayloadRefused, match="truncated or damaged"):
                parse_bytes(name, data[: len(data) // 2], CISO)


class TestApi:
    def api(self, archive: Path, name: str) -> pl.DataFrame:
        return parse("eia930_api", archive, f"{API}/{name}").rows

    def test_seventeen_files_of_which_two_are_empty(self, archive: Path, caplog: pytest.LogCaptureFixture) -> None:
        settings = load_settings(home=archive / "unused", origin="archive", archive=archive, environ={})
        with caplog.at_level(logging.WARNING):
            parsed = [feed("eia930_api").parse(payload) for payload in feed("eia930_api").fetch(settings)]
        assert (len(parsed), sum(p.rows.height for p in parsed), sum(p.refused.height for p in parsed)) == (15, 75, 1)
        assert caplog.text.count("its response.data is empty") == 2
        assert len(archive_files(feed("eia930_api"), archive)) == 17

    def test_the_respondent_decides_the_region_and_hours_end_at_the_period(self, archive: Path) -> None:
        load = emitted(feed("eia930_api"), self.api(archive, "US_NW_BPAT-consumption.json"), "load")
        assert load.select("region_id", "interval_end_utc", "load_mw", "source_code").rows() == [
            ("BPAT", datetime(2023, 5, 1, 11), 6215.0, "TOTAL"), ("BPAT", datetime(2023, 5, 1, 10), 4792.0, "TOTAL"),
        ]  # fmt: skip

    def test_flows_leave_the_first_authority(self, archive: Path) -> None:
        rows = self.api(archive, "US-NW-BPAT-US-NW-NWMT-exchange.json")
        flow = emitted(feed("eia930_api"), rows, "interchange")
        assert flow.select("region_id", "source_code", "interchange_mw").row(0) == ("SPP", "SPC", -12.0)

    def test_a_null_stays_null_and_negative_generation_negative(self, archive: Path) -> None:
        nulls = emitted(feed("eia930_api"), self.api(archive, "US-NW-PGE-with-nulls.json"), "generation")
        assert nulls["generation_mw"].to_list() == [None, 400.0]
        hydro = emitted(feed("eia930_api"), self.api(archive, "US_SW_DEAA-hydro.json"), "generation")
        assert hydro["generation_mw"].to_list() == [3.0, -900.0]

    def test_an_authority_nobody_knows_is_refused(self, archive: Path) -> None:
        parsed = parse("eia930_api", archive, f"{API}/US_CAL_IID-battery_storage.json")
        assert (counts(parsed), parsed.refused["rule_id"].to_list()) == ((1, 0, 1), ["L02"])

    @pytest.mark.parametrize(
        ("document", "problem"),
        [
            ("<html>429</html>", "is not JSON"),
            ('{"response": {"data": [{"period"', "is not JSON"),
            ('{"error": "invalid api key"}', "has not the shape"),
            (
                '{"response": {"frequency": "local-hourly", "data": [{"period": "2024-01-01T00-08:00", "value": 1}]}}',
                "local-hourly",
            ),
            ('{"response": {"data": [{"period": "2024-01-01T00", "respondent": "PJM"}]}}', "no column 'value'"),
            ('{"response": {"data": []}}', "holds no records"),
        ],
    )
    def test_other_documents_are_refused(self, document: str, problem: str) -> None:
        with pytest.raises(PayloadRefused, match=problem):
            parse_bytes("eia930_api", document.encode(), f"{API}/x.json")

    def test_a_period_that_is_none_refuses_its_row(self) -> None:
        rows = [{"period": p, "respondent": "PJM", "type": "D", "value": 1} for p in ("2024-01-01T05", "2024-01-01")]
        parsed = parse_bytes("eia930_api", json.dumps({"response": {"data": rows}}).encode(), f"{API}/x.json")
        assert (counts(parsed), parsed.refused["rule_id"].to_list()) == ((2, 1, 1), ["L01"])

    def test_only_a_file_that_says_so_is_passed_over(self) -> None:
        def why(text: str) -> str:
            return feed("eia930_api").passes_over(Payload("eia930_api", text.encode(), "archive:x.json", "archive"))  # type: ignore[attr-defined,no-any-return]

        assert why('{"response": {"data": []}}')
        assert not any(why(text) for text in ("{}", "", "nope", '{"response": {"data": [{"period": "x"}]}}'))
