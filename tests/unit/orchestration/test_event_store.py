"""The event log's connections: quick inside, as ever outside, and only those of the folder."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from orchestration.event_store import unhurried_commits


def synchronous(path: Path) -> int:
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("pragma journal_mode = wal"))
        return int(connection.execute(sa.text("pragma synchronous")).scalar_one())


def test_only_files_of_the_folder_and_only_inside(tmp_path: Path) -> None:
    inside, outside = tmp_path / "dagster" / "index.db", tmp_path / "other.db"
    inside.parent.mkdir()
    with unhurried_commits(inside.parent):
        assert (synchronous(inside), synchronous(outside)) == (1, 2)
    assert synchronous(inside) == 2


def test_the_log_is_not_copied_back_at_every_close(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=NullPool)
    log = path.with_name("index.db-wal")
    with unhurried_commits(tmp_path):
        for word in ("pragma journal_mode = wal", "create table t (a int)", "insert into t values (1)"):
            with engine.begin() as connection:
                connection.execute(sa.text(word))
        with engine.begin() as connection:
            connection.execute(sa.text("insert into t values (2)"))
        assert log.exists()
    assert not log.exists()
    with engine.begin() as connection:
        assert connection.execute(sa.text("select sum(a) from t")).scalar_one() == 3
