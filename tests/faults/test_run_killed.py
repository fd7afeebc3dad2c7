"""Whole runs killed anywhere, and others tried beside them, over a mini grid of three days: the next run ends with what an undisturbed one would have left.

Each trial begins in a home with two days published and is killed while it brings the third: readers see the two days or
all three, never a mixture. Several deaths in a row share one recovery, as a machine that keeps failing would have it.
The run that nobody kills stands still while it builds gold, and commands are tried beside it.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gridlake import duck
from gridlake.errors import ExitCode
from gridlake.settings import PROJECT_ROOT, Settings, load_settings
from gridlake.snapshot import current_snapshot, damaged_manifests, verify_snapshot
from orchestration.quarantine import verify_landing
from tests.faults.amounts import FAULTS, KILLS
from tests.faults.run_child import FEEDS, Answer

# In the order of a run, but for the last: once gold is noted as complete, a run that dies while publishing has little to do before.
BEFORE_PUBLISHING = (
    "before bronze nyiso__pal", "before ledger", "after gates bronze", "after silver/int_load__sample", "before gates silver",
    "after gold/fct_load_hourly", "after forecast load", "before pointer",
)  # fmt: skip
PUBLISHED = ("after built", "before manifest", "after pointer")
UPKEEP_POINTS = ("after compact", "after vacuum", "before leftovers", "before sweep")
DEATHS_IN_A_ROW = 8

# Tables that tell of runs and gates themselves, of which a home with killed runs has more; and columns that name a run or its time.
ABOUT_RUNS = ("gate_result", "fct_gate_result", "fct_data_quality_daily", "fct_feed_drift_daily")
OF_THE_RUN = ("ingested_at_utc", "request_id", "landed_seq", "run_id", "evaluated_at_utc")

Content = tuple[int, int, list[Any]]


pytestmark = pytest.mark.timeout(3600)  # whole runs, which a busy machine stretches


def mini_grid(archive: Path, target: Path) -> Path:
    """Two and three days of NYISO's load and its forecast, as files of a day each."""
    for folder, days in (("two", 2), ("three", 3)):
        for name in ("nyiso/pal/20170601pal_csv.zip", "nyiso/isolf/20170601isolf_csv.zip"):
            place = (target / folder / name).parent
            place.mkdir(parents=True)
            with zipfile.ZipFile(archive / name) as month:
                for member in sorted(month.namelist())[:days]:
                    (place / member).write_bytes(month.read(member))
    return target


class Runner:
    """The forking process of `run_child`."""

    def __init__(self, archive: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.run_child", str(archive)],
            cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def __call__(self, home: Path, **order: Any) -> Answer:
        """Carry out an `Order`: dead, paused or done when this returns."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps({"home": str(home), **order}), file=self.process.stdin, flush=True)
        return Answer(**json.loads(self.process.stdout.readline()))


def copy_home(source: Path, target: Path) -> Path:
    """A copy of a home; data files, which nobody changes after their commit, as links."""

    def link_data(of: str, to: str) -> str:
        if of.endswith(".parquet"):
            os.link(of, to)
            return to
        return str(shutil.copy2(of, to))

    shutil.copytree(source, target, copy_function=link_data)
    return target


def settings_of(home: Path) -> Settings:
    return load_settings(home=home, origin="archive", environ={})


def content(home: Path) -> dict[str, Content]:
    """What every table of bronze, silver and gold holds, rows in whatever order."""
    con, found = duck.connect(), {}
    try:
        for layer in ("bronze", "silver", "gold"):
            for name in duck.create_layer_views(con, home / layer, layer):
                if name not in ABOUT_RUNS:
                    found[f"{layer}.{name}"] = _content(
                        con, f"{duck.sql_identifier(layer)}.{duck.sql_identifier(name)}"
                    )
    finally:
        con.close()
    return found


def _content(con: duckdb.DuckDBPyConnection, table: str) -> Content:
    """Rows, a hash of all that is exact, and the sum of each column of doubles, plain and weighted by its row's exact columns: two
    builds add the same numbers in another order, which shows in the last digit.
    """
    columns = {n: k for n, k, *_ in con.execute(f"describe {table}").fetchall() if n not in OF_THE_RUN}
    doubles = [duck.sql_identifier(n) for n, kind in columns.items() if kind == "DOUBLE"]
    exact = ", ".join(duck.sql_identifier(n) for n, kind in columns.items() if kind != "DOUBLE")
    sums = "".join(f", count({d}), coalesce(sum({d}), 0), coalesce(sum({d} * weight), 0)" for d in doubles)
    row = con.execute(
        f"select count(*), coalesce(sum(digest::hugeint), 0) {sums} "
        f"from (select *, hash({exact}) as digest, 1 + digest % 1000 as weight from {table})"
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), list(row[2:])


def published(home: Path) -> dict[str, list[str]]:
    """What readers reach, by the hashes of its files; everything is as published."""
    snapshot = current_snapshot(settings_of(home))
    assert verify_snapshot(snapshot) == []
    assert damaged_manifests(settings_of(home)) == []
    return {name: [f["sha256"] for f in table["files"]] for name, table in snapshot.tables.items()}


Third = tuple["Left", dict[str, Answer], dict[str, Answer]]


@dataclass(frozen=True)
class Left:
    """What a home holds and shows when a run has ended, and the processor the run took."""

    content: dict[str, Content]
    published: dict[str, list[str]]
    as_of_utc: dict[str, str]
    landing: tuple[int, list[str]]
    cpu: float


def left_in(home: Path, cpu: float) -> Left:
    snapshot = current_snapshot(settings_of(home))
    return Left(content(home), published(home), snapshot.as_of_utc, verify_landing(settings_of(home)), cpu)


class Grid:
    """One place for a home, which is set back to its two days and run again: models are pinned to the place they were built in."""

    def __init__(self, runner: Runner, folder: Path) -> None:
        self.runner, self.home, self.kept = runner, folder / "home", folder / "two days"
        assert runner(self.home, days="two").signal == 0
        copy_home(self.home, self.kept)

    def __call__(self, **order: Any) -> Answer:
        return self.runner(self.home, **order)

    def set_back(self) -> None:
        shutil.rmtree(self.home)
        copy_home(self.kept, self.home)


@pytest.fixture(scope="module")
def grid(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grid]:
    runner = Runner(mini_grid(archive, tmp_path_factory.mktemp("mini")))
    yield Grid(runner, tmp_path_factory.mktemp("grid"))
    runner.process.communicate(timeout=600)
    assert runner.process.returncode == 0


READING = {
    "query": ["query", "select max(interval_end_utc) from fct_load_hourly where load_reported_mw is not null", "--format", "csv"],
    "status": ["status"],
    "verify": ["verify"],
    "feeds": ["feeds"],
    "quarantine list": ["quarantine", "list"],
}  # fmt: skip
WRITING = {
    "run": ["run", "--feeds", ",".join(FEEDS)],
    "maintain": ["maintain"],
    "erase": ["erase", "customer", "C00012"],
    "quarantine replay": ["quarantine", "replay"],
}


@pytest.fixture(scope="module")
def third_day(grid: Grid) -> Third:
    """What the third day leaves where nothing kills the run, and what was told beside it while it stood still: by readers and by writers."""
    two = published(grid.home)
    assert grid(pause_at="after gold/fct_load_hourly").paused
    readers = {name: grid(what="command", command=command) for name, command in READING.items()}
    writers = {name: grid(what="command", command=command) for name, command in WRITING.items()}
    writers["backfill"] = grid(what="backfill")
    assert published(grid.home) == two
    ended = grid(what="resume")
    assert (ended.signal, ended.code) == (0, 0)
    left = left_in(grid.home, ended.cpu)
    assert left.published != two
    assert left.content["gold.fct_load_hourly"][0] > 0
    return left, readers, writers


def is_same(found: Content, wanted: Content) -> bool:
    return found[:2] == wanted[:2] and found[2] == pytest.approx(wanted[2], rel=1e-9, abs=1e-9, nan_ok=True)


def assert_recovered(home: Path, wanted: Left, apart: Sequence[str] = ()) -> None:
    """The home holds what an undisturbed run left, but for the tables `apart`."""
    found = left_in(home, 0)
    assert found.content.keys() == wanted.content.keys()
    differing = {
        name: (found.content[name], held)
        for name, held in wanted.content.items()
        if name not in apart and not is_same(found.content[name], held)
    }
    assert differing == {}
    assert (found.as_of_utc, found.landing) == (wanted.as_of_utc, wanted.landing)


def assert_recovered_from_anywhere(home: Path, wanted: Left) -> None:
    """As `assert_recovered`. A run killed between its publication and its end has published all that landed: the one after it, which
    cannot know that there was nothing left to do, finds that nothing has landed since.
    """
    con = duck.connect()
    try:
        duck.create_layer_views(con, home / "bronze", "bronze", tables={"publication", "payload"})
        waiting = con.execute(
            "select count(*) from bronze.payload as p join bronze.publication as s using (feed) where p.landed_seq > s.published_seq"
        ).fetchone()
    finally:
        con.close()
    if waiting != (0,):
        assert_recovered(home, wanted)
        return
    assert_recovered(home, wanted, apart=("bronze.publication", "silver.int_landed_quality"))
    assert content(home)["silver.int_landed_quality"][0] == 0


@pytest.mark.parametrize("name", [*WRITING, "backfill"])
def test_what_writes_is_refused_beside_a_run(third_day: Third, name: str) -> None:
    _, _, writers = third_day
    assert "Another run is building" in writers[name].said
    assert "Wait for it" in writers[name].said
    assert writers[name].code == ExitCode.USAGE


@pytest.mark.parametrize("name", READING)
def test_what_reads_is_answered_beside_a_run(third_day: Third, name: str) -> None:
    _, readers, _ = third_day
    assert readers[name].code == ExitCode.DONE, readers[name].said
    assert "set lock" not in readers[name].said.lower()
    if name == "query":
        assert "2017-06-03 04:00" in readers[name].said  # the two days, in New York's time


def test_housekeeping_killed_at_named_points(grid: Grid, third_day: Third) -> None:
    """Where the third day was brought undisturbed."""
    left = third_day[0]
    for point in UPKEEP_POINTS:
        assert grid(what="maintain", die_at=point).signal == 9, f"the point '{point}' was never reached"
        assert published(grid.home) == left.published
    assert grid(what="maintain").code == 0
    assert published(grid.home) == left.published
    assert_recovered(grid.home, left)


def test_killed_at_named_points(grid: Grid, third_day: Third) -> None:
    grid.set_back()
    old = published(grid.home)
    for point in BEFORE_PUBLISHING:
        assert grid(die_at=point).signal == 9, f"the point '{point}' was never reached"
        assert published(grid.home) == old
    for point in PUBLISHED:
        assert grid(die_at=point).signal == 9, f"the point '{point}' was never reached"
        assert current_snapshot(settings_of(grid.home)).as_of_utc == third_day[0].as_of_utc
        published(grid.home)
    assert grid().code == 0
    assert_recovered(grid.home, third_day[0])


def assert_old_or_new(grid: Grid, old: dict[str, list[str]], new: Left) -> None:
    """Readers see the two days, or a snapshot that tells all three."""
    if published(grid.home) != old:
        assert current_snapshot(settings_of(grid.home)).as_of_utc == new.as_of_utc


@pytest.mark.slow
@pytest.mark.timeout(86400)
@pytest.mark.skipif(not FAULTS, reason="hours: `make faults` asks for it")
@pytest.mark.parametrize("half", [0, 1])  # side by side, where there are two processes
def test_killed_at_random_moments(grid: Grid, third_day: Third, half: int) -> None:
    """Anywhere in a run, by the processor it has had: what one brings to an end, the next goes on from. A run that ends before its
    moment has recovered by itself.
    """
    left = third_day[0]
    chance, wanted, kills, trial = random.Random(20170603 + half), (KILLS + half) // 2, 0, 0
    while kills < wanted:
        grid.set_back()
        old = published(grid.home)
        for _ in range(min(DEATHS_IN_A_ROW, wanted - kills)):
            moment = round(chance.uniform(0.02, 0.98) * left.cpu, 3)
            ended = grid(die_after=moment)
            assert_old_or_new(grid, old, left)
            if ended.signal == 0:
                break
            kills += 1
        assert grid().code == 0
        assert_recovered_from_anywhere(grid.home, left)
        trial += 1
    print(f"{kills} kills in {trial} homes: nothing lost, nothing doubled, nothing torn")
