"""Data dictionary: what every number of the app means, from the same model that computes it."""

from __future__ import annotations

import polars as pl
import streamlit as st

from apps.streamlit_app import shell
from semantic.members import Model


def page() -> None:
    shell.page(
        "Data dictionary",
        "What every number means, its unit, and the table it rests on: from the same model that computes it.",
        _body,
    )


def entries(model: Model) -> pl.DataFrame:
    """One row for each public member of each view."""
    rows = [
        {
            "view": view.name, "member": shown.name, "kind": shown.member.kind, "title": shown.member.title, "unit": shown.member.unit,
            "type": shown.member.type, "description": shown.member.description, "rests_on": model.cubes[shown.cube].title,
        }
        for view in model.views.values() for shown in view.members.values()
    ]  # fmt: skip
    return pl.DataFrame(rows).sort("view", "kind", "member", descending=[False, True, False])


def _body(at: shell.View) -> None:
    everything = entries(at.client.model)
    left, middle, right = st.columns([3, 2, 1.5])
    text = left.text_input("Search", key="search", bind="query-params", placeholder="price, MWh, renewable, …")
    views = middle.multiselect(
        "Views", sorted(at.client.model.views), key="views", bind="query-params", placeholder="All views"
    )
    kind = right.segmented_control(
        "Kind", ["both", "measure", "dimension"], default="both", required=True, key="kind", bind="query-params"
    )
    found = everything
    if views:
        found = found.filter(pl.col("view").is_in(views))
    if kind in ("measure", "dimension"):
        found = found.filter(pl.col("kind") == kind)
    for word in (text or "").lower().split():
        anywhere = pl.concat_str(["view", "member", "title", "unit", "description"], separator=" ").str.to_lowercase()
        found = found.filter(anywhere.str.contains(word, literal=True))
    if found.is_empty():
        st.info("Nothing matches. Try a shorter word, such as `price` or `MWh`.", icon=":material/info:")
        return
    columns = {
        "view": "View",
        "member": "Name",
        "kind": "Kind",
        "title": "Title",
        "unit": "Unit",
        "type": "Type",
        "description": st.column_config.TextColumn("Meaning", width="large"),
        "rests_on": "Rests on",
    }
    shell.table(
        found,
        f"{found.height} of {everything.height} members of {len(at.client.model.views)} views.",
        "dictionary",
        at,
        columns,
        height=720,
    )
    if len(views) == 1:
        view = at.client.model.view(views[0])
        st.markdown(
            f"**{view.title}**: {view.description} Ask it in the metric explorer, or `gridlake metric {view.name} …`."
        )
