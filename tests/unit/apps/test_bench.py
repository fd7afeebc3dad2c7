"""The app's benchmarks over the sample: what is asked, and that SQL by hand and the engine answer the same rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps import bench_app, bench_query
from gridlake.errors import UsageError
from gridlake.settings import Settings
from gridlake.snapshot import Snapshot
from semantic.engine import Engine


def test_the_queries_of_a_page_are_collected_once_for_each_period(published: tuple[Settings, Snapshot]) -> None:
    asked = bench_query.queries_of_pages(published[0], ["7 days", "3 years"], ["trading"])
    spans = {str(t.get("dateRange")) for a in asked for t in a.query.get("timeDimensions", []) if a.query["measures"]}
    assert {a.page for a in asked} == {"trading"}
    assert {a.period for a in asked} == {"7 days", "3 years"}
    assert len(spans) >= 2
    assert "trading: average_spread_per_mwh by region_id, local_date (day)" in {
        bench_query.in_words(a.query) for a in asked
    }


def test_sql_by_hand_has_the_rows_of_the_engine(published: tuple[Settings, Snapshot], engine: Engine) -> None:
    told = bench_query.beside_sql(published[1], engine)
    assert len(told) == len(bench_query.BY_HAND)
    assert all(row["rows"] > 0 and row["ratio"] > 0 for row in told)


def test_the_spread_of_times() -> None:
    assert bench_query.spread([0.001] * 95 + [0.1] * 5, "x") == {"x_p50_ms": 1.0, "x_p95_ms": 1.0, "x_max_ms": 100.0}
    assert bench_query.spread([0.001] * 94 + [0.1] * 6, "x")["x_p95_ms"] == 100.0


def test_without_a_snapshot_there_is_nothing_to_measure(tmp_path: Path) -> None:
    for bench in (bench_app, bench_query):
        with pytest.raises(UsageError, match="nothing to measure"):
            bench.measure(Settings(home=tmp_path))
