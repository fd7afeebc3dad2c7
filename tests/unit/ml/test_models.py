"""Models: quantiles that never cross, the same numbers twice, and the same numbers after a round trip through files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gridlake.errors import GridlakeError, UsageError
from ml.models import MODELS, QUANTILES, TrainingSet, make_model
from ml.saving import load_model, save_model

NAMES = ("series_code", "hour", "y_lag_7d", "y_same_hour", "error_lag_2d")


def training(rows: int = 3000, seed: int = 0) -> TrainingSet:
    rng = np.random.default_rng(seed)
    hour = rng.integers(0, 24, rows)
    signal = rng.normal(0, 0.05, rows)
    target = 0.5 * signal + 0.02 * np.sin(hour) + rng.normal(0, 0.01 + 0.01 * (hour > 12), rows)
    x = np.column_stack([rng.integers(0, 2, rows), hour, signal, signal, rng.normal(0, 1, rows)]).astype(np.float32)
    return TrainingSet(NAMES, x, target, np.ones(rows))


@pytest.mark.parametrize("name", sorted(MODELS))
def test_quantiles_are_ordered_deterministic_and_roughly_right(name: str) -> None:
    learn, check = training(), training(seed=1)
    first, second = (
        make_model(name).fit(learn).predict_quantiles(check.x),
        make_model(name).fit(learn).predict_quantiles(check.x),
    )
    np.testing.assert_array_equal(first, second)
    assert first.shape == (len(check), len(QUANTILES))
    assert (np.diff(first, axis=1) >= 0).all()
    inside = np.mean((check.target >= first[:, 1]) & (check.target <= first[:, 5]))
    assert inside == pytest.approx(0.8, abs=0.08)


def test_learned_models_beat_the_persistence() -> None:
    learn, check = training(), training(seed=1)
    errors = {
        n: np.mean(np.abs(check.target - make_model(n).fit(learn).predict_quantiles(check.x)[:, 3])) for n in MODELS
    }
    assert errors["lightgbm"] < 0.8 * errors["operator"]
    assert errors["lightgbm"] < 0.8 * errors["seasonal_naive"]


def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"no model 'prophet'.*lightgbm"):
        make_model("prophet")


def test_the_fingerprint_sees_every_value() -> None:
    one, other = training(), training()
    assert one.fingerprint() == other.fingerprint()
    other.target[7] += 1e-9
    assert one.fingerprint() != other.fingerprint()


@pytest.mark.parametrize("name", sorted(MODELS))
def test_saved_model_predicts_the_same(name: str, tmp_path: Path) -> None:
    model = make_model(name).fit(training())
    save_model(model, tmp_path / "m", NAMES)
    check = training(seed=2).x
    again = load_model(tmp_path / "m")
    assert again.name == name
    np.testing.assert_allclose(again.predict_quantiles(check), model.predict_quantiles(check), rtol=1e-6, atol=1e-9)
    assert not list((tmp_path / "m").glob("*.pkl"))


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    save_model(make_model("operator").fit(training()), tmp_path, NAMES)
    spread = tmp_path / "spread.json"
    spread.write_text(spread.read_text().replace("0", "1"))
    with pytest.raises(GridlakeError, match="is not the file that was saved"):
        load_model(tmp_path)
    with pytest.raises(GridlakeError, match="holds no readable model"):
        load_model(tmp_path / "nowhere")
