"""Which models a run has to build: those that stand downstream of what changed since the last complete build.

Belongs here: the walk from changed tables to models. Which months of a model are built is the plan's business
(`orchestration.context`).

Invariants: a model that is left out reads nothing that changed, and its view in the warehouse pins its table's newest version.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from gridlake import build_plan, lake
from gridlake.ops import OpsStore
from gridlake.settings import Settings
from gridlake.store import children

# Every model that reads the ledger takes from it only payloads of feeds whose rows it reads too: a payload's news comes with
# its feed, also where it brought no row (`landed_sequences`).
THROUGH_THEIR_FEEDS = frozenset({"bronze.payload"})
# Reads every feed, and of each only in which months it has rows.
CALENDAR_SPAN = "int_span__month"


def table_versions(settings: Settings, *layers: str) -> dict[str, int]:
    """The Delta version of every table of `layers`: `bronze.nyiso__pal` to a number."""
    return {
        f"{layer}.{path.name}": lake.newest_version(path)
        for layer in layers
        for path in children(settings.layer_path(layer))
        if not path.name.startswith(".")
    }


def source_versions(settings: Settings) -> dict[str, int]:
    """The Delta version of every table that models read and no model writes."""
    return table_versions(settings, "bronze", "ml")


def registry_hash(settings: Settings) -> str:
    """One value for what the model registry holds; '' before the first model."""
    digest = hashlib.sha256()
    for path in (settings.mlflow_db, settings.mlflow_db.with_name(f"{settings.mlflow_db.name}-wal")):
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest() if settings.mlflow_db.exists() else ""


def reads_nothing_new(settings: Settings, ops: OpsStore, gold_tables: Iterable[str]) -> bool:
    """Whether `gold_tables`, the code and the registered models are those the last complete build forecast from: what it forecast stands.

    A forecast depends on nothing else, not on the clock either: it is issued when its rows end.
    """
    from orchestration.context import code_state

    built = ops.get("built") or {}
    if "gold" not in built or built.get("code") != code_state() or built.get("registry") != registry_hash(settings):
        return False
    now = {f"gold.{table}": lake.newest_version(settings.gold / table) for table in gold_tables}
    return all(version >= 0 and version == built["gold"].get(name) for name, version in now.items())


def changed_sources(settings: Settings, built: Mapping[str, Any], sequences: Mapping[str, int]) -> set[str] | None:
    """Sources that were written since `built`, what `mark_built` kept; None where that cannot be told. sequences: the newest
    landing of each feed.
    """
    from extract.catalogue import FEEDS

    if "versions" not in built:
        return None
    now = source_versions(settings)
    changed = {name for name in now.keys() | built["versions"].keys() if now.get(name) != built["versions"].get(name)}
    changed |= {f"bronze.{f.table}" for f in FEEDS if sequences.get(f.name, 0) > built["sequences"].get(f.name, 0)}
    return changed - THROUGH_THEIR_FEEDS


def affected_models(
    settings: Settings, ops: OpsStore, manifest: Mapping[str, Any], among: Collection[str] | None = None
) -> set[str] | None:
    """Unique ids of the models to build now, of those `among` where given; None for all: after a change of code, before the first
    complete build and where the warehouse is missing or held by another process. manifest: dbt's, as its JSON tells it.
    """
    from orchestration.context import landed_sequences

    plan = build_plan.read_plan(str(settings.home / "plan.json"))
    built = ops.get("built") or {}
    if plan["changed_months"] is None or not settings.warehouse.exists():
        return None
    ledger = lake.read_rows(settings.bronze / "payload", ["feed", "landed_seq"]).to_dicts()
    changed = changed_sources(settings, built, landed_sequences(ledger))
    if changed is None:
        return None
    same_span = sorted(plan["rows"]) == built.get("months")
    found = downstream(manifest, changed, stop_at={CALENDAR_SPAN} if same_span else set())
    if among is None:
        among = manifest["nodes"].keys()
    unpinned = _unpinned(settings, {key: manifest["nodes"][key] for key in among})
    return None if unpinned is None else (found & set(among)) | unpinned


def downstream(manifest: Mapping[str, Any], sources: Iterable[str], stop_at: set[str]) -> set[str]:
    """Unique ids of the models that read one of `sources` (`bronze.nyiso__pal`), directly or through others; models named in
    `stop_at`, and what reads the sources through them alone, are left out.
    """
    names = {f"{s['source_name']}.{s['name']}": key for key, s in manifest["sources"].items()}
    waiting = [names[source] for source in sources if source in names]
    found: set[str] = set()
    while waiting:
        for child in manifest["child_map"].get(waiting.pop(), ()):
            node = manifest["nodes"].get(child)
            if node and node["resource_type"] == "model" and child not in found and node["name"] not in stop_at:
                found.add(child)
                waiting.append(child)
    return found


def _unpinned(settings: Settings, nodes: Mapping[str, Any]) -> set[str] | None:
    """Models of `nodes` without a view in the warehouse, or whose view pins another version than their table's newest or lies in another
    home: what a killed run, a copy or a hand left. None where the warehouse cannot be opened: the build that follows says why.
    """
    import duckdb

    try:
        with duckdb.connect(str(settings.warehouse), read_only=True) as con:
            rows = con.execute("select schema_name, view_name, sql from duckdb_views()").fetchall()
    except duckdb.IOException:
        return None
    views = {(schema, name): sql for schema, name, sql in rows}
    return {
        key
        for key, node in nodes.items()
        if node["resource_type"] == "model"
        and node["config"]["materialized"] in ("lake", "view")
        and not _is_right(views.get((node["schema"], node["name"])), node, settings)
    }


def _is_right(view: str | None, node: Mapping[str, Any], settings: Settings) -> bool:
    """Whether a view's SQL reads this home (and not the one it was copied from) and, of a table, the newest version."""
    if view is None:
        return False
    homes = (f"{settings.home}/", f"{settings.outside}/")
    if any(not place.startswith(homes) for place in re.findall(r"delta_scan\('((?:[^']|'')*)'", view)):
        return False
    if node["config"]["materialized"] == "view":
        return True
    pinned = re.search(r'version"?\s*:?=>?\s*(\d+)', view)
    newest = lake.newest_version(settings.home / node["schema"] / node["name"])
    return pinned is not None and int(pinned.group(1)) == newest
