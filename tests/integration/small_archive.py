"""A small archive cut from the recorded operator files: real rows, few of them, so that a whole run takes seconds."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

DAYS = 200
EIA = "eia930/cleaned/ISNE.csv.gz"
PAL = "nyiso/pal/20170601pal_csv.zip"
ISOLF = "nyiso/isolf/20170601isolf_csv.zip"
DAM = "nyiso/lbmp/20220718da.csv"
RTM = "nyiso/lbmp/20220718rt.csv"
EGRID = "plants/egrid/egridData.csv"


def cut(archive: Path, target: Path) -> Path:
    """Copy a few files of `archive` to `target`; the long ones keep their header and last or first rows."""
    for name in (PAL, ISOLF, DAM, RTM):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(archive / name, target / name)
    (target / EIA).parent.mkdir(parents=True, exist_ok=True)
    lines = gzip.decompress((archive / EIA).read_bytes()).splitlines(keepends=True)
    write_gz(target / EIA, lines[:1] + lines[-24 * DAYS :])
    (target / EGRID).parent.mkdir(parents=True, exist_ok=True)
    (target / EGRID).write_bytes(b"".join((archive / EGRID).read_bytes().splitlines(keepends=True)[:1000]))
    return target


def read_gz(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


def write_gz(path: Path, lines: list[bytes]) -> None:
    path.write_bytes(gzip.compress(b"".join(lines), mtime=0))
