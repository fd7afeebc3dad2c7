"""Faults while dbt builds: the warehouse held open elsewhere, a full disk, a kill between two models."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from gridlake import lake
from gridlake.errors import BuildFailed, GridlakeError
from gridlake.settings import PROJECT_ROOT, Settings, load_settings
from gridlake.snapshot import connect_snapshot, current_snapshot, publish, verify_snapshot
from orchestration.dbt import run_dbt
from tests.faults.test_landing_faults import fill, tmpfs

HOLD = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


@pytest.fixture
def settings(home: Callable[..., Settings]) -> Settings:
    """A home with something published."""
    made = home()
    lake.overwrite_table(made.gold / "dim_zone", pa.table({"zone_id": ["NYISO.TOTAL"]}))
    publish(made, ["dim_zone"], run_id="good", as_of_utc={})
    return made


@pytest.fixture
def holder(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(settings.warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_held_warehouse_is_named_and_readers_are_unaffected(
    settings: Settings, holder: subprocess.Popen[str]
) -> None:
    with pytest.raises(GridlakeError, match="held open by another process") as caught:
        run_dbt(settings, "seed", ["regions"])
    assert str(settings.warehouse) in caught.value.message
    assert "run again" in caught.value.remedy
    con = connect_snapshot(current_snapshot(settings))
    assert con.execute("select zone_id from dim_zone").fetchall() == [("NYISO.TOTAL",)]
    holder.communicate("", timeout=300)
    assert [node.status for node in run_dbt(settings, "seed", ["regions"])] == ["success"]


# Four nodes that read nothing but files of the project.
SEEDS, DIMENSIONS = ("regions", "fuels"), ("dim_region", "dim_fuel")
KILLED = """
import sys
from gridlake.settings import load_settings
from orchestration.dbt import run_dbt
from tests.faults.run_child import arrange, die
arrange(sys.argv[2], die)
run_dbt(load_settings(home=sys.argv[1], environ={}), "run", sys.argv[3:])
"""


def built(settings: Settings) -> dict[str, list[str]]:
    """Rows of the two dimensions, as the lake holds them."""
    return {
        name: sorted(map(str, lake.open_table(settings.gold / name).to_pyarrow_table().to_pylist()))
        for name in DIMENSIONS
    }


def build_and_publish(settings: Settings) -> dict[str, list[str]]:
    run_dbt(settings, "seed", SEEDS)
    run_dbt(settings, "run", DIMENSIONS)
    publish(settings, DIMENSIONS, run_id="good", as_of_utc={})
    return built(settings)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with tmpfs(tmp_path / "disk", "32m") as place:
        yield place


def test_a_disk_full_while_dbt_builds_keeps_the_last_commit_and_goes_on_when_there_is_room(small_disk: Path) -> None:
    settings = load_settings(home=small_disk / "home", environ={})
    good = build_and_publish(settings)
    versions = [lake.open_table(settings.gold / name).version() for name in DIMENSIONS]
    filler = fill(small_disk, 0)
    with pytest.raises(BuildFailed, match=r"(?i)no space|not enough|could not write|failed to"):
        run_dbt(settings, "run", DIMENSIONS)
    assert [lake.open_table(settings.gold / name).version() for name in DIMENSIONS] == versions
    assert built(settings) == good
    assert verify_snapshot(current_snapshot(settings)) == []
    filler.unlink()
    assert {node.status for node in run_dbt(settings, "run", DIMENSIONS)} == {"success"}
    assert built(settings) == good


def test_killed_between_two_models_each_is_old_or_new_and_the_next_build_completes(
    home: Callable[..., Settings],
) -> None:
    settings = home()
    good = build_and_publish(settings)
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(settings.home), "after gold/dim_fuel", *DIMENSIONS],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert died.returncode == -9, died.stderr[-2000:]
    assert lake.open_table(settings.gold / "dim_fuel").version() == 1, "the kill came after its commit"
    assert built(settings) == good
    assert verify_snapshot(current_snapshot(settings)) == []
    assert {node.status for node in run_dbt(settings, "run", DIMENSIONS)} == {"success"}
    assert built(settings) == good
