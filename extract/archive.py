"""Payloads from operators' own published files in a directory: plain, zipped or gzipped, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from extract.feed import Feed, Payload
from gridlake.errors import PayloadRefused, UsageError
from gridlake.settings import Settings

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


def archive_payloads(feed: Feed, settings: Settings) -> Iterator[Payload]:
    """One payload per file, an empty one too: parsing refuses it. An unreadable file raises `PayloadRefused`, no
    directory `UsageError`."""
    root = settings.archive
    if root is None or not root.is_dir():
        raise UsageError(
            f"No archive directory at {root or '(none given)'}.", "Pass --archive DIR or set GRIDLAKE_ARCHIVE."
        )
    for path in archive_files(feed, root):
        relative = path.relative_to(root).as_posix()
        try:
            data = path.read_bytes()
        except OSError as error:
            raise PayloadRefused(
                feed.name, relative, f"cannot be read ({error})", "Check the file's permissions."
            ) from error
        yield Payload(feed=feed.name, data=data, api_endpoint=f"archive:{relative}", origin="archive")
