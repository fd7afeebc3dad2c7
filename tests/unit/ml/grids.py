"""Small deterministic series for tests of the ml room."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl

from ml.frame import Series


def load_series(
    days: int = 90, *, series_id: str = "NYISO.TOTAL", tz: str = "America/New_York", seed: int = 1, start: str = "2018-01-01T05:00",
    operator_bias: float = 0.03,
) -> Series:  # fmt: skip
    """Hourly load in MW: a daily and weekly shape, slow noise, and an operator whose forecast errs by hour."""
    rng = np.random.default_rng(seed)
    hours = np.arange(days * 24)
    shape = 10_000 + 2_000 * np.sin(2 * np.pi * (hours - 8) / 24) - 800 * (hours // 24 % 7 >= 5)
    slow = np.repeat(np.cumsum(rng.normal(0, 60, days)), 24)
    y = shape + slow + rng.normal(0, 80, len(hours))
    bias = 1 + operator_bias * np.cos(2 * np.pi * hours / 24)
    operator = (shape + slow) * bias + rng.normal(0, 60, len(hours))
    return Series(series_id, tz, np.datetime64(start, "us"), 60, y, operator)


def long_frame(series: Series) -> pl.DataFrame:
    """A series in the long format of a backtest input."""
    columns = {
        "series_id": [series.series_id] * len(series),
        "timestamp_utc": series.starts_utc,
        "y": series.y,
        "tz": [series.tz] * len(series),
    }
    frame = pl.DataFrame(columns)
    if series.operator is not None:
        frame = frame.with_columns(operator_forecast=pl.Series(series.operator))
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None))


def at(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def price_series(days: int = 140, *, series_id: str = "FR", seed: int = 3, start: str = "2015-01-01T00:00") -> Series:
    """Hourly prices that follow a residual load known the day before, with noise that lasts, spikes and a negative one."""
    rng = np.random.default_rng(seed)
    hours = np.arange(days * 24)
    load = (
        50
        + 10 * np.sin(2 * np.pi * (hours - 8) / 24)
        - 4 * (hours // 24 % 7 >= 5)
        + np.repeat(rng.normal(0, 3, days), 24)
    )
    wind = np.repeat(np.abs(rng.normal(10, 6, days)), 24) + rng.normal(0, 1, len(hours))
    lasting = np.zeros(days)
    for day in range(1, days):
        lasting[day] = 0.8 * lasting[day - 1] + rng.normal(0, 2)
    y = 0.9 * (load - wind) + np.repeat(lasting, 24) + rng.normal(0, 2, len(hours))
    y[rng.integers(0, len(hours), 5)] += 80
    y[len(hours) // 2] = -20
    return Series(series_id, "UTC", np.datetime64(start, "us"), 60, y, None, {"load": load, "wind": wind})
