"""`gridlake query` and `gridlake metric`: the published snapshot from the shell.

Belongs here: arguments and output. A query is answered hundreds of times in a loop, so that this module imports
nothing heavy; rows go to stdout, remarks to stderr.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from gridlake.cli import command_options, print_json, say
from gridlake.errors import UsageError

if TYPE_CHECKING:
    from semantic.model import View

FORMATS = ("table", "csv", "json", "parquet")
TABLE_ROWS = 1000  # what a person may scroll through; other formats print every row

_format = click.option("--format", "format_", type=click.Choice(FORMATS), default="table", show_default=True, help="How rows are printed.")  # fmt: skip
_WHERE = re.compile(r"^\s*([A-Za-z_.]+)\s*(>=|<=|!=|!~|=|~|>|<)\s*(.*?)\s*$")
_SIGNS = {
    "=": "equals", "!=": "notEquals", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "~": "contains", "!~": "notContains",
}  # fmt: skip


@click.command()
@click.argument("sql")
@_format
@command_options
def query(sql: str, format_: str, as_json: bool) -> None:
    """SQL over the published snapshot (schema gold): read only, one statement, nothing outside it reachable.

    \b
    Examples:
      gridlake query "select * from fct_load_hourly limit 5"
      gridlake query "select region_id, avg(load_mw) as mean_mw from fct_load_hourly group by 1" --format csv
      gridlake query "select * from mart_carbon" --format parquet > carbon.parquet
    """
    import duckdb

    from gridlake.settings import load_settings
    from gridlake.snapshot import connect_snapshot, current_snapshot

    snapshot = current_snapshot(load_settings())
    con = connect_snapshot(snapshot)
    try:
        answer = con.execute(_one_read(con, sql))
        _print_answer(answer, "json" if as_json else format_, {"snapshot_id": snapshot.snapshot_id})
    except duckdb.Error as error:
        raise UsageError(str(error).strip(), _remedy(error, snapshot.tables)) from error
    finally:
        con.close()


def _remedy(error: Exception, tables: Iterable[str]) -> str:
    """Every table where the statement names one that is not there; else where to look."""
    if "Table with name" in str(error):
        return "Tables: " + ", ".join(sorted(tables)) + "."
    return 'Columns: `gridlake query "describe TABLE"`; tables: `gridlake query "show tables"`; examples: docs/questions.md.'


def _one_read(con: Any, sql: str) -> Any:
    """The one reading statement in `sql`. Raises `UsageError` for none, several, or one that writes."""
    import duckdb

    statements = con.extract_statements(sql)
    if len(statements) != 1:
        raise UsageError(f"There are {len(statements)} SQL statements.", "Give exactly one.")
    kind: Any = statements[0].type
    if kind == duckdb.StatementType.EXPLAIN:
        kind = _explained_kind(con, sql)
    if kind != duckdb.StatementType.SELECT:
        raise UsageError("Only reading is allowed.", "Use select, describe, show, summarize or explain.")
    return statements[0]


def _explained_kind(con: Any, sql: str) -> Any:
    """What an EXPLAIN explains: EXPLAIN ANALYZE executes it, a COPY into a published file included."""
    import duckdb

    inner = re.match(r"\s*explain\s+(?:analyze\s+)?(.*)", sql, re.IGNORECASE | re.DOTALL)
    try:
        parts = con.extract_statements(inner.group(1)) if inner else []
    except duckdb.Error:
        return None
    return parts[0].type if len(parts) == 1 else None


def _print_answer(answer: Any, format_: str, extra: dict[str, Any]) -> None:
    columns = [c[0] for c in answer.description]
    if format_ == "parquet":
        _print_parquet(answer.to_arrow_table())
        return
    rows = answer.fetchall()
    print_rows(columns, rows, format_, extra)


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[Any]], format_: str, extra: dict[str, Any]) -> None:
    """Rows in the format asked for. A table stops at a thousand rows and says so on stderr."""
    if format_ == "csv":
        from semantic.export import write_csv

        write_csv(sys.stdout, columns, rows)
    elif format_ == "json":
        names = _unique(columns)
        listed = [dict(zip(names, map(_json_value, row), strict=True)) for row in rows]
        print_json({"columns": names, "rows": listed, "row_count": len(listed), **extra})
    else:
        from gridlake.cli import print_table

        names = _unique(columns)
        print_table([dict(zip(names, row, strict=True)) for row in rows[:TABLE_ROWS]], names)
        if len(rows) > TABLE_ROWS:
            say(f"{TABLE_ROWS:,} of {len(rows):,} rows shown; use --format csv for all")


def _print_parquet(table: Any) -> None:
    import pyarrow.parquet as pq

    if sys.stdout.isatty():
        raise UsageError("Parquet is not for a terminal.", "Redirect it to a file: > rows.parquet")
    pq.write_table(table, sys.stdout.buffer)


def _unique(columns: Sequence[str]) -> list[str]:
    names: list[str] = []
    for name in columns:
        names.append(name if name not in names else f"{name}_{len(names) + 1}")
    return names


def _json_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


@click.command()
@click.argument("view")
@click.argument("measures")
@click.option("--by", "dimensions", default="", help="Dimensions to group by, separated by commas.")
@click.option("--grain", type=click.Choice(["hour", "day", "week", "month", "quarter", "year"]), help="Group by time.")
@click.option("--where", "conditions", multiple=True, help="Filter such as 'region_id = NYISO,PJM' (= != > >= < <= ~ !~); may be repeated.")  # fmt: skip
@click.option("--from", "from_", help="First day, or moment, included.")
@click.option("--to", help="Last day, or moment, included.")
@click.option("--tz", "timezone", default="UTC", show_default=True, help="Time zone of --from, --to and --grain.")
@click.option("--limit", type=click.IntRange(1), help="Stop after so many rows.")
@_format
@command_options
def metric(
    view: str,
    measures: str,
    dimensions: str,
    grain: str | None,
    conditions: tuple[str, ...],
    from_: str | None,
    to: str | None,
    timezone: str,
    limit: int | None,
    format_: str,
    as_json: bool,
) -> None:
    """Metrics of the semantic layer: MEASURES of VIEW, separated by commas.

    \b
    Examples:
      gridlake metric load average_load_mw,peak_load_mw --by region_id
      gridlake metric prices average_price_per_mwh --by region_id,market_id --grain day --from 2017-01-01 --to 2017-01-31
      gridlake metric generation renewable_share_pct --grain month --where "region_id = NYISO" --tz America/New_York
    """
    from semantic.client import SemanticClient

    client = SemanticClient()
    shown = client.model.view(view)
    request: dict[str, Any] = {
        "measures": [_qualified(view, m) for m in _listed(measures)],
        "dimensions": [_qualified(view, d) for d in _listed(dimensions)],
        "filters": [_condition(view, c) for c in conditions],
        "timezone": timezone,
    }
    if grain or from_ or to:
        request["timeDimensions"] = [_time(shown, grain, from_, to)]
    if limit:
        request["limit"] = limit
    result = client.query(request)
    if format_ == "parquet" and not as_json:
        _print_parquet(result.frame.to_arrow())
        return
    meta = {"annotation": result.annotation, "meta": result.meta}
    print_rows(result.frame.columns, result.frame.rows(), "json" if as_json else format_, meta)
    if format_ == "table" and not as_json:
        units = {c: a["unit"] for c, a in result.annotation.items() if a["unit"]}
        say("units: " + ", ".join(f"{c} {u}" for c, u in units.items()) + f" · snapshot {result.meta['snapshot_id']}")


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _qualified(view: str, name: str) -> str:
    return name if "." in name else f"{view}.{name}"


def _condition(view: str, text: str) -> dict[str, Any]:
    found = _WHERE.match(text)
    if not found or not found[3]:
        raise UsageError(
            f"--where {text!r} cannot be read.", "Write 'member = value', with one of = != > >= < <= ~ !~."
        )
    return {"member": _qualified(view, found[1]), "operator": _SIGNS[found[2]], "values": _listed(found[3])}


def _time(view: View, grain: str | None, from_: str | None, to: str | None) -> dict[str, Any]:
    """The view's own time: the interval where it has one, else the local day, else its first time."""
    times = [m.name for m in view.of_kind("dimension") if m.member.type == "time"]
    if not times:
        raise UsageError(f"The view {view.name} has no time.", "Leave out --grain, --from and --to.")
    name = next((n for n in ("interval_start_utc", "local_date") if n in times), times[0])
    body: dict[str, Any] = {"dimension": f"{view.name}.{name}"}
    if grain:
        body["granularity"] = grain
    if from_ or to:
        body["dateRange"] = [from_ or "1900-01-01", to or "2999-12-31"]
    return body
