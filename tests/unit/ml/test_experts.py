"""The day-by-day experts: what they are shown, what they learn, and that they cannot look ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

import numpy as np
import pytest
from sklearn.linear_model import Lasso as Reference

import ml.experts
from gridlake.errors import GridlakeError, UsageError
from ml.backtest import Plan, run_backtest
from ml.daily import DailySeries, View, hourly
from ml.experts import DAILY, recipe
from ml.frame import Array, Series
from ml.lasso import Lasso
from ml.lear import Lear
from ml.memo import Memo
from ml.models import MEDIAN
from ml.neural import Network, Perceptrons
from ml.spread import Spread, error_quantiles, with_plain_errors
from ml.transform import Stabiliser
from ml.trees import DailyTrees, slot_rows
from tests.unit.ml.grids import load_series, price_series

QUICK = {
    "lear": Lear(windows=(56,), penalties=(0.01,)),
    "dnn": Network(windows=(84,), hidden=(16,), members=2, epochs=15, weight_decay=0.5),
    "trees": DailyTrees(windows=(84,), rounds=40),
}
FROM, TO = date(2015, 5, 1), date(2015, 5, 28)


def daily(series: Series, known_until: str = "day-end", ahead: int = 1) -> DailySeries:
    return DailySeries(
        series, issue_time=time(10), known_until=known_until, use_operator=True, ahead=ahead, last_ahead=ahead
    )


# --- views --------------------------------------------------------------------------------------------------------


def test_a_view_ends_with_what_its_issue_knew() -> None:
    series = price_series(60)
    one = daily(series, "issue")
    target = one.first_day + 40
    view = one.view(target)
    assert np.isfinite(view.y[:39]).all()
    assert np.isfinite(view.y[39]).sum() == 10  # the issue day until ten
    assert np.isnan(view.y[40:]).all()
    assert view.future.shape[1] == 41  # the target day and nothing beyond
    np.testing.assert_array_equal(view.latest[39][:10], series.y[39 * 24 : 39 * 24 + 10])
    np.testing.assert_array_equal(view.latest[39][10:], series.y[38 * 24 + 10 : 39 * 24])
    whole = daily(series, "day-end").view(target)
    assert np.isfinite(whole.y[39]).all()
    assert whole.known_rows(target, 5).tolist() == [35, 36, 37, 38, 39]
    assert view.known_rows(target, 5).tolist() == [34, 35, 36, 37, 38]


def test_the_wide_row_by_hand() -> None:
    series = price_series(60)
    view = daily(series).view(daily(series).first_day + 40)
    row = view.wide(np.array([40]))[0].reshape(-1, 24)
    y = series.y.reshape(-1, 24)
    future = [series.future[name].reshape(-1, 24) for name in sorted(series.future)]
    expected = [y[39], y[38], y[37], y[33]] + [f[40 - k] for f in future for k in (0, 1, 7)]
    np.testing.assert_array_equal(row, np.stack(expected))


def test_clock_changes_leave_whole_days() -> None:
    series = load_series(120)  # New York, over 11 March 2018
    one = daily(series)
    spring = int(np.datetime64("2018-03-11", "D").astype(int)) - one.first_day
    assert np.isfinite(one.y[spring]).all()
    assert one.y[spring][2] == pytest.approx((one.y[spring][1] + one.y[spring][3]) / 2)


def test_quarter_hours_become_hours_for_inputs_only() -> None:
    cells = np.arange(96.0)[None, :]
    assert hourly(cells)[0, :2].tolist() == [1.5, 5.5]
    assert hourly(np.full((1, 96), np.nan)).shape == (1, 24)


# --- learning -----------------------------------------------------------------------------------------------------


def test_lasso_agrees_with_scikit_learn_for_every_output_and_penalty() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(150, 12)) @ rng.normal(size=(12, 12)) * 0.3
    y = x @ rng.normal(size=(12, 3)) * (rng.random((12, 3)) < 0.4).max() + rng.normal(size=(150, 3)) + 5
    ours = Lasso((0.01, 0.1), cold_sweeps=2000).fit(x, y)
    assert ours.coefficients is not None
    found = ours.coefficients.reshape(12, 2, 3)
    for p, penalty in enumerate((0.01, 0.1)):
        for output in range(3):
            theirs = Reference(alpha=penalty, tol=1e-10, max_iter=100_000).fit(x, y[:, output])
            np.testing.assert_allclose(found[:, p, output], theirs.coef_, atol=1e-4)
            np.testing.assert_allclose(ours.predict(x[:5])[:, p, output], theirs.predict(x[:5]), atol=1e-3)


def test_a_warm_start_needs_few_sweeps() -> None:
    rng = np.random.default_rng(4)
    x, noise = rng.normal(size=(200, 30)), rng.normal(size=(201, 5))
    b = rng.normal(size=(30, 5))
    exact = Lasso((0.05,), cold_sweeps=3000).fit(x[1:], x[1:] @ b + noise[1:200])
    warm = Lasso((0.05,), cold_sweeps=3000, warm_sweeps=5).fit(x[:-1], x[:-1] @ b + noise[:199])
    warm.fit(x[1:], x[1:] @ b + noise[1:200])
    assert exact.coefficients is not None
    np.testing.assert_allclose(warm.coefficients, exact.coefficients, atol=1e-3)


def test_networks_learn_a_function_and_repeat_it_exactly() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(400, 4)).astype(np.float32)
    y = np.stack((np.abs(x[:, 0]), x[:, 1] * x[:, 2]), axis=1).astype(np.float32)
    settings = {"epochs": 120, "batch": 50, "learning_rate": 3e-3, "weight_decay": 0.01}
    first = Perceptrons((4, 32, 2), 2, 1).fit(x, y, **settings).predict(x)
    again = Perceptrons((4, 32, 2), 2, 1).fit(x, y, **settings).predict(x)
    np.testing.assert_array_equal(first, again)
    plain = np.abs(y - np.median(y, axis=0)).mean()
    assert np.abs(first.mean(axis=0) - y).mean() < 0.3 * plain


def test_the_gradient_is_that_of_the_loss() -> None:
    rng = np.random.default_rng(6)
    net = Perceptrons((3, 5, 2), 1, 2)
    net.weights = [w.astype(np.float64) for w in net.weights]
    net.biases = [b.astype(np.float64) + 0.1 for b in net.biases]
    x, y = rng.normal(size=(7, 3)), rng.normal(size=(7, 2))
    gradient = net._gradients(x, y)[0][0]
    for place in ((0, 0), (2, 3), (1, 4)):
        losses = []
        for step in (1e-5, -1e-5):
            net.weights[0][0][place] += step
            losses.append(np.abs(net.predict(x)[0] - y).sum() / 7)
            net.weights[0][0][place] -= step
        assert gradient[place] == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-3, abs=1e-6)


def test_trees_see_nothing_of_the_target_day_but_what_is_known() -> None:
    series = price_series(60)
    one = daily(series)
    view = one.view(one.first_day + 40)
    table = slot_rows(view, np.array([40]))
    assert table.shape[0] == 24
    moved = series.with_values(y=np.where(np.arange(len(series)) >= 40 * 24, 1e6, series.y))
    np.testing.assert_array_equal(table, slot_rows(daily(moved).view(one.first_day + 40), np.array([40])))


def test_the_transform_is_undone() -> None:
    values = np.random.default_rng(1).standard_t(2, size=(300, 3)) * 20 + 40
    transform = Stabiliser.of(values)
    np.testing.assert_allclose(transform.back(transform.forth(values)), values, rtol=1e-9)
    assert np.abs(transform.forth(values)).max() < 8
    flat = Stabiliser.of(np.ones((10, 1)))
    assert flat.forth(np.array([[1.0]])).item() == 0


# --- whole runs ---------------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small settings under the names of the experts."""
    for name, expert in QUICK.items():
        monkeypatch.setitem(DAILY, name, lambda expert=expert: expert)
    monkeypatch.setattr(ml.experts, "price_experts", lambda: tuple(QUICK.values()))


PRICE = {"target": "price", "known_until": "day-end"}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("model", ["lear", "dnn", "trees", "champion"])
def test_prices_beat_the_naive_and_pass_the_probe(model: str) -> None:
    result = run_backtest([price_series(140)], Plan(model=model, **PRICE), test_from=FROM, test_to=TO, probe=True)  # type: ignore[arg-type]
    (one,) = result.summary["series"]
    assert one["rmae"] < 0.8
    assert result.summary["probe"]["changed"] == 0
    assert result.summary["probe"]["forecasts_compared"] > 100
    mixture = one["mixture"]
    assert sum(e["weight"] for e in mixture["experts"]) == pytest.approx(1)
    quantiles = result.rows.select("^q.*$").to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()


@pytest.mark.usefixtures("quick")
def test_two_runs_are_equal_to_the_last_bit_and_a_resumed_one_computes_nothing(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path)) / "memo"
    plan = Plan(**PRICE)  # type: ignore[arg-type]
    first = run_backtest([price_series(140)], plan, test_from=FROM, test_to=date(2015, 5, 8), memo=Memo(folder))
    again = run_backtest([price_series(140)], plan, test_from=FROM, test_to=date(2015, 5, 8))
    assert first.rows.equals(again.rows)
    memo = Memo(folder)
    resumed = run_backtest([price_series(140)], plan, test_from=FROM, test_to=date(2015, 5, 8), memo=memo)
    assert resumed.rows.equals(first.rows)
    assert (memo.made, memo.found > 0) == (0, True)


@dataclass(frozen=True)
class Peeking:
    """Gives away the outcome wherever the view holds it: days of the block whose outcome a later issue of it knew."""

    name: str = "peeking"
    variants: tuple[str, ...] = ("peeking",)

    def forecast(self, view: View, days: Array) -> Array:
        rows = days - view.first_day
        seen = view.y[rows]
        return np.where(np.isfinite(seen), seen, view.latest[rows - view.ahead])[:, None, :]


def test_a_planted_model_that_peeks_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DAILY, "peeking", Peeking)
    plan = Plan(model="peeking", **PRICE)  # type: ignore[arg-type]
    with pytest.raises(GridlakeError, match="Look ahead") as caught:
        run_backtest([price_series(140)], plan, test_from=FROM, test_to=TO, probe=True)
    assert caught.value.exit_code == 4


def test_references_are_compared_with_and_never_seen() -> None:
    series = price_series(140)
    noisy = series.y + np.random.default_rng(9).normal(0, 30, len(series))
    plan = Plan(model="trees", **PRICE)  # type: ignore[arg-type]
    with_one = run_backtest([series.with_values(references={"theirs": noisy})], plan, test_from=FROM, test_to=TO)
    without = run_backtest([series], plan, test_from=FROM, test_to=TO)
    assert with_one.rows.drop("reference__theirs").equals(without.rows)
    theirs = with_one.summary["series"][0]["references"]["theirs"]
    assert theirs["mae"] == pytest.approx(30 * np.sqrt(2 / np.pi), rel=0.1)
    assert theirs["our_mae"] == pytest.approx(with_one.summary["series"][0]["mae"])
    assert theirs["dm_p_value"] < 0.01


@pytest.mark.usefixtures("quick")
def test_load_ensemble_with_two_days_ahead_and_an_operator() -> None:
    plan = Plan(model="ensemble", days_ahead=(1, 2))
    result = run_backtest([load_series(140)], plan, test_from=date(2018, 5, 1), test_to=date(2018, 5, 10), probe=True)
    (one,) = result.summary["series"]
    assert one["rows"] == 2 * 10 * 24
    assert {"lightgbm", "reference"} <= {e["name"] for e in one["mixture"]["experts"]}
    assert one["mae"] < one["operator_mae"]


def test_an_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no model 'prophet'"):
        recipe("prophet", "price")


# --- spread -------------------------------------------------------------------------------------------------------


def test_quantiles_widen_where_experts_disagree() -> None:
    rng = np.random.default_rng(2)
    days, n = 200, 200 * 24
    day = np.arange(n) // 24
    disagreement = np.where(day % 2 == 0, 1.0, 6.0)
    point = 50 + rng.normal(0, 5, n)
    y = point + rng.normal(0, 1, n) * disagreement
    start = np.datetime64("2015-01-01", "us")
    issued = start + day * np.timedelta64(1, "D")
    quantiles = error_quantiles(
        point, disagreement, y, issue_day=day, issued=issued, known_at=issued + np.timedelta64(1, "D"),
        slot=np.arange(n) % 24, slots=24,
    )  # fmt: skip
    width = quantiles[:, 5] - quantiles[:, 1]
    late = day >= days // 2
    assert width[late & (day % 2 == 1)].mean() > 3 * width[late & (day % 2 == 0)].mean()
    inside = (y >= quantiles[:, 1]) & (y <= quantiles[:, 5])
    assert inside[late].mean() == pytest.approx(0.8, abs=0.03)
    assert np.abs(quantiles[late, MEDIAN] - point[late]).mean() < 0.5


def test_plain_quantiles_of_the_hours_own_errors_are_averaged_in_and_look_at_nothing_later() -> None:
    rng = np.random.default_rng(3)
    days, n = 120, 120 * 24
    day, slot = np.arange(n) // 24, np.arange(n) % 24
    y = 100 + rng.normal(0, 1, n) * np.where(slot < 12, 1.0, 5.0)
    start = np.datetime64("2015-01-01", "us")
    issued = start + day * np.timedelta64(1, "D")
    claimed = np.repeat(100 + np.array([[-9.0, -6.0, -3.0, 0.0, 3.0, 6.0, 9.0]]), n, axis=0)
    when = {
        "issue_day": day, "issued": issued, "known_at": issued + np.timedelta64(1, "D"), "slot": slot,
        "settings": Spread(plain_share=0.5, plain_days=60, plain_half_life_days=1e9),
    }  # fmt: skip
    made = with_plain_errors(claimed, y, **when)
    last = (day == days - 1) & (slot == 20)
    errors = y[(slot == 20) & (day <= days - 2) & (day >= days - 61)] - 100
    np.testing.assert_allclose(made[last, 5] - 100, (6 + np.quantile(errors, 0.9)) / 2, atol=0.3)
    np.testing.assert_array_equal(made[:, MEDIAN], claimed[:, MEDIAN])
    np.testing.assert_array_equal(made[day < 14], claimed[day < 14])
    later = np.where(day >= 90, y * 9, y)
    np.testing.assert_array_equal(with_plain_errors(claimed, later, **when)[day <= 90], made[day <= 90])
