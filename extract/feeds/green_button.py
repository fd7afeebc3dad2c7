"""Green Button: a home's own usage as utilities hand it out, an ESPI Atom feed (XML).

Entries hold one resource each and refer to one another by links: an `IntervalBlock` belongs to the `MeterReading` whose
address its `up` link begins with, a MeterReading names its `ReadingType` (unit, power of ten, direction, commodity)
among its `related` links, and lies under its `UsagePoint`. A reading begins at seconds since 1970 UTC and lasts
`duration` seconds; `value` counts in the reading type's unit. What flows from the home into the grid (direction 19) is
a meter of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from extract.clocks import Placed
from extract.emit import Emit, number
from extract.feed import Payload
from extract.formats import cell
from extract.readers import Xml
from extract.table_feed import TableFeed
from gridlake.contracts import Column

KWH = {"72": "0.001", "169": "29.3001"}  # ESPI's units: Wh, therm
REVERSE = "19"


def _name(element: Any) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def _text(element: Any, name: str) -> str | None:
    found = next((child for child in element.iter() if _name(child) == name), None)
    return None if found is None else (found.text or "").strip() or None


def _resource(entry: Any) -> Any:
    content = next((child for child in entry if _name(child) == "content"), None)
    return None if content is None else next(iter(content), None)


def _links(entry: Any, relation: str) -> list[str]:
    links = (child for child in entry if _name(child) == "link" and child.get("rel") == relation)
    return [str(link.get("href", "")).rstrip("/") for link in links]


def records(root: Any) -> Sequence[dict[str, Any]]:
    """Every interval reading, flat. Raises `ValueError`, `KeyError` for what is no Green Button feed."""
    if _name(root) != "feed":
        raise ValueError(f"its root is {_name(root)}, not an Atom feed")
    entries = [(entry, _resource(entry)) for entry in root if _name(entry) == "entry"]
    types = {own: kind for entry, kind in entries if _is(kind, "ReadingType") for own in _links(entry, "self")}
    readings = {own: entry for entry, kind in entries if _is(kind, "MeterReading") for own in _links(entry, "self")}
    found: list[dict[str, Any]] = []
    for entry, kind in entries:
        if _is(kind, "IntervalBlock"):
            addresses = [*_links(entry, "up"), *_links(entry, "self")]
            reading = next(
                (own for own in readings for address in addresses if f"{address}/".startswith(f"{own}/")), ""
            )
            about = _about(reading, readings, types, addresses)
            found.extend(_readings(kind, about))
    return found


def _is(resource: Any, name: str) -> bool:
    return resource is not None and _name(resource) == name


def _about(reading: str, readings: dict[str, Any], types: dict[str, Any], addresses: Sequence[str]) -> dict[str, Any]:
    related = _links(readings[reading], "related") if reading else []
    kind = next((types[address] for address in related if address in types), None)
    if kind is None and len(types) == 1:
        kind = next(iter(types.values()))
    if kind is None:
        raise KeyError("ReadingType: the unit of its readings is unknown")
    parts = (reading or addresses[0] if addresses else "").split("/")
    point = parts[parts.index("UsagePoint") + 1] if "UsagePoint" in parts[:-1] else None
    return {
        "usage_point": point,
        "meter_reading": reading.rsplit("/", 1)[-1] or None,
        **{
            own: _text(kind, name)
            for own, name in (
                ("uom", "uom"), ("power_of_ten", "powerOfTenMultiplier"), ("flow_direction", "flowDirection"),
                ("commodity_code", "commodity"), ("kind", "kind"), ("currency", "currency"),
            )
        },
    }  # fmt: skip


def _readings(block: Any, about: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for reading in block:
        if _name(reading) != "IntervalReading":
            continue
        period = next(child for child in reading if _name(child) == "timePeriod")
        value = next((child for child in reading if _name(child) == "value"), None)
        if value is None:
            raise KeyError("value in an IntervalReading")
        yield {
            **about,
            "start": _text(period, "start"),
            "duration": _text(period, "duration"),
            "value": value.text,
            "cost": _text(reading, "cost"),
            "quality": _text(reading, "quality"),
        }


class GreenButton(TableFeed):
    name = "green_button"
    is_personal = True
    is_mixed = True
    table = "own__green_button"
    source = "own"
    source_system = "OWN"
    subject = "meter"
    description = "Interval readings of your own meters as Green Button XML."
    licence = "yours"
    cadence = "as read"
    archive_patterns = tuple(
        f"meters/{folder}/*.xml{packed}" for folder in ("intervals", "green_button") for packed in ("", ".gz", ".zip")
    )
    is_regional = False
    cells = (
        cell("usage_point", "usage_point", "Where the meter stands: id in the address."),
        cell("meter_reading", "meter_reading", "Series of the usage point."),
        cell("uom", "uom", "Unit, ESPI code: 72 Wh, 169 therm, ..."),
        cell("power_of_ten", "power_of_ten", "Power of ten the value counts in."),
        cell("flow_direction", "flow_direction", "1 delivered to the home, 19 received from it."),
        cell("commodity_code", "commodity_code", "ESPI code: 1 electricity, 7 gas, ..."),
        cell("kind", "kind", "Kind of reading, ESPI code."),
        cell("currency", "currency", "Currency of the cost, ISO 4217 number."),
        cell("start_epoch", "start", "Start of the interval.", "s since 1970"),
        cell("duration", "duration", "Its length.", "s"),
        cell("value", "value", "Value as received."),
        cell("cost", "cost", "Cost of the interval.", "1/100000 of the currency"),
        cell("quality", "quality", "Quality of the reading, ESPI code."),
    )
    derived = (Column("region_id", "text", "Null: the list of meters says where a meter stands."),)
    keys = ("usage_point",)
    clock = Placed(
        said="seconds since 1970 UTC and a duration; the stamp starts the interval",
        why="start is no number of seconds since 1970, or duration no number above zero",
    )
    reader = Xml(records)
    emits = (
        Emit(
            "meter",
            {
                "meter_id": f"'OWN.' || usage_point || case when flow_direction = '{REVERSE}' then '.received' else '' end",
                "commodity": "case when commodity_code = '7' then 'gas' else 'electricity' end",
                "quantity_text": "value",
                # A unit other than energy gives no energy.
                "energy_kwh": f"{number('value')} * power(10, coalesce({number('power_of_ten')}, 0)) * case uom "
                + " ".join(f"when '{uom}' then {factor}" for uom, factor in KWH.items()) + " end",
                "status": "quality",
            },
        ),
    )  # fmt: skip

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        start, duration = (pl.col(name).cast(pl.Int64, strict=False) for name in ("start_epoch", "duration"))
        begun = pl.from_epoch(pl.when(start.is_between(0, 2**32)).then(start), time_unit="s").cast(pl.Datetime("us"))
        lasts = pl.duration(seconds=pl.when(duration.is_between(1, 366 * 86400)).then(duration))
        return frame.with_columns(
            pl.lit(None, dtype=pl.String).alias("region_id"),
            begun.alias("interval_start_utc"),
            (begun + lasts).alias("interval_end_utc"),
        )
