"""A landing killed anywhere: the next one ends with what an undisturbed one would have left."""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from extract.feed import Payload
from gridlake import lake
from gridlake.settings import PROJECT_ROOT, load_settings
from orchestration.quarantine import verify_landing
from tests.contract.surgery import rewritten
from tests.faults.landing_child import POINTS

RANDOM_KILLS = 8


@cache
def payloads() -> tuple[Payload, ...]:
    """Files of one region, one of them with a row that cannot be placed, one with a row twice."""
    from extract.synthetic import DEFAULT_SEED, load_payloads

    days = [p for p in load_payloads(DEFAULT_SEED, 68) if p.path.parent.name == "ERCOT"][2:]

    def spoil(table: list[list[str]]) -> list[list[str]]:
        table[3][0] = "no time at all"
        return [*table, table[1]]

    return (rewritten(days[0], spoil, keep=10_000), *days[1:])


class Lander:
    """The forking process of `landing_child`."""

    def __init__(self, folder: Path) -> None:
        (folder / "payloads").write_bytes(pickle.dumps(list(payloads())))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.landing_child", str(folder / "payloads")],
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, home: Path, how: str = "never", what: object = 0) -> tuple[int, float]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{home}\t{how}\t{what}\n")
        self.process.stdin.flush()
        killed, seconds = self.process.stdout.readline().split()
        return int(killed), float(seconds)


@pytest.fixture(scope="module")
def lander(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lander]:
    made = Lander(tmp_path_factory.mktemp("lander"))
    yield made
    made.process.communicate(timeout=60)
    assert made.process.returncode == 0


def table(home: Path, name: str) -> pl.DataFrame:
    """A bronze table without what differs from one landing to another, in a fixed order."""
    frame = pl.from_arrow(lake.open_table(home / "bronze" / name).to_pyarrow_table())
    assert isinstance(frame, pl.DataFrame)
    differing = [c for c in ("request_id", "ingested_at_utc", "landed_seq") if c in frame.columns]
    frame = frame.drop(differing)
    return frame.sort([c for c in ("payload_sha256", "source_member", "row_number") if c in frame.columns])


@pytest.fixture(scope="module")
def undisturbed(lander: Lander, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A home landed without a kill, and how long that took."""
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    killed, seconds = lander(home)
    assert killed == 0
    assert table(home, "refused").height == 1
    assert table(home, "payload")["rows_duplicate"].sum() > 0
    assert table(home, "payload").height == len(payloads())
    return home, seconds


def assert_same(home: Path, expected: Path) -> None:
    for name in ("synthetic__load", "refused", "payload"):
        assert table(home, name).equals(table(expected, name)), name
    sequences = lake.open_table(home / "bronze" / "payload").to_pyarrow_table()["landed_seq"].to_pylist()
    assert len(set(sequences)) == len(sequences)
    checked, problems = verify_landing(load_settings(home=home, environ={}))
    assert (checked, problems) == (len(payloads()), [])


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point(lander: Lander, undisturbed: tuple[Path, float], tmp_path: Path, point: str) -> None:
    home = tmp_path / "home"
    killed, _ = lander(home, "at", point)
    assert killed == 9, "the point was never reached"
    assert lander(home)[0] == 0
    assert_same(home, undisturbed[0])


def test_killed_at_random_moments(lander: Lander, undisturbed: tuple[Path, float], tmp_path: Path) -> None:
    expected, seconds = undisturbed
    chance = random.Random(20170312)
    kills, trial = 0, 0
    while kills < RANDOM_KILLS:
        home = tmp_path / f"home{trial}"
        for begun in (False, True):  # also a landing that goes on from a killed one
            moment = round(chance.uniform(0.05, 0.95) * seconds, 3)
            if lander(home, "after", moment)[0] == 9:
                kills += 1
            elif not begun:  # it had ended: the machine is less busy than when an undisturbed landing was timed
                seconds = moment
        assert lander(home)[0] == 0
        assert_same(home, expected)
        trial += 1


def test_the_same_files_again_change_nothing_and_say_so(lander: Lander, undisturbed: tuple[Path, float]) -> None:
    home = undisturbed[0]
    names = ("synthetic__load", "refused", "payload")
    before = [lake.open_table(home / "bronze" / name).version() for name in names]
    assert lander(home)[0] == 0
    assert [lake.open_table(home / "bronze" / name).version() for name in names] == before
