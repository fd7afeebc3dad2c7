"""Zones of the lake as series that reach through the days to forecast.

Belongs here: turning gold's rows into series, which days are past and which are ahead, and which zones one model may serve. How
forecasts are made of them is `ml.predict`, how gold is read `ml.lake`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from gridlake.errors import UsageError
from ml.frame import FUTURE, Array, Series, issue_instants, local_calendar
from ml.physics import with_clear_sky
from ml.plan import Plan

GROUP_DAYS = 14  # zones whose data end within so many days are trained together

REQUIRED = (
    "zone_id", "region_id", "interval_start_utc", "y", "operator_forecast", "operator_forecast_issued_at_utc", "unit", "source_system",
)  # fmt: skip


@dataclass(frozen=True)
class Zone:
    """A zone as a series that reaches through the days to forecast. `known_until`: end of what is known, naive UTC."""

    series: Series
    region_id: str
    source_system: str
    unit: str
    past: tuple[int, int]  # first and last complete local day to forecast as it would have been (days since 1970)
    ahead: tuple[int, ...]  # local days after those
    history_days: int
    known_until: np.datetime64

    @property
    def days(self) -> set[int]:
        """Every local day that is forecast."""
        return {*range(self.past[0], self.past[1] + 1), *self.ahead}

    @property
    def kind(self) -> tuple[str, ...]:
        """The columns that only some zones have: zones trained together have the same."""
        return tuple(sorted(self.series.future))


def zones_of(
    rows: pl.DataFrame,
    plan: Plan,
    *,
    zones_tz: Mapping[str, str],
    as_of: Mapping[str, datetime],
    places: Mapping[str, tuple[float, float]],
    days_back: int,
) -> list[Zone]:
    """Every zone of `rows` (columns `REQUIRED`, and any `future__<name>`) that has an outcome, by name.

    Raises `UsageError` that names missing columns or zones without a time zone.
    """
    missing = [c for c in REQUIRED if c not in rows.columns]
    if missing:
        raise UsageError(f"The {plan.target} rows lack {', '.join(missing)}.", "Read them with ml.lake.read_target.")
    unknown = sorted(set(rows["zone_id"].unique().to_list()) - set(zones_tz))
    if unknown:
        raise UsageError(
            f"No time zone for {', '.join(unknown)}.", "Give every zone its region's zone from dim_region."
        )
    made = (
        _zone(str(key[0]), part, zones_tz[str(key[0])], as_of, places, days_back, plan)
        for key, part in sorted(rows.partition_by("zone_id", as_dict=True).items(), key=lambda item: str(item[0][0]))
    )
    return [zone for zone in made if zone is not None]


def _zone(
    zone_id: str,
    rows: pl.DataFrame,
    tz: str,
    as_of: Mapping[str, datetime],
    places: Mapping[str, tuple[float, float]],
    days_back: int,
    plan: Plan,
) -> Zone | None:
    """The zone's series, ended by the days to forecast; None for a zone without any outcome."""
    reported = rows.filter(pl.col("y").is_not_null())
    if reported.is_empty():
        return None
    region_id = str(rows["region_id"][0])
    given = as_of.get(zone_id) or as_of.get(region_id)
    latest = reported["interval_start_utc"].to_numpy().astype("datetime64[us]").max() + np.timedelta64(1, "h")
    instant = np.datetime64(given, "us") if given is not None else latest
    rows = rows.sort("interval_start_utc")
    start = np.datetime64(rows["interval_start_utc"][0], "us")
    end = instant + np.timedelta64(2 + max(plan.days_ahead), "D")
    size = int((end - start) // np.timedelta64(1, "h"))
    offset = (rows["interval_start_utc"].to_numpy().astype("datetime64[us]") - start) // np.timedelta64(1, "h")
    inside = (offset >= 0) & (offset < size)

    def grid(name: str) -> Array:
        values = np.full(size, np.nan)
        values[offset[inside]] = rows[name].cast(pl.Float64).to_numpy()[inside]
        return values

    y = grid("y")
    empty = Series(zone_id, tz, start, 60, y)
    y[empty.starts_utc + empty.step > instant] = np.nan
    operator = grid("operator_forecast")
    if plan.target == "load":
        operator[operator <= 0] = np.nan  # printed where there is none; the sun and the wind may well give nothing
    published = rows["operator_forecast_issued_at_utc"].cast(pl.Datetime("us"))
    issued = np.full(size, np.datetime64("NaT"), dtype="datetime64[us]")
    issued[offset[inside]] = published.to_numpy().astype("datetime64[us]")[inside]
    calendar = local_calendar(empty)
    issues = issue_instants(calendar, tz, plan.issue_time)
    # By target day, the earliest issue that forecasts it: what was published after that is not known to it (NaT compares false).
    reach = max(plan.days_ahead)
    first_issue = np.concatenate((issues[0] - np.arange(reach, 0, -1) * np.timedelta64(1, "D"), issues))[: len(issues)]
    operator[issued > first_issue[calendar.day]] = np.nan
    # The local day that `instant` lies in is not complete; the ones before are.
    present = int(np.searchsorted(empty.starts_utc, instant))
    today = int(calendar.day[min(present, size - 1)])
    ahead = tuple(
        d
        for d in range(today, min(today + max(plan.days_ahead) + 1, calendar.n_days))
        if any(d >= k and issues[d - k] <= instant for k in plan.days_ahead)
    )
    # Days count from the first with an outcome; the calendar's last day may be cut off, none of `ahead` is.
    first = int(calendar.day[np.flatnonzero(np.isfinite(y))[0]])
    future = {c.removeprefix(FUTURE): grid(c) for c in rows.columns if c.startswith(FUTURE)}
    series = empty.with_values(operator=operator if np.isfinite(operator).any() else None, future=future)
    if plan.target == "solar" and region_id in places:
        series = with_clear_sky(series, *places[region_id])
    return Zone(
        series=series,
        region_id=region_id,
        source_system=str(reported.sort("interval_start_utc")["source_system"][-1]),
        unit=str(reported.sort("interval_start_utc")["unit"][-1]),
        past=(calendar.first_day + max(today - days_back, first), calendar.first_day + today - 1),
        ahead=tuple(calendar.first_day + d for d in ahead),
        history_days=today - first,
        known_until=instant,
    )


def groups(zones: Sequence[Zone]) -> list[list[Zone]]:
    """Zones with the same columns whose last complete days lie close together, so that one model can serve them honestly."""
    found: list[list[Zone]] = []
    for zone in sorted(zones, key=lambda z: (z.kind, z.past[1], z.series.series_id)):
        last = found[-1][0] if found else None
        if last is not None and zone.kind == last.kind and zone.past[1] - last.past[1] <= GROUP_DAYS:
            found[-1].append(zone)
        else:
            found.append([zone])
    return found
