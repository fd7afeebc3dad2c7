"""What the feeds declare for silver is SQL that runs, and says what the source says."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from extract.archive import archive_payloads
from extract.catalogue import FEEDS, feed
from extract.emit import SUBJECTS
from extract.feed import Feed, Parsed
from extract.feeds.spain import _with_repair
from gridlake.settings import load_settings
from tests.unit.extract.emitted import emitted


def parsed(name: str, archive: Path, file: str) -> Parsed:
    settings = load_settings(home=archive / "unused", origin="archive", archive=archive, environ={})
    found = feed(name)
    return found.parse(next(p for p in archive_payloads(found, settings) if p.name == file))


@pytest.mark.parametrize("candidate", FEEDS, ids=lambda f: f.name)
def test_emits_run_over_an_empty_table(candidate: Feed) -> None:
    types = {"text": pl.String, "timestamp": pl.Datetime("us"), "integer": pl.Int64, "double": pl.Float64}
    rows = pl.DataFrame(schema={c.name: types.get(c.type, pl.String) for c in candidate.contract.columns})
    for subject in {emit.subject for emit in candidate.emits}:
        found = emitted(candidate, rows, subject)
        assert set(found.columns) >= {c.name for c in SUBJECTS[subject]}


def test_nyiso_congestion_is_added_to_the_price(archive: Path) -> None:
    for name, file in (("nyiso_damlbmp", "20220718da.csv"), ("nyiso_realtime", "20220718rt.csv")):
        rows = parsed(name, archive, file).rows
        prices = emitted(feed(name), rows, "price")
        assert prices.height == rows.height
        energy = prices.group_by("interval_start_utc").agg(
            spread=pl.col("energy_per_mwh").max() - pl.col("energy_per_mwh").min()
        )
        assert energy["spread"].max() < 0.025  # one reference price for all zones, but for rounding


def test_spanish_values_stand_where_they_belong() -> None:
    start = datetime(2015, 2, 4, 23)  # 5 February in Madrid; its swapped columns belong to 2 May
    spain = feed("entsoe_spain_energy")
    texts = {c.name: None for c in spain.columns if c.type == "text"}
    rows = pl.DataFrame(
        [{**texts, "region_id": "ES", "interval_start_utc": start, "interval_end_utc": start + timedelta(hours=1),
          "total_load_actual": "25000", "total_load_forecast": "25100", "generation_nuclear": "7000"}],
        schema_overrides=dict.fromkeys(texts, pl.String) | {"interval_start_utc": pl.Datetime("us")},
    )  # fmt: skip
    rows = _with_repair(rows, ["total_load_actual", "generation_nuclear"])
    moved, kept = datetime(2015, 5, 1, 22), start
    assert emitted(spain, rows, "load").row(0, named=True)["interval_start_utc"] == moved
    assert emitted(spain, rows, "load_forecast").row(0, named=True)["interval_start_utc"] == kept
    fuels = {r["source_fuel"]: r for r in emitted(spain, rows, "generation").iter_rows(named=True)}
    assert fuels["generation_nuclear"]["interval_start_utc"] == moved
    assert fuels["generation_nuclear"]["interval_end_utc"] == moved + timedelta(hours=1)
    assert fuels["generation_nuclear"]["repair_code"] == "DAY_MONTH_SWAP"
    assert fuels["generation_solar"]["interval_start_utc"] == kept
    assert fuels["generation_solar"]["repair_code"] == ""
    assert not any("pumped" in fuel for fuel in fuels)


def test_four_synthetic_records_make_one_price() -> None:
    synthetic = feed("synthetic_observation")
    start = datetime(2024, 1, 1)
    base = {c.name: None for c in synthetic.columns if c.type == "text"}
    values = {"lmp": "30", "energy": "28", "congestion": "1.5", "loss": "0.5"}
    rows = pl.DataFrame(
        [{**base, "dataset": "price", "region_id": "CAISO", "entity": "DAM:SP15", "variable": v, "value": t,
          "interval_start_utc": start, "interval_end_utc": start + timedelta(hours=1)} for v, t in values.items()]
    )  # fmt: skip
    found = emitted(synthetic, rows, "price").to_dicts()
    assert len(found) == 1
    assert (found[0]["source_code"], found[0]["market_id"], found[0]["price_text"]) == ("SP15", "DAM", "30")
    assert found[0]["energy_per_mwh"] + found[0]["congestion_per_mwh"] + found[0]["loss_per_mwh"] == 30


# What Snowflake reserves beside DuckDB's own words: https://docs.snowflake.com/en/sql-reference/reserved-keywords
SNOWFLAKE_RESERVES = {
    "account", "all", "alter", "and", "any", "as", "between", "by", "case", "cast", "check", "column", "connect",
    "connection", "constraint", "create", "cross", "current", "current_date", "current_time", "current_timestamp",
    "current_user", "database", "delete", "distinct", "drop", "else", "exists", "false", "following", "for", "from",
    "full", "grant", "group", "having", "ilike", "in", "increment", "inner", "insert", "intersect", "into", "is",
    "issue", "join", "lateral", "left", "like", "localtime", "localtimestamp", "minus", "natural", "not", "null",
    "of", "on", "or", "order", "organization", "qualify", "regexp", "revoke", "right", "rlike", "row", "rows",
    "sample", "schema", "select", "set", "some", "start", "table", "tablesample", "then", "to", "trigger", "true",
    "try_cast", "union", "unique", "update", "using", "values", "view", "when", "whenever", "where", "with",
}  # fmt: skip


def test_no_bronze_column_is_a_reserved_word() -> None:
    known = duckdb.sql(
        "select keyword_name from duckdb_keywords() where keyword_category in ('reserved', 'type_function')"
    )
    reserved = SNOWFLAKE_RESERVES | {word for (word,) in known.fetchall()}
    assert [(f.name, c.name) for f in FEEDS for c in f.columns if c.name in reserved] == []
