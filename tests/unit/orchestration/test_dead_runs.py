"""A run that was killed holds nothing that the next one waits for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.tags import PARENT_RUN_ID_TAG

from gridlake.errors import UsageError
from gridlake.settings import PROJECT_ROOT, Settings
from orchestration.assets_dbt import POOL
from orchestration.context import HOLDS_LOCK, Gridlake, _held, only_run
from orchestration.run import OF_COMMAND, _write_dagster_yaml, bury_dead_runs


@dg.job
def nothing() -> None:
    pass


@pytest.fixture
def instance(home: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    settings = home()
    settings.dagster_home.mkdir(parents=True)
    _write_dagster_yaml(settings)
    monkeypatch.setenv("DAGSTER_HOME", str(settings.dagster_home.resolve()))
    with dg.DagsterInstance.get() as made:
        yield made


def under_way(instance: Any, tags: dict[str, str]) -> str:
    """A run that holds the pool's only slot, as one that was killed leaves it."""
    run = instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED, tags=tags)
    storage = instance.event_log_storage
    storage.initialize_concurrency_limit_to_default(POOL)
    assert storage.claim_concurrency_slot(POOL, run.run_id, "silver").is_claimed
    return str(run.run_id)


def may_build(instance: Any) -> bool:
    return bool(instance.event_log_storage.claim_concurrency_slot(POOL, "the next", "silver").is_claimed)


def test_a_killed_runs_place_in_the_pool_is_free_and_it_shows_as_failed(instance: dg.DagsterInstance) -> None:
    dead = under_way(instance, {OF_COMMAND: "archive"})
    assert not may_build(instance)
    instance.event_log_storage.free_concurrency_slots_for_run("the next")
    bury_dead_runs(instance)
    assert may_build(instance)
    run = instance.get_run_by_id(dead)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.FAILURE


@pytest.mark.parametrize(
    "tags", [{}, {OF_COMMAND: "archive", PARENT_RUN_ID_TAG: "one of the command"}, {HOLDS_LOCK: "the run it repeats"}]
)
def test_a_run_from_the_ui_that_does_not_hold_the_lock_yet_is_left_alone(
    instance: dg.DagsterInstance, tags: dict[str, str]
) -> None:
    living = under_way(instance, tags)
    bury_dead_runs(instance)
    assert not may_build(instance)
    run = instance.get_run_by_id(living)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.STARTED


# A run as Dagster's UI starts it, in a process of its own: nobody holds the home's lock around it.
FROM_THE_UI = """
import sys, time
import dagster as dg
from orchestration.assets_dbt import POOL
from orchestration.context import Gridlake

@dg.op(pool=POOL)
def build(gridlake: Gridlake):
    print("building", flush=True)
    sys.stdin.read()

@dg.job(executor_def=dg.in_process_executor, resource_defs={"gridlake": Gridlake(home=sys.argv[1])})
def from_the_ui():
    build()

with dg.DagsterInstance.get() as instance:
    print(from_the_ui.execute_in_process(instance=instance).success, flush=True)
"""


@pytest.fixture
def from_the_ui(instance: dg.DagsterInstance, home: Callable[..., Settings]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", FROM_THE_UI, str(home().home)],
        env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "building\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_run_from_the_ui_holds_the_lock_and_what_it_held_falls_with_it(
    instance: dg.DagsterInstance, home: Callable[..., Settings], from_the_ui: subprocess.Popen[str]
) -> None:
    with pytest.raises(UsageError, match="Another run"), only_run(home()):
        pass
    assert not may_build(instance)
    instance.event_log_storage.free_concurrency_slots_for_run("the next")
    from_the_ui.kill()
    from_the_ui.wait()
    with only_run(home()):
        bury_dead_runs(instance)
    assert may_build(instance)
    (run,) = instance.get_runs()
    assert run.status == dg.DagsterRunStatus.FAILURE


def test_a_run_from_the_ui_that_ends_holds_nothing(
    instance: dg.DagsterInstance, home: Callable[..., Settings], from_the_ui: subprocess.Popen[str]
) -> None:
    told, _ = from_the_ui.communicate()
    assert told == "True\n"
    with only_run(home()):
        bury_dead_runs(instance)
    assert may_build(instance)
    (run,) = instance.get_runs()
    assert run.status == dg.DagsterRunStatus.SUCCESS
    assert run.tags[HOLDS_LOCK] == ""


def test_a_run_from_the_ui_is_refused_beside_another(
    instance: dg.DagsterInstance, home: Callable[..., Settings]
) -> None:
    entered = []

    @dg.op
    def lands(gridlake: Gridlake) -> None:
        entered.append(gridlake.home)

    @dg.job(executor_def=dg.in_process_executor, resource_defs={"gridlake": Gridlake(home=str(home().home))})
    def another() -> None:
        lands()

    with only_run(home()):
        _held.clear()  # as in a process that does not hold it
        refused = another.execute_in_process(instance=instance, raise_on_error=False)
    assert not refused.success
    assert entered == []
    told = " ".join(str(e.message) + str(e.event_specific_data) for e in refused.all_events)
    assert "Another run is building" in told
    assert another.execute_in_process(instance=instance).success
    assert len(entered) == 1


def test_a_run_that_ended_or_is_gone_holds_nothing(instance: dg.DagsterInstance) -> None:
    gone = under_way(instance, {OF_COMMAND: "archive"})
    instance.delete_run(gone)
    instance.event_log_storage.claim_concurrency_slot(POOL, gone, "silver")
    bury_dead_runs(instance)
    assert may_build(instance)
