"""The questions of `questions.yml`: how many the grammar reads as they were meant, written before it was.

Belongs here: the fixed names and time the questions are read with, comparing. Nothing published is needed.

    gridlake bench ask        python -m semantic.ask.check     the same, with every difference
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from gridlake.settings import PROJECT_ROOT, Settings
from gridlake.yaml_files import read_yaml
from semantic.ask.reading import NotUnderstood, read
from semantic.ask.vocabulary import Named, Value, Vocabulary, names_of
from semantic.model import load_model

FILE = Path(__file__).with_name("questions.yml")


@dataclass(frozen=True)
class Outcome:
    """One question: `right`, `wrong` or `refused`, with the query got (or the reason) and the one wanted."""

    question: str
    outcome: str
    got: Any
    wanted: Any


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    body = read_yaml(FILE)
    assert isinstance(body, dict)
    return body


@lru_cache(maxsize=1)
def vocabulary() -> tuple[Vocabulary, Mapping[str, datetime]]:
    """Names as the seeds have them, and the file's fixed time for every region."""
    seeds, context = PROJECT_ROOT / "dbt_project" / "seeds", document()["context"]
    rows = {
        name: list(csv.DictReader((seeds / f"{name}.csv").open())) for name in ("regions", "zones", "fuels", "markets")
    }
    found: list[tuple[Value, tuple[str, ...]]] = []
    for r in rows["regions"]:
        found.append((Value("region_id", r["region_id"]), (r["region_id"], r["region_name"])))
    for z in rows["zones"]:
        if z["zone_type"] != "system":
            value = Value("zone_id", z["zone_id"], z["region_id"], z["zone_type"] == "interface")
            found.append((value, names_of(z["zone_id"], z["zone_name"])))
    for zone_id, region, code in context["values"].get("more_zones", ()):
        found.append((Value("zone_id", zone_id, region), names_of(zone_id, code)))
    for f in rows["fuels"]:
        found.append((Value("fuel_id", f["fuel_id"]), names_of(f["fuel_id"], f["fuel_name"])))
    found += [(Value("fuel_group", g), (g,)) for g in sorted({f["fuel_group"] for f in rows["fuels"]})]
    found += [(Value("market_id", m["market_id"]), (m["market_id"], m["market_name"])) for m in rows["markets"]]
    for dimension, values in context["values"].items():
        if dimension != "more_zones":
            found += [(Value(dimension, v), names_of(v)) for v in values]
    zones = {r["region_id"]: r["timezone"] for r in rows["regions"]}
    moment = datetime.fromisoformat(context["as_of_utc"])
    return Vocabulary(load_model(), Named(tuple(found), zones)), dict.fromkeys(zones, moment)


def wanted_query(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A question's expected query in Cube's form."""
    view = entry["view"]

    def full(name: str) -> str:
        return f"{view}.{name}"

    times: dict[str, dict[str, Any]] = {m: {"granularity": g} for m, g in entry.get("time", {}).items()}
    if "between" in entry:
        member, *span = entry["between"]
        times.setdefault(member, {})["dateRange"] = span
    filters: list[dict[str, Any]] = [
        {"member": full(m), "operator": op, "values": v} for m, op, *v in entry.get("where", ())
    ]
    if "periods" in entry:
        member, *spans = entry["periods"]
        filters.append({"or": [{"member": full(member), "operator": "inDateRange", "values": s} for s in spans]})
    query: dict[str, Any] = {
        "measures": [full(m) for m in entry["measures"]], "dimensions": [full(d) for d in entry.get("by", ())],
        "timeDimensions": [{"dimension": full(m), **body} for m, body in times.items()], "filters": filters,
    }  # fmt: skip
    if "order" in entry:
        query["order"] = [[full(m), way] for m, way in entry["order"]]
    if "limit" in entry:
        query["limit"] = entry["limit"]
    return query


def canonical(query: Mapping[str, Any]) -> str:
    """A query's text in which nothing depends on the order of its lists, save the order of rows it asks for."""

    def key(value: Any) -> str:
        return json.dumps(value, sort_keys=True, default=str)

    body = dict(query)
    for name in ("measures", "dimensions", "timeDimensions", "filters"):
        listed = [_sorted_values(v) for v in body.get(name) or ()]
        body[name] = sorted(listed, key=key)
    return key(body)


def _sorted_values(value: Any) -> Any:
    if isinstance(value, Mapping) and "or" in value:
        return {"or": sorted((_sorted_values(v) for v in value["or"]), key=str)}
    if isinstance(value, Mapping) and value.get("operator") == "equals":
        return {**value, "values": sorted(map(str, value["values"]))}
    return value


def outcomes(entries: list[Mapping[str, Any]] | None = None) -> list[Outcome]:
    known, as_of = vocabulary()
    found = []
    for entry in document()["questions"] if entries is None else entries:
        wanted = wanted_query(entry)
        try:
            got = read(entry["ask"], known, as_of).query
        except NotUnderstood as error:
            found.append(Outcome(entry["ask"], "refused", f"{error.message} {error.remedy}", wanted))
            continue
        same = canonical(got) == canonical(wanted)
        found.append(Outcome(entry["ask"], "right" if same else "wrong", got, wanted))
    return found


def hostile() -> list[Outcome]:
    """Inputs that must be refused: `wrong` where one was answered."""
    known, as_of = vocabulary()
    found = []
    for question in document()["refused"]:
        try:
            found.append(Outcome(question, "wrong", read(question, known, as_of).query, None))
        except NotUnderstood as error:
            found.append(Outcome(question, "refused", f"{error.message} {error.remedy}", None))
    return found


def measure(settings: Settings) -> dict[str, Any]:
    """For `gridlake bench ask`: counts, and every question that is not right."""
    del settings  # nothing published is needed
    listed, turned_away = outcomes(), hostile()
    counts = {kind: sum(o.outcome == kind for o in listed) for kind in ("right", "wrong", "refused")}
    away = sum(o.outcome == "refused" for o in turned_away)
    return {
        "headline": f"{counts['right']} of {len(listed)} questions read as meant, {counts['wrong']} wrong, {counts['refused']} refused; "
        f"{away} of {len(turned_away)} hostile or meaningless inputs refused",
        **counts, "questions": len(listed), "hostile_refused": away,
        "rows": [{"question": o.question, "outcome": o.outcome} for o in listed if o.outcome != "right"],
    }  # fmt: skip


def main() -> None:
    for o in [*outcomes(), *hostile()]:
        if o.outcome != "right":
            print(f"{o.outcome}: {o.question}\n   got    {o.got}\n   wanted {o.wanted}", file=sys.stdout)


if __name__ == "__main__":
    main()
