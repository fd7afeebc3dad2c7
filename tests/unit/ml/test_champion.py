"""The succession: a champion serves until it is old, is beaten only by more than noise, and its files, card and aliases say so."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np
import polars as pl
import pytest

from gridlake.errors import UsageError
from gridlake.settings import Settings
from ml.champion import Champion, Verdict, too_old
from ml.export import export_champions
from ml.models import LightGBM
from ml.predict import ForecastResult, forecast_load
from ml.registry import champions, register
from tests.unit.ml.grids import load_series
from tests.unit.ml.test_predict import AS_OF, END, ZONES, gold

DAY = np.timedelta64(1, "D")


@pytest.fixture(scope="module")
def first() -> ForecastResult:
    return forecast_load(gold(load_series(202)), zones_tz=ZONES, as_of=AS_OF)


@pytest.fixture
def later() -> tuple[pl.DataFrame, dict[str, Any]]:
    """The same grid thirty days on."""
    end = END + timedelta(days=30)
    load = gold(load_series(232))
    truth = pl.Series(load_series(232).y)
    return load.with_columns(load_reported_mw=pl.when(pl.col("interval_start_utc") < end).then(truth)), {"NYISO": end}


def client(settings: Settings) -> Any:
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=f"sqlite:///{settings.mlflow_db}")


def test_a_young_champion_serves_as_it_is_and_gives_the_same_numbers(
    first: ForecastResult, home: Callable[..., Settings], capfd: pytest.CaptureFixture[str]
) -> None:
    settings = home()
    assert champions(settings, "load") == []
    (registered,) = register(settings, first)
    chatter = capfd.readouterr()
    assert (chatter.out, chatter.err) == ("", "")
    assert (registered["registered_model"], registered["version"], registered["alias"]) == ("load_NYISO", 1, "champion")
    (champion,) = champions(settings, "load")
    assert champions(settings, "wind") == []
    assert champion.trained.trained_until == first.models[0].trained_until
    served = forecast_load(gold(load_series(202)), zones_tz=ZONES, as_of=AS_OF, champions=[champion])
    assert served.rows.equals(first.rows)
    assert [m.is_registered for m in served.models] == [True]
    assert register(settings, served) == []

    source = client(settings).get_model_version_by_alias("load_NYISO", "champion").source
    text = (Path(urlparse(source).path) / "card.md").read_text()
    assert text.startswith(f"# lightgbm_day_ahead {first.models[0].version}")
    assert "There was no champion to beat" in text
    assert "| NYISO.TOTAL | 672 |" in text
    (Path(urlparse(source).path) / "q0.5.txt").write_text("not a model")
    assert champions(settings, "load") == []


def test_champions_are_exported_beside_what_their_columns_are(
    first: ForecastResult, home: Callable[..., Settings], tmp_path: Path
) -> None:
    pytest.importorskip("onnxruntime", reason="the extra `onnx` is not installed")
    settings = home()
    with pytest.raises(UsageError, match="no champion for load"):
        export_champions(settings, "load", tmp_path)
    register(settings, first)
    (made,) = export_champions(settings, "load", tmp_path)
    assert made["zones"] == ["NYISO.TOTAL"]
    assert made["largest_difference"] < 1e-5
    about = json.loads(Path(made["file"]).with_suffix(".json").read_text())
    assert about["columns"] == list(first.models[0].names)


def test_an_old_champion_is_challenged_and_replaced_only_by_a_better_one(
    first: ForecastResult, later: tuple[pl.DataFrame, dict[str, Any]], home: Callable[..., Settings]
) -> None:
    settings = home()
    register(settings, first)
    noise = Verdict(False, first.models[0].version, 1.49, 1.5, 0.3, 0.38, 672)
    other = replace(first.models[0], version="no-better", verdict=noise)
    for _ in range(2):  # a second time adds nothing
        (registered,) = register(settings, replace(first, models=[other]))
        assert (registered["version"], registered["alias"]) == (2, "challenger")
    assert client(settings).get_model_version_by_alias("load_NYISO", "champion").version in (1, "1")
    good = champions(settings, "load")
    load, as_of = later
    result = forecast_load(load, zones_tz=ZONES, as_of=as_of, champions=good)
    new = next(m for m in result.models if m.verdict is not None)
    assert new.verdict is not None
    assert new.verdict.against == first.models[0].version
    stands = new.version if new.verdict.promoted else first.models[0].version
    assert set(result.rows["model_version"]) == {stands}

    lame = replace(good[0].trained, model=Weaker(**vars(good[0].trained.model)))
    result = forecast_load(load, zones_tz=ZONES, as_of=as_of, champions=[Champion(lame)])
    (better,) = result.models
    assert better.verdict is not None
    assert better.verdict.promoted
    assert better.verdict.dm_p_value < 0.05
    assert set(result.rows["model_version"]) == {better.version}
    (registered,) = register(settings, result)
    assert (registered["version"], registered["alias"]) == (3, "champion")
    assert client(settings).get_model_version_by_alias("load_NYISO", "champion").version in (3, "3")
    assert "takes the place of champion" in client(settings).get_model_version("load_NYISO", "3").tags["verdict"]
    runs = client(settings).search_runs([client(settings).get_experiment_by_name("load/NYISO").experiment_id])
    assert len(runs) == 3
    assert all({"operator_mape_pct", "mae", "coverage_95_pct"} <= set(r.data.metrics) for r in runs)


def test_retraining_can_be_asked_for(first: ForecastResult) -> None:
    """Equal rows train the equal model: it stands, and is no second one."""
    found = [Champion(replace(first.models[0], is_registered=True))]
    again = forecast_load(gold(load_series(202)), zones_tz=ZONES, as_of=AS_OF, champions=found, retrain=True)
    assert [m.version for m in again.models] == [first.models[0].version]


def test_age_counts_from_what_was_known(first: ForecastResult) -> None:
    champion = Champion(first.models[0])
    known = first.models[0].trained_until
    assert not too_old(champion, known)
    assert not too_old(champion, known + 27 * DAY)
    assert too_old(champion, known + 28 * DAY)
    assert too_old(champion, known - DAY)  # it knows days that it would be scored on


class Weaker(LightGBM):
    """A champion that has lost its way."""

    def predict_quantiles(self, x: Any) -> Any:
        return super().predict_quantiles(x) + 0.05
