"""Monitoring: accuracy by lead by hand, drift where there is some and none where there is none."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from ml.monitor import accuracy_by_lead, alerts, drift, stability_index


def forecasts(shift: float = 0.0, size: float = 0.01, days: int = 60) -> pl.DataFrame:
    """Hourly forecasts of one zone; in the last 14 days the relative error is moved by `shift`."""
    rng = np.random.default_rng(1)
    hours = np.arange(days * 24)
    y = 1000 + 100 * np.sin(2 * np.pi * hours / 24) + rng.normal(0, 30, len(hours))
    wrong = rng.normal(0, size, len(hours)) + np.where(hours >= (days - 14) * 24, shift, 0)
    point = y * (1 + wrong)
    return pl.DataFrame(
        {
            "zone_id": ["NYISO.TOTAL"] * len(hours),
            "model_id": ["m"] * len(hours),
            "interval_start_utc": [datetime(2018, 1, 1) + timedelta(hours=int(h)) for h in hours],
            "lead_time_hours": 14.0 + hours % 24,
            "y": y,
            "q0025": point - 40, "q0100": point - 20, "q0500": point, "q0900": point + 20, "q0975": point + 40,
        }
    )  # fmt: skip


def test_accuracy_by_lead_by_hand() -> None:
    rows = forecasts()
    table = accuracy_by_lead(rows)
    assert table["lead_bucket_h"].to_list() == [12, 18, 24, 30, 36]
    assert table["rows"].sum() == rows.height
    first = rows.filter(pl.col("lead_time_hours") < 18)
    error = (first["y"] - first["q0500"]).to_numpy()
    assert table["mae"][0] == pytest.approx(np.abs(error).mean())
    assert table["bias"][0] == pytest.approx(-error.mean())
    assert table["inside_80_pct"][0] == pytest.approx(100 * (np.abs(error) <= 20).mean())


def test_a_steady_forecast_raises_no_alert() -> None:
    table = drift(forecasts())
    assert table["error_drift"].item() < 0.1
    assert alerts(table) == []


def test_a_bias_is_drift_and_a_large_error_is_told() -> None:
    moved = alerts(drift(forecasts(shift=0.02)))
    assert [(a.kind, a.retrain) for a in moved] == [("error drift", True)]
    assert "NYISO.TOTAL: error drift is" in moved[0].message
    large = alerts(drift(forecasts(size=0.09)))
    assert "MAPE of the last days, %" in [a.kind for a in large]


def test_the_index_is_zero_for_equal_samples_and_unknown_for_few() -> None:
    values = np.random.default_rng(0).normal(size=2000)
    assert stability_index(values, values) == pytest.approx(0)
    assert stability_index(values, values + 1) > 0.5
    assert np.isnan(stability_index(values, values[:20]))
