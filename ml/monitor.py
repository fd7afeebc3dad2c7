"""Watching forecasts after they were made: accuracy by lead, drift of errors and inputs, and what deserves an alert.

Belongs here: one table from forecasts beside outcomes. Sending alerts and retraining are the orchestration's.

Drift is the population stability index against a reference (Yurdakul 2018): shares of recent values in the tenths of the reference's. It is
0 where nothing moved; 0.1 is the usual line between noise and change, and ours ("drift > 10 %"). Hours of a fortnight resemble one
another, so the index has noise of its own: the same index of every earlier fortnight against the rest says how much of it is usual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ml.frame import Array
from ml.store import MONITOR_EMPTY, QUANTILE_NAMES

if TYPE_CHECKING:
    from ml.champion import TrainedModel
    from ml.engine import Forecasts
    from ml.features import Rows
    from ml.zones import Zone

DRIFT_LIMIT = 0.10
MAPE_LIMIT_PCT = 5.0
RECENT_DAYS = 14
ACCURACY_DAYS = 28
WORSE = 1.2
LEAD_BUCKET_HOURS = 6
SMALLEST_SHARE = 1e-3
FEWEST_VALUES = 50
# What a model sees of the present hour by hour; the calendar drifts by itself and features of a whole day have too few values.
INPUTS = ("reference_level", "reference_position", "reference_change_1d", "y_same_hour")
KEYS = ("target", "zone_id", "region_id", "model_id", "model_version", "source_system")


def watched_rows(zone: Zone, rows: Rows, made: Forecasts, trained: TrainedModel) -> pl.DataFrame:
    """Every forecast of a zone that has an outcome, calibration's days included: quantiles, y, the error over the model's scale, and `INPUTS`.

    Hours in which nothing was and nothing was expected (the sun at night) are left out: they are no forecasts.
    """
    at = rows.at[made.index]
    y, point = zone.series.y[at], made.quantiles[:, QUANTILE_NAMES.index("q0500")]
    keep = np.isfinite(y) & ~((y == 0) & (point == 0))
    index, at = made.index[keep], at[keep]
    starts = zone.series.starts_utc[at]
    names = {
        "target": trained.target, "zone_id": zone.series.series_id, "region_id": zone.region_id, "model_id": trained.model_id,
        "model_version": trained.version, "source_system": zone.source_system, "unit": zone.unit,
    }  # fmt: skip
    columns: dict[str, Any] = {
        "local_day": rows.day[index],
        "interval_start_utc": starts,
        "lead_time_hours": (starts - rows.issued[index]) / np.timedelta64(1, "h"),
        "y": y[keep],
        "error": (y - point)[keep] / rows.scale[index],
        **{name: made.quantiles[keep, i] for i, name in enumerate(QUANTILE_NAMES)},
        **{name: rows.x[index, rows.names.index(name)].astype(np.float64) for name in INPUTS},
    }
    frame = pl.DataFrame(columns).with_columns(pl.col("interval_start_utc").cast(pl.Datetime("us")))
    return frame.with_columns(**{k: pl.lit(v) for k, v in names.items()})


def accuracy_by_lead(rows: pl.DataFrame) -> pl.DataFrame:
    """Per zone, model and lead bucket (6 h): rows, MAE, MAPE (%), bias, share inside the 80 and 95 % intervals (%).

    `rows`: zone_id, model_id, lead_time_hours, y and the quantiles q0025 ... q0975; rows without y do not count.
    """
    error = pl.col("y") - pl.col("q0500")
    return (
        rows.filter(pl.col("y").is_not_null())
        .with_columns(lead_bucket_h=(pl.col("lead_time_hours") // LEAD_BUCKET_HOURS * LEAD_BUCKET_HOURS).cast(pl.Int32))
        .group_by("zone_id", "model_id", "lead_bucket_h")
        .agg(
            rows=pl.len(),
            mae=error.abs().mean(),
            mape_pct=100 * (error.abs() / pl.col("y").abs()).filter(pl.col("y") != 0).mean(),
            bias=-error.mean(),
            inside_80_pct=100 * ((pl.col("y") >= pl.col("q0100")) & (pl.col("y") <= pl.col("q0900"))).mean(),
            inside_95_pct=100 * ((pl.col("y") >= pl.col("q0025")) & (pl.col("y") <= pl.col("q0975"))).mean(),
        )
        .sort("zone_id", "model_id", "lead_bucket_h")
    )


def stability_index(reference: Array, recent: Array) -> float:
    """Population stability index of `recent` against `reference` (NaN left out); NaN with under 50 values on a side."""
    reference, recent = (v[np.isfinite(v)] for v in (reference, recent))
    if min(len(reference), len(recent)) < FEWEST_VALUES:
        return float("nan")
    edges = np.quantile(reference, np.linspace(0, 1, 11)[1:-1])
    expected, found = (
        np.maximum(np.bincount(np.searchsorted(edges, v), minlength=10) / len(v), SMALLEST_SHARE) for v in (reference, recent)
    )  # fmt: skip
    return float(((found - expected) * np.log(found / expected)).sum())


def drift(values: Array, day: Array) -> tuple[float, float]:
    """Index of the last fortnight's values against those before, and the largest index of any earlier fortnight against the other
    earlier days. `day`: number of each value's day. NaN where there are too few."""
    age = day.max() - day
    recent = age < RECENT_DAYS
    before, window = values[~recent], age[~recent] // RECENT_DAYS
    earlier = [stability_index(before[window != w], before[window == w]) for w in np.unique(window)]
    known = [v for v in earlier if np.isfinite(v)]
    return stability_index(before, values[recent]), max(known) if known else float("nan")


def _worse(error: Array, day: Array) -> bool:
    """Whether the last fortnight's errors are larger than those before by more than a fifth: other errors are no worse ones."""
    recent = day > day.max() - RECENT_DAYS
    return bool(np.nanmean(np.abs(error[recent])) > WORSE * np.nanmean(np.abs(error[~recent])))


def monitor(watched: pl.DataFrame) -> pl.DataFrame:
    """The monitoring table (`ml.store.MONITOR`) of `watched_rows` of any zones.

    Per zone and model: drift of errors and inputs (last 14 days against those before), MAE, MAPE (load) and shares inside the
    intervals over the last 28 days, altogether and by lead. An alert is drift above 0.1 or a load's MAPE above 5 %. Retraining is asked
    for where errors drift more than any earlier fortnight's did, or the MAPE is above its limit. y moves with the seasons: inputs' drift
    is told and asks for nothing.
    """
    if watched.is_empty():
        return MONITOR_EMPTY
    made: list[dict[str, Any]] = []
    for key, part in sorted(watched.partition_by(*KEYS, as_dict=True).items(), key=lambda item: str(item[0])):
        made += [dict(zip(KEYS, key, strict=True)) | row for row in (*_drifts(part), *_accuracy(part))]
    return pl.DataFrame(made, schema=MONITOR_EMPTY.schema)


def _drifts(part: pl.DataFrame) -> list[dict[str, Any]]:
    day = part["local_day"].to_numpy()
    window = part.filter(pl.col("local_day") > int(day.max()) - RECENT_DAYS)
    rows = []
    for measure, names in (("error_drift", ("error",)), ("input_drift", INPUTS)):
        for name in names:
            value, usual = drift(part[name].to_numpy(), day)
            alert = value > DRIFT_LIMIT
            again = alert and measure == "error_drift" and not value <= usual and _worse(part[name].to_numpy(), day)
            rows.append(_row(window, measure, name, "all", value, usual, DRIFT_LIMIT, "1", alert, again))
    return rows


def _accuracy(part: pl.DataFrame) -> list[dict[str, Any]]:
    window = part.filter(pl.col("local_day") > int(part["local_day"].max()) - ACCURACY_DAYS)  # type: ignore[arg-type]
    unit, load = str(part["unit"][0]), part["target"][0] == "load"
    bucket = window["lead_time_hours"] // LEAD_BUCKET_HOURS * LEAD_BUCKET_HOURS
    pieces = {"all": window}
    pieces |= {
        f"{int(b):02d}-{int(b) + LEAD_BUCKET_HOURS:02d} h": window.filter(bucket == b)
        for b in sorted(bucket.unique().to_list())
    }
    rows = []
    for label, piece in pieces.items():
        scores = accuracy_by_lead(piece.with_columns(lead_time_hours=pl.lit(0.0))).row(0, named=True)
        rows.append(_row(piece, "mae", "error", label, scores["mae"], unit=unit))
        if load:
            value = scores["mape_pct"]
            alert = value is not None and value > MAPE_LIMIT_PCT
            rows.append(_row(piece, "mape_pct", "error", label, value, None, MAPE_LIMIT_PCT, "%", alert, alert and label == "all"))  # fmt: skip
        for percent in (80, 95):
            rows.append(_row(piece, f"coverage_{percent}_pct", "interval", label, scores[f"inside_{percent}_pct"], unit="%"))  # fmt: skip
    return rows


def _row(
    window: pl.DataFrame,
    measure: str,
    subject: str,
    label: str,
    value: float | None,
    usual: float | None = None,
    limit: float | None = None,
    unit: str = "",
    alert: bool = False,
    again: bool = False,
) -> dict[str, Any]:
    def known(number: float | None) -> float | None:
        return None if number is None or not np.isfinite(number) else float(number)

    return {
        "measure": measure, "subject": subject, "lead_bucket": label, "window_start_utc": window["interval_start_utc"].min(),
        "window_end_utc": window["interval_start_utc"].max(), "rows_used": window.height, "value": known(value), "usual_value": known(usual),
        "limit_value": limit, "unit": unit, "is_alert": bool(alert), "asks_retraining": bool(again),
    }  # fmt: skip
