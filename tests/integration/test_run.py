"""A whole run on real rows: what it publishes, what a second one does, and what damage to a file leads to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from expectations.runner import catalogue
from gridlake.errors import ExitCode, NothingPublished, UsageError
from gridlake.settings import Settings, load_settings
from gridlake.snapshot import connect_snapshot, current_snapshot, verify_snapshot
from orchestration.run import RunReport, run
from tests.integration import small_archive as small

ENOUGH = 50  # queries that must have been answered while a run builds


@pytest.fixture(scope="module")
def good(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, RunReport]:
    """A home with one good run over the small archive. Tests copy it; they never write to it.

    Run in a process of its own, so that the peak of memory it tells is not that of tests before it.
    """
    root = tmp_path_factory.mktemp("good")
    files = small.cut(archive, root / "archive")
    settings = load_settings(home=root / "home", origin="archive", archive=files, environ={})
    command = [sys.executable, "-m", "gridlake.cli", "run", "--origin", "archive", "--archive", str(files), "--json"]
    environment = {**os.environ, "GRIDLAKE_HOME": str(settings.home), "GRIDLAKE_DUCKDB_MEMORY": "1500MB"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    return settings, RunReport(json.loads(done.stdout), ExitCode(done.returncode))


@pytest.fixture
def copied(good: tuple[Settings, RunReport], tmp_path: Path) -> Settings:
    """A copy of the good home and its archive, to damage."""
    settings, _ = good
    assert settings.archive is not None
    shutil.copytree(settings.home, tmp_path / "home")
    shutil.copytree(settings.archive, tmp_path / "archive")
    return replace(settings, home=tmp_path / "home", archive=tmp_path / "archive")


def feed_of(report: RunReport, name: str) -> dict[str, object]:
    return next(f for f in report.document["feeds"] if f["feed"] == name)


def published_bytes(settings: Settings) -> dict[str, bytes]:
    """Everything a reader can reach: the pointer, its manifest and the files it names."""
    snapshot = current_snapshot(settings)
    files = [Path(f) for name in snapshot.tables for f in snapshot.file_paths(name)]
    files += [settings.published / "current.json", settings.published / "snapshots" / f"{snapshot.snapshot_id}.json"]
    return {str(f.relative_to(settings.home)): f.read_bytes() for f in files}


def test_a_good_run_is_green_and_complete(good: tuple[Settings, RunReport]) -> None:
    settings, report = good
    assert report.exit_code == ExitCode.DONE, report.document.get("error")
    document = report.document
    for feed in document["feeds"]:
        if feed["state"] == "landed":
            assert feed["rows_read"] == feed["rows_landed"] + feed["rows_duplicate"] + feed["rows_refused"]
            assert feed["rows_landed"] > 0
    landed = {f["feed"] for f in document["feeds"] if f["state"] == "landed"}
    assert landed == {"eia930_cleaned", "nyiso_pal", "nyiso_isolf", "nyiso_damlbmp", "nyiso_realtime", "epa_egrid"}
    assert {g["layer"] for g in document["gates"]} == {"raw", "bronze", "silver", "gold"}
    assert not [g for g in document["gates"] if not g["passed"] and g["severity"] == "error"]
    from orchestration.assets_dbt import gold_tables

    assert sorted(document["published"]["tables"]) == gold_tables()
    skill = {s["region_id"]: s for s in document["skill"] if s["target"] == "load"}
    assert skill["ISONE"]["mape_pct"] < skill["ISONE"]["naive_mape_pct"]
    assert document["peak_mb"] < 4096
    assert set(document["seconds"]) == {"land", "build", "gate", "forecast", "publish", "overhead", "total"}
    assert verify_snapshot(current_snapshot(settings)) == []


def test_a_second_run_lands_nothing_and_keeps_the_snapshot(good: tuple[Settings, RunReport]) -> None:
    settings, first = good
    second = run(settings)
    assert second.exit_code == ExitCode.DONE
    assert second.document["unchanged"] is True
    assert sum(f["rows_landed"] for f in second.document["feeds"]) == 0
    assert second.document["published"]["snapshot_id"] == first.document["published"]["snapshot_id"]
    assert second.document["seconds"]["total"] < first.document["seconds"]["total"] / 4
    assert second.document["gates"] == first.document["gates"]


def drop_column(path: Path) -> None:
    lines = small.read_gz(path)
    small.write_gz(path, [b",".join(line.rstrip(b"\n").split(b",")[:-1]) + b"\n" for line in lines])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_broken_files_make_their_feeds_stale_and_no_others(copied: Settings) -> None:
    assert copied.archive is not None
    before = current_snapshot(copied).tables["fct_load_hourly"]["rows"]
    broken = {
        "eia930_cleaned": (small.EIA, drop_column),
        "nyiso_damlbmp": (small.DAM, empty),
        "nyiso_pal": (small.PAL, truncate),
    }
    for file, damage in broken.values():
        damage(copied.archive / file)
    report = run(copied)
    assert report.exit_code == ExitCode.FEED_STALE
    assert {f["feed"] for f in report.document["feeds"] if f["stale"]} == set(broken)
    for feed, (file, _) in broken.items():
        found = feed_of(report, feed)
        assert feed in str(found["message"])
        assert Path(file).name in str(found["message"])
        assert found["remedy"]
    # The feeds' bronze stays as it was: what was published of it is still there.
    assert current_snapshot(copied).tables["fct_load_hourly"]["rows"] == before


def set_loads(path: Path, rows: list[int]) -> None:
    lines = small.read_gz(path)
    for row in rows:
        cells = lines[row].split(b",")
        cells[1] = b"1000000"
        lines[row] = b",".join(cells)
    small.write_gz(path, lines)


def cut_day_out(source: Path, day: str) -> None:
    target = source.with_name("cut.zip")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            if info.filename != f"{day}pal.csv":
                new.writestr(info, old.read(info))
    target.replace(source)


@pytest.fixture(scope="module")
def flawed(good: tuple[Settings, RunReport], tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, RunReport]:
    """A run after one load became absurd and a day of another feed went missing. Read only."""
    settings, _ = good
    root = tmp_path_factory.mktemp("flawed")
    assert settings.archive is not None
    shutil.copytree(settings.home, root / "home")
    archive = Path(shutil.copytree(settings.archive, root / "archive"))
    set_loads(archive / small.EIA, [2000])
    cut_day_out(archive / small.PAL, "20170615")
    settings = replace(settings, home=root / "home", archive=archive)
    report = run(settings)
    assert report.exit_code == ExitCode.DONE, report.document.get("error")
    return settings, report


def test_one_absurd_value_goes_to_quarantine_and_the_run_is_green(
    good: tuple[Settings, RunReport], flawed: tuple[Settings, RunReport]
) -> None:
    settings, report = flawed
    already = feed_of(good[1], "eia930_cleaned")["rows_quarantined"]
    # The address's new delivery and the one it replaced are both judged.
    assert feed_of(report, "eia930_cleaned")["rows_quarantined"] >= int(str(already)) + 1  # type: ignore[operator]
    from orchestration.quarantine import quarantine_records

    records = list(quarantine_records(settings, "eia930_cleaned", "LD03", 10))
    assert [r["value_text"] for r in records] == ["1000000"]
    con = connect_snapshot(current_snapshot(settings))
    (load, reported, imputed, code), *_ = con.execute(
        "select load_mw, load_reported_mw, is_imputed, imputation_code from fct_load_hourly "
        "where zone_id = 'ISONE.TOTAL' and interval_start_utc = ?",
        [records[0]["interval_start_utc"]],
    ).fetchall()
    assert reported is None
    assert imputed is True
    assert code == "LAG_168H"
    assert 5_000 < load < 30_000


def test_a_day_cut_out_is_a_hole(flawed: tuple[Settings, RunReport]) -> None:
    settings, report = flawed
    con = connect_snapshot(current_snapshot(settings))
    holes = con.execute(
        "select zone_id, expected_intervals, hole_intervals from fct_data_quality_daily "
        "where feed = 'nyiso_pal' and local_date = date '2017-06-15' order by zone_id"
    ).fetchall()
    assert len(holes) == 12
    assert {(expected, hole) for _, expected, hole in holes} == {(24, 24)}
    assert feed_of(report, "nyiso_pal")["holes"] == 12 * 24


def test_a_tenth_absurd_fails_a_gate_and_readers_see_the_last_good_snapshot(copied: Settings) -> None:
    assert copied.archive is not None
    before = published_bytes(copied)
    original = (copied.archive / small.EIA).read_bytes()
    set_loads(copied.archive / small.EIA, list(range(10, 24 * small.DAYS, 10)))
    report = run(copied)
    assert report.exit_code == ExitCode.GATE_FAILED
    assert "gx__silver.int_landed_quality" in report.document["error"]["message"]
    assert report.document["published"]["by_this_run"] is False
    assert published_bytes(copied) == before
    # Putting the good file back is the whole remedy.
    (copied.archive / small.EIA).write_bytes(original)
    assert run(copied).exit_code == ExitCode.DONE


def test_nothing_is_published_before_a_first_good_run(archive: Path, tmp_path: Path) -> None:
    files = tmp_path / "archive"
    small.cut(archive, files)
    set_loads(files / small.EIA, list(range(10, 24 * small.DAYS, 10)))
    settings = load_settings(home=tmp_path / "home", origin="archive", archive=files, environ={})
    assert run(settings, ["eia930_cleaned"]).exit_code == ExitCode.GATE_FAILED
    with pytest.raises(NothingPublished):
        current_snapshot(settings)


def test_a_range_of_days_is_backfilled_in_a_single_run(copied: Settings) -> None:
    import dagster as dg

    from orchestration.definitions import days, defs

    before = current_snapshot(copied)
    job = defs.resolve_job_def(days.name)
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            instance=instance,
            run_config={
                "resources": {"gridlake": {"config": {"home": str(copied.home), "origin": "archive"}}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            tags={
                "dagster/asset_partition_range_start": "2017-06-10",
                "dagster/asset_partition_range_end": "2017-06-12",
            },
        )
        partitions = instance.get_materialized_partitions(dg.AssetKey(["published", "day"]))
    assert result.success
    assert partitions == {"2017-06-10", "2017-06-11", "2017-06-12"}
    after = current_snapshot(copied)
    assert after.run_id == result.run_id
    # Only the month of those days (and its neighbours, where a model reaches out) was written again.
    files = {f["path"] for f in after.tables["fct_load_hourly"]["files"]}
    rebuilt = ("month=2017-05", "month=2017-06", "month=2017-07")
    kept = {f["path"] for f in before.tables["fct_load_hourly"]["files"] if not f["path"].startswith(rebuilt)}
    assert kept
    assert kept <= files
    assert after.tables["fct_load_hourly"]["rows"] == before.tables["fct_load_hourly"]["rows"]


def test_synthetic_and_real_data_never_mix(copied: Settings) -> None:
    with pytest.raises(UsageError, match="holds real data"):
        run(replace(copied, origin="synthetic", archive=None))


def test_queries_are_answered_while_a_run_is_building(copied: Settings) -> None:
    """Query after query over the published snapshot during a run that rebuilds everything: none fails, none waits."""
    code = (
        "import sys; from pathlib import Path; from gridlake.settings import Settings; from orchestration.quarantine import replay;"
        f"r = replay(Settings(home=Path({str(copied.home)!r}), archive=Path({str(copied.archive)!r})));"
        "told = r[1]; assert told['records_before'] == told['records_free'] == told['records_new'] == 0, told; sys.exit(int(r[0].exit_code))"
    )
    building = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    answers, during = set(), 0
    try:
        while building.poll() is None or len(answers) == 0 or during < ENOUGH:
            con = connect_snapshot(current_snapshot(copied))
            answers.add(con.execute("select count(*), round(sum(load_reported_mw)) from fct_load_hourly").fetchone())
            con.close()
            during += building.poll() is None
            time.sleep(0.05)  # readers leave the processor to the run they watch
            if building.poll() is not None and during < ENOUGH:
                break
        _, errors = building.communicate(timeout=300)
    finally:
        if building.poll() is None:
            building.kill()
    assert building.returncode == 0, errors.decode()[-2000:]
    assert during >= ENOUGH
    assert len(answers) == 1


def test_the_command_prints_one_json_document(good: tuple[Settings, RunReport]) -> None:
    settings, _ = good
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "gridlake.cli",
            "run",
            "--origin",
            "archive",
            "--archive",
            str(settings.archive),
            "--json",
        ],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "GRIDLAKE_HOME": str(settings.home)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["unchanged"] is True


def test_gates_publishing_and_a_run_without_news_are_measured(copied: Settings) -> None:
    from orchestration import bench_gates, bench_overhead, bench_publish

    gates, published, empty = (module.measure(copied) for module in (bench_gates, bench_publish, bench_overhead))
    assert gates["sides"][0]["rows"] == len({gate.check_name for gate in catalogue()})
    first, again, plain = published["sides"]
    assert first["rows"] == again["rows"] > 0
    assert plain["disk_mb"] > 0
    assert not list(copied.home.glob(".bench-*"))
    assert empty["sides"][0]["rows"] == empty["sides"][1]["rows"] > 0
    assert copied.archive is not None
    file = next(path for path in sorted(copied.archive.rglob("*")) if path.is_file())
    file.write_bytes(file.read_bytes() + b"\n")
    with pytest.raises(UsageError, match="is not what this code publishes"):
        bench_overhead.measure(copied)
