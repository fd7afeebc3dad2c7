"""A feed's `emits` run by DuckDB over parsed rows, so that tests see the values silver would take."""

from __future__ import annotations

import re

import duckdb
import polars as pl

from extract.emit import ACROSS_CODE, ACROSS_VALUE, SUBJECTS, Emit, literal
from extract.feed import Feed

_MACRO = re.compile(r"\{\{ to_number\('([^']*)'\) \}\}")
_AGGREGATE = re.compile(r"\b(max|min|sum|avg)\s*\(")


def _sql(expression: str) -> str:
    return _MACRO.sub(r"try_cast(nullif(trim(\1), '') as double)", expression)


def emitted(feed: Feed, rows: pl.DataFrame, subject: str) -> pl.DataFrame:
    """What all emits of `feed` for `subject` take out of `rows`, with interval and region."""
    found = [_emitted(emit, rows) for emit in feed.emits if emit.subject == subject]
    return pl.concat(found, how="vertical_relaxed")


def _emitted(emit: Emit, rows: pl.DataFrame) -> pl.DataFrame:
    columns = {
        "region_id": "region_id",
        "interval_start_utc": emit.starts,
        "interval_end_utc": emit.ends,
        "published_at_utc": "published_at_utc" if "published_at_utc" in rows.columns else "cast(null as timestamp)",
        **{c.name: f"cast({emit.columns.get(c.name, c.default)} as {c.type})" for c in SUBJECTS[emit.subject]},
    }
    source = "rows"
    if emit.across:
        one = "select *, {} as {}, cast({} as varchar) as {} from rows"
        parts = [one.format(literal(code), ACROSS_CODE, column, ACROSS_VALUE) for column, code in emit.across.items()]
        source = "(" + " union all ".join(parts) + ")"
    selected = ", ".join(f"{expression} as {name}" for name, expression in columns.items())
    query = f"select {selected} from {source}"
    if emit.where:
        query += f" where {emit.where}"
    if emit.is_grouped:
        positions = [str(i) for i, e in enumerate(columns.values(), 1) if not _AGGREGATE.search(e)]
        query += f" group by {', '.join(positions)}"
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        return connection.sql(_sql(query)).pl()
