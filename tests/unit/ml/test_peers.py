"""Peers: what other series were doing, up to this series' own issue and not a minute later."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ml.frame import Series
from ml.peers import FIGURES, peer_columns
from tests.unit.ml.grids import load_series

START = np.datetime64("2018-01-01T05:00", "us")


def issues(days: int) -> np.ndarray[Any, Any]:
    return START + np.arange(days) * np.timedelta64(24, "h") + np.timedelta64(10, "h")


def test_figures_by_hand() -> None:
    own, other = load_series(30), load_series(30, series_id="ISONE.TOTAL", seed=5)
    columns = peer_columns([own, other], 0, issues(30))
    assert columns.shape == (30, FIGURES)
    known = 20 * 24 + 10
    y = other.y
    assert columns[20, 0] == pytest.approx(np.log(y[known - 6 : known].mean() / y[known - 30 : known - 24].mean()))
    assert columns[20, 2] == pytest.approx(np.log(y[known - 24 : known].mean() / y[known - 192 : known - 168].mean()))
    assert columns[20, 3] == pytest.approx(y[known - 24 : known].std() / y[known - 24 : known].mean())


def test_nothing_after_the_issue_counts_whatever_the_zones() -> None:
    own = load_series(30)
    west = load_series(30, series_id="CAISO.TOTAL", tz="America/Los_Angeles", seed=6)
    late = west.starts_utc + west.step > issues(30)[20]
    spoiled = west.with_values(y=np.where(late, 1e9, west.y))
    before, after = (peer_columns([own, w], 0, issues(30)) for w in (west, spoiled))
    np.testing.assert_array_equal(before[:21], after[:21])
    assert not np.array_equal(before[21:], after[21:], equal_nan=True)


def test_alone_there_are_no_peers_and_at_most_twelve_are_kept() -> None:
    own = load_series(20)
    assert peer_columns([own], 0, issues(20)).shape == (20, 0)
    many = [own, *[load_series(20, series_id=f"X{n}", seed=n) for n in range(15)]]
    assert peer_columns(many, 0, issues(20)).shape == (20, 12 * FIGURES)


def test_a_front_that_reaches_the_neighbour_first_helps() -> None:
    from datetime import date

    import ml.experts
    from ml.backtest import Plan, run_backtest
    from ml.lear import Lear

    rng = np.random.default_rng(8)
    days = 260
    front = np.cumsum(rng.normal(0, 300, days + 1)) * 0.5
    hours = np.arange(days * 24)
    shape = 10_000 + 1_500 * np.sin(2 * np.pi * hours / 24)
    west = Series("MISO", "Etc/GMT+5", START, 60, shape + np.repeat(front[1:], 24) + rng.normal(0, 30, len(hours)))
    east = Series("PJM", "Etc/GMT+5", START, 60, shape + np.repeat(front[:-1], 24) + rng.normal(0, 30, len(hours)))
    errors = {}
    for peers in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(
                ml.experts.DAILY, "lear", lambda peers=peers: Lear(windows=(150,), penalties=(0.005,), peers=peers)
            )
            summary = run_backtest(
                [east, west], Plan(model="lear"), test_from=date(2018, 8, 1), test_to=date(2018, 9, 10)
            ).summary
        errors[peers] = next(s["mae"] for s in summary["series"] if s["series_id"] == "PJM")
    assert errors[True] < 0.9 * errors[False]
