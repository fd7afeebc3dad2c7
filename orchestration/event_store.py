"""Dagster's event log on SQLite, quick enough for a run of a thousand events.

Dagster opens a connection for each event and closes it again. SQLite then waits for the disk at each commit, and copies
its write-ahead log back at each close of a last connection: together a third of a run. Here commits leave the waiting to
the next checkpoint (in write-ahead mode a power cut can lose the last events, never damage the file), and one connection
to each file stays open.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def unhurried_commits(folder: Path) -> Iterator[None]:
    """While inside, this process' SQLite connections to files below `folder` commit without waiting for the disk."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    open_files: dict[Path, sqlite3.Connection] = {}

    def on_connect(connection: Any, _record: Any) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        path = Path(connection.execute("pragma database_list").fetchone()[2])
        if folder not in path.parents:
            return
        connection.execute("pragma synchronous = normal")
        if path not in open_files:
            open_files[path] = sqlite3.connect(path, check_same_thread=False)
        # Reading is what makes a connection one that holds the write-ahead log open.
        open_files[path].execute("select count(*) from sqlite_master").fetchone()

    event.listen(Engine, "connect", on_connect)
    try:
        yield
    finally:
        event.remove(Engine, "connect", on_connect)
        for connection in open_files.values():
            connection.close()
