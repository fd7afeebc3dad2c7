"""Models as ONNX, for serving without Python: one graph from a row of features to the seven quantiles, sorted.

Belongs here: writing a fitted model's trees, or a deep module, as a graph. Needs the extra `onnx`; nothing else of the project does.

Trees are written from the libraries' own dumps and not by a converter: a threshold in double precision has to part float32 rows exactly as
the library does, so it is rounded down (x <= t being asked), where onnxmltools 1.16 takes the nearest float32. A value that is missing goes
where the library sends it, also where no value was missing in training.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gridlake.errors import GridlakeError, UsageError
from gridlake.settings import Settings
from ml.frame import Array
from ml.models import QUANTILES, LightGBM, Model, XGBoost

OPSET, ML_OPSET = 18, 3
FEATURES, OUTPUT = "features", "quantiles"
_NODE = (
    "nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_modes", "nodes_values", "nodes_truenodeids",
    "nodes_falsenodeids", "nodes_missing_value_tracks_true",
)  # fmt: skip
_LEAF = ("target_treeids", "target_nodeids", "target_ids", "target_weights")


MEANING = (
    "From a row of features to the quantiles of the error relative to the reference forecast, before calibration: "
    "value = reference * (1 + quantile)."
)


def export_champions(settings: Settings, target: str, folder: Path) -> list[dict[str, Any]]:
    """Write every champion of `target` as `<folder>/<version>.onnx`, its columns and zones beside it as JSON, and ask both the model and
    the graph for the same rows. One record a model: file, zones, features, largest_difference.

    Raises `UsageError` where there is no champion, `GridlakeError` where graph and model differ beyond float32's precision.
    """
    from ml.registry import champions

    found = champions(settings, target)
    if not found:
        raise UsageError(f"There is no champion for {target} yet.", "`gridlake run` trains one.")
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for champion in found:
        trained = champion.trained
        file = folder / f"{target}_{trained.version}.onnx"
        export_onnx(trained.model, len(trained.names), file)
        rows = probe_rows(trained.names, len(trained.zones))
        difference = largest_difference(trained.model, file, rows)
        scale = float(np.abs(trained.model.predict_quantiles(rows)).max())
        if difference > 1e-5 * max(scale, 1.0):
            raise GridlakeError(
                f"{file} gives other numbers than its model: {difference:g}.", "Serve the model itself."
            )
        about = {"columns": list(trained.names), "quantiles": list(QUANTILES), "meaning": MEANING, **trained.about()}
        file.with_suffix(".json").write_text(json.dumps(about, indent=1))
        made.append({"file": str(file), "zones": list(trained.zones), "features": len(trained.names), "largest_difference": difference})  # fmt: skip
    return made


def probe_rows(names: Sequence[str], series: int, rows: int = 500) -> Array:
    """rows x features of float32, of the magnitude of relative errors, one in fifty missing, numbers of series in `series_code`; the
    same every time."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(rows, len(names))).astype(np.float32)
    x[draw.random(x.shape) < 0.02] = np.nan
    if "series_code" in names:
        x[:, names.index("series_code")] = draw.integers(0, max(series, 1), rows)
    return x


def largest_difference(model: Model, file: Path, x: Array) -> float:
    """Between the model's quantiles for `x` (rows x features, float32) and the graph's, by onnxruntime on one thread."""
    _require_onnx()
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    graph: Sequence[Array] = session.run([OUTPUT], {FEATURES: x})
    return float(np.abs(model.predict_quantiles(x) - graph[0]).max())


def export_onnx(model: Model, features: int, path: Path) -> None:
    """Write a fitted tree `model` of `features` columns to `path`: input `features` (rows x features, float32, NaN where missing), output
    `quantiles` (rows x 7, float32), ascending, as `predict_quantiles` gives them to float32's precision.

    Raises `UsageError` for a model that is no trees, and where the extra is not installed.
    """
    onnx = _require_onnx()
    if isinstance(model, LightGBM):
        ensemble = _of_lightgbm(model)
    elif isinstance(model, XGBoost):
        ensemble = _of_xgboost(model)
    else:
        raise UsageError(f"A model '{model.name}' has no trees to export.", "Export lightgbm or xgboost.")
    helper, types = onnx.helper, onnx.TensorProto
    count = len(QUANTILES)
    trees = helper.make_node(
        "TreeEnsembleRegressor", [FEATURES], ["crossing"], domain="ai.onnx.ml", n_targets=count,
        post_transform="NONE", **ensemble.attributes(),
    )  # fmt: skip
    # Sorted within the row, as `ml.models.monotone`: the `count` smallest in ascending order.
    kept = helper.make_node("TopK", ["crossing", "count"], [OUTPUT, "order"], axis=1, largest=0, sorted=1)
    graph = helper.make_graph(
        [trees, kept],
        model.name,
        [helper.make_tensor_value_info(FEATURES, types.FLOAT, [None, features])],
        [helper.make_tensor_value_info(OUTPUT, types.FLOAT, [None, count])],
        [helper.make_tensor("count", types.INT64, [1], [count])],
    )
    imports = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    made = helper.make_model(graph, opset_imports=imports, ir_version=9, producer_name="gridlake")
    onnx.checker.check_model(made)
    path.write_bytes(made.SerializeToString())


def export_deep(module: Any, past: Any, future: Any, path: Path) -> None:
    """Write a trained module of `ml.deep` to `path`: inputs `past` and `future` (one day x hours x channels, float32), output `quantiles`
    (one day x 24 x 7), on the scale the module was trained on. `past` and `future` are examples of their shapes."""
    _require_onnx()
    import torch

    torch.onnx.export(
        module.to("cpu").eval(), (torch.from_numpy(past[:1]), torch.from_numpy(future[:1])), str(path),
        input_names=["past", "future"], output_names=[OUTPUT], opset_version=OPSET, dynamo=False,
    )  # fmt: skip


def _require_onnx() -> Any:
    try:
        import onnx
        import onnx.checker
        import onnx.helper
    except ImportError as error:
        raise UsageError(
            "Exporting to ONNX needs onnx, which is not installed.", "pip install gridlake[onnx]"
        ) from error
    return onnx


@dataclass
class _Ensemble:
    """The attributes of ONNX's TreeEnsembleRegressor, node by node."""

    base: list[float]
    nodes: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in _NODE})
    leaves: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in _LEAF})

    def split(self, tree: int, node: int, feature: int, mode: str, value: float, yes: int, no: int, missing_yes: bool) -> None:  # fmt: skip
        values = (tree, node, feature, mode, float(value), yes, no, int(missing_yes))
        for name, told in zip(_NODE, values, strict=True):
            self.nodes[name].append(told)

    def leaf(self, tree: int, node: int, target: int, weight: float) -> None:
        self.split(tree, node, 0, "LEAF", 0.0, 0, 0, False)
        for name, told in zip(_LEAF, (tree, node, target, float(weight)), strict=True):
            self.leaves[name].append(told)

    def attributes(self) -> dict[str, list[Any]]:
        """As the standard names them. The first node of a tree is its root to every runtime, so nodes stand by number."""
        trees, numbers = self.nodes["nodes_treeids"], self.nodes["nodes_nodeids"]
        order = sorted(range(len(trees)), key=lambda i: (trees[i], numbers[i]))
        nodes = {name: [told[i] for i in order] for name, told in self.nodes.items()}
        return {**nodes, **self.leaves, "base_values": self.base}


def _of_lightgbm(model: LightGBM) -> _Ensemble:
    found = _Ensemble([0.0] * len(QUANTILES))
    trees = 0
    for target, quantile in enumerate(QUANTILES):
        for dumped in model.boosters[quantile].dump_model()["tree_info"]:
            _LightGBMTree(found, trees, target).add(dumped["tree_structure"])
            trees += 1
    return found


@dataclass
class _LightGBMTree:
    found: _Ensemble
    tree: int
    target: int
    used: int = 0

    def add(self, node: dict[str, Any]) -> int:
        """Add a dumped node with all below it; its number."""
        number = self._number()
        if "leaf_value" in node:
            self.found.leaf(self.tree, number, self.target, node["leaf_value"])
            return number
        if node["decision_type"] == "==":
            return self._categories(node, number)
        yes, no = self.add(node["left_child"]), self.add(node["right_child"])
        threshold = float(node["threshold"])
        # Where training saw no missing value, LightGBM reads one as zero.
        missing_yes = node["default_left"] if node["missing_type"] == "NaN" else threshold >= 0
        self.found.split(
            self.tree, number, node["split_feature"], "BRANCH_LEQ", _rounded_down(threshold), yes, no, missing_yes
        )
        return number

    def _categories(self, node: dict[str, Any], number: int) -> int:
        """`in {a, b}` as a chain of equalities: each but the last asks the next."""
        yes, no = self.add(node["left_child"]), self.add(node["right_child"])
        members = [float(c) for c in str(node["threshold"]).split("||")]
        chain = [number, *(self._number() for _ in members[1:])]
        for here, after, member in zip(chain, [*chain[1:], no], members, strict=True):
            self.found.split(self.tree, here, node["split_feature"], "BRANCH_EQ", member, yes, after, False)
        return number

    def _number(self) -> int:
        self.used += 1
        return self.used - 1


def _rounded_down(threshold: float) -> float:
    """The largest float32 not above `threshold`: x <= one and x <= the other part float32 values alike."""
    with np.errstate(over="ignore"):
        near = np.float32(threshold)
    return float(near if float(near) <= threshold else np.nextafter(near, np.float32(-np.inf)))


def _of_xgboost(model: XGBoost) -> _Ensemble:
    document = json.loads(bytes(model.booster.save_raw("json")))["learner"]
    booster = document["gradient_booster"]["model"]
    base = document["learner_model_param"]["base_score"]
    scores = [float(s) for s in (json.loads(base) if isinstance(base, str) and base.startswith("[") else [base])]
    found = _Ensemble(scores if len(scores) == len(QUANTILES) else scores * len(QUANTILES))
    for number, (tree, target) in enumerate(zip(booster["trees"], booster["tree_info"], strict=True)):
        children = zip(tree["left_children"], tree["right_children"], strict=True)
        for node, (left, right) in enumerate(children):
            value = float(np.float32(tree["split_conditions"][node]))
            if left < 0:
                found.leaf(number, node, target, value)
            else:
                found.split(
                    number,
                    node,
                    tree["split_indices"][node],
                    "BRANCH_LT",
                    value,
                    left,
                    right,
                    bool(tree["default_left"][node]),
                )
    return found
