"""Models as ONNX give what the models give: also at a threshold, with missing values, and with categories."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gridlake.errors import UsageError
from ml.export import export_deep, export_onnx, largest_difference
from ml.frame import Array
from ml.models import LightGBM, TrainingSet, XGBoost, make_model

pytest.importorskip("onnxruntime", reason="the extra `onnx` is not installed")
NAMES = ("series_code", "a", "b", "c", "d")


@pytest.fixture(scope="module")
def training() -> TrainingSet:
    """4,000 rows: twelve series, one column never missing, three that sometimes are."""
    draw = np.random.default_rng(1)
    x = draw.normal(size=(4000, len(NAMES))).astype(np.float32)
    x[:, 0] = draw.integers(0, 12, len(x))
    target = 0.1 * (x[:, 0] % 3) + 0.2 * x[:, 1] + np.where(x[:, 2] > 0.3, 0.3, 0) + 0.1 * draw.normal(size=len(x))
    x[:, 2:][draw.random((len(x), 3)) < 0.05] = np.nan
    return TrainingSet(NAMES, x, target, np.ones(len(x)))


def thresholds(node: dict[str, Any]) -> list[tuple[int, float]]:
    if "split_feature" not in node:
        return []
    own = [(node["split_feature"], float(node["threshold"]))] if node["decision_type"] == "<=" else []
    return own + thresholds(node["left_child"]) + thresholds(node["right_child"])


def on_the_edge(model: LightGBM, x: Array) -> Array:
    """Rows with values at every threshold and one float32 above it. LightGBM reads values under 1e-35 as zero: left out."""
    draw, rows = np.random.default_rng(2), x.copy()
    trees = [t["tree_structure"] for b in model.boosters.values() for t in b.dump_model()["tree_info"]]
    edges = [(f, t) for tree in trees for f, t in thresholds(tree) if 1e-30 < abs(t) < 1e30]
    assert len(edges) > 500
    for feature, threshold in edges:
        at = np.float32(threshold)
        rows[draw.integers(0, len(rows), 3), feature] = at
        rows[draw.integers(0, len(rows), 2), feature] = np.nextafter(at, np.float32(np.inf))
    return rows


def test_lightgbm_s_graph_is_equal_at_its_thresholds(training: TrainingSet, tmp_path: Path) -> None:
    model = LightGBM(rounds=40, tail_rounds=20).fit(training)
    dumped = json.dumps(model.boosters[0.5].dump_model())
    assert '"=="' in dumped, "no split by series was learnt: the test would not show categories"
    export_onnx(model, len(NAMES), tmp_path / "model.onnx")
    assert largest_difference(model, tmp_path / "model.onnx", on_the_edge(model, training.x)) < 1e-6


def test_a_value_missing_where_none_was_in_training_goes_the_model_s_way(training: TrainingSet, tmp_path: Path) -> None:
    model = LightGBM(rounds=40, tail_rounds=20).fit(training)
    export_onnx(model, len(NAMES), tmp_path / "model.onnx")
    unseen = training.x.copy()
    unseen[::3, 1] = np.nan
    unseen[::7, 0] = np.nan
    unseen[::11, 0] = 99  # a series it never saw
    assert largest_difference(model, tmp_path / "model.onnx", unseen) < 1e-6


def test_xgboost_s_graph_is_equal(training: TrainingSet, tmp_path: Path) -> None:
    model = XGBoost(rounds=40).fit(training)
    export_onnx(model, len(NAMES), tmp_path / "model.onnx")
    assert largest_difference(model, tmp_path / "model.onnx", training.x) < 1e-5


def test_a_graph_of_another_model_is_told_apart(training: TrainingSet, tmp_path: Path) -> None:
    export_onnx(LightGBM(rounds=40, tail_rounds=20).fit(training), len(NAMES), tmp_path / "model.onnx")
    other = LightGBM(rounds=10, tail_rounds=5).fit(training)
    assert largest_difference(other, tmp_path / "model.onnx", training.x) > 1e-3


def test_a_model_without_trees_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no trees"):
        export_onnx(make_model("seasonal_naive"), 3, tmp_path / "model.onnx")


@pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="torch is not installed: pip install torch==2.13.0"
)
@pytest.mark.parametrize("cell", ["bilstm", "gru", "encdec", "transformer", "tft"])
def test_a_deep_module_s_graph_is_equal(cell: str, tmp_path: Path) -> None:
    import onnxruntime

    from ml.deep import _predict
    from ml.deep_modules import make_module

    draw = np.random.default_rng(3)
    past, future = draw.normal(size=(3, 168, 5)).astype("f4"), draw.normal(size=(3, 24, 12)).astype("f4")
    module = make_module(cell, 5, 12, 16, 7, 0.1).eval()
    export_deep(module, past, future, tmp_path / "module.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "module.onnx"))
    graph = [session.run(None, {"past": past[i : i + 1], "future": future[i : i + 1]})[0] for i in range(3)]
    assert np.abs(_predict(module, past, future) - np.concatenate(graph)).max() < 1e-5
