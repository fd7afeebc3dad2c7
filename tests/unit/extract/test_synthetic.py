"""The synthetic grid: the same bytes for a seed, physics to the last digit, defects where the manifest says."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime

import numpy as np
import polars as pl
import pytest

from extract.catalogue import feed
from extract.feed import Payload
from extract.feeds.synthetic import write_manifest
from extract.synthetic import DEFAULT_SEED, load_payloads, observation_payloads, planted
from extract.synthetic.grid import DAYS, REGIONS
from extract.synthetic.physics import Simulation, simulate
from gridlake.settings import PROJECT_ROOT, Settings

SHORT = 100  # days: two months and more, with the spring clock change
DIGEST = (
    "import hashlib; from extract.synthetic import *; "
    "print(hashlib.sha256(b''.join(p.api_endpoint.encode() + p.data for f in (load_payloads, observation_payloads) "
    "for p in f(%d, %d))).hexdigest())"
)


def parsed(name: str, payloads: list[Payload]) -> pl.DataFrame:
    """Rows of many payloads, with the payload's rank: a later one replaces an earlier one of the same address."""
    reader = feed(name)
    return pl.concat([reader.parse(p).rows.with_columns(pl.lit(i).alias("rank")) for i, p in enumerate(payloads)])


@pytest.fixture(scope="module")
def load() -> pl.DataFrame:
    return parsed("synthetic_load", list(load_payloads()))


@pytest.fixture(scope="module")
def observation() -> pl.DataFrame:
    return parsed("synthetic_observation", list(observation_payloads()))


@pytest.fixture(scope="module")
def manifest() -> pl.DataFrame:
    stamp = pl.col("interval_start_utc").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us")
    return pl.DataFrame(planted(), infer_schema_length=None).with_columns(stamp)


@pytest.fixture(scope="module", params=[r.region_id for r in REGIONS])
def sim(request: pytest.FixtureRequest) -> Simulation:
    return simulate(request.param, DEFAULT_SEED, DAYS)


class TestDeterminism:
    @pytest.mark.parametrize("threads", ["1", "2"])
    def test_bytes_do_not_depend_on_process_hash_seed_or_threads(self, threads: str) -> None:
        here = hashlib.sha256(
            b"".join(
                p.api_endpoint.encode() + p.data for f in (load_payloads, observation_payloads) for p in f(5, SHORT)
            )
        ).hexdigest()
        environment = {
            **os.environ,
            "POLARS_MAX_THREADS": threads,
            "PYTHONHASHSEED": threads,
            "PYTHONPATH": str(PROJECT_ROOT),
        }
        there = subprocess.run(
            [sys.executable, "-c", DIGEST % (5, SHORT)], env=environment, capture_output=True, text=True, check=True
        )
        assert there.stdout.strip() == here

    def test_another_seed_gives_another_grid(self) -> None:
        one, other = (next(iter(load_payloads(seed, SHORT))) for seed in (5, 6))
        assert one.api_endpoint == other.api_endpoint
        assert one.sha256 != other.sha256

    def test_regions_do_not_share_their_weather(self) -> None:
        temperatures = [next(iter(simulate(r.region_id, 5, SHORT).weather.values()))["temperature_c"] for r in REGIONS]
        residual = [t[24:] - t[:-24] for t in temperatures]
        shortest = min(len(r) for r in residual)
        assert abs(np.corrcoef([r[:shortest] for r in residual])[np.triu_indices(3, 1)]).max() < 0.25


class TestPhysics:
    def test_generation_serves_load_and_a_small_export(self, sim: Simulation) -> None:
        total, served = sim.load_mw.sum(axis=1), sum(sim.dispatch.generation_mw.values())
        assert np.abs(served - total - sim.dispatch.export_mw).max() < 1e-6
        assert sim.dispatch.export_mw.min() >= 0
        assert (sim.dispatch.export_mw / total).max() < 0.02
        for fuel, mw in sim.dispatch.generation_mw.items():
            assert mw.min() >= 0, fuel
            assert mw.max() <= sim.region.capacity_mw[fuel], fuel

    def test_lmp_is_the_sum_of_its_parts_to_the_cent(self, sim: Simulation) -> None:
        for zones in sim.prices.values():
            for parts in zones.values():
                cents = {name: np.rint(100 * values).astype(int) for name, values in parts.items()}
                assert (cents["lmp"] == cents["energy"] + cents["congestion"] + cents["loss"]).all()

    def test_temperature_drives_load(self, sim: Simulation) -> None:
        temperature = next(iter(sim.weather.values()))["temperature_c"]
        total = sim.load_mw.sum(axis=1)
        hot, mild = np.quantile(temperature, 0.97), np.median(temperature)
        assert total[temperature > hot].mean() > 1.2 * total[np.abs(temperature - mild) < 2].mean()

    def test_net_load_drives_price(self, sim: Simulation) -> None:
        renewable = sim.dispatch.generation_mw["solar"] + sim.dispatch.generation_mw["wind_onshore"]
        net = sim.load_mw.sum(axis=1) - renewable
        ranks = [np.argsort(np.argsort(x)) for x in (net, next(iter(sim.prices["DAM"].values()))["energy"])]
        assert np.corrcoef(ranks)[0, 1] > 0.5  # the price of gas moves it too

    def test_the_sun_does_not_shine_at_night(self, sim: Simulation) -> None:
        hour = sim.calendar.frame["local_hour"].to_numpy()
        solar = sim.dispatch.generation_mw["solar"]
        assert solar[(hour <= 3) | (hour >= 22)].max() == 0
        assert solar[(hour >= 11) & (hour <= 14)].min() > 0

    def test_the_operator_s_forecast_errs_by_about_three_percent_and_learnably(self, sim: Simulation) -> None:
        total, hour = sim.load_mw.sum(axis=1), sim.calendar.frame["local_hour"].to_numpy()
        error = sim.forecast_mw[1][:, -1] / total - 1
        assert 0.02 < np.abs(error).mean() < 0.04
        by_hour = np.array([error[hour == h].mean() for h in range(24)])
        assert np.abs(error - by_hour[hour]).mean() < 0.85 * np.abs(error).mean()
        assert np.abs(sim.forecast_mw[2][:, -1] / total - 1).mean() > np.abs(error).mean()


class TestPayloads:
    def test_four_hundred_local_days_in_every_region(self, load: pl.DataFrame) -> None:
        for region in REGIONS:
            local = (
                load.filter(pl.col("region_id") == region.region_id)["interval_start_utc"]
                .dt.replace_time_zone("UTC")
                .dt.convert_time_zone(region.timezone)
            )
            assert (str(local.dt.date().min()), str(local.dt.date().max())) == ("2024-01-01", "2025-02-03")
            assert local.dt.date().n_unique() == DAYS - 1  # one day is missing by plan

    def test_load_is_by_zone_in_the_operator_s_own_format(self, load: pl.DataFrame) -> None:
        zones = {(r.region_id, z.name) for r in REGIONS for z in r.zones}
        assert set(load.select("region_id", "name").unique().rows()) == zones
        assert set(load["time_zone"]) == {"PST", "PDT", "CST", "CDT", "EST", "EDT"}

    def test_observations_without_defects_equal_the_simulation(
        self, observation: pl.DataFrame, manifest: pl.DataFrame
    ) -> None:
        rows = observation.filter((pl.col("dataset") == "generation") & (pl.col("region_id") == "ERCOT"))
        truth = simulate("ERCOT", DEFAULT_SEED, DAYS)
        fuels = pl.DataFrame(truth.dispatch.generation_mw).with_columns(truth.calendar.frame["interval_start_utc"])
        long = fuels.unpivot(index="interval_start_utc", variable_name="entity", value_name="truth")
        joined = rows.join(long, on=["interval_start_utc", "entity"])
        differing = joined.filter(
            pl.col("value").cast(pl.Float64, strict=False).is_null()
            | (pl.col("value").cast(pl.Float64, strict=False) != pl.col("truth"))
        )
        wrong = manifest.filter(
            (pl.col("dataset") == "generation")
            & (pl.col("region_id") == "ERCOT")
            & pl.col("kind").is_in(["blank_value", "outlier"])
        )
        assert differing.height == wrong.height > 0

    def test_forecasts_are_issued_at_five_past_seven_and_reach_beyond_the_last_observation(
        self, observation: pl.DataFrame
    ) -> None:
        rows = observation.filter((pl.col("dataset") == "load_forecast") & (pl.col("region_id") == "NYISO"))
        assert rows["published_at"].str.slice(11, 8).unique().to_list() == ["07:05:00"]
        assert "TOTAL" in rows["entity"].to_list()
        lead = rows.select((pl.col("interval_start_utc") - pl.col("published_at_utc")).dt.total_hours())
        assert 16 <= lead.to_series().min() <= lead.to_series().max() <= 65  # type: ignore[operator]
        assert rows["interval_start_utc"].max() >= datetime(2025, 2, 6)

    def test_every_payload_but_a_correction_declares_its_window(self) -> None:
        reader = feed("synthetic_observation")
        for payload in (p for p in observation_payloads(5, SHORT) if p.path.parent.name == "NYISO"):
            window = reader.parse(payload).window
            assert (window is None) == payload.name.endswith("-corrected.csv.gz"), payload.name


class TestPlanted:
    def test_less_than_one_percent_is_bad(
        self, load: pl.DataFrame, observation: pl.DataFrame, manifest: pl.DataFrame
    ) -> None:
        bad = manifest.filter(pl.col("kind").is_in(["blank_value", "negative", "outlier"]))
        for name, rows in (("synthetic_load", load), ("synthetic_observation", observation)):
            assert 0 < bad.filter(pl.col("feed") == name).height < 0.01 * rows.height

    def test_planted_values_stand_where_the_manifest_says(self, load: pl.DataFrame, manifest: pl.DataFrame) -> None:
        first = load.unique(["region_id", "name", "interval_start_utc"], keep="first", maintain_order=True)
        for kind in ("blank_value", "negative", "outlier", "revision"):
            wanted = manifest.filter((pl.col("kind") == kind) & (pl.col("feed") == "synthetic_load"))
            found = wanted.join(
                first,
                left_on=["region_id", "entity", "interval_start_utc"],
                right_on=["region_id", "name", "interval_start_utc"],
            )
            assert found.height == wanted.height > 0
            expected = found["planted_value"].replace({"": None})
            assert found["load"].equals(expected, check_names=False, null_equal=True), kind

    def test_missing_hours_and_days_are_absent(self, load: pl.DataFrame, manifest: pl.DataFrame) -> None:
        for row in manifest.filter(
            (pl.col("feed") == "synthetic_load") & pl.col("kind").str.starts_with("missing")
        ).iter_rows(named=True):
            until = pl.lit(row["interval_start_utc"]) + pl.duration(hours=row["hours"])
            there = load.filter(
                (pl.col("region_id") == row["region_id"])
                & (pl.col("interval_start_utc") >= row["interval_start_utc"])
                & (pl.col("interval_start_utc") < until)
                & (pl.lit(row["entity"] == "*") | (pl.col("name") == row["entity"]))
            )
            assert there.height == 0, row

    def test_nothing_is_missing_that_is_not_listed(self, load: pl.DataFrame, manifest: pl.DataFrame) -> None:
        region = REGIONS[2]
        series = simulate(region.region_id, DEFAULT_SEED, DAYS).calendar.observed_hours * len(region.zones)
        mine = manifest.filter((pl.col("feed") == "synthetic_load") & (pl.col("region_id") == region.region_id))
        hours = mine.filter(pl.col("kind") == "missing_hour").height
        day = mine.filter(pl.col("kind") == "missing_day")["hours"].sum() * len(region.zones)
        there = load.filter(pl.col("region_id") == region.region_id).select("name", "interval_start_utc").n_unique()
        assert there == series - hours - day

    def test_exact_duplicates_and_only_those_fall_away_when_landed(self, manifest: pl.DataFrame) -> None:
        own = [c.name for c in feed("synthetic_load").columns]
        doubled = 0
        seen: set[str] = set()
        for payload in load_payloads():
            if payload.api_endpoint not in seen:  # a revised month repeats its duplicates
                rows = feed("synthetic_load").parse(payload).rows
                doubled += rows.height - rows.unique(own).height
            seen.add(payload.api_endpoint)
        assert (
            doubled
            == manifest.filter((pl.col("kind") == "duplicate") & (pl.col("feed") == "synthetic_load")).height
            > 0
        )

    def test_a_revised_month_comes_later_under_the_same_address_with_true_values(self, manifest: pl.DataFrame) -> None:
        payloads = list(load_payloads())
        by_address: dict[str, list[Payload]] = {}
        for payload in payloads:
            by_address.setdefault(payload.api_endpoint, []).append(payload)
        revised = [pair for pair in by_address.values() if len(pair) > 1]
        assert len(revised) >= len(REGIONS)
        wanted = manifest.filter((pl.col("kind") == "revision") & (pl.col("feed") == "synthetic_load"))
        checked = 0
        for first, second in revised:
            assert second.published_at_utc > first.published_at_utc  # type: ignore[operator]
            rows = feed("synthetic_load").parse(second).rows
            joined = wanted.join(
                rows,
                left_on=["region_id", "entity", "interval_start_utc"],
                right_on=["region_id", "name", "interval_start_utc"],
            )
            assert (joined["load"] == joined["original_value"]).all()
            checked += joined.height
        assert checked == wanted.height

    def test_corrected_prices_carry_a_later_publication(
        self, observation: pl.DataFrame, manifest: pl.DataFrame
    ) -> None:
        wanted = manifest.filter((pl.col("kind") == "revision") & (pl.col("dataset") == "price"))
        keys = ["region_id", "entity", "variable", "interval_start_utc"]
        found = wanted.join(observation.filter(pl.col("dataset") == "price"), on=keys).sort(*keys, "published_at_utc")
        assert found.height == 2 * wanted.height
        pairs = found.group_by(keys, maintain_order=True).agg(
            pl.col("value"), pl.col("planted_value").first(), pl.col("original_value").first()
        )
        assert (pairs["value"].list.get(0) == pairs["planted_value"]).all()
        assert (pairs["value"].list.get(1) == pairs["original_value"]).all()

    def test_the_manifest_lies_in_the_home(self, home: Callable[..., Settings]) -> None:
        settings = home(origin="synthetic")
        write_manifest(settings)
        written = json.loads((settings.home / "synthetic_manifest.json").read_text())
        assert written == {"seed": DEFAULT_SEED, "planted": planted()}
        assert sum(1 for d in written["planted"] if d["kind"] == "dst_day") == 2 * len(REGIONS)
