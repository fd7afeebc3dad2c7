"""Writes what follows from the feeds' declarations: dbt's bronze views and sources, silver's entries, the gates' list.

`python -m extract.generate` writes the files, `--check` only says whether they are up to date.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from extract.catalogue import FEEDS
from extract.emit import ACROSS_CODE, ACROSS_VALUE, SUBJECTS, Emit, literal
from extract.feed import Feed
from extract.outage_history import ATTRIBUTES, history_sql
from gridlake.settings import PROJECT_ROOT

BRONZE = PROJECT_ROOT / "dbt_project" / "models" / "bronze"
RECEIVED = PROJECT_ROOT / "dbt_project" / "models" / "silver" / "received"
SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
GATED_FEEDS = PROJECT_ROOT / "expectations" / "feeds.yml"
BY = "Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds."

LEDGER_TABLES = ("payload", "refused", "publication", "gate_result")
STAGED_LINEAGE = ("source_system", "origin", "api_endpoint", "payload_sha256", "source_member", "row_number")
LINEAGE_OUT = ("payload_sha256", "source_member", "row_number", "published_at_utc", "ingested_at_utc")
OUTAGE_MAPS = ("outage__pge", "synthetic__outage")
AGGREGATES = re.compile(r"\b(max|min|sum|avg|any_value|count)\s*\(")


# --- bronze -------------------------------------------------------------------------------------------------------


def staging_model(feed: Feed) -> str:
    """`stg_<source>__<feed>`: the Delta table one to one, stamps as naive UTC."""
    columns = [
        f"{{{{ naive_utc('{c.name}') }}}} as {c.name}" if c.type == "timestamp" else c.name for c in feed.columns
    ]
    columns.append(", ".join(STAGED_LINEAGE))
    columns += [f"{{{{ naive_utc('{name}') }}}} as {name}" for name in ("published_at_utc", "ingested_at_utc")]
    columns.append("unknown_cells, month" if feed.partitioned else "unknown_cells")
    body = ",\n    ".join(columns)
    return f"select\n    {body}\nfrom {{{{ lake_source('bronze', '{feed.table}') }}}}\n"


def sources() -> str:
    """dbt's sources: every bronze table, and what models write."""
    tables = "\n".join(f"      - name: {name}" for name in (*(f.table for f in FEEDS), *LEDGER_TABLES))
    return f"""\
# {BY}
# Bronze Delta tables as extract landed them; every one exists, empty if its feed is absent.
version: 2
sources:
  - name: bronze
    schema: bronze
    description: Payload rows as received, placed in time and key; values are text.
    tables:
{tables}
  - name: ml
    schema: ml
    description: Forecasts written by the models.
    tables:
      - name: forecast
      - name: forecast_monitor
"""


# --- silver's entry -----------------------------------------------------------------------------------------------


def received_model(subject: str) -> str:
    """`int_<subject>__received`: what every feed says of the subject, one shape, nothing judged yet."""
    selects = [_select(feed, emit) for feed in FEEDS for emit in feed.emits if emit.subject == subject]
    body = "\nunion all\n".join(selects) or _empty_select(subject)
    return f"{{{{ config(materialized='view') }}}}\n-- {BY}\n{body}\n"


def _select(feed: Feed, emit: Emit) -> str:
    values = {c.name: emit.columns.get(c.name, c.default) for c in SUBJECTS[emit.subject]}
    month = "{{ month_text('" + emit.starts.replace("'", "\\'") + "') }}" if emit.moves_months else "month"
    if emit.moves_months:
        month = f"strftime({emit.starts}, '%Y-%m')" if "{{" in emit.starts else month
    pairs = {
        "feed": literal(feed.name), "source_system": "source_system", "region_id": "region_id",
        "interval_start_utc": emit.starts, "interval_end_utc": emit.ends, "month": month, **values,
    }  # fmt: skip
    lineage = {name: name for name in LINEAGE_OUT}
    grouped = ""
    if emit.is_grouped:
        lineage["row_number"] = "min(row_number)"
        keys = [sql for sql in [*pairs.values(), *lineage.values()] if _is_key(sql)]
        grouped = "\ngroup by\n    " + ", ".join(dict.fromkeys(keys))
    columns = ",\n    ".join(sql if sql == name else f"{sql} as {name}" for name, sql in {**pairs, **lineage}.items())
    where = f"\nwhere {emit.where}" if emit.where else ""
    return f"select\n    {columns}\nfrom {_source(feed, emit)}{where}{grouped}"


def _is_key(sql: str) -> bool:
    return not (AGGREGATES.search(sql) or re.fullmatch(r"'[^']*'|cast\(null as \w+\)", sql))


def _source(feed: Feed, emit: Emit) -> str:
    model = f"{{{{ ref('stg_{feed.table}') }}}}"
    if not emit.across:
        return model
    codes = ", ".join(f"({literal(column)}, {literal(code)})" for column, code in emit.across.items())
    cases = " ".join(f"when {literal(column)} then staged.{column}" for column in emit.across)
    return (
        f"(\n    select staged.*, codes.{ACROSS_CODE}, case codes.across_column {cases} end as {ACROSS_VALUE}\n"
        f"    from {model} as staged\n"
        f"    cross join (values {codes}) as codes (across_column, {ACROSS_CODE})\n) as across_columns"
    )


def _empty_select(subject: str) -> str:
    typed = {
        "feed": "varchar", "source_system": "varchar", "region_id": "varchar", "interval_start_utc": "timestamp",
        "interval_end_utc": "timestamp", "month": "varchar", **{c.name: c.type for c in SUBJECTS[subject]},
        "payload_sha256": "varchar", "source_member": "varchar", "row_number": "bigint",
        "published_at_utc": "timestamp", "ingested_at_utc": "timestamp",
    }  # fmt: skip
    columns = ",\n    ".join(f"cast(null as {kind}) as {name}" for name, kind in typed.items())
    return f"select\n    {columns}\nwhere false"


def received_documents() -> str:
    """Descriptions of the received models."""
    models = [
        {
            "name": f"int_{subject}__received",
            "description": f"What every feed says of {subject}, as received, one shape for all; rules come after.",
            "columns": [{"name": c.name, "description": c.description} for c in columns],
        }
        for subject, columns in SUBJECTS.items()
    ]
    text = yaml.safe_dump({"version": 2, "models": models}, sort_keys=False, allow_unicode=True, width=140)
    return f"# {BY}\n{text}"


def months_model() -> str:
    """`int_span__month`: months that hold any bronze row with an interval."""
    selects = [f"    select distinct month from {{{{ ref('stg_{f.table}') }}}}" for f in FEEDS if f.partitioned]
    months = "\n    union\n".join(selects)
    return f"""\
-- {BY}
-- Months that hold any bronze row with an interval: the calendar's span.
with months as (
{months}
)

select
    month,
    cast(month || '-01' as timestamp) as interval_start_utc
from months
"""


def outage_model() -> str:
    """`int_outage__history`: every state of every outage, out of the snapshots of outage maps."""
    head = f"-- {BY.replace('change them in extract/feeds', 'the SQL stands in extract/outage_history.py')}\n"
    columns = ", ".join(
        ("source_system", "outage_number", *ATTRIBUTES, "published_at_utc", "payload_sha256", "row_number")
    )
    maps = " union all ".join(f"select {columns} from {{{{ ref('stg_{table}') }}}}" for table in OUTAGE_MAPS)
    return f"{head}with maps as ({maps})\n,\n" + history_sql("maps").strip().removeprefix("with ") + "\n"


# --- gates --------------------------------------------------------------------------------------------------------


def gated_feeds() -> str:
    """What the bronze gates look at in each feed's table: its key, its stamp and its columns of values."""
    records = [
        {
            "table": feed.table, "feed": feed.name, "key": feed.key_column, "value": feed.value_columns[0],
            "filled": "coalesce(" + ", ".join(f"nullif(trim(landed.{c}), '')" for c in feed.value_columns) + ")",
            "columns": feed.value_columns,
            "stamp": "interval_start_utc" if feed.partitioned else "ingested_at_utc",
            "ahead": f"{feed.days_ahead} days",
            "sparse": str(feed.is_sparse).lower(),
        }
        for feed in FEEDS
    ]  # fmt: skip
    return f"# {BY}\n" + yaml.safe_dump(records, sort_keys=False, width=1000, default_flow_style=None)


def conventions() -> str:
    """The seed `feed_conventions`: what the warehouse needs to know of every feed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ("feed", "source_system", "subject", "cadence", "time_convention", "licence", "hole_tolerance_pct", "is_mixed")
    )
    for feed in FEEDS:
        tolerance = round(100 * feed.hole_tolerance, 3)
        told = (feed.name, feed.source_system, feed.subject, feed.cadence, feed.time_convention, feed.licence)
        writer.writerow((*told, tolerance, str(feed.is_mixed).lower()))
    return text.getvalue()


# --- files --------------------------------------------------------------------------------------------------------


def files() -> Iterator[tuple[Path, str]]:
    """Every generated file with its content."""
    for feed in FEEDS:
        yield BRONZE / f"stg_{feed.table}.sql", staging_model(feed)
    yield BRONZE / "_sources.yml", sources()
    for subject in SUBJECTS:
        yield RECEIVED / f"int_{subject}__received.sql", received_model(subject)
    yield RECEIVED / "_received.yml", received_documents()
    yield RECEIVED.parent / "int_span__month.sql", months_model()
    yield RECEIVED.parent / "int_outage__history.sql", outage_model()
    yield SEEDS / "feed_conventions.csv", conventions()
    yield GATED_FEEDS, gated_feeds()


def stale(generated: Iterable[tuple[Path, str]]) -> list[Path]:
    """Files whose content is not what the declarations say, and generated ones no declaration asks for any more."""
    wanted = dict(generated)
    found = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    known = {
        *wanted,
        *(BRONZE / f"stg_gridlake__{table}.sql" for table in (*LEDGER_TABLES, "forecast", "forecast_monitor")),
    }
    return found + [path for path in [*BRONZE.glob("stg_*.sql"), *RECEIVED.glob("*")] if path not in known]


def main() -> int:
    wanted = dict(files())
    old = stale(wanted.items())
    if "--check" in sys.argv:
        print("\n".join(f"{path.relative_to(PROJECT_ROOT)} is not up to date" for path in old))
        return 1 if old else 0
    for path in old:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
        print(path.relative_to(PROJECT_ROOT))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
