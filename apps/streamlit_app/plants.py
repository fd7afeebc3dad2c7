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


# what plants may be ranked by: title, unit, what a measure is divided by
RANKINGS = {
    "output": ("total_generation_mwh", "Generation", "GWh", 1e3), "emissions": ("total_co2_kg", "CO₂", "kt", 1e6),
    "carbon intensity": ("co2_kg_per_mwh", "Carbon intensity", "kg/MWh", 1.0), "capacity factor": ("capacity_factor_pct", "Capacity factor", "%", 1.0),
}  # fmt: skip
# No coordinates are known of plants, only their states: each state is a tile about where it lies, column by row.
TILES = {
    state: (column, row)
    for row, line in enumerate((
        "AK .. .. .. .. .. .. .. .. .. ME", ".. .. .. .. .. .. .. .. .. VT NH", "WA ID MT ND MN IL WI MI NY RI MA", "OR NV WY SD IA IN OH PA NJ CT ..",
        "CA UT CO NE MO KY WV VA MD DE ..", ".. AZ NM KS AR TN NC SC DC .. ..", ".. .. .. OK LA MS AL GA .. .. ..", "HI .. .. TX .. .. .. .. FL .. ..",
    ))
    for column, state in enumerate(line.split()) if state != ".."
}  # fmt: skip


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
    left, middle, right = st.columns([1, 1, 3])
    label = left.selectbox("Source and year", list(labels), key="plant_source", bind="query-params")
    source, year = labels[label if label in labels else next(iter(labels))]
    where = [("source_system", "equals", [source]), ("data_year", "equals", [str(year)])]
    states = at.query("plant_performance", by=["state"], where=where, time="")["state"].drop_nulls().sort().to_list()
    by = middle.selectbox("Rank by", list(RANKINGS), key="rank_by", bind="query-params")
    ranking = RANKINGS[by if by in RANKINGS else "output"]
    everywhere = list(where)
    chosen = right.multiselect("States", states, key="states", bind="query-params", placeholder="All states")
    if chosen:
        where.append(("state", "equals", chosen))
    _summary(at, where)
    measure, title, unit, divisor = ranking
    frame = at.query(
        "plant_performance",
        MEASURES,
        ["plant_name", "state", "plant_id", "generation_rank"],
        where=where,
        time="",
        order=[(measure, "desc")],
        limit=2000,
    )
    _map(at, everywhere, ranking, f"{source} {year}")
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(f"First by {title.lower()}" if title != "CO₂" else "First by CO₂", anchor=False)
        first = frame.drop_nulls(measure).head(20)
        rows = first.select(
            plant=pl.col("plant_name") + " (" + pl.col("state") + ")", value=pl.col(measure) / divisor
        ).drop_nulls()
        if rows.is_empty():
            st.info(f"{source} tells no {title.lower()} of these plants. Rank by another.")
        else:
            text = f"The twenty plants with the highest {by} in {year}, {unit}, {source}."
            shell.chart(
                marks.bars(rows, "value", "plant", f"{title} ({unit})", form=",.1f"), text, first, "first_plants", at
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
        f"Plants of {source} in {year}, by {by}. Gross generation where the source tells no net.",
        "plants",
        at,
        columns | names,
    )


def _map(
    at: shell.View, where: list[tuple[str, str, list[str]]], ranking: tuple[str, str, str, float], of: str
) -> None:
    st.subheader("By state", anchor=False)
    measure, title, unit, divisor = ranking
    frame = at.query("plant_performance", [measure, "count_plants"], ["state"], where=where, time="").drop_nulls(
        "state"
    )
    told = {
        state: (value, plants) for state, value, plants in frame.select("state", measure, "count_plants").iter_rows()
    }
    rows = pl.DataFrame(
        [
            (state, column, row, None if told.get(state, (None, 0))[0] is None else told[state][0] / divisor, told.get(state, (None, 0))[1])
            for state, (column, row) in TILES.items()
        ],
        schema={"state": pl.String, "column": pl.Int64, "row": pl.Int64, "value": pl.Float64, "plants": pl.Int64}, orient="row",
    )  # fmt: skip
    beyond = sorted(set(told) - set(TILES))
    text = f"{title} of all plants of a state, {unit}, {of}; each state is a tile about where it lies, a grey one has no plant here."
    if beyond:
        text += f" Not on the map: {', '.join(beyond)}."
    shell.chart(marks.tiles(rows, f"{title} ({unit})"), text, frame, "plants_by_state", at)


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
