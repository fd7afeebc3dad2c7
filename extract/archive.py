"""Payloads from operators' own published files in a directory: plain, zipped or gzipped, in any order.

A file is hashed once: its hash is remembered for as long as the system tells the same of it, so that a run reads what is new.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from extract.feed import Feed, Payload
from gridlake.errors import PayloadRefused, UsageError
from gridlake.ops import OpsStore
from gridlake.settings import Settings

SETTLED_S = 2.0  # a file changed later than this before it was hashed may change again without a trace in its times

# Files in recorded archives that are no data of any feed, and why: shown where files without a feed are listed.
LEFT_ALONE = {
    "INDEX.md": "describes the archive",
    "README.md": "describes the data",
    "LICENSE": "terms of the data",
    "settings.json": "settings of the operator's page, no data",
    "metadata.json": "describes the meters",
    "fake_*.xml": "synthetic documents of somebody's tests",
    "*.html": "a page for people; the same figures come from other files",
    "Forecasts_*_ensembles.csv": "published forecasts: references of the price benchmark, never an input",
}


def archive_files(feed: Feed, root: Path) -> list[Path]:
    """The feed's files below `root`, sorted by path; links that lead out of `root` are left alone."""
    found = {path for pattern in feed.archive_patterns for path in root.glob(pattern) if path.is_file()}
    return sorted(path for path in found if path.resolve().is_relative_to(root.resolve()))


def file_hashes(settings: Settings, files: Iterable[Path]) -> dict[Path, str]:
    """SHA-256 of each readable file of the archive, in hexadecimal. One whose size, times of change and inode are those it was last hashed
    with is not read: the time of its last change (`ctime`) is the system's own, which no copy that keeps older times sets.
    """
    ops = OpsStore(settings.ops_db)
    remembered, found, new = ops.file_hashes(f"{settings.archive}/"), {}, []
    for path in files:
        try:
            mark = _mark(path)
            known, sha256 = remembered.get(f"{path}", (None, ""))
            if known != mark:
                begun, sha256 = time.time_ns(), _sha256(path)
                if mark == _mark(path) and max(mark[1:3]) < begun - SETTLED_S * 1e9:
                    new.append((f"{path}", *mark, sha256))
        except OSError:  # whoever asks for its bytes is told
            continue
        found[path] = sha256
    if new and settings.ops_db.exists():  # who only looks into an archive makes no home
        ops.record_file_hashes(new)
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _mark(path: Path) -> tuple[int, int, int, int]:
    told = path.stat()
    return told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino & (2**63 - 1)  # SQLite has no wider integers


class FilePayload(Payload):
    """A file whose hash is known: its bytes are read when they are asked for, which those of a landed file never are."""

    file: Path

    @classmethod
    def unread(cls, feed: Feed, address: str, file: Path, sha256: str) -> FilePayload:
        payload = cls(feed.name, b"", address, "archive")
        payload.__dict__.update(file=file, sha256=sha256)
        del payload.__dict__["data"]  # until it is asked for
        return payload

    @cached_property
    def data(self) -> bytes:  # type: ignore[override]
        """Raises `PayloadRefused` where the file cannot be read, or is no longer the one that was hashed."""
        data = _read(self.feed, self.path.as_posix(), self.file)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise PayloadRefused(
                self.feed,
                self.path.as_posix(),
                "changed while it was being read",
                "Wait until it is delivered and run again.",
            )
        return data


def archive_payloads(feed: Feed, settings: Settings) -> Iterator[Payload]:
    """One payload per file, an empty one too: parsing refuses it. An unreadable file raises `PayloadRefused`, no
    directory `UsageError`."""
    root = settings.archive
    if root is None or not root.is_dir():
        raise UsageError(
            f"No archive directory at {root or '(none given)'}.", "Pass --archive DIR or set GRIDLAKE_ARCHIVE."
        )
    files = archive_files(feed, root)
    hashes = file_hashes(settings, files) if files else {}
    for path in files:
        relative = path.relative_to(root).as_posix()
        address = f"archive:{relative}"
        if path in hashes:
            yield FilePayload.unread(feed, address, path, hashes[path])
        else:
            yield Payload(feed.name, _read(feed.name, relative, path), address, "archive")


def _read(feed: str, relative: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PayloadRefused(feed, relative, f"cannot be read ({error})", "Check the file's permissions.") from error
