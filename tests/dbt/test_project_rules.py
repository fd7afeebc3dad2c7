"""What dbt-project-evaluator asks of a project, asked of this one: names, staging, sources, keys, descriptions."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from extract.catalogue import FEEDS
from orchestration.dbt import ensure_manifest

MANIFEST: dict[str, Any] = json.loads(ensure_manifest().read_text())
MODELS = {n["name"]: n for n in MANIFEST["nodes"].values() if n["resource_type"] == "model"}
LAYER = {name: node["fqn"][1] for name, node in MODELS.items()}
NAMES = {
    "bronze": r"stg_[a-z0-9]+(_[a-z0-9]+)*__[a-z0-9_]+",
    "silver": r"int_[a-z0-9]+(_[a-z0-9]+)*(__[a-z0-9_]+)?",
    "gold": r"(dim|fct|mart|feat)_[a-z0-9_]+",
}
# What the models read of what other rooms write: runs, gates, forecasts.
OPERATIONS = ("stg_gridlake__",)
# Registers of a year and listed events: taken as published, no sample of anything to judge row by row.
AS_PUBLISHED = {"stg_epa__ampd_emission", "stg_epa__egrid_plant", "stg_outage__us_events"}


def upstream(node: dict[str, Any], kind: str) -> list[str]:
    return [key for key in node["depends_on"]["nodes"] if key.startswith(f"{kind}.")]


@pytest.mark.parametrize("layer", sorted(NAMES))
def test_models_are_named_for_their_layer(layer: str) -> None:
    mine = [name for name in MODELS if LAYER[name] == layer]
    assert mine
    assert [name for name in mine if not re.fullmatch(NAMES[layer], name)] == []
    assert set(LAYER.values()) == set(NAMES)


def test_only_bronze_reads_sources_and_each_of_its_models_reads_one() -> None:
    for name, node in MODELS.items():
        sources = upstream(node, "source")
        if LAYER[name] == "bronze":
            assert len(sources) == 1, name
            assert upstream(node, "model") == [], name
        else:
            assert sources == [], f"{name} reads a source itself: a stg_ model stands between"
        assert "delta_scan" not in node["raw_code"], f"{name} reads files by itself"


def test_every_source_has_exactly_one_staging_model() -> None:
    staged = [source for name, node in MODELS.items() if LAYER[name] == "bronze" for source in upstream(node, "source")]
    assert sorted(staged) == sorted(MANIFEST["sources"])
    assert {f"stg_{feed.table}" for feed in FEEDS} <= set(MODELS)


def test_no_layer_reads_a_later_one() -> None:
    order = list(NAMES)
    for name, node in MODELS.items():
        for key in upstream(node, "model"):
            other = key.rsplit(".", 1)[-1]
            assert order.index(LAYER[other]) <= order.index(LAYER[name]), f"{name} reads {other}"


def test_gold_reads_no_feed_but_by_way_of_silver_where_it_measures() -> None:
    """Dimensions may read a master list as it lies; a fact's values are judged in silver first."""
    for name, node in MODELS.items():
        if LAYER[name] == "gold" and name.startswith(("fct_", "mart_", "feat_")):
            staged = [key.rsplit(".", 1)[-1] for key in upstream(node, "model") if ".stg_" in key]
            assert {s for s in staged if not s.startswith(OPERATIONS)} <= AS_PUBLISHED, name


def test_every_gold_table_is_described_with_all_its_columns_and_its_key_tested() -> None:
    tested = {
        node["attached_node"].rsplit(".", 1)[-1]
        for node in MANIFEST["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == "unique_key"
    }
    gold = {name: node for name, node in MODELS.items() if LAYER[name] == "gold"}
    assert set(gold) <= tested
    undescribed = [
        f"{n}.{c}" for n, node in gold.items() for c, told in node["columns"].items() if not told["description"].strip()
    ]
    assert undescribed == []


def test_seeds_are_read_by_someone() -> None:
    seeds = {key for key, node in MANIFEST["nodes"].items() if node["resource_type"] == "seed"}
    read = {key for node in MANIFEST["nodes"].values() for key in (node.get("depends_on") or {}).get("nodes", [])}
    assert seeds - read == set()


SUBJECTS = sorted({emit.subject for feed in FEEDS for emit in feed.emits})
# Nothing chooses among their feeds: samples of all are averaged by the minute, or looked at one by one.
UNRANKED = {"frequency", "phasor"}


@pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if subject not in UNRANKED])
def test_where_a_source_has_several_feeds_one_place_says_which_speaks(subject: str) -> None:
    ranked = MANIFEST["macros"]["macro.gridlake.feed_precedence"]["macro_sql"]
    block = re.search(rf"'{subject}': \[(.*?)\]", ranked, re.DOTALL)
    assert block
    listed = re.findall(r"'(\w+)'", block[1])
    by_source: dict[str, set[str]] = {}
    for feed in FEEDS:
        if subject in {emit.subject for emit in feed.emits}:
            by_source.setdefault(feed.source_system, set()).add(feed.name)
    several = {name for feeds in by_source.values() if len(feeds) > 1 for name in feeds}
    assert several == set(listed)
    assert len(listed) == len(set(listed))


def test_no_model_ranks_feeds_by_the_alphabet_alone() -> None:
    ordered = re.compile(
        r"[\s,](\w+\.)?feed asc\b|, (\w+\.)?feed\s*\) as \w*rank"
    )  # what comes last where rows are ranked
    choosing = {name for name, node in MODELS.items() if ordered.search(node["raw_code"])}
    assert {
        "fct_load_hourly",
        "fct_price_interval",
        "fct_alert",
        "fct_meter_daily",
        "fct_interchange_hourly",
    } <= choosing
    by_alphabet = {name for name in choosing if "feed_precedence(" not in MODELS[name]["raw_code"]}
    assert by_alphabet == set()
