"""Plants: which generate most, how hard they run, what they emit."""

from __future__ import annotations

import polars as pl
import streamlit as st

from apps.streamlit_app import marks, shell

MEASURES = [
    "total_generation_mwh",
    "total_nameplate_mw",
    "capacity_factor_pct",
    "total_co2_kg",
    "co2_kg_per_mwh",
    "nox_kg_per_mwh",
    "so2_kg_per_mwh",
]


def page() -> None:
    shell.page(
        "Plants",
        "Which plants generate most, how hard they run, what they emit. Plants are of the US and belong to states, not to regions.",
        _body,
    )


def _body(at: shell.View) -> None:
    there = at.query("plant_performance", ["count_plants"], ["source_system", "data_year"], time="").sort(
        "data_year", "source_system", descending=True
    )
    if there.is_empty():
        st.info(
            "This snapshot knows no plants: they come with eGRID and AMPD files of an archive (`make run ORIGIN=archive ARCHIVE=DIR`), not with the synthetic grid.",
            icon=":material/info:",
        )  # fmt: skip
        return
    labels = {f"{s} {y}": (s, y) for s, y, _ in there.iter_rows()}
    left, right = st.columns([1, 3])
    label = left.selectbox("Source and year", list(labels), key="plant_source", bind="query-params")
    source, year = labels[label if label in labels else next(iter(labels))]
    where = [("source_system", "equals", [source]), ("data_year", "equals", [str(year)])]
    states = at.query("plant_performance", by=["state"], where=where, time="")["state"].drop_nulls().sort().to_list()
    chosen = right.multiselect("States", states, key="states", bind="query-params", placeholder="All states")
    if chosen:
        where.append(("state", "equals", chosen))
    _summary(at, where)
    frame = at.query(
        "plant_performance",
        MEASURES,
        ["plant_name", "state", "plant_id", "generation_rank"],
        where=where,
        time="",
        order=[("total_generation_mwh", "desc")],
        limit=2000,
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("Largest plants", anchor=False)
        rows = (
            frame.head(20)
            .select(
                plant=pl.col("plant_name") + " (" + pl.col("state") + ")", gwh=pl.col("total_generation_mwh") / 1000
            )
            .drop_nulls()
        )
        shell.chart(
            marks.bars(rows, "gwh", "plant", "Generation (GWh)"),
            f"Generation of the largest plants in {year}, GWh, {source}.",
            frame.head(20),
            "largest_plants",
            at,
        )
    with right:
        st.subheader("Size and intensity", anchor=False)
        rows = (
            frame.filter(pl.col("co2_kg_per_mwh") > 0)
            .select(
                "plant_name",
                "state",
                gwh=pl.col("total_generation_mwh") / 1000,
                intensity="co2_kg_per_mwh",
                kt=pl.col("total_co2_kg") / 1e6,
            )
            .head(400)
        )
        if rows.is_empty():
            st.info("No plant of this choice has emissions and generation.")
        else:
            text = f"Each plant by generation and carbon intensity, sized by its emissions (kt), {source} {year}."
            shell.chart(
                marks.points(
                    rows,
                    "gwh",
                    "intensity",
                    "kt",
                    "state",
                    ("Generation (GWh)", "Carbon intensity (kg/MWh)", "CO₂ (kt)"),
                ),
                text,
                rows,
                "plant_intensity",
                at,
            )
    st.subheader("Ranking", anchor=False)
    titles = (
        "Generation (MWh)",
        "Nameplate (MW)",
        "Capacity factor (%)",
        "CO₂ (kg)",
        "CO₂ (kg/MWh)",
        "NOx (kg/MWh)",
        "SO₂ (kg/MWh)",
    )
    columns = {m: st.column_config.NumberColumn(t, format="%.1f") for m, t in zip(MEASURES, titles, strict=True)}
    names = {
        "plant_name": "Plant",
        "state": "State",
        "plant_id": "Id",
        "generation_rank": st.column_config.NumberColumn("Rank", format="%d"),
    }
    shell.table(
        frame,
        f"Plants of {source} in {year}, by generation. Gross generation where the source tells no net.",
        "plants",
        at,
        columns | names,
    )


def _summary(at: shell.View, where: list[tuple[str, str, list[str]]]) -> None:
    row = at.query(
        "plant_performance",
        ["count_plants", "total_generation_mwh", "total_co2_kg", "co2_kg_per_mwh", "capacity_factor_pct"],
        where=where,
        time="",
    ).row(0, named=True)
    cells = st.columns(4)
    cells[0].metric("Plants", shell.number(row["count_plants"]), border=True)
    cells[1].metric(
        "Generation",
        shell.number(
            None if row["total_generation_mwh"] is None else row["total_generation_mwh"] / 1e6, "{:,.2f}", "TWh"
        ),
        border=True,
    )
    cells[2].metric("Carbon intensity", shell.number(row["co2_kg_per_mwh"], "{:,.0f}", "kg/MWh"), border=True)
    cells[3].metric("Capacity factor", shell.number(row["capacity_factor_pct"], "{:.1f}", "%"), border=True)
