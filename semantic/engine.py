"""The embedded engine: answers Cube queries over a published snapshot from the same YAML that Cube reads.

Belongs here: connections, executing, the answer as Arrow. Does not belong here: SQL (`compiler`), or the choice between
this engine and a Cube server (`client`). A cursor is used by one thread.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gridlake.errors import GridlakeError
from semantic.access import ALL_REGIONS
from semantic.compiler import Statement, annotate, check_query, compile_query
from semantic.model import Model, UnknownMember, load_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from gridlake.snapshot import Snapshot


@dataclass(frozen=True)
class Answer:
    """Typed rows of a query. Columns are named `view.member` or `view.member.granularity`; times are naive.

    Times are in the query's time zone, save for measures, which are always UTC.
    """

    table: pa.Table
    annotation: dict[str, dict[str, str]]
    sql: str
    parameters: list[Any]
    snapshot_id: str
    seconds: float

    def rows(self) -> list[dict[str, Any]]:
        return list(self.table.to_pylist())


@dataclass
class Engine:
    """Answers queries over one snapshot; safe for many threads."""

    snapshot: Snapshot
    model: Model = field(default_factory=load_model)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _con: Any = field(default=None, init=False, repr=False)

    def _cursor(self) -> Any:
        """A cursor of this thread's own: DuckDB answered wrongly when threads shared a connection."""
        from gridlake.snapshot import connect_snapshot

        with self._lock:
            if self._con is None:
                self._con = connect_snapshot(self.snapshot)
            return self._con.cursor()

    def _narrowed(self, statement: Statement) -> str:
        """The statement over the files of the months it speaks of: opening two hundred takes longer than reading three."""
        from gridlake.snapshot import table_sql

        sql = statement.sql
        for name, months in statement.within.items():
            if name in self.snapshot.tables:
                rows = table_sql(self.snapshot, name, months)
                sql = re.sub(rf"\bgold\.{name}\b", lambda _, rows=rows: f"({rows})", sql)  # type: ignore[misc]
        return sql

    def query(self, raw: Mapping[str, Any], claims: Mapping[str, Any] = ALL_REGIONS) -> Answer:
        """The answer to a Cube query, all rows that a token with `claims` may see unless it sets a limit.

        Raises `UsageError` or `UnknownMember` for a query that cannot be asked, `NoRights`, or `GridlakeError` where the snapshot
        does not hold what the model names.
        """
        import duckdb

        started = time.perf_counter()
        statement = compile_query(self.model, raw, claims)
        try:
            with self._cursor() as cursor:
                table = cursor.execute(self._narrowed(statement), statement.parameters).to_arrow_table()
        except duckdb.IOException as error:
            raise GridlakeError(
                f"A file of the snapshot {self.snapshot.snapshot_id} cannot be read: {str(error).splitlines()[0]}",
                "Run `gridlake verify`, then `gridlake run`.",
            ) from error
        except duckdb.Error as error:
            raise GridlakeError(
                f"The snapshot {self.snapshot.snapshot_id} cannot answer: {str(error).splitlines()[0]}",
                "Run `gridlake run` again: it was published by another version of the model.",
            ) from error
        return Answer(
            table=_plain_types(table),
            annotation=statement.annotation,
            sql=statement.sql,
            parameters=statement.parameters,
            snapshot_id=self.snapshot.snapshot_id,
            seconds=time.perf_counter() - started,
        )

    def close(self) -> None:
        with self._lock:
            if self._con is not None:
                self._con.close()
                self._con = None


def _plain_types(table: pa.Table) -> pa.Table:
    """Integers as int64 and decimals as float64: DuckDB sums integers as HUGEINT, which other tools choke on."""
    import pyarrow as pa

    fields = []
    for f in table.schema:
        kind = f.type
        if pa.types.is_decimal(kind):
            kind = pa.int64() if kind.scale == 0 else pa.float64()
        elif pa.types.is_integer(kind):
            kind = pa.int64()
        elif pa.types.is_timestamp(kind):
            kind = pa.timestamp("us")
        fields.append(pa.field(f.name, kind))
    return table.cast(pa.schema(fields))


__all__ = ["Answer", "Engine", "UnknownMember", "annotate", "check_query", "compile_query"]
