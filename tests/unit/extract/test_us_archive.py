"""Every recorded file of the US operators is taken by one feed, or by none for a reason given here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from extract.archive import archive_files
from extract.catalogue import FEEDS

OPERATORS = ("caiso", "ercot", "isone", "miso", "nyiso", "pjm", "spp")
TAKEN_BY_NONE = {
    "caiso/renewables_watch/ene_slrs.xml": "lacks an end tag: not XML",
    "caiso/renewables_watch/todays_outlook_renewables.html": "one number without a time",
    "pjm/settings.json": "settings of the service, no data",
}


def test_every_file_is_taken_once(archive: Path) -> None:
    taken = Counter(path for feed in FEEDS for path in archive_files(feed, archive))
    files = [path for name in OPERATORS for path in (archive / name).rglob("*") if path.is_file()]
    assert {path for path in files if taken[path] > 1} == set()
    assert {path.relative_to(archive).as_posix() for path in files if path not in taken} == set(TAKEN_BY_NONE)
