"""`gridlake bench gates`: every suite of the home judged by Great Expectations, against its aggregates alone in plain DuckDB.

All suites are judged anew, those whose verdict still stands too, over the home as it is; nothing is written to it. What a run pays is less: it judges
the tables that changed.
"""

from __future__ import annotations

import time
from typing import Any

from gridlake.errors import UsageError
from gridlake.settings import Settings
from gridlake.snapshot import current_snapshot
from orchestration.bench import Side, in_own_process

SHOWN = 10


def measure(settings: Settings) -> dict[str, Any]:
    """Both sides, their ratio, and the suites that took longest. Raises `NothingPublished` for a home without a run."""
    current_snapshot(settings)
    home = str(settings.home)
    ours = in_own_process(__name__, "by_expectations", home=home)
    plain = in_own_process(__name__, "by_sql", home=home)
    slowest = sorted(suite_seconds(settings).items(), key=lambda item: -item[1])[:SHOWN]
    return {
        "headline": f"{ours.rows} suites judged in {ours.seconds:.1f} s, {ours.seconds / plain.seconds:.2f} times their aggregates "
        f"in plain DuckDB; {1000 * (ours.seconds - plain.seconds) / ours.rows:.0f} ms a suite beyond them",
        "ratio": round(ours.seconds / plain.seconds, 3),
        "sides": [ours.shown(), plain.shown()],
        "rows": [{"suite": suite, "aggregate_seconds": round(seconds, 2)} for suite, seconds in slowest],
    }


def by_expectations(home: str) -> Side:
    """Views, aggregates, expectations and verdicts of every suite. The import of Great Expectations is start-up."""
    import great_expectations

    from expectations.catalogue import load_catalogue
    from expectations.runner import judge

    assert great_expectations.__version__
    settings, profiles = _settings(home), load_catalogue().profiles
    con = _connection(settings)
    try:
        started = time.perf_counter()
        results = judge(con, profiles)
        seconds = time.perf_counter() - started
    finally:
        con.close()
    crashed = [r for r in results if r.observed.startswith("the gate")]
    if crashed:
        raise UsageError(f"{crashed[0].check_name}: {crashed[0].observed}", "Run `gridlake run` first.")
    return Side("gates", seconds, len(profiles), 0.0)


def by_sql(home: str) -> Side:
    """The same aggregates, and nobody looks at them."""
    seconds = suite_seconds(_settings(home))
    return Side("their SQL in DuckDB", sum(seconds.values()), len(seconds), 0.0)


def suite_seconds(settings: Settings) -> dict[str, float]:
    """Seconds of each suite's aggregate in plain DuckDB."""
    from expectations.catalogue import load_catalogue

    con, found = _connection(settings), {}
    try:
        for profile in load_catalogue().profiles:
            started = time.perf_counter()
            con.execute(profile.sql).fetchall()
            found[profile.suite] = time.perf_counter() - started
    finally:
        con.close()
    return found


def _settings(home: str) -> Settings:
    from gridlake.settings import load_settings

    return load_settings(home=home, environ={})


def _connection(settings: Settings) -> Any:
    """All layers, and no newly landed payload: as after a publication."""
    from gridlake import duck

    con = duck.connect()
    for layer in ("bronze", "silver", "gold"):
        duck.create_layer_views(con, settings.layer_path(layer), layer)
    con.execute("create schema gate")
    con.execute("create table gate.new_payload (feed varchar, payload_sha256 varchar)")
    return con
