"""Synthetic outages as snapshots of an outage map, six hours apart: feeders, crews, work orders; the same outage returns
changed until it is over, and one comes back after it was over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from extract.feed import Payload
from extract.synthetic.grid import DEFAULT_SEED, stream

OUTAGE = "synthetic_outage"
FIRST, SNAPSHOTS, HOURS = datetime(2025, 1, 28, 0, 0), 20, 6
COUNT = 40
PACIFIC = ZoneInfo("America/Los_Angeles")
CAUSES = ("Equipment failure", "Tree", "Vehicle", "Planned work", "Animal", "Unknown")
STATUS = ("Crew assigned", "Crew on site", "Repairing", "Restored in part")
PLACES = ("Fresno", "Oakland", "Chico", "Eureka", "San Jose", "Stockton")


def outages(seed: int = DEFAULT_SEED, count: int = COUNT) -> list[dict[str, Any]]:
    """The truth: when each outage begins and ends (snapshots), where, on which feeder, under which work order."""
    rng = stream(seed, "outages")
    made = []
    for i in range(count):
        first = int(rng.integers(0, SNAPSHOTS - 1))
        length = int(rng.integers(1, 7))
        made.append(
            {
                "number": f"S{100_000 + i}", "first": first, "last": min(first + length, SNAPSHOTS), "customers": int(rng.integers(3, 2_500)),
                "cause": CAUSES[int(rng.integers(len(CAUSES)))], "place": PLACES[int(rng.integers(len(PLACES)))],
                "feeder": f"F{1100 + int(rng.integers(60))}", "work_order": f"WO-{500_000 + 7 * i}",
                "latitude": round(36 + 4 * float(rng.random()), 4), "longitude": round(-122 + 2 * float(rng.random()), 4),
                "returns": i % 10 == 0,
            }
        )  # fmt: skip
    return made


def outage_payloads(seed: int = DEFAULT_SEED, count: int = COUNT) -> Iterator[Payload]:
    """One JSON list a snapshot, named by its Pacific wall clock; numbers are text, as on the map it is modelled on."""
    told = outages(seed, count)
    for at in range(SNAPSHOTS):
        taken = FIRST + timedelta(hours=HOURS * at)
        listed = [
            _record(one, at)
            for one in told
            if one["first"] <= at < one["last"] or (one["returns"] and one["last"] + 2 <= at < one["last"] + 3)
        ]
        if listed:
            name = f"outages_{taken:%Y-%m-%dT%H}.json"
            yield Payload(OUTAGE, json.dumps(listed).encode(), f"synthetic:outages/CAISO/{name}", "synthetic")


def _record(one: dict[str, Any], at: int) -> dict[str, Any]:
    step = max(at - one["first"], 0)
    start, now, end = (_epoch(n) for n in (one["first"], at, one["last"] + 1))
    return {
        "outageNumber": one["number"], "outageStartTime": str(start - 1800), "lastUpdateTime": str(now - 300),
        "crewCurrentStatus": STATUS[min(step, len(STATUS) - 1)], "currentEtor": str(end), "autoEtor": "false",
        "cause": one["cause"], "estCustAffected": str(max(1, one["customers"] // (1 + step))), "hazardFlag": "0",
        "latitude": str(one["latitude"]), "longitude": str(one["longitude"]), "regionName": one["place"],
        "feeder": one["feeder"], "workOrder": one["work_order"],
        "outageDevices": [{"id": f"{one['feeder']}-T{step}", "status": "open"}],
    }  # fmt: skip


def _epoch(snapshot: int) -> int:
    local = (FIRST + timedelta(hours=HOURS * snapshot)).replace(tzinfo=PACIFIC)
    return int(local.astimezone(UTC).timestamp())
