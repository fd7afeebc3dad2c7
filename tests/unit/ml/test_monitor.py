"""Monitoring: accuracy by lead by hand, drift where there is some and none where there is none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from ml.monitor import accuracy_by_lead, drift, monitor, stability_index
from ml.store import MONITOR


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


def watched(shift: float = 0.0, size: float = 0.01, target: str = "load") -> pl.DataFrame:
    """What monitoring is given for those forecasts, 84 days of them."""
    rows = forecasts(shift, size, days=84)
    y, point = rows["y"], rows["q0500"]
    hour = np.arange(rows.height)
    return rows.with_columns(
        q0250=point - 10, q0750=point + 10, error=(y - point) / y, local_day=pl.Series(17532 + hour // 24), target=pl.lit(target),
        region_id=pl.lit("NYISO"), model_version=pl.lit("1"), source_system=pl.lit("S"), unit=pl.lit("MW"),
        reference_level=point / 1000, reference_position=point / point.max(), reference_change_1d=pl.Series(np.sin(hour)),
        y_same_hour=pl.Series(np.cos(hour)),
    )  # fmt: skip


def of(table: pl.DataFrame, measure: str) -> dict[str, Any]:
    return table.filter((pl.col("measure") == measure) & (pl.col("lead_bucket") == "all")).row(0, named=True)


def test_a_steady_forecast_raises_no_alert() -> None:
    table = monitor(watched())
    assert table.columns == MONITOR.column_names
    assert of(table, "error_drift")["value"] < 0.1
    assert table["is_alert"].sum() == 0
    assert of(table, "mape_pct")["value"] == pytest.approx(0.8, abs=0.1)  # mean of |N(0, 1 %)|
    assert of(table, "mae")["rows_used"] == 28 * 24
    assert set(table.filter(pl.col("measure") == "mae")["lead_bucket"]) == {
        "all",
        "12-18 h",
        "18-24 h",
        "24-30 h",
        "30-36 h",
        "36-42 h",
    }


def test_a_bias_is_drift_beyond_the_usual_and_asks_for_training() -> None:
    moved = of(monitor(watched(shift=0.02)), "error_drift")
    assert moved["value"] > moved["limit_value"] > moved["usual_value"]
    assert (moved["is_alert"], moved["asks_retraining"]) == (True, True)


def test_a_large_error_is_an_alert_for_load_alone() -> None:
    large = of(monitor(watched(size=0.09)), "mape_pct")
    assert (large["limit_value"], large["is_alert"], large["asks_retraining"]) == (5.0, True, True)
    assert "mape_pct" not in monitor(watched(size=0.09, target="price"))["measure"].to_list()


def test_drift_that_earlier_fortnights_had_too_asks_for_nothing() -> None:
    rng = np.random.default_rng(3)
    day = np.repeat(np.arange(84), 24)
    wandering = np.repeat(rng.normal(0, 1, 84 // 7), 7 * 24) + rng.normal(0, 0.1, len(day))
    value, usual = drift(wandering, day)
    assert usual > 0.1
    assert value > 0.1
    table = monitor(watched().with_columns(error=pl.Series(np.where(day >= 70, 0.3, 1.0) * wandering)))
    assert of(table, "error_drift")["is_alert"]


def test_nothing_watched_is_an_empty_table() -> None:
    assert monitor(pl.DataFrame()).columns == MONITOR.column_names


def test_the_index_is_zero_for_equal_samples_and_unknown_for_few() -> None:
    values = np.random.default_rng(0).normal(size=2000)
    assert stability_index(values, values) == pytest.approx(0)
    assert stability_index(values, values + 1) > 0.5
    assert np.isnan(stability_index(values, values[:20]))
