"""The Snowflake target: its models on fakesnow equal DuckDB's, its statements are what Snowflake's grammar reads.

What a pass does not tell is said in docs/snowflake.md; a real account is asked where its variables are set.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import jinja2
import jinja2.sandbox
import pytest

from gridlake.build_plan import plan_build
from gridlake.settings import PROJECT_ROOT, Settings
from orchestration.snowflake_load import table_loads
from tests.dbt.fakesnow_warehouse import Warehouse, warehouse
from tests.dbt.parity import build_whole, compare, compare_gold, table_rows

MACROS = PROJECT_ROOT / "dbt_project" / "macros"
TERRAFORM = PROJECT_ROOT / "infra" / "terraform" / "snowflake"
# Together they need every dispatched macro but those of the bronze views.
QUICK = {
    "silver": [
        "int_calendar__hour",
        "int_calendar__day",
        "int_load__reported_hourly",
        "int_region__as_known",
        "int_completeness__told",
        "int_completeness__daily",
        "int_quarantine__record",
    ],
    "gold": ["dim_date", "fct_meter_daily", "mart_generation_mix"],
}
UPSTREAM = {
    "bronze": ["stg_gridlake__payload", "stg_gridlake__refused"],
    "silver": [
        "int_span__month", "int_load__sample", "int_weather__known_hourly", "int_frequency__known_hourly", "int_load__known_hourly",
        "int_price__hourly", "int_generation__hourly", "int_load_forecast__vintage", "int_generation_forecast__vintage",
        "int_weather__sample", "int_interchange__sample", "int_ancillary_price__sample", "int_reserve__sample", "int_frequency__sample",
        "int_meter__sample", "int_scada__sample", "int_phasor__sample", "int_price__sample", "int_generation__sample",
        "int_weather_forecast__sample", "int_alert__sample", "int_plant__generator",
    ],
    "gold": ["fct_generation_hourly"],
}  # fmt: skip


# --- models -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def house(built_home: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A fakesnow that holds what the quick models read, as DuckDB built it."""
    with warehouse(tmp_path_factory.mktemp("fakesnow")) as made:
        made.load_seeds(built_home)
        for layer, names in UPSTREAM.items():
            for name in names:
                made.copy_built(built_home, layer, name)
        yield made


@pytest.fixture(scope="module")
def built(house: Warehouse) -> Warehouse:
    outcomes = house.dbt("run", "--select", *QUICK["silver"], *QUICK["gold"])
    assert [o for o in outcomes if not o.is_well] == []
    assert len(outcomes) == len([name for names in QUICK.values() for name in names])
    return house


@pytest.mark.parametrize(("layer", "name"), [(layer, name) for layer, names in QUICK.items() for name in names])
def test_a_model_is_the_same_on_both_engines(built: Warehouse, built_home: Settings, layer: str, name: str) -> None:
    compared = compare(name, table_rows(built_home, layer, name), built.rows(layer, name))
    assert compared.rows > 0
    assert compared.difference == ""


@pytest.mark.parametrize(
    ("layer", "name", "time_column", "number", "changed", "mended"),
    [
        # Reaches a month around.
        ("gold", "mart_generation_mix", "day_start", "hours_reported", "2024-01", ["2024-01", "2024-02"]),
        # Reaches days, of which a month is made here.
        ("gold", "fct_meter_daily", "day_start", "intervals", "2024-12", ["2025-01"]),
        ("silver", "int_quarantine__record", "interval_start_utc", "row_number", "2024-01", ["2024-01"]),
    ],
)
def test_changed_months_are_swapped_and_others_left(
    built: Warehouse, built_home: Settings, layer: str, name: str, time_column: str, number: str, changed: str, mended: list[str]
) -> None:  # fmt: skip
    """A table is spoilt, and its first month emptied: a build of one month mends what the model reaches from it; the rest stays."""
    table = f"GRIDLAKE.DEV_{layer.upper()}.{name.upper()}"
    expected = table_rows(built_home, layer, name)
    built.engine.execute(f"delete from {table} where strftime({time_column}, '%Y-%m') = '{mended[0]}'")
    built.engine.execute(f"update {table} set {number} = -1")
    if layer == "silver":  # what has no time is built anew each time: there is none in this home
        built.engine.execute(f"insert into {table} ({number}) values (1)")
    outcomes = built.dbt("run", "--select", name, "--vars", f"{{changed_months: ['{changed}']}}")
    assert [o.status for o in outcomes] == ["success"]
    found = built.rows(layer, name).rename(str.lower)
    assert found.height == expected.height
    months = found[time_column].dt.strftime("%Y-%m")
    assert sorted(set(months.filter(found[number] != -1))) == mended
    assert not set(mended) & set(months.filter(found[number] == -1))


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_every_gold_table_is_the_same_on_both_engines(built_home: Settings, tmp_path: Path) -> None:
    with warehouse(tmp_path) as made:
        outcomes = build_whole(built_home, made)
        compared = compare_gold(built_home, made)
    assert [o for o in outcomes if not o.is_well] == []
    assert len([c for c in compared if c.rows]) > 30
    assert [c for c in compared if not c.is_equal] == []


# --- statements ---------------------------------------------------------------------------------------------------


class Returned(Exception):
    """What dbt's `return` raises in a macro."""


def returning(value: Any) -> None:
    raise Returned(value)


def macro(file: str, name: str, **context: Any) -> Callable[..., Any]:
    """A macro of a file, called as Python: with what it or a macro it calls hands to `return`, else its text."""
    source = re.sub(r"\{% (materialization|test) .*?end\1 %\}", "", (MACROS / file).read_text(), flags=re.DOTALL)
    environment = jinja2.sandbox.SandboxedEnvironment(extensions=["jinja2.ext.do"])
    environment.globals.update({"return": returning, **context})
    invoke = jinja2.runtime.Macro._invoke

    def invoked(self: jinja2.runtime.Macro, arguments: Any, autoescape: bool) -> Any:
        try:
            return invoke(self, arguments, autoescape)
        except Returned as returned:
            return returned.args[0]

    def called(*arguments: Any, **named: Any) -> Any:
        with mock.patch.object(jinja2.runtime.Macro, "_invoke", invoked):
            return getattr(environment.from_string(source).module, name)(*arguments, **named)

    return called


def grammatical(statement: str) -> list[str]:
    """What Snowflake's grammar, as sqlfluff has it, does not read of a statement."""
    from sqlfluff.core import FluffConfig, Linter

    linter = Linter(config=FluffConfig(overrides={"dialect": "snowflake", "templater": "raw"}))
    return [violation.desc() for violation in linter.parse_string(statement + ";\n").violations]


class Target:
    name, database, type = "prod", "GRIDLAKE", "snowflake"


def test_bronze_is_copied_from_the_stage_once(built_home: Settings) -> None:
    loads = {one.table: one for one in table_loads(built_home)}
    statements_of = macro("load_snowflake.sql", "load_statements", target=Target)
    one = loads["synthetic__load"]
    assert one.files
    created, landing, copied, inserted, emptied = statements_of(
        "bronze", one.table, one.columns, one.files, one.replace
    )
    assert "interval_start_utc timestamp_tz" in created
    assert landing == created.replace("synthetic__load ", "synthetic__load__landing ")
    assert f"'{one.files[0]}'" in copied
    assert "force" not in copied, "a file that was loaded would be loaded again"
    assert "payload_sha256 not in" in inserted
    assert emptied.startswith("delete from"), "TRUNCATE forgets which files were loaded"
    assert [grammatical(s) for s in (created, copied, inserted, emptied)] == [[]] * 4


def test_ledgers_are_loaded_whole(built_home: Settings) -> None:
    one = next(one for one in table_loads(built_home) if one.table == "payload")
    statements = macro("load_snowflake.sql", "load_statements", target=Target)(
        "bronze", one.table, one.columns, one.files, one.replace
    )
    assert [s.split()[0] for s in statements] == ["create", "truncate", *["copy"] * (len(statements) - 2)]
    assert "force = true" in statements[2]


def published(privileges: list[dict[str, str]], tables: dict[str, Any]) -> list[str]:
    """The statements of a publication, where the live schema has such privileges."""
    said: list[str] = []

    def run_query(statement: str) -> list[dict[str, str]]:
        said.append(statement)
        return privileges if statement.startswith("show grants") else []

    graph = type("Graph", (), {"nodes": tables})
    macro(
        "publish_snowflake.sql",
        "publish_gold",
        target=Target,
        run_query=run_query,
        graph=graph,
        log=lambda *_, **__: "",
    )()
    return said


def test_publishing_swaps_a_clone_that_holds_privileges_and_policies() -> None:
    column = {"name": "customer_id", "data_type": "varchar", "config": {"meta": {}}}
    table = {
        "resource_type": "model", "name": "dim_customer", "config": {"schema": "gold"},
        "columns": {"customer_id": column, "region_id": {**column, "name": "region_id"}},
    }  # fmt: skip
    privileges = [
        {"privilege": "OWNERSHIP", "granted_to": "ROLE", "grantee_name": "GRIDLAKE_TRANSFORMER"},
        {"privilege": "USAGE", "granted_to": "ROLE", "grantee_name": "GRIDLAKE_READER_NYISO"},
    ]
    said = published(privileges, {"model.gridlake.dim_customer": table})
    assert said == [
        "create schema if not exists GRIDLAKE.gold",
        "create or replace schema GRIDLAKE.gold_next clone GRIDLAKE.gold_build",
        "show grants on schema GRIDLAKE.gold",
        "grant USAGE on schema GRIDLAKE.gold_next to role GRIDLAKE_READER_NYISO",
        "grant select on all tables in schema GRIDLAKE.gold_next to role GRIDLAKE_READER_NYISO",
        "alter table GRIDLAKE.gold_next.dim_customer modify column customer_id set masking policy GRIDLAKE.governance.mask_customer_text force",
        "alter table GRIDLAKE.gold_next.dim_customer drop all row access policies",
        "alter table GRIDLAKE.gold_next.dim_customer add row access policy GRIDLAKE.governance.granted_regions on (region_id)",
        "alter schema GRIDLAKE.gold swap with GRIDLAKE.gold_next",
        "drop schema GRIDLAKE.gold_next",
    ]
    assert {s: grammatical(s) for s in said if grammatical(s)} == {}


def test_policies_that_publishing_sets_stand_in_terraform() -> None:
    named = re.findall(r"governance\.(\w+)", (MACROS / "publish_snowflake.sql").read_text())
    policies = (TERRAFORM / "policies.tf").read_text().lower()
    assert {"mask_customer_", "granted_regions"} == set(named)
    assert all(name in policies for name in ("mask_customer_text", "mask_customer_date", "granted_regions"))


@pytest.mark.parametrize(
    ("columns", "swapped", "looked_at"),
    [
        (["zone_id", "day_start"], ["2024-02"], "((day_start >= timestamp '2024-02-01 00:00:00' and day_start < timestamp '2024-03-01 00:00:00'))"),
        (["zone_id", "day_start"], [], "(false)"),
        (["zone_id", "day_start"], None, "true"),  # the whole table was written
        (["zone_id"], ["2024-02"], "true"),  # equal keys may lie in different months
    ],
)  # fmt: skip
def test_a_key_is_looked_for_where_a_build_has_written(
    columns: list[str], swapped: list[str] | None, looked_at: str
) -> None:
    fact = SimpleNamespace(resource_type="model", name="fct_load", config={"partition_by": "day_start"})
    answered = SimpleNamespace(columns=[SimpleNamespace(values=lambda: [json.dumps(swapped)])])
    written_rows = macro(
        "tests.sql", "duckdb__written_rows", execute=True, flags=SimpleNamespace(WHICH="build"), graph=SimpleNamespace(nodes={"fct_load": fact}), fromjson=json.loads,
        run_query=lambda _: answered, lake_location=str, month_ranges=macro("lake_snowflake.sql", "month_ranges"), invocation_id="1",
    )  # fmt: skip
    assert written_rows(SimpleNamespace(identifier="fct_load"), columns) == looked_at


@pytest.mark.parametrize(
    ("months", "back", "forward"),
    [(["2024-01"], 1, 1), (["2023-12", "2024-03"], 0, 1), (["2024-02", "2024-01", "2024-04"], 0, 0), ([], 1, 1)],
)
def test_months_reach_as_far_as_on_duckdb(months: list[str], back: int, forward: int) -> None:
    ranges = macro("lake_snowflake.sql", "month_ranges")(months, back, forward)
    plan = plan_build(
        {"all_months": months, "changed_months": months},
        exists=True,
        partitioned=True,
        reach_back=back,
        reach_forward=forward,
    )
    assert ranges == plan["ranges"]
