"""Delta tables: creating them empty, appending a payload once, swapping whole partitions, reading them with DuckDB.

Belongs here: everything that touches a Delta log. Rooms above speak of tables and payloads, never of commits.

Invariants: a table's data files are never changed after their commit; a payload's rows are appended in exactly one
commit, which carries the payload's hash as an application transaction; a partition swap replaces exactly the named
partitions in one commit.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridlake.errors import BuildFailed, GridlakeError

if TYPE_CHECKING:  # readers of a snapshot need neither: they cost them a second
    import duckdb
    import polars as pl
    import pyarrow as pa
    from deltalake import DeltaTable

    from gridlake.contracts import TableContract

COMMIT_RETRIES = 50  # six parallel appenders were seen to use up deltalake's default of 15
APPEND_ATTEMPTS = 20  # each lost attempt means that another writer's commit went through


def table_exists(path: Path) -> bool:
    from deltalake import DeltaTable

    return path.is_dir() and DeltaTable.is_deltatable(str(path))  # of a plain file it raises


def open_table(path: Path) -> DeltaTable:
    from deltalake import DeltaTable

    return DeltaTable(str(path))


def ensure_table(path: Path, contract: TableContract) -> DeltaTable:
    """The table, created empty from its contract if it is not there yet."""
    from deltalake import DeltaTable

    if not table_exists(path):
        path.mkdir(parents=True, exist_ok=True)
        DeltaTable.create(
            str(path), schema=contract.arrow_schema(), mode="ignore", partition_by=list(contract.partition_by)
        )
    return open_table(path)


def append_payloads(
    path: Path, contract: TableContract, rows: pa.Table, payload_hashes: Sequence[str], scope: str = ""
) -> int:
    """Append the rows of payloads that the table has not seen, in one commit; returns the table's version.

    `payload_hashes` name all payloads in `rows`; those already recorded are dropped from `rows` first. Check and write
    use one table handle, so that a racing writer makes the commit fail instead of doubling rows; a failed commit is
    tried again on the table as it then is. `scope` keeps apart writers of one table that may see the same bytes (the
    feed's name, in tables all feeds share). Raises `GridlakeError` when the attempts are used up, with nothing appended.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    from deltalake import CommitProperties, Transaction, write_deltalake
    from deltalake.exceptions import CommitFailedError

    lost_to: Exception | None = None
    for _ in range(APPEND_ATTEMPTS):
        try:
            table = ensure_table(path, contract)
            fresh = [sha for sha in payload_hashes if table.transaction_version(scope + sha) is None]
            if not fresh:
                return table.version()
            unseen = rows
            if len(fresh) < len(payload_hashes):
                unseen = rows.filter(pc.is_in(rows["payload_sha256"], pa.array(fresh)))
            write_deltalake(
                table,
                unseen,
                mode="append",
                commit_properties=CommitProperties(
                    custom_metadata={"payloads": str(len(fresh))},
                    app_transactions=[Transaction(scope + sha, 1) for sha in fresh],
                    max_commit_retries=COMMIT_RETRIES,
                ),
            )
        except CommitFailedError as error:  # another writer was first, perhaps with the same payload: look again
            lost_to = error
        else:
            return open_table(path).version()
    raise GridlakeError(
        f"{path.name}: {APPEND_ATTEMPTS} commits failed, the last with: {lost_to}.",
        "Nothing was appended. Wait for other writers of this home to end and run again.",
    ) from lost_to


def stage_rows(path: Path, contract: TableContract, rows: pl.DataFrame) -> list[WrittenFile]:
    """Write rows as Parquet files beside a table's own, one a partition, without committing them.

    `rows` has the contract's columns, stamps as naive UTC. What is staged and never committed is no part of the table;
    vacuum takes it. Raises `KeyError` for missing or unknown columns and `ValueError` for a null where none may be.
    """
    import uuid

    token = uuid.uuid4().hex
    frame = contract.conform_frame(rows)
    keys = list(contract.partition_by)
    parts = frame.partition_by(keys, as_dict=True, include_key=False, maintain_order=True) if keys else {(): frame}
    for values, part in parts.items():
        folder = path.joinpath(*(f"{key}={value}" for key, value in zip(keys, values, strict=True)))
        folder.mkdir(parents=True, exist_ok=True)
        part.write_parquet(folder / f"part-{token}.parquet", compression="zstd", compression_level=1)
    return [
        file
        for values in parts
        for file in written_files(path, token, folder=[f"{k}={v}" for k, v in zip(keys, values, strict=True)])
    ]


def append_files(
    path: Path, contract: TableContract, files: Sequence[WrittenFile], payload_hashes: Sequence[str], scope: str = ""
) -> int | None:
    """Commit staged files of payloads the table has not seen, in one commit; returns the version.

    None, with nothing committed, where the table knows one of the payloads already or learned of it meanwhile: the
    caller looks at the ledger again. Check and commit use one handle, as in `append_payloads`.
    """
    from deltalake import CommitProperties, Schema, Transaction
    from deltalake.exceptions import CommitFailedError

    table = ensure_table(path, contract)
    if any(table.transaction_version(scope + sha) is not None for sha in payload_hashes):
        return None
    properties = CommitProperties(
        custom_metadata={"payloads": str(len(payload_hashes))},
        app_transactions=[Transaction(scope + sha, 1) for sha in payload_hashes],
        max_commit_retries=COMMIT_RETRIES,
    )
    schema = Schema.from_arrow(contract.arrow_schema())
    try:
        table.create_write_transaction(
            [_add_action(path, f) for f in files], "append", schema, list(contract.partition_by),
            commit_properties=properties,
        )  # fmt: skip
    except CommitFailedError:
        return None
    return open_table(path).version()


def overwrite_table(path: Path, rows: pa.Table) -> int:
    """Replace a small unpartitioned table whole, in one commit; returns the version."""
    from deltalake import write_deltalake

    path.mkdir(parents=True, exist_ok=True)
    write_deltalake(str(path), rows, mode="overwrite", schema_mode="overwrite" if table_exists(path) else None)
    return open_table(path).version()


def replace_rows(path: Path, rows: pa.Table, where: str) -> int:
    """Replace the rows for which the SQL predicate `where` holds by `rows`, in one commit; returns the version.

    All of `rows` must meet `where` themselves: deltalake refuses others.
    """
    from deltalake import write_deltalake

    if rows.num_rows:
        write_deltalake(str(path), rows, mode="overwrite", predicate=where)
    else:
        open_table(path).delete(where)
    return open_table(path).version()


def forget_history(path: Path, keep_versions: Sequence[int] = ()) -> int:
    """Leave of a table its latest version alone (and the files of `keep_versions`): older files go, and older commits,
    whose statistics may quote values. Returns how many files went.

    For the run's lock only: whoever still reads an older version loses it.
    """
    table = open_table(path)
    table.alter.set_table_properties({"delta.logRetentionDuration": "interval 0 days"})
    table = open_table(path)
    gone = table.vacuum(
        retention_hours=0, dry_run=False, enforce_retention_duration=False, full=True,
        keep_versions=[v for v in keep_versions if v <= table.version()] or None,
    )  # fmt: skip
    table = open_table(path)
    table.create_checkpoint()
    table.cleanup_metadata()
    checkpoints = sorted((path / "_delta_log").glob("*.checkpoint.parquet"))
    if checkpoints:  # deltalake keeps what is younger than its own clock's grain
        latest = checkpoints[-1].name.split(".")[0]
        for log in (path / "_delta_log").glob("*.json"):
            if log.stem < latest and log.stem.isdigit():
                log.unlink()
        for old in checkpoints[:-1]:
            old.unlink()
    return len(gone)


def month_rows(path: Path) -> dict[str, int]:
    """Partitions (`YYYY-MM`) the table holds, with their rows, as its log tells."""
    import pyarrow as pa

    if not table_exists(path):
        return {}
    actions = pa.table(open_table(path).get_add_actions(flatten=True))
    if "partition.month" not in actions.column_names:
        return {}
    rows: dict[str, int] = {}
    for month, count in zip(actions["partition.month"].to_pylist(), actions["num_records"].to_pylist(), strict=True):
        rows[month] = rows.get(month, 0) + (count or 0)
    return rows


# --- tables built by dbt -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WrittenFile:
    """One Parquet file and what its footer says."""

    path: Path
    rows: int
    size: int
    partition: dict[str, str]
    null_counts: dict[str, int]
    minimum: dict[str, Any]
    maximum: dict[str, Any]


def written_files(root: Path, token: str, *, folder: Sequence[str] | None = None) -> list[WrittenFile]:
    """The Parquet files under `root` (only in its `folder`, where given) whose name holds `token`, with the statistics
    of their footers.

    Bounds are kept for timestamps, dates and integers only: rounding and truncation make others unsafe for skipping.
    """
    import pyarrow.parquet as pq

    found = []
    names = f"*{token}*.parquet"
    for path in sorted(root.rglob(names) if folder is None else root.joinpath(*folder).glob(names)):
        footer = pq.read_metadata(path)
        nulls: dict[str, int] = {}
        low: dict[str, Any] = {}
        high: dict[str, Any] = {}
        for group in range(footer.num_row_groups):
            for index in range(footer.num_columns):
                column = footer.row_group(group).column(index)
                stats, name = column.statistics, column.path_in_schema
                if stats is None:
                    continue
                nulls[name] = nulls.get(name, 0) + (stats.null_count or 0)
                if stats.has_min_max and isinstance(stats.min, date | int) and not isinstance(stats.min, bool):
                    low[name] = min(low.get(name, stats.min), stats.min)
                    high[name] = max(high.get(name, stats.max), stats.max)
        if footer.num_rows:
            keys = dict(part.split("=", 1) for part in path.relative_to(root).parts[:-1])
            found.append(WrittenFile(path, footer.num_rows, path.stat().st_size, keys, nulls, low, high))
    return found


def _json_bound(value: Any) -> Any:
    if isinstance(value, datetime):
        text = value.replace(tzinfo=None).isoformat(timespec="microseconds")
        return f"{text}Z" if value.tzinfo else text
    return value.isoformat() if isinstance(value, date) else value


def _add_action(root: Path, file: WrittenFile) -> Any:
    from deltalake.transaction import AddAction

    stats = {
        "numRecords": file.rows,
        "minValues": {n: _json_bound(v) for n, v in file.minimum.items()},
        "maxValues": {n: _json_bound(v) for n, v in file.maximum.items()},
        "nullCount": file.null_counts,
    }
    return AddAction(
        str(file.path.relative_to(root)), file.size, dict(file.partition), int(time.time() * 1000), True, json.dumps(stats)
    )  # fmt: skip


def commit_files(
    root: Path,
    files: Sequence[WrittenFile],
    schema: pa.Schema,
    *,
    partitions: Sequence[str] | None,
    required: Iterable[str] = (),
    whole: bool = False,
    run_id: str = "",
) -> int:
    """Commit Parquet files that are already written under `root`; returns the table's version.

    `schema` is that of the files, without the partition column. With `partitions` (months) exactly those partitions
    are replaced — also by nothing, where no file belongs to one; `whole` replaces the table. A null in a `required`
    column raises `BuildFailed` before anything is committed.
    """
    import pyarrow as pa
    from deltalake import CommitProperties, DeltaTable, Schema
    from deltalake.transaction import create_table_with_add_actions

    for name in required:
        nulls = sum(f.null_counts.get(name, 0) for f in files)
        if nulls:
            raise BuildFailed(
                f"{root.name}: {nulls} null values in column {name}, which its contract calls not null.",
                "Mend the model; nothing was committed.",
            )
    partition_by = ["month"] if partitions is not None else []
    table_schema = schema.append(pa.field("month", pa.string())) if partition_by else schema
    actions = [_add_action(root, f) for f in files]
    properties = CommitProperties(custom_metadata={"run": run_id}, max_commit_retries=COMMIT_RETRIES)
    delta_schema = Schema.from_arrow(table_schema)
    if not DeltaTable.is_deltatable(str(root)):
        create_table_with_add_actions(
            str(root), delta_schema, actions, partition_by=partition_by, commit_properties=properties
        )
        return 0
    table = open_table(root)
    if whole or partitions is None:
        table.create_write_transaction(actions, "overwrite", delta_schema, partition_by, commit_properties=properties)
    else:
        table.create_write_transaction(
            actions,
            "overwrite",
            delta_schema,
            partition_by,
            partition_filters=[("month", "in", list(partitions))],
            commit_properties=properties,
        )
    return open_table(root).version()  # the handle does not see its own transaction


@dataclass(frozen=True)
class TableFiles:
    """One version of a Delta table as its data files: what a snapshot pins."""

    version: int
    files: list[dict[str, Any]]  # path (relative to the table), bytes, rows
    schema: list[dict[str, str]]  # name, arrow type

    @property
    def rows(self) -> int:
        return sum(f["rows"] for f in self.files)


def table_files(path: Path, version: int | None = None) -> TableFiles:
    """The data files of a table at `version` (default: the latest), sorted by path."""
    import pyarrow as pa

    table = open_table(path)
    if version is not None:
        table.load_as_version(version)
    actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    files = [{"path": a["path"], "bytes": a["size_bytes"], "rows": a["num_records"]} for a in actions]
    fields = pa.schema(table.schema().to_arrow())
    return TableFiles(
        version=table.version(),
        files=sorted(files, key=lambda f: str(f["path"])),
        schema=[{"name": f.name, "type": str(f.type)} for f in fields],
    )


# --- reading ------------------------------------------------------------------------------------------------------


def connect(database: str = ":memory:", *, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection in UTC with the Delta extension loaded from its wheel (no network)."""
    import duckdb
    import duckdb_extensions

    con = duckdb.connect(database)
    duckdb_extensions.import_extension("delta", con=con)
    con.execute("load delta")
    con.execute("set TimeZone = 'UTC'")
    con.execute("set enable_progress_bar = false")
    if threads:
        con.execute(f"set threads = {int(threads)}")
    return con


def sql_literal(value: str | os.PathLike[str]) -> str:
    """A SQL string literal; quotes doubled."""
    return "'" + str(value).replace("'", "''") + "'"


def sql_identifier(name: str) -> str:
    """A quoted SQL identifier. Raises `GridlakeError` for a name with a NUL byte."""
    if "\x00" in name:
        raise GridlakeError("A name holds a NUL byte.", "Rename it.")
    return '"' + name.replace('"', '""') + '"'


def create_layer_views(con: duckdb.DuckDBPyConnection, layer_path: Path, schema: str) -> list[str]:
    """One view per Delta table under `layer_path`, in `schema`; returns the table names."""
    con.execute(f"create schema if not exists {sql_identifier(schema)}")
    names = []
    for path in sorted(layer_path.iterdir()) if layer_path.exists() else []:
        if (path / "_delta_log").is_dir() and table_exists(path):
            con.execute(
                f"create or replace view {sql_identifier(schema)}.{sql_identifier(path.name)} as "
                f"select * from delta_scan({sql_literal(path)})"
            )
            names.append(path.name)
    return names
