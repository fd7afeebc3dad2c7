"""The unit tests that stand beside the dbt models, run over a small built home."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from gridlake.settings import Settings
from orchestration.dbt import ensure_manifest, manifest_nodes, run_dbt

# Models that only rename, unite or look up: their data tests and contracts are enough.
WITHOUT_RULES = {
    "int_span__month", "dim_date", "dim_fuel", "dim_generator", "dim_hour", "dim_market", "dim_model", "dim_region",
    "fct_forecast", "fct_forecast_monitor", "fct_gate_result",
    # Bodies of one macro, which the meters' test shows.
    "int_alert__sample", "int_ancillary_price__sample", "int_frequency__sample", "int_interchange__sample",
    "int_phasor__sample", "int_reserve__sample", "int_scada__sample", "int_weather_forecast__sample",
    # Written from extract.outage_history, whose own tests replay real snapshots.
    "int_outage__history",
    # The current revision or the hour of a judged table: the shape other facts' tests show.
    "fct_alert", "fct_ancillary_price_hourly", "fct_frequency_minute", "fct_interchange_hourly", "fct_meter_interval",
    "fct_price_interval", "fct_reserve_capacity", "fct_scada_interval", "fct_weather_forecast", "dim_asset",
    # The known hours of load and price show what is first told; tests.dbt.test_features computes features another way.
    "int_calendar__harmonic", "int_load_forecast__known_hourly", "int_renewable__known_hourly", "int_weather__known_hourly",
    "int_frequency__known_hourly", "int_region__as_known", "feat_load_hourly", "feat_price_hourly", "feat_renewable_hourly",
}  # fmt: skip
UNIT_TESTS = 45


@pytest.fixture(scope="module")
def results(built_home: Settings) -> Sequence[tuple[str, str, str]]:
    """Name, status and message of every dbt unit test."""
    return [(r.name, r.status, r.message) for r in run_dbt(built_home, "test", ["test_type:unit"])]


def test_all_unit_tests_pass(results: Sequence[tuple[str, str, str]]) -> None:
    failed = [(name, status, message) for name, status, message in results if status != "pass"]
    assert not failed
    assert len(results) >= UNIT_TESTS


def test_every_computing_model_has_a_unit_test() -> None:
    tested = {test["model"] for test in json.loads(ensure_manifest().read_text())["unit_tests"].values()}
    models = {
        node["name"]
        for node in manifest_nodes().values()
        if node["resource_type"] == "model" and node["fqn"][1] in ("silver", "gold") and node["fqn"][2] != "received"
    }
    assert models - tested == WITHOUT_RULES
