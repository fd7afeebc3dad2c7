"""The warehouse file held open by another process: said plainly, and readers do not notice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest

from gridlake import lake
from gridlake.errors import GridlakeError
from gridlake.settings import Settings
from gridlake.snapshot import connect_snapshot, current_snapshot, publish
from orchestration.dbt import run_dbt

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
    holder.communicate("", timeout=30)
    assert [node.status for node in run_dbt(settings, "seed", ["regions"])] == ["success"]
