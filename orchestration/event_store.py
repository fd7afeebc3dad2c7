"""Dagster's event log on SQLite, quick enough for a run of a thousand events.

Dagster's own opens a database, asks what tables, indexes and columns it has, compiles its statements, waits for the disk and closes again, for each
event: half of a run of few data. Here each database keeps its connection and compiled statements, and what was seen there once is not asked for again. Commits leave waiting for the disk to
the next checkpoint: in write-ahead mode a power cut can lose the last events, never damage the file, and what a run did
to data is not told from events.

`dagster.yaml` names `Storage`; the files are the very same, so that either class reads what the other wrote.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy.pool import QueuePool

OPEN_DATABASES = 8  # one for each run, and the index; the longest unused is closed
BUSY_SECONDS = 60


class OpenEventLog(SqliteEventLogStorage):
    """Event log whose databases stay open between events."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._open: OrderedDict[str, sa.Engine] = OrderedDict()
        self._seen: set[tuple[str, str]] = set()  # tables, indexes and columns: what is there stays
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> sa.Engine:
        engine = self._open.pop(shard, None)
        if engine is None:
            engine = sa.create_engine(
                self.conn_string_for_shard(shard), poolclass=QueuePool, connect_args={"timeout": BUSY_SECONDS}
            )
            sa.event.listen(engine, "connect", _commit_unhurried)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
        self._open[shard] = engine
        while len(self._open) > OPEN_DATABASES:
            self._open.popitem(last=False)[1].dispose()
        return engine

    def has_table(self, table_name: str) -> bool:
        return self._once(("table", table_name), lambda: super(OpenEventLog, self).has_table(table_name))

    def has_secondary_index(self, name: str) -> bool:
        return self._once(("index", name), lambda: super(OpenEventLog, self).has_secondary_index(name))

    def has_asset_key_col(self, column_name: str) -> bool:
        return self._once(("column", column_name), lambda: super(OpenEventLog, self).has_asset_key_col(column_name))

    def _has_asset_key_col_on_connection(self, conn: sa.Connection, column_name: str) -> bool:
        ask = super()._has_asset_key_col_on_connection
        return self._once(("column", column_name), lambda: ask(conn, column_name))

    def _once(self, what: tuple[str, str], ask: Callable[[], bool]) -> bool:
        """The answer to whether the database has `what`; not asked again once it has."""
        if what not in self._seen and ask():
            self._seen.add(what)
        return what in self._seen

    def delete_events(self, run_id: str) -> None:
        self._close()  # the run's file is taken away
        super().delete_events(run_id)

    def wipe(self) -> None:
        self._close()
        super().wipe()

    def dispose(self) -> None:
        self._close()
        super().dispose()

    def _close(self) -> None:
        with self._db_lock:
            for engine in self._open.values():
                engine.dispose()
            self._open.clear()
            self._seen.clear()


class Storage(DagsterSqliteStorage):
    """Dagster's SQLite storage with the event log above."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = OpenEventLog(self._event_log_storage._base_dir)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Any) -> Storage:
        return cls(base_dir=cast("str", config_value["base_dir"]), inst_data=inst_data)


def _commit_unhurried(connection: Any, _record: Any) -> None:
    connection.execute("pragma synchronous = normal")
