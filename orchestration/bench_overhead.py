"""`gridlake bench overhead`: a run that finds nothing new in the archive, against hashing the same files.

From the start of the process to its end, imports included: what a schedule pays each time nothing came. The home must have been published from
this very archive by this code, else the rerun would be a run, and is refused.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from gridlake.errors import GridlakeError, UsageError
from gridlake.ops import OpsStore
from gridlake.settings import Settings
from orchestration.bench import Side, in_own_process


def measure(settings: Settings) -> dict[str, Any]:
    """Both sides and their ratio. Raises `UsageError` where a rerun would have something to do."""
    from orchestration.run import input_fingerprint, unchanged_run

    if settings.origin != "archive" or settings.archive is None:
        raise UsageError(
            "An empty rerun is measured on an archive.", "Pass --archive DIR, after `gridlake run --origin archive`."
        )
    if unchanged_run(settings, OpsStore(settings.ops_db), input_fingerprint(settings, None)) is None:
        raise UsageError(
            f"{settings.home} is not what this code publishes from {settings.archive}.",
            "Run `gridlake run --origin archive --archive DIR` first.",
        )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "gridlake.cli", "run", "--origin", "archive", "--archive", str(settings.archive), "--json"],
        env={**os.environ, "GRIDLAKE_HOME": str(settings.home)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - started
    if '"unchanged": true' not in done.stdout:
        raise GridlakeError(f"The rerun was not empty: {done.stderr.strip()[-300:]}", "Run it by hand and see.")
    plain = in_own_process(__name__, "by_hashing", archive=str(settings.archive))
    ours = Side("gridlake run, nothing new", seconds, plain.rows, 0.0)
    return {
        "headline": f"an empty rerun over {plain.rows} files of {plain.disk_mb:.0f} MB takes {seconds:.1f} s, "
        f"{seconds / plain.seconds:.2f} times their SHA-256",
        "ratio": round(seconds / plain.seconds, 3),
        "sides": [ours.shown(), plain.shown()],
    }


def by_hashing(archive: str) -> Side:
    """SHA-256 of every file that a feed takes, one after the other."""
    from extract.archive import archive_files
    from extract.catalogue import feeds_for

    files = [path for feed in feeds_for("archive", None) for path in archive_files(feed, Path(archive))]
    started = time.perf_counter()
    for path in files:
        with path.open("rb") as handle:
            hashlib.file_digest(handle, "sha256").hexdigest()
    size = sum(path.stat().st_size for path in files) / 1e6
    return Side("SHA-256 of the files", time.perf_counter() - started, len(files), 0.0, round(size, 1))
