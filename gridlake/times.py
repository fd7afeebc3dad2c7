"""Time: every stamp in the lake is naive UTC; local wall clocks exist only at the edge, in parsers and labels.

Belongs here: conversions that are the same for every feed. Which convention a feed uses stands with the feed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:  # readers of a snapshot need no polars: it costs them most of a second
    import polars as pl

HOUR = timedelta(hours=1)

# Abbreviations operators print beside a wall clock, as minutes east of UTC.
UTC_OFFSET_MINUTES = {
    "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
    "CET": 60, "CEST": 120, "UTC": 0, "GMT": 0,
}  # fmt: skip


def utc_now() -> datetime:
    """Now, as naive UTC, to the second."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def to_naive_utc(moment: datetime) -> datetime:
    """An aware datetime as naive UTC.

    >>> to_naive_utc(datetime(2017, 11, 5, 1, 30, tzinfo=ZoneInfo("America/New_York")))
    datetime.datetime(2017, 11, 5, 5, 30)

    Raises `ValueError` for a naive one: a wall clock without a zone is refused at the boundary.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UTC).replace(tzinfo=None)


def local_midnight_utc(day: date, timezone: str) -> datetime:
    """The naive-UTC instant at which local `day` begins.

    >>> local_midnight_utc(date(2017, 3, 12), "America/New_York")
    datetime.datetime(2017, 3, 12, 5, 0)
    """
    return to_naive_utc(datetime.combine(day, time(0), tzinfo=ZoneInfo(timezone)))


def local_day_utc(day: date, timezone: str) -> tuple[datetime, datetime]:
    """Start (included) and end (excluded) of local `day`: 23, 24 or 25 hours apart.

    >>> start, end = local_day_utc(date(2017, 11, 5), "America/New_York")
    >>> (end - start) // HOUR
    25
    """
    return local_midnight_utc(day, timezone), local_midnight_utc(day + timedelta(days=1), timezone)


def month_key(column: str) -> pl.Expr:
    """Partition key `YYYY-MM` of a naive-UTC column."""
    import polars as pl

    return pl.col(column).dt.strftime("%Y-%m")


def wall_clock_to_utc(stamp: pl.Expr, timezone: str, occurrence: pl.Expr | None = None) -> pl.Expr:
    """Naive local wall clock to naive UTC, over a column.

    `occurrence` counts how often the same local stamp was seen before for the same series (0, 1): it tells the first
    from the second pass through the repeated autumn hour. Stamps in the skipped spring hour become null, so that the
    caller must say what they mean.
    """
    import polars as pl

    ambiguous: pl.Expr | str = "earliest"
    if occurrence is not None:
        ambiguous = pl.when(occurrence > 0).then(pl.lit("latest")).otherwise(pl.lit("earliest"))
    return (
        stamp.dt.replace_time_zone(timezone, ambiguous=ambiguous, non_existent="null")  # type: ignore[arg-type]
        .dt.convert_time_zone("UTC")
        .dt.replace_time_zone(None)
    )


def abbreviated_to_utc(stamp: pl.Expr, abbreviation: pl.Expr) -> pl.Expr:
    """Naive wall clock with its printed abbreviation (EST, EDT, …) to naive UTC; null for an unknown abbreviation."""
    import polars as pl

    offset = abbreviation.replace_strict(UTC_OFFSET_MINUTES, default=None, return_dtype=pl.Int64)
    return stamp - pl.duration(minutes=offset)
