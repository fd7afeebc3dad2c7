"""SPP: prices by settlement location, on the real files."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from extract.archive import archive_files
from extract.catalogue import feed
from tests.unit.extract.archived import components_add_up, counts, gaps, payloads, refused, rows, silver, span

NAME = "spp_rtbm_lmp"


def test_each_interval_has_every_location(archive: Path) -> None:
    assert set(counts(NAME, archive).values()) == {(1_234, 0)}
    found = rows(NAME, archive)
    assert span(found) == (datetime(2025, 3, 31, 13, 35), datetime(2025, 3, 31, 14, 10))
    assert found.select("settlement_location", "pnode", "interval_start_utc").is_unique().all()
    assert found.filter(pl.col("pnode") == "MISO")["settlement_location"].n_unique() == 24


def test_the_interval_that_came_empty_is_a_hole(archive: Path) -> None:
    assert len(archive_files(feed(NAME), archive)) == 7
    assert len(payloads(NAME, archive)) == 6
    (missing,) = (p for p in archive_files(feed(NAME), archive) if p.name not in payloads(NAME, archive))
    payload = replace(next(iter(payloads(NAME, archive).values())), data=b"", api_endpoint=f"archive:{missing.name}")
    hole = (datetime(2025, 3, 31, 13, 40), datetime(2025, 3, 31, 13, 45))
    assert feed(NAME).parse_empty(payload).window == hole
    one = rows(NAME, archive).filter(pl.col("settlement_location") == "AEC")
    assert gaps(one, timedelta(minutes=5)) == [(datetime(2025, 3, 31, 13, 35), datetime(2025, 3, 31, 13, 45))]


def test_components_add_up(archive: Path) -> None:
    prices = silver(NAME, archive, "price")
    components_add_up(prices)
    first = prices.filter(pl.col("source_code") == "AEC").sort("interval_start_utc").row(0, named=True)
    assert (first["price_per_mwh"], first["energy_per_mwh"], first["congestion_per_mwh"], first["loss_per_mwh"]) == (
        35.6875, 290.0589, -247.3823, -6.9891
    )  # fmt: skip


def test_day_ahead_files_are_hourly(archive: Path) -> None:
    text = (
        "Interval,GMTIntervalEnd,Settlement Location,Pnode,LMP,MLC,MCC,MEC\n"
        "03/31/2025 01:00:00,03/31/2025 06:00:00,AEC,SOUC,20.5,0.5,-1,21\n"
    )
    payload = replace(next(iter(payloads(NAME, archive).values())), data=text.encode(), feed="spp_da_lmp")
    found = feed("spp_da_lmp").parse(payload)
    assert span(found.rows) == (datetime(2025, 3, 31, 5), datetime(2025, 3, 31, 6))


def test_files_cut_short_are_refused(archive: Path) -> None:
    file, payload = next(iter(payloads(NAME, archive).items()))
    refused(NAME, archive, file, payload.data[:-20], "middle of a row")
    refused(NAME, archive, file, payload.data.splitlines(keepends=True)[0], "no rows")
    refused(NAME, archive, file, payload.data.replace(b"GMTIntervalEnd", b"GMTEnd", 1), "GMTIntervalEnd")


class TestHourlyLoad:
    LOAD = "spp_hourly_load"

    def test_every_hour_of_two_years_and_padding_without_a_stamp_refused(self, archive: Path) -> None:
        found = counts(self.LOAD, archive)
        assert len(found) == 24
        assert sum(placed for placed, _ in found.values()) == 17_544
        padded = {file: bad for file, (_, bad) in found.items() if bad}
        assert padded == {"HOURLY_LOAD-201504.csv": 24, "HOURLY_LOAD-201506.csv": 24, "HOURLY_LOAD-201511.csv": 23}
        assert not gaps(rows(self.LOAD, archive))
        assert span(rows(self.LOAD, archive)) == (datetime(2015, 1, 1, 6), datetime(2017, 1, 1, 6))

    def test_the_area_that_joined_later_has_no_loads_before(self, archive: Path) -> None:
        joined = silver(self.LOAD, archive, "load").filter(pl.col("source_code") == "WAUE")
        assert span(joined)[0] == datetime(2015, 10, 1, 5)
        assert joined.filter(pl.col("interval_start_utc") < datetime(2015, 10, 1, 5)).height == 0
