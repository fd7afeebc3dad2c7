"""The benchmarks: each is there, and measures what it says on a small input."""

from __future__ import annotations

import importlib
import subprocess
import sys
import zipfile
from pathlib import Path

import duckdb
import pytest

from gridlake.errors import GridlakeError, UsageError
from gridlake.settings import Settings
from orchestration import bench, bench_forecast, bench_landing, bench_meters


@pytest.mark.parametrize("module", bench.BENCHMARKS.values())
def test_every_benchmark_can_be_measured(module: str) -> None:
    assert callable(importlib.import_module(module).measure)


def test_landing_is_measured_against_a_plain_read(tmp_path: Path) -> None:
    folder = tmp_path / "archive" / "nyiso" / "pal"
    folder.mkdir(parents=True)
    lines = "".join(f'"01/01/2017 {h:02d}:00:00","EST","WEST",61752,{1000 + h}\n' for h in range(24))
    with zipfile.ZipFile(folder / "20170101pal_csv.zip", "w") as archive:
        archive.writestr("20170101pal.csv", '"Time Stamp","Time Zone","Name","PTID","Load"\n' + lines)
    measured = bench_landing.measure(Settings(home=tmp_path / "home", archive=tmp_path / "archive"))
    assert [side["rows"] for side in measured["sides"]] == [24, 24]
    assert measured["ratio"] > 0
    assert all(side["peak_mb"] > 10 for side in measured["sides"])
    assert measured["sides"][0]["disk_mb"] >= 0


def test_without_files_there_is_nothing_to_measure(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No files"):
        bench_landing.measure(Settings(home=tmp_path, archive=tmp_path))


def test_a_side_that_fails_says_why() -> None:
    with pytest.raises(GridlakeError, match="read_by_duckdb failed"):
        bench.in_own_process("orchestration.bench_landing", "read_by_duckdb", folder="/nowhere")


HUNGRY_MB = 600


def with_a_hungry_child(told: float) -> bench.Side:
    subprocess.run([sys.executable, "-c", f"eaten = b'x' * {HUNGRY_MB}_000_000"], check=True)
    return bench.Side("side", 1.0, 1, told)


def test_a_sides_peak_is_its_own_or_what_it_tells() -> None:
    """Neither its children's nor that of the process that measures, with which the system's own figure begins."""
    eaten = b"x" * (2 * HUNGRY_MB * 1_000_000)
    del eaten
    own, told = (bench.in_own_process(__name__, with_a_hungry_child.__name__, told=mb) for mb in (0.0, 1234.5))
    assert 10 < own.peak_mb < HUNGRY_MB
    assert told.peak_mb == 1234.5


def test_the_forecast_is_measured_against_last_week() -> None:
    ours, plain, served = (getattr(bench_forecast, side)(series=2) for side in ("desk", "naive", "served"))
    assert ours.rows == plain.rows == 2 * bench_forecast.HOURS
    assert served.seconds > 0


def test_made_up_meters_are_late_corrected_doubled_and_wrong_and_the_reference_counts_them(tmp_path: Path) -> None:
    delivered = bench_meters.write_delivery(tmp_path, meters=200, days=3)
    side = bench_meters.by_duckdb(archive=str(tmp_path), home=str(tmp_path / "plain"))
    told = duckdb.execute(
        f"select count(*), count(distinct (meter_id, interval_start_utc)), count(*) filter (is_quarantined), "
        f"count(distinct month) from read_parquet('{tmp_path}/plain/interval/*/*.parquet')"
    ).fetchone()
    # The tenth that is read late misses its last day.
    assert told is not None
    assert told[0] == told[1] == 200 * 48 * 3 - 19 * 48
    assert delivered > side.rows > told[0], (
        "delivered twice are dropped at once, corrected readings only as old versions"
    )
    assert told[2:] == (3, 1), "one empty, one no number, one negative"
    days = duckdb.execute(f"select min(intervals), max(intervals) from '{tmp_path}/plain/daily.parquet'").fetchone()
    assert days == (48, 48)


def test_what_start_up_hides_has_no_ratio() -> None:
    start_up = bench.Side("start-up", 50.0, 1, 0.0)
    assert bench_meters.beyond_start_up(bench.Side("run", 45.0, 1, 0.0), start_up) is None
    assert bench_meters.beyond_start_up(bench.Side("run", 54.0, 1, 0.0), start_up) is None
    assert bench_meters.beyond_start_up(bench.Side("run", 80.0, 1, 0.0), start_up) == 30.0


def test_the_page_shows_each_size_and_what_could_not_be_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from orchestration import performance

    def measure(settings: Settings, rows: int | None = None) -> dict[str, object]:
        if rows is None:
            raise UsageError("No archive.", "Pass --archive DIR.")
        sides = [{"name": "a | b", "rows": rows}] * (performance.LONGEST + 1)
        return {"headline": f"{rows:,} readings", "sides": sides, "microseconds_per_row": 3.0 * rows / 1000}

    monkeypatch.setattr(bench_landing, "measure", measure)
    monkeypatch.setattr(bench_meters, "measure", measure)
    monkeypatch.setenv("GRIDLAKE_DUCKDB_MEMORY", "1500MB")
    monkeypatch.setattr(performance, "_commit", lambda: "abc1234")
    for size in (2000, 1000):  # a later call adds to what is kept
        for each in performance.measured(Settings(home=tmp_path), ["meters", "landing"], [size]):
            performance.keep(tmp_path / "performance", each)
    text = performance.page(performance.kept(tmp_path / "performance"))
    assert "Not measured: No archive." in text
    assert text.count("## meters") == 1
    assert text.index("## landing") < text.index("1,000 readings.") < text.index("2,000 readings.")
    assert text.count("| a \\| b | 2,000 |") == performance.LONGEST
    assert f"The first {performance.LONGEST} of {performance.LONGEST + 1}." in text
    assert "| 2,000 | 6.0 | 2.00 |" in text
    assert "DuckDB bound to 1500MB, commit abc1234)" in text
