"""Anomalies and data quality: what did not come, what was set aside, which rules failed and why."""

from __future__ import annotations

import polars as pl
import streamlit as st

from apps.streamlit_app import marks, shell
from apps.streamlit_app.clock import local_day


def page() -> None:
    shell.page(
        "Anomalies and data quality", "What did not come, what was set aside, which rules failed and why.", _body
    )


def _body(at: shell.View) -> None:
    measures = [
        "completeness_pct",
        "total_hole_intervals",
        "total_rows_quarantined",
        "quarantined_share_pct",
        "average_data_quality_score",
    ]
    row = at.query("data_quality", measures).row(0, named=True)
    cells = st.columns(4)
    cells[0].metric(
        "Completeness",
        shell.number(row["completeness_pct"], "{:.2f}", "%"),
        border=True,
        help="Expected hours that came over all expected.",
    )
    cells[1].metric("Missing hours", shell.number(row["total_hole_intervals"]), border=True)
    cells[2].metric(
        "Quarantined records",
        shell.number(row["total_rows_quarantined"]),
        border=True,
        help="Set aside by a rule of severity error; `gridlake quarantine list` shows them.",
    )
    cells[3].metric("Quality score", shell.number(row["average_data_quality_score"], "{:.1f}", "of 100"), border=True)
    if row["completeness_pct"] is None:
        st.info(
            f"Nothing from {', '.join(at.ids)} was judged in this period. Choose a longer one.", icon=":material/info:"
        )
    else:
        _completeness(at)
        left, right = st.columns(2, gap="medium")
        with left:
            _quarantine(at)
        with right:
            _imputed(at)
        _holes(at)
    _gates(at)


def _completeness(at: shell.View) -> None:
    st.subheader("Completeness by subject and day", anchor=False)
    frame = at.query(
        "data_quality", ["completeness_pct", "total_hole_intervals"], ["region_id", "subject", "local_date"]
    ).drop_nulls("completeness_pct")
    cells = frame.with_columns(what=pl.col("region_id") + " " + pl.col("subject")).sort("what", "local_date")
    text = "Hours received over hours expected, %, by region, subject and local day. Days without a cell were not expected."
    drawn = marks.heatmap(
        cells, "local_date", "what", "completeness_pct", ("Local day", "", "Complete (%)"), form=".0f", domain=(0, 100)
    )
    shell.chart(drawn, text, frame, "completeness", at)


def _quarantine(at: shell.View) -> None:
    st.subheader("Set aside", anchor=False)
    frame = at.query(
        "data_quality",
        ["total_rows_quarantined", "total_rows_flagged", "total_rows", "quarantined_share_pct"],
        ["feed"],
    )
    rows = (
        frame.filter(pl.col("total_rows_quarantined") > 0)
        .select("feed", "total_rows_quarantined")
        .sort("total_rows_quarantined", descending=True)
        .head(15)
    )
    if rows.is_empty():
        st.success("No record of these regions was set aside in this period.", icon=":material/check:")
        return
    text = (
        "Records in quarantine by feed: a rule of severity error failed. The interval stays and is imputed with a code."
    )
    shell.chart(
        marks.bars(rows, "total_rows_quarantined", "feed", "Records", color="#D55E00"), text, frame, "quarantine", at
    )


def _imputed(at: shell.View) -> None:
    st.subheader("Imputed and missing hours of load", anchor=False)
    frame = at.query(
        "load", ["count_imputed", "count_missing"], ["region_id", "local_date"], order=[("local_date", "asc")]
    )
    ends = {r.region_id: local_day(r.through_utc, r.timezone) for r in at.chosen}
    frame = frame.filter(
        pl.col("local_date") < pl.col("region_id").replace_strict(ends, default=None, return_dtype=pl.Date)
    )
    total = frame.with_columns(hours=pl.col("count_imputed") + pl.col("count_missing"))
    if total["hours"].sum() == 0:
        st.success("No hour of load was imputed or is missing in this period.", icon=":material/check:")
        return
    text = "Hours of a region's load that were imputed or have no value, by local day; the day on which the data end is left out."
    names = sorted(total["region_id"].unique().to_list())
    shell.chart(
        marks.lines(total, "hours", "region_id", names, "Hours", at.zone, zero=True), text, frame, "imputed", at
    )


def _holes(at: shell.View) -> None:
    st.subheader("Where hours are missing", anchor=False)
    by = ["local_date", "region_id", "subject", "feed", "zone_id"]
    frame = at.query(
        "data_quality",
        ["total_hole_intervals", "total_expected_intervals"],
        by,
        where=[("total_hole_intervals", "gt", ["0"])],
        order=[("total_hole_intervals", "desc")],
        limit=200,
    )
    if frame.is_empty():
        st.success("Every expected hour came.", icon=":material/check:")
        return
    columns = {"local_date": st.column_config.DateColumn("Local day", format="D MMM YYYY"), "region_id": "Region", "subject": "Subject", "feed": "Feed", "zone_id": "Of",
               "total_hole_intervals": st.column_config.NumberColumn("Missing hours", format="%d"), "total_expected_intervals": st.column_config.NumberColumn("Expected hours", format="%d")}  # fmt: skip
    shell.table(frame, "The 200 days with most missing hours in the period.", "holes", at, columns)


def _gates(at: shell.View) -> None:
    st.subheader("Rules that failed", anchor=False)
    by = ["evaluated_at_utc", "severity", "rule_id", "table_name", "feed", "reason"]
    frame = at.query(
        "gates",
        ["total_failed_rows"],
        by,
        where=[("passed", "equals", ["false"])],
        time="",
        order=[("evaluated_at_utc", "desc")],
        limit=200,
    )
    if frame.is_empty():
        st.success("Every rule of the published runs held.", icon=":material/check:")
        return
    columns = {"evaluated_at_utc": st.column_config.DatetimeColumn("Judged (UTC)", format="D MMM YYYY HH:mm"), "severity": "Severity", "rule_id": "Rule", "table_name": "Table", "feed": "Feed",
               "reason": "Why the rule exists", "total_failed_rows": st.column_config.NumberColumn("Failed rows", format="%d")}  # fmt: skip
    shell.table(
        frame,
        "Rules that did not hold, newest first; docs/rules.md lists them all. Severity error blocks what comes after, warn is shown.",
        "failed_rules",
        at,
        columns,
    )
