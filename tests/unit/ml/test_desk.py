"""The desk's daily issue has the backtest's own numbers, one day after the other, and serves them again."""

from __future__ import annotations

import numpy as np
import pytest

from ml.desk import Desk, Past
from ml.engine import Trainer, forecast_days
from ml.plan import Plan
from ml.training import feature_rows
from tests.unit.ml.grids import load_series

DAYS = 150
FIRST = int(np.datetime64("2018-05-06", "D").astype(int))  # forecasts begin
DAY = FIRST + 15


@pytest.mark.parametrize("model", ["seasonal_naive", "lightgbm"])
def test_the_desk_issues_what_the_engine_would(model: str) -> None:
    plan = Plan(model=model, days_ahead=(1, 2))
    series = [load_series(DAYS), load_series(DAYS, series_id="NYISO.WEST", seed=2)]
    all_rows = feature_rows(series, plan)
    trainer = Trainer(plan)
    made = forecast_days(series, all_rows, plan, trainer, [FIRST], DAY + 5, lambda line: None)
    assert trainer.latest is not None
    desk = Desk(trainer.latest, plan, tuple(s.series_id for s in series))
    for one, rows, forecasts in zip(series, all_rows, made, strict=True):
        before = rows.issue_day[forecasts.index] < DAY
        desk.past[one.series_id] = Past.of(one, rows, forecasts.index[before], forecasts.base[before], forecasts.quantiles[before])  # fmt: skip
    for day in (DAY, DAY + 1):
        issued = desk.issue(series, day)
        for one, rows, forecasts in zip(series, all_rows, made, strict=True):
            expected = forecasts.quantiles[rows.issue_day[forecasts.index] == day]
            assert expected.shape == (48, 7)
            # Sums over a shorter history round otherwise in the last place.
            np.testing.assert_allclose(issued[one.series_id], expected, rtol=1e-5)
            np.testing.assert_allclose(desk.serve(one.series_id), issued[one.series_id], rtol=1e-12)


def test_values_after_the_issue_are_not_looked_at() -> None:
    plan = Plan(model="seasonal_naive", days_ahead=(1, 2))
    series = load_series(DAYS)
    rows = feature_rows([series], plan)
    trainer = Trainer(plan)
    forecast_days([series], rows, plan, trainer, [FIRST], FIRST + 3, lambda line: None)
    assert trainer.latest is not None
    late = series.starts_utc + series.step > np.datetime64(DAY, "D") + np.timedelta64(
        14, "h"
    )  # ten in the morning, local
    spoiled = series.with_values(y=np.where(late, -1.0, series.y))
    desks = [Desk(trainer.latest, plan, (series.series_id,)) for _ in range(2)]
    plain, other = (d.issue([s], DAY)[series.series_id] for d, s in zip(desks, (series, spoiled), strict=True))
    assert (plain == other).all()
