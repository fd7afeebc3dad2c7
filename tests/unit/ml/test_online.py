"""Online weighting: it follows the expert that was right lately, and only what was known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ml.online import Weighting, mix, regret_summary

DAYS, HOURS = 200, 4


def world(seed: int = 1) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    n = DAYS * HOURS
    day = np.arange(n) // HOURS
    start = np.datetime64("2018-01-01", "us")
    issued = start + (day - 1) * np.timedelta64(1, "D") + np.timedelta64(10, "h")
    return {
        "y": 100 + rng.normal(0, 10, n),
        "issued": issued,
        "known_at": start + (day + 1) * np.timedelta64(1, "D"),
        "slot": np.arange(n) % HOURS,
        "slots": HOURS,
    }


def experts(y: np.ndarray[Any, Any], sizes: tuple[float, ...], seed: int = 7) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    return np.column_stack([y + rng.normal(0, s, len(y)) for s in sizes])


def test_equal_before_anything_is_known_then_the_better_one_leads() -> None:
    case = world()
    given = experts(case["y"], (1.0, 8.0, 8.0))
    mixed = mix(given, **case)
    np.testing.assert_allclose(mixed.point[: 2 * HOURS], given[: 2 * HOURS].mean(axis=1))
    assert mixed.weights[0] > 0.6
    late = slice(100 * HOURS, None)
    assert np.abs(mixed.point - case["y"])[late].mean() < 1.2 * np.abs(given[:, 0] - case["y"])[late].mean()


def test_independent_experts_together_beat_the_best_of_them() -> None:
    case = world()
    given = experts(case["y"], (5.0, 5.0, 5.5))
    summary = regret_summary(("a", "b", "c"), given, mix(given, **case).point, case["y"], np.ones(3) / 3)
    assert summary["regret_pct"] < -10
    assert summary["best_mae"] == pytest.approx(np.abs(given - case["y"][:, None]).mean(axis=0).min())


def test_it_changes_its_mind() -> None:
    case = world()
    given = experts(case["y"], (1.0, 8.0))
    half = DAYS * HOURS // 2
    given[half:] = given[half:, ::-1]
    error = np.abs(mix(given, **case, settings=Weighting(discount=0.95)).point - case["y"])
    assert error[-20 * HOURS :].mean() < 2.5


def test_a_sleeping_expert_leaves_its_share_to_the_others() -> None:
    case = world()
    given = experts(case["y"], (2.0, 4.0, 4.0))
    given[60 * HOURS : 80 * HOURS, 0] = np.nan
    mixed = mix(given, **case)
    assert np.isfinite(mixed.point).all()
    asleep = slice(60 * HOURS, 80 * HOURS)
    assert (mixed.point[asleep] <= np.nanmax(given[asleep], axis=1) + 1e-9).all()
    nothing = given.copy()
    nothing[5] = np.nan
    assert np.isnan(mix(nothing, **case).point[5])


def test_what_comes_later_does_not_touch_the_mix() -> None:
    case = world()
    given = experts(case["y"], (2.0, 5.0))
    instant = case["issued"][100 * HOURS]
    before = mix(given, **case).point
    spoiled = np.where(case["known_at"] > instant, -1e4, case["y"])
    after = mix(given, **(case | {"y": spoiled})).point
    same = case["issued"] <= instant
    np.testing.assert_array_equal(before[same], after[same])
    assert not np.array_equal(before[~same], after[~same])


def test_hours_may_have_experts_of_their_own() -> None:
    case = world()
    good, bad = experts(case["y"], (1.0, 9.0)).T
    swap = case["slot"] >= 2
    given = np.column_stack((np.where(swap, good, bad), np.where(swap, bad, good)))
    by_day = np.abs(mix(given, **case).point - case["y"]).mean()
    by_hour = np.abs(mix(given, **case, settings=Weighting(slot_share=1.0)).point - case["y"]).mean()
    assert by_hour < 0.7 * by_day
