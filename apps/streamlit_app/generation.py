"""Generation, flows and carbon: which fuels run, what crosses the borders, what it emits."""

from __future__ import annotations

import polars as pl
import streamlit as st

from apps.streamlit_app import marks, shell
from apps.streamlit_app.grid import whole_times

SHARES = "Of the regions that report more than their renewable plants: from wind and sun alone no share follows."


def page() -> None:
    shell.page(
        "Generation and carbon",
        "Which fuels run, how much of it is renewable, what it emits, and what crosses the borders.",
        _body,
        ("generation", "latest_interval_start_utc"),
    )


def _body(at: shell.View) -> None:
    fuels = at.query("generation", ["total_generation_mwh"], ["fuel_name", "color_hex", "sort_order"]).drop_nulls(
        "total_generation_mwh"
    )
    if fuels.is_empty():
        shell.nothing(at, "generation by fuel", "generation")
    else:
        _summary(at)
        _mix(at, fuels.sort("sort_order", "fuel_name"))
        left, right = st.columns(2, gap="medium")
        with left:
            _shares(at)
        with right:
            _fuels(at)
    left, right = st.columns(2, gap="medium")
    with left:
        _carbon(at)
    with right:
        _flows(at)


def _summary(at: shell.View) -> None:
    row = at.query("generation", ["total_generation_mwh"]).row(0, named=True)
    every_fuel = [("region_id", "equals", _with_every_fuel(at))]
    shares = {"renewable_share_pct": None, "low_carbon_share_pct": None}
    if every_fuel[0][2]:
        shares = at.query("generation", list(shares), where=every_fuel).row(0, named=True)
    carbon = at.query("carbon", ["average_carbon_intensity_kg_per_mwh", "average_marginal_intensity_kg_per_mwh"]).row(
        0, named=True
    )
    cells = st.columns(5)
    gwh = None if row["total_generation_mwh"] is None else row["total_generation_mwh"] / 1000
    cells[0].metric("Generation", shell.number(gwh, "{:,.0f}", "GWh"), border=True)
    cells[1].metric(
        "Renewable share", shell.number(shares["renewable_share_pct"], "{:.1f}", "%"), border=True, help=SHARES
    )
    cells[2].metric(
        "Low-carbon share", shell.number(shares["low_carbon_share_pct"], "{:.1f}", "%"), border=True, help=SHARES
    )
    cells[3].metric(
        "Carbon intensity",
        shell.number(carbon["average_carbon_intensity_kg_per_mwh"], "{:,.0f}", "kg/MWh"),
        border=True,
    )
    cells[4].metric(
        "Marginal intensity", shell.number(carbon["average_marginal_intensity_kg_per_mwh"], "{:,.0f}", "kg/MWh"), border=True,
        help="Estimated emissions of one more megawatt-hour, mean over regions and hours.",
    )  # fmt: skip


def _with_every_fuel(at: shell.View) -> list[str]:
    """Regions whose fuels are not all renewable: a source that tells of wind and sun alone tells no share of generation."""
    found = at.query("generation", ["total_generation_mwh"], ["region_id", "is_renewable"])
    others = found.filter(~pl.col("is_renewable") & (pl.col("total_generation_mwh") != 0))
    return sorted(others["region_id"].unique().to_list())


def _mix(at: shell.View, fuels: pl.DataFrame) -> None:
    st.subheader("Fuel mix", anchor=False)
    found = at.series("generation", ["total_generation_mwh"], ["region_id", "fuel_name"]).drop_nulls(
        "total_generation_mwh"
    )
    key = "interval_start_utc" if at.is_hourly else "local_date"
    whole = whole_times(found, key)
    if not at.is_hourly:  # a day cut by the end of the data would look like a fall
        whole = whole.filter(pl.col(key) < pl.lit(at.end.date()))
    mixed = whole.group_by(key, "fuel_name").agg(pl.col("total_generation_mwh").sum()).sort(key, "fuel_name")
    ran = (
        mixed.group_by("fuel_name")
        .agg((pl.col("total_generation_mwh") != 0).any())
        .filter("total_generation_mwh")["fuel_name"]
        .to_list()
    )
    shown = fuels.filter(pl.col("fuel_name").is_in(ran))
    unit = "MW" if at.is_hourly else "MWh a day"
    text = f"Generation by fuel, {unit}, summed over the regions that report it; {'hours' if at.is_hourly else 'days'} in which a region or one of its fuels is missing are withheld."
    rows = mixed.filter(pl.col("fuel_name").is_in(ran))
    drawn = marks.stack(
        rows,
        "total_generation_mwh",
        "fuel_name",
        shown["fuel_name"].to_list(),
        shown["color_hex"].to_list(),
        f"Generation ({unit})",
        at.zone,
    )
    shell.chart(drawn, text, rows, "fuel_mix_period", at)


def _shares(at: shell.View) -> None:
    st.subheader("Renewable share", anchor=False)
    frame = at.query(
        "generation", ["renewable_share_pct", "low_carbon_share_pct", "total_generation_mwh"], ["region_id"]
    ).drop_nulls("renewable_share_pct")
    told = _with_every_fuel(at)
    partial = sorted(set(frame["region_id"].to_list()) - set(told))
    frame = frame.filter(pl.col("region_id").is_in(told))
    if frame.is_empty():
        st.info(f"{', '.join(partial) or 'These regions'} report renewable plants only, so that no share follows.")
        return
    rows = frame.select("region_id", "renewable_share_pct")
    text = "Renewable energy over all energy generated in the period, each summed first, %."
    if partial:
        text += f" Not {', '.join(partial)}: they report renewable plants only."
    shell.chart(
        marks.bars(rows, "renewable_share_pct", "region_id", "Renewable share (%)", form=".0f", color="#009E73"),
        text,
        frame,
        "renewable_share",
        at,
    )


def _fuels(at: shell.View) -> None:
    st.subheader("Energy by fuel", anchor=False)
    frame = at.query(
        "generation", ["total_generation_mwh", "peak_generation_mw"], ["fuel_name", "is_renewable"]
    ).drop_nulls("total_generation_mwh")
    text = "Energy generated in the period by fuel, GWh; negative where a fuel stands for charging."
    rows = frame.select("fuel_name", gwh=pl.col("total_generation_mwh") / 1000)
    shell.chart(marks.bars(rows, "gwh", "fuel_name", "Energy (GWh)"), text, frame, "energy_by_fuel", at)


def _carbon(at: shell.View) -> None:
    st.subheader("Carbon intensity", anchor=False)
    frame = at.series("carbon", ["average_carbon_intensity_kg_per_mwh"], ["region_id"])
    if frame.is_empty():
        shell.nothing(at, "emissions", "carbon")
        return
    text = "Life-cycle emissions over generation, each summed first, kg/MWh." + _withheld(at)
    names = sorted(frame["region_id"].unique().to_list())
    shell.chart(
        marks.lines(
            frame, "average_carbon_intensity_kg_per_mwh", "region_id", names, "Carbon intensity (kg/MWh)", at.zone
        ),
        text,
        frame,
        "carbon",
        at,
    )


def _withheld(at: shell.View) -> str:
    """Why there are gaps: an hour of which the source leaves a fuel open tells no intensity."""
    told = at.query("generation", ["count", "count_without_value"], ["region_id", "fuel_name"])
    known = dict(at.query("carbon", ["count"], ["region_id"]).select("region_id", "count").iter_rows())
    sentences = []
    for (region_id,), fuels in told.sort("region_id", "count_without_value", descending=[False, True]).group_by(["region_id"], maintain_order=True):  # fmt: skip
        hours = int(fuels["count"].to_numpy().max())
        open_ = fuels.filter(pl.col("count_without_value") > 0).head(3)
        if region_id in known and known[region_id] < hours and open_.height:
            which = ", ".join(
                f"{fuel} ({n:,} h)" for fuel, n in open_.select("fuel_name", "count_without_value").iter_rows()
            )
            sentences.append(f" {region_id}: {hours - known[region_id]:,} of {hours:,} hours are left out, since the source tells no value of {which}; storage that charges often reads so.")  # fmt: skip
    return "".join(sentences)


def _flows(at: shell.View) -> None:
    st.subheader("Net exports by neighbour", anchor=False)
    frame = at.query(
        "tie_flows", ["total_net_export_mwh", "peak_export_mw", "peak_import_mw"], ["region_id", "source_code"]
    ).drop_nulls("total_net_export_mwh")
    if frame.is_empty():
        shell.nothing(at, "flows by tie", "tie_flows")
        return
    rows = frame.select(
        "region_id", tie=pl.col("region_id") + " → " + pl.col("source_code"), gwh=pl.col("total_net_export_mwh") / 1000
    )
    rows = rows.sort(pl.col("gwh").abs(), descending=True).head(24)
    text = "Measured energy that left a region over each border less what entered it, GWh; the 24 largest."
    shell.chart(marks.bars(rows, "gwh", "tie", "Net export (GWh)", form=",.1f"), text, frame, "flows", at)
