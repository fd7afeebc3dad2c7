"""What live connectors share: windows of days, and completeness judged as if every answer came from a stranger.

A window is one day of one request, in the source's own calendar. Its payload is parsed before it is handed on: every
interval of the window must be there for every series, on days of 23 and 25 hours too. What is missing is asked for
again, twice at most, and then the window is refused: nothing of it lands. A hole the operator itself has can be let
pass by number with GRIDLAKE_LIVE_HOLES; it lands as a hole, counted.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import polars as pl

from extract.feed import Feed, Parsed, Payload
from extract.http import Answer, Client, Key
from gridlake.errors import PayloadRefused, UsageError
from gridlake.settings import Settings
from gridlake.times import local_day_utc

ASKED_AT_MOST = 3
DAY = timedelta(days=1)
_PAGE = (b"<!doctype html", b"<html")


@dataclass(frozen=True)
class Window:
    """One day (or, where a source serves only all of it, several) of one request: [start, end) in naive UTC.

    part: which of a day's requests it is: an area, an operator, a route.
    """

    first: date
    last: date
    timezone: str
    part: str = ""

    @property
    def start(self) -> datetime:
        return local_day_utc(self.first, self.timezone)[0]

    @property
    def end(self) -> datetime:
        return local_day_utc(self.last, self.timezone)[1]

    @property
    def label(self) -> str:
        days = self.first.isoformat() if self.first == self.last else f"{self.first} to {self.last}"
        return f"{f'{self.part}, ' if self.part else ''}{days} ({self.timezone})"


@dataclass(frozen=True)
class Lacks:
    """What a window lacks: `missing` of `expected` intervals, and one of them in words."""

    missing: int
    expected: int
    example: str = ""


@dataclass
class Asking:
    """One landing's dealings with a source: the client, and answers that serve several windows."""

    client: Client
    kept: dict[str, Payload] = field(default_factory=dict)


@dataclass(frozen=True)
class Connector(ABC):
    """How a feed's source is asked.

    base: its address, without the path. minutes: length of an interval; 0 where rows tell it. series: columns that name
    one series; every series in the answer must be whole. members: series that must be there (of one `series` column).
    value: column whose blanks count as missing; "" where a blank is an answer. key: what the source asks for.
    per_minute: the host's budget of requests. reaches_ahead: days that are not over may be asked for. tolerated: share
    of intervals a source lacks as a rule. terms: licence or conditions, for the docs.
    """

    base: str
    timezone: str = "UTC"
    minutes: int = 60
    series: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    value: str = ""
    key: Key | None = None
    per_minute: float = 30
    reaches_ahead: bool = False
    tolerated: float = 0.0
    terms: str = ""

    @property
    def redirect_hosts(self) -> tuple[str, ...]:
        """Other hosts the source is known to send to."""
        return ()

    def windows(self, feed: Feed, first: date, last: date) -> Iterator[Window]:
        """The windows of the days asked for, both included."""
        for day in days(first, last):
            yield Window(day, day, self.timezone)

    @abstractmethod
    def payload(self, feed: Feed, window: Window, asking: Asking) -> Payload:
        """What the source answers for `window`. Raises `PayloadRefused`."""

    def lacks(self, feed: Feed, parsed: Parsed, window: Window) -> Lacks:
        """What of the window the answer does not hold."""
        return lacking(parsed.rows, window, self.minutes, self.series, self.members, self.value)


def days(first: date, last: date) -> Iterator[date]:
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def payload_of(feed: Feed, answer: Answer, address: str, published: datetime | None = None) -> Payload:
    return Payload(
        feed.name, answer.data, address, "live", published_at_utc=published, http_status=answer.status,
        request_id=answer.request_id,
    )  # fmt: skip


# --- completeness -------------------------------------------------------------------------------------------------


def lacking(
    rows: pl.DataFrame,
    window: Window,
    minutes: int,
    series: Sequence[str] = (),
    members: Sequence[str] = (),
    value: str = "",
) -> Lacks:
    """Intervals of `window` that `rows` lack, counted over every series they name and every one they should.

    A row counts for as many intervals as it is long, from the one it begins in; an instant for one.
    """
    if value:
        rows = rows.filter(pl.col(value).is_not_null())
    ends = pl.col("interval_end_utc") if "interval_end_utc" in rows.columns else pl.col("interval_start_utc")
    rows = rows.select(*series, pl.col("interval_start_utc").alias("starts"), ends.alias("ends"))
    lengths = rows.select((pl.col("ends") - pl.col("starts")).dt.total_minutes().min().alias("least"))
    step: int = minutes or lengths["least"].to_list()[0] or 60
    expected = int((window.end - window.start) / timedelta(minutes=step))
    begun = ((pl.col("starts") - pl.lit(window.start)).dt.total_microseconds() / (step * 60_000_000)).floor()
    length = ((pl.col("ends") - pl.col("starts")).dt.total_microseconds() / (step * 60_000_000)).round().clip(1)
    covered = (
        rows.with_columns(begun.cast(pl.Int64).alias("first"), (begun + length).cast(pl.Int64).alias("after"))
        .with_columns(pl.col("first").clip(0, expected), pl.col("after").clip(0, expected))
        .filter(pl.col("after") > pl.col("first"))
        .with_columns(pl.int_ranges("first", "after").alias("slot"))
        .explode("slot")
    )
    names = [*dict.fromkeys(rows.select(series).rows() if series else [()])]
    names += [(member,) for member in members if (member,) not in names]
    found: dict[tuple[object, ...], set[int]] = {name: set() for name in names}
    for row in covered.select(*series, "slot").unique().iter_rows():
        found[row[:-1]].add(row[-1])
    holes = [(name, sorted(set(range(expected)) - slots)) for name, slots in found.items()]
    missing = sum(len(slots) for _, slots in holes)
    example = ""
    for name, slots in holes:
        if slots and not example:
            at = window.start + timedelta(minutes=slots[0] * step)
            example = f"the first begins {at:%Y-%m-%d %H:%M} UTC{f' of {chr(32).join(map(str, name))}' if name else ''}"
    return Lacks(missing, expected * max(len(found), 1), example)


def allowed_holes() -> int:
    """Missing intervals of a window that GRIDLAKE_LIVE_HOLES lets pass; none by default."""
    told = os.environ.get("GRIDLAKE_LIVE_HOLES", "").strip() or "0"
    if not told.isdigit():
        raise UsageError(f"GRIDLAKE_LIVE_HOLES is '{told}'.", "Set it to a whole number of intervals.")
    return int(told)


# --- fetching -----------------------------------------------------------------------------------------------------


@cache
def shared_client() -> Client:
    """One client for the process, so that feeds of one host share its budget."""
    from urllib.parse import urlsplit

    from extract.live.catalogue import CONNECTORS

    budgets: dict[str, float] = {}
    for connector in CONNECTORS.values():
        host = urlsplit(connector.base).hostname or ""
        budgets[host] = min(connector.per_minute, budgets.get(host, connector.per_minute))
    return Client(budgets=budgets)


def last_complete_day(timezone: str) -> date:
    return datetime.now(ZoneInfo(timezone)).date() - DAY


def live_payloads(
    feed: Feed, settings: Settings, client: Client | None = None, connector: Connector | None = None
) -> Iterator[Payload]:
    """One complete payload per window of the days asked for; by default the last local day that is over.

    Raises `PayloadRefused` naming feed, window and reason, for the first window that cannot be had whole.
    """
    from extract.live.catalogue import CONNECTORS

    source = connector or CONNECTORS[feed.name]
    over = last_complete_day(source.timezone)
    last = settings.last_day or over
    first = settings.first_day or last
    if settings.last_day is None and first > last:
        last = first
    asking = Asking(client or shared_client())
    for window in source.windows(feed, first, last):
        if window.last > over and not source.reaches_ahead:
            raise PayloadRefused(
                feed.name, window.label, "is not over yet", f"Ask for days up to {over}, the last that is."
            )
        try:
            yield complete(feed, source, window, asking)
        except UsageError as error:  # an install or setting this feed needs; other feeds go on without
            raise PayloadRefused(feed.name, window.label, error.message.rstrip("."), error.remedy) from error


def complete(feed: Feed, source: Connector, window: Window, asking: Asking) -> Payload:
    """The window's payload, asked for until it is whole, `ASKED_AT_MOST` times at most."""
    lacks = Lacks(0, 0)
    for again in range(ASKED_AT_MOST):
        if again:
            asking.kept.clear()
            asking.client.sleep(2.0**again)
        payload = source.payload(feed, window, asking)
        lacks = source.lacks(feed, _parsed(feed, payload, window), window)
        if lacks.missing <= max(allowed_holes(), int(source.tolerated * lacks.expected)):
            return payload
    raise PayloadRefused(
        feed.name,
        window.label,
        f"lacks {lacks.missing} of {lacks.expected} intervals after {ASKED_AT_MOST} requests ({lacks.example})",
        "Run again later; if the operator itself has no more, let them pass with GRIDLAKE_LIVE_HOLES="
        f"{lacks.missing}: they land as holes.",
    )


def _parsed(feed: Feed, payload: Payload, window: Window) -> Parsed:
    """The parsed payload. Raises `PayloadRefused` naming the window, also for an empty answer or a page for people."""
    why = ""
    if not payload.data.strip():
        why = "the answer is empty"
    elif payload.data.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower().startswith(_PAGE):
        why = "the answer is a page for people (HTML) instead of data"
    if why:
        raise PayloadRefused(
            feed.name, f"{window.label}: {payload.api_endpoint}", why,
            "Run again later; an empty answer is not a quiet grid.",
        )  # fmt: skip
    try:
        parsed = feed.parse(payload)
    except PayloadRefused as error:
        raise PayloadRefused(feed.name, f"{window.label}: {error.place}", error.problem, error.remedy) from error
    if not parsed.rows.height:
        raise PayloadRefused(
            feed.name, window.label, f"none of {parsed.rows_read} rows can be placed", "Report it with the payload."
        )
    return parsed
