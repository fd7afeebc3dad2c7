"""Prices: what a megawatt-hour costs, where, at which hour, and how the markets differ."""

from __future__ import annotations

import polars as pl
import streamlit as st

from apps.streamlit_app import marks, shell

# A price at the border of a neighbour is not a price of the region's own zones.
OWN_ZONES = ("zone_type", "notEquals", ["interface"])


def page() -> None:
    shell.page(
        "Prices",
        "What a megawatt-hour costs: where, at which hour, and how day-ahead and real-time differ.",
        _body,
        ("prices", "latest_interval_start_utc"),
    )


def _body(at: shell.View) -> None:
    found = at.query("prices", ["count_prices"], ["market_id", "currency"])
    offers = found.filter(pl.col("count_prices") > 0).sort(
        pl.col("count_prices").sum().over("currency"), "market_id", descending=[True, False]
    )
    if offers.is_empty():
        shell.nothing(at, "prices", "prices")
        return
    left, right = st.columns([1, 3])
    currency = left.selectbox(
        "Currency", offers["currency"].unique(maintain_order=True).to_list(), key="currency", bind="query-params"
    )
    markets = offers.filter(pl.col("currency") == currency)["market_id"].to_list()
    market = right.segmented_control(
        "Market", markets, default=markets[0], required=True, key="price_market", bind="query-params"
    )
    market = market if market in markets else markets[0]
    where = [("market_id", "equals", [market]), ("currency", "equals", [currency]), OWN_ZONES]
    unit = f"{currency}/MWh"
    _summary(at, where, unit)
    _lines(at, where, f"{market} price ({unit})")
    left, right = st.columns(2, gap="medium")
    with left:
        _heatmap(at, where, unit)
    with right:
        _duration(at, where, f"{market} price ({unit})")
    _zones(at, where, unit)
    _ancillary(at, currency or "")


def _summary(at: shell.View, where: list[tuple[str, str, list[str]]], unit: str) -> None:
    measures = ["average_price_per_mwh", "load_weighted_price_per_mwh", "peak_price_per_mwh", "count_negative_prices"]
    row = at.query("prices", measures, where=where).row(0, named=True)
    cells = st.columns(4)
    titles = ("Simple average", "Load-weighted average", "Highest hour of a zone")
    for cell, name, title in zip(cells, measures[:3], titles, strict=False):
        cell.metric(title, shell.number(row[name], "{:,.2f}", unit), border=True)
    cells[3].metric("Negative zone-hours", shell.number(row["count_negative_prices"]), border=True)


def _lines(at: shell.View, where: list[tuple[str, str, list[str]]], title: str) -> None:
    st.subheader("Price by region", anchor=False)
    frame = at.series("prices", ["average_price_per_mwh"], ["region_id"], where=where)
    if frame.is_empty():
        shell.nothing(at, "prices", "prices")
        return
    text = f"Simple mean over the zones of each region, {'hourly' if at.is_hourly else 'by local day'}, {title}."
    drawn = marks.lines(
        frame, "average_price_per_mwh", "region_id", _names(frame), title, at.zone, form=",.0f", step=at.is_hourly
    )
    shell.chart(drawn, text, frame, "price_by_region", at)


def _heatmap(at: shell.View, where: list[tuple[str, str, list[str]]], unit: str) -> None:
    st.subheader("Hour by hour", anchor=False)
    found = at.query("prices", ["count_prices"], ["zone_id", "zone_type"], where=where).filter(
        pl.col("count_prices") > 0
    )
    wide = pl.col("zone_type").replace_strict({"system": 0, "hub": 1}, default=2, return_dtype=pl.Int8)
    zones = found.sort(wide, "zone_id")["zone_id"].to_list()  # among a thousand nodes the system or a hub comes first
    zone = st.selectbox("Zone", zones, key="price_zone", bind="query-params")
    cells = at.query(
        "prices",
        ["average_price_per_mwh"],
        ["local_date", "local_hour"],
        where=[*where, ("zone_id", "equals", [zone or zones[0]])],
    )
    text = f"Price of {zone} by local day and hour, {unit}; a spring day lacks an hour, the repeated autumn hour is averaged."
    drawn = marks.heatmap(cells, "local_date", "local_hour", "average_price_per_mwh", ("Local day", "Local hour", unit))
    shell.chart(drawn, text, cells, "price_heatmap", at)


def _duration(at: shell.View, where: list[tuple[str, str, list[str]]], title: str) -> None:
    st.subheader("Duration curve", anchor=False)
    hours = at.query("prices", ["average_price_per_mwh"], ["region_id"], where=where, grain="hour").drop_nulls(
        "average_price_per_mwh"
    )
    rank = pl.col("average_price_per_mwh").rank("ordinal", descending=True).over("region_id")
    ranked = hours.with_columns(share_pct=100 * rank / pl.len().over("region_id")).sort("region_id", "share_pct")
    text = f"Share of hours in which the region's mean price was at least so high; {title}."
    thin = (
        ranked
        if ranked.height < 4000
        else ranked.filter(pl.int_range(pl.len()).over("region_id") % (1 + ranked.height // 4000) == 0)
    )
    drawn = marks.curve(
        thin.drop("interval_start_utc"),
        "share_pct",
        "average_price_per_mwh",
        "region_id",
        _names(ranked),
        ("Share of hours (%)", title),
    )
    shell.chart(drawn, text, ranked, "price_duration", at)


def _zones(at: shell.View, where: list[tuple[str, str, list[str]]], unit: str) -> None:
    st.subheader("Zones", anchor=False)
    measures = [
        "average_price_per_mwh",
        "load_weighted_price_per_mwh",
        "average_congestion_per_mwh",
        "average_loss_per_mwh",
        "peak_price_per_mwh",
        "minimum_price_per_mwh",
    ]
    frame = at.query(
        "prices",
        measures,
        ["zone_id", "zone_name", "zone_type"],
        where=where,
        order=[("average_price_per_mwh", "desc")],
    )
    titles = ("Average", "Load-weighted", "Congestion", "Losses", "Highest", "Lowest")
    columns = {
        m: st.column_config.NumberColumn(f"{t} ({unit})", format="%.2f") for m, t in zip(measures, titles, strict=True)
    }
    names = {"zone_id": "Zone", "zone_name": "Name", "zone_type": "Type"}
    shell.table(
        frame,
        f"Prices by zone over the period, {unit}. Load-weighted only where the zone's load is known.",
        "price_zones",
        at,
        columns | names,
    )


def _ancillary(at: shell.View, currency: str) -> None:
    st.subheader("Ancillary services", anchor=False)
    frame = at.query(
        "ancillary_prices", ["average_price_per_mwh"], ["region_id", "market_id", "product"], where=[("currency", "equals", [currency])]
    ).drop_nulls("average_price_per_mwh")  # fmt: skip
    if frame.is_empty():
        shell.nothing(at, f"ancillary prices in {currency}", "ancillary_prices")
        return
    text = f"Mean price of holding a megawatt for an hour, {currency}/MWh, by region, market and product."
    cells = frame.with_columns(place=pl.col("region_id") + " " + pl.col("market_id"))
    drawn = marks.heatmap(
        cells, "product", "place", "average_price_per_mwh", ("Product", "", f"{currency}/MWh"), form=",.1f"
    )
    shell.chart(drawn, text, frame, "ancillary_prices", at)


def _names(frame: pl.DataFrame) -> list[str]:
    return sorted(frame["region_id"].unique().to_list())
