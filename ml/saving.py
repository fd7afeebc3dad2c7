"""Models as plain files: each library's own text format and one JSON beside it. Nothing is pickled, nothing is executed on reading.

Belongs here: writing and reading back. `model.json` names the model, its columns, its settings and the SHA-256 of every other file; a file
that does not have its hash is refused, so that what is served is what was trained.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from gridlake.errors import GridlakeError
from ml.models import MODELS, LightGBM, Model, Persistence, XGBoost

DESCRIPTION = "model.json"


def save_model(model: Model, folder: Path, names: Sequence[str], about: dict[str, Any] | None = None) -> None:
    """Write a fitted `model` that was trained on the columns `names` into `folder` (made where it is not there). `about` is kept beside it:
    plain values that say what it was trained for."""
    folder.mkdir(parents=True, exist_ok=True)
    description: dict[str, Any] = {"name": model.name, "columns": list(names), "parameters": _plain(model.parameters())}
    description["about"] = about or {}
    for kind, (write, _) in FORMATS.items():
        if isinstance(model, kind):
            description |= write(model, folder)
    description["files"] = {f.name: _hash(f) for f in sorted(folder.iterdir()) if f.is_file() and f.name != DESCRIPTION}
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=1))


def load_model(folder: Path) -> Model:
    """A model read back from `save_model`'s files; it predicts what the saved one did.

    Raises `GridlakeError` where a file is missing or is not the one that was written.
    """
    description = describe_model(folder)
    for name, expected in description["files"].items():
        if Path(name).name != name:
            raise GridlakeError(f"{folder / DESCRIPTION} names a file elsewhere, {name}.", "Train the model again.")
        if not (folder / name).is_file() or _hash(folder / name) != expected:
            raise GridlakeError(f"{folder / name} is not the file that was saved.", "Train the model again.")
    if description.get("name") not in MODELS:
        raise GridlakeError(
            f"{folder} holds a model of unknown kind, {description.get('name')}.", "Train the model again."
        )
    model = MODELS[description["name"]]()
    for kind, (_, read) in FORMATS.items():
        if isinstance(model, kind):
            try:
                return read(description, folder)
            except Exception as error:  # each library has its own kinds of them
                raise GridlakeError(
                    f"{folder} holds no readable {description['name']}: {error}", "Train the model again."
                ) from error
    raise GridlakeError(f"{folder} holds a model of unknown kind, {description['name']}.", "Train the model again.")


def describe_model(folder: Path) -> dict[str, Any]:
    """What `save_model` wrote beside the model: name, columns, parameters, about, files. Raises `GridlakeError` where it cannot be read."""
    try:
        found: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text())
    except (OSError, ValueError) as error:
        raise GridlakeError(
            f"{folder} holds no readable model: {error}", "Train it again with `gridlake run`."
        ) from error
    return found


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _plain(parameters: dict[str, Any]) -> dict[str, Any]:
    return {k: asdict(v) if is_dataclass(v) and not isinstance(v, type) else v for k, v in parameters.items()}


def _write_lightgbm(model: Any, folder: Path) -> dict[str, Any]:
    for quantile, booster in model.boosters.items():
        booster.save_model(str(folder / f"q{quantile:g}.txt"))
    return {"quantiles": list(model.boosters), "importance": model.importance()}


def _read_lightgbm(description: dict[str, Any], folder: Path) -> LightGBM:
    import lightgbm

    model = LightGBM(**description["parameters"])
    for quantile in description["quantiles"]:
        model.boosters[quantile] = lightgbm.Booster(model_file=str(folder / f"q{quantile:g}.txt"))
    return model


def _write_xgboost(model: Any, folder: Path) -> dict[str, Any]:
    model.booster.save_model(str(folder / "booster.json"))
    return {}


def _read_xgboost(description: dict[str, Any], folder: Path) -> XGBoost:
    import xgboost

    model = XGBoost(**description["parameters"])
    model.booster = xgboost.Booster(model_file=str(folder / "booster.json"))
    return model


def _write_persistence(model: Any, folder: Path) -> dict[str, Any]:
    (folder / "spread.json").write_text(json.dumps(model.state()))
    return {}


def _read_persistence(description: dict[str, Any], folder: Path) -> Persistence:
    model = MODELS[description["name"]]()
    assert isinstance(model, Persistence)
    return model.with_state(json.loads((folder / "spread.json").read_text()))


FORMATS: dict[type, tuple[Callable[[Any, Path], dict[str, Any]], Callable[[dict[str, Any], Path], Model]]] = {
    LightGBM: (_write_lightgbm, _read_lightgbm),
    XGBoost: (_write_xgboost, _read_xgboost),
    Persistence: (_write_persistence, _read_persistence),
}
