"""DuckDB over the lake: a connection that reads Delta tables, views of a layer, text made safe for SQL.

Belongs here: what is DuckDB's and no table's. Delta logs are `gridlake.lake`'s, published files `gridlake.snapshot`'s.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection
from typing import TYPE_CHECKING

from gridlake import store
from gridlake.delta_extension import open_with_delta
from gridlake.errors import GridlakeError
from gridlake.lake import table_exists
from gridlake.store import Place

if TYPE_CHECKING:
    import duckdb


def connect(
    database: str = ":memory:", *, threads: int | None = None, reading: Place | None = None
) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection in UTC with the Delta extension loaded from its wheel (no network), and what it takes to read
    tables at `reading`, where that is in an object store. Where GRIDLAKE_DUCKDB_MEMORY is set it takes no more than that and
    spills to the system's directory for temporary files.
    """
    con = open_with_delta(database)
    store.prepare(con, reading)
    if memory := os.environ.get("GRIDLAKE_DUCKDB_MEMORY"):
        con.execute(f"set memory_limit = {sql_literal(memory)}")
        if database == ":memory:":  # a directory of its own: two processes would write the same files
            con.execute(f"set temp_directory = {sql_literal(f'{tempfile.gettempdir()}/gridlake-{os.getpid()}')}")
    con.execute("set TimeZone = 'UTC'")
    con.execute("set enable_progress_bar = false")
    if threads:
        con.execute(f"set threads = {int(threads)}")
    return con


def sql_literal(value: str | Place) -> str:
    """A SQL string literal; quotes doubled."""
    return "'" + str(value).replace("'", "''") + "'"


def sql_identifier(name: str) -> str:
    """A quoted SQL identifier. Raises `GridlakeError` for a name with a NUL byte."""
    if "\x00" in name:
        raise GridlakeError("A name holds a NUL byte.", "Rename it.")
    return '"' + name.replace('"', '""') + '"'


def create_layer_views(
    con: duckdb.DuckDBPyConnection, layer_path: Place, schema: str, tables: Collection[str] | None = None
) -> list[str]:
    """One view per Delta table under `layer_path`, or of those named `tables`, in `schema`; returns the table names."""
    con.execute(f"create schema if not exists {sql_identifier(schema)}")
    names = []
    for path in store.children(layer_path):
        if (tables is None or path.name in tables) and table_exists(path):
            con.execute(
                f"create or replace view {sql_identifier(schema)}.{sql_identifier(path.name)} as "
                f"select * from delta_scan({sql_literal(path)})"
            )
            names.append(path.name)
    return names
