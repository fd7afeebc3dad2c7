"""Gates as blocking Dagster asset checks: raw and bronze before silver is built, silver before gold, gold before publishing.

Belongs here: Dagster's side of the gates. Rules and how they are judged are `expectations`' business.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from expectations.beside import run_gates
from expectations.runner import GateResult, catalogue
from gridlake.errors import GateFailed
from orchestration.context import Gridlake, stage
from orchestration.dbt import manifest_nodes
from orchestration.keys import Translator, table_key


def _read_within_op() -> set[tuple[str, str]]:
    """(layer, table) of dbt models that another model of the same dbt op reads.

    Dagster cannot hold back a part of an op: a blocking check on such a table would tear the op in two. Its check is
    declared non-blocking, and the gate op fails as a whole instead, which holds everything behind it.
    """
    nodes, translator = manifest_nodes(), Translator()

    def place(node: Mapping[str, Any]) -> tuple[str, bool]:
        return translator.get_asset_key(node).path[0], "post_forecast" in node["tags"]

    read = set()
    for node in nodes.values():
        for parent in (nodes[name] for name in node["depends_on"].get("nodes", []) if name in nodes):
            if place(parent) == place(node):
                key = translator.get_asset_key(parent)
                read.add((key.path[0], key.path[1]))
    return read


_READ_WITHIN_OP = _read_within_op()


def _check_specs(layer: str, tables: Sequence[str]) -> list[dg.AssetCheckSpec]:
    """One check per suite; rules of severity warn are shown in it and block nothing."""
    rules: dict[str, list[str]] = {}
    for gate in catalogue(layer):
        if gate.table_name in tables:
            rules.setdefault(gate.table_name, []).append(f"{gate.rule_id} ({gate.severity}): {gate.title}")
    return [
        dg.AssetCheckSpec(
            name=f"gx__{layer}.{table}",
            asset=table_key(layer, table),
            blocking=(layer, table) not in _READ_WITHIN_OP,
            description="\n\n".join(titles),
        )
        for table, titles in sorted(rules.items())
    ]


def _check_result(layer: str, table: str, results: Sequence[GateResult]) -> dg.AssetCheckResult:
    failed = [r for r in results if not r.passed]
    blocking = [r for r in failed if r.severity == "error"]
    metadata: dict[str, Any] = {
        "rules": len({r.rule_id for r in results}),
        "failed_rules": len({r.rule_id for r in failed}),
    }
    for r in failed[:20]:
        metadata[" ".join(filter(None, (r.rule_id, r.feed)))] = f"{r.observed} — {r.reason}"
    return dg.AssetCheckResult(
        check_name=f"gx__{layer}.{table}",
        asset_key=table_key(layer, table),
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


def _gates(name: str, suites: Sequence[tuple[str, Sequence[str]]]) -> dg.AssetChecksDefinition:
    specs = [spec for layer, tables in suites for spec in _check_specs(layer, tables)]

    @dg.multi_asset_check(name=name, specs=specs, can_subset=False)
    def gates(context: dg.AssetCheckExecutionContext, gridlake: Gridlake) -> Iterator[dg.AssetCheckResult]:
        settings = gridlake.settings()
        blocking: list[GateResult] = []
        for layer, tables in suites:
            with stage("gate", f"judging {layer}"):
                results = run_gates(settings, layer, context.run.run_id, tables=list(tables))
            blocking += [r for r in results if r.blocks]
            for table in sorted(tables):
                yield _check_result(layer, table, [r for r in results if r.table_name == table])
        if blocking:
            raise GateFailed(f"{len(blocking)} gates failed.", "Nothing behind them is built; nothing is published.")

    return gates


def _tables(layer: str) -> list[str]:
    return sorted({gate.table_name for gate in catalogue(layer)})


def _post_forecast_tables() -> set[str]:
    """Gold tables that are built after the forecast, by the tag their models carry."""
    translator = Translator()
    return {translator.get_asset_key(n).path[1] for n in manifest_nodes().values() if "post_forecast" in n["tags"]}


_LATE = _post_forecast_tables()

GATES = [
    _gates("gates_bronze", [("bronze", _tables("bronze"))]),
    _gates("gates_raw", [("raw", _tables("raw"))]),
    _gates("gates_silver", [("silver", _tables("silver"))]),
    _gates("gates_gold", [("gold", [t for t in _tables("gold") if t not in _LATE])]),
    _gates("gates_gold_after_forecast", [("gold", [t for t in _tables("gold") if t in _LATE])]),
]
