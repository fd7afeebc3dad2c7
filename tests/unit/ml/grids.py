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
