"""Contracts: frames conform exactly or the error names every column that does not."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from extract.catalogue import FEEDS
from gridlake.contracts import ARROW_TYPES, PAYLOAD, REFUSED, Column, TableContract

SMALL = TableContract(
    "small",
    (Column("a", "text", "A."), Column("n", "bigint", "N.", nullable=False), Column("at_utc", "timestamp", "At.")),
)


def test_a_frame_gets_the_contracts_order_and_types() -> None:
    frame = pl.DataFrame({"at_utc": [datetime(2024, 1, 1)], "n": pl.Series([1], dtype=pl.Int32), "a": ["x"]})
    table = SMALL.conform(frame)
    assert table.schema == SMALL.arrow_schema()
    assert table.column_names == ["a", "n", "at_utc"]
    assert table["at_utc"][0].as_py().isoformat() == "2024-01-01T00:00:00+00:00"


def test_missing_and_unknown_columns_are_all_named() -> None:
    with pytest.raises(KeyError) as caught:
        SMALL.conform(pl.DataFrame({"a": ["x"], "b": [1], "c": [2]}))
    assert "table small" in str(caught.value)
    assert "missing columns ['n', 'at_utc']" in str(caught.value)
    assert "unknown columns ['b', 'c']" in str(caught.value)


def test_a_value_that_is_no_number_is_refused() -> None:
    with pytest.raises(pl.exceptions.InvalidOperationError):
        SMALL.conform(pl.DataFrame({"a": ["x"], "n": ["seven"], "at_utc": [None]}))


def test_a_repeated_column_is_refused() -> None:
    with pytest.raises(ValueError, match="twice repeats"):
        TableContract("twice", (Column("a", "text", "A."), Column("a", "text", "A.")))


@pytest.mark.parametrize("contract", [PAYLOAD, REFUSED, *(feed.contract for feed in FEEDS)], ids=lambda c: c.name)
def test_every_contract_is_complete(contract: TableContract) -> None:
    assert {c.type for c in contract.columns} <= set(ARROW_TYPES)
    assert all(c.description.endswith(".") for c in contract.columns), [
        c.name for c in contract.columns if not c.description.endswith(".")
    ]
    assert set(contract.partition_by) <= set(contract.column_names)
    assert {"payload_sha256", "ingested_at_utc", "origin"} <= set(contract.column_names)
