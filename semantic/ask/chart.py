"""The chart of an answer, as a Vega-Lite specification without its rows: chosen by what kind of columns there are.

Time gives lines, a band where the answer has its bounds; an ordered number (hour of day, year) a line over it; names bars, the
largest first; a single number no chart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"]  # Okabe and Ito
ORDERED = ("local_hour", "lead_day", "year_number", "data_year")
POINTS = 40
LOW, HIGH = "lower_80", "upper_80"


def specification(annotation: Mapping[str, Mapping[str, str]], rows: int, is_comparison: bool) -> dict[str, Any] | None:
    """`annotation` of the answer's columns. None where there is nothing to draw."""
    measures = [c for c, a in annotation.items() if a["kind"] == "measure" and a["type"] == "number"]
    times = [c for c, a in annotation.items() if a["kind"] != "measure" and a.get("granularity")]
    keys = [c for c, a in annotation.items() if a["kind"] != "measure" and c not in times]
    if rows < 2 or not measures:
        return None
    ordered = next((k for k in keys if k in ORDERED), "")
    names = [k for k in keys if k != ordered]
    y = _y(measures[0], annotation)
    if times and not is_comparison:
        x: dict[str, Any] = {
            "field": times[0],
            "type": "temporal",
            "title": _title(times[0], annotation),
            "scale": {"type": "utc"},
        }
        return _lines(x, y, measures, names, annotation, rows)
    if times:
        x = {
            "field": times[0],
            "type": "ordinal",
            "timeUnit": f"utc{_unit(annotation[times[0]])}",
            "title": _title(times[0], annotation),
        }
        return _spec({"type": "bar"}, {"x": x, "y": y, **_color(names, annotation)})
    if ordered:
        x = {"field": ordered, "type": "ordinal", "title": _title(ordered, annotation), "axis": {"labelAngle": 0}}
        return _lines(x, y, measures[:1], names, annotation, rows)
    if not names:
        return None
    bar = {"field": names[0], "type": "nominal", "sort": "-x", "title": _title(names[0], annotation)}
    return _spec({"type": "bar"}, {"y": bar, "x": {**y, "scale": {"zero": True}}, **_color(names[1:], annotation)})


def _unit(body: Mapping[str, str]) -> str:
    return {"hour": "yearmonthdatehours", "day": "yearmonthdate", "week": "yearmonthdate", "month": "yearmonth", "quarter": "yearquarter"}.get(
        body.get("granularity", ""), "year"
    )  # fmt: skip


def _title(column: str, annotation: Mapping[str, Mapping[str, str]]) -> str:
    body = annotation[column]
    return body["title"] + (f" ({body['unit']})" if body["unit"] else "")


def _y(measure: str, annotation: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    return {"field": measure, "type": "quantitative", "title": _title(measure, annotation), "scale": {"zero": False}}


def _color(names: Sequence[str], annotation: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    if not names:
        return {"color": {"value": COLORS[0]}}
    return {
        "color": {
            "field": names[0],
            "type": "nominal",
            "title": _title(names[0], annotation),
            "scale": {"range": COLORS},
        }
    }


def _spec(mark: dict[str, Any], encoding: dict[str, Any]) -> dict[str, Any]:
    tips = [{"field": e["field"], "type": e["type"], "title": e["title"]} for e in encoding.values() if "field" in e]
    return {"$schema": SCHEMA, "mark": {**mark, "tooltip": True}, "encoding": {**encoding, "tooltip": tips}}


def _lines(
    x: dict[str, Any], y: dict[str, Any], measures: Sequence[str], names: Sequence[str],
    annotation: Mapping[str, Mapping[str, str]], rows: int,
) -> dict[str, Any]:  # fmt: skip
    line = _spec({"type": "line", "point": rows <= POINTS}, {"x": x, "y": y, **_color(names, annotation)})
    low, high = next((m for m in measures if LOW in m), ""), next((m for m in measures if HIGH in m), "")
    if not low or not high:
        return line
    color = _color(names, annotation)["color"]
    band = {"mark": {"type": "area", "opacity": 0.2}, "encoding": {"x": x, "y": {**y, "field": low}, "y2": {"field": high}, "color": color}}  # fmt: skip
    return {"$schema": SCHEMA, "layer": [band, {k: line[k] for k in ("mark", "encoding")}]}
