"""Who answers for a table of gold and how personal its columns are, as the dbt project declares it.

Belongs here: reading the declarations (`meta` of models and columns in dbt's manifest) by one rule: a column without a class of
its own has its table's, a table without an owner of its own has gold's (`dbt_project.yml`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PII_CLASSES = ("none", "indirect", "direct")
MASKED = "_masked"  # ends the name of a column that names a person and is masked


def owner_of(node: Mapping[str, Any]) -> str:
    """
    >>> owner_of({"config": {"meta": {"owner": "trading"}}})
    'trading'
    """
    return str(node["config"]["meta"].get("owner") or "")


def pii_of(node: Mapping[str, Any], column: str) -> str:
    """
    >>> table = {"config": {"meta": {"pii": "none"}}, "columns": {"name": {"config": {"meta": {"pii": "direct"}}}, "mw": {"config": {}}}}
    >>> pii_of(table, "name"), pii_of(table, "mw")
    ('direct', 'none')
    """
    own = node["columns"][column]["config"].get("meta") or {}
    return str(own.get("pii") or node["config"]["meta"].get("pii") or "")


def unmasked(node: Mapping[str, Any]) -> list[str]:
    """Columns that name a person and are not masked: gold may have none, since whoever reads gold reads all of it."""
    return [name for name in node["columns"] if pii_of(node, name) == "direct" and not name.endswith(MASKED)]
