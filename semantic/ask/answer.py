"""A question's answer: rows of the semantic layer, one sentence about them, a chart, and the query to change.

Belongs here: asking, saying. Nothing but the semantic layer is asked, with the rights of the client that asks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from gridlake.errors import GridlakeError
from semantic.ask import log
from semantic.ask.chart import specification
from semantic.ask.reading import NotUnderstood, Reading, read
from semantic.ask.values import named
from semantic.ask.vocabulary import Vocabulary

if TYPE_CHECKING:
    import polars as pl

    from semantic.client import SemanticClient, SemanticResult

RANKED = 5  # so many rows of a ranking are said


@dataclass(frozen=True)
class Answered:
    """What came of a question: `query` can be changed and asked again through `answer_query`."""

    question: str
    query: dict[str, Any]
    reader: str
    notes: tuple[str, ...]
    sentence: str
    chart: dict[str, Any] | None
    result: SemanticResult


_vocabularies: dict[tuple[str, str, str], Vocabulary] = {}


def vocabulary_of(client: SemanticClient) -> Vocabulary:
    """The vocabulary of the client's snapshot and rights, made once."""
    key = (str(client.settings.home), client.snapshot().snapshot_id, str(sorted(client.claims.items())))
    if key not in _vocabularies:
        _vocabularies.clear()
        _vocabularies[key] = Vocabulary(client.model, named(client))
    return _vocabularies[key]


def ask(question: str, client: SemanticClient, asked_by: str = "shell") -> Answered:
    """The answer. Raises `NotUnderstood` for a question without a certain reading; every question is kept with its outcome."""
    started = time.perf_counter()
    as_of = {r: datetime.fromisoformat(t) for r, t in client.snapshot().as_of_utc.items()}
    try:
        reading = _read(question, client, as_of)
        answered = _answered(question, reading, client)
    except GridlakeError as error:
        outcome = "failed"
        if isinstance(error, NotUnderstood):
            outcome = "refused" if error.is_refused else "unsure"
        log.record(client.settings, asked_by, question, outcome, message=error.message)
        raise
    log.record(
        client.settings, asked_by, question, "answered" if answered.result.frame.height else "empty", reader=reading.reader,
        view=reading.view, query=json.dumps(reading.query), rows=answered.result.frame.height,
        snapshot_id=str(answered.result.meta.get("snapshot_id", "")), seconds=time.perf_counter() - started,
    )  # fmt: skip
    return answered


def _read(question: str, client: SemanticClient, as_of: Mapping[str, datetime]) -> Reading:
    """By the grammar; where that is unsure and a key for a language model is set, by the model, checked the same way."""
    try:
        return read(question, vocabulary_of(client), as_of)
    except NotUnderstood:
        from semantic.ask import llm

        reading = llm.read(question, client.model, as_of) if llm.is_configured() else None
        if reading is None:
            raise
        return reading


def answer_query(query: Mapping[str, Any], client: SemanticClient) -> Answered:
    """The answer to a query someone changed. Raises what the client raises for one that cannot be asked."""
    return _answered("", Reading(dict(query), "", (), "edited"), client)


def _answered(question: str, reading: Reading, client: SemanticClient) -> Answered:
    result = client.query(reading.query)
    frame = result.frame
    is_comparison = any("or" in f for f in reading.query.get("filters") or ())
    chart = specification(result.annotation, frame.height, is_comparison)
    sentence = _sentence(reading.query, result, client)
    return Answered(question, dict(reading.query), reading.reader, reading.notes, sentence, chart, result)


def described(query: Mapping[str, Any]) -> str:
    """What a query is limited to, in words: values and period."""
    words: list[str] = []
    for f in query.get("filters") or ():
        if "member" in f and f["operator"] == "equals":
            words.append(f"{', '.join(str(v) for v in f['values'])}" if not _is_flag(f) else _flag(f))
        elif "member" in f:
            sign = {"gt": "above", "gte": "from", "lt": "below", "lte": "up to"}.get(f["operator"], f["operator"])
            words.append(
                f"{f['member'].partition('.')[2].replace('_', ' ')} {sign} {', '.join(map(str, f.get('values', ())))}"
            )
        elif "or" in f:
            words.append(" against ".join(_period(p["values"]) for p in f["or"] if "values" in p))
    for t in query.get("timeDimensions") or ():
        if t.get("dateRange"):
            words.append(_period(t["dateRange"]))
    return "; ".join(words)


def _is_flag(f: Mapping[str, Any]) -> bool:
    return f["member"].partition(".")[2].startswith("is_")


def _flag(f: Mapping[str, Any]) -> str:
    name = f["member"].partition(".")[2].removeprefix("is_").replace("_", " ")
    return name if str(f["values"][0]) == "true" else f"no {name}"


def _period(span: Any) -> str:
    first, last = (span, span) if isinstance(span, str) else span
    if first == last:
        return _moment(first)
    return f"{_moment(first)} to {_moment(last)}"


def _moment(value: Any) -> str:
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    return value.strftime(
        "%-d %b %Y %H:%M UTC" if isinstance(value, datetime) and (value.hour or value.minute) else "%-d %b %Y"
    )


def _number(value: float, form: str, unit: str) -> str:
    text = format(value, form) if form else f"{value:,.2f}"
    return f"{text} {unit}".strip() if unit not in ("%",) else f"{text} %"


def _sentence(query: Mapping[str, Any], result: SemanticResult, client: SemanticClient) -> str:
    frame = result.frame
    about = described(query)
    if frame.is_empty():
        return _nothing(query, about, client)
    if not query.get("measures"):
        return f"{frame.height} rows."
    measure = str(query["measures"][0])
    view, name = measure.split(".")
    shown = client.model.view(view).members[name].member
    unit = _unit(query, shown.unit, client)
    title = shown.title + (f" ({about})" if about else "")
    known = frame.drop_nulls(name)
    if known.is_empty() or not frame.schema[name].is_numeric():
        plain = "" if known.is_empty() else str(known[name][0])
        return f"{title}: {plain}." if plain else f"{title} has no value here. {shown.description}"

    def said(row: Mapping[str, Any]) -> str:
        return _number(row[name], shown.format, unit)

    keys = [c for c in frame.columns if result.annotation[c]["kind"] != "measure"]
    if frame.height == 1 and not keys:
        more = [f"{result.annotation[c]['title']} {frame[c][0]:,.2f}" for c in frame.columns[1:] if frame[c][0] is not None and frame.schema[c].is_numeric()]  # fmt: skip
        return f"{title}: {said(frame.row(0, named=True))}." + (f" {'; '.join(more)}." if more else "")
    if query.get("limit"):
        listed = [f"{_label(r, keys)} with {said(r)}" for r in known.head(RANKED).iter_rows(named=True)]
        return f"{title}: {', then '.join(listed)}{', …' if known.height > RANKED else ''}."
    high, low = (known.sort(name, descending=d).row(0, named=True) for d in (True, False))
    if known.height == 1:
        return f"{title}: {_label(high, keys)} {said(high)}."
    rows = (
        f"{frame.height} rows"
        if known.height == frame.height
        else f"{known.height} of {frame.height} rows have a value"
    )
    return f"{title}: {rows}; highest {said(high)} ({_label(high, keys)}), lowest {said(low)} ({_label(low, keys)})."


def _label(row: Mapping[str, Any], keys: list[str]) -> str:
    return ", ".join(_moment(row[k]) if isinstance(row[k], date) else str(row[k]) for k in keys)


def _unit(query: Mapping[str, Any], unit: str, client: SemanticClient) -> str:
    """The unit, with the currency's code where the rows have only one."""
    view = str(query["measures"][0]).partition(".")[0]
    if not unit.startswith("currency") or "currency" not in client.model.view(view).members:
        return "" if unit in ("see unit", "as the point is named") else unit
    rows = {f"{view}.{m.name}" for m in client.model.view(view).of_kind("dimension")}
    where = [f for f in query.get("filters") or () if f.get("member", "or") in rows or "or" in f]
    times = [
        {k: v for k, v in t.items() if k != "granularity"}
        for t in query.get("timeDimensions") or ()
        if t.get("dateRange")
    ]
    frame = client.query({"dimensions": [f"{view}.currency"], "filters": where, "timeDimensions": times}).frame
    codes = frame["currency"].drop_nulls().unique().to_list()
    return unit.replace("currency", codes[0]) if len(codes) == 1 else unit


def _nothing(query: Mapping[str, Any], about: str, client: SemanticClient) -> str:
    """That there is nothing, and how far the view's data reach."""
    named_member = next(iter([*(query.get("measures") or ()), *(query.get("dimensions") or ())]))
    view = client.model.view(str(named_member).partition(".")[0])
    text = f"Nothing is published in {view.title} for {about or 'this question'}."
    latest = next((m.name for m in view.of_kind("measure") if m.name.startswith("latest_")), "")
    if latest:
        where = [
            f
            for f in query.get("filters") or ()
            if f.get("operator") == "equals" and f["member"].endswith(".region_id")
        ]
        frame: pl.DataFrame = client.query({"measures": [f"{view.name}.{latest}"], "filters": where}).frame
        if frame.height and frame[latest][0] is not None:
            text += f" Its data reach to {_moment(frame[latest][0])}."
    return text
