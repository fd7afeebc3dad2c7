"""Published snapshots: how gold becomes visible, and how every reader sees it.

A snapshot is a manifest that pins, for each gold table, its Delta version with data files and their hashes; nothing is
copied, save to an object store: there the files that are not there yet are put beside the manifests, so that readers need
nothing else. `current.json` names the one readers follow and moves by one atomic rename (one PUT), so a reader sees the old snapshot
or the new one, never a mixture, and nobody waits for a writer's lock.

Belongs here: writing and reading manifests, the read-only connection. When to publish is orchestration's business.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridlake.duck import sql_identifier, sql_literal
from gridlake.errors import GridlakeError, NothingPublished
from gridlake.lake import table_exists, table_files
from gridlake.settings import Settings
from gridlake.store import Place, StorePath, children, prepare, sha256
from gridlake.times import utc_now

if TYPE_CHECKING:
    import duckdb

KEEP_SNAPSHOTS = 10
KEEP_FOR = timedelta(days=1)
PUTS_AT_ONCE = 8

# Arrow type names of a manifest as DuckDB types, for tables that have no rows yet.
_DUCKDB_TYPES = {
    "string": "varchar", "large_string": "varchar", "string_view": "varchar", "double": "double", "float": "float", "int64": "bigint",
    "int32": "integer", "int16": "smallint", "bool": "boolean", "date32[day]": "date", "timestamp[us]": "timestamp",
    "timestamp[us, tz=UTC]": "timestamptz", "decimal128(38, 3)": "decimal(38,3)",
}  # fmt: skip


def _duckdb_type(arrow: str) -> str:
    """DuckDB's name of a manifest's type.

    >>> _duckdb_type("int64"), _duckdb_type("decimal128(38, 3)")
    ('bigint', 'decimal(38, 3)')
    """
    if arrow.startswith("decimal"):
        return "decimal" + arrow[arrow.index("(") :]
    return _DUCKDB_TYPES.get(arrow, "varchar")


@dataclass(frozen=True)
class Snapshot:
    """A manifest read back. `tables` maps a gold table to `{version, rows, schema, files[{path, bytes, rows, sha256, mtime_ns}]}`;
    `mtime_ns` is that of the file when its hash was taken, `e_tag` (in an object store) what the store calls its content. `root`
    is where the files lie.
    """

    snapshot_id: str
    published_at_utc: str
    origin: str
    as_of_utc: dict[str, str]
    run_id: str
    tables: dict[str, Any]
    root: Place

    def file_paths(self, table: str) -> list[str]:
        """Absolute paths or addresses of a table's data files. Raises `GridlakeError` for a table the snapshot does not hold."""
        if table not in self.tables:
            raise GridlakeError(f"The snapshot has no table '{table}'.", f"It holds {', '.join(sorted(self.tables))}.")
        return [str(self.root / table / f["path"]) for f in self.tables[table]["files"]]


_sha256 = sha256


def _write_atomically(path: Place, text: str) -> None:
    if isinstance(path, StorePath):
        path.write_bytes(text.encode())
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    os.replace(temporary, path)


def _manifest_path(settings: Settings, snapshot_id: str) -> Place:
    return settings.published / "snapshots" / f"{snapshot_id}.json"


def publish(
    settings: Settings, tables: Sequence[str], *, run_id: str, as_of_utc: Mapping[str, str],
    pinned: Mapping[str, int] | None = None,
) -> Snapshot:  # fmt: skip
    """Pin the latest version of the gold `tables` (of some, the version `pinned` names) and move the pointer. Returns the
    snapshot readers now see.

    The id is a hash of the tables' contents: publishing the same files again keeps the id. File hashes are taken over
    from the previous manifest, since a data file never changes after its commit.
    """
    previous = intact_snapshot(settings)
    known = {(name, f["path"]): f for name, t in (previous.tables if previous else {}).items() for f in t["files"]}
    content_of: dict[str, Any] = {}
    for name in sorted(tables):
        root = settings.gold / name
        content = table_files(root, (pinned or {}).get(name))
        for file in content.files:
            earlier = known.get((name, file["path"]))
            if earlier and "mtime_ns" in earlier:
                file |= {key: earlier[key] for key in ("sha256", "mtime_ns", "e_tag") if key in earlier}
            else:
                path = root / file["path"]
                file |= {"mtime_ns": path.stat().st_mtime_ns, "sha256": _sha256(path)}
        content_of[name] = {
            "version": content.version, "rows": content.rows, "schema": content.schema, "files": content.files,
        }  # fmt: skip
    if isinstance(settings.published_gold, StorePath):
        _put_beside(settings.gold, settings.published_gold, content_of)
    identity = json.dumps({n: [f["sha256"] for f in t["files"]] for n, t in content_of.items()}, sort_keys=True)
    snapshot_id = hashlib.sha256(identity.encode()).hexdigest()[:16]
    body = {
        "snapshot_id": snapshot_id,
        "published_at_utc": utc_now().isoformat(),
        "origin": settings.origin,
        "as_of_utc": dict(as_of_utc),
        "run_id": run_id,
        "tables": content_of,
    }
    body["manifest_sha256"] = _body_sha256(body)
    _write_atomically(_manifest_path(settings, snapshot_id), json.dumps(body, indent=1, sort_keys=True))
    _write_atomically(settings.published / "current.json", json.dumps({"snapshot_id": snapshot_id}))
    return current_snapshot(settings)


def _put_beside(gold: Path, store: StorePath, content_of: Mapping[str, Any]) -> None:
    """Put what the store does not have yet, or not as it was put, and note in each file's record what the store calls it."""
    from concurrent.futures import ThreadPoolExecutor

    there = {o.name: o for o in store.below()}
    files = [(f"{name}/{f['path']}", f) for name, t in content_of.items() for f in t["files"]]
    due = [
        name
        for name, f in files
        if name not in there
        or there[name].bytes != f["bytes"]
        or f.get("e_tag", there[name].e_tag) != there[name].e_tag
    ]
    with ThreadPoolExecutor(PUTS_AT_ONCE) as pool:
        there |= zip(due, pool.map(lambda name: (store / name).upload(gold / name), due), strict=True)
    for name, file in files:
        file["e_tag"] = there[name].e_tag


def _body_sha256(body: Mapping[str, Any]) -> str:
    """Hash of a manifest's own text, so that a flipped bit in it is not taken for a count or an instant."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


class SnapshotDamaged(GridlakeError):
    """What is published is not what was written. Readers get no answer rather than a wrong one."""

    @classmethod
    def at(cls, what: str) -> SnapshotDamaged:
        return cls(
            f"{what} is damaged.",
            "Put it back from a backup, or publish again with `gridlake quarantine replay`; `gridlake verify` names all damage.",
        )


def intact_snapshot(settings: Settings) -> Snapshot | None:
    """The snapshot readers follow; None before the first, and where it is damaged: building and publishing go on then."""
    try:
        found: Snapshot | None = current_snapshot(settings, missing_ok=True)
    except SnapshotDamaged:
        return None
    return found


def current_snapshot(settings: Settings, *, missing_ok: bool = False) -> Any:
    """The snapshot readers follow. Raises `NothingPublished` (or returns None if `missing_ok`) before the first one."""
    pointer = settings.published / "current.json"
    if not pointer.is_file():
        if missing_ok:
            return None
        raise NothingPublished(f"Nothing is published in {settings.outside} yet.", "Run `gridlake run` first.")
    try:
        snapshot_id = json.loads(pointer.read_bytes())["snapshot_id"]
        known = _manifest_path(settings, snapshot_id).is_file()
    except (ValueError, LookupError, TypeError) as error:
        raise SnapshotDamaged.at(str(pointer)) from error
    if not known:
        raise SnapshotDamaged.at(f"{pointer}, which names a snapshot that is not there,")
    return read_snapshot(settings, snapshot_id)


def read_snapshot(settings: Settings, snapshot_id: str) -> Snapshot:
    """A kept snapshot. Raises `GridlakeError` where there is none of that id, `SnapshotDamaged` where its manifest is not as written."""
    path = _manifest_path(settings, snapshot_id)
    if not path.is_file():
        raise GridlakeError(f"There is no snapshot {snapshot_id}.", "List published/snapshots for those kept.")
    try:
        body = json.loads(path.read_bytes())
        written = body.pop("manifest_sha256", None)  # manifests of earlier releases have none
        snapshot = Snapshot(**body, root=settings.published_gold)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise SnapshotDamaged.at(str(path)) from error
    if (written is not None and written != _body_sha256(body)) or snapshot.snapshot_id != snapshot_id:
        raise SnapshotDamaged.at(str(path))
    return snapshot


def kept_snapshots(settings: Settings) -> list[Snapshot]:
    """All manifests on disk that read as they were written, newest first; `damaged_manifests` names the others."""
    found = []
    for path in _manifests(settings):
        with suppress(SnapshotDamaged):
            found.append(read_snapshot(settings, path.stem))
    return sorted(found, key=lambda s: s.published_at_utc, reverse=True)


def damaged_manifests(settings: Settings) -> list[str]:
    """Problems of kept manifests, for `gridlake verify`."""
    problems = []
    for path in _manifests(settings):
        try:
            read_snapshot(settings, path.stem)
        except SnapshotDamaged as error:
            problems.append(error.message)
    return problems


def _manifests(settings: Settings) -> list[Place]:
    found = children(settings.published / "snapshots")
    return [path for path in found if path.name.endswith(".json") and not path.name.startswith(".")]


def sweep(settings: Settings) -> int:
    """Drop manifests beyond the ten newest and older than a day, and gold files no kept manifest names; returns files removed.

    Only files that are also absent from their table's latest version go, and only when a day old: a build may be
    writing beside us.
    """
    kept, now = [], utc_now()
    pointer = current_snapshot(settings, missing_ok=True)
    for rank, snapshot in enumerate(kept_snapshots(settings)):
        young = now - datetime.fromisoformat(snapshot.published_at_utc) < KEEP_FOR
        if rank < KEEP_SNAPSHOTS or young or (pointer and snapshot.snapshot_id == pointer.snapshot_id):
            kept.append(snapshot)
        else:
            _manifest_path(settings, snapshot.snapshot_id).unlink(missing_ok=True)
    removed = 0
    for root in sorted(settings.gold.iterdir()) if settings.gold.exists() else []:
        named = {f["path"] for s in kept if root.name in s.tables for f in s.tables[root.name]["files"]}
        if not table_exists(root):  # a first build that was killed before its commit, or no table at all
            continue
        named |= {f["path"] for f in table_files(root).files}
        for file in root.rglob("*.parquet"):
            relative = str(file.relative_to(root))
            old = now.timestamp() - file.stat().st_mtime > KEEP_FOR.total_seconds()
            if relative not in named and old and "_delta_log" not in file.parts:
                file.unlink(missing_ok=True)
                removed += 1
    if isinstance(settings.published_gold, StorePath):
        removed += _sweep_store(settings.published_gold, kept, now)
    return removed


def _sweep_store(store: StorePath, kept: Sequence[Snapshot], now: datetime) -> int:
    """Remove what no kept manifest names from beside the manifests; young ones stay, as on disk."""
    named = {f"{name}/{f['path']}" for s in kept for name, t in s.tables.items() for f in t["files"]}
    dead = [
        o.name
        for o in store.below()
        if o.name not in named and o.written_at and now - o.written_at.replace(tzinfo=None) > KEEP_FOR
    ]
    for name in dead:
        (store / name).unlink()
    return len(dead)


def verify_snapshot(snapshot: Snapshot) -> list[str]:
    """Problems found by hashing every file the snapshot names; empty when all is as published."""
    problems = []
    for name, table in snapshot.tables.items():
        for file in table["files"]:
            path = snapshot.root / name / file["path"]
            if not path.is_file():
                problems.append(f"gold.{name}: {file['path']} is missing")
            elif _sha256(path) != file["sha256"]:
                problems.append(f"gold.{name}: {file['path']} differs from what was published")
    return problems


def _refuse_changed_files(snapshot: Snapshot, seen: set[tuple[str, int, Any, str]]) -> None:
    """Raise `SnapshotDamaged` for a file that is missing, of another size, or, where it was written since it was hashed, of
    another hash. A hash taken here is remembered in `seen` for this process.

    A bit that rots without touching size and time is found by `verify_snapshot` alone: hashing everything at each opening
    would cost a second a gigabyte.
    """
    root = snapshot.root
    if isinstance(root, StorePath):
        _refuse_changed_objects(snapshot, root, seen)
        return
    for name, table in snapshot.tables.items():
        for file in table["files"]:
            path = root / name / file["path"]
            try:
                stat = path.stat()
            except OSError as error:
                raise SnapshotDamaged.at(f"gold.{name}: {path} cannot be read; the snapshot") from error
            if stat.st_size != file["bytes"]:
                raise SnapshotDamaged.at(f"gold.{name}: {path}")
            told = (str(path), stat.st_size, stat.st_mtime_ns, file["sha256"])
            if stat.st_mtime_ns != file.get("mtime_ns") and told not in seen:
                if _sha256(path) != file["sha256"]:
                    raise SnapshotDamaged.at(f"gold.{name}: {path}")
                seen.add(told)


def _refuse_changed_objects(snapshot: Snapshot, root: StorePath, seen: set[tuple[str, int, Any, str]]) -> None:
    """The same in an object store, by one listing: an object that was written again has another `e_tag`."""
    there = {o.name: o for o in root.below()}
    for name, table in snapshot.tables.items():
        for file in table["files"]:
            place, found = root / name / file["path"], there.get(f"{name}/{file['path']}")
            if found is None or found.bytes != file["bytes"]:
                raise SnapshotDamaged.at(f"gold.{name}: {place}")
            told = (str(place), found.bytes, found.e_tag, file["sha256"])
            if found.e_tag != file.get("e_tag") and told not in seen:
                if _sha256(place) != file["sha256"]:
                    raise SnapshotDamaged.at(f"gold.{name}: {place}")
                seen.add(told)


_MONTH = re.compile(r"/month=(\d{4}-\d{2})/[^/]+$")
_SEEN: set[tuple[str, int, Any, str]] = set()  # files this process has hashed: path, size, time or e_tag, hash


def table_sql(snapshot: Snapshot, name: str, months: Sequence[tuple[str, str]] | None = None) -> str:
    """A query for a table's rows: all, or of a table partitioned by month those of `months`, spans such as ("2024-11",
    "2025-01") with both ends. Each file that is not opened saves half a millisecond.
    """
    paths = snapshot.file_paths(name)
    if months is not None:
        paths = [p for p in paths if not (of := _MONTH.search(p)) or any(a <= of[1] <= b for a, b in months)]
    columns = [c for c in snapshot.tables[name]["schema"] if c["name"] != "month"]
    if paths:
        listing = ", ".join(sql_literal(p) for p in paths)
        names = ", ".join(sql_identifier(c["name"]) for c in columns)
        return f"select {names} from read_parquet([{listing}], hive_partitioning = false)"
    typed = ", ".join(f"null::{_duckdb_type(c['type'])} as {sql_identifier(c['name'])}" for c in columns)
    return f"select {typed} where false"


def connect_snapshot(snapshot: Snapshot, *, lock: bool = True) -> duckdb.DuckDBPyConnection:
    """A read-only DuckDB connection (UTC) with schema `gold` over the snapshot's files and nothing else.

    With `lock`, no file outside the snapshot, no extension and no setting can be reached from SQL. DuckDB knows no
    files that may be read and not written (`COPY … TO` one of them with `use_tmp_file false` overwrites it): let no
    statement of a stranger through that is not one SELECT. A connection serves one thread; take a `.cursor()` per thread.
    Raises `SnapshotDamaged` for a file that is not as published (`_refuse_changed_files` says what is looked at).
    """
    import duckdb

    _refuse_changed_files(snapshot, _SEEN)
    con = duckdb.connect(":memory:")
    prepare(con, snapshot.root)
    con.execute("set TimeZone = 'UTC'")
    con.execute("set enable_progress_bar = false")
    con.execute("set parquet_metadata_cache = true")  # the files of a snapshot never change
    con.execute("create schema gold")
    for name in snapshot.tables:
        con.execute(f"create view gold.{sql_identifier(name)} as {table_sql(snapshot, name)}")
    con.execute("set schema = 'gold'")
    if lock:
        # Exactly the files: an allowed directory may also be written, by COPY, EXPORT and ATTACH.
        readable = ", ".join(sql_literal(f) for name in snapshot.tables for f in snapshot.file_paths(name))
        con.execute(f"set allowed_paths = [{readable}]")
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
    return con
