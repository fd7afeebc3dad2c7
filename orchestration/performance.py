"""`docs/performance.md`, generated: `python -m orchestration.performance --archive DIR` measures and writes it.

Belongs here: which benchmarks the page shows, at which sizes, and how it is laid out. Every figure is that of one call of the benchmark; ratios are
what is meant to be compared, seconds are those of the machine named on the page.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from gridlake.cli import say
from gridlake.errors import NothingPublished, UsageError
from gridlake.settings import PROJECT_ROOT, Settings, load_settings
from orchestration.bench import BENCHMARKS

PAGE = PROJECT_ROOT / "docs" / "performance.md"
SHOWN = ("landing", "gates", "publish", "overhead", "query", "forecast", "incremental", "meters")
SIZED = ("incremental", "meters")
LONGEST = 15  # rows of a table
WHAT = {
    "landing": "Three years of NYISO's five-minute loads: archived, hashed, parsed, placed, deduplicated, committed to Delta, against DuckDB reading the same CSVs.",
    "gates": "Every suite judged anew by Great Expectations, against its aggregates alone. A run judges only the tables that changed.",
    "publish": "Gold hashed and pinned by a manifest, against SHA-256 of the same files; and again with nothing new.",
    "overhead": "A run that finds nothing new in the archive, from the start of its process to its end, against SHA-256 of the archive.",
    "query": "What the app's pages ask, through the embedded engine.",
    "forecast": "The daily forecast of 100 series for 48 hours, and one served prediction.",
    "incremental": "One late day, and one corrected early day, beside the first build of the same home; which months were written again.",
    "meters": "Made-up half-hourly readings from landing to publish with all gates, against the same rules and outputs by hand in DuckDB, which takes all the memory it likes.",
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for, keep it, and write the page from all that is kept."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.performance")
    parser.add_argument("--archive", help="directory of recorded files")
    parser.add_argument("--only", nargs="*", choices=sorted(BENCHMARKS), default=list(SHOWN))
    parser.add_argument("--rows", nargs="*", type=int, default=[1_000_000], help="sizes of meters and incremental")
    chosen = parser.parse_args(arguments)
    settings = load_settings(archive=chosen.archive, origin="archive" if chosen.archive else None)
    folder = settings.home / "performance"
    for measurement in measured(settings, chosen.only, chosen.rows):
        keep(folder, measurement)
        PAGE.write_text(page(kept(folder)), encoding="utf-8")


@dataclass(frozen=True)
class Measurement:
    """One benchmark's say, with the machine's load over the quarter of an hour in which it ended. rows: its size, 0 where it has none.
    memory: GRIDLAKE_DUCKDB_MEMORY, if it was set. commit: of the code that was measured, '' where that is not known.
    """

    name: str
    rows: int
    measured_at_utc: str
    load: float
    document: Mapping[str, Any]
    memory: str = ""
    commit: str = ""


def measured(settings: Settings, names: Iterable[str], sizes: Sequence[int]) -> Iterator[Measurement]:
    """Benchmarks with what they say, in order; the sized ones once a size."""
    for name in names:
        measure = importlib.import_module(BENCHMARKS[name]).measure
        for rows in sizes if name in SIZED else (0,):
            say(f"measuring {name}" + (f" at {rows:,} rows" if rows else ""))
            try:
                document = measure(settings, rows) if rows else measure(settings)
            except (UsageError, NothingPublished) as error:
                document = {"headline": f"Not measured: {error.message}"}
            now, load = f"{datetime.now(UTC):%Y-%m-%d %H:%M}", round(os.getloadavg()[2], 1)
            yield Measurement(name, rows, now, load, document, os.environ.get("GRIDLAKE_DUCKDB_MEMORY", ""), _commit())


def _commit() -> str:
    """The commit that is checked out, abbreviated; '' outside a checkout of git's."""
    try:
        told = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
        )
    except OSError:  # there is no git here
        return ""
    return told.stdout.strip()


def keep(folder: Path, measurement: Measurement) -> None:
    """One file a benchmark and size, so that a long measurement that is cut short loses nothing that ended."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{measurement.name}-{measurement.rows}.json"
    path.write_text(json.dumps(asdict(measurement)), encoding="utf-8")


def kept(folder: Path) -> list[Measurement]:
    """What is kept, in the page's order."""
    found = [Measurement(**json.loads(path.read_text(encoding="utf-8"))) for path in folder.glob("*.json")]
    return sorted((m for m in found if m.name in SHOWN), key=lambda m: (SHOWN.index(m.name), m.rows))


def page(measurements: Iterable[Measurement]) -> str:
    """The page's Markdown."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    lines = [
        "# Performance",
        "",
        "Written by `python -m orchestration.performance`, which runs `gridlake bench`: each figure beside a plain reference of the same call. Ratios are what",
        f"to compare; seconds are those of a machine with {os.cpu_count()} cores and {memory:.0f} GB.",
        "",
    ]
    before, per_row = "", {}
    for told in measurements:
        if told.name != before:
            lines += [f"## {told.name}", "", WHAT.get(told.name, ""), ""]
        before, document = told.name, told.document
        bound = f", DuckDB bound to {told.memory}" if told.memory else ""
        code = f", commit {told.commit}" if told.commit else ""
        lines += [f"{_sentence(document['headline'])} ({told.measured_at_utc} UTC, load {told.load}{bound}{code})", ""]
        for part in ("sides", "rows"):
            lines += _table(document.get(part) or [])
        if document.get("microseconds_per_row"):
            per_row[told.rows] = float(document["microseconds_per_row"])
    return "\n".join([*lines, *_cost_per_row(per_row)])


def _cost_per_row(cost: Mapping[int, float]) -> list[str]:
    """A section on how the cost of a meter's reading goes with their number; none where there is one size alone."""
    if len(cost) < 2:
        return []
    rows = [
        {"readings": n, "microseconds per reading": cost[n], "beside the size before": f"{cost[n] / cost[m]:.2f}" if m else ""}
        for m, n in pairwise([0, *sorted(cost)])
    ]  # fmt: skip
    head = "Of meters' readings, from landing to publish, start-up apart. Linear where it stays the same."
    return ["## Cost per row", "", head, "", *_table(rows)]


def _sentence(text: str) -> str:
    """A headline as a sentence.

    >>> _sentence("an empty rerun takes 3 s")
    'An empty rerun takes 3 s.'
    """
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rows as a Markdown table, of long ones the first.

    >>> _table([{"side": "ours", "rows": 1200}])
    ['| side | rows |', '|---|---|', '| ours | 1,200 |', '']
    """
    if not rows:
        return []
    names = list(rows[0])
    told = [
        [f"{r[n]:,}" if isinstance(r[n], int | float) else str(r[n]).replace("|", "\\|") for n in names]
        for r in rows[:LONGEST]
    ]
    body = ["| " + " | ".join(cells) + " |" for cells in [names, *told]]
    more = [f"The first {LONGEST} of {len(rows)}.", ""] if len(rows) > LONGEST else []
    return [body[0], "|" + "---|" * len(names), *body[1:], "", *more]


if __name__ == "__main__":
    main()
