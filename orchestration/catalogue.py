"""`docs/catalogue`: a page for each gold table — grain, owner, columns with type, unit, class of personal data, meaning, origin.

Belongs here: writing the pages from dbt's manifest and the lineage of the compiled SQL. `python -m orchestration.catalogue`
writes them; `--check` says whether the pages are those of the project as it stands.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

from extract.catalogue import FEEDS
from gridlake.contracts import PAYLOAD, REFUSED
from gridlake.governance import owner_of, pii_of
from gridlake.settings import PROJECT_ROOT
from orchestration.lineage import Lineage, trace

PAGES = PROJECT_ROOT / "docs" / "catalogue"
SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
MANY = 6  # raw columns named before the rest is only counted
UNRESOLVED = "not resolved"
BOOKKEEPING = ("payload_sha256", "month", "row_number", "source_member", "api_endpoint")


def gold_nodes(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Gold's models by name."""
    return {n["name"]: n for n in manifest["nodes"].values() if n["resource_type"] == "model" and n["fqn"][1] == "gold"}


def keys(manifest: dict[str, Any]) -> dict[str, list[str]]:
    """The columns that name a row of each model, as its key test says."""
    return {
        n["attached_node"].rsplit(".", 1)[-1]: n["test_metadata"]["kwargs"]["columns"]
        for n in manifest["nodes"].values()
        if n["resource_type"] == "test" and (n.get("test_metadata") or {}).get("name") == "unique_key"
    }


def outside_columns() -> dict[str, list[str]]:
    """Columns of what no model makes: bronze tables as `bronze__<table>`, and seeds."""
    bronze = {f"bronze__{feed.table}": [c.name for c in feed.contract.columns] for feed in FEEDS}
    bronze |= {f"bronze__{t.name}": [c.name for c in t.columns] for t in (PAYLOAD, REFUSED)}
    seeds = {}
    for path in sorted(SEEDS.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as handle:
            seeds[path.stem] = next(csv.reader(handle))
    return {**bronze, **seeds}


def compiled_models(manifest: dict[str, Any], target: Path) -> dict[str, str]:
    """The SQL of every model as dbt compiled it below `target`, each after what it reads."""
    nodes = {key: n for key, n in manifest["nodes"].items() if n["resource_type"] == "model"}
    done: dict[str, str] = {}

    def visit(key: str) -> None:
        node = nodes[key]
        if node["name"] in done:
            return
        for upstream in node["depends_on"]["nodes"]:
            if upstream in nodes:
                visit(upstream)
        done[node["name"]] = (target / "compiled" / "gridlake" / node["original_file_path"]).read_text(encoding="utf-8")

    for key in nodes:
        visit(key)
    return done


def origin(lineage: Lineage, table: str, column: str) -> str:
    """Where a column's values come from, in words.

    >>> chain = Lineage({"g": {"mw": frozenset({("s", "load")})}, "s": {"load": frozenset({("bronze__nyiso__pal", "load")})}})
    >>> origin(chain, "g", "mw")
    'nyiso__pal.load'
    """
    raw, resolved = lineage.raw(table, column)
    named = sorted(f"{t.removeprefix('bronze__')}.{c}" for t, c in raw if c not in BOOKKEEPING)
    text = ", ".join(named[:MANY]) + (f" and {len(named) - MANY} more" if len(named) > MANY else "")
    if not resolved:
        return f"{text}; the rest {UNRESOLVED}" if text else UNRESOLVED
    return text or "made in the model"


def page(node: dict[str, Any], key: list[str], lineage: Lineage) -> str:
    """One table's page."""
    lines = [
        f"# {node['name']}", "", node["description"].strip(), "",
        f"- **Grain:** one row per {', '.join(f'`{c}`' for c in key)}", f"- **Owner:** {owner_of(node)}", "",
        "| column | type | unit | personal data | meaning | raw columns |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name, column in node["columns"].items():
        meaning = " ".join(column["description"].split()).replace("|", "\\|")
        unit = (column["config"].get("meta") or {}).get("unit", "")
        lines.append(
            f"| `{name}` | {column['data_type']} | {unit} | {pii_of(node, name)} | {meaning} | {origin(lineage, node['name'], name)} |"
        )
    return "\n".join(lines) + "\n"


def pages(manifest: dict[str, Any], lineage: Lineage) -> dict[str, str]:
    """Every page by file name, and the index."""
    gold, key = gold_nodes(manifest), keys(manifest)
    made = {f"{name}.md": page(node, key[name], lineage) for name, node in sorted(gold.items())}
    columns = [(name, column) for name, node in gold.items() for column in node["columns"]]
    unresolved = [f"{n}.{c}" for n, c in columns if not lineage.raw(n, c)[1]]
    lines = [
        "# Catalogue of gold", "",
        "Written by `make catalogue` from the dbt project: change descriptions, units, owners and classes there (`dbt_project.yml`,",
        "`dbt_project/models/gold/*.yml`). Raw columns are read out of the compiled SQL: what a value is made of, through every view and",
        "model, down to bronze (`<source>__<feed>.<column>`), a seed, or an operations table. Conditions of joins are not counted.", "",
        f"{len(gold)} tables, {len(columns)} columns; lineage of {len(unresolved)} columns could not be followed to its end.", "",
        "Personal data: *none*; *indirect* tells of a person once linked with other data; *direct* names one, and is masked in gold for every",
        "reader. The link from person to meter stands in bronze alone, which no reader reaches; `gridlake erase customer` removes it with proof.", "",
        "| table | owner | rows are | columns |", "|---|---|---|---|",
    ]  # fmt: skip
    lines += [
        f"| [{name}]({name}.md) | {owner_of(node)} | {', '.join(key[name])} | {len(node['columns'])} |"
        for name, node in sorted(gold.items())
    ]
    if unresolved:
        lines += ["", "Not followed: " + ", ".join(f"`{c}`" for c in unresolved) + "."]
    if lineage.unread:
        lines += [
            "",
            "Models whose SQL could not be read: " + ", ".join(f"`{m}`" for m in sorted(lineage.unread)) + ".",
        ]
    made["README.md"] = "\n".join(lines) + "\n"
    return made


def compile_project(home: Path) -> Path:
    """Compile every model in an empty home; returns the folder with `compiled/` and `manifest.json`."""
    from dbt.cli.main import dbtRunner

    from gridlake.settings import load_settings
    from orchestration import dbt

    settings = load_settings(home=home, environ={})
    settings.home.mkdir(parents=True, exist_ok=True)
    target = settings.home / "target"
    arguments = [
        "compile", "--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT), "--target-path", str(target),
        "--quiet", "--no-introspect", "--select", "resource_type:model", *dbt.NO_LOG_FILE,
    ]  # fmt: skip
    with dbt._environment(settings):
        try:
            result = dbtRunner().invoke(arguments)
        finally:
            dbt._close_connections()
    if not result.success:
        raise dbt._explained(result.exception, settings)
    return target


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` say which are not current. Returns the exit code."""
    import json
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        target = compile_project(Path(folder))
        manifest = json.loads((target / "manifest.json").read_text())
        made = pages(manifest, trace(compiled_models(manifest, target), outside_columns()))
    kept = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")}
    if "--check" in arguments:
        stale = sorted(name for name in kept.keys() | made.keys() if kept.get(name) != made.get(name))
        print("\n".join(f"docs/catalogue/{name} is not current" for name in stale) or "docs/catalogue is current")
        return int(bool(stale))
    PAGES.mkdir(parents=True, exist_ok=True)
    for name in kept.keys() - made.keys():
        (PAGES / name).unlink()
    for name, text in made.items():
        (PAGES / name).write_text(text, encoding="utf-8")
    print(made["README.md"].split("\n")[6])
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
