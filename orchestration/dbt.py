"""Running dbt in this process: one parse per code state, short invocations, the warehouse closed after each.

dbt as a subprocess costs five seconds each time; in process with a loaded manifest a tenth of one. An in-process
`dbtRunner` leaves its DuckDB connection open, which would lock every other process out: it is closed here.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridlake.errors import BuildFailed, GridlakeError
from gridlake.settings import PROJECT_ROOT, Settings

TARGET = Path(os.environ.get("DBT_TARGET_PATH") or PROJECT_ROOT / "target")
# Its file log at debug level costs a sixth of an invocation; what fails is in the results.
NO_LOG_FILE = ("--log-level-file", "none")


@dataclass(frozen=True)
class NodeResult:
    """One model, seed or test that dbt ran."""

    unique_id: str
    name: str
    kind: str
    status: str
    seconds: float
    message: str


def project_files() -> list[Path]:
    """Every file that decides what dbt builds."""
    files = [
        p for p in (PROJECT_ROOT / "dbt_project").rglob("*") if p.is_file() and p.suffix in {".sql", ".yml", ".csv"}
    ]
    return sorted([*files, PROJECT_ROOT / "dbt_project.yml", PROJECT_ROOT / "profiles.yml"])


def project_hash() -> str:
    digest = hashlib.sha256()
    for path in project_files():
        digest.update(str(path.relative_to(PROJECT_ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def duckdb_megabytes(machine_bytes: int) -> int:
    """What DuckDB may take while building: a sixth of the machine, from 1,500 MB, with which everything builds by spilling to disk, to
    4,000 MB (the largest load model spills with less: 107 s with 1,500 MB, 87 with 3,000, 60 with 6,000 on one busy machine).

    >>> duckdb_megabytes(8 * 10**9), duckdb_megabytes(16 * 10**9), duckdb_megabytes(64 * 10**9)
    (1500, 2666, 4000)
    """
    return min(max(machine_bytes // 6_000_000, 1500), 4000)


def _machine_bytes() -> int:
    """The machine's memory; 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0


@contextmanager
def _environment(settings: Settings | None) -> Iterator[None]:
    """The environment dbt's Jinja reads, for the time of one invocation."""
    values = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "False", "DO_NOT_TRACK": "1", "DBT_INDIRECT_SELECTION": "eager"}
    if settings:
        values |= {
            "GRIDLAKE_HOME": str(settings.home),
            "GRIDLAKE_STORE": settings.store or "",
            "GRIDLAKE_WAREHOUSE": str(settings.warehouse),
            "GRIDLAKE_PLAN": str(settings.home / "plan.json"),
            "GRIDLAKE_TARGET": settings.target,
            "GRIDLAKE_DUCKDB_MEMORY": os.environ.get("GRIDLAKE_DUCKDB_MEMORY")
            or f"{duckdb_megabytes(_machine_bytes())}MB",
        }
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _base_arguments() -> list[str]:
    root = str(PROJECT_ROOT)
    return [
        "--project-dir",
        root,
        "--profiles-dir",
        root,
        "--target-path",
        str(TARGET),
        "--quiet",
        "--no-use-colors",
        *NO_LOG_FILE,
    ]


def ensure_manifest() -> Path:
    """`target/manifest.json` for the project as it stands; parsed anew only when a file changed. Needs no environment."""
    path, stamp = TARGET / "manifest.json", TARGET / "gridlake_project_hash"
    wanted = project_hash()
    if not path.exists() or not stamp.exists() or stamp.read_text() != wanted:
        from dbt.cli.main import dbtRunner

        with _environment(None):
            result = dbtRunner().invoke(["parse", *_base_arguments()])
        if not result.success:
            raise GridlakeError(f"The dbt project does not parse: {result.exception}", "Run `dbt parse` to see where.")
        stamp.write_text(wanted)
    return path


@functools.lru_cache(maxsize=2)
def _manifest(wanted: str) -> Any:
    from dbt.cli.main import dbtRunner

    with _environment(None):
        return dbtRunner().invoke(["parse", *_base_arguments(), "--no-write-json"]).result


@functools.lru_cache(maxsize=2)
def _read_manifest(path: Path, modified_ns: int) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def manifest_document() -> dict[str, Any]:
    """dbt's manifest of the project as it stands."""
    path = ensure_manifest()
    return _read_manifest(path, path.stat().st_mtime_ns)


def manifest_nodes() -> dict[str, dict[str, Any]]:
    """Models and seeds of the project by unique id, as dbt's manifest tells them."""
    return {k: v for k, v in manifest_document()["nodes"].items() if v["resource_type"] in ("model", "seed")}


def run_dbt(
    settings: Settings, command: str, select: Sequence[str], *, exclude: Sequence[str] = (), full_refresh: bool = False
) -> list[NodeResult]:
    """Run `dbt <command>` (`build`, `run`, `seed`, `test`) over a selection. The warehouse file is closed afterwards.

    Raises `BuildFailed` naming every model or test that failed, `GridlakeError` when the warehouse is held open by
    another process.
    """
    from dbt.cli.main import dbtRunner

    # Without its JSON files: the manifest is known, what was run is in the result. And without a list of all relations at
    # the start: a Delta table's view is replaced whatever was there.
    arguments = [command, *_base_arguments(), "--no-write-json", "--no-populate-cache", "--select", *select]
    if exclude:
        arguments += ["--exclude", *exclude]
    if command == "build":
        arguments += ["--exclude-resource-type", "unit_test"]
    if full_refresh:
        arguments.append("--full-refresh")
    settings.home.mkdir(parents=True, exist_ok=True)
    manifest = _manifest(project_hash())
    with _environment(settings):
        try:
            result = dbtRunner(manifest=manifest).invoke(arguments)
        finally:
            _close_connections()
    executed: Any = result.result
    if executed is None:
        raise _explained(result.exception, settings)
    nodes = [
        NodeResult(
            unique_id=r.node.unique_id,
            name=r.node.name,
            kind=str(r.node.resource_type),
            status=str(r.status),
            seconds=r.execution_time,
            message=r.message or "",
        )
        for r in executed.results
    ]
    failed = [n for n in nodes if n.status in ("error", "fail", "runtime error")]
    if failed:
        if any("Could not set lock" in n.message for n in failed):
            raise _explained(Exception(failed[0].message), settings)
        detail = "; ".join(f"{n.kind} {n.name}: {' '.join(n.message.split())[:400]}" for n in failed[:5])
        raise BuildFailed(
            f"{len(failed)} of {len(nodes)} dbt nodes failed: {detail}.",
            "Nothing was published; readers still see the last good snapshot. Mend the model or the data it read and run again.",
        )
    return nodes


def _close_connections() -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()


def _explained(error: BaseException | None, settings: Settings) -> GridlakeError:
    text = " ".join(str(error).split())
    if "Could not set lock" in text or "Conflicting lock" in text:
        return GridlakeError(
            f"The warehouse {settings.warehouse} is held open by another process.",
            "Close it there (BI tools should read the published snapshot) and run again; readers are unaffected.",
        )
    return BuildFailed(f"dbt did not run: {text[:800]}", "Run again with --debug.")
