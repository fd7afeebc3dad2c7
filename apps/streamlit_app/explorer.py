"""Metric explorer: any measure of the semantic layer by any dimension, with the query to copy."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import streamlit as st

from apps.streamlit_app import marks, shell
from semantic.members import View as ModelView
from semantic.members import ViewMember

GRAINS = {"none": "", "hour": "hour", "day": "day", "week": "week", "month": "month", "year": "year"}
ROWS = 5000
SERIES = 8  # more lines than that nobody tells apart


def page() -> None:
    shell.page(
        "Metric explorer",
        "Any measure by any dimension. The question is part of the address and can be copied for the shell, Python or Cube.",
        _body,
    )


def _body(at: shell.View) -> None:
    views = at.client.model.views
    left, middle, right = st.columns([1.2, 2.4, 2.4])
    name = left.selectbox("View", sorted(views), index=sorted(views).index("load"), key="view", bind="query-params")
    view = views[name if name in views else "load"]
    st.caption(f"**{view.title}**: {view.description}")
    measures = [m.name for m in view.of_kind("measure")]
    dimensions = [m.name for m in view.of_kind("dimension") if m.member.type != "time" or m.member.is_local_day]
    wanted = middle.multiselect(
        "Measures", measures, default=measures[1:2] or measures[:1], key=f"measures_{view.name}", bind="query-params"
    )
    by = right.multiselect(
        "By",
        dimensions,
        default=["region_id"] if "region_id" in dimensions else [],
        key=f"by_{view.name}",
        bind="query-params",
    )
    for name in wanted:
        st.caption(f"**{_title(view, name)}**: {view.members[name].member.description}")
    times = [m for m in view.of_kind("dimension") if m.member.type == "time"]
    time = next(
        (t for n in ("interval_start_utc", "local_date") for t in times if t.name == n), times[0] if times else None
    )
    grain = "none"
    if time:
        grain = (
            st.segmented_control(
                "Time", list(GRAINS), default="day", required=True, key=f"grain_{view.name}", bind="query-params"
            )
            or "day"
        )
        if time.member.is_local_day and grain == "hour":
            st.info(f"{time.member.title} is a day; hours are not kept in this view. Shown by day.")
            grain = "day"
    if not wanted and not by:
        st.info("Choose a measure or a dimension.")
        return
    query = _query(at, view, wanted, by, time, GRAINS[grain])
    result = at.client.query(query)
    _answer(at, view, result.frame, wanted, by, time.name if time and grain != "none" else "")
    _copy(view, query, result.meta)


def _title(view: ModelView, name: str) -> str:
    member = view.members[name].member
    return member.title + (f" ({member.unit})" if member.unit else "")


def _query(
    at: shell.View, view: ModelView, measures: list[str], by: list[str], time: ViewMember | None, grain: str
) -> dict[str, Any]:
    """The question as Cube's JSON: the regions and the period chosen above limit it."""
    query: dict[str, Any] = {
        "measures": [f"{view.name}.{m}" for m in measures],
        "dimensions": [f"{view.name}.{d}" for d in by],
        "limit": ROWS,
    }
    if "region_id" in view.members and (at.is_choice or at.start) and len(at.ids) < len(at.scope.known):
        query["filters"] = [{"member": f"{view.name}.region_id", "operator": "equals", "values": at.ids}]
    if time and (grain or at.start):
        body: dict[str, Any] = {"dimension": f"{view.name}.{time.name}"}
        if grain and f"{view.name}.{time.name}" not in query["dimensions"]:
            body["granularity"] = grain
        if at.start:
            body["dateRange"] = [str(at.start.date()), str(at.end.date())]
        query["timeDimensions"] = [body]
    return query


def _answer(
    at: shell.View, view: ModelView, frame: pl.DataFrame, measures: list[str], by: list[str], time: str
) -> None:
    if frame.is_empty():
        st.info("No rows. Choose a longer period or other regions.", icon=":material/info:")
        return
    if frame.height == ROWS:
        st.warning(
            f"The first {ROWS:,} rows are shown. Fewer dimensions or a shorter period show everything; the shell has no limit."
        )
    numbers = [m for m in measures if frame.schema[m].is_numeric()]
    if numbers:
        _draw(at, view, frame, numbers[0], by, time)
    columns: dict[str, Any] = {c: _title(view, c) for c in frame.columns if c in view.members}
    columns |= {m: st.column_config.NumberColumn(columns[m], format="localized") for m in numbers}
    shell.table(
        frame, f"{view.title}: {', '.join(_title(view, m) for m in measures) or 'values'}.", "explorer", at, columns
    )


def _draw(at: shell.View, view: ModelView, frame: pl.DataFrame, measure: str, by: list[str], time: str) -> None:
    title, form = _title(view, measure), view.members[measure].member.format or ",.1f"
    parts = [pl.col(b).cast(pl.String).fill_null("–") for b in by if b != time]
    label = pl.concat_str(parts, separator=" · ") if parts else pl.lit(view.title)
    rows = frame.with_columns(label=label).drop_nulls(measure)
    if rows.is_empty():
        st.info(
            f"{title} has no value here. Read its description: some measures are empty where a selection mixes what must not be mixed."
        )
        return
    if time and time in frame.columns:
        largest = (
            rows.group_by("label")
            .agg(pl.col(measure).abs().sum())
            .sort(measure, descending=True)
            .head(SERIES)["label"]
            .to_list()
        )
        key = "interval_start_utc" if isinstance(frame.schema[time], pl.Datetime) else "local_date"
        chosen = (
            rows.filter(pl.col("label").is_in(largest))
            .rename({} if time == key else {time: key})
            .select(key, "label", measure)
        )
        drawn: Any = marks.lines(chosen, measure, "label", largest, title, "UTC", form=form, fill=False)
        more = rows["label"].n_unique() - len(largest)
        text = f"{title} over time" + (f"; the {SERIES} largest of {more + SERIES}." if more > 0 else ".")
    elif by:
        chosen = (
            rows.select("label", measure)
            .drop_nulls()
            .sort(measure, descending=True)
            .unique("label", maintain_order=True)
            .head(40)
        )
        drawn, text = marks.bars(chosen, measure, "label", title, form=form), f"{title}, largest first."
    else:
        st.metric(title, shell.number(frame[measure][0], "{:,.3f}"))
        return
    shell.chart(drawn, text, chosen, "explorer_chart", at)


def _copy(view: ModelView, query: dict[str, Any], meta: dict[str, Any]) -> None:
    with st.expander("Copy this question"):
        shell_tab, python_tab, cube_tab, sql_tab = st.tabs(["Shell", "Python", "Cube JSON", "SQL"])
        shell_tab.code(_command(view, query), language="bash")
        text = json.dumps({k: v for k, v in query.items() if v}, indent=2)
        python_tab.code(
            f"from semantic.client import SemanticClient\n\nframe = SemanticClient().query({text}).frame",
            language="python",
        )
        cube_tab.code(text, language="json")
        sql_tab.code(meta.get("sql") or "-- asked of a Cube server", language="sql")


def _command(view: ModelView, query: dict[str, Any]) -> str:
    short = [m.partition(".")[2] for m in query["measures"]]
    words = [f"gridlake metric {view.name} {','.join(short)}"]
    if query["dimensions"]:
        words.append("--by " + ",".join(d.partition(".")[2] for d in query["dimensions"]))
    for time in query.get("timeDimensions", []):
        words += [f"--grain {time['granularity']}"] if "granularity" in time else []
        words += [f"--from {time['dateRange'][0]} --to {time['dateRange'][1]}"] if "dateRange" in time else []
    for f in query.get("filters", []):
        words.append(f'--where "{f["member"].partition(".")[2]} = {",".join(f["values"])}"')
    return " ".join(words)
