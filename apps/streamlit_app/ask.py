"""Ask: a question in plain language, its answer, and the query it was read as, to be changed and asked again.

Belongs here: what the page shows. Reading and answering are `semantic.ask`'s business.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import altair as alt
import polars as pl
import streamlit as st

from apps.streamlit_app import shell
from apps.streamlit_app.drawn import ROWS, Drawn
from gridlake.errors import GridlakeError
from semantic.ask.answer import Answered, answer_query, ask
from semantic.ask.reading import EXAMPLES, NotUnderstood
from semantic.members import View

FIRST = EXAMPLES[2]
DRAWN_ROWS = 5000


def page() -> None:
    shell.page(
        "Ask",
        "A question in plain words becomes one query of the semantic layer. What is not understood is not guessed. Places and times "
        "are those of the question, not of the choice above; times refer to the end of the published data.",
        _body,
    )


def _body(at: shell.View) -> None:
    question = st.text_input(
        "Question",
        value=FIRST,
        key="q",
        bind="query-params",
        placeholder=f"{EXAMPLES[0]}; {EXAMPLES[1]}",
        max_chars=400,
    )
    if not question:
        st.info(f"Nothing is asked yet. Try: {'; '.join(EXAMPLES)}.", icon=":material/info:")
        return
    try:
        found = _asked(question, at)
    except NotUnderstood as unsure:
        st.warning(f"**Not answered.** {unsure.message}", icon=":material/help:")
        st.markdown("Did you mean:" if unsure.nearest else "Ask for example:")
        for text in unsure.nearest or EXAMPLES:
            st.button(text, key=f"near_{text}", on_click=_ask_instead, args=(text,), icon=":material/search:")
        return
    changed = _changed(question, at, found)
    _answer(changed or found, at)
    _edit(question, at, found)


def _ask_instead(text: str) -> None:
    st.session_state["q"] = text


def _asked(question: str, at: shell.View) -> Answered:
    """The answer, asked and kept in the ledger once for each question, session and snapshot: a page is drawn many times."""
    key = (question, at.snapshot.snapshot_id)
    kept = st.session_state.get("asked")
    if kept is None or kept[0] != key:
        kept = (key, ask(question, at.client, "app"))
        st.session_state["asked"] = kept
    answered = kept[1]
    assert isinstance(answered, Answered)
    return answered


def _changed(question: str, at: shell.View, found: Answered) -> Answered | None:
    query = st.session_state.get("changed_queries", {}).get(question)
    if query is None or query == found.query:
        return None
    try:
        return answer_query(query, at.client)
    except GridlakeError as error:
        st.error(f"**The changed query cannot be asked.** {error.message} {error.remedy}", icon=":material/error:")
        return None


def _answer(found: Answered, at: shell.View) -> None:
    at = replace(
        at, scope=replace(at.scope, regions=at.scope.regions + at.scope.left_out)
    )  # asked of every region there is
    frame, annotation = found.result.frame, found.result.annotation
    if frame.is_empty():
        st.info(found.sentence, icon=":material/info:")
        return
    st.markdown(f"#### {_plain(found.sentence)}")
    _chips(found, at)
    titles: dict[str, Any] = {c: found.result.label(c) for c in frame.columns}
    measured = [c for c, a in annotation.items() if a["kind"] == "measure" and a["type"] == "number"]
    titles |= {c: st.column_config.NumberColumn(titles[c], format="localized") for c in measured}
    text = _plain(found.sentence)
    if found.chart and frame.height <= DRAWN_ROWS:
        chart = alt.Chart.from_dict({**found.chart, "data": {"name": ROWS}, "height": 320}, validate=False)
        shell.chart(Drawn(chart, _stamped(frame)), text, frame, "answer_chart", at)
    shell.table(frame, ", ".join(a["title"] for a in annotation.values()) + ".", "answer", at, titles)


def _plain(text: str) -> str:
    """Without what Markdown would take for a formula or emphasis."""
    return text.replace("$", "\\$").replace("*", "\\*").replace("_", "\\_")


def _stamped(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with times as ISO in UTC: a browser would read others as its own local time."""
    return frame.with_columns(
        pl.selectors.date().dt.strftime("%Y-%m-%dT00:00:00Z"), pl.selectors.datetime().dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    )


def _chips(found: Answered, at: shell.View) -> None:
    """The reading, a piece at a time."""
    query = found.query
    view = _view(query, at)
    chips = [f":blue-badge[{view.title}]"]
    chips += [f":green-badge[{_title(view, m)}]" for m in query.get("measures", ())]
    chips += [f":violet-badge[by {_title(view, d)}]" for d in query.get("dimensions", ())]
    for t in query.get("timeDimensions", ()):
        chips += [f":violet-badge[by {t['granularity']}]"] if t.get("granularity") else []
        chips += [f":orange-badge[{' to '.join(t['dateRange'])}]"] if t.get("dateRange") else []
    for f in query.get("filters", ()):
        if "member" in f:
            values = ", ".join(map(str, f.get("values", ())))
            chips.append(f":gray-badge[{_title(view, f['member'])} {f['operator']} {values}]")
        else:
            spans = [" to ".join(p["values"]) for p in f.get("or", ()) if "values" in p]
            chips.append(f":orange-badge[{' against '.join(spans)}]")
    chips += [f":red-badge[first {query['limit']}]"] if query.get("limit") else []
    reader = {"llm": " · read by a language model", "edited": " · changed by you"}.get(found.reader, "")
    st.markdown("Read as " + " ".join(chips) + reader)
    for note in found.notes:
        st.caption(f"Read {note}.")


def _view(query: Mapping[str, Any], at: shell.View) -> View:
    named = [
        *query.get("measures", ()),
        *query.get("dimensions", ()),
        *(t["dimension"] for t in query.get("timeDimensions", ())),
    ]
    return at.client.model.view(str(named[0]).partition(".")[0])


def _title(view: View, name: str) -> str:
    shown = view.members.get(str(name).partition(".")[2])
    return shown.member.title if shown else str(name)


def _edit(question: str, at: shell.View, found: Answered) -> None:
    """The query to change: what is measured and by what as lists, the rest as Cube's JSON."""
    query = st.session_state.get("changed_queries", {}).get(question, found.query)
    view = _view(found.query, at)
    with st.expander("Change the query and ask again"), st.form("edit", border=False):
        left, right = st.columns(2)
        measures = left.multiselect(
            "Measures", [f"{view.name}.{m.name}" for m in view.of_kind("measure")], default=query.get("measures", []), key=f"edit_measures_{question}"
        )  # fmt: skip
        by = right.multiselect(
            "By", [f"{view.name}.{m.name}" for m in view.of_kind("dimension")], default=query.get("dimensions", []), key=f"edit_by_{question}"
        )  # fmt: skip
        rest = {k: v for k, v in query.items() if k not in ("measures", "dimensions") and v}
        text = st.text_area(
            "Times, filters, order and limit, as in a Cube query (JSON)", json.dumps(rest, indent=1), key=f"edit_rest_{question}", height=220
        )  # fmt: skip
        if st.form_submit_button("Ask again", icon=":material/refresh:"):
            try:
                body = json.loads(text or "{}")
            except json.JSONDecodeError as error:
                st.error(f"That is not JSON: {error}.", icon=":material/error:")
                return
            changed = {
                "measures": measures,
                "dimensions": by,
                **(body if isinstance(body, dict) else {"filters": body}),
            }
            st.session_state.setdefault("changed_queries", {})[question] = changed
            st.rerun()
