"""MLflow: what was trained, on what, how well, and which model is champion.

Belongs here: everything that imports mlflow, always inside functions (the import alone takes seconds). One sqlite file and
one directory under the home; no server, no network.

Experiment `load/<region>`, registered model `load_<region>`, aliases `champion` and `challenger`: a new version becomes
champion when its MAPE over its past days is at most that of the present champion on the same zone, else challenger.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridlake.settings import Settings
from ml.predict import ForecastResult, TrainedModel
from ml.saving import save_model

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


def register(settings: Settings, result: ForecastResult) -> list[dict[str, Any]]:
    """Log each model of `result` once, and one run and one registered version per region with its scores.

    A version that is registered already (same fingerprint) is left as it is, so that a repeated run adds nothing. Returns per
    region: region_id, registered_model, version, alias, model_version, mape_pct, champion_mape_pct.
    """
    main = {
        zone: m
        for m in reversed(result.models)
        for zone in m.zones
        if m.operator_input or not _has_operator(result, zone)
    }
    with _client(settings) as client:
        saved: dict[str, str] = {}
        return [
            _register_region(client, settings, skill, main[skill["zone_id"]], saved)
            for skill in result.skill
            if skill["zone_id"] in main
        ]


def _has_operator(result: ForecastResult, zone: str) -> bool:
    return any(m.operator_input and zone in m.zones for m in result.models)


def _register_region(
    client: MlflowClient, settings: Settings, skill: dict[str, Any], trained: TrainedModel, saved: dict[str, str]
) -> dict[str, Any]:
    region, name = skill["region_id"], f"load_{skill['region_id']}"
    _ensure_registered(client, name)
    versions = client.search_model_versions(f"name='{name}'")
    # A search leaves the versions' aliases out; the registered model has them.
    named = {alias: str(version) for alias, version in client.get_registered_model(name).aliases.items()}
    champion = next((v for v in versions if str(v.version) == named.get("champion")), None)
    present = next((v for v in versions if v.tags.get("fingerprint") == trained.version), None)
    if present is None:
        run_id = _log_run(client, settings, f"load/{region}", skill, trained)
        source = saved.setdefault(trained.version, _store_files(settings, trained))
        present = client.create_model_version(
            name, source, run_id, tags={"fingerprint": trained.version, "mape_pct": repr(skill["mape_pct"]), "model_id": trained.model_id}
        )  # fmt: skip
    best = float(champion.tags["mape_pct"]) if champion is not None else None
    if champion is not None and champion.version == present.version:
        alias = "champion"
    else:
        alias = "champion" if best is None or skill["mape_pct"] <= best else "challenger"
        client.set_registered_model_alias(name, alias, present.version)
    return {
        "region_id": region, "registered_model": name, "version": int(present.version), "alias": alias,
        "model_version": trained.version, "mape_pct": skill["mape_pct"], "champion_mape_pct": best,
    }  # fmt: skip


def _ensure_registered(client: MlflowClient, name: str) -> None:
    if not client.search_registered_models(f"name='{name}'", max_results=1):
        client.create_registered_model(name, description="Day-ahead load, quantiles; see docs/forecasting.md.")


def _store_files(settings: Settings, trained: TrainedModel) -> str:
    """The model's files, once per fingerprint, shared by the regions it serves."""
    folder = settings.home / "mlflow-artifacts" / "models" / trained.version
    if not (folder / "model.json").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            complete = Path(temporary) / "model"
            save_model(trained.model, complete, trained.names)
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
