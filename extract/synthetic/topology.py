"""A synthetic utility's grid: the feeders that the synthetic outage map names, and the way from a substation to every synthetic meter."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import polars as pl

from extract.feed import Payload
from extract.synthetic.grid import DEFAULT_SEED, stream
from extract.synthetic.meters import meters
from extract.synthetic.outages import PLACES

TOPOLOGY = "own_topology"
FEEDERS_PER_SUBSTATION = 10
METERS_PER_TRANSFORMER = 3
COLUMNS = (
    "element_id", "element_type", "region_id", "zone_id", "element_name", "upstream_id", "downstream_id", "voltage_kv", "capacity_mva",
    "length_km", "latitude", "longitude", "in_service_on", "out_of_service_on",
)  # fmt: skip


def topology_payloads(seed: int = DEFAULT_SEED) -> Iterator[Payload]:
    """The whole list, once."""
    frame = pl.DataFrame(elements(seed), schema=dict.fromkeys(COLUMNS, pl.String))
    told = io.BytesIO()
    frame.write_csv(told)
    yield Payload(TOPOLOGY, told.getvalue(), "synthetic:topology/elements.csv", "synthetic")


def elements(seed: int = DEFAULT_SEED) -> list[dict[str, str]]:
    """Every element, each after what feeds it."""
    return [*_mapped(seed), *_metered(seed)]


def _mapped(seed: int) -> Iterator[dict[str, str]]:
    """California: a substation in every place of the outage map, a ring of lines, the map's feeders with a transformer each."""
    rng = stream(seed, "topology")
    codes = [f"SS-{place.upper().replace(' ', '-')}" for place in PLACES]
    for at, (code, place) in enumerate(zip(codes, PLACES, strict=True)):
        latitude, longitude = 36 + 4 * float(rng.random()), -122 + 2 * float(rng.random())
        where = {"region_id": "CAISO", "latitude": latitude, "longitude": longitude}
        yield _element(code, "substation", **where, element_name=place, voltage_kv=115, capacity_mva=90)
        for n in range(FEEDERS_PER_SUBSTATION):
            feeder = f"F{1100 + FEEDERS_PER_SUBSTATION * at + n}"
            length = 3 + 22 * float(rng.random())
            yield _element(
                feeder, "feeder", **where, upstream_id=code, voltage_kv=12.47, capacity_mva=8, length_km=length
            )
            yield _element(
                f"{feeder}-T0", "transformer", **where, upstream_id=feeder, voltage_kv=0.48, capacity_mva=0.5
            )
    for one, next_one in zip(codes, [*codes[1:], codes[0]], strict=True):
        yield _element(
            f"L-{one[3:]}-{next_one[3:]}", "line", region_id="CAISO", upstream_id=one, downstream_id=next_one, voltage_kv=115,
            capacity_mva=150, length_km=60 + 200 * float(rng.random()),
        )  # fmt: skip


def _metered(seed: int) -> Iterator[dict[str, str]]:
    """New York: a substation and a feeder in every zone with meters, a transformer for every three of them."""
    by_zone: dict[str, list[dict[str, str]]] = {}
    for meter in meters(seed):
        by_zone.setdefault(meter["zone_id"], []).append(meter)
    for zone_id, mine in by_zone.items():
        code = zone_id.split(".", 1)[1]
        where = {"region_id": mine[0]["region_id"], "zone_id": zone_id}
        substation, feeder = f"SS-{code}", f"N-{code}-1"
        yield _element(substation, "substation", **where, element_name=code.title(), voltage_kv=138, capacity_mva=120)
        yield _element(feeder, "feeder", **where, upstream_id=substation, voltage_kv=13.2, capacity_mva=9, length_km=7)
        for at, meter in enumerate(mine):
            transformer = f"{feeder}-T{at // METERS_PER_TRANSFORMER}"
            if at % METERS_PER_TRANSFORMER == 0:
                yield _element(
                    transformer, "transformer", **where, upstream_id=feeder, voltage_kv=0.24, capacity_mva=0.1
                )
            yield _element(
                meter["meter_id"], "meter", **where, upstream_id=transformer, voltage_kv=0.24, in_service_on=meter["installed_on"]
            )  # fmt: skip


def _element(element_id: str, element_type: str, **told: Any) -> dict[str, str]:
    """A row of text, blank where nothing is told."""
    first = date(1985, 1, 1) + timedelta(days=37 * (sum(element_id.encode()) % 300))
    row = {"element_id": element_id, "element_type": element_type, "in_service_on": str(first), **told}
    return {name: _text(row[name]) for name in COLUMNS if name in row}


def _text(value: Any) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
