"""Delta tables: creating them empty, appending a payload once, swapping whole partitions, what their logs hold.

Belongs here: everything that touches a Delta log. Rooms above speak of tables and payloads, never of commits.

Invariants: a table's data files are never changed after their commit; a payload's rows are appended in exactly one
commit, which carries the payload's hash as an application transaction; a partition swap replaces exactly the named
partitions in one commit.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridlake import store
from gridlake.errors import BuildFailed, GridlakeError
from gridlake.parquet_files import WrittenFile, add_action, put_files, written_files
from gridlake.store import Place, StorePath

if TYPE_CHECKING:  # readers of a snapshot need neither: they cost them a second
    import polars as pl
    import pyarrow as pa
    from deltalake import DeltaTable

    from gridlake.contracts import TableContract

COMMIT_RETRIES = 50  # six parallel appenders were seen to use up deltalake's default of 15
APPEND_ATTEMPTS = 20  # each lost attempt means that another writer's commit went through


def table_exists(path: Place) -> bool:
    if isinstance(path, StorePath):
        return newest_version(path) >= 0
    from deltalake import DeltaTable

    return path.is_dir() and DeltaTable.is_deltatable(str(path))  # of a plain file it raises


def newest_version(path: Place) -> int:
    """The version of the table at `path` by the names in its log, which costs a hundredth of opening it; -1 where there is none."""
    log = path / "_delta_log"
    if isinstance(log, StorePath):
        listed = [file.name for file in log.below()]
    else:
        listed = os.listdir(log) if log.is_dir() else []
    names = [name[:20] for name in listed if name.endswith((".json", ".parquet"))]
    return max((int(name) for name in names if name.isdigit()), default=-1)


def open_table(path: Place) -> DeltaTable:
    from deltalake import DeltaTable

    with store.reaching(path):
        return DeltaTable(str(path), storage_options=store.delta_options(path))


def ensure_table(path: Place, contract: TableContract) -> DeltaTable:
    """The table, created empty from its contract if it is not there yet."""
    from deltalake import DeltaTable

    if not table_exists(path):
        path.mkdir(parents=True, exist_ok=True)
        with store.reaching(path):
            DeltaTable.create(
                str(path), schema=contract.arrow_schema(), mode="ignore", partition_by=list(contract.partition_by),
                storage_options=store.delta_options(path),
            )  # fmt: skip
    return open_table(path)


class Overtaken(Exception):
    """Another writer has counted on meanwhile: what was numbered is to be numbered anew."""


@dataclass(frozen=True)
class Numbers:
    """What rows to be appended are numbered with: those of the counter `name` after `after`, up to `last`."""

    name: str
    after: int
    last: int


def append_payloads(
    path: Place,
    contract: TableContract,
    rows: pa.Table,
    payload_hashes: Sequence[str],
    scope: str = "",
    numbers: Numbers | None = None,
) -> int:
    """Append the rows of payloads that the table has not seen, in one commit; returns the table's version.

    `payload_hashes` name all payloads in `rows`; those already recorded are dropped from `rows` first. Check and write
    use one table handle, so that a racing writer makes the commit fail instead of doubling rows; a failed commit is
    tried again on the table as it then is. `scope` keeps apart writers of one table that may see the same bytes (the
    feed's name, in tables all feeds share). With `numbers` rows that are numbered are appended only where nobody has
    counted beyond them: raises `Overtaken` then, and `GridlakeError` when the attempts are used up, with nothing appended.
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
            counted = table.transaction_version(numbers.name) if numbers else None
            if numbers and counted is not None and counted > numbers.after:
                raise Overtaken(numbers.name)
            count = [Transaction(numbers.name, numbers.last)] if numbers else []
            unseen = rows
            if len(fresh) < len(payload_hashes):
                unseen = rows.filter(pc.is_in(rows["payload_sha256"], pa.array(fresh)))
            with store.reaching(path):
                write_deltalake(
                    table,
                    unseen,
                    mode="append",
                    commit_properties=CommitProperties(
                        custom_metadata={"payloads": str(len(fresh))},
                        app_transactions=[*(Transaction(scope + sha, 1) for sha in fresh), *count],
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


def stage_rows(path: Place, contract: TableContract, rows: pl.DataFrame) -> list[WrittenFile]:
    """Write rows as Parquet files beside a table's own, one a partition, without committing them.

    `rows` has the contract's columns, stamps as naive UTC. What is staged and never committed is no part of the table;
    vacuum takes it. Raises `KeyError` for missing or unknown columns and `ValueError` for a null where none may be.
    """
    import uuid

    if isinstance(path, StorePath):  # written here, footers read here, then put there
        with tempfile.TemporaryDirectory(prefix="gridlake-") as scratch:
            return put_files(Path(scratch), stage_rows(Path(scratch), contract, rows), path)
    token = uuid.uuid4().hex
    frame = contract.conform_frame(rows)
    keys = list(contract.partition_by)
    parts = _partitions(frame, keys)
    for values, part in parts.items():
        folder = path.joinpath(*(f"{key}={value}" for key, value in zip(keys, values, strict=True)))
        folder.mkdir(parents=True, exist_ok=True)
        part.write_parquet(folder / f"part-{token}.parquet", compression="zstd", compression_level=1)
    return [
        file
        for values in parts
        for file in written_files(path, token, folder=[f"{k}={v}" for k, v in zip(keys, values, strict=True)])
    ]


def _partitions(frame: pl.DataFrame, keys: list[str]) -> dict[tuple[Any, ...], pl.DataFrame]:
    """Rows by the values of `keys`, without those columns. A delivery mostly belongs to one partition: finding that out takes a
    tenth of dealing its rows out.
    """
    first = frame.head(1).select(keys).row(0) if keys and frame.height else ()
    if not keys or (frame.height and all(frame[k].eq_missing(v).all() for k, v in zip(keys, first, strict=True))):
        return {first: frame.drop(keys)}
    return frame.partition_by(keys, as_dict=True, include_key=False, maintain_order=True)


def append_files(
    path: Place, contract: TableContract, files: Sequence[WrittenFile], payload_hashes: Sequence[str], scope: str = ""
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
        with store.reaching(path):
            table.create_write_transaction(
                [add_action(path, f) for f in files], "append", schema, list(contract.partition_by),
                commit_properties=properties,
            )  # fmt: skip
    except CommitFailedError:
        return _version_holding(path, files) if isinstance(path, StorePath) else None
    return open_table(path).version()


def _version_holding(path: StorePath, files: Sequence[WrittenFile]) -> int | None:
    """The table's version if it holds `files`: a commit whose answer was lost is asked for again, finds its version taken and
    takes itself for another writer. Its files must not be thrown away then.
    """
    import pyarrow as pa

    table = open_table(path)
    held = set(pa.table(table.get_add_actions(flatten=True))["path"].to_pylist())
    ours = {str(file.path.relative_to(path)) for file in files if isinstance(file.path, StorePath)}
    return table.version() if ours and ours <= held else None


def read_rows(path: Place, columns: Sequence[str] = (), **equal: str) -> pl.DataFrame:
    """Rows of a small table, in no order: all `columns` (none named: all there are) of those rows in which each column named in `equal`
    holds that text. Timestamps are in UTC.
    """
    import polars as pl
    from deltalake import QueryBuilder

    shown = ", ".join(f'"{name}"' for name in columns) or "*"
    where = " and ".join(f"\"{name}\" = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in equal.items())
    with store.reaching(path):
        told = (
            QueryBuilder()
            .register("rows", open_table(path))
            .execute(f"select {shown} from rows where {where or 'true'}")
        )
        return pl.DataFrame(told.read_all())


def overwrite_table(path: Place, rows: pa.Table) -> int:
    """Replace a small unpartitioned table whole, in one commit; returns the version."""
    from deltalake import write_deltalake

    path.mkdir(parents=True, exist_ok=True)
    with store.reaching(path):
        write_deltalake(
            str(path), rows, mode="overwrite", schema_mode="overwrite" if table_exists(path) else None,
            storage_options=store.delta_options(path),
        )  # fmt: skip
    return open_table(path).version()


def replace_rows(path: Place, rows: pa.Table, where: str) -> int:
    """Replace the rows for which the SQL predicate `where` holds by `rows`, in one commit; returns the version.

    All of `rows` must meet `where` themselves: deltalake refuses others.
    """
    from deltalake import write_deltalake

    with store.reaching(path):
        if rows.num_rows:
            write_deltalake(
                str(path), rows, mode="overwrite", predicate=where, storage_options=store.delta_options(path)
            )
        else:
            open_table(path).delete(where)
    return open_table(path).version()


def forget_history(path: Place, keep_versions: Sequence[int] = ()) -> int:
    """Leave of a table its latest version alone (and the files of `keep_versions`): older files go, and older commits,
    whose statistics may quote values. Returns how many files went.

    For the run's lock only: whoever still reads an older version loses it. On disk alone.
    """
    assert isinstance(path, Path), "erasing is refused where the lake is in an object store"
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


def month_rows(path: Place) -> dict[str, int]:
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
    actions = [add_action(root, f) for f in files]
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


def table_files(path: Place, version: int | None = None) -> TableFiles:
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
