"""Loading bronze into Snowflake: for every table the files its Delta log holds, handed to dbt's `load_tables`.

Belongs here: which files, which columns. The statements are in `dbt_project/macros/load_snowflake.sql`; the files themselves
are brought to object storage by its own tools.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridlake import lake
from gridlake.errors import BuildFailed, UsageError
from gridlake.settings import PROJECT_ROOT, Settings, load_settings
from gridlake.store import children

# A table's Arrow types as Snowflake's. Stamps keep their zone: the bronze views hand them out as naive UTC.
TYPES = {
    "string": "varchar",
    "large_string": "varchar",
    "double": "double",
    "int64": "number(38, 0)",
    "int32": "number(38, 0)",
    "bool": "boolean",
    "date32[day]": "date",
    "timestamp[us, tz=UTC]": "timestamp_tz",
}
# Written whole by runs, or small and without one payload to a row: loaded whole.
REPLACED = {"payload", "refused", "publication", "gate_result", "forecast", "forecast_monitor"}


@dataclass(frozen=True)
class TableLoad:
    """What dbt's macro `load_tables` is told of one table."""

    layer: str
    table: str
    columns: list[tuple[str, str]]
    files: list[str]
    replace: bool


def table_loads(settings: Settings, *, everything_anew: bool = False) -> Iterator[TableLoad]:
    """One load for every bronze and ml table of the home, empty ones included: models read them all.

    Raises `KeyError` for a column of a type that no bronze table has had so far.
    """
    for layer in ("bronze", "ml"):
        for path in children(settings.layer_path(layer)):
            if not lake.table_exists(path):
                continue
            table = lake.table_files(path)
            yield TableLoad(
                layer=layer,
                table=path.name,
                columns=[(column["name"], TYPES[column["type"]]) for column in table.schema],
                files=[str(file["path"]) for file in table.files],
                replace=everything_anew or path.name in REPLACED,
            )


def load(settings: Settings, target: str, *, everything_anew: bool = False) -> int:
    """Load every table; returns how many. Raises `BuildFailed` where Snowflake refuses one."""
    from dbt.cli.main import dbtRunner

    loads = list(table_loads(settings, everything_anew=everything_anew))
    if not loads:
        raise UsageError(
            f"There is no bronze in {settings.outside}.", "Run `gridlake run` first, or set GRIDLAKE_HOME."
        )
    root = str(PROJECT_ROOT)
    command = ["run-operation", "load_tables", "--project-dir", root, "--profiles-dir", root, "--target", target]
    result = dbtRunner().invoke([*command, "--args", json.dumps({"tables": [one.__dict__ for one in loads]})])
    if not result.success:
        raise BuildFailed(
            f"Bronze was not loaded whole: {result.exception or 'see the message above'}.",
            "Mend it and run again: files that were loaded are not loaded twice.",
        )
    return len(loads)


def main(arguments: Any = None) -> int:
    import argparse

    parser = argparse.ArgumentParser(description="Load bronze of this home into Snowflake from the stage bronze.lake.")
    parser.add_argument("--home", type=Path, help="the home [default: $GRIDLAKE_HOME]")
    parser.add_argument("--target", default="prod", help="dbt target: prod or snowflake [default: prod]")
    parser.add_argument("--anew", action="store_true", help="empty every table first (after an erasure)")
    chosen = parser.parse_args(arguments)
    print(f"{load(load_settings(home=chosen.home), chosen.target, everything_anew=chosen.anew)} tables are loaded.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
