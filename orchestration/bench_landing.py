"""`gridlake bench landing`: three years of NYISO's five-minute loads, landed, against DuckDB reading the same CSVs.

The reference reads the unzipped files with explicit types into a table and does nothing else: no archive of the bytes,
no hashes, no ledger, no duplicates, no Delta table.
"""

from __future__ import annotations

import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from gridlake.errors import UsageError
from gridlake.settings import Settings
from orchestration.bench import Side, in_own_process

PATTERN = "nyiso/pal/*pal_csv.zip"


def measure(settings: Settings) -> dict[str, Any]:
    """Both sides and their ratio. Raises `UsageError` without an archive that holds the files."""
    root = settings.archive
    files = sorted(root.glob(PATTERN)) if root else []
    if not files:
        raise UsageError(f"No files {PATTERN} below {root}.", "Pass --archive DIR with NYISO's monthly zips of pal.")
    with tempfile.TemporaryDirectory() as folder:
        csvs = Path(folder) / "csv"
        for file in files:
            with zipfile.ZipFile(file) as archive:
                archive.extractall(csvs)
        reference = in_own_process("orchestration.bench_landing", "read_by_duckdb", folder=str(csvs))
        ours = in_own_process(
            "orchestration.bench_landing", "land_by_gridlake", archive=str(root), home=str(Path(folder) / "home")
        )
    ratio = ours.seconds / reference.seconds
    return {
        "headline": f"{len(files)} zips, {ours.rows:,} rows landed at {ratio:.2f} times a plain DuckDB read of the unzipped "
        f"CSVs; peak {ours.peak_mb:.0f} MB",
        "ratio": round(ratio, 3),
        "sides": [ours.shown(), reference.shown()],
    }


def read_by_duckdb(folder: str) -> Side:
    """DuckDB's reader with explicit types, into a table in memory."""
    import duckdb

    con = duckdb.connect()
    started = time.perf_counter()
    con.execute(
        "create table pal as select * from read_csv(?, header = true, timestampformat = '%m/%d/%Y %H:%M:%S', columns = "
        "{'time_stamp': 'timestamp', 'time_zone': 'varchar', 'name': 'varchar', 'ptid': 'integer', 'load': 'double'})",
        [f"{folder}/*.csv"],
    )
    rows = con.execute("select count(*) from pal").fetchone()
    return Side("duckdb read_csv", time.perf_counter() - started, rows[0] if rows else 0, 0.0)


def land_by_gridlake(archive: str, home: str) -> Side:
    """The feed's own landing: bytes archived and hashed, parsed, placed, deduplicated, one Delta commit, the ledger."""
    import copy

    import deltalake  # imports are start-up, not landing
    import polars as pl

    from extract.archive import archive_payloads
    from extract.catalogue import feed
    from extract.landing import ensure_bronze, land
    from gridlake.settings import load_settings

    assert deltalake.__version__
    assert pl.__version__
    settings = load_settings(home=home, origin="archive", archive=archive, environ={})
    pal = copy.copy(feed("nyiso_pal"))
    pal.archive_patterns = (PATTERN,)
    pal.fetch = lambda settings: archive_payloads(pal, settings)  # type: ignore[method-assign]
    ensure_bronze(settings, [pal])
    started = time.perf_counter()
    result = land(pal, settings)
    seconds = time.perf_counter() - started
    size = sum(path.stat().st_size for path in Path(home).rglob("*") if path.is_file()) / 1e6
    return Side("gridlake landing", seconds, result.rows_landed, 0.0, round(size, 1))
