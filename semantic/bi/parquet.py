"""A folder of gold as Parquet, one file a table, from the published snapshot: for notebooks, Power BI and whatever reads files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gridlake.duck import sql_identifier, sql_literal
from gridlake.errors import UsageError, did_you_mean
from gridlake.snapshot import Snapshot, connect_snapshot


def write_folder(folder: Path, snapshot: Snapshot, tables: Sequence[str] = ()) -> dict[str, int]:
    """Writes `folder`/<table>.parquet, one after another; returns rows by table. A reader never sees half a file."""
    wanted = list(tables) or sorted(snapshot.tables)
    for name in wanted:
        if name not in snapshot.tables:
            raise UsageError(f"The snapshot has no table '{name}'.", did_you_mean(name, snapshot.tables, "See `gridlake status`."))  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    con = connect_snapshot(snapshot, lock=False)
    written = {}
    try:
        for name in wanted:
            temporary = folder / f".{name}.parquet"
            con.execute(f"copy (from gold.{sql_identifier(name)}) to {sql_literal(str(temporary))} (format parquet, compression zstd)")  # fmt: skip
            temporary.replace(folder / f"{name}.parquet")
            written[name] = int(snapshot.tables[name]["rows"])
    finally:
        con.close()
    return written
