"""Day-ahead forecasts of the lake's own zones: the next local days, and the last weeks as they would have been issued.

Belongs here: choosing what is forecast when and by which model, and the rows gold reads back. How forecasts are made is
`ml.engine`, so that what is published and what is measured come from the same code; which model stands is `ml.champion`.
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

from ml.backtest import seasonal_naive
from ml.champion import Champion, Served, TrainedModel, compare, matching, too_old
from ml.engine import Forecasts, Trainer, forecast_days
from ml.features import Rows
from ml.frame import Array, Series
from ml.monitor import watched_rows
from ml.plan import Plan
from ml.scoring import finite, scored, summarise
from ml.store import FORECAST_EMPTY, QUANTILE_NAMES
from ml.training import feature_rows, learnable, learnable_at
from ml.zones import Zone, groups, zones_of

ENOUGH_HISTORY_DAYS = 120
FALLBACK_HISTORY_DAYS = 14
CALIBRATION_DAYS = 56
MAX_TRAINING_ROWS = 40_000  # enough for the boosters' size; more zones must not make a run longer and longer
NO_PLACES: dict[str, tuple[float, float]] = {}


def model_id(name: str, target: str) -> str:
    """How gold calls a model: `lightgbm_day_ahead` for load, `lightgbm_<target>_day_ahead` otherwise; the naive has one name.

    >>> model_id("lightgbm", "load"), model_id("lightgbm", "price"), model_id("seasonal_naive", "wind")
    ('lightgbm_day_ahead', 'lightgbm_price_day_ahead', 'seasonal_naive')
    """
    if name == "seasonal_naive":
        return name
    return f"{name}_day_ahead" if target == "load" else f"{name}_{target}_day_ahead"


def lake_plan(target: str, days_ahead: tuple[int, ...] = (1,)) -> Plan:
    """How the lake's own forecasts are made: one pooled LightGBM for every target. The ensembles, better and far slower, are the
    backtest's."""
    known = "day-end" if target == "price" else "issue"
    return Plan(
        model="lightgbm", target=target, known_until=known, warmup_days=CALIBRATION_DAYS, days_ahead=days_ahead,
        max_rows=MAX_TRAINING_ROWS,
    )  # fmt: skip


@dataclass(frozen=True)
class ForecastResult:
    """`rows` as `fct_forecast` has them; `skill` per zone over the past days by the model that stands; `models` as trained or loaded;
    `watched` what monitoring looks at; `seconds` spent."""

    rows: pl.DataFrame
    skill: list[dict[str, Any]]
    models: list[TrainedModel]
    seconds: float
    notes: list[str] = field(default_factory=list)
    watched: pl.DataFrame = field(default_factory=pl.DataFrame)
    target: str = "load"


def forecast_load(load: pl.DataFrame, **given: Any) -> ForecastResult:
    """`forecast_target` of load, from the columns of `fct_load_hourly` (`load_reported_mw` is what is forecast)."""
    names = {"load_reported_mw": "y", "operator_forecast_mw": "operator_forecast"}
    return forecast_target(load.rename(names, strict=False).with_columns(unit=pl.lit("MW")), "load", **given)


def forecast_target(
    rows: pl.DataFrame,
    target: str,
    *,
    zones_tz: Mapping[str, str],
    as_of: Mapping[str, datetime],
    places: Mapping[str, tuple[float, float]] = NO_PLACES,
    days_back: int = 28,
    plan: Plan | None = None,
    champions: Sequence[Champion] = (),
    retrain: bool = False,
    progress: Callable[[str], None] = lambda line: None,
) -> ForecastResult:
    """Forecasts of every zone in `rows`, issued at the plan's wall clock (10:00 local) for the day after.

    `rows` has the columns `ml.zones.REQUIRED` (hourly, naive UTC; `y` is what is forecast, null where nothing was reported).
    `zones_tz` gives each zone's IANA zone, `as_of` each zone's (or its region's) end of known data (naive UTC), `places` latitude and
    longitude by region where known. Per zone: the last `days_back` complete local days (`forecast_kind` backtest) and the
    days after them whose issue instant has come (`model`, or `fallback` by seasonal naive where there are fewer than 120 days
    of history). Where the operator's forecast for such a day is missing, a second model that does not need it is trained.

    A champion that fits the zones is used as it is until it is 28 days older than a new one would be, or `retrain`; then a new
    one is trained and takes its place only where it is better over the past days by more than noise.

    Raises `UsageError` that names missing columns or zones without a time zone.
    """
    began = clock.perf_counter()
    base = plan or lake_plan(target)
    zones = zones_of(rows, base, zones_tz=zones_tz, as_of=as_of, places=places, days_back=days_back)
    out = _Output(base, champions, retrain)
    for group in groups([z for z in zones if z.history_days >= ENOUGH_HISTORY_DAYS]):
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
    made = pl.concat(out.tables) if out.tables else FORECAST_EMPTY
    watched = pl.concat(out.watched) if out.watched else pl.DataFrame()
    seconds = round(clock.perf_counter() - began, 2)
    return ForecastResult(made, out.skill, out.models, seconds, out.notes, watched, target)


@dataclass
class _Output:
    plan: Plan
    champions: Sequence[Champion]
    retrain: bool
    tables: list[pl.DataFrame] = field(default_factory=list)
    skill: list[dict[str, Any]] = field(default_factory=list)
    models: list[TrainedModel] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    watched: list[pl.DataFrame] = field(default_factory=list)


def _forecast_group(group: Sequence[Zone], plan: Plan, out: _Output) -> None:
    """The standing model for the group's past and coming days; another one where an operator's forecast is missing."""
    champion = matching(out.champions, [z.series.series_id for z in group], plan)
    if champion is not None:  # its zones' numbers are features of it
        group = sorted(group, key=lambda z: champion.trained.zones.index(z.series.series_id))
    series = [z.series for z in group]
    all_rows = feature_rows(series, plan)
    if not _teachable(group, all_rows, plan):
        for zone in group:
            out.notes.append(f"{zone.series.series_id}: nothing a model could learn from, seasonal naive instead")
            _forecast_fallback(zone, plan, out)
        return
    made, trained = _standing(group, series, all_rows, plan, champion, out)
    lacking = [_without_operator(z, r) for z, r in zip(group, all_rows, strict=True)]
    alone = replace(plan, use_operator=False)
    alone_rows = feature_rows(series, alone) if any(rows.any() for rows in lacking) else []
    can_do_without = bool(alone_rows) and _teachable(group, alone_rows, alone)
    if can_do_without:
        alone_made, alone_trained = _run(group, series, alone_rows, alone)
        out.models.append(alone_trained)
    elif alone_rows:
        zones = ", ".join(z.series.series_id for z in group)
        out.notes.append(
            f"{zones}: days without the operator's forecast, and too few of them in the past to learn from"
        )
    for number, zone in enumerate(group):
        without, rows = lacking[number], all_rows[number]
        wanted = np.isin(rows.day, sorted(zone.days)) & (rows.issued <= zone.known_until)
        _emit(zone, rows, made[number], wanted & ~without, trained, "model", out)
        if without.any() and can_do_without:
            alone_of = alone_rows[number]
            _emit(zone, alone_of, alone_made[number], without & (alone_of.issued <= zone.known_until), alone_trained, "model", out)  # fmt: skip
        if (skill := trained.skill.get(zone.series.series_id)) is not None:
            out.skill.append(skill)
        out.watched.append(watched_rows(zone, rows, made[number], trained))


def _standing(
    group: Sequence[Zone],
    series: Sequence[Series],
    all_rows: Sequence[Rows],
    plan: Plan,
    champion: Champion | None,
    out: _Output,
) -> tuple[list[Forecasts], TrainedModel]:
    """The champion's forecasts, or those of a new model where there is none, or one that is better."""
    if champion is not None and champion.trained.names != all_rows[0].names:
        out.notes.append(f"champion {champion.trained.version} has other columns: trained anew")
        champion = None
    if champion is None:
        made, trained = _run(group, series, all_rows, plan)
        out.models.append(trained)
        return made, trained
    old_made, old = _run(group, series, all_rows, plan, champion)
    cutoff = _first_issue(all_rows, _start(group, all_rows, plan))
    if not out.retrain and not too_old(champion, cutoff):
        out.models.append(old)
        return old_made, old
    made, trained = _run(group, series, all_rows, plan)
    if trained.version == old.version:
        out.models.append(old)
        return old_made, old
    verdict = compare(group, all_rows, made, old_made, against=old.version)
    trained = replace(trained, verdict=verdict)
    out.models += [trained] if verdict.promoted else [trained, old]
    out.notes.append(f"{plan.target}: {verdict.text}")
    return (made, trained) if verdict.promoted else (old_made, old)


def _without_operator(zone: Zone, rows: Rows) -> Array:
    """Rows of coming days for which the zone's operator, who forecasts otherwise, has no forecast: true where so."""
    if zone.series.operator is None:
        return np.zeros(rows.day.size, dtype=bool)
    return (rows.x[:, rows.names.index("has_operator")] == 0) & np.isin(rows.day, zone.ahead)


def _teachable(group: Sequence[Zone], all_rows: Sequence[Rows], plan: Plan) -> bool:
    """Whether anything a model may learn from was known, and is young enough, at the first issue that is forecast."""
    if not any(learnable(rows).any() for rows in all_rows):
        return False
    start, last = _start(group, all_rows, plan), max(max(zone.days) for zone in group)
    issues = [r.informed[(r.day >= start) & (r.day <= last) & np.isfinite(r.scale)] for r in all_rows]
    if not any(len(found) for found in issues):
        return False
    first = min(found.min() for found in issues if len(found))
    return any(learnable_at(rows, first, plan).any() for rows in all_rows)


def _start(group: Sequence[Zone], all_rows: Sequence[Rows], plan: Plan) -> int:
    """The first local day that is forecast: calibration's days before the past ones, as far as there is history."""
    earliest = min(int(r.day[learnable(r)].min()) for r in all_rows if learnable(r).any())
    return max(min(z.past[0] for z in group) - plan.warmup_days, earliest + FALLBACK_HISTORY_DAYS)


def _first_issue(all_rows: Sequence[Rows], start: int) -> np.datetime64:
    """The earliest issue that forecasts the local day `start`: what was known then is what a model may be trained on."""
    found = min(r.informed[r.day >= start].min() for r in all_rows if (r.day >= start).any())
    return np.datetime64(found, "us")


def _run(
    group: Sequence[Zone],
    series: Sequence[Series],
    all_rows: Sequence[Rows],
    plan: Plan,
    champion: Champion | None = None,
) -> tuple[list[Forecasts], TrainedModel]:
    """Forecasts of the group's days by a new model, or by the champion."""
    last = max(max(z.days) for z in group)
    start = _start(group, all_rows, plan)
    trainer = Trainer(plan) if champion is None else Served(plan, served=champion.trained.model)
    # One block: trained once, on what was known before the first day that is forecast.
    made = forecast_days(series, all_rows, plan, trainer, [start], last, lambda line: None)
    assert trainer.latest is not None
    if champion is not None:
        trained = champion.trained
    else:
        settings = repr((plan.model_name, trainer.latest.parameters(), plan.calibration, plan.use_operator))
        version = hashlib.sha256((trainer.fingerprint + settings).encode()).hexdigest()[:12]
        trained = TrainedModel(
            model_id(plan.model_name, plan.target), version, trainer.latest, all_rows[0].names, trainer.rows,
            tuple(z.series.series_id for z in group), plan.use_operator, plan.target, _first_issue(all_rows, start),
        )  # fmt: skip
    skill = {
        z.series.series_id: found
        for z, r, m in zip(group, all_rows, made, strict=True)
        if (found := _skill(z, r, m, trained)) is not None
    }
    return made, replace(trained, skill=skill)


def _forecast_fallback(zone: Zone, plan: Plan, out: _Output) -> None:
    naive = replace(plan, model="seasonal_naive", use_operator=False)
    all_rows = feature_rows([zone.series], naive)
    if not _teachable([zone], all_rows, naive):
        out.notes.append(f"{zone.series.series_id}: nothing to learn the naive's spread from, no forecast")
        return
    made, trained = _run([zone], [zone.series], all_rows, naive)
    out.models.append(trained)
    rows = all_rows[0]
    wanted = np.isin(rows.day, sorted(zone.days)) & (rows.issued <= zone.known_until)
    _emit(zone, rows, made[0], wanted, trained, "fallback", out)
    out.skill += list(trained.skill.values())


def _emit(
    zone: Zone, rows: Rows, made: Forecasts, wanted: Array, trained: TrainedModel, kind: str, out: _Output
) -> None:
    """Add the forecasts of the `wanted` rows (true where so) to the output."""
    keep = wanted[made.index] & np.isfinite(made.quantiles).all(axis=1)
    index, quantiles = made.index[keep], made.quantiles[keep]
    if trained.target == "load":  # a band widened by days of wild data may reach below what a load can be
        quantiles = np.maximum(quantiles, 0.0)
    starts = zone.series.starts_utc[rows.at[index]]
    constants = {
        "target": trained.target, "zone_id": zone.series.series_id, "region_id": zone.region_id, "model_id": trained.model_id,
        "model_version": trained.version, "unit": zone.unit, "source_system": zone.source_system,
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


def _skill(zone: Zone, rows: Rows, made: Forecasts, trained: TrainedModel) -> dict[str, Any] | None:
    """Scores over the zone's past days, on the rows a backtest would score; None without any."""
    at = rows.at[made.index]
    series = zone.series
    operator = None if series.operator is None else series.operator[at]
    day = rows.day[made.index]
    keep = scored(series.y[at], operator) & (day >= zone.past[0]) & (day <= zone.past[1])
    if not keep.any():
        return None
    summary = summarise(
        series.y[at][keep], made.quantiles[keep], seasonal_naive(series)[at][keep],
        None if operator is None else operator[keep], day[keep],
    )  # fmt: skip
    names = {"target": trained.target, "zone_id": series.series_id, "region_id": zone.region_id, "model": trained.model_id, "unit": zone.unit}  # fmt: skip
    return dict(finite(names | summary))
