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

from gridlake.build_plan import plan_build, read_plan
from gridlake.lake import commit_files, open_table, table_exists, written_files


def lake_plan(location: str, request: str) -> str:
    """What to build of a table in this run, as JSON: `months`, contiguous `ranges`, `whole`. SQL function `lake_plan`.

    `request` is JSON: partitioned, reach_back, reach_forward (months), full_refresh.
    """
    body = json.loads(request)
    Path(location).mkdir(parents=True, exist_ok=True)  # COPY makes no parents
    plan = read_plan(os.environ.get("GRIDLAKE_PLAN"))
    return json.dumps(
        plan_build(
            plan,
            exists=table_exists(Path(location)),
            partitioned=body["partitioned"],
            reach_back=body["reach_back"],
            reach_forward=body["reach_forward"],
            full_refresh=body["full_refresh"],
        )
    )


def lake_commit(location: str, request: str) -> int:
    """Commit the files DuckDB has just written under `location`; returns the table's version. SQL function `lake_commit`.

    `request` is JSON: token (in the files' names), months (swapped partitions, null for the whole table), required
    (column names that may hold no null), columns (name and DuckDB type, for a table without any file).
    """
    import pyarrow.parquet as pq

    body = json.loads(request)
    root = Path(location)
    files = written_files(root, body["token"])
    schema = pq.read_schema(files[0].path) if files else empty_schema(body["columns"])
    return commit_files(
        root,
        files,
        schema,
        partitions=body["months"],
        required=body["required"],
        whole=body["whole"],
        run_id=body["token"],
    )


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
        import duckdb_extensions

        duckdb_extensions.import_extension("delta", con=conn)
        conn.execute("load delta")
        conn.create_function("lake_plan", lake_plan, ["VARCHAR", "VARCHAR"], "VARCHAR", side_effects=True)
        conn.create_function("lake_commit", lake_commit, ["VARCHAR", "VARCHAR"], "BIGINT", side_effects=True)
        conn.create_function("lake_version", lake_version, ["VARCHAR"], "BIGINT", side_effects=True)
