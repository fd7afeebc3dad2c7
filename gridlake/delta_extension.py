"""DuckDB's Delta extension from its wheel: no network, and its signature checked once a process.

DuckDB checks an extension's signature each time a connection loads it, which for the 80 MB of this one takes a third of a second;
a run opens two dozen connections. The first of a process checks; those after it load the same file unchecked and forbid
at once what is unsigned, so that no later statement can load anything else.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

UNSIGNED: dict[str, str | bool | int | float | list[str]] = {
    "allow_unsigned_extensions": "true"
}  # of a connection that `load_delta` is called for


def open_with_delta(database: str = ":memory:") -> duckdb.DuckDBPyConnection:
    """A connection to `database` that reads Delta tables."""
    import duckdb

    con = duckdb.connect(database, config=UNSIGNED)
    load_delta(con)
    return con


def load_delta(con: duckdb.DuckDBPyConnection) -> None:
    """Load the extension into a connection opened with `UNSIGNED`. Raises `duckdb.IOException` where its signature is wrong."""
    _check_signature()
    _load(con)
    con.execute("set allow_unsigned_extensions = false")


@cache
def _check_signature() -> None:
    import duckdb

    with duckdb.connect() as con:
        _load(con)


def _load(con: duckdb.DuckDBPyConnection) -> None:
    import duckdb_extensions

    duckdb_extensions.import_extension("delta", con=con)
    con.execute("load delta")
