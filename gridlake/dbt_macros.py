"""Rules that stand as SQL in the dbt project, for who applies them outside a warehouse.

Belongs here: rendering a macro of `dbt_project/macros` as DuckDB reads it. A rule of how values are made stands in one macro; who
computes the same in Python asks for its SQL instead of writing the rule a second time. Models are built by dbt alone.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2

from gridlake.settings import PROJECT_ROOT

MACROS = PROJECT_ROOT / "dbt_project" / "macros"
_ENGINE = "engine.sql"  # what the engines say differently, and so what any macro may call


def macro_sql(file: str, name: str, *arguments: str) -> str:
    """SQL of macro `name` of `file`, for DuckDB.

    >>> macro_sql("engine.sql", "smaller").strip()
    'least'
    """
    return str(getattr(_module(file), name)(*arguments))


@cache
def _module(file: str) -> Any:
    """The macros of a file and of the engine, dispatched to DuckDB's as dbt does."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"])
    source = "\n".join((MACROS / part).read_text(encoding="utf-8") for part in dict.fromkeys((_ENGINE, file)))

    class Adapter:
        @staticmethod
        def dispatch(name: str, _package: str) -> Any:
            return getattr(module, f"duckdb__{name}", None) or getattr(module, f"default__{name}")

    environment.globals.update({"return": lambda text: text, "adapter": Adapter})
    module: Any = environment.from_string(source).module
    return module
