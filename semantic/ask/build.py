"""The semantic query of a question whose words have meanings.

Belongs here: members, filters, periods, order. Raises `Unclear` wherever a query could only be guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from semantic.ask.parts import Parts, groups_of
from semantic.ask.shape import Shape
from semantic.ask.times import Span
from semantic.ask.vocabulary import GRAINS, Subject, Value, Vocabulary
from semantic.ask.words import Token
from semantic.members import View

YEAR_DIMENSIONS = ("year_number", "data_year")
FAMILIES = (("fuel_id", "fuel_group"), ("region_id", "state"))
SHOWN_AS = {"fuel_id": "fuel_name"}  # what a person reads in a code's place
HOURLY_DAYS, DAILY_DAYS, MONTHLY_DAYS = 3, 92, 4 * 366
_KINDS = {"average": "average", "total": "total", "count": "count", "peak": "peak", "minimum": "minimum"}
_FITS = {
    "average": ("average_", "load_weighted", "mae", "mape", "wape", "saidi", "margin", "temperature_mae"), "total": ("total_", "count"),
    "count": ("count", "total_"), "peak": ("peak_",), "minimum": ("minimum_",),
}  # fmt: skip
COMPARING = ("vs", "versus", "compare", "compared", "comparing", "comparison", "and", "against", "than", "or", "with")


class Unclear(Exception):
    """Why no one query follows, and what could be asked instead (`choices` replace `word` in the question)."""

    def __init__(self, message: str, word: str = "", choices: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.word = word
        self.choices = tuple(choices)


@dataclass
class Draft:
    """What a query is put together from."""

    view: View
    measures: list[str]
    groups: list[str]
    where: dict[str, list[Any]]
    notes: list[str]
    grain: str = ""
    way: str = ""
    is_explicit: bool = False  # groups were asked for, they do not only follow from what was named


def build(
    words: Sequence[Token], found: Shape, taken: Parts, subject: Subject, known: Vocabulary
) -> tuple[dict[str, Any], list[str]]:
    """The query and remarks on how it was read. Raises `Unclear`."""
    view = known.model.view(subject.view)
    groups, unclear = groups_of(taken, subject, words)
    if unclear:
        raise Unclear(f"It is not clear what '{unclear[0]}' asks for.", unclear[0])
    draft = Draft(view, [], groups, _values(taken, subject, known), [], is_explicit=bool(groups))
    draft.groups += [d for d, values in draft.where.items() if len(values) > 1 and d not in draft.groups]
    draft.groups += [d for d in subject.by if d not in draft.groups]
    if subject.requires and not any(d in draft.where or d in draft.groups for d in subject.requires):
        raise Unclear(f"A {' or '.join(subject.requires)} is needed.")
    _choose_measures(draft, found, taken, subject)
    _choose_grain(draft, found, taken, subject)
    filters: list[dict[str, Any]] = []
    times = _times(draft, found, words, filters)
    _hours(draft, found, filters)
    _limits(draft, found, filters)
    order, limit = _order(draft, found, taken)
    _needed(draft, known, limit)
    filters += [{"member": f"{view.name}.{d}", "operator": "equals", "values": v} for d, v in draft.where.items()]
    if subject.having and not found.limits:
        member, operator, *values = subject.having
        filters.append({"member": f"{view.name}.{member}", "operator": operator, "values": values})
    query: dict[str, Any] = {
        "measures": [f"{view.name}.{m}" for m in draft.measures],
        "dimensions": [f"{view.name}.{SHOWN_AS.get(d, d)}" for d in draft.groups],
        "timeDimensions": times,
        "filters": filters,
    }
    if order:
        query["order"] = order
    if limit:
        query["limit"] = limit
    return query, draft.notes


def _values(taken: Parts, subject: Subject, known: Vocabulary) -> dict[str, list[Any]]:
    """Each value's dimension, where a word could be several: one that fits all of its family, zones of the region named."""
    regions = {v.value for values, _, _ in taken.values for v in values if v.dimension == "region_id"}
    chosen: dict[str, list[Any]] = {}
    for values, _, _ in taken.values:
        value = _one(values, taken, regions)
        listed = chosen.setdefault(value.dimension, [])
        if value.value not in listed:
            listed.append(value.value)
    if "zone_id" in chosen or "station_id" in chosen:
        chosen.pop("region_id", None)  # the zone is in it
    if subject.names_target:
        own = {w for p in taken.words for w in p}
        chosen["target"] = [t for t in ("price", "solar", "wind", "load") if t in own]
    return chosen


def _one(values: list[Value], taken: Parts, regions: set[str]) -> Value:
    plain = [v for v in values if not v.is_border] or values
    if regions and all(v.dimension == "zone_id" for v in plain):
        plain = [v for v in plain if v.region in regions] or plain
    dimensions = list(dict.fromkeys(v.dimension for v in plain))
    if len(dimensions) > 1:
        family = next((f for f in FAMILIES if set(dimensions) <= set(f)), ())
        if not family and {"region_id", "zone_id"} <= set(dimensions):
            raise Unclear(
                f"'{plain[0].value}' is the name of a region and of a zone.", plain[0].value, [v.value for v in plain]
            )
        for name in family:
            if all(any(v.dimension == name for v in vs) for vs, _, _ in taken.values if {v.dimension for v in vs} & set(family)):  # fmt: skip
                dimensions = [name]
                break
        if "region_id" in dimensions:
            dimensions = ["region_id"]
    found = list({v.value: v for v in plain if v.dimension == dimensions[0]}.values())
    if len(found) > 1:
        raise Unclear(
            f"The name fits {', '.join(v.value for v in found[:6])}.", found[0].value.rpartition(".")[2], [v.value for v in found[:6]]
        )  # fmt: skip
    return found[0]


def _choose_measures(draft: Draft, found: Shape, taken: Parts, subject: Subject) -> None:
    """By the kind of number asked for. Raises `Unclear` for a kind the subject has not."""
    adjective = next((w for w in taken.ways if " " in w), "")
    draft.way = (adjective or next(iter(taken.ways), "")).partition(" ")[0]
    if not draft.way and found.top is not None:
        draft.way = "desc" if found.top > 0 else "asc"
    wordy = [subject.wordy[p] for p in taken.words if p in subject.wordy]
    kinds = list(dict.fromkeys(a for a in taken.aggregates if a != "much"))
    if any(w.startswith("by ") for w in wordy):
        draft.groups += [w[3:] for w in wordy if w.startswith("by ") and w[3:] not in draft.groups]
    if adjective:
        draft.measures = [adjective.partition(" ")[2]]
    elif taken.modifiers:
        draft.measures = list(dict.fromkeys(taken.modifiers))
        for kind in kinds:
            if not all(m.startswith(_FITS[kind]) or m.endswith("_pct") for m in draft.measures):
                raise Unclear(f"There is no {kind} of that.")
    elif "count" in kinds and "negative" in subject.aggregates and any(x.operator == "lt" and x.number == 0 for x in found.limits):  # fmt: skip
        draft.measures = [subject.aggregates["negative"]]
        found.limits.clear()
    elif kinds:
        draft.measures = [_measure(kind, subject, bool(found.limits)) for kind in kinds]
    elif "value" in wordy or not subject.value:
        draft.measures = list(subject.value)
    elif "total" in wordy or "much" in taken.aggregates:
        draft.measures = [subject.aggregates.get("total", subject.value[0])]
    elif draft.way and not subject.adjectives:
        kind = "peak" if draft.way == "desc" else "minimum"
        if kind not in subject.aggregates and not _is_ranking(found, taken):
            raise Unclear(f"There is no {'highest' if draft.way == 'desc' else 'lowest'} of that.")
        draft.measures = [subject.aggregates[kind]] if kind in subject.aggregates else list(subject.value)
    else:
        draft.measures = list(subject.value)
    draft.measures = list(dict.fromkeys([*draft.measures, *taken.also]))


def _is_ranking(found: Shape, taken: Parts) -> bool:
    """Whether "highest" chooses among groups ("which zone"), or only says which number of each is meant ("highest price by zone")."""
    mentions = (*taken.dimensions, *taken.grains)
    return found.top is not None or taken.number is not None or taken.asks_when or any(m.is_ranked for m in mentions)


def _measure(kind: str, subject: Subject, is_limited: bool) -> str:
    if kind in subject.aggregates:
        return subject.aggregates[kind]
    default = subject.value[0] if subject.value else ""
    is_ratio = default.endswith(("_pct", "_ratio", "_kg_per_mwh")) and kind == "average"
    if default.startswith(_FITS[kind]) or is_ratio or (kind == "count" and is_limited):
        return default
    raise Unclear(f"There is no {kind} of {' '.join(subject.words[-1]) if subject.words else default}.")


def _choose_grain(draft: Draft, found: Shape, taken: Parts, subject: Subject) -> None:
    """The time to group by: as said, or for a series by the length of the period."""
    has_year = next((d for d in YEAR_DIMENSIONS if d in draft.view.members), "")
    listed = list(taken.granularities)
    is_counting = any(m.startswith("count") for m in draft.measures)
    for mention in taken.grains:
        if mention.is_grouping or (mention.is_plural and (found.limits or draft.way)):
            listed.append(mention.name)
        elif not (mention.name in ("hour", "day", "minute") and ("count" in taken.aggregates or is_counting)):
            raise Unclear(f"It is not clear what '{mention.name}' asks for.", mention.name)
    if taken.asks_when and (draft.way or found.limits) and not listed:
        listed.append("hour" if "interval_start_utc" in draft.view.members else "day")
    if len(set(listed)) > 1:
        raise Unclear(f"Rows by {' and by '.join(sorted(set(listed)))} at once cannot be given.")
    if listed and has_year:
        if listed[0] != "year":
            raise Unclear(f"The figures of {draft.view.title.lower()} are yearly.")
        draft.groups += [has_year] if has_year not in draft.groups else []
    elif listed:
        draft.grain = listed[0]
    elif found.limits and not draft.groups:
        draft.grain = "hour" if "interval_start_utc" in draft.view.members else "day"
    elif subject.grain and not draft.is_explicit:
        draft.grain = subject.grain
    elif taken.is_series and not draft.is_explicit and not draft.way and len(found.spans) < 2 and not has_year:
        draft.grain = _natural_grain(draft.view, found.spans)


def _natural_grain(view: View, spans: Sequence[Span]) -> str:
    if not spans:
        return ""
    days = 1 if spans[0].moments else spans[0].days
    if days <= HOURLY_DAYS and "interval_start_utc" in view.members:
        return "hour"
    return "day" if days <= DAILY_DAYS else "month" if days <= MONTHLY_DAYS else "year"


def _day_member(view: View, spans: Sequence[Span]) -> str:
    if "local_date" in view.members:
        return "local_date"
    if "month_start" in view.members:
        if any(s.grain not in ("month", "quarter", "year") and (s.start.day != 1) for s in spans):
            raise Unclear(f"The figures of {view.title.lower()} are monthly.")
        return "month_start"
    times = [m.name for m in view.of_kind("dimension") if m.member.type == "time"]
    if not times:
        raise Unclear(f"{view.title} have no time.")
    return times[0]


def _times(draft: Draft, found: Shape, words: Sequence[Token], filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Time dimensions; several periods become a filter and a group of their own unit. Raises `Unclear`."""
    view, spans = draft.view, list(dict.fromkeys(found.spans))
    year = next((d for d in YEAR_DIMENSIONS if d in view.members), "")
    if year:
        if spans and any(
            (s.start.month, s.start.day, s.end.month, s.end.day) != (1, 1, 12, 31) or s.moments for s in spans
        ):
            raise Unclear(f"The figures of {view.title.lower()} are yearly.")
        years = sorted({y for s in spans for y in range(s.start.year, s.end.year + 1)})
        if years:
            draft.where[year] = list(years)
            draft.groups += [year] if len(years) > 1 and year not in draft.groups else []
        return []
    body: dict[str, dict[str, Any]] = {}
    if len(spans) > 1:
        grains = {s.grain for s in spans}
        if (
            not {w.stem for w in words} & set(COMPARING)
            or grains == {""}
            or len(grains) > 1
            or any(s.moments for s in spans)
        ):
            raise Unclear("Two stretches of time that cannot be compared.")
        member = _day_member(view, spans)
        draft.grain = draft.grain or spans[0].grain
        each = [{"member": f"{view.name}.{member}", "operator": "inDateRange", "values": [str(s.start), str(s.end)]} for s in spans]  # fmt: skip
        filters.append({"or": each})
    elif spans and spans[0].moments:
        if "interval_start_utc" not in view.members:
            raise Unclear(f"{view.title} are told by day: ask for days.")
        body["interval_start_utc"] = {"dateRange": [m.isoformat() for m in spans[0].moments]}
    elif spans:
        body[_day_member(view, spans)] = {"dateRange": [str(spans[0].start), str(spans[0].end)]}
    if draft.grain:
        if draft.grain not in GRAINS:
            raise Unclear(f"'{draft.grain}' is no granularity.")
        member = "interval_start_utc" if draft.grain == "hour" else _day_member(view, spans)
        if member not in view.members:
            raise Unclear(f"{view.title} are told by day, not by hour.")
        if member == "month_start" and draft.grain in ("day", "week"):
            raise Unclear(f"The figures of {view.title.lower()} are monthly.")
        body.setdefault(member, {})["granularity"] = draft.grain
    return [{"dimension": f"{view.name}.{m}", **b} for m, b in body.items()]


def _hours(draft: Draft, found: Shape, filters: list[dict[str, Any]]) -> None:
    for hours in found.hours:
        name = "local_hour" if hours.weekend is None else "is_weekend"
        if name not in draft.view.members:
            raise Unclear(f"{draft.view.title} are not told by hour of the day.")
        if hours.weekend is not None:
            tests: list[tuple[str, Any]] = [("equals", str(hours.weekend).lower())]
        elif hours.first == hours.last:
            tests = [("equals", hours.first)]
        else:
            tests = [("gte", hours.first)] if hours.first > 0 else []
            tests += [("lte", hours.last)] if hours.last < 23 else []
            draft.notes.append(f"hours {hours.first} to {hours.last} o'clock local")
        filters += [{"member": f"{draft.view.name}.{name}", "operator": op, "values": [v]} for op, v in tests]


def _limits(draft: Draft, found: Shape, filters: list[dict[str, Any]]) -> None:
    for limit in found.limits:
        if not draft.measures:
            raise Unclear("There is nothing to compare with the number.")
        unit = draft.view.members[draft.measures[0]].member.unit
        if limit.unit and limit.unit != unit and not (limit.unit == "currency" and unit.startswith("currency")):
            raise Unclear(f"The number's unit ({limit.unit}) is not the measure's ({unit or 'none'}).")
        number = int(limit.number) if limit.number == int(limit.number) else limit.number
        filters.append(
            {"member": f"{draft.view.name}.{draft.measures[0]}", "operator": limit.operator, "values": [number]}
        )


def _order(draft: Draft, found: Shape, taken: Parts) -> tuple[list[list[str]], int | None]:
    if not draft.way and found.top is None and taken.number is None:
        return [], None
    top = abs(found.top) if found.top is not None else taken.number
    if not draft.way:
        raise Unclear(f"It is not clear what the number {top} asks for.", str(top))
    if not draft.groups and not draft.grain:
        if top is not None:
            raise Unclear(f"It is not clear what the {top} are: zones, days, …?")
        if len(draft.measures) == 1 and draft.measures[0].startswith(("peak_", "minimum_")):
            return [], None
        raise Unclear("It is not clear what is to be compared: regions, zones, days, …?")
    if not _is_ranking(found, taken):
        is_extreme = draft.measures[0].startswith(("peak_", "minimum_"))
        return ([] if is_extreme else [[f"{draft.view.name}.{draft.measures[0]}", draft.way]]), None
    is_plural = any(m.is_plural for m in (*taken.dimensions, *taken.grains))
    limit = top or (None if is_plural else 1)
    return [[f"{draft.view.name}.{draft.measures[0]}", draft.way]], limit


def _needed(draft: Draft, known: Vocabulary, limit: int | None) -> None:
    """Groups without which a figure would mix what cannot be added: markets, products, sources, currencies."""
    wanted = known.views.get(draft.view.name, {})
    for name in wanted.get("needs", ()):
        if name in draft.groups or len(draft.where.get(name, ())) == 1:
            continue
        if limit and name != "source_system":
            title = draft.view.members[name].member.title.lower()
            raise Unclear(f"A ranking over several {title}s would compare what cannot be compared: say which {title}.")
        draft.groups.append(name)
        draft.notes.append(f"by {draft.view.members[name].member.title.lower()}, since the question names none")
    places = ("region_id", "zone_id", "currency")
    if wanted.get("currencies") and not any(d in draft.where or d in draft.groups for d in places):
        draft.groups.append("region_id")
        draft.notes.append("by region, since currencies differ")
