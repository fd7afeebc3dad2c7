"""A feed declared rather than programmed: cells, clock, reader, keys and what silver takes, as class attributes.

Belongs here: what follows from such a declaration. A source with a quirk of its own overrides `derive` (extra columns
from the payload's name or a cell), `region_of`, `window_of` or `day_of`; all else stands in the declaration.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any, ClassVar

import polars as pl

from extract.clocks import Clock
from extract.containers import Member, members
from extract.feed import Feed, Parsed, Payload
from extract.formats import (
    INTERVAL_END,
    INTERVAL_START,
    REGION,
    UNKNOWN_KEY,
    UNPLACEABLE_TIME,
    Cell,
    Header,
    Rule,
    Table,
    split_placed,
)
from extract.readers import Csv, Reader
from extract.regions import day_in_name, extent
from gridlake.contracts import Column
from gridlake.settings import Settings

log = logging.getLogger(__name__)

STAMP = pl.Datetime("us")


def told_by_member(
    frame: pl.DataFrame, payload: Payload, column: str, tell: Callable[[Member], Any], dtype: Any = STAMP
) -> pl.DataFrame:
    """`frame` with `column`: what `tell` reads out of each member of the payload (its comment lines, its name)."""
    told = [(member.name, tell(member)) for member in members(payload)]
    return frame.join(
        pl.DataFrame(told, schema={"source_member": pl.String, column: dtype}, orient="row"),
        on="source_member", how="left", maintain_order="left",
    )  # fmt: skip


class TableFeed(Feed):
    """A feed whose payloads are tables.

    cells: the source's columns. clock: how it prints time (None: rows without an interval). keys: own columns a row
    cannot do without. region: the region all of it speaks of, else `derive` gives `region_id`; is_regional: whether rows
    have one (a list of plants has not). derived: bronze columns
    that `derive` adds. published: own column of text stamps, placed by `derive`, is not needed where `published_at_utc`
    is derived.
    """

    cells: ClassVar[tuple[Cell, ...]]
    clock: ClassVar[Clock | None] = None
    reader: ClassVar[Reader] = Csv()
    keys: tuple[str, ...] = ()
    region: ClassVar[str] = ""
    is_regional: ClassVar[bool] = True
    derived: ClassVar[tuple[Column, ...]] = ()
    column_names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if not hasattr(cls, "cells"):
            return  # what several feeds share
        timed = (INTERVAL_START, INTERVAL_END) if cls.clock else ()
        regional = (REGION,) if cls.is_regional else ()
        own = (*regional, *(c.column() for c in cls.cells), *cls.derived, *timed)
        cls.columns = tuple({column.name: column for column in own}.values())
        cls.partitioned = cls.clock is not None
        told = "time_convention" in cls.__dict__ or (hasattr(cls, "time_convention") and "clock" not in cls.__dict__)
        if cls.clock is not None and not told:
            cls.time_convention = cls.clock.words

    @cached_property
    def header(self) -> Header:
        return Header(self.cells)

    def fetch(self, settings: Settings) -> Iterator[Payload]:
        for payload in super().fetch(settings):
            if why := self.passes_over(payload):
                log.warning("%s: %s is passed over: %s", self.name, payload.path.as_posix(), why)
            else:
                yield payload

    # --- what a source may say otherwise ---------------------------------------------------------------------------

    def day_of(self, payload: Payload) -> date | None:
        """The day the payload speaks of, for columns with a validity."""
        return day_in_name(payload.name)

    def passes_over(self, payload: Payload) -> str:
        """Why an offered file holds nothing for this feed, by its own word; empty for all that are to be read."""
        return ""

    def region_of(self, payload: Payload) -> str | None:
        """The one region the payload speaks of; None where its rows tell."""
        return self.region or None

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        """The rows with the columns of `derived`, and `region_id` or `published_at_utc` where rows tell them."""
        return frame

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        """What the payload declares to cover; by default what its rows span."""
        return extent(rows) if self.clock else None

    def rules(self) -> Sequence[Rule]:
        """Further reasons to refuse a row, tested after time and keys."""
        return ()

    def _keys(self) -> tuple[str, ...]:
        return ("region_id", *self.keys) if self.is_regional else self.keys

    # --- parsing ----------------------------------------------------------------------------------------------------

    def parse(self, payload: Payload) -> Parsed:
        table = self.reader.read(payload, self.header, self.day_of(payload))
        return self.placed(table, payload)

    def placed(self, table: Table, payload: Payload) -> Parsed:
        """The rows of `table` with region, key and interval; those without one refused."""
        region = self.region_of(payload)
        frame = table.frame
        if self.is_regional:
            frame = frame.with_columns(pl.lit(region, dtype=pl.String).alias("region_id"))
        frame = self.derive(frame, payload)
        rules = []
        if self.clock is not None:
            frame = frame.with_columns(self.clock.starts().alias("interval_start_utc"))
            frame = frame.with_columns(self.clock.ends().alias("interval_end_utc"))
            unplaced = pl.col("interval_start_utc").is_null() | pl.col("interval_end_utc").is_null()
            rules.append(Rule(UNPLACEABLE_TIME, unplaced, self.clock.reason))
            backward = pl.col("interval_end_utc") <= pl.col("interval_start_utc")
            rules.append(Rule(UNPLACEABLE_TIME, backward, "the interval ends before it begins"))
        rules += [Rule(UNKNOWN_KEY, pl.col(key).is_null(), f"names no {key}") for key in self._keys()]
        rows, refused = split_placed(table, frame, [*rules, *self.rules()])
        kept = [c.name for c in self.columns if c.name in rows.columns]
        extra = [c for c in ("published_at_utc", "source_member", "row_number", "unknown_cells") if c in rows.columns]
        rows = rows.select(*kept, *extra)
        if region is None and self.is_regional and rows["region_id"].n_unique() == 1:
            region = rows["region_id"][0]
        return Parsed(rows, refused, rows.height + refused.height, self.window_of(payload, rows), region, table.unknown)
