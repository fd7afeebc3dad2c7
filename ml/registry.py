"""MLflow: what was trained, on what, how well, and which model is champion.

Belongs here: everything that imports mlflow, always inside functions (the import alone takes seconds). One sqlite file and
one directory under the home; no server, no network.

Experiment `<target>/<region>`, registered model `<target>_<region>`, aliases `champion` and `challenger`. Who is which `ml.champion`
decides. One model serves several regions: its files and its card are stored once.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse
from urllib.request import url2pathname

from gridlake.errors import GridlakeError
from gridlake.settings import Settings
from ml.card import card
from ml.champion import Champion, TrainedModel
from ml.predict import ForecastResult
from ml.saving import describe_model, load_model, save_model

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

METRICS = (
    "mape_pct", "mae", "rmae", "pinball", "coverage_80_pct", "coverage_95_pct", "width_80", "width_95", "operator_mape_pct",
    "operator_mae", "naive_mape_pct", "naive_mae",
)  # fmt: skip


def tracking_uri(settings: Settings) -> str:
    return f"sqlite:///{settings.mlflow_db}"


@contextmanager
def _client(settings: Settings) -> Iterator[MlflowClient]:
    """A client on the home's own store, with mlflow's and alembic's chatter and its telemetry off."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    settings.home.mkdir(parents=True, exist_ok=True)
    from mlflow.tracking import MlflowClient  # before the levels are set: the import sets its own

    quiet = [logging.getLogger(name) for name in ("mlflow", "mlflow.store.db.utils", "alembic")]
    levels = [logger.level for logger in quiet]
    for logger in quiet:
        logger.setLevel(logging.ERROR)
    try:
        yield MlflowClient(tracking_uri=tracking_uri(settings), registry_uri=tracking_uri(settings))
    finally:
        for logger, level in zip(quiet, levels, strict=True):
            logger.setLevel(level)


def champions(settings: Settings, target: str) -> list[Champion]:
    """The models of `target` that carry the alias champion, read back from their files; none in a home without a registry.

    One whose files are gone or changed does not count: a new one will be trained.
    """
    if not settings.mlflow_db.exists():
        return []
    folders: set[str] = set()
    with _client(settings) as client:
        for registered in client.search_registered_models(f"name LIKE '{target}_%'", max_results=1000):
            version = client.get_registered_model(registered.name).aliases.get("champion")
            if version is not None:
                folders.add(str(client.get_model_version(registered.name, version).source))
    found = []
    for source in sorted(folders):
        folder = Path(url2pathname(urlparse(source).path))
        try:
            about = describe_model(folder)
            if about.get("about"):  # files of an older kind say nothing of their zones
                found.append(Champion(TrainedModel.of(load_model(folder), about["columns"], about["about"])))
        except GridlakeError:
            continue
    return found


def register(settings: Settings, result: ForecastResult) -> list[dict[str, Any]]:
    """Log each new model of `result` once, with one run and one registered version per region.

    A model that stands becomes the region's champion, another one its challenger (`ml.champion` decides). One that is registered
    already (same fingerprint) is left as it is, so that a repeated run adds nothing. A region's scores are those of its system, else of
    its first zone. Returns per region and model: region_id, registered_model, version, alias, model_version, mape_pct, mae.
    """
    models = [m for m in result.models if m.operator_input or not _has_operator(result, m.zones)]
    if all(m.is_registered and m.stands for m in models) and not any(m.verdict for m in models):
        return []
    made = []
    with _client(settings) as client:
        for trained in models:
            folder = _store_files(settings, trained)
            for skill in _by_region(trained):
                made.append(_register_region(client, settings, skill, trained, folder))
    return made


def _by_region(trained: TrainedModel) -> list[dict[str, Any]]:
    """One zone's scores per region: the system's, else the first zone's."""
    chosen: dict[str, dict[str, Any]] = {}
    for zone, skill in sorted(trained.skill.items()):
        if skill["region_id"] not in chosen or zone.endswith(".TOTAL"):
            chosen[skill["region_id"]] = skill
    return list(chosen.values())


def _has_operator(result: ForecastResult, zones: Sequence[str]) -> bool:
    return any(m.operator_input and set(zones) <= set(m.zones) for m in result.models)


def _register_region(
    client: MlflowClient, settings: Settings, skill: dict[str, Any], trained: TrainedModel, folder: str
) -> dict[str, Any]:
    region = skill["region_id"]
    name = f"{trained.target}_{region}"
    versions = _versions(client, name)
    present = next((v for v in versions if v.tags.get("fingerprint") == trained.version), None)
    if present is None:
        run_id = _log_run(client, settings, f"{trained.target}/{region}", skill, trained)
        tags = {"fingerprint": trained.version, "model_id": trained.model_id, "mape_pct": repr(skill["mape_pct"]), "mae": repr(skill["mae"])}  # fmt: skip
        if trained.verdict is not None:
            tags["verdict"] = trained.verdict.text
        present = client.create_model_version(name, folder, run_id, tags=tags)
    alias = "champion" if trained.stands else "challenger"
    if not trained.is_registered:  # a champion that was read back has its alias, or has just lost it
        client.set_registered_model_alias(name, alias, present.version)
    return {
        "region_id": region, "registered_model": name, "version": int(present.version), "alias": alias,
        "model_version": trained.version, "mape_pct": skill["mape_pct"], "mae": skill["mae"],
    }  # fmt: skip


def _versions(client: MlflowClient, name: str) -> list[Any]:
    """The registered model's versions; it is created where it is not there."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name, description="Quantiles, day ahead; see docs/forecasting.md.")
    except MlflowException:
        return list(client.search_model_versions(f"name='{name}'"))
    return []


def _store_files(settings: Settings, trained: TrainedModel) -> str:
    """The model's files, once per fingerprint, shared by the regions it serves."""
    folder = settings.home / "mlflow-artifacts" / "models" / trained.version
    if not (folder / "model.json").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            complete = Path(temporary) / "model"
            save_model(trained.model, complete, trained.names, trained.about())
            (complete / "card.md").write_text(card(trained))
            complete.rename(folder)
    return folder.as_uri()


def _log_run(
    client: MlflowClient, settings: Settings, experiment: str, skill: dict[str, Any], trained: TrainedModel
) -> str:
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.utils.time import get_current_time_millis

    found = client.get_experiment_by_name(experiment)
    location = (settings.home / "mlflow-artifacts" / experiment).as_uri()
    experiment_id = found.experiment_id if found else client.create_experiment(experiment, artifact_location=location)
    run = client.create_run(experiment_id, run_name=f"{trained.model_id} {trained.version}")
    now = get_current_time_millis()
    metrics = [Metric(name, float(skill[name]), now, 0) for name in METRICS if skill.get(name) is not None]
    parameters = {
        **trained.model.parameters(),
        "training_rows": trained.training_rows,
        "zones": ",".join(trained.zones),
        "rows": skill["rows"],
    }
    client.log_batch(
        run.info.run_id,
        metrics=metrics,
        params=[Param(k, str(v)[:500]) for k, v in parameters.items()],
        tags=[
            RunTag("fingerprint", trained.version),
            RunTag("zone_id", skill["zone_id"]),
            RunTag("model_id", trained.model_id),
        ],
    )
    client.set_terminated(run.info.run_id)
    return str(run.info.run_id)
