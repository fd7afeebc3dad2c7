"""Features know nothing after their issue, and mean what their names say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.features import DESCRIPTIONS, build_rows, country_of, holiday_flags
from ml.frame import Series
from ml.probe import garble
from tests.unit.ml.grids import load_series


def with_extras(series: Series) -> Series:
    rng = np.random.default_rng(3)
    return series.with_values(
        future={"temperature": rng.normal(20, 5, len(series))}, past={"frequency": rng.normal(60, 0.01, len(series))}
    )


@settings(max_examples=12, deadline=None)
@given(
    day=st.integers(15, 55),
    seed=st.integers(0, 10_000),
    known_until=st.sampled_from(["issue", "day-end"]),
    use_operator=st.booleans(),
    ahead=st.sampled_from([(1,), (1, 2)]),
)
def test_garbage_after_the_issue_never_changes_a_row(
    day: int, seed: int, known_until: str, use_operator: bool, ahead: tuple[int, ...]
) -> None:
    # 60 days from 20 February hold the spring change.
    series = with_extras(load_series(60, start="2018-02-20T05:00"))
    options = {"known_until": known_until, "use_operator": use_operator, "days_ahead": ahead}
    rows = build_rows(series, **options)  # type: ignore[arg-type]
    first = rows.issue_day.min()
    instant = rows.issued[rows.issue_day == first + day].max()
    mine = rows.issued <= instant
    known = instant
    if known_until == "day-end":
        known = rows.known_at[rows.day == first + day].max()
    spoiled = garble(series, known, rows.known_at[mine].max(), seed)
    again = build_rows(spoiled, **options)  # type: ignore[arg-type]
    np.testing.assert_array_equal(rows.x[mine], again.x[mine])
    np.testing.assert_array_equal(rows.reference[mine], again.reference[mine])
    np.testing.assert_array_equal(rows.scale[mine], again.scale[mine])
    # The garbage is real: later rows do change.
    assert not np.array_equal(rows.x[~mine], again.x[~mine], equal_nan=True)


def test_a_lag_is_known_only_when_its_interval_has_ended() -> None:
    series = load_series(40)
    rows = build_rows(series)
    lag = rows.x[:, rows.names.index("error_lag_1d")]
    recent = rows.day > rows.day.min() + 10
    hour = rows.slot
    # Issued 10:00 for the next day: yesterday's hours 0..9 have ended, 10..23 have not.
    assert np.isfinite(lag[recent & (hour < 10)]).all()
    assert np.isnan(lag[recent & (hour >= 10)]).all()
    at = int(np.flatnonzero(recent & (hour == 9))[0])
    t = rows.at[at]
    assert series.operator is not None
    expected = (series.y[t - 24] - series.operator[t - 24]) / series.operator[t - 24]
    assert lag[at] == pytest.approx(expected, rel=1e-5)


def test_neighbours_of_the_reference_end_with_the_forecast_day() -> None:
    rows = build_rows(load_series(40))
    recent = rows.day > rows.day.min() + 10
    ahead = rows.x[:, rows.names.index("reference_neighbour_+3h")]
    assert np.isnan(ahead[recent & (rows.slot >= 21)]).all()
    assert np.isfinite(ahead[recent & (rows.slot < 21)]).all()


def test_lags_keep_the_wall_clock_across_a_clock_change() -> None:
    series = load_series(60, start="2018-02-20T05:00")
    rows = build_rows(series)
    day = np.datetime64("2018-03-13", "D").astype(int)
    row = int(np.flatnonzero((rows.day == day) & (rows.slot == 18))[0])
    t = rows.at[row]
    lag = rows.x[row, rows.names.index("y_lag_7d")]
    # A week of local days over the spring change is 167 hours.
    assert lag == pytest.approx((series.y[t - 167] - rows.reference[row]) / rows.scale[row], rel=1e-5)


def test_without_an_operator_the_reference_is_last_week() -> None:
    series = load_series(40).with_values(operator=None)
    rows = build_rows(series)
    late = rows.day > rows.day.min() + 20
    np.testing.assert_allclose(rows.reference[late], series.y[rows.at[late] - 168])
    assert (rows.x[:, rows.names.index("has_operator")] == 0).all()


def test_an_absurd_operator_forecast_counts_as_missing() -> None:
    series = load_series(40)
    assert series.operator is not None
    operator = series.operator.copy()
    operator[700] *= 40
    rows = build_rows(series.with_values(operator=operator))
    row = int(np.flatnonzero(rows.at == 700)[0])
    assert rows.reference[row] == pytest.approx(series.y[700 - 168])


def test_holidays_come_from_the_region_or_the_zone() -> None:
    days = np.array(["2018-07-04", "2018-07-05"], dtype="datetime64[D]")
    assert holiday_flags(days, country_of("MISO.TOTAL", "Etc/GMT+5")).tolist() == [True, False]
    assert country_of("my-meter", "Europe/Madrid") == "ES"
    assert country_of("my-meter", "Etc/GMT+5") is None
    assert not holiday_flags(days, None).any()


def test_every_feature_is_described() -> None:
    names = build_rows(with_extras(load_series(30))).names
    text = " ".join(DESCRIPTIONS)
    groups = [d.split("<")[0].split(",")[0].removesuffix("_") for d in DESCRIPTIONS]
    undescribed = [n for n in names if n not in text and not any(n.startswith(g) for g in groups)]
    assert undescribed == []
