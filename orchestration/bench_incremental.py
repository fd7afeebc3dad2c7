"""`gridlake bench incremental`: what one late day, and one corrected month, cost beside the first build of the same home.

Ours alone, because what is compared is ours: a home is built from a delivery, then one more day is delivered and run, three times
over, then a file of an early month is replaced and run. Start-up is what the same steps take with one meter, a first build and a late
day apart; it is taken from each and printed. A late day is the difference of two runs that vary by nearly as much: the median of three
is told, each beside its own start-up. Where a build of everything adds less to start-up than that varies by there is no share.
Which months of which tables were written again is read off their Delta logs.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from gridlake import lake
from gridlake.settings import Settings
from orchestration.bench import Side, in_own_process
from orchestration.bench_meters import PER_DAY, TOO_FEW, beyond_start_up, by_gridlake, write_delivery
from orchestration.dbt import ensure_manifest

DEFAULT_ROWS = 1_000_000
LATE_DAYS = 3
WATCHED = ("silver/int_meter__sample", "gold/fct_meter_interval", "gold/fct_meter_daily")


def measure(settings: Settings, rows: int | None = None) -> dict[str, Any]:
    """Seconds of the first build, of a late day and of a corrected early day, and the months each wrote."""
    wanted = rows or DEFAULT_ROWS
    meters = max(int(math.sqrt(wanted) / 2), 1)
    days = max(round(wanted / meters / PER_DAY), 2)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        archive, home = root / "all", root / "home"
        ensure_manifest()  # parsing the project is no part of a run
        one = root / "one"
        write_delivery(one, meters=1, days=1)
        start_up = [_run(one, root / "home-one", "start-up: first build, one meter")]
        write_delivery(archive, meters=meters, days=days)
        first = _run(archive, home, f"first build, {days} days")
        written, late = [], []
        for day in range(LATE_DAYS):
            before = _files(home)
            write_delivery(one, meters=1, days=1, first=1 + day)
            start_up.append(_run(one, root / "home-one", "start-up: one late day, one meter"))
            write_delivery(archive, meters=meters, days=1, first=days + day)
            late.append(_run(archive, home, "one late day"))
            if day == 0:
                written += _written("one late day", before, _files(home))
        before = _files(home)
        early = archive / "meters" / "intervals" / "00001.csv"
        early.write_bytes(early.read_bytes().replace(b",A,", b",V,"))
        corrected = _run(archive, home, "a corrected early day")
        written += _written("a corrected early day", before, _files(home))
    built = beyond_start_up(first, start_up[0])
    days_start_up = median(side.seconds for side in start_up[1:])
    beyond = [
        median(mine.seconds - apart.seconds for mine, apart in zip(late, start_up[1:], strict=True)),
        corrected.seconds - days_start_up,
    ]
    shares = [max(seconds, 0.0) / built if built else None for seconds in beyond]
    told = [f"{100 * share:.1f} %" if share is not None else "not measurable" for share in shares]
    return {
        "headline": f"beside the first build of {days} days one late day costs {told[0]} (median of {LATE_DAYS}), a corrected early day {told[1]}"
        + ("" if built else f" ({first.seconds:.1f} s, {TOO_FEW})")
        + f"; start-up {start_up[0].seconds:.1f} s and {days_start_up:.1f} s apart",
        "late_share": shares[0],
        "corrected_share": shares[1],
        "sides": [side.shown() for side in [first, *late, corrected, *start_up]],
        "rows": written,
    }


def _run(archive: Path, home: Path, name: str) -> Side:
    side = in_own_process("orchestration.bench_meters", by_gridlake.__name__, archive=str(archive), home=str(home))
    return Side(name, side.seconds, side.rows, side.peak_mb, side.disk_mb)


def _files(home: Path) -> dict[str, set[str]]:
    """Data files of each watched table's newest version."""
    return {
        table: {str(file["path"]) for file in lake.table_files(home / table).files}
        for table in WATCHED
        if lake.table_exists(home / table)
    }


def _written(step: str, before: dict[str, set[str]], after: dict[str, set[str]]) -> list[dict[str, Any]]:
    """Per table the months with new files and those whose files stayed."""
    shown = []
    for table, files in after.items():
        new = files - before.get(table, set())
        months = sorted({path.split("/")[0].removeprefix("month=") for path in new})
        shown.append(
            {
                "step": step,
                "table": table,
                "months_written": ", ".join(months) or "none",
                "files_kept": len(files) - len(new),
            }
        )
    return shown
