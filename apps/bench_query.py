"""`gridlake bench query`: every query that the app's pages ask, through the embedded engine and a real Cube, and a few of
them beside SQL written by hand.

Belongs here: collecting what pages ask, asking it, timing. The pages are opened without a browser (Streamlit's AppTest), over
seven days and over three years. Cube is measured where Node and `npm ci` in tests/cube are there: its rollups are built first,
and every turn asks with another limit, so that no answer comes from its cache of results. Figures are printed and never asserted.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from gridlake.errors import GridlakeError, NothingPublished, UsageError
from gridlake.settings import PROJECT_ROOT, Settings
from gridlake.snapshot import Snapshot, connect_snapshot, current_snapshot
from semantic.cube_api import CubeApi
from semantic.engine import Engine

PERIODS = ("7 days", "3 years")
TURNS = 3
CUBE_TURNS = 2
CUBE = PROJECT_ROOT / "tests" / "cube"  # the lock and what stands in for Cube's native module
SECRET = "a secret of the benchmark"
CUBE_ENVIRONMENT = {
    "NODE_ENV": "production", "CUBEJS_API_SECRET": SECRET, "CUBEJS_TELEMETRY": "false", "CUBEJS_LOG_LEVEL": "error", "PORT": "0",
    "CUBEJS_TESSERACT_SQL_PLANNER": "false", "CUBEJS_PG_SQL_PORT": "false", "CUBEJS_CACHE_AND_QUEUE_DRIVER": "memory",
    "CUBEJS_PRE_AGGREGATIONS_BUILDER": "true",
}  # fmt: skip
PAGE = (
    "from apps.streamlit_app import shell\nfrom apps.streamlit_app.pages_list import every_page\n"
    "shell.controls()\nnext(p for p in every_page() if p.path == {path!r}).body()\n"
)


@dataclass(frozen=True)
class Asked:
    """A query, and the page and period that asked it first."""

    page: str
    period: str
    query: dict[str, Any]


@dataclass(frozen=True)
class ByHand:
    """A question of a page as a query and as one would write it in SQL; `{days}` and `{hours}` stand for the span."""

    name: str
    view: str
    measures: tuple[str, ...]
    by: tuple[str, ...]
    time: tuple[str, str]
    sql: str


BY_HAND = (
    ByHand("load by region and day", "load", ("total_load_mwh", "count_imputed"), ("region_id",), ("local_date", "day"),
           "select region_id, local_date, sum(load_mw), count(*) filter (where is_imputed) from gold.fct_load_hourly "
           "where zone_id = region_id || '.TOTAL' and {days} group by all"),
    ByHand("load by region and hour", "load", ("total_load_mwh",), ("region_id",), ("interval_start_utc", "hour"),
           "select region_id, interval_start_utc, sum(load_mw) from gold.fct_load_hourly where zone_id = region_id || '.TOTAL' and {hours} group by all"),
    ByHand("energy by fuel and day", "generation", ("total_generation_mwh",), ("region_id", "fuel_name"), ("local_date", "day"),
           "select g.region_id, f.fuel_name, g.local_date, sum(g.generation_mw) from gold.fct_generation_hourly as g "
           "left join gold.dim_fuel as f using (fuel_id) where {days} group by all"),
    ByHand("carbon intensity by day", "carbon", ("average_carbon_intensity_kg_per_mwh",), ("region_id",), ("local_date", "day"),
           "select region_id, local_date, sum(emissions_kg) / nullif(sum(generation_mwh) filter (where emissions_kg is not null), 0) "
           "from gold.mart_carbon where {days} group by all"),
    ByHand("mean price by zone", "prices", ("average_price_per_mwh",), ("zone_id", "market_id", "currency"), ("local_date", ""),
           "select zone_id, market_id, currency, avg(price_per_mwh) from gold.fct_price_hourly where {days} group by all"),
    ByHand("completeness by subject and day", "data_quality", ("completeness_pct", "total_hole_intervals"), ("region_id", "subject"), ("local_date", "day"),
           "select region_id, subject, local_date, 100.0 * (sum(expected_intervals) - sum(hole_intervals)) / nullif(sum(expected_intervals), 0), "
           "sum(hole_intervals) from gold.fct_data_quality_daily where {days} group by all"),
)  # fmt: skip


def measure(settings: Settings) -> dict[str, Any]:
    """p50, p95 and maximum in milliseconds per query and in all; the ratio to SQL by hand."""
    snapshot = published(settings)
    asked = queries_of_pages(settings)
    engine = Engine(snapshot)
    embedded = [timed(lambda _, q=each.query: engine.query(q)) for each in asked]  # type: ignore[misc]
    ratios = beside_sql(snapshot, engine)
    engine.close()
    over_cube, why_not = _over_cube(settings, asked)
    rows: list[dict[str, Any]] = []
    for i, each in enumerate(asked):
        row = {
            "page": each.page,
            "period": each.period,
            "asks": in_words(each.query),
            **spread(embedded[i], "embedded"),
        }
        rows.append(row | (spread(over_cube[i], "cube") if over_cube else {}))
    rows.sort(key=lambda r: -r["embedded_p50_ms"])
    everything = spread([t for times in embedded for t in times], "embedded")
    everything |= spread([t for times in over_cube for t in times], "cube") if over_cube else {}
    told = ", ".join(
        f"{name.replace('_', ' ').removesuffix(' ms')} {value:.0f} ms" for name, value in everything.items()
    )
    beside = median(r["ratio"] for r in ratios)
    return {
        "headline": f"{len(asked)} queries of the app's pages, each {TURNS} times ({CUBE_TURNS} over Cube): {told}; {beside:.2f} times SQL by hand (median of {len(ratios)})"
        + (f"; Cube: {why_not}" if why_not else ""),
        "queries": len(asked), **everything, "ratio": beside, "sides": ratios, "rows": rows,
    }  # fmt: skip


def published(settings: Settings) -> Snapshot:
    """The snapshot to measure on. Raises `UsageError` where there is none."""
    try:
        found: Snapshot = current_snapshot(settings)
    except NothingPublished as error:
        raise UsageError(f"There is nothing to measure: {error.message}", error.remedy) from error
    return found


def queries_of_pages(settings: Settings, periods: Sequence[str] = PERIODS, paths: Sequence[str] = ()) -> list[Asked]:
    """Every query that opening each page (or those of `paths`) over each period asks, once."""
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    from apps.streamlit_app import shell
    from apps.streamlit_app.pages_list import every_page

    found: dict[str, Asked] = {}
    with environment(GRIDLAKE_HOME=str(settings.home), CUBE_API_URL=None):
        st.cache_resource.clear()
        for period in periods:
            for page in (p for p in every_page() if not paths or p.path in paths):
                app = AppTest.from_string(PAGE.format(path=page.path), default_timeout=300)
                app.query_params["period"] = period
                app.run()
                if app.exception:
                    raise GridlakeError(
                        f"The page {page.path} failed: {app.exception[0].value}", "Run it with `make up`."
                    )
                for query in shell.client().asked():
                    found.setdefault(json.dumps(query, sort_keys=True), Asked(page.path, period, query))
        st.cache_resource.clear()
    return list(found.values())


@contextmanager
def environment(**values: str | None) -> Iterator[None]:
    """Environment variables set, or with None taken away, for a while."""
    before = {name: os.environ.get(name) for name in values}

    def put(wanted: Mapping[str, str | None]) -> None:
        for name, value in wanted.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    put(values)
    try:
        yield
    finally:
        put(before)


def timed(ask: Callable[[int], object], turns: int = TURNS) -> list[float]:
    """Seconds of each turn, after one that is not counted."""
    ask(0)
    found = []
    for turn in range(1, turns + 1):
        started = time.perf_counter()
        ask(turn)
        found.append(time.perf_counter() - started)
    return found


def spread(seconds: Sequence[float], of: str) -> dict[str, float]:
    """p50, p95 and maximum in milliseconds.

    >>> spread([0.001] * 19 + [0.1], "x")
    {'x_p50_ms': 1.0, 'x_p95_ms': 1.0, 'x_max_ms': 100.0}
    """
    ordered = sorted(seconds)
    places = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    return {
        f"{of}_{name}_ms": round(1000 * ordered[max(-int(-len(ordered) * p // 1) - 1, 0)], 1)
        for name, p in places.items()
    }


def in_words(query: Mapping[str, Any]) -> str:
    """A query in one line: measures by dimensions and time.

    >>> in_words({"measures": ["load.count"], "dimensions": ["load.region_id"]})
    'load: count by region_id'
    """
    named = [*(query.get("measures") or ()), *(query.get("dimensions") or ())]
    short = [m.partition(".")[2] for m in query.get("measures") or ()]
    by = [m.partition(".")[2] for m in query.get("dimensions") or ()]
    by += [
        f"{t['dimension'].partition('.')[2]} ({t['granularity']})"
        for t in query.get("timeDimensions") or ()
        if t.get("granularity")
    ]
    told = short[:2] + ([f"{len(short) - 2} more"] if len(short) > 2 else [])
    return f"{named[0].partition('.')[0]}: {', '.join(told) or 'names'}" + (f" by {', '.join(by)}" if by else "")


def beside_sql(snapshot: Snapshot, engine: Engine) -> list[dict[str, Any]]:
    """A few questions over the three years before half of the regions end, through the engine and in SQL by hand."""
    con = connect_snapshot(snapshot)
    ends = "select region_id, max(local_date) as last from gold.fct_load_hourly where load_mw is not null group by region_id"
    newest = con.execute(f"select quantile_disc(last, 0.5) from ({ends})").fetchone()  # recordings end years apart
    last = newest[0].isoformat() if newest and newest[0] else "2020-12-31"
    first = f"{int(last[:4]) - 3}{last[4:]}".replace("-02-29", "-02-28")
    spans = {
        "days": f"local_date between date '{first}' and date '{last}'",
        "hours": f"interval_start_utc >= timestamp '{first}' and interval_start_utc < timestamp '{last}' + interval 1 day",
    }
    rows = []
    for each in BY_HAND:
        member, grain = each.time
        body = {"dimension": f"{each.view}.{member}", "dateRange": [first, last]} | (
            {"granularity": grain} if grain else {}
        )
        query = {"measures": [f"{each.view}.{m}" for m in each.measures], "dimensions": [f"{each.view}.{d}" for d in each.by], "timeDimensions": [body]}  # fmt: skip
        sql = each.sql.format(**spans)
        plain, ours = con.execute(sql).to_arrow_table(), engine.query(query).table
        if plain.num_rows != ours.num_rows:
            raise GridlakeError(
                f"'{each.name}': {ours.num_rows} rows, by hand {plain.num_rows}.",
                "Compare the SQL in apps/bench_query.py.",
            )
        engine_s = median(timed(lambda _, q=query: engine.query(q)))  # type: ignore[misc]
        sql_s = median(timed(lambda _, s=sql: con.execute(s).to_arrow_table()))  # type: ignore[misc]
        rows.append({"question": each.name, "rows": ours.num_rows, "embedded_ms": round(1000 * engine_s, 1), "sql_ms": round(1000 * sql_s, 1), "ratio": round(engine_s / sql_s, 2)})  # fmt: skip
    con.close()
    return rows


def _over_cube(settings: Settings, asked: Sequence[Asked]) -> tuple[list[list[float]], str]:
    """The same queries over a Cube of our own, or none and why not."""
    node = shutil.which("node")
    if not node or not (CUBE / "node_modules" / "@cubejs-backend" / "server").is_dir():
        return [], "not measured, it needs Node and `npm ci` in tests/cube"
    with _cube(node, settings.home) as url:
        api = CubeApi(url, SECRET, patience_seconds=300)
        return [timed(lambda turn, q=each.query: api.load(_with_limit(q, turn)), CUBE_TURNS) for each in asked], ""  # type: ignore[misc]


def _with_limit(query: Mapping[str, Any], turn: int) -> dict[str, Any]:
    """`query` with a limit of its own for each turn: Cube keeps answers by their SQL."""
    return {**query, "limit": max(int(query.get("limit") or 50_000) - turn, 1)}


@contextmanager
def _cube(node: str, home: Path) -> Iterator[str]:
    """A Cube over `home` in production mode, by its address; ended afterwards."""
    process = subprocess.Popen(
        [node, "--require", str(CUBE / "native.js"), str(CUBE / "server.js")],
        env=os.environ | CUBE_ENVIRONMENT | {"GRIDLAKE_HOME": str(home)}, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            ready, _, _ = select.select([process.stdout], [], [], 1.0)
            line = process.stdout.readline() if ready else ""
            if line.startswith("listening"):
                yield f"http://127.0.0.1:{line.split()[1]}/cubejs-api/v1"
                return
        raise GridlakeError("Cube did not start.", "Try `node --require $PWD/native.js server.js` in tests/cube.")
    finally:
        process.terminate()
        process.wait(timeout=30)
