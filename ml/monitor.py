"""Watching forecasts after they were made: accuracy by lead, drift of errors and inputs, and what deserves an alert.

Belongs here: tables and alerts from forecasts beside outcomes. Sending alerts and retraining are the orchestration's.

Drift is the population stability index against a reference (Yurdakul 2018): shares of recent values in the tenths of the reference's. It is
0 where nothing moved; 0.1 is the usual line between noise and change, and ours ("drift > 10 %").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ml.frame import Array

DRIFT_LIMIT = 0.10
MAPE_LIMIT_PCT = 5.0
LEAD_BUCKET_HOURS = 6
SMALLEST_SHARE = 1e-3


@dataclass(frozen=True)
class Alert:
    """Something that crossed its limit; `retrain` says that a new training may mend it."""

    kind: str
    zone_id: str
    value: float
    limit: float
    retrain: bool = True

    @property
    def message(self) -> str:
        return f"{self.zone_id}: {self.kind} is {self.value:.3g}, above {self.limit:g}"


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
    if min(len(reference), len(recent)) < 50:
        return float("nan")
    edges = np.quantile(reference, np.linspace(0, 1, 11)[1:-1])
    expected, found = (
        np.maximum(np.bincount(np.searchsorted(edges, v), minlength=10) / len(v), SMALLEST_SHARE) for v in (reference, recent)
    )  # fmt: skip
    return float(((found - expected) * np.log(found / expected)).sum())


def drift(rows: pl.DataFrame, recent_days: int = 14) -> pl.DataFrame:
    """Per zone: stability index of relative errors and of y over the last `recent_days` against all days before.

    `rows`: zone_id, interval_start_utc, y, q0500. Columns: zone_id, error_drift, input_drift, recent_mape_pct, reference_mape_pct.
    """
    made = []
    for (zone,), part in rows.filter(pl.col("y").is_not_null()).partition_by("zone_id", as_dict=True).items():
        since = pl.lit(part["interval_start_utc"].max()) - pl.duration(days=recent_days)
        now = part.select(pl.col("interval_start_utc") > since).to_series().to_numpy()
        y, point = part["y"].to_numpy(), part["q0500"].to_numpy()
        relative = (y - point) / np.where(y == 0, np.nan, np.abs(y))
        made.append(
            {
                "zone_id": str(zone),
                "error_drift": stability_index(relative[~now], relative[now]),
                "input_drift": stability_index(y[~now], y[now]),
                "recent_mape_pct": _mape(relative[now]),
                "reference_mape_pct": _mape(relative[~now]),
            }
        )
    schema = {"zone_id": pl.String} | dict.fromkeys(
        ("error_drift", "input_drift", "recent_mape_pct", "reference_mape_pct"), pl.Float64
    )
    return pl.DataFrame(made, schema=schema).sort("zone_id")


def _mape(relative: Array) -> float:
    known = np.abs(relative[np.isfinite(relative)])
    return float(100 * known.mean()) if len(known) else float("nan")


def alerts(drifted: pl.DataFrame) -> list[Alert]:
    """What of `drift`'s table is above its limit: drift above 0.1, or a recent MAPE above 5 %. NaN is below every limit.

    y moves with the seasons: its drift alone is told and asks for no training.
    """
    found = []
    for row in drifted.iter_rows(named=True):
        checks = (
            ("error drift", row["error_drift"], DRIFT_LIMIT, True),
            ("input drift", row["input_drift"], DRIFT_LIMIT, False),
            ("MAPE of the last days, %", row["recent_mape_pct"], MAPE_LIMIT_PCT, True),
        )
        found += [Alert(kind, row["zone_id"], v, limit, again) for kind, v, limit, again in checks if v > limit]
    return found
