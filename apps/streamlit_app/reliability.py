"""Reliability: interruptions, frequency, reserves and what the operators warned of."""

from __future__ import annotations

import polars as pl
import streamlit as st

from apps.streamlit_app import marks, shell


def page() -> None:
    shell.page("Reliability", "Interruptions, frequency, reserves, and what the operators warned of.", _body)


def _body(at: shell.View) -> None:
    _indices(at)
    _outages(at)
    left, right = st.columns(2, gap="medium")
    with left:
        _reserves(at)
    with right:
        _frequency(at)
    _alerts(at)


def _indices(at: shell.View) -> None:
    st.subheader("SAIDI, SAIFI, CAIDI", anchor=False)
    measures = [
        "saidi_minutes",
        "saifi",
        "caidi_minutes",
        "saidi_without_major_minutes",
        "saifi_without_major",
        "total_major_event_days",
        "total_interruptions",
    ]
    frame = at.query(
        "reliability",
        measures,
        ["region_id", "year_number", "source_system", "threshold_is_provisional"],
        time="",
        regions=at.is_choice,
        order=[("year_number", "desc")],
    )
    if frame.is_empty():
        st.info(
            "Indices need the number of customers served (dbt's seed `customers_served`) and interruptions with a start and an end: none of these regions has both.",
            icon=":material/info:",
        )
        return
    titles = (
        "SAIDI (min)",
        "SAIFI (1/a)",
        "CAIDI (min)",
        "SAIDI without major days (min)",
        "SAIFI without major days",
        "Major event days",
        "Interruptions",
    )
    columns = {m: st.column_config.NumberColumn(t, format="%.2f") for m, t in zip(measures, titles, strict=True)}
    columns |= {
        m: st.column_config.NumberColumn(t, format="%d") for m, t in zip(measures[-2:], titles[-2:], strict=True)
    }
    names = {
        "region_id": "Region",
        "year_number": st.column_config.NumberColumn("Year", format="%d"),
        "source_system": "Source",
        "threshold_is_provisional": "Threshold provisional",
    }
    shell.table(
        frame,
        "By IEEE Std 1366, of interruptions longer than five minutes; customers affected are an upper bound where the source is an outage map.",
        "indices",
        at,
        columns | names,
    )


def _outages(at: shell.View) -> None:
    st.subheader("Interruptions", anchor=False)
    row = at.query(
        "outage",
        ["count", "count_open", "total_customers_affected", "average_duration_minutes"],
        time="",
        regions=at.is_choice,
    ).row(0, named=True)
    if not row["count"]:
        shell.nothing(at, "interruptions", "outage", "latest_started_at_utc")
        return
    cells = st.columns(4)
    cells[0].metric("Interruptions on record", shell.number(row["count"]), border=True)
    cells[1].metric("Without an end", shell.number(row["count_open"]), border=True)
    cells[2].metric(
        "Customers affected",
        shell.number(row["total_customers_affected"]),
        border=True,
        help="Most at any time, summed over interruptions.",
    )
    cells[3].metric("Average duration", shell.number(row["average_duration_minutes"], "{:,.0f}", "min"), border=True)
    left, right = st.columns(2, gap="medium")
    with left:
        frame = at.query(
            "outage", ["count", "total_customers_affected"], ["cause"], time="", regions=at.is_choice
        ).with_columns(pl.col("cause").fill_null("not told"))
        text = "Interruptions by cause, all on record."
        shell.chart(
            marks.bars(
                frame.select("cause", "count").sort("count", descending=True).head(15),
                "count",
                "cause",
                "Interruptions",
            ),
            text,
            frame,
            "outage_causes",
            at,
        )
    with right:
        by = ["place", "latitude", "longitude", "region_id"]
        places = at.query(
            "outage", ["total_customers_affected", "count"], by, time="", regions=at.is_choice
        ).drop_nulls(["latitude", "longitude", "total_customers_affected"])
        if places.is_empty():
            st.info("These interruptions carry no coordinates.")
        else:
            text = "Where interruptions were: longitude and latitude, sized by customers affected (no base map)."
            drawn = marks.points(
                places.head(1500),
                "longitude",
                "latitude",
                "total_customers_affected",
                "region_id",
                ("Longitude (°)", "Latitude (°)", "Customers"),
            )
            shell.chart(drawn, text, places, "outage_places", at)


def _reserves(at: shell.View) -> None:
    st.subheader("Reserves", anchor=False)
    at = at.reaching("reserves", "latest_interval_start_utc")
    products = sorted(at.query("reserves", by=["product"])["product"].to_list())
    if not products:
        shell.nothing(at, "reserves", "reserves")
        return
    product = st.selectbox("Product", products, key="reserve_product", bind="query-params") or products[0]
    frame = at.query(
        "reserves",
        ["average_required_mw", "average_available_mw", "margin_pct", "minimum_available_mw"],
        ["region_id"],
        where=[("product", "equals", [product])],
    )
    long = (
        frame.select("region_id", required="average_required_mw", available="average_available_mw")
        .unpivot(index="region_id", variable_name="kind", value_name="mw")
        .drop_nulls("mw")
    )
    cells = long.with_columns(what=pl.col("region_id") + " " + pl.col("kind"))
    text = f"Average capacity of {product} required and available in the period, MW."
    shell.chart(marks.bars(cells, "mw", "what", "Capacity (MW)", by="kind"), text, frame, "reserves", at)


def _frequency(at: shell.View) -> None:
    st.subheader("Frequency", anchor=False)
    at = at.reaching("frequency", "latest_interval_start_utc")
    frame = at.query(
        "frequency_daily",
        ["minimum_frequency_hz", "average_frequency_hz", "peak_frequency_hz", "total_excursions", "share_outside_pct"],
        ["region_id", "local_date"],
        order=[("local_date", "desc")],
    )
    if frame.is_empty():
        shell.nothing(at, "frequency", "frequency")
        return
    columns = {"region_id": "Region", "local_date": st.column_config.DateColumn("Local day", format="D MMM YYYY"),
               "minimum_frequency_hz": st.column_config.NumberColumn("Lowest (Hz)", format="%.3f"), "average_frequency_hz": st.column_config.NumberColumn("Mean (Hz)", format="%.3f"),
               "peak_frequency_hz": st.column_config.NumberColumn("Highest (Hz)", format="%.3f"), "total_excursions": st.column_config.NumberColumn("Excursions", format="%d"),
               "share_outside_pct": st.column_config.NumberColumn("Minutes outside (%)", format="%.2f")}  # fmt: skip
    shell.table(
        frame,
        "System frequency by local day; excursions are runs of minutes in which a sample left the assumed band (seed `assumed_frequency_band`).",
        "frequency",
        at,
        columns,
    )


def _alerts(at: shell.View) -> None:
    st.subheader("Alerts", anchor=False)
    frame = at.query(
        "alerts_issued",
        by=["interval_start_utc", "interval_end_utc", "region_id", "level", "message"],
        order=[("interval_start_utc", "desc")],
        limit=300,
    )
    if frame.is_empty():
        shell.nothing(at, "alerts", "alerts_issued")
        return
    columns = {"interval_start_utc": st.column_config.DatetimeColumn("From (UTC)", format="D MMM YYYY HH:mm"), "interval_end_utc": st.column_config.DatetimeColumn("To (UTC)", format="D MMM YYYY HH:mm"),
               "region_id": "Region", "level": "Level", "message": "Message"}  # fmt: skip
    shell.table(
        frame, "Notices, watches, warnings and emergencies the operators issued, newest first.", "alerts", at, columns
    )
