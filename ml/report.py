"""A backtest as a page: tables and plots of one run, in one HTML file that needs nothing else.

Belongs here: drawing and writing. What is drawn are the scored rows and the summary of `ml.backtest`.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ml.calibration import INTERVALS
from ml.models import QUANTILES

SEASONS = {12: "winter", 1: "winter", 2: "winter", 3: "spring", 4: "spring", 5: "spring", 6: "summer", 7: "summer",
           8: "summer", 9: "autumn", 10: "autumn", 11: "autumn"}  # fmt: skip
WORST_DAYS = 10
# Readable without telling red from green (Okabe and Ito 2008).
OURS, OPERATOR, NAIVE = "#0072B2", "#E69F00", "#999999"


def prepared(rows: pl.DataFrame, zones: dict[str, str]) -> pl.DataFrame:
    """`rows` (the output file's columns) with local day, hour, season, lead and absolute errors. `zones`: series -> IANA zone."""
    parts = []
    for (name,), part in rows.partition_by("series_id", as_dict=True).items():
        local = pl.col("timestamp_utc").dt.replace_time_zone("UTC").dt.convert_time_zone(zones.get(str(name), "UTC"))
        parts.append(
            part.with_columns(
                day=local.dt.date(),
                hour=local.dt.hour().cast(pl.Int32),
                season=local.dt.month().cast(pl.Int32).replace_strict(SEASONS, return_dtype=pl.String),
                lead=((pl.col("timestamp_utc") - pl.col("issued_at_utc")).dt.total_minutes() // 60).cast(pl.Int32),
                ours=(pl.col("y") - pl.col("q0.5")).abs(),
                operator=(pl.col("y") - pl.col("operator_forecast")).abs(),
                naive_error=(pl.col("y") - pl.col("naive")).abs(),
            )
        )
    return pl.concat(parts).with_columns(
        *[
            ((pl.col("y") >= pl.col(f"q{QUANTILES[low]:g}")) & (pl.col("y") <= pl.col(f"q{QUANTILES[high]:g}")))
            .cast(pl.Float64)
            .alias(f"in{percent}")
            for percent, (low, high) in INTERVALS.items()
        ]
    )


def by(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """Mean absolute errors (ours, operator's, naive's), coverage and rows by `key`, over all series, each weighing alike."""
    each = rows.group_by("series_id", key).agg(
        pl.col("ours", "operator", "naive_error").mean(), pl.col("in80", "in95").mean() * 100, rows=pl.len()
    )
    return each.group_by(key).agg(
        pl.col("ours", "operator", "naive_error", "in80", "in95").mean(), pl.col("rows").sum()
    ).sort(key)  # fmt: skip


def reliability(rows: pl.DataFrame) -> list[tuple[float, float]]:
    """For each quantile its level and the share of outcomes at or below it."""
    return [(q, float(rows.select((pl.col("y") <= pl.col(f"q{q:g}")).mean()).item())) for q in QUANTILES]


def worst_days(rows: pl.DataFrame, count: int = WORST_DAYS) -> pl.DataFrame:
    """The local days with the largest mean absolute error of ours, beside the operator's and the naive's."""
    return (
        rows.group_by("series_id", "day")
        .agg(pl.col("ours", "operator", "naive_error").mean(), pl.col("y").mean().alias("mean_y"))
        .sort("ours", descending=True)
        .head(count)
    )


def write_report(path: Path, rows: pl.DataFrame, summary: dict[str, Any], zones: dict[str, str]) -> None:
    """Write the page of one backtest to `path` (.html). Plots are embedded; nothing is fetched."""
    frame = prepared(rows, zones)
    plots: list[tuple[str, Callable[[Any], None]]] = [
        ("Mean absolute error by local hour", lambda ax: _lines(ax, by(frame, "hour"), "hour", "local hour")),
        ("By hours from issue to target", lambda ax: _lines(ax, by(frame, "lead"), "lead", "lead, h")),
        ("By season", lambda ax: _bars(ax, by(frame, "season"), "season")),
        ("Share of outcomes inside the intervals by local hour, %", lambda ax: _coverage(ax, by(frame, "hour"))),
        ("Reliability: share of outcomes below each quantile", lambda ax: _reliable(ax, reliability(frame))),
    ]
    title = f"Backtest: {summary['target']}, {summary['model']}, {summary['test_from']} to {summary['test_to']}"
    body = [f"<h1>{html.escape(title)}</h1>", f"<p>{html.escape(_conditions(summary))}</p>", _series_table(summary)]
    body += [f"<h2>{html.escape(name)}</h2>{_figure(draw, name)}" for name, draw in plots]
    body += ["<h2>Worst days</h2>", _frame_table(worst_days(frame))]
    style = "body{font:15px sans-serif;max-width:60em;margin:2em auto}table{border-collapse:collapse}td,th{padding:.2em .7em;text-align:right;border-bottom:1px solid #ddd}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title><style>{style}</style>'
        f"<body>{''.join(body)}</body></html>"
    )


def _conditions(summary: dict[str, Any]) -> str:
    text = (
        f"Issued {summary['issue_time']} local on the day before, y known until "
        f"{'the end of the issue day' if summary['y_known_until'] == 'day-end' else 'the issue'}; "
        f"the operator's forecast is {'an input' if summary['operator_input'] else 'a benchmark only'}."
    )
    if summary.get("operator_forecast_issue_is_assumed"):
        text += " The operator's forecasts carry no issue time: that they were known at issue is assumed."
    return text


def _figure(draw: Callable[[Any], None], description: str) -> str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 3.2), dpi=110)
    draw(figure.subplots())
    figure.tight_layout()
    held = io.BytesIO()
    figure.savefig(held, format="png")
    data = base64.b64encode(held.getvalue()).decode()
    return f'<img alt="{html.escape(description)}" src="data:image/png;base64,{data}">'


def _known(frame: pl.DataFrame, column: str) -> bool:
    return bool(np.isfinite(frame[column].cast(pl.Float64).fill_null(np.nan).to_numpy()).any())


def _shown(frame: pl.DataFrame) -> list[tuple[str, str, str]]:
    columns = [("ours", "ours", OURS), ("operator", "operator", OPERATOR), ("naive_error", "naive", NAIVE)]
    return [c for c in columns if _known(frame, c[0])]


def _lines(axes: Any, frame: pl.DataFrame, key: str, label: str) -> None:
    for column, name, colour in _shown(frame):
        axes.plot(frame[key].to_numpy(), frame[column].to_numpy(), label=name, color=colour)
    axes.set_xlabel(label)
    axes.set_ylabel("MAE")
    axes.set_ylim(bottom=0)
    axes.legend()


def _bars(axes: Any, frame: pl.DataFrame, key: str) -> None:
    shown = _shown(frame)
    place = np.arange(frame.height)
    for n, (column, name, colour) in enumerate(shown):
        axes.bar(place + 0.8 * n / len(shown), frame[column].to_numpy(), 0.8 / len(shown), label=name, color=colour)
    axes.set_xticks(place + 0.4 - 0.4 / len(shown), frame[key].to_list())
    axes.set_ylabel("MAE")
    axes.legend()


def _coverage(axes: Any, frame: pl.DataFrame) -> None:
    for percent, colour in ((80, OURS), (95, OPERATOR)):
        axes.plot(frame["hour"].to_numpy(), frame[f"in{percent}"].to_numpy(), color=colour, label=f"{percent} %")
        axes.axhline(percent, color=colour, linestyle=":")
    axes.set_xlabel("local hour")
    axes.set_ylim(60, 100)
    axes.legend()


def _reliable(axes: Any, points: Sequence[tuple[float, float]]) -> None:
    levels, shares = zip(*points, strict=True)
    axes.plot([0, 1], [0, 1], color=NAIVE, linestyle=":")
    axes.plot(levels, shares, "o-", color=OURS)
    axes.set_xlabel("level")
    axes.set_ylabel("share below")


def _series_table(summary: dict[str, Any]) -> str:
    keys = ("series_id", "rows", "mae", "mape_pct", "operator_mae", "operator_mape_pct", "naive_mae", "pinball",
            "coverage_80_pct", "coverage_95_pct", "dm_statistic", "dm_p_value")  # fmt: skip
    return _table(keys, [[one.get(k) for k in keys] for one in summary["series"]])


def _frame_table(frame: pl.DataFrame) -> str:
    return _table(frame.columns, [list(row) for row in frame.iter_rows()])


def _table(head: Sequence[str], lines: Sequence[Sequence[Any]]) -> str:
    def text(value: Any) -> str:
        if value is None or (isinstance(value, float) and not np.isfinite(value)):
            return "–"
        return html.escape(f"{value:,.4g}" if isinstance(value, float) else str(value))

    rows = "".join("<tr>" + "".join(f"<td>{text(v)}</td>" for v in line) + "</tr>" for line in lines)
    return "<table><tr>" + "".join(f"<th>{html.escape(h)}</th>" for h in head) + f"</tr>{rows}</table>"
