"""Pipeline: how fresh each subject is, what the last run's gates said, what is published."""

from __future__ import annotations

import polars as pl
import streamlit as st

from apps.streamlit_app import marks, shell
from apps.streamlit_app.clock import ago
from gridlake.times import utc_now

FRESH = {
    "Load": ("load", "latest_interval_start_utc"), "Prices": ("prices", "latest_interval_start_utc"), "Generation": ("generation", "latest_interval_start_utc"),
    "Carbon": ("carbon", "latest_interval_start_utc"), "Flows": ("interchange", "latest_interval_start_utc"), "Weather": ("weather", "latest_interval_start_utc"),
    "Ancillary prices": ("ancillary_prices", "latest_interval_start_utc"), "Reserves": ("reserves", "latest_interval_start_utc"), "Frequency": ("frequency", "latest_interval_start_utc"),
    "Load forecast issued": ("forecast", "latest_issued_at_utc"), "Operator's forecast issued": ("operator_forecast", "latest_issued_at_utc"),
}  # fmt: skip


def page() -> None:
    shell.page(
        "Pipeline", "How fresh each subject is, what the gates of the last run said, and what is published.", _body
    )


def _body(at: shell.View) -> None:
    gates = at.query("gates", ["count", "count_failed", "total_failed_rows"], ["run_id", "layer", "severity"], time="")
    latest = at.query(
        "gates", by=["run_id", "evaluated_at_utc"], time="", order=[("evaluated_at_utc", "desc")], limit=1
    )
    _summary(at, gates, latest)
    _freshness(at)
    left, right = st.columns(2, gap="medium")
    with left:
        _gates(at, gates, latest)
    with right:
        _tables(at)
    st.markdown(
        "**Lineage**: `make up` opens Dagster at [localhost:3000](http://localhost:3000/asset-groups), where every table's asset shows what it is made of and which checks "
        "stand before it. `gridlake status` says the same in the shell; failed runs, which publish nothing, are listed there."
    )


def _summary(at: shell.View, gates: pl.DataFrame, latest: pl.DataFrame) -> None:
    from datetime import datetime

    run = latest["run_id"][0] if latest.height else ""
    last = gates.filter(pl.col("run_id") == run)
    errors = last.filter(pl.col("severity") == "error")
    cells = st.columns(4)
    cells[0].metric("Published", ago(utc_now() - datetime.fromisoformat(at.snapshot.published_at_utc)), border=True)
    cells[1].metric("Tables", shell.number(len(at.snapshot.tables)), border=True)
    cells[2].metric(
        "Blocking rules held",
        f"{int((errors['count'] - errors['count_failed']).sum())} of {int(errors['count'].sum())}",
        border=True,
        help="Of the last run whose results are in this snapshot.",
    )
    warned = int(last.filter(pl.col("severity") == "warn")["count_failed"].sum())
    cells[3].metric("Warnings", shell.number(warned), border=True)


def _freshness(at: shell.View) -> None:
    st.subheader("Data through", anchor=False)
    parts = []
    for subject, (view, measure) in FRESH.items():
        found = at.query(view, [measure], ["region_id"], time="", regions=False).drop_nulls(measure)
        parts.append(found.select("region_id", subject=pl.lit(subject), through_utc=pl.col(measure)))
    frame = pl.concat(parts).sort("subject", "region_id")
    everyone = (*at.scope.regions, *at.scope.left_out)
    as_of = pl.DataFrame(
        {"region_id": [r.region_id for r in everyone], "as_of": [r.as_of_utc for r in everyone]},
        schema_overrides={"as_of": pl.Datetime("us")},
    )
    frame = frame.join(as_of, on="region_id").with_columns(
        behind_hours=((pl.col("as_of") - pl.col("through_utc")).dt.total_minutes() / 60 - 1).clip(lower_bound=0)
    )
    text = "Hours that each subject lies behind the moment its region's data stand for (now for live data, the end of the recording otherwise). 48 hours and more look alike; no cell: the region has none."
    cells = frame.with_columns(
        shown=pl.min_horizontal("behind_hours", pl.lit(48.0)),
        when=pl.col("through_utc").dt.strftime("%-d %b %Y %H:%M UTC"),
    )
    drawn = marks.heatmap(
        cells,
        "region_id",
        "subject",
        "shown",
        ("Region", "", "Hours behind"),
        form=".0f",
        scheme="orangered",
    )
    shell.chart(drawn, text, frame.drop("as_of"), "freshness", at)


def _gates(at: shell.View, gates: pl.DataFrame, latest: pl.DataFrame) -> None:
    st.subheader("Gates of the last run", anchor=False)
    if latest.is_empty():
        st.info("No gate has been judged yet: `gridlake run` judges them.")
        return
    frame = gates.filter(pl.col("run_id") == latest["run_id"][0]).drop("run_id").sort("layer", "severity")
    columns = {"layer": "Layer", "severity": "Severity", "count": st.column_config.NumberColumn("Rules judged", format="%d"),
               "count_failed": st.column_config.NumberColumn("Failed", format="%d"), "total_failed_rows": st.column_config.NumberColumn("Failed rows", format="%d")}  # fmt: skip
    shell.table(
        frame,
        f"Run {latest['run_id'][0]}, judged {latest['evaluated_at_utc'][0]:%-d %b %Y %H:%M} UTC. Results of the last gold stage follow with the next run.",
        "gates",
        at,
        columns,
    )


def _tables(at: shell.View) -> None:
    st.subheader("Published tables", anchor=False)
    rows = [
        {"table": name, "rows": body["rows"], "files": len(body["files"]), "version": body["version"]}
        for name, body in sorted(at.snapshot.tables.items())
    ]  # fmt: skip
    frame = pl.DataFrame(rows)
    columns = {
        "table": "Table",
        "rows": st.column_config.NumberColumn("Rows", format="localized"),
        "files": "Files",
        "version": "Delta version",
    }
    shell.table(frame, f"What snapshot {at.snapshot.snapshot_id} pins.", "tables", at, columns)
