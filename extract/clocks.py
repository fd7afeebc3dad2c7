"""How sources print time, as values a feed declares: which stamp marks what, in which zone, and how DST shows.

Belongs here: conventions several sources share. Each turns text cells into the interval's start and end, naive UTC, or
null where the stamp cannot be placed (then the row is refused with `Clock.reason`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from datetime import timedelta

import polars as pl

from extract.formats import occurrence, stamp
from gridlake.times import abbreviated_to_utc, wall_clock_to_utc

START, END, MIDDLE, INSTANT = "start", "end", "middle", "instant"


@dataclass(frozen=True)
class Clock(ABC):
    """A stamp of `column` in one of `formats`, of an interval of `minutes`; `marks` says where in it the stamp lies.

    until: the column with the stamp of the interval's end, where the source prints both.
    """

    column: str
    formats: tuple[str, ...]
    minutes: int
    marks: str = START
    until: str = ""

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    @property
    def reason(self) -> str:
        """Why a row whose start comes out null is refused."""
        return f"{self.column} is not a stamp {' or '.join(self.formats)}"

    @property
    @abstractmethod
    def zone_words(self) -> str:
        """The zone, in words."""

    @abstractmethod
    def instant(self) -> pl.Expr:
        """The stamp as naive UTC."""

    def starts(self) -> pl.Expr:
        """Start of the interval, naive UTC."""
        before = {START: timedelta(0), INSTANT: timedelta(0), END: self.length, MIDDLE: self.length / 2}[self.marks]
        return (self.instant() - before).cast(pl.Datetime("us"))

    def ends(self) -> pl.Expr:
        """End of the interval, naive UTC, over rows that have their start in `interval_start_utc`."""
        if not self.until:
            return (pl.col("interval_start_utc") + self.length).cast(pl.Datetime("us"))
        return replace(self, column=self.until, until="", marks=INSTANT).starts()

    @property
    def words(self) -> str:
        """The convention in words, for `gridlake feeds` and the docs."""
        meaning = {
            START: "the stamp starts the interval", END: "the stamp ends the interval",
            MIDDLE: "the stamp lies in the middle of the interval", INSTANT: "the stamp is the instant of the sample",
        }[self.marks]  # fmt: skip
        return f"{self.zone_words}; {meaning}"


@dataclass(frozen=True)
class Placed(Clock):
    """Intervals that the reader or `derive` places itself, in `interval_start_utc` and `interval_end_utc`: their length
    varies by row. `said` is the convention in words, `why` the reason for refusing a row without one.
    """

    column: str = ""
    formats: tuple[str, ...] = ()
    minutes: int = 0
    said: str = ""
    why: str = "has no interval that can be placed"

    @property
    def reason(self) -> str:
        return self.why

    @property
    def zone_words(self) -> str:
        return self.said

    @property
    def words(self) -> str:
        return self.said

    def instant(self) -> pl.Expr:
        return pl.col("interval_start_utc")

    def ends(self) -> pl.Expr:
        return pl.col("interval_end_utc").cast(pl.Datetime("us"))


@dataclass(frozen=True)
class UtcStamp(Clock):
    """Stamps in UTC without an offset."""

    @property
    def zone_words(self) -> str:
        return "UTC"

    def instant(self) -> pl.Expr:
        return stamp(self.column, *self.formats)


@dataclass(frozen=True)
class OffsetStamp(Clock):
    """Stamps that carry their offset (`%z`, `%:z`); a trailing Z counts as +00:00 and T as a blank."""

    @property
    def zone_words(self) -> str:
        return "UTC offset in the stamp"

    def instant(self) -> pl.Expr:
        text = pl.col(self.column).str.replace("T", " ", literal=True).str.replace(r"Z$", "+00:00")
        found = pl.coalesce(*(text.str.to_datetime(f, time_unit="us", strict=False) for f in self.formats))
        return found.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


@dataclass(frozen=True)
class WallClock(Clock):
    """Local wall clock without a zone: the repeated autumn hour is told apart by order within `series`.

    is_label: the stamp is a label ("hour ending 02:00"): the wall clock of the interval's START is stamp - minutes, and
    that is what is ambiguous in autumn; otherwise the stamp itself is a wall clock.
    A stamp in the skipped spring hour cannot be placed.
    """

    zone: str = "UTC"
    series: tuple[str, ...] = ()
    is_label: bool = False

    @property
    def zone_words(self) -> str:
        return f"{self.zone} wall clock without a zone, the repeated hour by order"

    @property
    def reason(self) -> str:
        return f"{super().reason}, or lies in the hour skipped in spring"

    def instant(self) -> pl.Expr:
        return wall_clock_to_utc(stamp(self.column, *self.formats), self.zone, occurrence(self.column, *self.series))

    def starts(self) -> pl.Expr:
        if not self.is_label:
            return super().starts()
        start = stamp(self.column, *self.formats) - self.length
        return wall_clock_to_utc(start, self.zone, occurrence(self.column, *self.series))


@dataclass(frozen=True)
class AbbreviatedClock(Clock):
    """Local wall clock with its abbreviation (EST, EDT) in `abbreviation`."""

    abbreviation: str = "time_zone"

    @property
    def zone_words(self) -> str:
        return "local wall clock with its abbreviation"

    @property
    def reason(self) -> str:
        return f"{super().reason} with a known zone abbreviation"

    def instant(self) -> pl.Expr:
        return abbreviated_to_utc(stamp(self.column, *self.formats), pl.col(self.abbreviation))


@dataclass(frozen=True)
class DayAndHour(Clock):
    """A local day in `column` and the number of the interval in `hour`: 1..23, 24 or 25 counted from local midnight.

    counts: "elapsed" where the number counts hours that have passed since midnight (25 exists in autumn and 23 is the
    last in spring); "clock" where hour n begins at n-1 of the wall clock: then hour 3 is absent in spring
    (ERCOT); "ending" where it ends at n of the wall clock: then hour 2 is absent in spring, and the hour that begins at
    1:00 is named 3 (ISO-NE). The second pass in autumn carries `repeated_suffix` ("02X"); without it the first is meant.
    """

    zone: str = "UTC"
    hour: str = "hour"
    counts: str = "elapsed"
    repeated_suffix: str = "X"

    @property
    def zone_words(self) -> str:
        return f"{self.zone} day and number of the hour ending ({self.counts})"

    @property
    def reason(self) -> str:
        return f"{super().reason} with an hour of that day"

    def _number(self) -> pl.Expr:
        digits = pl.col(self.hour).str.strip_chars().str.strip_suffix(self.repeated_suffix)
        return digits.cast(pl.Float64, strict=False).cast(pl.Int64, strict=False)

    def instant(self) -> pl.Expr:
        day = stamp(self.column, *self.formats).dt.truncate("1d")
        number = self._number()
        if self.counts in ("clock", "ending"):
            repeated = pl.col(self.hour).str.strip_chars().str.ends_with(self.repeated_suffix)
            start = wall_clock_to_utc(
                day + pl.duration(minutes=(number - 1) * self.minutes), self.zone, repeated.cast(pl.Int64)
            )
            if self.counts == "ending":
                end = wall_clock_to_utc(day + pl.duration(minutes=number * self.minutes), self.zone)
                start = pl.when(end.is_not_null()).then(pl.coalesce(start, end - self.length))
            return pl.when(number.is_between(1, 24 * 60 // self.minutes)).then(start)
        midnight = wall_clock_to_utc(day, self.zone)
        next_midnight = wall_clock_to_utc(day.dt.offset_by("1d"), self.zone)
        start = midnight + pl.duration(minutes=(number - 1) * self.minutes)
        return pl.when((number >= 1) & (start < next_midnight)).then(start)

    def starts(self) -> pl.Expr:
        return self.instant().cast(pl.Datetime("us"))
