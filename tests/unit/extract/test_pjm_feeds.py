"""PJM: Data Miner's tables and its API's documents, on the real files."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from extract.regions import TIMEZONE
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

EASTERN = TIMEZONE["PJM"]
DST = [(date(2025, 3, 9), 23), (date(2025, 11, 2), 25)]


class TestTablesWithUtc:
    @pytest.mark.parametrize(
        ("name", "file", "hours"),
        [("pjm_da_hrl_lmps", "da_hrl_lmps.csv", 8_737), ("pjm_wind_gen", "wind_gen.csv", 8_760), ("pjm_solar_gen", "solar_gen.csv", 8_760)],
    )  # fmt: skip
    def test_every_hour_once_also_when_clocks_change(self, archive: Path, name: str, file: str, hours: int) -> None:
        assert counts(name, archive) == {file: (hours, 0)}
        found = rows(name, archive)
        assert not gaps(found)
        assert span(found)[0] == datetime(2025, 1, 1, 5)
        for day, expected in DST:
            assert len(hours_of(found, day, EASTERN)) == expected

    def test_utc_and_eastern_time_agree(self, archive: Path) -> None:
        found = rows("pjm_da_hrl_lmps", archive)
        eastern = pl.col("interval_start_utc").dt.replace_time_zone("UTC").dt.convert_time_zone(EASTERN)
        printed = pl.col("datetime_beginning_ept").str.to_datetime("%m/%d/%Y %I:%M:%S %p", time_unit="us")
        assert found.select(eastern.dt.replace_time_zone(None) == printed).to_series().all()

    def test_the_price_of_the_whole_adds_up(self, archive: Path) -> None:
        prices = silver("pjm_da_hrl_lmps", archive, "price")
        assert set(prices["source_code"]) == {"TOTAL"}
        components_add_up(prices)
        assert span(prices)[1] == datetime(2025, 12, 31, 6)  # 23 hours short of its year

    def test_solar_is_negative_at_night(self, archive: Path) -> None:
        taken = silver("pjm_solar_gen", archive, "generation")
        assert taken.filter(pl.col("generation_mw") < 0).height == 4_040


class TestMeteredLoad:
    NAME = "pjm_hrl_load_metered"
    LONG, YEAR = "hrl_load_metered.csv.gz", "hrl_load_metered.csv"

    def test_both_layouts(self, archive: Path) -> None:
        assert counts(self.NAME, archive) == {self.YEAR: (8_760, 0), self.LONG: (67_703, 0)}
        assert set(silver(self.NAME, archive, "load")["source_code"]) == {"TOTAL", "AEPAPT"}

    def test_eastern_time_alone_loses_and_doubles_no_hour(self, archive: Path) -> None:
        long = rows(self.NAME, archive, self.LONG)
        assert span(long) == (datetime(2016, 1, 1, 5), datetime(2023, 9, 22, 4))
        assert not gaps(long)
        assert len(hours_of(long, date(2017, 3, 12), EASTERN)) == 23
        assert len(hours_of(long, date(2017, 11, 5), EASTERN)) == 25
        for day, expected in DST:
            assert len(hours_of(rows(self.NAME, archive, self.YEAR), day, EASTERN)) == expected

    def test_values_are_those_of_the_file(self, archive: Path) -> None:
        text = gzip.decompress(payloads(self.NAME, archive)[self.LONG].data).decode()
        raw = sum(float(row["mw"]) for row in csv.DictReader(io.StringIO(text)))
        assert rows(self.NAME, archive, self.LONG)["mw"].cast(pl.Float64).sum() == pytest.approx(raw)


class TestDocuments:
    def test_fuel_mix(self, archive: Path) -> None:
        assert counts("pjm_gen_by_fuel", archive) == {"gen_by_fuel.json": (220, 0)}
        taken = silver("pjm_gen_by_fuel", archive, "generation")
        assert span(taken) == (datetime(2025, 2, 9), datetime(2025, 2, 9, 22))
        assert taken["source_fuel"].n_unique() == 10
        assert taken.filter(pl.col("source_fuel") == "Coal")["generation_mw"][0] == 16_908

    def test_load_forecast_is_a_vintage_of_seven_days(self, archive: Path) -> None:
        assert counts("pjm_load_forecast", archive) == {"compressed_pjm_load_forecast_2025-03-19.gz": (168, 0)}
        taken = silver("pjm_load_forecast", archive, "load_forecast")
        assert taken["published_at_utc"].unique().to_list() == [datetime(2025, 3, 19, 9, 17, 53)]
        assert not gaps(taken)
        assert set(taken["source_code"]) == {"TOTAL"}

    @pytest.mark.parametrize(("fuel", "count"), [("wind", 5_896), ("solar", 1_061)])
    def test_vintages_of_wind_and_solar_stay_apart(self, archive: Path, fuel: str, count: int) -> None:
        name, file = f"pjm_{fuel}_forecast", f"pjm_{fuel}_forecast_2025-02-24.json"
        assert counts(name, archive) == {file: (count, 0)}
        taken = silver(name, archive, "generation_forecast")
        assert taken.select("interval_start_utc", "published_at_utc").is_unique().all()
        assert span(taken) == (datetime(2025, 2, 24), datetime(2025, 2, 25)) == parsed(name, archive, file).window
        assert taken["published_at_utc"].min() == datetime(2025, 2, 22, 1)

    def test_an_answer_with_fewer_items_than_it_promises_is_refused(self, archive: Path) -> None:
        payload = payloads("pjm_gen_by_fuel", archive)["gen_by_fuel.json"]
        document = json.loads(payload.data)
        document["items"] = document["items"][:-1]
        refused("pjm_gen_by_fuel", archive, payload.name, json.dumps(document).encode(), "219 items of 220 promised")
        refused("pjm_gen_by_fuel", archive, payload.name, payload.data[:-50], "not JSON")
        refused("pjm_gen_by_fuel", archive, payload.name, b'{"items": []}', "shape")


def test_settings_are_no_data(archive: Path) -> None:
    """The service's own settings lie among the documents; no feed takes them."""
    from extract.archive import archive_files
    from extract.catalogue import FEEDS

    settings = archive / "pjm" / "settings.json"
    assert settings.exists()
    assert not [feed.name for feed in FEEDS if feed.source == "pjm" and settings in archive_files(feed, archive)]
