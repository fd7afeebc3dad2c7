"""Charts that any page may draw: lines over time, bars, heatmaps, bands. Altair only.

Belongs here: marks, axes with units, colours that survive colour blindness. Does not belong here: queries, Streamlit.

A frame with `interval_start_utc` lies on instants labelled in the chosen zone, one with `local_date` on the regions' own
days. Nulls break lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from apps.streamlit_app.charts import (
    ACTUAL,
    NARROW,
    OPERATOR,
    OURS,
    REGION_COLORS,
    WIDE,
    dash_of,
    layers_of,
    legend_of,
    named_of,
    rows,
    stands_alone,
    time_axis,
)  # fmt: skip
from apps.streamlit_app.clock import hour_grid
from apps.streamlit_app.drawn import Drawn, kept, over_rows

HEIGHT = 280


def filled(frame: pl.DataFrame, series: Sequence[str] = ()) -> pl.DataFrame:
    """`frame` with a row for every hour, or day, between its ends and every one of its series: gaps become nulls."""
    if frame.is_empty():
        return frame
    if "interval_start_utc" in frame.columns:
        key, first, last = "interval_start_utc", frame["interval_start_utc"].min(), frame["interval_start_utc"].max()
        axis = hour_grid(first, last)  # type: ignore[arg-type]
    else:
        key, first, last = "local_date", frame["local_date"].min(), frame["local_date"].max()
        axis = pl.DataFrame({key: pl.date_range(first, last, "1d", eager=True)})  # type: ignore[arg-type]
    if series:
        axis = axis.join(frame.select(series).unique(maintain_order=True), how="cross")
    return axis.join(frame, on=[key, *series], how="left").sort([*series, key])


def _data(frame: pl.DataFrame, zone: str) -> pl.DataFrame:
    if "interval_start_utc" in frame.columns:
        return rows(frame, zone)
    days = [c for c, t in frame.schema.items() if t == pl.Date]
    stamps = [c for c, t in frame.schema.items() if isinstance(t, pl.Datetime)]
    labelled = [pl.col("local_date").dt.strftime("%a %-d %b %Y").alias("when")] if "local_date" in days else []
    return frame.with_columns(labelled).with_columns(
        *[pl.col(c).dt.strftime("%Y-%m-%dT00:00:00Z") for c in days], *[pl.col(c).dt.strftime("%Y-%m-%dT%H:%M:%SZ") for c in stamps]
    )  # fmt: skip


def _x(frame: pl.DataFrame, zone: str) -> alt.X:
    if "interval_start_utc" in frame.columns:
        return time_axis(frame, zone)
    return alt.X(
        "local_date:T", title="Local day", scale=alt.Scale(type="utc"),
        axis=alt.Axis(format="%-d %b %y", labelOverlap=True, grid=True, gridOpacity=0.3, tickCount=8),
    )  # fmt: skip


def _numbers(form: str) -> alt.Axis:
    """An axis of numbers; whole ones have no tick between them."""
    return alt.Axis(format=form, tickMinStep=1) if form == ",.0f" else alt.Axis(format=form)


def _color(
    field: str, names: Sequence[str], colors: Sequence[str] = (), lines: bool = False
) -> tuple[alt.Color, alt.StrokeDash]:
    shades = list(colors) or [REGION_COLORS[i % len(REGION_COLORS)] for i in range(len(names))]
    dashes = [dash_of(i) for i in range(len(names))]
    legend = alt.Legend(
        title=None,
        orient="bottom",
        offset=8,
        padding=0,
        symbolSize=300,
        columns=9,
        labelLimit=220,
        symbolType="stroke" if lines else "circle",
    )
    return (
        alt.Color(f"{field}:N", scale=alt.Scale(domain=list(names), range=shades), legend=legend),
        alt.StrokeDash(f"{field}:N", scale=alt.Scale(domain=list(names), range=dashes), legend=legend),
    )


@kept
def lines(
    frame: pl.DataFrame, value: str, series: str, names: Sequence[str], title: str, zone: str, *, form: str = ",.0f", colors: Sequence[str] = (), step: bool = False, zero: bool = False, fill: bool = True,
) -> Drawn:  # fmt: skip
    """One line for each of `names`, the values of column `series`; `title` is the axis with its unit."""
    color, dash = _color(series, names, colors, lines=True)
    whole = filled(frame, [series]) if fill else frame
    point: Any = alt.OverlayMarkDef(size=30) if stands_alone(whole, value, series) else False
    chart = (
        over_rows()
        .mark_line(strokeWidth=2, interpolate="step-after" if step else "linear", point=point)
        .encode(
            x=_x(whole, zone), y=alt.Y(f"{value}:Q", title=title, scale=alt.Scale(zero=zero), axis=_numbers(form)), color=color, strokeDash=dash,
            tooltip=[alt.Tooltip(f"{series}:N"), alt.Tooltip("when:N", title="When"), alt.Tooltip(f"{value}:Q", title=title, format=form)],
        )
        .properties(height=HEIGHT)
    )  # fmt: skip
    return Drawn(chart, _data(whole, zone))


@kept
def stack(
    frame: pl.DataFrame, value: str, series: str, names: Sequence[str], colors: Sequence[str], title: str, zone: str
) -> Drawn:
    """Columns stacked by `series`, one an hour or a day; what is negative lies below zero."""
    is_hourly = "interval_start_utc" in frame.columns
    color, _ = _color(series, names, colors)
    width = 1 if is_hourly else 24
    whole = frame.with_columns(pl.lit(width).alias("hours"))
    end = "interval_end_utc" if is_hourly else "next_date"
    start = "interval_start_utc" if is_hourly else "local_date"
    whole = whole.with_columns(pl.col(start).dt.offset_by(f"{width}h" if is_hourly else "1d").alias(end))
    above = pl.col(value).clip(lower_bound=0).cum_sum().over(start)
    below = pl.col(value).clip(upper_bound=0).cum_sum().over(start)
    to = pl.when(pl.col(value) >= 0).then(above).otherwise(below)
    order = pl.col(series).replace_strict(list(names), list(range(len(names))), default=len(names)).alias("place")
    whole = (
        whole.with_columns(order)
        .sort(start, "place")
        .with_columns(to=to)
        .with_columns(base=pl.col("to") - pl.col(value))
    )
    chart = (
        over_rows().mark_rect(stroke=None).encode(
            x=_x(whole, zone), x2=f"{end}:T", y=alt.Y("base:Q", title=title, axis=alt.Axis(format=",.0f")), y2="to:Q", color=color,
            tooltip=[alt.Tooltip(f"{series}:N"), alt.Tooltip("when:N", title="When"), alt.Tooltip(f"{value}:Q", title=title, format=",.0f")],
        ).properties(height=HEIGHT)
    )  # fmt: skip
    return Drawn(chart, _data(whole, zone))


@kept
def bars(
    frame: pl.DataFrame,
    value: str,
    label: str,
    title: str,
    *,
    form: str = ",.0f",
    color: str = OURS,
    height: int = 0,
    by: str = "",
) -> Drawn:
    """Horizontal bars, the largest first; `by` colours them by a second column."""
    tips = [alt.Tooltip(f"{c}:N") for c in frame.columns if c != value] + [
        alt.Tooltip(f"{value}:Q", title=title, format=form)
    ]
    shade: Any = alt.value(color)
    if by:
        names = sorted(frame[by].drop_nulls().unique().to_list())
        shade, _ = _color(by, names)
    chart = (
        over_rows().mark_bar().encode(
            y=alt.Y(f"{label}:N", sort="-x", title=None, axis=alt.Axis(labelLimit=260, labelOverlap=False)),
            x=alt.X(f"{value}:Q", title=title, axis=_numbers(form)), color=shade, tooltip=tips,
        ).properties(height=height or max(130, 24 * frame[label].n_unique() + 70) + (60 if by else 0))
    )  # fmt: skip
    return Drawn(chart, _data(frame, "UTC"))


@kept
def heatmap(
    frame: pl.DataFrame,
    x: str,
    y: str,
    value: str,
    titles: tuple[str, str, str],
    *,
    form: str = ",.0f",
    scheme: str = "viridis",
    reverse: bool = False,
    domain: tuple[float, float] | None = None,
) -> Drawn:
    """Cells coloured by a value, over its whole `domain` if that is known; `titles` name the x axis, the y axis and the value with its unit. Missing cells stay empty."""
    is_day = frame.schema[x] == pl.Date
    across = (
        alt.X(f"yearmonthdate({x}):O", title=titles[0], axis=alt.Axis(format="%-d %b", labelOverlap=True, labelAngle=0), timeUnit="utcyearmonthdate")
        if is_day else alt.X(f"{x}:O", title=titles[0], axis=alt.Axis(labelAngle=0))
    )  # fmt: skip
    chart = (
        over_rows().mark_rect().encode(
            x=across, y=alt.Y(f"{y}:O", title=titles[1], axis=alt.Axis(labelLimit=220, labelOverlap=False)),
            color=alt.Color(f"{value}:Q", title=titles[2], scale=alt.Scale(scheme=scheme, reverse=reverse, **({"domain": list(domain)} if domain else {})), legend=alt.Legend(orient="right", format=form)),  # type: ignore[arg-type]
            tooltip=[alt.Tooltip("when:N", title="Day") if is_day else alt.Tooltip(f"{x}:N"), alt.Tooltip(f"{y}:N", title=titles[1]), alt.Tooltip(f"{value}:Q", title=titles[2], format=form)],
        ).properties(height=max(160, 18 * frame[y].n_unique() + 80))
    )  # fmt: skip
    return Drawn(chart, _data(frame.drop_nulls(value), "UTC"))


@kept
def curve(
    frame: pl.DataFrame,
    x: str,
    value: str,
    series: str,
    names: Sequence[str],
    titles: tuple[str, str],
    *,
    form: str = ",.0f",
) -> Drawn:
    """Lines over a number instead of time: a duration curve, a daily profile."""
    color, dash = _color(series, names, lines=True)
    chart = (
        over_rows().mark_line(strokeWidth=2).encode(
            x=alt.X(f"{x}:Q", title=titles[0]), y=alt.Y(f"{value}:Q", title=titles[1], axis=alt.Axis(format=form)), color=color, strokeDash=dash,
            tooltip=[alt.Tooltip(f"{series}:N"), alt.Tooltip(f"{x}:Q", title=titles[0], format=".1f"), alt.Tooltip(f"{value}:Q", title=titles[1], format=form)],
        ).properties(height=HEIGHT)
    )  # fmt: skip
    return Drawn(chart, _data(frame, "UTC"))


@kept
def band(frame: pl.DataFrame, zone: str, title: str, *, form: str = ",.0f") -> Drawn:
    """Actual, forecast, its two bands, and the operator's: columns actual, forecast, lower_80 … upper_95, operator."""
    whole = filled(frame)
    names = {
        "Actual": ACTUAL,
        "GridLake forecast": OURS,
        "80 % band": NARROW,
        "95 % band": WIDE,
        "Operator's forecast": OPERATOR,
    }
    if whole["operator"].null_count() == whole.height:
        del names["Operator's forecast"]
    base, named = named_of(over_rows(), names), legend_of(names)
    x = _x(whole, zone)
    tip = [alt.Tooltip("when:N", title="When")] + [
        alt.Tooltip(f"{c}:Q", title=c.replace("_", " "), format=form) for c in ("actual", "forecast", "lower_80", "upper_80", "lower_95", "upper_95", "operator")
    ]  # fmt: skip

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(format=form))

    layers = [
        base.mark_area().encode(x=x, y=y("lower_95"), y2="upper_95:Q", color=named("95 % band"), tooltip=tip),
        base.mark_area().encode(x=x, y=y("lower_80"), y2="upper_80:Q", color=named("80 % band"), tooltip=tip),
        base.mark_line(strokeWidth=2.2).encode(x=x, y=y("forecast"), color=named("GridLake forecast"), tooltip=tip),
        base.mark_line(strokeWidth=2.2).encode(x=x, y=y("actual"), color=named("Actual"), tooltip=tip),
    ]
    if "Operator's forecast" in names:
        theirs = base.mark_line(strokeWidth=1.6, strokeDash=[6, 3])
        layers.append(theirs.encode(x=x, y=y("operator"), color=named("Operator's forecast"), tooltip=tip))
    return Drawn(layers_of(*layers).properties(height=HEIGHT + 40), _data(whole, zone))


@kept
def points(frame: pl.DataFrame, x: str, y: str, size: str, color: str, titles: tuple[str, str, str]) -> Drawn:
    """Points in a plane, sized by a third column, coloured by a fourth."""
    names = sorted(frame[color].drop_nulls().unique().to_list())
    shade, _ = _color(color, names)
    chart = (
        over_rows().mark_circle(opacity=0.75).encode(
            x=alt.X(f"{x}:Q", title=titles[0], scale=alt.Scale(zero=False)), y=alt.Y(f"{y}:Q", title=titles[1], scale=alt.Scale(zero=False)),
            size=alt.Size(f"{size}:Q", title=titles[2], legend=alt.Legend(orient="bottom", symbolFillColor="#8A8F98")), color=shade, tooltip=[alt.Tooltip(f"{c}:N") for c in frame.columns],
        ).properties(height=HEIGHT + 60)
    )  # fmt: skip
    return Drawn(chart, _data(frame, "UTC"))


@kept
def tiles(frame: pl.DataFrame, title: str) -> Drawn:
    """A map of tiles: columns `column`, `row`, `state`, `value` (null: grey), `plants`. It needs no shapes and no network."""
    base = over_rows()
    place: dict[str, Any] = {
        "x": alt.X("column:O", title=None, axis=None, scale=alt.Scale(padding=0.06)),
        "y": alt.Y("row:O", title=None, axis=None, scale=alt.Scale(padding=0.06)),
    }
    tip = [
        alt.Tooltip("state:N", title="State"), alt.Tooltip("value:Q", title=title, format=",.1f"), alt.Tooltip("plants:Q", title="Plants"),
    ]  # fmt: skip
    shade = alt.Color(
        "value:Q", title=title, scale=alt.Scale(scheme="viridis"), legend=alt.Legend(orient="right", format=",.0f")
    )
    known = "isValid(datum.value)"
    most = frame["value"].max()
    middle = (float(most) if isinstance(most, int | float) else 0.0) * 0.6
    ink = alt.condition(f"datum.value <= {middle}", alt.value("#FFFFFF"), alt.value("#111111"))
    words: dict[str, Any] = {"fontSize": 12, "fontWeight": "bold"}
    chart = layers_of(
        base.mark_rect(cornerRadius=4, color="#A9AEB5", opacity=0.35).encode(**place, tooltip=tip),
        base.transform_filter(known).mark_rect(cornerRadius=4).encode(**place, color=shade, tooltip=tip),
        base.transform_filter(f"!{known}")
        .mark_text(color=ACTUAL, **words)
        .encode(**place, text="state:N", tooltip=tip),
        base.transform_filter(known).mark_text(**words).encode(**place, text="state:N", color=ink, tooltip=tip),
    ).properties(height=HEIGHT + 120)
    return Drawn(chart, _data(frame, "UTC"))


__all__ = ["band", "bars", "curve", "filled", "heatmap", "lines", "points", "stack", "tiles"]
