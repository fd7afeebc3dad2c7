"""The wide grid: the same bytes again, every dataset and format read back to the truth, defects where the manifest says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import polars as pl
import pytest

from extract.catalogue import feed
from extract.feed import Parsed, Payload
from extract.synthetic import DEFAULT_SEED, meters, native, outages, telemetry, topology, wide
from extract.synthetic import defects as d
from extract.synthetic import spoil as s
from extract.synthetic.grid import ALL_REGIONS, REGIONS, WIDE_DAYS
from extract.synthetic.physics import simulate

MAKERS: dict[str, Callable[[int], Iterator[Payload]]] = {
    "synthetic_grid": wide.wide_payloads, "synthetic_workbook": native.workbook_payloads,
    "synthetic_xml": native.xml_payloads, "synthetic_json": native.json_payloads,
    "synthetic_records": native.records_payloads, "synthetic_scada": telemetry.scada_payloads,
    "synthetic_pmu": telemetry.pmu_payloads, "synthetic_outage": outages.outage_payloads,
    "own_meter_interval": meters.reading_payloads, "own_meter": meters.meter_payloads,
    "own_customer": meters.customer_payloads, "own_topology": topology.topology_payloads,
}  # fmt: skip


@pytest.fixture(scope="module")
def payloads() -> dict[str, list[Payload]]:
    return {name: list(make(DEFAULT_SEED)) for name, make in MAKERS.items()}


@pytest.fixture(scope="module")
def parsed(payloads: dict[str, list[Payload]]) -> dict[str, list[Parsed]]:
    return {name: [feed(name).parse(p) for p in made] for name, made in payloads.items()}


@pytest.fixture(scope="module")
def rows(parsed: dict[str, list[Parsed]]) -> dict[str, pl.DataFrame]:
    return {name: pl.concat([one.rows for one in found], how="diagonal") for name, found in parsed.items()}


def digest(payloads: list[Payload]) -> str:
    return hashlib.sha256(b"".join(p.api_endpoint.encode() + p.data for p in payloads)).hexdigest()


def test_the_same_seed_gives_the_same_bytes_and_another_others(payloads: dict[str, list[Payload]]) -> None:
    for made in (wide.region_parts, telemetry.scada, telemetry.pmu, meters.readings, simulate):
        made.cache_clear()
    for name in ("synthetic_workbook", "synthetic_records", "synthetic_json", "synthetic_pmu", "own_meter_interval"):
        assert digest(list(MAKERS[name](DEFAULT_SEED))) == digest(payloads[name]), name
    assert digest(list(native.records_payloads(7))) != digest(payloads["synthetic_records"])


@pytest.mark.parametrize("name", MAKERS)
def test_every_row_is_placed_by_the_feed_s_own_parser(name: str, parsed: dict[str, list[Parsed]]) -> None:
    for one in parsed[name]:
        assert one.rows_read == one.rows.height > 0
        assert one.refused.height == 0


def test_nine_regions_and_every_dataset(rows: dict[str, pl.DataFrame]) -> None:
    grid = rows["synthetic_grid"]
    assert set(grid["region_id"]) == {r.region_id for r in ALL_REGIONS}
    assert set(grid["dataset"]) == set(feed("synthetic_grid").datasets)  # type: ignore[attr-defined]
    told = set(grid.select("region_id", "dataset").unique().rows())
    assert (
        not {(region, dataset.removesuffix("_dam")) for region, dataset in wide.NATIVE if dataset != "price_dam"} & told
    )


@pytest.mark.parametrize("region", [r for r in ALL_REGIONS if r not in REGIONS], ids=lambda r: r.region_id)
def test_generation_serves_load_in_every_region(region: wide.Region) -> None:
    sim = simulate(region.region_id, DEFAULT_SEED, WIDE_DAYS)
    served = sum(sim.dispatch.generation_mw.values())
    assert abs(served - sim.load_mw.sum(axis=1) - sim.dispatch.export_mw).max() < 1e-6
    for fuel, mw in sim.dispatch.generation_mw.items():
        assert mw.min() >= 0, fuel
        assert mw.max() <= region.capacity_mw[fuel], fuel


def test_a_workbook_s_columns_hold_the_zones_of_spp(rows: dict[str, pl.DataFrame]) -> None:
    told = wide.region_parts("SPP", DEFAULT_SEED)
    bad = {(r["entity"], r["interval_start_utc"]) for r in told.records if r["dataset"] == "load"}
    sim, frame = told.sim, rows["synthetic_workbook"]
    zone = [z.name for z in sim.region.zones].index("SPS")
    truth = sim.calendar.frame.head(sim.calendar.observed_hours).select("interval_start_utc")
    truth = truth.with_columns(pl.Series("truth", sim.load_mw[: truth.height, zone]))
    joined = frame.join(truth, on="interval_start_utc").filter(
        ~pl.col("interval_start_utc").is_in([at for entity, at in bad if entity == "SPS"])
    )
    assert joined.height > 24 * (WIDE_DAYS - 2)
    assert (joined["southern"].cast(pl.Float64) - joined["truth"]).abs().max() < 1e-6  # type: ignore[operator]


def test_xml_holds_every_zone_and_hour_but_the_missing(rows: dict[str, pl.DataFrame]) -> None:
    frame = rows["synthetic_xml"].filter((pl.col("document") == "A65") & (pl.col("process") == "A16"))
    for region in ("DE", "FR"):
        told = wide.region_parts(region, DEFAULT_SEED)
        gone = sum(1 for r in told.records if r["dataset"] == "load" and r["kind"] == d.MISSING_HOUR)
        expected = told.sim.calendar.observed_hours * len(told.sim.region.zones) - gone
        assert frame.filter(pl.col("region_id") == region).height == expected


def test_prices_of_records_add_up_where_nothing_is_planted(rows: dict[str, pl.DataFrame]) -> None:
    number = [pl.col(c).cast(pl.Float64) for c in ("lmp", "energy", "congestion", "loss")]
    off = rows["synthetic_records"].select((number[0] - number[1] - number[2] - number[3]).abs().alias("off"))["off"]
    records = wide.region_parts("ISONE", DEFAULT_SEED).records
    planted = [r for r in records if r["feed"] == wide.RECORDS]
    assert (off > 0.02).sum() == len(planted) == 8


def test_a_vintage_is_told_by_its_publication(rows: dict[str, pl.DataFrame]) -> None:
    hours = rows["synthetic_json"].group_by("fuel", "interval_start_utc").agg(pl.col("published_at_utc").n_unique())
    assert hours["published_at_utc"].max() == 2


def test_planted_values_stand_where_the_manifest_says(rows: dict[str, pl.DataFrame]) -> None:
    grid = rows["synthetic_grid"].filter(pl.col("dataset") == "load")
    wanted = [
        r for r in wide.wide_records()
        if r["feed"] == wide.FEED and r["dataset"] == "load" and r["kind"] in (s.UNIT, s.FLATLINE, s.SHIFTED, d.OUTLIER)
    ]  # fmt: skip
    at = dict(
        zip(zip(grid["region_id"], grid["entity"], grid["interval_start_utc"], strict=True), grid["value"], strict=True)
    )
    assert len(wanted) > 100
    for record in wanted:
        assert at[(record["region_id"], record["entity"], record["interval_start_utc"])] == record["planted_value"]  # type: ignore[index]


def test_readings_come_late_corrected_and_twice(rows: dict[str, pl.DataFrame]) -> None:
    frame = rows["own_meter_interval"]
    key = ["meter_id", "interval_start_utc"]
    several = frame.group_by(key).agg(pl.len(), pl.col("read_at_utc").n_unique().alias("times"))
    count = {kind: sum(1 for r in meters.meter_records() if r["kind"] == kind) for kind in meters.PLANTED}
    assert several.filter(pl.col("times") > 1).height == count[s.CORRECTED]
    assert several.filter((pl.col("len") > 1) & (pl.col("times") == 1)).height == count[d.DUPLICATE]
    assert frame.filter(pl.col("status") == "E").height == count[s.FAILED]
    late = frame.filter(pl.col("read_at_utc") - pl.col("interval_start_utc") > pl.duration(days=3))
    assert late.height == count[s.LATE] + count[s.CORRECTED]
    assert frame["meter_id"].n_unique() == meters.COUNT


def test_telemetry_is_as_fast_as_it_says(rows: dict[str, pl.DataFrame]) -> None:
    pmu = rows["synthetic_pmu"].filter(pl.col("pmu_id") == "PMU.NYC1")
    assert pmu.height == telemetry.PMU_MINUTES * 60 * telemetry.FRAMES_PER_SECOND
    scada = rows["synthetic_scada"].filter(pl.col("tag") == "WT01.wind_speed_m_per_s")
    assert scada.height == (telemetry.SCADA_HOURS - telemetry.GAP_HOURS) * 900
    assert scada.filter(pl.col("quality") != str(telemetry.GOOD)).height == telemetry.STUCK_SAMPLES
    assert feed("synthetic_scada").is_hot
    assert feed("synthetic_pmu").is_hot


def test_outages_return_changed_with_feeder_and_work_order(rows: dict[str, pl.DataFrame]) -> None:
    frame = rows["synthetic_outage"]
    assert frame.filter(pl.col("feeder").is_null() | pl.col("work_order").is_null()).height == 0
    changed = frame.group_by("outage_number").agg(pl.col("crew_status").n_unique())
    assert changed["crew_status"].max() > 1  # type: ignore[operator]


def test_every_mapped_feeder_and_every_meter_hangs_on_the_grid(rows: dict[str, pl.DataFrame]) -> None:
    grid = {row["element_id"]: row for row in rows["own_topology"].to_dicts()}
    feeders = {f"F{1100 + n}" for n in range(60)}
    assert {one["feeder"] for one in outages.outages()} <= feeders
    for element_id in (*feeders, *rows["own_meter"]["meter_id"]):
        way = [grid[element_id]]
        while way[-1]["upstream_id"]:
            way.append(grid[way[-1]["upstream_id"]])
        kinds = [one["element_type"] for one in way]
        assert kinds == ["meter", "transformer", "feeder", "substation"][-len(kinds) :], element_id
        assert len({one["region_id"] for one in way}) == 1
