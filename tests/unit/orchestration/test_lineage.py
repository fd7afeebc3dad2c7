"""Column lineage read out of SQL, and the catalogue's pages made of it."""

from __future__ import annotations

import json

from gridlake.governance import owner_of, pii_of
from orchestration.catalogue import PAGES, gold_nodes, keys, origin
from orchestration.dbt import ensure_manifest
from orchestration.lineage import trace

BRONZE = {"bronze__nyiso__pal": ["region_id", "load", "zone"], "zones": ["zone_id", "name"]}
STAGED = "select region_id, load, zone from delta_scan('/home/x/bronze/nyiso__pal', version => 3)"


def test_values_are_followed_through_ctes_unions_and_stars() -> None:
    lineage = trace(
        {
            "stg": STAGED,
            "int": "with a as (select * from stg), b as (select zone, try_cast(load as double) as mw from a union all select zone, 0 from a) select * from b",
            "fct": """select i.zone as zone_id, sum(i.mw) over (partition by i.zone) / 2 as half_mw, z.name as zone_name, 1 as one
                from "warehouse"."silver"."int" as i join seeds.zones as z on i.zone = z.zone_id where z.name <> ''""",
        },
        BRONZE,
    )
    assert lineage.unread == {}
    assert origin(lineage, "fct", "zone_id") == "nyiso__pal.zone"
    assert origin(lineage, "fct", "half_mw") == "nyiso__pal.load, nyiso__pal.zone"
    assert origin(lineage, "fct", "zone_name") == "zones.name"
    assert origin(lineage, "fct", "one") == "made in the model"


def test_parts_of_a_union_are_followed_by_place_not_by_name() -> None:
    union = "select zone, name, load, 1 as n from stg_named union all select zone, cast(null as text), cast(null as double), max(load) from stg"
    named = "select zone, name, load from bronze__nyiso__pal, zones"
    lineage = trace({"stg": STAGED, "stg_named": named, "fct": union}, BRONZE)
    assert lineage.unread == {}
    assert [origin(lineage, "fct", column) for column in ("name", "load", "n")] == [
        "zones.name", "nyiso__pal.load", "nyiso__pal.load",
    ]  # fmt: skip


def test_what_cannot_be_followed_is_said_to_be() -> None:
    lineage = trace({"broken": "select from where", "fct": "select mw from broken"}, BRONZE)
    assert set(lineage.unread) == {"broken"}
    assert origin(lineage, "fct", "mw") == "not resolved"


def test_the_catalogue_has_a_page_for_every_gold_table_as_it_stands() -> None:
    """Lineage is left to `make catalogue --check`, which compiles the project; all else must be current here."""
    manifest = json.loads(ensure_manifest().read_text())
    gold, key = gold_nodes(manifest), keys(manifest)
    assert {path.stem for path in PAGES.glob("*.md")} == {"README", *gold}, "run `make catalogue`"
    for name, node in gold.items():
        text = (PAGES / f"{name}.md").read_text()
        assert f"**Owner:** {owner_of(node)}" in text, name
        assert f"one row per {', '.join(f'`{c}`' for c in key[name])}" in text, name
        for column, told in node["columns"].items():
            unit = (told["config"].get("meta") or {}).get("unit", "")
            row = f"| `{column}` | {told['data_type']} | {unit} | {pii_of(node, column)} | {' '.join(told['description'].split())}"
            assert row.replace("\n", " ") in text.replace("\\|", "|"), f"{name}.{column}: run `make catalogue`"
