"""Forecasts and their skill: what we said would happen, how sure we were, and who was closer."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import streamlit as st

from apps.streamlit_app import marks, shell
from gridlake.times import HOUR

THEIRS = "total_operator_forecast_mwh"
SKILL = ["total_rows_scored", "mae", "naive_mae", "operator_mae", "mae_to_naive_ratio", "mae_to_operator_ratio", "wape_pct", "coverage_80_pct", "coverage_95_pct"]  # fmt: skip


def page() -> None:
    shell.page(
        "Forecasts and skill",
        "What we said would happen, how sure we were, and who was closer: we, the operator, or a naive guess.",
        _body,
        ("forecasts", "latest_issued_at_utc"),
    )


def _body(at: shell.View) -> None:
    there = at.query("forecasts", ["latest_issued_at_utc"], ["target", "unit", "zone_id"], time="")
    if there.is_empty():
        shell.nothing(at, "forecasts", "forecasts", "latest_issued_at_utc")
        return
    left, middle, _ = st.columns([1, 2, 2])
    targets = sorted(there["target"].unique().to_list())
    target = left.selectbox("Target", targets, key="target", bind="query-params") or targets[0]
    zones = there.filter(pl.col("target") == target).sort(~pl.col("zone_id").str.ends_with(".TOTAL"), "zone_id")
    names = zones["zone_id"].unique(maintain_order=True).to_list()
    zone_id = middle.selectbox("Zone", names, key="forecast_zone", bind="query-params") or names[0]
    found = zones.filter(pl.col("zone_id") == zone_id).row(0, named=True)
    unit = found["unit"]
    _band(at, target, zone_id, unit, found["latest_issued_at_utc"])
    left, right = st.columns(2, gap="medium")
    with left:
        _daily(at, target, zone_id, unit)
    with right:
        _worst(at, target, zone_id, unit)
    _skill(at, target)
    _vintages(at)
    _monitor(at, target)


def _band(at: shell.View, target: str, zone_id: str, unit: str, newest: datetime) -> None:
    st.subheader("Forecast and outcome", anchor=False)
    measures = [
        "average_forecast",
        "average_lower_80",
        "average_upper_80",
        "average_lower_95",
        "average_upper_95",
        "latest_issued_at_utc",
    ]
    days = 7 if at.is_hourly else 28
    end = at.end if newest > at.end - timedelta(days=days) else newest  # a zone's recording may end before its region's
    span = [(end - timedelta(days=days)).isoformat(), (end + 48 * HOUR).isoformat()]
    where = [
        ("target", "equals", [target]),
        ("zone_id", "equals", [zone_id]),
        ("interval_start_utc", "inDateRange", span),
    ]
    found = at.query("forecasts", measures, ["forecaster", "interval_start_utc"], where=where, time="")
    ours = found.filter(pl.col("forecaster") == "ours").drop("forecaster")
    if ours.is_empty():
        shell.nothing(at, f"forecast of {target} for {zone_id} in these {days} days")
        return
    theirs = found.filter(pl.col("forecaster") == "operator").select("interval_start_utc", operator="average_forecast")
    frame = (
        ours.rename({m: m.removeprefix("average_") for m in measures[:-1]})
        .join(theirs, on="interval_start_utc", how="left")
        .join(_actual(at, target, zone_id, span), on="interval_start_utc", how="left")
        .with_columns(operator=pl.coalesce("operator", "paired"))
        .drop("paired")
        .sort("interval_start_utc")
    )
    issued = max(frame["latest_issued_at_utc"].to_list())
    text = f"{zone_id}, {target} in {unit}: the newest forecast of each hour with its 80 % and 95 % bands; newest issue {issued:%-d %b %Y %H:%M} UTC."
    shell.chart(marks.band(frame, at.zone, f"{target.capitalize()} ({unit})"), text, frame, "forecast_band", at)


def _actual(at: shell.View, target: str, zone_id: str, span: list[str]) -> pl.DataFrame:
    """What came of it, as `actual`, and what the operator had said of it, as `paired`, from the view that holds both."""
    region_id, _, code = zone_id.partition(".")
    limit = ("interval_start_utc", "inDateRange", span)
    where = [limit, ("zone_id", "equals", [zone_id])]
    measures = ["average_load_mw", THEIRS]
    if target in ("solar", "wind"):
        view, measures = "generation", ["total_generation_mwh", THEIRS]
        where = [limit, ("region_id", "equals", [region_id]), ("fuel_group", "equals", [target])]
    elif target == "price":
        view, measures = "prices", ["average_price_per_mwh"]
        where.append(("market_id", "equals", ["DAM"]))
    else:
        view = "load" if code == "TOTAL" else "zone_load"
    found = at.query(view, measures, ["interval_start_utc"], where=where, time="")
    theirs = pl.col(THEIRS) if THEIRS in found.columns else pl.lit(None, pl.Float64)
    return found.select("interval_start_utc", actual=measures[0], paired=theirs)


def _daily(at: shell.View, target: str, zone_id: str, unit: str) -> None:
    st.subheader("Error by day", anchor=False)
    where = [("target", "equals", [target]), ("zone_id", "equals", [zone_id])]
    days = at.query(
        "forecast_skill",
        ["mae", "naive_mae", "operator_mae"],
        ["local_date"],
        where=where,
        time="",
        order=[("local_date", "asc")],
    ).tail(120)
    if days.is_empty():
        st.info(f"No forecast of {target} for {zone_id} has been scored yet: scores follow when the outcome is known.")
        return
    names = {"mae": "ours", "operator_mae": "operator", "naive_mae": "naive"}
    long = (
        days.rename(names).unpivot(index="local_date", variable_name="forecaster", value_name="mae").drop_nulls("mae")
    )
    shown = [n for n in names.values() if n in long["forecaster"].unique().to_list()]
    text = f"Mean absolute error by local day, {unit}, {zone_id}: ours, the operator's where it publishes one, and the same hour a week before."
    drawn = marks.lines(
        long,
        "mae",
        "forecaster",
        shown,
        f"MAE ({unit})",
        at.zone,
        form=",.1f" if target == "price" else ",.0f",
        zero=True,
    )
    shell.chart(drawn, text, long, "forecast_error", at)


def _worst(at: shell.View, target: str, zone_id: str, unit: str) -> None:
    st.subheader("Worst days", anchor=False)
    where = [("target", "equals", [target]), ("zone_id", "equals", [zone_id])]
    worst = at.query(
        "forecast_skill",
        ["mae", "naive_mae", "operator_mae", "coverage_80_pct"],
        ["local_date"],
        where=where,
        time="",
        order=[("mae", "desc")],
        limit=8,
    )
    if worst.drop_nulls("mae").is_empty():
        st.info(f"No day of {zone_id} is scored yet: a forecast needs the hours it was made for. Choose another zone.")
        return
    columns = {
        "local_date": st.column_config.DateColumn("Local day", format="D MMM YYYY"), "mae": st.column_config.NumberColumn(f"Ours ({unit})", format="%.1f"),
        "naive_mae": st.column_config.NumberColumn(f"Naive ({unit})", format="%.1f"), "operator_mae": st.column_config.NumberColumn(f"Operator ({unit})", format="%.1f"),
        "coverage_80_pct": st.column_config.NumberColumn("In the 80 % band (%)", format="%.0f"),
    }  # fmt: skip
    shell.table(worst, f"Days of {zone_id} on which our mean absolute error was largest.", "worst_days", at, columns)


def _skill(at: shell.View, target: str) -> None:
    st.subheader("Skill on all scored hours", anchor=False)
    frame = at.query(
        "forecast_skill",
        SKILL,
        ["zone_id", "unit"],
        where=[("target", "equals", [target])],
        time="",
        order=[("zone_id", "asc")],
    )
    form = {"total_rows_scored": ("Hours scored", "%d"), "mae": ("MAE", "%.1f"), "naive_mae": ("Naive MAE", "%.1f"), "operator_mae": ("Operator's MAE", "%.1f"),
            "mae_to_naive_ratio": ("Ours / naive", "%.3f"), "mae_to_operator_ratio": ("Ours / operator", "%.3f"), "wape_pct": ("WAPE (%)", "%.2f"),
            "coverage_80_pct": ("In 80 % (%)", "%.1f"), "coverage_95_pct": ("In 95 % (%)", "%.1f")}  # fmt: skip
    columns = {m: st.column_config.NumberColumn(title, format=f) for m, (title, f) in form.items()}
    text = "Errors in the unit of each row, on identical hours; a ratio below 1 means that ours is better."
    shell.table(frame, text, "skill", at, columns | {"zone_id": "Zone", "unit": "Unit"})


def _vintages(at: shell.View) -> None:
    st.subheader("The operators' own vintages", anchor=False)
    frame = at.query(
        "operator_forecast",
        ["wape_pct", "mae_mw", "count_errors"],
        ["region_id", "lead_day"],
        where=[("zone_type", "equals", ["system"])],
        time="interval_start_utc",
    )
    frame = frame.drop_nulls("wape_pct").filter(pl.col("lead_day").is_between(0, 9)).sort("region_id", "lead_day")
    if frame.is_empty():
        shell.nothing(at, "operator forecasts beside a load", "operator_forecast", "latest_issued_at_utc")
        return
    cells = frame.with_columns(days=pl.col("lead_day").cast(pl.String))
    text = "Operators' load forecasts by whole days from issue to the hour: sum of errors over sum of load, %."
    drawn = marks.heatmap(cells, "days", "region_id", "wape_pct", ("Days ahead", "Region", "WAPE (%)"), form=".1f")
    shell.chart(drawn, text, frame, "operator_vintages", at)


def _monitor(at: shell.View, target: str) -> None:
    st.subheader("Drift and alerts", anchor=False)
    by = ["zone_id", "measure", "subject", "lead_bucket", "unit", "asks_retraining"]
    where = [("target", "equals", [target]), ("is_alert", "equals", ["true"])]
    frame = at.query(
        "forecast_monitor", ["average_value", "average_usual_value", "average_limit_value"], by, where=where, time=""
    )
    if frame.is_empty():
        st.success(f"Nothing about the forecasts of {target} is above its limit.", icon=":material/check:")
        return
    columns = {"zone_id": "Zone", "measure": "Measure", "subject": "Of", "lead_bucket": "Lead", "unit": "Unit", "asks_retraining": "Asks for training",
               "average_value": st.column_config.NumberColumn("Value", format="%.3f"), "average_usual_value": st.column_config.NumberColumn("Usual", format="%.3f"),
               "average_limit_value": st.column_config.NumberColumn("Limit", format="%.3f")}  # fmt: skip
    shell.table(
        frame,
        "What is above its limit now: drift of errors and of inputs over the last 14 days.",
        "forecast_alerts",
        at,
        columns,
    )
