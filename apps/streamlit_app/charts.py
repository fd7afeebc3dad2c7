"""The overview's charts as Altair specifications.

Belongs here: marks, scales, axes with units, colours that survive colour blindness. Does not belong here: queries,
Streamlit.

Every x axis lies on instants (UTC) and is labelled in the chosen zone, so that a spring day is drawn 23 hours wide and
an autumn day 25. Null values break lines: a gap stays a gap.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import altair as alt
import polars as pl

from apps.streamlit_app.clock import ticks, with_labels
from apps.streamlit_app.drawn import Drawn, kept, over_rows
from gridlake.times import HOUR

# Okabe and Ito's palette for categories, with dashes so that colour is never the only difference
REGION_COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"]
DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [10, 4], [1, 3], [12, 2]]
OURS, OPERATOR, ACTUAL, HISTORY = "#0072B2", "#D55E00", "#1A1A1A", "#7F7F7F"
BAND, NARROW, WIDE = "#C9C9C9", "#8FBFE0", "#CFE3F2"
# what would drown in a dark page, and the shade that stands for it there; hue and meaning stay
ON_DARK = {
    ACTUAL: "#F2F2F2", "#000000": "#FFFFFF", BAND: "#5F6672", NARROW: "#35719C", WIDE: "#27526F", OURS: "#3D9BD6",
    # fuels (dbt's seed `fuels`): the coals, hydro, oil and the like
    "#222222": "#5C5C5C", "#333333": "#6E6E6E", "#444444": "#808080", "#332288": "#6C5CC4", "#4444AA": "#7878D8", "#661100": "#A8492F",
    "#117733": "#2E9E57", "#882255": "#B54C84", "#771155": "#A8407F", "#555533": "#85855A", "#AA4466": "#C4627F", "#AA4499": "#C36BB4",
}  # fmt: skip
HEIGHT = 265


def on_dark(spec: Any) -> Any:
    """A chart's specification in the colours of a dark page; its rows are left as they are.

    >>> on_dark({"mark": {"color": "#1A1A1A"}, "data": {"values": [{"x": "#1A1A1A"}]}})
    {'mark': {'color': '#F2F2F2'}, 'data': {'values': [{'x': '#1A1A1A'}]}}
    """
    if isinstance(spec, dict):
        return {key: part if key in ("data", "datasets") else on_dark(part) for key, part in spec.items()}
    if isinstance(spec, list):
        return [on_dark(part) for part in spec]
    return ON_DARK.get(spec, spec) if isinstance(spec, str) else spec


def stands_alone(frame: pl.DataFrame, value: str, series: str) -> bool:
    """Whether a value of a series has none beside it: a line alone would not show it."""
    beside = [pl.col(value).shift(n).over(series).is_null() for n in (1, -1)]
    return bool(frame.select((pl.col(value).is_not_null() & beside[0] & beside[1]).any()).item())


def time_axis(frame: pl.DataFrame, zone: str, field: str = "interval_start_utc") -> alt.X:
    """The time axis: instants with tick labels in `zone`; its title says whether they begin hours or whole days in UTC."""
    starts = frame["interval_start_utc"].drop_nulls().unique()
    start, end = starts.min(), starts.max()
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    marks = ticks(start, end + HOUR, zone)
    are_days = len(starts) > 1 and bool((starts == starts.dt.truncate("1d")).all())
    labels = {str(int(t.replace(tzinfo=UTC).timestamp() * 1000)): label for t, label in marks}
    return alt.X(
        f"{field}:T",
        title="Start of day (UTC)" if are_days else f"Start of hour ({zone})",
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(
            values=[iso(t) for t, _ in marks],
            labelExpr=f"{json.dumps(labels)}[toString(toNumber(datum.value))] || ''",
            labelOverlap=False,
            labelFlush=False,
            titlePadding=4,
            grid=True,
            gridOpacity=0.3,
        ),
    )


def iso(t: datetime) -> str:
    return t.isoformat() + "Z"


def rows(frame: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Rows to draw; instants as ISO with Z, or a browser would read them as its own local time."""
    stamps = [c for c, t in frame.schema.items() if isinstance(t, pl.Datetime)]
    return with_labels(frame, zone).with_columns(pl.col(c).dt.strftime("%Y-%m-%dT%H:%M:%SZ") for c in stamps)


def _mw(field: str, title: str = "Load (MW)", zero: bool = False) -> alt.Y:
    return alt.Y(f"{field}:Q", title=title, scale=alt.Scale(zero=zero), axis=alt.Axis(format=",.0f"))


def _imputed_points(base: alt.Chart, x: alt.X, y: alt.Y) -> alt.Chart:
    return base.transform_filter("datum.is_imputed && isValid(datum.load_mw)").mark_point(
        shape="circle", filled=False, size=55, strokeWidth=1.6, color=ACTUAL
    ).encode(x=x, y=y, tooltip=[alt.Tooltip("when:N", title="Hour"), alt.Tooltip("load_mw:Q", title="Imputed MW", format=",.0f")])  # fmt: skip


@kept
def load_against_history(frame: pl.DataFrame, zone: str) -> Drawn:
    """24 hours of load over the p10–p90 band and the median of the same hour on earlier days."""
    base = over_rows()
    x = time_axis(frame, zone)
    tip = [
        alt.Tooltip("when:N", title="Hour"), alt.Tooltip("load_mw:Q", title="Load (MW)", format=",.0f"),
        alt.Tooltip("p10_mw:Q", title="p10 (MW)", format=",.0f"), alt.Tooltip("median_mw:Q", title="Median (MW)", format=",.0f"),
        alt.Tooltip("p90_mw:Q", title="p90 (MW)", format=",.0f"), alt.Tooltip("days:Q", title="Days of history"),
    ]  # fmt: skip
    layers = {"Load": ACTUAL, "Median of earlier days": HISTORY, "p10–p90 of earlier days": BAND}
    base, named = named_of(base, layers), legend_of(layers)
    band = base.mark_area(opacity=0.55).encode(
        x=x, y=_mw("p10_mw"), y2="p90_mw:Q", color=named("p10–p90 of earlier days"), tooltip=tip
    )
    median = base.mark_line(strokeDash=[4, 3], strokeWidth=1.5).encode(
        x=x, y=_mw("median_mw"), color=named("Median of earlier days"), tooltip=tip
    )
    line = base.mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=18)).encode(
        x=x, y=_mw("load_mw"), color=named("Load"), tooltip=tip
    )
    layered = layers_of(band, median, line, _imputed_points(base, x, _mw("load_mw")))
    return Drawn(layered.properties(height=HEIGHT), rows(frame, zone))


def legend_of(colors: dict[str, str]) -> Callable[[str], alt.Color]:
    """Colours of a layered chart by the layers' names, with one legend for all layers."""
    scale = alt.Scale(domain=list(colors), range=list(colors.values()))
    legend = alt.Legend(
        title=None, orient="bottom", offset=8, padding=0, symbolType="stroke", symbolStrokeWidth=4, symbolOpacity=1
    )

    def named(name: str) -> alt.Color:
        return alt.Color(f"series_{list(colors).index(name)}:N", scale=scale, legend=legend, title=None)

    return named


def layers_of(*charts: alt.Chart) -> alt.LayerChart:
    layered = alt.layer(*charts)
    assert isinstance(layered, alt.LayerChart)
    return layered


def named_of(base: alt.Chart, names: Iterable[str]) -> alt.Chart:
    """`base` with one constant column for each layer's name, in the order of its legend."""
    return base.transform_calculate(**{f"series_{i}": json.dumps(name) for i, name in enumerate(names)})


def dash_of(place: int) -> list[int]:
    """The dash of a series: after a round of colours, colour and dash no longer fall together."""
    return DASHES[(place + place // len(REGION_COLORS)) % len(DASHES)]


def by_region(ids: Sequence[str], known: Sequence[str]) -> tuple[alt.Color, alt.StrokeDash]:
    """Colour and dash of each region: its place among all `known` ones, so that choosing regions changes none."""
    # among more regions than there are colours, two shown together could share one: then the place is that among the shown
    among = known if len(known) <= len(REGION_COLORS) else ids
    places = [list(among).index(region_id) for region_id in ids]
    colors = [REGION_COLORS[p % len(REGION_COLORS)] for p in places]
    dashes = [dash_of(p) for p in places]
    legend = alt.Legend(title=None, orient="bottom", offset=8, padding=0, symbolSize=300, symbolType="stroke")
    return (
        alt.Color("region_id:N", scale=alt.Scale(domain=list(ids), range=colors), legend=legend),
        alt.StrokeDash("region_id:N", scale=alt.Scale(domain=list(ids), range=dashes), legend=legend),
    )


@kept
def load_by_region(frame: pl.DataFrame, ids: Sequence[str], known: Sequence[str], zone: str) -> Drawn:
    """Load of each region; hollow points are imputed hours."""
    base = over_rows()
    x, y = time_axis(frame, zone), _mw("load_mw")
    color, dash = by_region(ids, known)
    lines = base.mark_line(strokeWidth=2).encode(
        x=x, y=y, color=color, strokeDash=dash,
        tooltip=[alt.Tooltip("region_id:N", title="ISO"), alt.Tooltip("when:N", title="Hour"), alt.Tooltip("load_mw:Q", title="Load (MW)", format=",.0f")],
    )  # fmt: skip
    return Drawn(layers_of(lines, _imputed_points(base, x, y)).properties(height=HEIGHT), rows(frame, zone))


def stacked(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with `from_mw` and `to_mw`: each fuel on those before it, output upwards, charging downwards from zero."""
    value = pl.col("generation_mw")
    key = "interval_start_utc"
    ordered = frame.sort(key, "sort_order", "fuel_name").with_columns(
        above=value.clip(lower_bound=0.0).cum_sum().over(key), below=value.clip(upper_bound=0.0).cum_sum().over(key)
    )
    to = pl.when(value >= 0).then(pl.col("above")).otherwise(pl.col("below"))
    return ordered.with_columns(from_mw=to - value, to_mw=to).drop("above", "below")


@kept
def fuel_mix(frame: pl.DataFrame, zone: str) -> Drawn:
    """Generation stacked by fuel, each hour a column, so that an hour without data stays empty; charging lies below zero."""
    frame = frame.filter((pl.col("generation_mw") != 0).any().over("fuel_name"))  # no legend for what never ran
    fuels = frame.select("fuel_name", "color_hex", "sort_order").unique().sort("sort_order", "fuel_name")
    names = fuels["fuel_name"].to_list()
    scale = alt.Scale(domain=names, range=fuels["color_hex"].to_list())
    chart = (
        over_rows()
        .mark_rect(stroke=None)
        .encode(
            x=time_axis(frame, zone),
            x2="interval_end_utc:T",
            y=alt.Y("from_mw:Q", title="Generation (MW)", axis=alt.Axis(format=",.0f")),
            y2="to_mw:Q",
            color=alt.Color(
                "fuel_name:N",
                scale=scale,
                sort=names,
                legend=alt.Legend(title=None, orient="bottom", offset=8, padding=0, columns=3),
            ),
            tooltip=[
                alt.Tooltip("fuel_name:N", title="Fuel"),
                alt.Tooltip("when:N", title="Hour"),
                alt.Tooltip("generation_mw:Q", title="Generation (MW)", format=",.0f"),
            ],
        )
        .properties(height=HEIGHT)
    )
    return Drawn(chart, rows(stacked(frame), zone))


@kept
def forecast(frame: pl.DataFrame, zone: str, through: datetime) -> Drawn:
    """Our forecast with its 80 % and 95 % bands beside the operator's and the actual load; the rule ends the known hours."""
    base = over_rows()
    x = time_axis(frame, zone)
    names = (
        {"Actual load": ACTUAL, "GridLake forecast": OURS, "80 % band": NARROW, "95 % band": WIDE, "Operator's forecast": OPERATOR}
    )  # fmt: skip
    base, named = named_of(base, names), legend_of(names)
    tip = [
        alt.Tooltip("when:N", title="Hour"), alt.Tooltip("load_mw:Q", title="Actual (MW)", format=",.0f"),
        alt.Tooltip("forecast_mw:Q", title="GridLake (MW)", format=",.0f"), alt.Tooltip("operator_mw:Q", title="Operator (MW)", format=",.0f"),
        alt.Tooltip("lower_80_mw:Q", title="80 % from (MW)", format=",.0f"), alt.Tooltip("upper_80_mw:Q", title="80 % to (MW)", format=",.0f"),
        alt.Tooltip("lower_95_mw:Q", title="95 % from (MW)", format=",.0f"), alt.Tooltip("upper_95_mw:Q", title="95 % to (MW)", format=",.0f"),
    ]  # fmt: skip
    wide = base.mark_area().encode(x=x, y=_mw("lower_95_mw"), y2="upper_95_mw:Q", color=named("95 % band"), tooltip=tip)
    narrow = base.mark_area().encode(
        x=x, y=_mw("lower_80_mw"), y2="upper_80_mw:Q", color=named("80 % band"), tooltip=tip
    )
    ours = base.mark_line(strokeWidth=2.2).encode(
        x=x, y=_mw("forecast_mw"), color=named("GridLake forecast"), tooltip=tip
    )
    theirs = base.mark_line(strokeWidth=1.8, strokeDash=[6, 3]).encode(
        x=x, y=_mw("operator_mw"), color=named("Operator's forecast"), tooltip=tip
    )
    actual = base.mark_line(strokeWidth=2.4).encode(x=x, y=_mw("load_mw"), color=named("Actual load"), tooltip=tip)
    edge = (
        alt.Chart(alt.Data(values=[{"interval_start_utc": iso(through)}]))
        .mark_rule(strokeDash=[3, 3], color=HISTORY)
        .encode(x=x, tooltip=alt.value("Latest actual hour"))
    )
    layers = [wide, narrow, theirs, ours, actual, edge, _imputed_points(base, x, _mw("load_mw"))]
    return Drawn(layers_of(*layers).properties(height=HEIGHT + 40), rows(frame, zone))


@kept
def prices_by_region(
    frame: pl.DataFrame, ids: Sequence[str], known: Sequence[str], zone: str, unit: str, market: str
) -> Drawn:
    """Mean price of each region; a currency other than the others' has its own axis title in `unit`."""
    color, dash = by_region(ids, known)
    point: Any = alt.OverlayMarkDef(size=40) if stands_alone(frame, "price_per_mwh", "region_id") else False
    chart = (
        over_rows()
        .mark_line(strokeWidth=2, interpolate="step-after", point=point)
        .encode(
            x=time_axis(frame, zone),
            y=alt.Y("price_per_mwh:Q", title=f"{market} price ({unit})", scale=alt.Scale(zero=False), axis=alt.Axis(format=",.0f")),
            color=color,
            strokeDash=dash,
            tooltip=[
                alt.Tooltip("region_id:N", title="ISO"), alt.Tooltip("when:N", title="Hour"),
                alt.Tooltip("price_per_mwh:Q", title="Price per MWh", format=",.2f"), alt.Tooltip("currency:N", title="Currency"),
            ],
        )
        .properties(height=HEIGHT)
    )  # fmt: skip
    return Drawn(chart, rows(frame, zone))
