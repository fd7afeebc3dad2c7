"""Every gold table has an owner and every column a class of personal data; no column names a person unmasked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gridlake.governance import PII_CLASSES, owner_of, pii_of, unmasked
from orchestration.dbt import ensure_manifest

MANIFEST: dict[str, Any] = json.loads(ensure_manifest().read_text())
GOLD = {n["name"]: n for n in MANIFEST["nodes"].values() if n["resource_type"] == "model" and n["fqn"][1] == "gold"}
PERSONAL = ("customer", "meter_id", "latitude", "longitude", "person")


@pytest.mark.parametrize("model", sorted(GOLD))
def test_gold_table_is_owned_and_its_columns_are_classed(model: str) -> None:
    node = GOLD[model]
    assert owner_of(node).strip()
    assert {pii_of(node, column) for column in node["columns"]} <= set(PII_CLASSES)
    assert unmasked(node) == []


def test_what_sounds_personal_is_classed_as_personal() -> None:
    """A new table of meters or customers has to say how personal its keys are: the default of gold is `none`."""
    meters = {name: node for name, node in GOLD.items() if "meter_id" in node["columns"]}
    assert len(meters) >= 5
    for name, node in meters.items():
        for column in node["columns"]:
            if any(word in column for word in PERSONAL):
                assert pii_of(node, column) != "none", f"{name}.{column}"


def test_an_unmasked_name_is_found() -> None:
    node = {"config": {"meta": {"pii": "none"}}, "columns": {"name": {"config": {"meta": {"pii": "direct"}}}, "name_masked": {"config": {"meta": {"pii": "direct"}}}}}  # fmt: skip
    assert unmasked(node) == ["name"]
