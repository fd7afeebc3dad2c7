"""Bits flipped and files cut anywhere in what was landed and published: found by `gridlake verify`, or harmless."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from extract.catalogue import feed as feed_named
from extract.landing import ensure_bronze, land
from gridlake import lake
from gridlake.errors import GridlakeError
from gridlake.settings import Settings
from gridlake.snapshot import (
    SnapshotDamaged,
    connect_snapshot,
    current_snapshot,
    damaged_manifests,
    intact_snapshot,
    kept_snapshots,
    publish,
    verify_snapshot,
)
from orchestration.quarantine import verify_landing
from tests.contract.samples import offering
from tests.faults.amounts import FLIPS
from tests.faults.test_landing_race import FEED, batches

TABLES = ["dim_zone", "fct_load"]


def build(settings: Settings, level: float) -> None:
    lake.overwrite_table(settings.gold / "dim_zone", pa.table({"zone_id": [f"NYISO.Z{n}" for n in range(40)]}))
    rows = pa.table({"zone_id": [f"NYISO.Z{n % 40}" for n in range(2000)], "load_mw": [level + n for n in range(2000)]})
    lake.overwrite_table(settings.gold / "fct_load", rows)


@pytest.fixture
def settings(home: Callable[..., Settings]) -> Settings:
    """A home with four payloads landed and two snapshots published."""
    made = home(origin="archive")
    ensure_bronze(made, [feed_named(FEED)])
    assert land(offering(feed_named(FEED), batches(4)), made).state == "landed"
    for level in (1.0, 2.0):
        build(made, level)
        publish(made, TABLES, run_id=f"run{level}", as_of_utc={"NYISO": "2017-01-04T05:00:00"})
    return made


def landed_and_published(settings: Settings) -> list[Path]:
    named = [Path(f) for name in TABLES for f in current_snapshot(settings).file_paths(name)]
    return sorted([*settings.landing.rglob("*.gz"), *settings.published.rglob("*.json"), *named])


def problems(settings: Settings) -> list[str]:
    """What `gridlake verify` finds; a refusal to open counts."""
    try:
        snapshot = current_snapshot(settings)
    except GridlakeError as error:
        return [error.message]
    return verify_landing(settings)[1] + verify_snapshot(snapshot) + damaged_manifests(settings)


def seen_by_readers(settings: Settings) -> tuple[object, ...] | None:
    """Everything a reader can see, or None where it is refused."""
    try:
        snapshot = current_snapshot(settings)
        con = connect_snapshot(snapshot)
    except GridlakeError:
        return None
    try:
        rows = [con.execute(f"select * from {name} order by all").fetchall() for name in TABLES]
    finally:
        con.close()
    return (snapshot.as_of_utc, snapshot.origin, snapshot.run_id, snapshot.published_at_utc, rows)


def damages(chance: random.Random, data: bytes) -> bytes:
    """`data` with a bit flipped, or cut; never the same."""
    place = chance.randrange(len(data))
    if chance.random() < 0.25:
        return data[:place]
    return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]


def test_every_flip_and_cut_is_found_or_harmless(settings: Settings) -> None:
    chance, good = random.Random(20170601), seen_by_readers(settings)
    assert good is not None
    assert problems(settings) == []
    files = landed_and_published(settings)
    found = harmless = refused = 0
    for _ in range(FLIPS):
        file = chance.choice(files)
        whole, stat = file.read_bytes(), file.stat()
        file.write_bytes(damages(chance, whole))
        if problems(settings):
            found += 1
        else:  # a gzip's header may say anything; the payload's bytes must be those received
            assert verify_landing(settings) == (4, [])
            assert seen_by_readers(settings) == good, f"{file} was damaged without a word"
            harmless += 1
        if settings.landing not in file.parents:
            answer = seen_by_readers(settings)
            assert answer in (None, good), f"readers of a damaged {file} got a wrong answer"
            refused += answer is None
        file.write_bytes(whole)
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert problems(settings) == []
    assert found + harmless == FLIPS
    assert found >= 0.8 * FLIPS
    assert refused > 0
    print(f"{FLIPS} damages: {found} found, {harmless} harmless, {refused} refused by readers")


@pytest.fixture
def data_file(settings: Settings) -> Path:
    return Path(current_snapshot(settings).file_paths("fct_load")[0])


def test_readers_refuse_a_file_of_another_size_or_content_at_first_opening(settings: Settings, data_file: Path) -> None:
    whole = data_file.read_bytes()
    for damaged in (whole[:-1], bytes([whole[0] ^ 1]) + whole[1:]):
        data_file.write_bytes(damaged)
        with pytest.raises(SnapshotDamaged, match="fct_load") as caught:
            connect_snapshot(current_snapshot(settings))
        assert "gridlake verify" in caught.value.remedy
    data_file.unlink()
    with pytest.raises(SnapshotDamaged, match="cannot be read"):
        connect_snapshot(current_snapshot(settings))


def test_a_copied_home_is_hashed_once_a_process(
    settings: Settings, data_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gridlake import snapshot

    hashed: list[Path] = []
    monkeypatch.setattr(snapshot, "_SEEN", set())
    original = snapshot._sha256

    def counted(path: Path) -> str:
        hashed.append(path)
        return original(path)

    monkeypatch.setattr(snapshot, "_sha256", counted)
    connect_snapshot(current_snapshot(settings)).close()
    assert hashed == [], "what publishing hashed is not hashed again"
    os.utime(data_file, (0, 0))
    for _ in range(2):
        connect_snapshot(current_snapshot(settings)).close()
    assert hashed == [data_file]


@pytest.mark.parametrize("victim", ["current.json", "manifest"])
def test_publishing_again_mends_a_damaged_pointer_or_manifest(settings: Settings, victim: str) -> None:
    good = current_snapshot(settings)
    manifest = settings.published / "snapshots" / f"{good.snapshot_id}.json"
    file = settings.published / "current.json" if victim == "current.json" else manifest
    file.write_text(file.read_text().replace("a", "b").replace("1", "7"))
    with pytest.raises(SnapshotDamaged):
        current_snapshot(settings)
    assert intact_snapshot(settings) is None
    assert len(kept_snapshots(settings)) == (2 if victim == "current.json" else 1)
    assert len(damaged_manifests(settings)) == (0 if victim == "current.json" else 1)
    again = publish(settings, TABLES, run_id="mended", as_of_utc={})
    assert again.snapshot_id == good.snapshot_id
    assert problems(settings) == []


def test_a_count_changed_in_a_manifest_is_not_believed(settings: Settings) -> None:
    manifest = settings.published / "snapshots" / f"{current_snapshot(settings).snapshot_id}.json"
    body = json.loads(manifest.read_text())
    body["tables"]["fct_load"]["rows"] += 1
    manifest.write_text(json.dumps(body))
    with pytest.raises(SnapshotDamaged, match="damaged"):
        current_snapshot(settings)
