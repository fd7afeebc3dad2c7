"""Trading: day-ahead against real-time, what a position would have made, and what gas leaves of the price."""

from __future__ import annotations

import polars as pl
import streamlit as st

from apps.streamlit_app import marks, shell

MEASURES = ["average_day_ahead_per_mwh", "average_real_time_per_mwh", "average_spread_per_mwh", "average_spark_spread_per_mwh", "total_long_profit_per_mw", "long_winning_share_pct", "total_paired_hours"]  # fmt: skip


def page() -> None:
    shell.page(
        "Trading",
        "Day-ahead against real-time: the spread, what one megawatt would have made, what a gas plant keeps.",
        _body,
        ("trading", "latest_paired_local_date"),
    )


def _body(at: shell.View) -> None:
    found = at.query("trading", ["count"], ["currency"])
    if found.is_empty():
        shell.nothing(at, "day-ahead prices by day", "prices")
        return
    currencies = found.sort("count", descending=True)["currency"].to_list()
    currency = st.segmented_control(
        "Currency", currencies, default=currencies[0], required=True, key="trade_currency", bind="query-params"
    )
    currency = currency if currency in currencies else currencies[0]
    where = [("currency", "equals", [currency])]
    row = at.query("trading", MEASURES, where=where).row(0, named=True)
    cells = st.columns(4)
    unit = f"{currency}/MWh"
    cells[0].metric("Day-ahead average", shell.number(row["average_day_ahead_per_mwh"], "{:,.2f}", unit), border=True)
    cells[1].metric(
        "Spread, day-ahead less real-time", shell.number(row["average_spread_per_mwh"], "{:+,.2f}", unit), border=True
    )
    cells[2].metric(
        "Hours real-time was dearer", shell.number(row["long_winning_share_pct"], "{:.0f}", "%"), border=True
    )
    cells[3].metric(
        "Spark spread",
        shell.number(row["average_spark_spread_per_mwh"], "{:,.2f}", unit),
        border=True,
        help="Day-ahead price less the assumed fuel cost of a gas plant.",
    )
    _spread(at, where, unit)
    _profit(at, where, currency)
    _table(at, where, unit)


def _spread(at: shell.View, where: list[tuple[str, str, list[str]]], unit: str) -> None:
    st.subheader("Spread by day", anchor=False)
    frame = at.query("trading", ["average_spread_per_mwh"], ["region_id", "local_date"], where=where).drop_nulls(
        "average_spread_per_mwh"
    )
    if frame.is_empty():
        shell.nothing(at, "hours with both a day-ahead and a real-time price", "prices")
        return
    text = f"Mean of day-ahead minus real-time price over zones and hours that have both, {unit}; above zero, day-ahead was dearer."
    names = sorted(frame["region_id"].unique().to_list())
    shell.chart(
        marks.lines(
            frame, "average_spread_per_mwh", "region_id", names, f"Spread ({unit})", at.zone, form=",.1f", zero=True
        ),
        text,
        frame,
        "spread",
        at,
    )


def _profit(at: shell.View, where: list[tuple[str, str, list[str]]], currency: str) -> None:
    st.subheader("One megawatt, bought day-ahead and sold in real time", anchor=False)
    days = at.query(
        "trading", ["total_long_profit_per_mw", "count"], ["region_id", "local_date"], where=where
    ).drop_nulls("total_long_profit_per_mw")
    if days.is_empty():
        return
    per_zone = pl.col("total_long_profit_per_mw") / pl.col("count")
    frame = days.sort("region_id", "local_date").with_columns(profit=per_zone.cum_sum().over("region_id"))
    text = f"Cumulated over the period, mean over the zones of a region, {currency} a megawatt, fees aside. Short is the same with the sign turned."
    names = sorted(frame["region_id"].unique().to_list())
    shell.chart(
        marks.lines(frame, "profit", "region_id", names, f"Profit ({currency}/MW)", at.zone, zero=True),
        text,
        frame,
        "profit",
        at,
    )


def _table(at: shell.View, where: list[tuple[str, str, list[str]]], unit: str) -> None:
    st.subheader("Zones", anchor=False)
    frame = at.query("trading", MEASURES, ["zone_id"], where=where, order=[("average_spread_per_mwh", "desc")])
    titles = (
        f"Day-ahead ({unit})",
        f"Real-time ({unit})",
        f"Spread ({unit})",
        f"Spark spread ({unit})",
        "Long profit (per MW)",
        "Real-time dearer (%)",
        "Paired hours",
    )
    columns = shell.numbers(dict(zip(MEASURES, titles, strict=True)), "%.1f") | {
        "zone_id": "Zone", "total_paired_hours": st.column_config.NumberColumn("Paired hours", format="%d"),
    }  # fmt: skip
    shell.table(
        frame,
        "By zone over the period. The spark spread assumes the fuel cost in dbt's seed `spark_assumptions`.",
        "trading_zones",
        at,
        columns,
    )
