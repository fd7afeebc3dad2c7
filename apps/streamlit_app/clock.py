"""Hours on a clock: grids of hours, labels and ticks in a zone, moments and spans in words.

Belongs here: time. Does not belong here: queries, charts, Streamlit.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from gridlake.times import HOUR


def hour_grid(start: datetime, end: datetime) -> pl.DataFrame:
    """All hours from `start` to `end`, both included, as `interval_start_utc`."""
    hours = pl.datetime_range(start, end, "1h", eager=True, time_unit="us")
    return pl.DataFrame({"interval_start_utc": hours})


def in_zone(column: str, zone: str) -> pl.Expr:
    """A column of naive UTC as the wall clock of `zone`."""
    return pl.col(column).dt.replace_time_zone("UTC").dt.convert_time_zone(zone)


def with_labels(frame: pl.DataFrame, zone: str) -> pl.DataFrame:
    """`frame` with `when`: the hour in words in `zone`, with its abbreviation, so that both passes of an autumn hour differ."""
    return frame.with_columns(when=in_zone("interval_start_utc", zone).dt.strftime("%a %-d %b %Y %H:%M %Z"))


def ticks(start: datetime, end: datetime, zone: str) -> list[tuple[datetime, str]]:
    """Axis ticks on the clocks of `zone`, as instants with labels: at 00, 06, 12 and 18 o'clock, over longer spans at 00 and
    12, at midnights, on Mondays, on the first of months."""
    local, hour = pl.col("local"), pl.col("local").dt.hour()
    midnight, span = hour == 0, end - start
    if span <= 60 * HOUR:
        kept = hour % 6 == 0
    elif span <= 120 * HOUR:
        kept = hour % 12 == 0
    elif span <= timedelta(days=15):
        kept = midnight
    elif span <= timedelta(days=120):
        kept = midnight & (local.dt.weekday() == 1)
    else:
        kept = midnight & (local.dt.day() == 1)
    found = (
        hour_grid(start, end)
        .with_columns(local=in_zone("interval_start_utc", zone))
        .filter(kept)
        .with_columns(
            label=pl.when(hour == 0)
            .then(local.dt.strftime("%a %-d %b" if span <= timedelta(days=15) else "%-d %b %y"))
            .otherwise(local.dt.strftime("%H:%M"))
        )
    )
    return list(zip(found["interval_start_utc"].to_list(), found["label"].to_list(), strict=True))


def clock(moment: datetime, zone: str) -> str:
    """A naive-UTC instant in `zone`, with the zone's abbreviation."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).strftime("%-d %b %Y %H:%M %Z")


def local_day(moment: datetime, zone: str) -> date:
    """The day of `zone` in which a naive-UTC instant falls."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def span_in_words(span: timedelta) -> str:
    hours = span / HOUR
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def ago(span: timedelta) -> str:
    minutes = max(int(span.total_seconds() // 60), 0)
    if minutes < 1:
        return "just now"
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // 1440} days ago"
