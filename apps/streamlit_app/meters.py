"""Meters and customers: how much they take, when, and whether the readings came. No person is named."""

from __future__ import annotations

import polars as pl
import streamlit as st

from apps.streamlit_app import marks, shell


def page() -> None:
    shell.page(
        "Meters and customers",
        "How much the meters take, when, and whether their readings came. No person is named here.",
        _body,
        ("meters_daily", "latest_local_date"),
    )


def _body(at: shell.View) -> None:
    row = at.query(
        "meters_daily",
        ["count_meters", "count", "complete_share_pct", "total_electricity_kwh", "average_electricity_kwh", "peak_kw"],
    ).row(0, named=True)
    if not row["count"]:
        shell.nothing(at, "meter readings", "meters_daily", "latest_local_date")
        return
    cells = st.columns(4)
    cells[0].metric("Meters", shell.number(row["count_meters"]), border=True)
    cells[1].metric(
        "Complete days",
        shell.number(row["complete_share_pct"], "{:.1f}", "%"),
        border=True,
        help="Meter-days whose readings cover the local day.",
    )
    cells[2].metric(
        "Electricity a meter-day", shell.number(row["average_electricity_kwh"], "{:,.2f}", "kWh"), border=True
    )
    cells[3].metric("Highest demand of a meter", shell.number(row["peak_kw"], "{:,.2f}", "kW"), border=True)
    _days(at)
    left, right = st.columns(2, gap="medium")
    with left:
        _profile(at)
    with right:
        _complete(at)
    _segments(at)
    _meters(at)


def _days(at: shell.View) -> None:
    st.subheader("Energy by day", anchor=False)
    found = at.query(
        "meters_daily",
        ["total_electricity_kwh", "total_gas_kwh", "total_solar_kwh"],
        ["local_date"],
        order=[("local_date", "asc")],
    )
    names = {"total_electricity_kwh": "electricity", "total_gas_kwh": "gas", "total_solar_kwh": "solar"}
    long = (
        found.rename(names).unpivot(index="local_date", variable_name="commodity", value_name="kwh").drop_nulls("kwh")
    )
    shown = [n for n in names.values() if n in long["commodity"].unique().to_list()]
    text = "Energy of all meters by local day and commodity, kWh. A meter-day with a failed reading has no sum and is left out."
    shell.chart(
        marks.lines(long, "kwh", "commodity", shown, "Energy (kWh)", at.zone, zero=True), text, long, "meter_energy", at
    )


def _profile(at: shell.View) -> None:
    st.subheader("Average day", anchor=False)
    found = at.query(
        "meter_readings", ["total_electricity_kwh"], ["local_hour", "tariff", "local_date"], time="interval_start_utc"
    )
    if found.is_empty():
        shell.nothing(at, "readings finer than a day", "meter_readings")
        return
    frame = (
        found.with_columns(pl.col("tariff").fill_null("unknown tariff")).group_by("tariff", "local_hour")
        .agg(pl.col("total_electricity_kwh").mean()).sort("tariff", "local_hour")
    )  # fmt: skip
    text = "Electricity of all meters of a tariff by local hour, mean over the days, kWh."
    names = sorted(frame["tariff"].unique().to_list())
    drawn = marks.curve(
        frame,
        "local_hour",
        "total_electricity_kwh",
        "tariff",
        names,
        ("Local hour", "Energy an hour (kWh)"),
        form=",.1f",
    )
    shell.chart(drawn, text, frame, "meter_profile", at)


def _complete(at: shell.View) -> None:
    st.subheader("Did the readings come?", anchor=False)
    frame = at.query(
        "meters_daily", ["complete_share_pct", "count"], ["local_date"], order=[("local_date", "asc")]
    ).with_columns(what=pl.lit("complete"))
    text = "Share of meter-days whose readings cover the day, %."
    shell.chart(
        marks.lines(frame, "complete_share_pct", "what", ["complete"], "Complete (%)", at.zone, form=".0f", zero=True),
        text,
        frame,
        "meter_complete",
        at,
    )


def _segments(at: shell.View) -> None:
    st.subheader("Segments", anchor=False)
    measures = [
        "count_meters",
        "total_energy_kwh",
        "on_peak_share_pct",
        "load_factor_pct",
        "peak_kw",
        "total_assumed_time_of_use_cost",
        "total_assumed_flat_cost",
    ]
    frame = at.query("customers", measures, ["region_id", "segment", "currency"], time="")
    if frame.is_empty():
        shell.nothing(at, "meter-months")
        return
    titles = (
        "Meters",
        "Energy (kWh)",
        "In peak hours (%)",
        "Load factor (%)",
        "Highest demand (kW)",
        "Time-of-use cost",
        "Flat cost",
    )
    columns = shell.numbers(dict(zip(measures, titles, strict=True)), "%.1f")
    names = {"region_id": "Region", "segment": "Segment", "currency": "Currency"}
    shell.table(
        frame,
        "By size, over all months. Costs are of assumed prices (dbt's seed `assumed_tariff`), not of any bill.",
        "segments",
        at,
        columns | names,
    )


def _meters(at: shell.View) -> None:
    st.subheader("Meters", anchor=False)
    measures = ["total_electricity_kwh", "average_electricity_kwh", "peak_kw", "complete_share_pct"]
    frame = at.query(
        "meters_daily",
        measures,
        ["meter_id", "region_id", "tariff"],
        order=[("total_electricity_kwh", "desc")],
        limit=200,
    )
    titles = ("Electricity (kWh)", "A day (kWh)", "Highest demand (kW)", "Complete (%)")
    columns = shell.numbers(dict(zip(measures, titles, strict=True)), "%.2f")
    shell.table(
        frame,
        "The 200 meters that took most in the period.",
        "meters",
        at,
        columns | {"meter_id": "Meter", "region_id": "Region", "tariff": "Tariff"},
    )
