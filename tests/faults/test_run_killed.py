"""Whole runs killed anywhere, over a mini grid of three days: the next run ends with what an undisturbed one would have left.

Each trial begins in a home with two days published and is killed while it brings the third: readers see the two days or
all three, never a mixture. Several deaths in a row share one recovery, as a machine that keeps failing would have it.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gridlake import lake
from gridlake.settings import PROJECT_ROOT, Settings, load_settings
from gridlake.snapshot import current_snapshot, damaged_manifests, verify_snapshot
from orchestration.quarantine import verify_landing
from tests.faults.amounts import FAULTS, KILLS

# In the order of a run: landing, silver, its gates, gold, forecast, gold after the forecast, publishing, and housekeeping.
RUN_POINTS = (
    "before bronze nyiso__pal", "before ledger", "after silver/int_load__sample", "before gates silver", "before gold/fct_load_hourly",
    "after gold/fct_load_hourly", "after forecast load", "before manifest", "before pointer", "after pointer",
)  # fmt: skip
UPKEEP_POINTS = ("after compact", "after vacuum", "before leftovers", "before sweep")

# Tables that tell of runs and gates themselves, of which a home with killed runs has more; and columns that name a run or its time.
ABOUT_RUNS = ("fct_gate_result", "fct_data_quality_daily", "fct_feed_drift_daily")
OF_THE_RUN = ("ingested_at_utc", "request_id", "landed_seq", "run_id", "evaluated_at_utc")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(86400),
    pytest.mark.skipif(not FAULTS, reason="hours: `make faults` asks for it"),
]


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

    def __call__(
        self, home: Path, what: str = "run", how: str = "never", where: object = 0, days: str = "three"
    ) -> tuple[int, float]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{home}\t{days}\t{what}\t{how}\t{where}\n")
        self.process.stdin.flush()
        killed, seconds = self.process.stdout.readline().split()
        return int(killed), float(seconds)


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


def content(home: Path) -> dict[str, tuple[int, int]]:
    """Rows and a hash of all rows, in whatever order, of every table of bronze, silver and gold."""
    con, found = lake.connect(), {}
    try:
        for layer in ("bronze", "silver", "gold"):
            for name in lake.create_layer_views(con, home / layer, layer):
                if name in ABOUT_RUNS:
                    continue
                table = f"{lake.sql_identifier(layer)}.{lake.sql_identifier(name)}"
                columns = [row[0] for row in con.execute(f"describe {table}").fetchall() if row[0] not in OF_THE_RUN]
                listed = ", ".join(map(lake.sql_identifier, columns))
                row = con.execute(f"select count(*), coalesce(sum(hash({listed})::hugeint), 0) from {table}").fetchone()
                assert row is not None
                found[f"{layer}.{name}"] = (int(row[0]), int(row[1]))
    finally:
        con.close()
    return found


def published(home: Path) -> dict[str, list[str]]:
    """What readers reach, by the hashes of its files; everything is as published."""
    snapshot = current_snapshot(settings_of(home))
    assert verify_snapshot(snapshot) == []
    assert damaged_manifests(settings_of(home)) == []
    return {name: [f["sha256"] for f in table["files"]] for name, table in snapshot.tables.items()}


@pytest.fixture(scope="module")
def runner(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    made = Runner(mini_grid(archive, tmp_path_factory.mktemp("mini")))
    yield made
    made.process.communicate(timeout=60)
    assert made.process.returncode == 0


@pytest.fixture(scope="module")
def two_days(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("two") / "home"
    assert runner(home, days="two")[0] == 0
    return home


@pytest.fixture(scope="module")
def undisturbed(runner: Runner, two_days: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A home that went from two days to three without a fault, and how long that took."""
    home = copy_home(two_days, tmp_path_factory.mktemp("undisturbed") / "home")
    killed, seconds = runner(home)
    assert killed == 0
    rows = content(home)
    assert rows["bronze.nyiso__pal"][0] > content(two_days)["bronze.nyiso__pal"][0]
    assert rows["gold.fct_load_hourly"][0] > 0
    return home, seconds


def assert_old_or_new(home: Path, old: dict[str, list[str]], runs_before: set[str]) -> None:
    """Readers see the two days, or a snapshot of one run that has published all three."""
    seen, snapshot = published(home), current_snapshot(settings_of(home))
    if seen != old:
        assert snapshot.run_id not in runs_before
        assert max(snapshot.as_of_utc.values()) >= "2017-06-04"


def assert_recovered(home: Path, expected: Path) -> None:
    found, wanted = content(home), content(expected)
    assert {name: (found.get(name), rows) for name, rows in wanted.items() if found.get(name) != rows} == {}
    assert found.keys() == wanted.keys()
    assert current_snapshot(settings_of(home)).as_of_utc == current_snapshot(settings_of(expected)).as_of_utc
    checked, problems = verify_landing(settings_of(home))
    assert (checked, problems) == verify_landing(settings_of(expected))
    published(home)


def die_and_recover(
    runner: Runner, two_days: Path, expected: Path, home: Path, deaths: Sequence[tuple[str, str, object]]
) -> int:
    """A copy of the two days dies as told, time after time, and then runs undisturbed. Returns how many deaths met a run."""
    copy_home(two_days, home)
    old, before = published(home), {current_snapshot(settings_of(home)).run_id}
    kills = 0
    for what, how, where in deaths:
        killed, _ = runner(home, what, how, where)
        assert killed == 9 or how == "after", f"the point '{where}' was never reached"
        kills += killed == 9
        assert_old_or_new(home, old, before)
    assert runner(home)[0] == 0
    assert_recovered(home, expected)
    return kills


@pytest.mark.parametrize("points", [RUN_POINTS[:5], RUN_POINTS[5:]], ids=["landing to gold", "gold to publishing"])
def test_killed_at_named_points(
    runner: Runner, two_days: Path, undisturbed: tuple[Path, float], tmp_path: Path, points: tuple[str, ...]
) -> None:
    deaths = [("run", "at", point) for point in points]
    assert die_and_recover(runner, two_days, undisturbed[0], tmp_path / "home", deaths) == len(points)


def test_housekeeping_killed_at_named_points(runner: Runner, undisturbed: tuple[Path, float], tmp_path: Path) -> None:
    home = copy_home(undisturbed[0], tmp_path / "home")
    seen = published(home)
    for point in UPKEEP_POINTS:
        assert runner(home, "maintain", "at", point)[0] == 9, f"the point '{point}' was never reached"
        assert published(home) == seen
    assert runner(home, "maintain")[0] == 0
    assert published(home) == seen
    assert_recovered(home, undisturbed[0])


def test_killed_at_random_moments(
    runner: Runner, two_days: Path, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    """Three deaths and a recovery at a time."""
    expected, seconds = undisturbed
    chance, kills, trial = random.Random(20170603), 0, 0
    while kills < KILLS:
        deaths = [
            ("run", "after", round(chance.uniform(0.02, 0.98) * seconds, 3)) for _ in range(min(3, KILLS - kills))
        ]
        kills += die_and_recover(runner, two_days, expected, tmp_path / f"home{trial}", deaths)
        shutil.rmtree(tmp_path / f"home{trial}")
        trial += 1
    print(f"{kills} kills in {trial} homes: nothing lost, nothing doubled, nothing torn")
