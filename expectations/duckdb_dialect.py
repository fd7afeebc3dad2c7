"""SQLAlchemy dialect `duckdb+gridlake`: Great Expectations over a DuckDB connection that is already open.

Great Expectations fetches a result after it has left the connection's context, and DuckDB has dropped the result by
then. Here a cursor fetches everything at once when it executes, and keeps it. Connections are not opened from the URL
but are cursors of a connection shared under a name, so that its views and tables are there.

Only for small results: gates read aggregates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from duckdb_engine import ConnectionWrapper, CursorWrapper, Dialect
from sqlalchemy import pool
from sqlalchemy.dialects import registry

if TYPE_CHECKING:
    import duckdb
    from sqlalchemy.engine import URL

_SHARED: dict[str, duckdb.DuckDBPyConnection] = {}


@contextmanager
def shared(name: str, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """While inside, the URL handed out connects to `connection`'s database."""
    _SHARED[name] = connection
    try:
        yield url(name)
    finally:
        del _SHARED[name]


def url(name: str) -> str:
    """The SQLAlchemy URL of the connection shared under `name`."""
    return f"duckdb+gridlake:///{name}"


class BufferedCursor(CursorWrapper):
    """A cursor that holds its whole result from the moment it executes."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, wrapper: BufferedConnection) -> None:
        super().__init__(connection, wrapper)
        self._connection = connection
        self._rows: list[tuple[Any, ...]] = []
        self._next = 0
        self.description: Sequence[Any] | None = None
        self.rowcount = -1
        self.arraysize = 1

    def execute(self, statement: str, parameters: Any = None, context: Any = None) -> None:
        super().execute(statement, parameters, context)
        self.description = self._connection.description
        self._rows = list(self._connection.fetchall()) if self.description else []
        self._next = 0

    def fetchone(self) -> tuple[Any, ...] | None:
        found = self.fetchmany(1)
        return found[0] if found else None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        found = self._rows[self._next : self._next + (size or self.arraysize)]
        self._next += len(found)
        return found

    def fetchall(self) -> list[tuple[Any, ...]]:
        found = self._rows[self._next :]
        self._next = len(self._rows)
        return found


class BufferedConnection(ConnectionWrapper):
    """A connection whose cursors are buffered."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        self._connection = connection

    def cursor(self) -> BufferedCursor:
        return BufferedCursor(self._connection, self)


class GridlakeDialect(Dialect):
    """duckdb_engine's dialect with buffered cursors over a shared connection."""

    supports_statement_cache = False

    def connect(self, *arguments: Any, **parameters: Any) -> Any:
        """Raises `KeyError` naming the connection when nothing is shared under the URL's name."""
        name = str(parameters.get("database") or (arguments[0] if arguments else ""))
        if name not in _SHARED:
            raise KeyError(f"no DuckDB connection is shared under '{name}'")
        return BufferedConnection(_SHARED[name].cursor())

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:
        return pool.NullPool  # a cursor costs nothing, and a kept one would outlive the shared connection


registry.register("duckdb.gridlake", __name__, "GridlakeDialect")
