"""Day-ahead load forecasts of the lake's own zones: the next local day, and the last weeks as they would have been issued.

Belongs here: turning gold's load rows into series, choosing what is forecast when, and the rows gold reads back. How
forecasts are made is `ml.backtest`, so that what is published and what is measured come from the same code.
"""

from __future__ import annotations

import hashlib
import time as clock
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from gridlake.errors import UsageError
from ml.backtest import seasonal_naive
from ml.engine import Forecasts, Plan, Trainer, feature_rows, forecast_days, learnable
from ml.features import Rows
from ml.frame import Array, Series, issue_instants, local_calendar
from ml.models import Model
from ml.scoring import finite, scored, summarise
from ml.store import FORECAST_EMPTY, QUANTILE_NAMES

MODEL_IDS = {"lightgbm": "lightgbm_day_ahead", "seasonal_naive": "seasonal_naive"}
ENOUGH_HISTORY_DAYS = 120
FALLBACK_HISTORY_DAYS = 14
CALIBRATION_DAYS = 56
GROUP_DAYS = 14  # zones whose data end within so many days are trained together

REQUIRED = (
    "zone_id", "region_id", "interval_start_utc", "load_reported_mw", "operator_forecast_mw", "operator_forecast_issued_at_utc",
    "source_system",
)  # fmt: skip


@dataclass(frozen=True)
class TrainedModel:
    """A model as it was used, for the registry."""

    model_id: str
    version: str
    model: Model
    names: tuple[str, ...]
    training_rows: int
    zones: tuple[str, ...]
    operator_input: bool


@dataclass(frozen=True)
class ForecastResult:
    """`rows` as `fct_forecast` has them; `skill` per zone over the past days; `models` as trained; `seconds` spent."""

    rows: pl.DataFrame
    skill: list[dict[str, Any]]
    models: list[TrainedModel]
    seconds: float
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Zone:
    """A zone as a series that reaches through the days to forecast."""

    series: Series
    region_id: str
    source_system: str
    past: tuple[int, int]  # first and last complete local day to forecast as it would have been (days since 1970)
    ahead: tuple[int, ...]  # local days after those
    history_days: int


def forecast_load(
    load: pl.DataFrame,
    *,
    zones_tz: Mapping[str, str],
    as_of: Mapping[str, datetime],
    days_back: int = 28,
    plan: Plan | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> ForecastResult:
    """Day-ahead forecasts of every zone in `load`, issued on the day before at the plan's wall clock (10:00 local).

    `load` has the columns of `fct_load_hourly` named in `REQUIRED` (hourly, naive UTC; `load_reported_mw` is the target and
    null where nothing was reported). `zones_tz` gives each zone's IANA zone, `as_of` each zone's (or its region's) end of
    known data, naive UTC. Per zone: the last `days_back` complete local days (`forecast_kind` backtest) and the days
    after them whose issue instant has come (`model`, or `fallback` by seasonal naive where there are fewer than 120 days of
    history). Where the operator's forecast for such a day is missing, a second model that does not need it is trained.

    Raises `UsageError` that names missing columns or zones without a time zone.
    """
    began = clock.perf_counter()
    _check(load, zones_tz)
    base = plan or Plan(warmup_days=CALIBRATION_DAYS)
    zones = [
        zone
        for key, part in sorted(load.partition_by("zone_id", as_dict=True).items(), key=lambda item: str(item[0][0]))
        if (zone := _zone(str(key[0]), part, zones_tz[str(key[0])], as_of, days_back, base)) is not None
    ]
    out = _Output(base)
    for group in _groups([z for z in zones if z.history_days >= ENOUGH_HISTORY_DAYS]):
        progress(f"forecast: {', '.join(z.series.series_id for z in group)}")
        _forecast_group(group, base, out)
    for zone in zones:
        if FALLBACK_HISTORY_DAYS <= zone.history_days < ENOUGH_HISTORY_DAYS:
            out.notes.append(
                f"{zone.series.series_id}: {zone.history_days} days of history, seasonal naive instead of a model"
            )
            _forecast_fallback(zone, base, out)
        elif zone.history_days < FALLBACK_HISTORY_DAYS:
            out.notes.append(f"{zone.series.series_id}: {zone.history_days} days of history, no forecast")
    rows = pl.concat(out.tables) if out.tables else FORECAST_EMPTY
    return ForecastResult(rows, out.skill, out.models, round(clock.perf_counter() - began, 2), out.notes)


def _check(load: pl.DataFrame, zones_tz: Mapping[str, str]) -> None:
    missing = [c for c in REQUIRED if c not in load.columns]
    if missing:
        raise UsageError(f"The load rows lack {', '.join(missing)}.", "Read them from gold.fct_load_hourly.")
    unknown = sorted(set(load["zone_id"].unique().to_list()) - set(zones_tz))
    if unknown:
        raise UsageError(
            f"No time zone for {', '.join(unknown)}.", "Give every zone its region's zone from dim_region."
        )


def _zone(
    zone_id: str, rows: pl.DataFrame, tz: str, as_of: Mapping[str, datetime], days_back: int, plan: Plan
) -> Zone | None:
    """The zone's series, ended by the days to forecast; None for a zone without any load."""
    reported = rows.filter(pl.col("load_reported_mw").is_not_null())
    if reported.is_empty():
        return None
    region_id = str(rows["region_id"][0])
    given = as_of.get(zone_id) or as_of.get(region_id)
    latest = reported["interval_start_utc"].to_numpy().astype("datetime64[us]").max() + np.timedelta64(1, "h")
    instant = np.datetime64(given, "us") if given is not None else latest
    rows = rows.sort("interval_start_utc")
    start = np.datetime64(rows["interval_start_utc"][0], "us")
    end = instant + np.timedelta64(3, "D")
    size = int((end - start) // np.timedelta64(1, "h"))
    offset = (rows["interval_start_utc"].to_numpy().astype("datetime64[us]") - start) // np.timedelta64(1, "h")
    inside = (offset >= 0) & (offset < size)

    def grid(name: str) -> Array:
        values = np.full(size, np.nan)
        values[offset[inside]] = rows[name].cast(pl.Float64).to_numpy()[inside]
        return values

    y = grid("load_reported_mw")
    empty = Series(zone_id, tz, start, 60, y)
    y[empty.starts_utc + empty.step > instant] = np.nan
    operator = grid("operator_forecast_mw")
    operator[operator <= 0] = np.nan
    published = rows["operator_forecast_issued_at_utc"].cast(pl.Datetime("us"))
    issued = np.full(size, np.datetime64("NaT"), dtype="datetime64[us]")
    issued[offset[inside]] = published.to_numpy().astype("datetime64[us]")[inside]
    calendar = local_calendar(empty)
    issues = issue_instants(calendar, tz, plan.issue_time)
    # By target day, the issue of the day before.
    before = np.concatenate(([issues[0] - np.timedelta64(1, "D")], issues[:-1]))
    operator[issued > before[calendar.day]] = np.nan  # published after our issue: not known to it (NaT compares false)
    # The local day that `instant` lies in is not complete; the ones before are.
    present = int(np.searchsorted(empty.starts_utc, instant))
    today = int(calendar.day[min(present, size - 1)])
    ahead = tuple(d for d in (today, today + 1) if d < calendar.n_days and before[d] <= instant)
    # Days count from the first with load; the calendar's last day may be cut off, none of `ahead` is.
    first_load = int(calendar.day[np.flatnonzero(np.isfinite(y))[0]])
    return Zone(
        series=empty.with_values(operator=operator if np.isfinite(operator).any() else None),
        region_id=region_id,
        source_system=str(reported.sort("interval_start_utc")["source_system"][-1]),
        past=(calendar.first_day + max(today - days_back, first_load), calendar.first_day + today - 1),
        ahead=tuple(calendar.first_day + d for d in ahead),
        history_days=today - first_load,
    )


def _groups(zones: Sequence[Zone]) -> list[list[Zone]]:
    """Zones whose last complete days lie close together, so that one model can serve them honestly."""
    groups: list[list[Zone]] = []
    for zone in sorted(zones, key=lambda z: (z.past[1], z.series.series_id)):
        if groups and zone.past[1] - groups[-1][0].past[1] <= GROUP_DAYS:
            groups[-1].append(zone)
        else:
            groups.append([zone])
    return groups


class _Output:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.tables: list[pl.DataFrame] = []
        self.skill: list[dict[str, Any]] = []
        self.models: list[TrainedModel] = []
        self.notes: list[str] = []


def _forecast_group(group: Sequence[Zone], plan: Plan, out: _Output) -> None:
    """One pooled model for the group's past and coming days; a second one where an operator's forecast is missing."""
    series = [z.series for z in group]
    all_rows = feature_rows(series, plan)
    made, trained = _run(group, series, all_rows, plan, out)
    lacking = [_without_operator(z, r) for z, r in zip(group, all_rows, strict=True)]
    if any(rows.any() for rows in lacking):
        alone = replace(plan, use_operator=False)
        alone_rows = feature_rows(series, alone)
        alone_made, alone_trained = _run(group, series, alone_rows, alone, out)
    for number, zone in enumerate(group):
        without = lacking[number]
        wanted = np.isin(all_rows[number].day, sorted(_days(zone)))
        _emit(zone, all_rows[number], made[number], wanted & ~without, trained, "model", out)
        if without.any():
            _emit(zone, alone_rows[number], alone_made[number], without, alone_trained, "model", out)
        _skill(zone, all_rows[number], made[number], trained, out)


def _days(zone: Zone) -> set[int]:
    return {*range(zone.past[0], zone.past[1] + 1), *zone.ahead}


def _without_operator(zone: Zone, rows: Rows) -> Array:
    """Rows of coming days for which the zone's operator, who forecasts otherwise, has no forecast: true where so."""
    if zone.series.operator is None:
        return np.zeros(rows.day.size, dtype=bool)
    return (rows.x[:, rows.names.index("has_operator")] == 0) & np.isin(rows.day, zone.ahead)


def _run(
    group: Sequence[Zone], series: Sequence[Series], all_rows: Sequence[Rows], plan: Plan, out: _Output
) -> tuple[list[Forecasts], TrainedModel]:
    last = max(max(_days(z)) for z in group)
    earliest = min(int(r.day[learnable(r)].min()) for r in all_rows if learnable(r).any())
    start = max(min(z.past[0] for z in group) - plan.warmup_days, earliest + FALLBACK_HISTORY_DAYS)
    trainer = Trainer(plan)
    # One block: trained once, on what was known before the first day that is forecast.
    made = forecast_days(series, all_rows, plan, trainer, [start], last, lambda line: None)
    assert trainer.latest is not None
    settings = repr((plan.model_name, trainer.latest.parameters(), plan.calibration, plan.use_operator))
    version = hashlib.sha256((trainer.fingerprint + settings).encode()).hexdigest()[:12]
    trained = TrainedModel(
        MODEL_IDS[plan.model_name], version, trainer.latest, all_rows[0].names, trainer.rows,
        tuple(z.series.series_id for z in group), plan.use_operator,
    )  # fmt: skip
    out.models.append(trained)
    return made, trained


def _forecast_fallback(zone: Zone, plan: Plan, out: _Output) -> None:
    naive = replace(plan, model="seasonal_naive", use_operator=False)
    all_rows = feature_rows([zone.series], naive)
    if not learnable(all_rows[0]).any():
        out.notes.append(f"{zone.series.series_id}: nothing to learn the naive's spread from, no forecast")
        return
    made, trained = _run([zone], [zone.series], all_rows, naive, out)
    wanted = np.isin(all_rows[0].day, sorted(_days(zone)))
    _emit(zone, all_rows[0], made[0], wanted, trained, "fallback", out)
    _skill(zone, all_rows[0], made[0], trained, out)


def _emit(
    zone: Zone, rows: Rows, made: Forecasts, wanted: Array, trained: TrainedModel, kind: str, out: _Output
) -> None:
    """Add the forecasts of the `wanted` rows (true where so) to the output."""
    keep = wanted[made.index] & np.isfinite(made.quantiles).all(axis=1)
    index, quantiles = made.index[keep], made.quantiles[keep]
    starts = zone.series.starts_utc[rows.at[index]]
    constants = {
        "target": "load", "zone_id": zone.series.series_id, "region_id": zone.region_id, "model_id": trained.model_id,
        "model_version": trained.version, "unit": "MW", "source_system": zone.source_system,
    }  # fmt: skip
    table = pl.DataFrame(
        {
            "issued_at_utc": rows.issued[index],
            "interval_start_utc": starts,
            "interval_end_utc": starts + zone.series.step,
            "lead_time_hours": (starts - rows.issued[index]) / np.timedelta64(1, "h"),
            **{name: quantiles[:, i] for i, name in enumerate(QUANTILE_NAMES)},
            "forecast_kind": np.where(rows.day[index] <= zone.past[1], "backtest", kind),
        }
    )
    stamps = ("issued_at_utc", "interval_start_utc", "interval_end_utc")
    table = table.with_columns(
        pl.col(*stamps).cast(pl.Datetime("us")), *[pl.lit(v).alias(k) for k, v in constants.items()]
    )
    out.tables.append(table.select(FORECAST_EMPTY.columns))


def _skill(zone: Zone, rows: Rows, made: Forecasts, trained: TrainedModel, out: _Output) -> None:
    """Scores over the zone's past days, on the rows a backtest would score."""
    at = rows.at[made.index]
    series = zone.series
    operator = None if series.operator is None else series.operator[at]
    day = rows.day[made.index]
    keep = scored(series.y[at], operator) & (day >= zone.past[0]) & (day <= zone.past[1])
    if not keep.any():
        return
    summary = summarise(
        series.y[at][keep], made.quantiles[keep], seasonal_naive(series)[at][keep],
        None if operator is None else operator[keep], day[keep],
    )  # fmt: skip
    out.skill.append(
        finite(
            {"target": "load", "zone_id": series.series_id, "region_id": zone.region_id, "model": trained.model_id}
            | summary
        )
    )
