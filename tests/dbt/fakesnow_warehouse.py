"""A Snowflake that is not one: fakesnow in this process, a home's bronze loaded into it, dbt pointed at it.

Belongs here: what it takes to build the `snowflake` target without an account. What fakesnow replaces, and so what a pass
does not tell, is said in docs/snowflake.md.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from gridlake import duck, lake
from gridlake.settings import PROJECT_ROOT, Settings

DATABASE, PREFIX = "GRIDLAKE", "DEV"
CONNECTION = {
    "GRIDLAKE_TARGET": "snowflake",
    "GRIDLAKE_SNOWFLAKE_PREFIX": PREFIX,
    "SNOWFLAKE_ACCOUNT": "fakesnow",
    "SNOWFLAKE_USER": "developer",
    "SNOWFLAKE_PASSWORD": "none",
    "SNOWFLAKE_DATABASE": DATABASE,
}
# fakesnow writes a book of its own beside the database, which DuckDB refuses within one transaction.
PASSED_OVER = [r"\s*(begin|commit|rollback)\b"]


@dataclass(frozen=True)
class Outcome:
    """One model, seed or test that dbt ran."""

    name: str
    status: str
    message: str
    seconds: float

    @property
    def is_well(self) -> bool:
        return self.status in ("success", "pass")


@dataclass
class Warehouse:
    """One fakesnow instance with dbt on top of it; dbt's own files go to `directory`."""

    connection: Any
    directory: Path

    @property
    def engine(self) -> Any:
        """The DuckDB connection under fakesnow: to load Arrow and to read results fast."""
        return self.connection._duck_conn

    def load_bronze(self, settings: Settings, where: str = "true") -> None:
        """The home's bronze and ml tables, of those with a month the rows that fulfil `where`."""
        for layer in ("bronze", "ml"):
            self.engine.execute(f"create schema if not exists {DATABASE}.{layer.upper()}")
            for path in sorted(settings.layer_path(layer).iterdir()):
                if lake.table_exists(path):
                    rows = lake.open_table(path).to_pyarrow_table()
                    self.engine.register("landed", rows)
                    chosen = where if "month" in rows.column_names else "true"
                    table = f'{DATABASE}.{layer.upper()}."{path.name.upper()}"'
                    self.engine.execute(f"create or replace table {table} as select * from landed where {chosen}")
                    self.engine.unregister("landed")

    def load_seeds(self, settings: Settings) -> None:
        """The seeds as the home's DuckDB has them: dbt's own way takes fakesnow minutes for six thousand rows."""
        schema = f"{DATABASE}.{PREFIX}_SEEDS"
        self.engine.execute(f"attach {duck.sql_literal(settings.warehouse)} as home (read_only)")
        self.engine.execute(f"create schema if not exists {schema}")
        names = self.engine.execute(
            "select table_name from duckdb_tables() where database_name = 'home' and schema_name = 'seeds'"
        ).fetchall()
        for (name,) in names:
            self.engine.execute(
                f'create or replace table {schema}."{name.upper()}" as select * from home.seeds."{name}"'
            )
        self.engine.execute("detach home")

    def copy_built(self, settings: Settings, layer: str, name: str) -> None:
        """A model as DuckDB built it, in place of building it here."""
        schema = f"{DATABASE}.{PREFIX}_{layer.upper()}"
        self.engine.execute(f"create schema if not exists {schema}")
        con = duck.connect(str(settings.warehouse))
        try:
            rows = con.execute(f'select * from {layer}."{name}"').to_arrow_table()
        finally:
            con.close()
        self.engine.register("built", rows)
        self.engine.execute(f'create or replace table {schema}."{name.upper()}" as select * from built')
        self.engine.unregister("built")

    def dbt(self, command: str, *arguments: str) -> list[Outcome]:
        """Run dbt; what became of everything that it looked at. Raises `RuntimeError` where dbt itself did not run."""
        from dbt.cli.main import dbtRunner

        root = str(PROJECT_ROOT)
        places = ["--project-dir", root, "--profiles-dir", root, "--target-path", str(self.directory)]
        quiet = ["--threads", "1", "--quiet", "--no-use-colors", "--log-level-file", "none"]
        result = dbtRunner().invoke([command, *places, *quiet, *arguments])
        executed: Any = result.result
        if executed is None:
            raise RuntimeError(f"dbt did not run: {result.exception}")
        return [
            Outcome(r.node.name, str(r.status), " ".join((r.message or "").split()), r.execution_time)
            for r in getattr(executed, "results", [])
            if str(r.status) != "no-op"  # exposures: nothing is run
        ]

    def rows(self, schema: str, table: str) -> Any:
        """A built table, as polars."""
        return self.engine.execute(f'select * from {DATABASE}.{PREFIX}_{schema.upper()}."{table.upper()}"').pl()


@contextmanager
def warehouse(directory: Path, database_files: Path | None = None) -> Iterator[Warehouse]:
    """fakesnow in place of Snowflake's connector, and the environment that points dbt at it."""
    import fakesnow
    import snowflake.connector

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of every CLUSTER BY that DuckDB does not know
    with (
        mock.patch.dict(os.environ, CONNECTION),
        fakesnow.patch(db_path=database_files, nop_regexes=PASSED_OVER),
        _insert_overwrite(),
        _trimmed_characters(),
    ):
        yield Warehouse(snowflake.connector.connect(database=DATABASE, schema="PUBLIC"), directory)
        _close_connections()


@contextmanager
def _insert_overwrite() -> Iterator[None]:
    """dbt-snowflake's seeds say `insert overwrite`, which fakesnow does not know: said in two statements here."""
    from fakesnow.cursor import FakeSnowflakeCursor

    execute = FakeSnowflakeCursor.execute

    def rewritten(cursor: Any, command: str, *arguments: Any, **named: Any) -> Any:
        found = re.match(r"\s*insert overwrite into (\S+)", command, re.IGNORECASE)
        if found:
            execute(cursor, f"delete from {found[1]}")
            command = re.sub("overwrite ", "", command, count=1, flags=re.IGNORECASE)
        return execute(cursor, command, *arguments, **named)

    with mock.patch.object(FakeSnowflakeCursor, "execute", rewritten):
        yield


@contextmanager
def _trimmed_characters() -> Iterator[None]:
    """fakesnow's cast of what is trimmed forgets which characters to trim: left as written where they are named."""
    from fakesnow import transforms

    cast = transforms.trim_cast_varchar

    def kept(expression: Any) -> Any:
        return expression if expression.args.get("expression") and expression.key == "trim" else cast(expression)

    with mock.patch.object(transforms, "trim_cast_varchar", kept):
        yield


def _close_connections() -> None:
    """dbt's connections would keep the fake alive into the next test, which means another one."""
    from dbt.adapters.factory import reset_adapters

    reset_adapters()
