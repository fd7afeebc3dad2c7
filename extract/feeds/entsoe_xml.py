"""ENTSO-E transparency documents (XML): prices A44, load and its forecast A65, generation A75, generation forecasts A69
and A71, physical flows A11, schedules A09, transfer capacity A61. One document is one kind; its content tells which.

Points stand at a position within a period of some resolution. With `curveType` A03 a position that is left out repeats
the one before, to the end of the period: such intervals are rows marked `repeated`. With A01 it is a gap. Daily points
follow the calendar of Central Europe. `createdDateTime` is when the document was made: the publication time that keeps
vintages apart. A document of realised values is asked for up to an hour that may lie ahead of its making; it declares
no hour later than one hour before that.

A flow runs from `out_Domain` to `in_Domain` and is never negative: each border is booked once, under the region whose
id sorts first (or the one that is a region at all), as two directed interfaces `DK1>GB` and `GB>DK1`; what leaves the
region is positive, what enters it negative, and their sum is the net flow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from extract.clocks import Placed
from extract.containers import members
from extract.emit import Emit, generation_forecast, load, load_forecast, number
from extract.feed import Payload
from extract.feeds.entsoe_codes import AREA, FUEL, region_and_zone
from extract.formats import cell, stamp, text
from extract.readers import Xml, xml_root
from extract.regions import extent
from extract.table_feed import TableFeed
from gridlake.times import HOUR, to_naive_utc

KINDS = {
    "A44": "price", "A65": "load", "A69": "wind and solar forecast", "A71": "generation forecast", "A75": "generation",
    "A11": "physical flow", "A09": "schedule", "A61": "transfer capacity",
}  # fmt: skip
REALISED = ("A11", "A75")
RESOLUTION = {"PT15M": timedelta(minutes=15), "PT30M": timedelta(minutes=30), "PT60M": HOUR, "PT1H": HOUR}
CENTRAL_EUROPE = ZoneInfo("Europe/Brussels")


def _name(element: Any) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def _child(element: Any, *names: str) -> Any:
    """The first child by one of `names`; raises `KeyError` where there is none."""
    for child in element:
        if _name(child) in names:
            return child
    raise KeyError(f"{_name(element)} has no {' or '.join(names)}")


def _text(element: Any, *names: str) -> str | None:
    """Text of the first child by one of `names`; None where there is none."""
    for child in element:
        if _name(child) in names:
            return (child.text or "").strip() or None
    return None


def _utc(stamp: str | None) -> datetime:
    if not stamp:
        raise ValueError("a stamp is missing")
    return to_naive_utc(datetime.fromisoformat(stamp.replace("Z", "+00:00")))


def _interval(element: Any) -> tuple[datetime, datetime]:
    return _utc(_text(element, "start")), _utc(_text(element, "end"))


def boundaries(start: datetime, end: datetime, resolution: str) -> list[datetime]:
    """Starts of all intervals of a period, and its end; naive UTC.

    >>> spring = boundaries(datetime(2026, 3, 27, 23), datetime(2026, 3, 29, 22), "P1D")
    >>> [f"{day:%d %H}" for day in spring]
    ['27 23', '28 23', '29 22']
    """
    marks = [start]
    while marks[-1] < end and len(marks) <= 200_000:
        if resolution == "P1D":
            local = marks[-1].replace(tzinfo=ZoneInfo("UTC")).astimezone(CENTRAL_EUROPE).replace(tzinfo=None)
            marks.append(to_naive_utc((local + timedelta(days=1)).replace(tzinfo=CENTRAL_EUROPE)))
        else:
            marks.append(marks[-1] + RESOLUTION[resolution])
    if marks[-1] != end:
        raise ValueError(f"a period {start} to {end} is no multiple of {resolution}")
    return marks


def records(root: Any) -> Sequence[dict[str, Any]]:
    """Every interval of every series, flat. Raises `ValueError`, `KeyError` for what is no such document."""
    if _name(root) == "Acknowledgement_MarketDocument":
        reason = next((e.text for e in root.iter() if _name(e) == "text"), "without a reason")
        raise ValueError(f"the platform answered: {reason}")
    kind = _text(root, "type")
    if kind not in KINDS:
        raise ValueError(f"document type {kind} is none of {', '.join(KINDS)}")
    head = {
        "document": kind,
        "process": _text(root, "process.processType"),
        "created": _text(root, "createdDateTime"),
        "document_id": _text(root, "mRID"),
        "revision": _text(root, "revisionNumber"),
    }
    return [row for series in root if _name(series) == "TimeSeries" for row in _series(series, head)]


def _series(series: Any, head: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = next((e for e in series if _name(e) == "MktPSRType"), None)
    about = {
        **head,
        "series": _text(series, "mRID"),
        "business": _text(series, "businessType"),
        "in_domain": _text(series, "in_Domain.mRID", "inBiddingZone_Domain.mRID"),
        "out_domain": _text(series, "out_Domain.mRID", "outBiddingZone_Domain.mRID"),
        "contract": _text(series, "contract_MarketAgreement.type"),
        "curve": _text(series, "curveType") or "A01",
        "source_type": None if kind is None else _text(kind, "psrType"),
        "unit": _text(series, "quantity_Measure_Unit.name", "price_Measure_Unit.name"),
        "currency": _text(series, "currency_Unit.name"),
    }
    for period in series:
        if _name(period) == "Period":
            yield from _points(period, about)


def _points(period: Any, about: dict[str, Any]) -> Iterator[dict[str, Any]]:
    resolution = _text(period, "resolution") or ""
    marks = boundaries(*_interval(_child(period, "timeInterval")), resolution)
    points = [p for p in period if _name(p) == "Point"]
    for at, point in enumerate(points):
        printed, value = (_child(point, *names).text for names in (("position",), ("quantity", "price.amount")))
        position = int(printed) if printed and printed.isdigit() else 0
        is_placed = 0 < position < len(marks)
        row = {**about, "resolution": resolution, "position": printed, "value": value, "is_repeated": "false"}
        yield {**row, **_placed(marks, position)} if is_placed else row
        if about["curve"] != "A03" or not is_placed:
            continue
        after = _text(points[at + 1], "position") if at + 1 < len(points) else str(len(marks))
        until = int(after) if after and after.isdigit() else position + 1
        for again in range(position + 1, min(until, len(marks))):
            yield {**row, "is_repeated": "true", **_placed(marks, again)}


def _placed(marks: list[datetime], position: int) -> dict[str, str]:
    return {"starts": marks[position - 1].isoformat(), "ends": marks[position].isoformat()}


ISO = "%Y-%m-%dT%H:%M:%S"
FLOW = ("A11", "A09", "A61")
AREAS = sorted(set(AREA.values()))
_REGION = {area: region_and_zone(area)[0] for area in AREAS}
_ZONE = {area: region_and_zone(area)[1] for area in AREAS}
SIGN = "case when is_export = 'true' then 1 else -1 end"


def _mapped(area: pl.Expr, to: dict[str, Any]) -> pl.Expr:
    return area.replace_strict(to, default=None, return_dtype=pl.String)


class EntsoeTransparency(TableFeed):
    name = "entsoe_transparency"
    hole_tolerance = 0.2  # documents of separate days: what lies between was not asked for
    is_mixed = True
    table = "entsoe__transparency"
    origins = ("archive", "live")
    source = "entsoe"
    source_system = "ENTSOE"
    subject = "generation"
    description = "Prices, load, generation, their forecasts, flows and capacities of European areas, as XML."
    licence = "ENTSO-E transparency terms"
    cadence = "15 min to daily"
    # Made-up series of somebody's tests lie beside the documents as fake_*.
    archive_patterns = tuple(f"entsoe/xml/[!f]*.xml{packed}" for packed in ("", ".gz", ".zip"))
    cells = (
        cell("document", "document", "Kind of document: A44 price, A65 load, A75 generation, ..."),
        cell("process", "process", "A16 realised, A01 day ahead, A40 intraday, A18 current."),
        cell("created", "created", "When the document was made, as received."),
        cell("document_id", "document_id", "Id of the document."),
        cell("revision", "revision", "Revision of the document."),
        cell("series", "series", "Number of the series in the document."),
        cell("business", "business", "Kind of series."),
        cell("in_domain", "in_domain", "Area's code: of generation and price, or where a flow goes."),
        cell("out_domain", "out_domain", "Area's code: of load, or where a flow comes from."),
        cell("contract", "contract", "A01 day ahead, A05 total."),
        cell("curve", "curve", "A01: every point printed; A03: a point left out repeats the one before."),
        cell("source_type", "source_type", "Code of the energy source, B01 to B25."),
        cell("unit", "unit", "MAW for megawatts, MWH for a price."),
        cell("currency", "currency", "ISO 4217 code of a price."),
        cell("resolution", "resolution", "Length of an interval, ISO 8601."),
        cell("position", "position", "Position printed: of a repeated interval, that of the point it repeats."),
        cell("value", "value", "Quantity or price as received.", "MW or currency/MWh"),
        cell("is_repeated", "is_repeated", "true where the point was left out and repeats the one before."),
        cell("starts", "starts", "Start of the interval, UTC."),
        cell("ends", "ends", "End of the interval, UTC."),
    )
    derived = (
        text("area", "Area the row is booked under; a region's id or a name of ENTSO-E."),
        text("zone_code", "Zone within the region; TOTAL for the whole."),
        text("interface", "Directed border of a flow: from>to."),
        text("is_export", "true where a flow leaves the region."),
        text("fuel", "Energy source in ENTSO-E's words; TOTAL for all."),
    )
    keys = ("area",)
    clock = Placed(
        said="UTC: start of the period, position and resolution",
        why="its position is no number within the period",
    )
    reader = Xml(records)
    emits = (
        Emit(
            "price",
            {
                "source_code": "zone_code", "market_id": "'DAM'", "price_text": "value",
                "price_per_mwh": number("value"), "currency": "currency",
            },
            where="document = 'A44' and coalesce(contract, 'A01') = 'A01'",
        ),
        load("zone_code", "value", where="document = 'A65' and process = 'A16'"),
        load_forecast("zone_code", "value", where="document = 'A65' and process <> 'A16'"),
        Emit(
            "generation",
            {
                "source_fuel": "fuel", "generation_text": "value",
                # A series with an area it comes OUT of is what pumps and batteries draw.
                "generation_mw": f"case when in_domain is null then -1 else 1 end * {number('value')}",
            },
            where="document = 'A75' and zone_code = 'TOTAL'",
        ),
        generation_forecast("fuel", "value", code="zone_code", where="document in ('A69', 'A71')"),
        Emit(
            "interchange",
            {
                "source_code": "interface", "interchange_text": "value",
                # The day-ahead schedule is what was foreseen; the total one includes what intraday trade added.
                "kind": "case when document = 'A11' then 'actual' when contract = 'A01' then 'forecast' else 'scheduled' end",
                "interchange_mw": f"{SIGN} * {number('value')}",
            },
            where="document in ('A11', 'A09')",
        ),
        Emit(
            "interchange",
            {
                "source_code": "interface", "kind": "'capacity'",
                "export_limit_mw": f"case when is_export = 'true' then {number('value')} end",
                "import_limit_mw": f"case when is_export = 'false' then {number('value')} end",
            },
            where="document = 'A61'",
        ),
    )  # fmt: skip

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        is_flow = pl.col("document").is_in(FLOW)
        into, out = _mapped(pl.col("in_domain"), AREA), _mapped(pl.col("out_domain"), AREA)
        of_regions = [pl.when(_mapped(area, _REGION).is_not_null()).then(area) for area in (into, out)]
        booked = pl.when(is_flow).then(pl.min_horizontal(*of_regions)).otherwise(pl.coalesce(into, out))
        names = [pl.coalesce(area, pl.col(code)) for area, code in ((into, "in_domain"), (out, "out_domain"))]
        frame = frame.with_columns(
            booked.alias("area"),
            pl.when(is_flow).then(pl.format("{}>{}", names[1], names[0])).alias("interface"),
            pl.when(is_flow)
            .then(pl.when(booked == out).then(pl.lit("true")).otherwise(pl.lit("false")))
            .alias("is_export"),
            pl.when(pl.col("document").is_in(["A75", "A69", "A71"]))
            .then(pl.coalesce(pl.col("source_type").replace(FUEL), pl.lit("TOTAL")))
            .alias("fuel"),
            stamp("starts", ISO).alias("interval_start_utc"),
            stamp("ends", ISO).alias("interval_end_utc"),
            stamp("created", "%Y-%m-%dT%H:%M:%SZ").alias("published_at_utc"),
        )
        return frame.with_columns(
            _mapped(pl.col("area"), _REGION).alias("region_id"), _mapped(pl.col("area"), _ZONE).alias("zone_code")
        )

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        spans = [_declared(xml_root(payload, member)) for member in members(payload)]
        if found := extent(rows):
            spans.append(found)
        return min(start for start, _ in spans), max(end for _, end in spans)


def _declared(root: Any) -> tuple[datetime, datetime]:
    start, end = _interval(_child(root, "period.timeInterval", "time_Period.timeInterval"))
    is_realised = _text(root, "type") in REALISED or _text(root, "process.processType") == "A16"
    if is_realised and (created := _text(root, "createdDateTime")):
        end = max(start + HOUR, min(end, _utc(created).replace(minute=0, second=0) - HOUR))
    return start, end
