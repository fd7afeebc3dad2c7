"""Dagster's storage with open databases: the same events, read by Dagster's own class too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from gridlake.settings import load_settings
from orchestration.event_store import OPEN_DATABASES, OpenEventLog
from orchestration.run import _write_dagster_yaml


@dg.asset
def measured() -> dg.MaterializeResult:  # type: ignore[type-arg]
    return dg.MaterializeResult(metadata={"rows": 3})


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    settings = load_settings(home=tmp_path, environ={})
    settings.dagster_home.mkdir(parents=True)
    _write_dagster_yaml(settings)
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as made:
        yield made


def test_the_homes_settings_choose_it(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, OpenEventLog)


def test_events_are_dagsters_own(instance: dg.DagsterInstance) -> None:
    done = dg.materialize([measured], instance=instance)
    own = SqliteEventLogStorage(instance.event_log_storage._base_dir)  # type: ignore[attr-defined]
    kept = [e.dagster_event_type for e in own.get_logs_for_run(done.run_id) if e.is_dagster_event]
    assert {e.event_type for e in done.all_events} < set(kept)
    assert kept[-1] == dg.DagsterEventType.RUN_SUCCESS
    latest = instance.get_latest_materialization_event(measured.key)
    assert latest is not None
    assert latest.asset_materialization.metadata["rows"].value == 3  # type: ignore[union-attr]


def test_databases_stay_open_but_not_all(instance: dg.DagsterInstance) -> None:
    storage = instance.event_log_storage
    assert isinstance(storage, OpenEventLog)
    with storage.index_connection() as one:
        first = one.connection.driver_connection
        assert one.execute(sa.text("pragma synchronous")).scalar_one() == 1
        assert one.execute(sa.text("pragma journal_mode")).scalar_one() == "wal"
    with storage.index_connection() as other:
        assert other.connection.driver_connection is first
    for i in range(OPEN_DATABASES + 2):
        with storage.run_connection(f"run{i}"):
            pass
    assert len(storage._open) == OPEN_DATABASES


def test_what_the_database_has_is_asked_once(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def has_table(self: SqliteEventLogStorage, name: str) -> bool:
        asked.append(name)
        return name != "none_such" or len(asked) > 2

    monkeypatch.setattr(SqliteEventLogStorage, "has_table", has_table)
    storage = instance.event_log_storage
    assert isinstance(storage, OpenEventLog)
    assert [storage.has_table("assets"), storage.has_table("assets")] == [True, True]
    assert asked == ["assets"]
    assert [storage.has_table("none_such"), storage.has_table("none_such")] == [False, True]  # made in between
    storage.dispose()
    assert storage.has_table("assets")
    assert asked == ["assets", "none_such", "none_such", "assets"]


def test_a_deleted_run_is_gone(instance: dg.DagsterInstance) -> None:
    done = dg.materialize([measured], instance=instance)
    instance.delete_run(done.run_id)
    assert instance.get_run_by_id(done.run_id) is None
    assert not list(instance.all_logs(done.run_id))
