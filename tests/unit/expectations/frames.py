"""Tiny tables in DuckDB, made from the catalogue's own examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from expectations.catalogue import Profile

SQL_TYPES = {
    "text": "varchar", "double": "double", "bigint": "bigint", "integer": "integer", "timestamp": "timestamp",
    "boolean": "boolean", "date": "date",
}  # fmt: skip


def lake_with(profile: Profile, tables: Mapping[str, list[Mapping[str, Any]]]) -> duckdb.DuckDBPyConnection:
    """A database with every table the profile reads; those not in `tables` are empty."""
    unknown = set(tables) - set(profile.sources)
    assert not unknown, f"the example names tables {unknown} that the profile does not read"
    con = duckdb.connect()
    for name, columns in profile.sources.items():
        con.execute(f"create schema if not exists {name.split('.')[0]}")
        con.execute(f"create table {name} ({', '.join(f'{c} {SQL_TYPES[t]}' for c, t in columns.items())})")
        for row in tables.get(name, []):
            marks = ", ".join("?" * len(row))
            con.execute(f"insert into {name} ({', '.join(row)}) values ({marks})", list(row.values()))
    return con
