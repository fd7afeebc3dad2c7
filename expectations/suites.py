"""Great Expectations suites from the catalogue, and what it costs to have them: one context, one datasource.

Belongs here: everything that touches Great Expectations' own types. The import takes seconds, so it happens inside.
"""

from __future__ import annotations

import logging
import os
from functools import cache
from typing import TYPE_CHECKING, Any

from expectations.catalogue import Profile, TableRule

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
    from great_expectations.data_context import EphemeralDataContext

CONNECTION = "gates"  # name under which the runner shares its DuckDB connection
DATASOURCE = "lake"
SCHEMA = "gate"  # schema of the profile tables
ROW = "gate_row"  # numbers the rows of a profile table

# Great Expectations knows critical, warning and info.
_SEVERITY = {"error": "critical", "warn": "warning"}


@cache
def context() -> EphemeralDataContext:
    """The one ephemeral context of this process, without usage statistics and progress bars."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from expectations import duckdb_dialect

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    made = gx.get_context(mode="ephemeral")
    made.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    made.data_sources.add_sql(DATASOURCE, connection_string=duckdb_dialect.url(CONNECTION), create_temp_table=False)
    return made


def expectation(rule: TableRule) -> Any:
    """The rule as a Great Expectations expectation that carries id, severity and reason."""
    import great_expectations.expectations as gxe

    name = "".join(word.capitalize() for word in rule.expectation.split("_"))
    kind = getattr(gxe, name)
    return kind(
        **rule.kwargs,
        severity=_SEVERITY[rule.severity],
        description=f"{rule.id} {rule.title}",
        meta={"rule_id": rule.id, "severity": rule.severity, "reason": rule.reason},
    )


def build_suite(profile: Profile, rules: list[TableRule]) -> ExpectationSuite:
    """The suite `<layer>.<table>`."""
    from great_expectations.core import ExpectationSuite

    context()
    return ExpectationSuite(name=profile.suite, expectations=[expectation(rule) for rule in rules])


def validate(profile: Profile, rules: list[TableRule]) -> ExpectationSuiteValidationResult:
    """The suite's verdict over the profile table `gate."<layer>.<table>"` of the shared connection.

    Failed rows are named by their `gate_row`.
    """
    datasource: Any = context().data_sources.get(DATASOURCE)
    names = {asset.name for asset in datasource.assets}
    if profile.suite not in names:
        asset = datasource.add_query_asset(profile.suite, query=f'select * from {SCHEMA}."{profile.suite}"')
        asset.add_batch_definition_whole_table("whole")
    batch = datasource.get_asset(profile.suite).get_batch_definition("whole").get_batch()
    result_format = {"result_format": "COMPLETE", "unexpected_index_column_names": [ROW]}
    return batch.validate(build_suite(profile, rules), result_format=result_format)  # type: ignore[no-any-return]
