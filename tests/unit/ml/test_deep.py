"""Deep experts at toy sizes; without torch only that they say what is missing."""

from __future__ import annotations

import importlib.util
from datetime import date
from typing import Any

import numpy as np
import pytest

import ml.experts
from gridlake.errors import UsageError
from ml.backtest import Plan, run_backtest
from ml.deep import Deep, require_torch
from ml.experts import DAILY
from tests.unit.ml.grids import price_series
from tests.unit.ml.test_experts import daily

HAS_TORCH = importlib.util.find_spec("torch") is not None
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="torch is not installed: pip install torch==2.13.0")
CELLS = ("bilstm", "gru", "encdec", "transformer", "tft")


def toy(cell: str, **settings: Any) -> Deep:
    return Deep(name=cell, cell=cell, window=100, hidden=16, epochs=6, batch=32, **settings)


@pytest.mark.skipif(HAS_TORCH, reason="torch is installed")
def test_without_torch_the_remedy_is_named() -> None:
    with pytest.raises(UsageError, match="need torch"):
        require_torch()
    series = price_series(80)
    one = daily(series)
    with pytest.raises(UsageError, match="need torch"):
        DAILY["tft"]().forecast(one.view(one.first_day + 60), np.array([one.first_day + 60]))


@needs_torch
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_learns_repeats_itself_and_never_crosses(cell: str) -> None:
    series = price_series(140)
    one = daily(series)
    days = one.first_day + np.arange(120, 130)
    expert = toy(cell)
    (first,), (again,) = (expert.quantiles([one.view(int(days[-1]))], days) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (10, 24, 7)
    assert (np.diff(first, axis=2) >= 0).all()
    truth, week_ago = one.y[120:130], one.y[113:123]
    assert np.abs(first[:, :, 3] - truth).mean() < np.abs(week_ago - truth).mean()


@needs_torch
def test_many_series_are_trained_in_one_module() -> None:
    many = [daily(price_series(140, seed=n, series_id=f"X{n}")) for n in range(3)]
    days = many[0].first_day + np.arange(120, 124)
    made = toy("gru").quantiles([m.view(int(days[-1])) for m in many], days)
    assert [m.shape for m in made] == [(4, 24, 7)] * 3
    short = daily(price_series(30))
    assert np.isnan(toy("gru").quantiles([short.view(short.first_day + 25)], np.array([short.first_day + 25]))[0]).all()


@needs_torch
@pytest.mark.parametrize("cell", ["encdec", "tft"])
def test_the_probe_passes(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ml.experts.DAILY, cell, lambda: toy(cell))
    plan = Plan(model=cell, target="price", known_until="day-end")
    result = run_backtest([price_series(140)], plan, test_from=date(2015, 5, 1), test_to=date(2015, 5, 12), probe=True)
    assert result.summary["probe"]["changed"] == 0
    assert result.summary["series"][0]["rmae"] < 1
