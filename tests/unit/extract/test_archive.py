"""Files of an archive: hashed once, read where they are new, never taken for what they are not."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from extract import archive
from extract.archive import FilePayload, archive_payloads, file_hashes
from extract.catalogue import feed
from extract.landing import land
from gridlake.errors import PayloadRefused
from gridlake.ops import OpsStore
from gridlake.settings import Settings, load_settings

METERS = feed("own_meter_interval")
READING = "meter_id,interval_start,interval_minutes,kwh,status,read_at\nM1,2024-05-01T00:00:00Z,30,0.5,A,\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    delivered = tmp_path / "archive" / "meters" / "intervals"
    delivered.mkdir(parents=True)
    for day in (1, 2):
        (delivered / f"{day}.csv").write_text(READING.replace("05-01", f"05-0{day}"))
    made = load_settings(home=tmp_path / "home", origin="archive", archive=tmp_path / "archive", environ={})
    OpsStore(made.ops_db).put("origin", "archive")
    return made


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are hashed, as they are."""
    names: list[str] = []
    hashed = archive._sha256

    def noted(path: Path) -> str:
        names.append(path.name)
        return hashed(path)

    monkeypatch.setattr(archive, "_sha256", noted)
    return names


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were just written count as settled."""
    monkeypatch.setattr(archive, "SETTLED_S", -1.0)


def files(settings: Settings) -> list[Path]:
    assert settings.archive
    return sorted((settings.archive / "meters" / "intervals").iterdir())


def hashes(settings: Settings) -> dict[str, str]:
    return {path.name: told for path, told in file_hashes(settings, files(settings)).items()}


@pytest.mark.usefixtures("settled")
class TestRemembered:
    def test_a_file_is_hashed_once(self, settings: Settings, read: list[str]) -> None:
        first = hashes(settings)
        assert first == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files(settings)}
        assert (hashes(settings), sorted(read)) == (first, ["1.csv", "2.csv"])

    @pytest.mark.parametrize(
        "change",
        [
            lambda path: path.write_text(READING.replace("0.5", "0.7")),
            lambda path: path.write_text(READING + READING.splitlines()[-1]),
            lambda path: os.replace(_beside(path, READING.replace("0.5", "0.7")), path),
        ],
        ids=["as long", "longer", "another file"],
    )
    def test_a_changed_file_is_hashed_again_though_its_times_are_set_back(
        self, settings: Settings, read: list[str], change: Callable[[Path], None]
    ) -> None:
        first, path = hashes(settings), files(settings)[0]
        before = path.stat()
        time.sleep(0.02)  # the system's own clock of files ticks a hundred times a second
        change(path)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert hashes(settings)["1.csv"] == hashlib.sha256(path.read_bytes()).hexdigest() != first["1.csv"]
        assert sorted(read) == ["1.csv", "1.csv", "2.csv"]

    def test_landing_reads_the_bytes_of_new_files_alone(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened: list[str] = []
        reading = archive._read
        monkeypatch.setattr(
            archive, "_read", lambda name, told, path: opened.append(path.name) or reading(name, told, path)
        )  # type: ignore[func-returns-value]
        assert (land(METERS, settings).rows_landed, opened) == (2, ["1.csv", "2.csv"])
        _beside(files(settings)[0], READING.replace("05-01", "05-03"), "3.csv")
        landed = land(METERS, settings)
        assert (landed.payloads, landed.payloads_new, landed.rows_landed) == (3, 1, 1)
        assert opened == ["1.csv", "2.csv", "3.csv"]


def test_a_file_that_was_just_written_is_not_remembered(settings: Settings, read: list[str]) -> None:
    assert hashes(settings) == hashes(settings)
    assert len(read) == 4


def test_a_file_that_changes_between_hash_and_reading_is_refused(settings: Settings) -> None:
    path = files(settings)[0]
    payload = FilePayload.unread(METERS, "archive:meters/intervals/1.csv", path, hashes(settings)["1.csv"])
    path.write_text(READING.replace("0.5", "0.7"))
    with pytest.raises(PayloadRefused, match="changed while it was being read"):
        assert payload.data


def test_a_file_that_cannot_be_read_is_refused_by_name(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(archive, "_sha256", denied)
    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(PayloadRefused, match=r"intervals/1\.csv.*cannot be read"):
        list(archive_payloads(METERS, settings))


def test_looking_into_an_archive_makes_no_home(settings: Settings, tmp_path: Path) -> None:
    from dataclasses import replace

    elsewhere = replace(settings, home=tmp_path / "none")
    assert len([payload.data for payload in archive_payloads(METERS, elsewhere)]) == 2
    assert not (tmp_path / "none").exists()


def _beside(path: Path, text: str, name: str = "new") -> Path:
    made = path.with_name(name)
    made.write_text(text)
    return made
