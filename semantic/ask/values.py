"""Names in the published data that a question may use: regions, zones, fuels, markets, products and the like.

Belongs here: asking the semantic layer for them, once a snapshot. They are kept beside the home's other small state, so that the
next question need not ask again.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from gridlake.errors import GridlakeError
from semantic.ask.vocabulary import Named, Value, names_of
from semantic.client import SemanticClient

# dimension -> views that know its values; the second entry of a pair is the dimension with its title
LISTED: dict[str, tuple[str, ...]] = {
    "fuel_group": ("generation",), "product": ("ancillary_prices", "reserves"), "level": ("alerts_issued",), "cause": ("outage",),
    "point": ("scada",), "commodity": ("meters_daily",), "tariff": ("meters_daily",), "segment": ("customers",), "measure": ("forecast_monitor",),
    "target": ("forecasts",), "layer": ("gates",), "severity": ("gates",), "forecaster": ("forecast", "forecasts"),
    "model_id": ("forecast_skill",), "state": ("plant_list",), "source_code": ("tie_flows",), "feed": ("data_quality",),
    "subject": ("data_quality",),
}  # fmt: skip
ZONES = ("zone_load", "prices", "forecasts", "ancillary_prices", "reserves")
TITLED = {
    "fuel_id": ("generation", "fuel_name"),
    "market_id": ("prices", "market_name"),
    "station_id": ("weather", "station_name"),
}
LONGEST = 60  # a longer text is no name
VERSION = 1


def named(client: SemanticClient) -> Named:
    """The names of the snapshot that the client reads."""
    snapshot_id = client.snapshot().snapshot_id
    file = client.settings.home / "ask" / f"names-{VERSION}-{snapshot_id}.json"
    is_whole = client.claims.get("regions") == "*"  # what one may see is not kept for another
    if is_whole and file.exists():
        body = json.loads(file.read_text())
    else:
        body = _asked(client)
        if is_whole:
            _keep(file, body)
    found = tuple((Value(d, v, region, border), tuple(names)) for d, v, region, border, names in body["values"])
    return Named(found, body["zones"])


def _keep(file: Path, body: dict[str, Any]) -> None:
    """For the next question; a home that cannot be written is only slower."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        temporary.write_text(json.dumps(body))
        os.replace(temporary, file)
        for old in file.parent.glob("names-*.json"):
            if old != file:
                old.unlink(missing_ok=True)
    except OSError:
        return


def _rows(client: SemanticClient, view: str, *dimensions: str) -> list[tuple[Any, ...]]:
    """Distinct values; none where the snapshot is of an older model and lacks the table."""
    try:
        return client.query({"dimensions": [f"{view}.{d}" for d in dimensions]}).frame.rows()
    except GridlakeError:
        return []


def _asked(client: SemanticClient) -> dict[str, Any]:
    values: dict[tuple[str, str], list[Any]] = {}

    def add(dimension: str, value: Any, names: tuple[str, ...], region: str = "", border: bool = False) -> None:
        if value and len(str(value)) <= LONGEST:
            values.setdefault((dimension, str(value)), [dimension, str(value), region, border, names])

    regions = _rows(client, "region_list", "region_id", "region_name", "timezone")
    for region_id, title, _ in regions:
        add("region_id", region_id, (region_id, title or region_id))
    for view in ZONES:
        for zone_id, region_id, title, kind in _rows(client, view, "zone_id", "region_id", "zone_name", "zone_type"):
            if kind != "system":
                add("zone_id", zone_id, names_of(zone_id, title or ""), region_id, kind == "interface")
    for dimension, (view, title_of) in TITLED.items():
        for value, title in _rows(client, view, dimension, title_of):
            add(dimension, value, names_of(str(value), title or ""))
    for dimension, views in LISTED.items():
        for view in views:
            for (value,) in _rows(client, view, dimension):
                add(dimension, value, names_of(str(value)))
    return {"values": list(values.values()), "zones": {r: z for r, _, z in regions if z}}
