"""`gridlake bench publish`: publishing the home's gold for the first time and again, against SHA-256 of the same files.

Works on links to the home's files in a folder of its own: the home's pointer is not touched. The first publication hashes every file, the second
takes over what it knows, which is what a run with little news pays.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from gridlake.settings import Settings, load_settings
from gridlake.snapshot import current_snapshot, publish
from orchestration.bench import Side, in_own_process


def measure(settings: Settings) -> dict[str, Any]:
    """The three sides and the first publication's ratio. Raises `NothingPublished` for a home without a run."""
    snapshot = current_snapshot(settings)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=".bench-") as folder:  # links need one file system
        for name in snapshot.tables:
            shutil.copytree(settings.gold / name, Path(folder) / "gold" / name, copy_function=_linked)
        tables = sorted(snapshot.tables)
        first = in_own_process(__name__, "by_gridlake", home=folder, tables=tables, name="publish, first")
        again = in_own_process(__name__, "by_gridlake", home=folder, tables=tables, name="publish, nothing new")
        plain = in_own_process(__name__, "by_hashing", home=folder)
    ratio = first.seconds / plain.seconds
    return {
        "headline": f"{len(tables)} tables of {plain.disk_mb:.0f} MB published at {ratio:.2f} times their SHA-256; "
        f"again with nothing new in {again.seconds:.2f} s",
        "ratio": round(ratio, 3),
        "sides": [first.shown(), again.shown(), plain.shown()],
    }


def _linked(source: str, target: str) -> str:
    if source.endswith(".parquet") and "_delta_log" not in source:
        os.link(source, target)
        return target
    return str(shutil.copy2(source, target))


def by_gridlake(home: str, tables: list[str], name: str) -> Side:
    """Versions read, files hashed, manifest and pointer written. Imports are start-up."""
    import deltalake

    assert deltalake.__version__
    settings = load_settings(home=home, environ={})
    started = time.perf_counter()
    made = publish(settings, tables, run_id="bench", as_of_utc={})
    seconds = time.perf_counter() - started
    return Side(name, seconds, sum(int(t["rows"]) for t in made.tables.values()), 0.0)


def by_hashing(home: str) -> Side:
    """SHA-256 of the published data files, one after the other."""
    snapshot = current_snapshot(load_settings(home=home, environ={}))
    files = [path for name in snapshot.tables for path in snapshot.file_paths(name)]
    started = time.perf_counter()
    for file in files:
        with Path(file).open("rb") as handle:
            hashlib.file_digest(handle, "sha256").hexdigest()
    size = sum(Path(file).stat().st_size for file in files) / 1e6
    return Side("SHA-256 of the files", time.perf_counter() - started, 0, 0.0, round(size, 1))
