"""Tables as sources ship them: a header checked by name, cells read as text, rows set apart that cannot be placed.

Belongs here: what is the same for every feed and file format. Reading a format's bytes is `readers`, opening containers
`containers`; an operator's columns, zone and time convention stand with the feed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from extract.containers import FETCH_AGAIN
from extract.feed import REFUSED_SCHEMA, Payload
from gridlake.contracts import Column
from gridlake.errors import PayloadRefused

log = logging.getLogger(__name__)

UNPLACEABLE_TIME = "L01"
UNKNOWN_KEY = "L02"
MALFORMED_ROW = "L03"

UNKNOWN_CELLS = "unknown_cells"  # JSON of the cells under column names nobody declared
PLACE = ("source_member", "row_number", UNKNOWN_CELLS)  # columns of a table's frame beside the feed's own


# --- headers ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A column of a source: own name, the header names it may go by (today's first), meaning and unit.

    since, until: days between which the source prints it; outside them, and where `is_optional`, it may be missing and
    is null. Inside them a missing column is an error.
    """

    name: str
    headers: tuple[str, ...]
    description: str = ""
    unit: str = ""
    since: date | None = None
    until: date | None = None
    is_optional: bool = False

    def may_lack(self, on: date | None) -> bool:
        """Whether a file of day `on` (None: unknown) may come without this column."""
        bounded = self.since is not None or self.until is not None
        if self.is_optional or (bounded and on is None):
            return True
        return on is not None and ((self.since or on) > on or (self.until or on) < on)

    def column(self) -> Column:
        return Column(self.name, "text", self.description, self.unit)


def cell(name: str, headers: str | Sequence[str], description: str, unit: str = "", **validity: date | bool) -> Cell:
    """A `Cell`; `headers` is one header name or several, today's first."""
    found = (headers,) if isinstance(headers, str) else tuple(headers)
    return Cell(name, found, description, unit, **validity)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Header:
    """The columns a table must have."""

    cells: tuple[Cell, ...]

    @classmethod
    def of(cls, **names: str | Sequence[str]) -> Header:
        """Own column name to the header names it may go by (the first is today's)."""
        return cls(tuple(cell(column, given, "") for column, given in names.items()))

    def locate(
        self, found: Sequence[str], on: date | None = None
    ) -> tuple[dict[str, int | None], list[str], list[int]]:
        """Position of each own column in `found` (None: lawfully absent), header names that are missing, and the
        positions nobody asked for."""
        positions = {_canonical(name): i for i, name in reversed(list(enumerate(found)))}
        located: dict[str, int | None] = {}
        missing: list[str] = []
        for own in self.cells:
            hit = next((positions[_canonical(name)] for name in own.headers if _canonical(name) in positions), None)
            if hit is None and not own.may_lack(on):
                missing.append("' or '".join(own.headers[:2]))
            else:
                located[own.name] = hit
        taken = set(located.values())
        extra = [i for i, name in enumerate(found) if i not in taken and name.strip()]
        return located, missing, extra


def quoted(names: Sequence[str]) -> str:
    """
    >>> quoted(["PTID", "Load"])
    "'PTID', 'Load'"
    """
    return ", ".join(f"'{name}'" for name in names)


def _canonical(name: str) -> str:
    return " ".join(name.split()).casefold()


# --- tables -------------------------------------------------------------------------------------------------------


@dataclass
class Table:
    """Cells as text: own columns plus `source_member`, `row_number` and `unknown_cells`; blank cells are null.

    malformed (REFUSED_SCHEMA): rows whose fields do not fit the header. unknown: column names nobody declared.
    """

    frame: pl.DataFrame
    malformed: pl.DataFrame
    unknown: tuple[str, ...] = ()


def joined(tables: Sequence[Table]) -> Table:
    """Several members' tables as one, in their order."""
    if len(tables) == 1:
        return tables[0]
    return Table(
        frame=pl.concat([t.frame for t in tables]),
        malformed=pl.concat([t.malformed for t in tables]),
        unknown=tuple(dict.fromkeys(name for t in tables for name in t.unknown)),
    )


def no_rows() -> pl.DataFrame:
    """No refused rows."""
    return pl.DataFrame(schema=REFUSED_SCHEMA)


def select_cells(
    payload: Payload,
    place: str,
    member: str,
    found: Sequence[str],
    cells: pl.DataFrame,
    header: Header,
    *,
    malformed: pl.DataFrame | None = None,
    on: date | None = None,
) -> Table:
    """The header's columns out of `cells` (`field_0`, `field_1`, ... under the names `found`, and `row_number`).

    Columns nobody declared are kept as JSON and reported. Raises `PayloadRefused` naming every missing column.
    """
    located, missing, extra = header.locate(found, on)
    if missing:
        raise PayloadRefused(
            payload.feed,
            place,
            f"has no column {quoted(missing)} (found {', '.join(found)[:300]})",
            "Fetch the file again; if the operator renamed the column, add the new name to the feed's header.",
        )
    unknown = tuple(found[i] for i in extra)
    kept = pl.lit(None, dtype=pl.String)
    if extra:
        log.warning("%s: %s: unknown columns %s are kept in %s", payload.feed, place, quoted(unknown), UNKNOWN_CELLS)
        names = _distinct(unknown)
        parts = [pl.col(f"field_{i}").alias(name) for i, name in zip(extra, names, strict=True)]
        kept = pl.struct(parts).struct.json_encode()
    frame = cells.select(
        *(
            (pl.lit(None, dtype=pl.String) if position is None else pl.col(f"field_{position}")).alias(column)
            for column, position in located.items()
        ),
        pl.lit(member).alias("source_member"),
        pl.col("row_number").cast(pl.Int64),
        kept.alias(UNKNOWN_CELLS),
    )
    return Table(frame, no_rows() if malformed is None else malformed, unknown)


def _distinct(names: Sequence[str]) -> list[str]:
    return [name if names.index(name) == i else f"{name} ({i})" for i, name in enumerate(names)]


def refuse_empty(payload: Payload, place: str, what: str = "has a header and no rows") -> PayloadRefused:
    return PayloadRefused(payload.feed, place, what, FETCH_AGAIN)


# --- placing rows -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """A reason why a row cannot be placed: `broken` is true where it applies."""

    rule_id: str
    broken: pl.Expr
    reason: str


def split_placed(table: Table, placed: pl.DataFrame, rules: Sequence[Rule]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`placed` (the table's rows with their times and keys) without those a rule refuses, and the refused ones.

    The first broken rule names the reason. Refused rows carry the cells as received, as JSON.
    """
    verdict = pl.coalesce(
        *(pl.when(rule.broken.fill_null(True)).then(pl.lit(i, dtype=pl.Int32)) for i, rule in enumerate(rules))
    )
    judged = placed.with_columns(verdict.alias("_rule"))
    bad = judged.filter(pl.col("_rule").is_not_null())
    if not bad.height and not table.malformed.height:
        return placed, table.malformed
    raw = [c for c in table.frame.columns if c not in PLACE]
    which = pl.col("_rule")
    refused = bad.select(
        "source_member",
        "row_number",
        pl.struct(raw).struct.json_encode().alias("raw_record"),
        which.replace_strict({i: r.rule_id for i, r in enumerate(rules)}, return_dtype=pl.String).alias("rule_id"),
        which.replace_strict({i: r.reason for i, r in enumerate(rules)}, return_dtype=pl.String).alias("reason"),
    )
    return judged.filter(pl.col("_rule").is_null()).drop("_rule"), pl.concat([refused, table.malformed])


def stamp(column: str, *formats: str) -> pl.Expr:
    """A text column as a naive datetime by the first format that fits; null where none does."""
    return pl.coalesce(*(pl.col(column).str.to_datetime(f, time_unit="us", strict=False) for f in formats))


def stamp_with_offset(column: str) -> pl.Expr:
    """A text column of ISO 8601 stamps with an offset as naive UTC; null where it is none."""
    return (
        pl.col(column)
        .str.replace("T", " ", literal=True)
        .str.replace(r"Z$", "+00:00")
        .str.to_datetime("%Y-%m-%d %H:%M:%S%:z", time_unit="us", strict=False)
        .dt.convert_time_zone("UTC")
        .dt.replace_time_zone(None)
    )


def occurrence(column: str, *series: str) -> pl.Expr:
    """How often the same stamp was seen before in the same series of the same member: 0 for the first time."""
    return pl.int_range(pl.len()).over("source_member", *series, column)


def text(name: str, description: str, unit: str = "") -> Column:
    """A bronze column kept as received."""
    return Column(name, "text", description, unit)


def instant(name: str, description: str) -> Column:
    """A bronze column placed in time by the parser: naive UTC, never null."""
    return Column(name, "timestamp", description, "UTC", nullable=False)


INTERVAL_START = instant("interval_start_utc", "Start of the interval the row speaks of.")
INTERVAL_END = instant("interval_end_utc", "End (excluded) of that interval.")
REGION = Column("region_id", "text", "Region the row speaks of.", nullable=False)

__all__ = [
    "INTERVAL_END", "INTERVAL_START", "MALFORMED_ROW", "REGION", "UNKNOWN_CELLS", "UNKNOWN_KEY", "UNPLACEABLE_TIME",
    "Cell", "Header", "Rule", "Table", "cell", "instant", "joined", "no_rows", "occurrence", "quoted",
    "refuse_empty", "select_cells", "split_placed", "stamp", "stamp_with_offset", "text",
]  # fmt: skip
