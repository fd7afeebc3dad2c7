"""IESO's yearly reports, on the real files."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from extract.archive import archive_files
from extract.catalogue import feed
from gridlake.errors import PayloadRefused
from tests.unit.extract.emitted import emitted
from tests.unit.extract.world import counts, hours_missing, parse, parse_bytes

YEARS = {2015: 8760, 2016: 8784, 2017: 8760, 2018: 8760, 2019: 8760, 2020: 6936}
EST = timedelta(hours=5)


@pytest.mark.parametrize(("year", "hours"), YEARS.items())
@pytest.mark.parametrize(("name", "report"), [("ieso_demand", "PUB_Demand"), ("ieso_hoep", "PUB_PriceHOEPPredispOR")])
def test_every_hour_of_the_year_is_placed_in_standard_time(
    name: str, report: str, year: int, hours: int, archive: Path
) -> None:
    parsed = parse(name, archive, f"ieso/{report}_{year}.csv")
    assert counts(parsed) == (hours, hours, 0)
    start = parsed.rows["interval_start_utc"]
    assert (start.n_unique(), hours_missing(parsed.rows)) == (hours, 0)
    assert start.min() == datetime(year, 1, 1) + EST
    window_end = datetime(year + 1, 1, 1) if year < 2020 else datetime(2020, 10, 16)
    assert parsed.window == (datetime(year, 1, 1) + EST, window_end + EST)
    assert start.max() == window_end + EST - timedelta(hours=1)


def test_the_report_tells_when_it_was_made(archive: Path) -> None:
    rows = parse("ieso_demand", archive, "ieso/PUB_Demand_2020.csv").rows
    assert rows["published_at_utc"].unique().to_list() == [datetime(2020, 10, 16, 7, 30, 9) + EST]


def test_hour_ending_one_of_new_year_begins_at_five_utc(archive: Path) -> None:
    rows = emitted(feed("ieso_demand"), parse("ieso_demand", archive, "ieso/PUB_Demand_2015.csv").rows, "load")
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    assert (first["interval_start_utc"], first["load_mw"], first["source_code"]) == (
        datetime(2015, 1, 1, 5),
        14960,
        "TOTAL",
    )
    assert (last["interval_end_utc"], last["load_mw"]) == (datetime(2016, 1, 1, 5), 13892)


def test_prices_of_a_thousand_and_more_are_read(archive: Path) -> None:
    """They are quoted with a separator: "1,402.44"."""
    path = "ieso/PUB_PriceHOEPPredispOR_2015.csv"
    rows = parse("ieso_hoep", archive, path).rows
    prices = emitted(feed("ieso_hoep"), rows, "price")
    with (archive / path).open(newline="") as file:
        lines = [row for row in csv.reader(file) if not row[0].startswith("\\") and row[0] != "Date"]
    assert prices["price_per_mwh"].to_list() == [float(row[2].replace(",", "")) for row in lines]
    assert prices["price_per_mwh"].max() == 1402.44
    assert "1,402.44" in rows["hoep"].to_list()
    assert set(prices["currency"]) == {"CAD"}
    assert set(prices["market_id"]) == {"HOEP"}


def test_reserve_is_blank_in_2015_and_priced_in_2018(archive: Path) -> None:
    blank, priced = (
        emitted(
            feed("ieso_hoep"),
            parse("ieso_hoep", archive, f"ieso/PUB_PriceHOEPPredispOR_{y}.csv").rows,
            "ancillary_price",
        )
        for y in (2015, 2018)
    )
    assert blank.height == 0
    assert priced.group_by("product").len().sort("product").rows() == [
        ("non_spin_10", 8760), ("operating_30", 8760), ("spin_10", 8760),
    ]  # fmt: skip
    assert priced.filter(priced["product"] == "spin_10").row(0, named=True)["price_per_mwh"] == 0.20


def test_predispatch_prices_stay_in_bronze(archive: Path) -> None:
    rows = parse("ieso_hoep", archive, "ieso/PUB_PriceHOEPPredispOR_2018.csv").rows
    assert rows.select("predispatch_1h", "predispatch_2h", "predispatch_3h").row(0) == ("40.62", "35.50", "40.32")


def test_each_report_finds_its_own_files(archive: Path) -> None:
    for name, start in (("ieso_demand", "PUB_Demand_"), ("ieso_hoep", "PUB_PriceHOEP")):
        found = archive_files(feed(name), archive)
        assert len(found) == 6
        assert all(path.name.startswith(start) for path in found)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda text: text.replace("Ontario Demand\r\n", "Load\r\n"), "no column 'Ontario Demand'"),
        (lambda text: "", "is empty"),
        (lambda text: text[: text.index("2015-01-01")], "header and no rows"),
    ],
)
def test_damaged_reports_are_refused(change, problem: str, archive: Path) -> None:  # type: ignore[no-untyped-def]
    text = (archive / "ieso/PUB_Demand_2015.csv").read_text()
    with pytest.raises(PayloadRefused, match=problem):
        parse_bytes("ieso_demand", change(text.replace("\n", "\r\n")).encode(), "ieso/PUB_Demand_2015.csv")


def test_an_hour_25_is_refused(archive: Path) -> None:
    text = (archive / "ieso/PUB_Demand_2015.csv").read_text().replace("2015-01-01,2,", "2015-01-01,25,")
    parsed = parse_bytes("ieso_demand", text.encode(), "ieso/PUB_Demand_2015.csv")
    assert counts(parsed) == (8760, 8759, 1)
    assert parsed.refused["rule_id"].to_list() == ["L01"]
