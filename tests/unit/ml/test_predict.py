"""Forecasts for gold: which days, which kind, what was known; the Delta table; the registry; the command that reads them back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from gridlake.errors import UsageError
from gridlake.lake import open_table, overwrite_table
from gridlake.settings import Settings
from gridlake.snapshot import publish
from ml.commands import forecast
from ml.frame import Series
from ml.predict import ForecastResult, forecast_load, lake_plan
from ml.store import FORECAST, ensure_forecast_table, read_forecasts, write_forecasts
from tests.unit.ml.grids import load_series

END = datetime(2018, 7, 20, 4)  # midnight in New York: 200 local days from 2018-01-01


def gold(series: Series, *, region: str = "NYISO", source: str = "SYNTHETIC") -> pl.DataFrame:
    frame = pl.DataFrame(
        {"interval_start_utc": series.starts_utc, "load_reported_mw": series.y, "operator_forecast_mw": series.operator}
    ).with_columns(
        pl.col("interval_start_utc").cast(pl.Datetime("us")),
        pl.col(pl.Float64).fill_nan(None),
        zone_id=pl.lit(series.series_id),
        region_id=pl.lit(region),
        source_system=pl.lit(source),
        operator_forecast_issued_at_utc=pl.lit(None, dtype=pl.Datetime("us")),
    )
    # Load is known up to END; the operator's forecast stands for the day after it.
    return frame.with_columns(
        load_reported_mw=pl.when(pl.col("interval_start_utc") < END).then(pl.col("load_reported_mw"))
    )


ZONES = {"NYISO.TOTAL": "America/New_York"}
AS_OF = {"NYISO": END}


@pytest.fixture(scope="module")
def made() -> ForecastResult:
    return forecast_load(gold(load_series(202)), zones_tz=ZONES, as_of=AS_OF)


def test_the_last_28_days_and_the_next_are_forecast_whole(made: ForecastResult) -> None:
    rows = made.rows
    assert rows.columns == FORECAST.column_names
    past, coming = rows.filter(pl.col("forecast_kind") == "backtest"), rows.filter(pl.col("forecast_kind") == "model")
    assert (past.height, coming.height) == (28 * 24, 24)
    assert past["interval_start_utc"].min() == END - timedelta(days=28)
    assert past["interval_end_utc"].max() == END == coming["interval_start_utc"].min()
    assert coming["issued_at_utc"].unique().to_list() == [datetime(2018, 7, 19, 14)]
    assert coming["lead_time_hours"].min() == 14
    assert rows["model_id"].unique().to_list() == ["lightgbm_day_ahead"]
    assert rows["source_system"].unique().to_list() == ["SYNTHETIC"]
    quantiles = rows.select("^q.*$").to_numpy()
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=1) >= 0).all()


def test_skill_stands_beside_operator_and_naive(made: ForecastResult) -> None:
    (skill,) = made.skill
    assert skill["rows"] == 28 * 24
    assert skill["mape_pct"] < 0.6 * min(skill["operator_mape_pct"], skill["naive_mape_pct"])
    assert 70 < skill["coverage_80_pct"] < 90
    (model,) = made.models
    assert model.training_rows < 24 * (200 - 28 - 50)  # nothing of the calibration and test days


def test_the_same_input_gives_the_same_rows_and_version(made: ForecastResult) -> None:
    again = forecast_load(gold(load_series(202)), zones_tz=ZONES, as_of=AS_OF)
    assert again.rows.equals(made.rows)


def test_load_after_an_issue_does_not_change_its_forecast(made: ForecastResult) -> None:
    instant = datetime(2018, 7, 10, 14)
    spoiled = gold(load_series(202)).with_columns(
        load_reported_mw=pl.when(pl.col("interval_start_utc") >= instant)
        .then(pl.col("load_reported_mw") * 3)
        .otherwise(pl.col("load_reported_mw"))
    )
    after = forecast_load(spoiled, zones_tz=ZONES, as_of=AS_OF).rows
    known = pl.col("issued_at_utc") <= instant
    assert after.filter(known).equals(made.rows.filter(known))
    assert not after.filter(~known).equals(made.rows.filter(~known))


def test_a_missing_operator_forecast_is_coped_with() -> None:
    load = gold(load_series(202)).with_columns(
        operator_forecast_mw=pl.when(pl.col("interval_start_utc") < END).then(pl.col("operator_forecast_mw"))
    )
    result = forecast_load(load, zones_tz=ZONES, as_of=AS_OF)
    coming = result.rows.filter(pl.col("interval_start_utc") >= END)
    assert coming.height == 24
    assert coming["forecast_kind"].unique().to_list() == ["model"]
    truth = load_series(202).y[200 * 24 - 1 :]  # the series starts at 05:00 UTC, the summer's midnight is 04:00
    error = np.abs(coming["q0500"].to_numpy() - truth[:24]) / truth[:24]
    assert error.mean() < 0.05
    assert [m.operator_input for m in result.models] == [True, False]


def test_an_operator_forecast_published_after_our_issue_is_not_used() -> None:
    late = gold(load_series(202)).with_columns(
        operator_forecast_issued_at_utc=pl.col("interval_start_utc") - pl.duration(minutes=30)
    )
    result = forecast_load(late, zones_tz=ZONES, as_of=AS_OF)
    doubled = late.with_columns(pl.col("operator_forecast_mw") * 2)
    again = forecast_load(doubled, zones_tz=ZONES, as_of=AS_OF)
    assert again.rows.equals(result.rows)


def test_a_short_history_falls_back_to_the_naive_and_says_so() -> None:
    load = gold(load_series(202)).filter(pl.col("interval_start_utc") >= END - timedelta(days=60))
    result = forecast_load(load, zones_tz=ZONES, as_of=AS_OF)
    coming = result.rows.filter(pl.col("interval_start_utc") >= END)
    assert coming["forecast_kind"].unique().to_list() == ["fallback"]
    assert coming["model_id"].unique().to_list() == ["seasonal_naive"]
    assert any("60 days of history" in note for note in result.notes)
    tiny = forecast_load(
        load.filter(pl.col("interval_start_utc") >= END - timedelta(days=5)), zones_tz=ZONES, as_of=AS_OF
    )
    assert tiny.rows.is_empty()
    assert tiny.rows.columns == FORECAST.column_names


def test_an_unfinished_day_is_forecast_but_not_past() -> None:
    noon = END + timedelta(hours=8)
    result = forecast_load(gold(load_series(203)), zones_tz=ZONES, as_of={"NYISO": noon})
    coming = result.rows.filter(pl.col("forecast_kind") == "model")
    # 08:00 local: today's forecast stands, tomorrow's is issued at ten.
    assert coming.height == 24
    assert coming["interval_start_utc"].min() == END


def test_a_zone_without_a_time_zone_is_named() -> None:
    with pytest.raises(UsageError, match=r"No time zone for NYISO\.TOTAL"):
        forecast_load(gold(load_series(30)), zones_tz={}, as_of=AS_OF)


# --- table --------------------------------------------------------------------------------------------------------


def test_the_table_is_made_empty_and_replaced_whole(made: ForecastResult, home: Callable[..., Settings]) -> None:
    settings = home()
    path = ensure_forecast_table(settings)
    assert read_forecasts(settings).is_empty()
    write_forecasts(settings, made.rows)
    write_forecasts(settings, made.rows)
    stored = read_forecasts(settings)
    assert stored.height == made.rows.height
    assert stored.schema == made.rows.schema
    assert open_table(path).schema().to_arrow()


def test_other_targets_stay(made: ForecastResult, home: Callable[..., Settings]) -> None:
    settings = home()
    price = made.rows.head(24).with_columns(target=pl.lit("price"), unit=pl.lit("USD/MWh"))
    write_forecasts(settings, price, target="price")
    write_forecasts(settings, made.rows)
    assert dict(read_forecasts(settings)["target"].value_counts().iter_rows()) == {
        "price": 24,
        "load": made.rows.height,
    }
    with pytest.raises(ValueError, match="target price given as load"):
        write_forecasts(settings, price)


def test_what_was_issued_live_is_not_improved_by_a_later_run(
    made: ForecastResult, home: Callable[..., Settings]
) -> None:
    """The next day's run forecasts the issued day as if anew, and knows corrections the issue did not know."""
    is_next = pl.col("forecast_kind") == "model"
    tomorrow = made.rows.with_columns(
        q0500=pl.col("q0500") + 1, issued_at_utc=pl.col("issued_at_utc").dt.offset_by("1d"),
        interval_start_utc=pl.col("interval_start_utc").dt.offset_by("1d"),
    )  # fmt: skip
    issued = made.rows.filter(is_next)
    for origin, stands in (("live", True), ("archive", False)):
        settings = home(origin=origin)
        settings = replace(settings, home=settings.home / origin)
        write_forecasts(settings, made.rows)
        write_forecasts(settings, tomorrow)
        write_forecasts(settings, tomorrow)
        stored = read_forecasts(settings)
        same = stored.join(issued.select("zone_id", "issued_at_utc", "interval_start_utc"), on=["zone_id", "issued_at_utc", "interval_start_utc"])  # fmt: skip
        assert same.height == issued.height
        assert set(same["forecast_kind"]) == ({"model"} if stands else {"backtest"})
        assert same.sort("interval_start_utc")["q0500"].equals(issued.sort("interval_start_utc")["q0500"]) == stands
        assert (
            stored.filter(is_next & (pl.col("issued_at_utc") > issued["issued_at_utc"].max())).height == issued.height
        )


# --- command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def published(made: ForecastResult, home: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = home()
    overwrite_table(settings.gold / "fct_forecast", FORECAST.conform(made.rows))
    publish(settings, ["fct_forecast"], run_id="r1", as_of_utc={"NYISO": END.isoformat()})
    monkeypatch.setenv("GRIDLAKE_HOME", str(settings.home))
    return settings


def test_forecast_command_shows_the_newest_issue(published: Settings, made: ForecastResult) -> None:
    done = CliRunner().invoke(forecast, ["--region", "NYISO", "--json"])
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)["rows"]
    expected = made.rows.filter(pl.col("forecast_kind") == "model").sort("interval_start_utc")
    assert [r["q0500"] for r in rows] == pytest.approx(expected["q0500"].to_list())
    table = CliRunner().invoke(forecast, ["--region", "NYISO.TOTAL", "--horizon", "6"])
    assert "lightgbm_day_ahead (model), issued 2018-07-19 14:00 UTC" in " ".join(table.stdout.split())


def test_forecast_command_says_what_is_there(published: Settings) -> None:
    done = CliRunner().invoke(forecast, ["--region", "PJM"])
    assert done.exit_code == 1
    assert "No load forecast for PJM.TOTAL is published, and there is too little history to make one" in done.stderr
    assert "Published load forecasts: NYISO.TOTAL" in done.stderr


def test_forecast_command_before_anything_is_published(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDLAKE_HOME", str(tmp_path))
    done = CliRunner().invoke(forecast, ["--region", "PJM"])
    assert done.exit_code == 1
    assert "gridlake run" in done.stderr


def test_a_zone_whose_load_ended_before_what_may_be_learnt_from_gives_a_note_and_others_go_on() -> None:
    """Its operator went on forecasting, so that days are forecast for which nothing young enough can be learnt."""
    plan = replace(lake_plan("load"), train_days=30)
    ended = gold(load_series(202), region="CAISO").with_columns(
        zone_id=pl.lit("CAISO.TOTAL"),
        load_reported_mw=pl.when(pl.col("interval_start_utc") < END - timedelta(days=150)).then("load_reported_mw"),
    )
    both = pl.concat([gold(load_series(202)), ended])
    zones = {**ZONES, "CAISO.TOTAL": "America/New_York"}
    made = forecast_load(both, zones_tz=zones, as_of={**AS_OF, "CAISO": END - timedelta(days=20)}, plan=plan)
    assert "NYISO.TOTAL" in set(made.rows["zone_id"])
    assert any(note.startswith("CAISO.TOTAL") for note in made.notes)
