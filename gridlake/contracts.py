"""Table contracts: one record per column, from which Delta schemas, empty tables and docs are made.

Belongs here: the shape of a contract and the lineage columns all bronze tables share. A feed's own columns stand with
the feed in `extract`; gold contracts stand with their dbt models.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa

ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "double": pa.float64(),
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "boolean": pa.bool_(),
    # TIMESTAMP WITH TIME ZONE on disk keeps Delta's protocol at 1/2; views hand it out as naive UTC.
    "timestamp": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
}


POLARS_TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "double": pl.Float64(),
    "bigint": pl.Int64(),
    "integer": pl.Int32(),
    "boolean": pl.Boolean(),
    "timestamp": pl.Datetime("us", "UTC"),
    "date": pl.Date(),
}


@dataclass(frozen=True)
class Column:
    """One column: its name, logical type (a key of `ARROW_TYPES`), meaning and unit (`''` where it has none)."""

    name: str
    type: str
    description: str
    unit: str = ""
    nullable: bool = True


@dataclass(frozen=True)
class TableContract:
    """A Delta table's shape. `partition_by` names partition columns (`month` = `YYYY-MM` of the interval's start)."""

    name: str
    columns: tuple[Column, ...]
    partition_by: tuple[str, ...] = ()
    description: str = ""
    _by_name: dict[str, Column] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_name.update({c.name: c for c in self.columns})
        if len(self._by_name) != len(self.columns):
            raise ValueError(f"contract {self.name} repeats a column")

    def __getitem__(self, name: str) -> Column:
        return self._by_name[name]

    @property
    def column_names(self) -> list[str]:
        return [c.name for c in self.columns]

    def arrow_schema(self) -> pa.Schema:
        return pa.schema([pa.field(c.name, ARROW_TYPES[c.type], nullable=c.nullable) for c in self.columns])

    def conform_frame(self, frame: pl.DataFrame) -> pl.DataFrame:
        """`frame` with exactly the contract's columns, in order and type. Naive timestamps are read as UTC.

        Raises `KeyError` naming every missing column; columns the contract does not know are an error too, and so is
        a null (`ValueError`) in a column that may hold none.
        """
        missing = [c for c in self.column_names if c not in frame.columns]
        unknown = [c for c in frame.columns if c not in self._by_name]
        if missing or unknown:
            raise KeyError(f"table {self.name}: missing columns {missing}, unknown columns {unknown}")
        typed = frame.select(pl.col(c.name).cast(POLARS_TYPES[c.type]) for c in self.columns)
        required = [c.name for c in self.columns if not c.nullable]
        nulls = typed.select(pl.col(required).null_count()).row(0, named=True) if required else {}
        if holes := {name: count for name, count in nulls.items() if count}:
            raise ValueError(f"table {self.name}: nulls where none may be: {holes}")
        return typed

    def conform(self, frame: pl.DataFrame) -> pa.Table:
        """As `conform_frame`, as an Arrow table."""
        return self.conform_frame(frame).to_arrow().cast(self.arrow_schema())


LINEAGE = (
    Column("source_system", "text", "Who published the record: EIA930, NYISO, ENTSOE, OPENWEATHER, EPA, SYNTHETIC.", nullable=False),
    Column("origin", "text", "How the payload came: archive, live or synthetic.", nullable=False),
    Column("api_endpoint", "text", "Address the payload came from: an URL or archive:<relative path>.", nullable=False),
    Column("request_id", "text", "Id of the request that fetched the payload.", nullable=False),
    Column("http_status", "integer", "HTTP status of that request; 200 for a file read whole.", nullable=False),
    Column("payload_sha256", "text", "SHA-256 of the payload's bytes as received: its name under landing/.", nullable=False),
    Column("source_member", "text", "Member within an archive payload, or the file's own name.", nullable=False),
    Column("row_number", "bigint", "1-based number of the data row within the member, headers not counted.", nullable=False),
    Column("published_at_utc", "timestamp", "When the source published the row, where it tells.", unit="UTC"),
    Column("ingested_at_utc", "timestamp", "When the payload was landed.", unit="UTC", nullable=False),
    Column("unknown_cells", "text", "Cells under column names the feed does not declare, as a JSON object; null without any."),
)  # fmt: skip

MONTH = Column("month", "text", "Partition: YYYY-MM (UTC) of the interval's start.", nullable=False)

PAYLOAD = TableContract(
    "payload",
    (
        *LINEAGE[:6],
        Column("feed", "text", "The feed that took the payload.", nullable=False),
        Column("landed_seq", "bigint", "Order of landing within the feed: a later payload of one address replaces the earlier.", nullable=False),
        Column("payload_bytes", "bigint", "Size as received.", unit="byte", nullable=False),
        Column("window_start_utc", "timestamp", "Start of the window the payload declares to cover; null without one.", unit="UTC"),
        Column("window_end_utc", "timestamp", "End (excluded) of that window.", unit="UTC"),
        Column("region_id", "text", "Region the payload speaks of, where it speaks of one."),
        LINEAGE[8],
        LINEAGE[9],
        Column("rows_read", "bigint", "Data rows in the payload.", unit="row", nullable=False),
        Column("rows_landed", "bigint", "Rows written to bronze.", unit="row", nullable=False),
        Column("rows_duplicate", "bigint", "Rows equal in every column to an earlier row of the payload.", unit="row", nullable=False),
        Column("rows_refused", "bigint", "Rows kept apart because they cannot be placed in time or key.", unit="row", nullable=False),
        Column("unknown_columns", "text", "Column names the feed does not declare, joined by |; empty without any.", nullable=False),
    ),
    description="The landing ledger: one row per payload taken into bronze. rows_read = landed + duplicate + refused.",
)  # fmt: skip

REFUSED = TableContract(
    "refused",
    (
        *LINEAGE,
        Column("feed", "text", "The feed that refused the row.", nullable=False),
        Column("raw_record", "text", "The row as received, as JSON.", nullable=False),
        Column("rule_id", "text", "The rule that refused it.", nullable=False),
        Column("reason", "text", "Why, in words.", nullable=False),
    ),
    description="Rows that could not be placed in time or key, kept as received with the reason.",
)

ERASURE = TableContract(
    "erasure",
    (
        Column("erased_at_utc", "timestamp", "When the person was erased.", unit="UTC", nullable=False),
        Column("feed", "text", "The feed whose payload was rewritten.", nullable=False),
        Column("api_endpoint", "text", "Address the payload had come from.", nullable=False),
        Column("supersedes_sha256", "text", "SHA-256 of the payload as it was: its bytes are gone and must not land again.", nullable=False),
        Column("payload_sha256", "text", "SHA-256 of the payload without the person.", nullable=False),
        Column("rows_removed", "bigint", "Lines that named the person.", unit="row", nullable=False),
    ),
    description="Payloads rewritten to erase a person. Who it was is not said.",
)  # fmt: skip
