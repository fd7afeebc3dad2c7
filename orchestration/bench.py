"""`gridlake bench`: how fast the product is, as ratios to a plain reference measured in the same call.

Belongs here: the benchmarks' registry, running each side in a process of its own so that peak memory is its own, and
printing. Absolute seconds are printed and never asserted.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import click

from gridlake.cli import command_options, print_json, print_table, say
from gridlake.errors import GridlakeError, NothingPublished, UsageError
from gridlake.settings import load_settings

BENCHMARKS: dict[str, str] = {
    "app": "apps.bench_app",
    "ask": "semantic.ask.check",
    "defects": "orchestration.bench_defects",
    "gates": "orchestration.bench_gates",
    "incremental": "orchestration.bench_incremental",
    "landing": "orchestration.bench_landing",
    "meters": "orchestration.bench_meters",
    "forecast": "orchestration.bench_forecast",
    "overhead": "orchestration.bench_overhead",
    "publish": "orchestration.bench_publish",
    "query": "apps.bench_query",
}
SIZED = {"incremental", "meters"}  # benchmarks that make up as many rows as they are told


@dataclass(frozen=True)
class Side:
    """What one side of a comparison took: seconds of work (imports apart), rows, peak memory and disk in MB."""

    name: str
    seconds: float
    rows: int
    peak_mb: float
    disk_mb: float = 0.0

    def shown(self) -> dict[str, Any]:
        per_second = self.rows / self.seconds if self.seconds else 0.0
        return {**asdict(self), "seconds": round(self.seconds, 2), "rows_per_second": round(per_second)}


def in_own_process(module: str, function: str, **arguments: Any) -> Side:
    """Run `module.function(**arguments)` in a fresh process. A `Side` without its peak memory gets that of the process.

    What its children took is theirs to tell.
    """
    code = (
        "import json, sys; from importlib import import_module; from dataclasses import asdict; from gridlake import memory; "
        "request = json.loads(sys.argv[1]); "
        "side = getattr(import_module(request['module']), request['function'])(**request['arguments']); "
        "peak = side.peak_mb or memory.peak_mb(); "
        "print(json.dumps({**asdict(side), 'peak_mb': round(peak, 1)}))"
    )
    request = json.dumps({"module": module, "function": function, "arguments": arguments})
    done = subprocess.run([sys.executable, "-c", code, request], capture_output=True, text=True, check=False)
    if done.returncode:
        raise GridlakeError(f"{function} failed: {done.stderr.strip()[-600:]}", "Run again with --debug.")
    return Side(**json.loads(done.stdout.splitlines()[-1]))


@click.command()
@click.argument("name", required=False, type=click.Choice(sorted(BENCHMARKS)))
@click.option("--archive", type=click.Path(), help="Directory of recorded files [default: $GRIDLAKE_ARCHIVE].")
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    help="How many readings `meters` and `incremental` make up [default: 1,000,000].",
)
@command_options
def bench(name: str | None, archive: str | None, rows: int | None, as_json: bool) -> int:
    """Measure: each figure beside a plain reference of the same call.

    \b
    Examples:
      gridlake bench landing --archive ../data
      gridlake bench landing --json
      gridlake bench meters --rows 10000000
      gridlake bench defects
    """
    if rows and name not in SIZED:
        raise UsageError(f"--rows sizes {', '.join(sorted(SIZED))} alone.", "Name that benchmark.")
    settings = load_settings(archive=archive, origin="archive" if archive else None)
    settings.refuse_store("Measuring")
    documents = {}
    for each in [name] if name else sorted(BENCHMARKS):
        say(f"measuring {each}")
        try:
            size = {"rows": rows} if each in SIZED else {}
            documents[each] = importlib.import_module(BENCHMARKS[each]).measure(settings, **size)
        except (UsageError, NothingPublished) as error:
            if name:
                raise
            documents[each] = {"skipped": error.message}
    if as_json:
        print_json(documents)
        return 0
    for each, document in documents.items():
        _show(each, document)
    return 0


def _show(name: str, document: Mapping[str, Any]) -> None:
    click.echo(f"{name}: {document.get('headline', document.get('skipped', ''))}")
    for table in ("sides", "rows"):
        if document.get(table):
            print_table(list(document[table]))
