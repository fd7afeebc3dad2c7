"""A stand-in for dbt's `adapter`, so that sqlfluff can render models without a warehouse.

sqlfluff's own dbt templater is not released for the version of dbt pinned here. Dispatched macros render as their first
argument, or as a FROM item where they stand for one: enough to lint what surrounds them.
"""

from __future__ import annotations

from collections.abc import Callable


def dispatch(name: str, package: str) -> Callable[..., str]:
    """Render a dispatched macro as something of the right shape."""
    if name == "hours_between":
        return lambda first, after, alias: f"(select {first} as hour_start) as {alias}"
    if name == "lake_source":
        return lambda relation, layer, table: f"{layer}.{table}"
    if name.startswith("add_"):
        return lambda moved, by: f"({moved} + {by})"
    if name in ("larger", "smaller"):
        return lambda: "greatest"
    return lambda *arguments: str(arguments[0])
