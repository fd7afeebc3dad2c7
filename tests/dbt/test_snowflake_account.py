"""A real Snowflake account, where its variables are set: apart from the stand-in, which would answer in its place."""

from __future__ import annotations

import os
from pathlib import Path

from tests.conftest import need
from tests.dbt.fakesnow_warehouse import Warehouse


def test_a_real_account_builds_what_needs_no_data(tmp_path: Path) -> None:
    """Seeds and the models that stand on them alone, in schemas of the developer's prefix."""
    variables = ("SNOWFLAKE_ACCOUNT", "SNOWFLAKE_USER")
    key = os.environ.get("SNOWFLAKE_PASSWORD") or os.environ.get("SNOWFLAKE_PRIVATE_KEY_PATH")
    need(
        "snowflake",
        bool(key) and all(os.environ.get(v) for v in variables),
        f"no account: {', '.join(variables)} and a key or password are not set",
    )
    outcomes = Warehouse(None, tmp_path).dbt(
        "build", "--target", "snowflake", "--select", "resource_type:seed", "int_calendar__harmonic", "dim_region", "dim_fuel", "dim_market",
        "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious",
    )  # fmt: skip
    assert len(outcomes) > 20
    assert [o for o in outcomes if not o.is_well] == []
