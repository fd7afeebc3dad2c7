"""What a feed is: where its payloads come from, and how one payload becomes bronze rows.

Values stay text as received; a parser only places a row in time and key. A row it cannot place is refused with a rule
and a reason; a payload whose shape is wrong raises `PayloadRefused` and nothing of it lands.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import PurePosixPath

import polars as pl

from extract.emit import Emit
from gridlake.contracts import LINEAGE, MONTH, Column, TableContract
from gridlake.settings import Settings


@dataclass(frozen=True)
class Payload:
    """Bytes as received and how they came.

    `api_endpoint` is the address (`archive:nyiso/pal/20150101pal_csv.zip`); a later payload of the same address
    replaces the earlier one. `published_at_utc` only where the source itself tells it.
    """

    feed: str
    data: bytes
    api_endpoint: str
    origin: str
    published_at_utc: datetime | None = None
    http_status: int = 200
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def path(self) -> PurePosixPath:
        """The address without its scheme, as a path: `nyiso/pal/20150101pal_csv.zip`."""
        return PurePosixPath(self.api_endpoint.split(":", 1)[-1].lstrip("/"))

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.name


REFUSED_SCHEMA = {
    "source_member": pl.String,
    "row_number": pl.Int64,
    "raw_record": pl.String,
    "rule_id": pl.String,
    "reason": pl.String,
}


@dataclass(frozen=True)
class Parsed:
    """One payload, parsed.

    rows: the feed's own columns plus `source_member`, `row_number` and, where members tell it, `published_at_utc`.
    refused: rows that could not be placed (`REFUSED_SCHEMA`).
    window: [start, end) in naive UTC that the payload declares to cover: the interval set it is expected to hold.
    region_id: the region it speaks of, where it is one.
    unknown: column names the feed does not declare; their cells are kept in `unknown_cells`.
    """

    rows: pl.DataFrame
    refused: pl.DataFrame
    rows_read: int
    window: tuple[datetime, datetime] | None = None
    region_id: str | None = None
    unknown: tuple[str, ...] = ()


class Feed(ABC):
    """One dataset of one source: one parser for archive, live and synthetic payloads, one bronze table."""

    name: str  # "nyiso_pal": as given to --feeds, shown in summaries
    table: str  # bronze table, "nyiso__pal"
    source: str  # folder-like source name, "nyiso": raw asset key is raw/<source>/<feed>
    source_system: str  # "NYISO"
    subject: str  # load, load_forecast, price, generation, weather, plant: which silver subject it feeds
    description: str
    licence: str
    cadence: str  # "5 min", "hourly", "annual"
    time_convention: str  # in words: zone, start or end of interval, how DST shows
    origins: tuple[str, ...] = ("archive",)
    columns: tuple[Column, ...]  # the feed's own columns, before lineage
    archive_patterns: tuple[str, ...] = ()  # globs below the archive root
    hole_tolerance: float = 0.05  # share of expected intervals an archive may lack before the gate fails
    redates_rows: bool = False  # a repair may move a row to another month of its year
    partitioned: bool = True  # by month of interval_start_utc; False for tables without an interval
    emits: tuple[Emit, ...] = ()  # which silver subjects its rows speak of, and how
    is_mixed: bool = False  # payloads speak of different series, or series begin and end within: each is expected
    # from its own first to its own last value, instead of throughout the windows of all payloads
    is_sparse: bool = False  # most cells are lawfully blank: the gate on blanks leaves it alone
    is_hot: bool = False  # high-rate: its payloads' bytes go after the settings' hot retention, rows and ledger stay
    is_personal: bool = (
        False  # about persons: its payloads' bytes go after the settings' personal retention, if there is one
    )
    keeps_empty_files: bool = False  # an empty file of an archive is a recorded empty answer: its window is a hole
    extra: str = ""  # the optional install (`pip install gridlake[...]`) its live origin needs

    @property
    def _own_text(self) -> list[str]:
        return [c.name for c in self.columns if c.type == "text"]

    keys: tuple[str, ...] = ()  # own columns a row cannot do without

    @property
    def key_column(self) -> str:
        """A bronze column without which a row says nothing: what the gate on placed rows looks at."""
        return next(c for c in [*self.keys, "region_id", *self._own_text] if c in self._own_text)

    @property
    def value_columns(self) -> list[str]:
        """The bronze columns silver takes values from, which the gate on blanks looks at; none: its key."""
        found: dict[str, None] = {}
        for emit in self.emits:
            taken = [sql for name, sql in emit.columns.items() if name.endswith("_text")]
            numbers = [name for sql in emit.columns.values() for name in re.findall(r"to_number\('(\w+)'\)", sql)]
            found.update(dict.fromkeys(c for c in [*emit.across, *taken, *numbers] if c in self._own_text))
        return list(found) or [self.key_column]

    @property
    def days_ahead(self) -> int:
        """How far beyond their landing rows may lie: ten days for forecasts, two for all else."""
        return 10 if any("forecast" in e.subject for e in self.emits) or self.subject == "load_forecast" else 2

    @cached_property
    def contract(self) -> TableContract:
        tail = (MONTH,) if self.partitioned else ()
        return TableContract(
            self.table, (*self.columns, *LINEAGE, *tail), ("month",) if self.partitioned else (), self.description
        )

    def fetch(self, settings: Settings) -> Iterator[Payload]:
        """Payloads of the settings' origin, in a stable order. Raises `PayloadRefused` when a source cannot be read."""
        if settings.origin == "archive":
            from extract.archive import archive_payloads

            yield from archive_payloads(self, settings)
        elif settings.origin == "live" and "live" in self.origins:
            from extract.live.base import live_payloads

            yield from live_payloads(self, settings)

    @abstractmethod
    def parse(self, payload: Payload) -> Parsed:
        """Place every row of `payload` in time and key. Raises `PayloadRefused` when its shape is wrong."""

    def parse_empty(self, payload: Payload) -> Parsed:
        """An empty file of a feed that keeps them: no rows, and the window its name declares, which is then a hole."""
        stamps = [c.name for c in self.columns if c.type == "timestamp"]
        rows = pl.DataFrame(
            schema={
                **{c.name: pl.Datetime("us") if c.name in stamps else pl.String() for c in self.columns},
                "source_member": pl.String(), "row_number": pl.Int64(), "unknown_cells": pl.String(),
            }
        )  # fmt: skip
        return Parsed(
            rows, pl.DataFrame(schema=REFUSED_SCHEMA), 0, self.window_of(payload, rows), self.region_of(payload)
        )

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        """What the payload declares to cover; None where it declares nothing."""
        return None

    def region_of(self, payload: Payload) -> str | None:
        """The one region the payload speaks of; None where its rows tell."""
        return None
