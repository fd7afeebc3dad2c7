"""The DuckDB side of dbt's `lake` materialisation: loads Delta from its wheel, lends plan and commit as SQL functions.

Belongs here: glue between dbt-duckdb and `gridlake.lake`. The materialisation itself stands in
`dbt_project/macros/lake.sql`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from gridlake import store
from gridlake.build_plan import CHUNK_ROWS, UNPLACED, plan_build, read_plan, whole_month
from gridlake.delta_extension import load_delta
from gridlake.lake import commit_files, open_table, table_exists, written_files

# What tests may take as given: months that a build of this process did not write stand as they were tested.
_swapped: dict[tuple[str, str], list[str]] = {}


def lake_plan(location: str, request: str) -> str:
    """What to build of a table in this run, as JSON: `months`, contiguous `ranges`, `whole`, and `folders`: where a range is one
    month, the partition it is, null where it is several; and `unplaced`, the partition of rows without a time, null where the model
    has none. SQL function `lake_plan`.

    `request` is JSON: partitioned, reach_back, reach_forward (months), reach_days, by_day, full_refresh, range_rows (null: as most
    models), unplaced.
    """
    body = json.loads(request)
    root = Path(location)
    root.mkdir(parents=True, exist_ok=True)  # COPY makes no parents
    made = plan_build(
        read_plan(os.environ.get("GRIDLAKE_PLAN")),
        exists=table_exists(root),
        partitioned=body["partitioned"],
        reach_back=body["reach_back"],
        reach_forward=body["reach_forward"],
        reach_days=body.get("reach_days") or 0,
        by_day=body.get("by_day") or False,
        full_refresh=body["full_refresh"],
        range_rows=body.get("range_rows") or CHUNK_ROWS,
    )
    months = [whole_month(first, after) for first, after in made["ranges"]]
    folders = [f"month={month}" if month else None for month in months]
    unplaced = f"month={UNPLACED}" if body.get("unplaced") else None
    if unplaced:
        made["months"] = [*made["months"], UNPLACED]
    for folder in filter(None, [*folders, unplaced]):
        (root / folder).mkdir(exist_ok=True)
    return json.dumps({**made, "folders": folders, "unplaced": unplaced})


def lake_commit(location: str, request: str) -> int:
    """Commit the files DuckDB has just written under `location`; returns the table's version. SQL function `lake_commit`.

    `request` is JSON: token (in the files' names), months (swapped partitions, null for the whole table), required
    (column names that may hold no null), columns (name and DuckDB type, where no file was written).
    """
    import pyarrow.parquet as pq

    body = json.loads(request)
    root = Path(location)
    files = written_files(root, body["token"])
    told = _written(root, body["token"])  # also a file without rows tells its columns
    schema = pq.read_schema(told[0]) if told else empty_schema(body["columns"])
    committed = {str(file.path) for file in files}
    for path in (path for path in told if str(path) not in committed):
        path.unlink()  # it has told its columns, and no commit names a file without rows
    version = commit_files(
        root,
        files,
        schema,
        partitions=body["months"],
        required=body["required"],
        whole=body["whole"],
        run_id=body["token"],
    )
    if not body["whole"] and body["months"] and UNPLACED not in body["months"]:
        _swapped[location, body["token"]] = body["months"]
    return version


def lake_swapped(location: str, token: str) -> str:
    """The months of the table at `location` that the build called `token` swapped in this process, as a JSON list; null where it
    wrote the whole table, or is not known here. SQL function `lake_swapped`.
    """
    return json.dumps(_swapped.get((location, token)))


def lake_written(location: str, token: str) -> bool:
    """Whether a file with `token` in its name lies under `location`. SQL function `lake_written`."""
    return bool(_written(Path(location), token))


def _written(root: Path, token: str) -> list[Path]:
    return sorted(root.rglob(f"*{token}*.parquet"))


def lake_version(location: str) -> int:
    """The latest version of the table at `location`. SQL function `lake_version`."""
    return open_table(Path(location)).version()


def empty_schema(columns: list[list[str]]) -> Any:
    """Arrow schema from column names and DuckDB types, for a table that has no file to read it from."""
    import duckdb
    import pyarrow as pa

    con = duckdb.connect(":memory:")
    try:
        typed = ", ".join(f'null::{kind} as "{name}"' for name, kind in columns)
        schema = con.execute(f"select {typed} where false").to_arrow_table().schema
    finally:
        con.close()
    return pa.schema([f.with_nullable(True) for f in schema])


class Plugin(BasePlugin):
    """Loaded by name from `profiles.yml`."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Nothing to configure: locations come with each call."""

    def configure_connection(self, conn: Any) -> None:
        load_delta(conn)
        store.prepare(conn, os.environ.get("GRIDLAKE_STORE"))
        conn.create_function("lake_plan", lake_plan, ["VARCHAR", "VARCHAR"], "VARCHAR", side_effects=True)
        conn.create_function("lake_commit", lake_commit, ["VARCHAR", "VARCHAR"], "BIGINT", side_effects=True)
        conn.create_function("lake_written", lake_written, ["VARCHAR", "VARCHAR"], "BOOLEAN", side_effects=True)
        conn.create_function("lake_swapped", lake_swapped, ["VARCHAR", "VARCHAR"], "VARCHAR", side_effects=True)
        conn.create_function("lake_version", lake_version, ["VARCHAR"], "BIGINT", side_effects=True)
