"""Snapshots: what is published is pinned, whole and out of reach; the pointer is old or new."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from gridlake import duck, lake, snapshot
from gridlake.errors import ExitCode, GridlakeError, NothingPublished
from gridlake.settings import Settings, load_settings
from gridlake.snapshot import connect_snapshot, current_snapshot, kept_snapshots, publish, sweep, verify_snapshot

TABLES = ["dim_zone", "fct_load"]


def build(settings: Settings, load: list[float]) -> None:
    """Gold as a run would leave it: one small table that stays, one that changes."""
    if not lake.table_exists(settings.gold / "dim_zone"):
        lake.overwrite_table(settings.gold / "dim_zone", pa.table({"zone_id": ["NYISO.TOTAL"]}))
    lake.overwrite_table(settings.gold / "fct_load", pa.table({"load_mw": pa.array(load, pa.float64())}))


def published(settings: Settings, load: list[float], run_id: str = "run") -> snapshot.Snapshot:
    build(settings, load)
    return publish(settings, TABLES, run_id=run_id, as_of_utc={"NYISO": "2024-01-01T00:00:00"})


def total(made: snapshot.Snapshot) -> float:
    con = connect_snapshot(made)
    try:
        (value,) = con.execute("select sum(load_mw) from fct_load").fetchone()  # type: ignore[misc]
        return float(value)
    finally:
        con.close()


def rewrite(manifest: Path, body: dict[str, object], published_at_utc: str) -> None:
    """A manifest of another age, as earlier releases wrote them: without a hash of itself."""
    body = {k: v for k, v in body.items() if k != "manifest_sha256"}
    manifest.write_text(json.dumps({**body, "published_at_utc": published_at_utc}))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "a home's dir", environ={})


class TestPublish:
    def test_before_the_first_there_is_none(self, settings: Settings) -> None:
        assert current_snapshot(settings, missing_ok=True) is None
        assert kept_snapshots(settings) == []
        with pytest.raises(NothingPublished, match="gridlake run") as caught:
            current_snapshot(settings)
        assert caught.value.exit_code == ExitCode.USAGE

    def test_files_versions_rows_and_hashes_are_pinned(self, settings: Settings) -> None:
        made = published(settings, [1.0, 2.0])
        assert made == current_snapshot(settings)
        assert (made.run_id, made.origin, made.as_of_utc) == ("run", "synthetic", {"NYISO": "2024-01-01T00:00:00"})
        table = made.tables["fct_load"]
        assert (table["version"], table["rows"]) == (0, 2)
        assert [Path(f).is_file() for f in made.file_paths("fct_load")] == [True]
        assert all(len(f["sha256"]) == 64 for f in table["files"])
        assert verify_snapshot(made) == []
        with pytest.raises(GridlakeError, match="no table 'fct_price'"):
            made.file_paths("fct_price")

    def test_what_is_built_after_publishing_is_not_seen(self, settings: Settings) -> None:
        made = published(settings, [1.0, 2.0])
        build(settings, [100.0])
        assert total(current_snapshot(settings)) == total(made) == 3.0
        newer = published(settings, [100.0])
        assert (total(newer), total(made)) == (100.0, 3.0)

    def test_the_same_files_keep_the_id_and_others_change_it(self, settings: Settings) -> None:
        first = published(settings, [1.0], "one")
        again = publish(settings, TABLES, run_id="two", as_of_utc={})
        assert again.snapshot_id == first.snapshot_id
        assert again.run_id == "two"
        assert len(kept_snapshots(settings)) == 1
        assert published(settings, [2.0]).snapshot_id != first.snapshot_id

    @pytest.mark.parametrize("victim", ["current.json", "manifest"])
    def test_killed_while_publishing_readers_keep_the_old_snapshot(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, victim: str
    ) -> None:
        old = published(settings, [1.0])
        build(settings, [2.0])
        replace = os.replace

        def killed(source: Path, target: Path) -> None:
            if (target.name == "current.json") == (victim == "current.json"):
                raise KeyboardInterrupt
            replace(source, target)

        monkeypatch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(settings, TABLES, run_id="killed", as_of_utc={})
        monkeypatch.undo()
        assert current_snapshot(settings) == old
        assert total(current_snapshot(settings)) == 1.0
        assert total(publish(settings, TABLES, run_id="next", as_of_utc={})) == 2.0

    def test_an_empty_table_has_its_columns(self, settings: Settings) -> None:
        made = published(settings, [])
        con = connect_snapshot(made)
        described = con.execute("describe fct_load").fetchall()
        assert [(d[0], d[1]) for d in described] == [("load_mw", "DOUBLE")]
        assert con.execute("select count(*) from fct_load").fetchone() == (0,)


class TestLockedConnection:
    @pytest.fixture
    def made(self, settings: Settings) -> snapshot.Snapshot:
        (settings.home / "superseded").mkdir(parents=True)
        old = published(settings, [9.0])
        (settings.home / "superseded" / "path").write_text(old.file_paths("fct_load")[0])
        (settings.home / "secret.csv").write_text("token\n1\n")
        return published(settings, [1.0, 2.0])

    @staticmethod
    def bytes_of(home: Path) -> dict[str, bytes]:
        return {str(p.relative_to(home)): p.read_bytes() for p in sorted(home.rglob("*")) if p.is_file()}

    @pytest.mark.parametrize(
        "sql",
        [
            "select * from read_text('{home}/secret.csv')",
            "select * from read_csv('{home}/secret.csv')",
            "select * from '{home}/secret.csv'",
            "select * from read_text('/etc/passwd')",
            "select * from glob('{home}/*')",
            "select * from glob('{gold}/fct_load/*')",
            "select * from read_parquet('{superseded}')",
            "copy (select 1) to '{home}/stolen.csv'",
            "copy (select 1 as load_mw) to '{gold}/fct_load/new.parquet'",
            "copy (select 1 as load_mw) to '{file}'",
            "copy fct_load to '{gold}/fct_load' (format parquet, per_thread_output true, overwrite_or_ignore true)",
            "export database '{gold}/dump'",
            "attach '{gold}/evil.duckdb'",
            "attach '{home}/ops.db' (type sqlite)",
            "install httpfs",
            "load httpfs",
            "set enable_external_access = true",
            "set lock_configuration = false",
            "set allowed_directories = ['/']",
            "reset allowed_paths",
            "set threads = 1",
            "set temp_directory = '/tmp'",
            "create secret s (type s3, key_id 'a', secret 'b')",
        ],
    )
    def test_nothing_outside_the_snapshot_is_read_or_written(
        self, settings: Settings, made: snapshot.Snapshot, sql: str
    ) -> None:
        before = self.bytes_of(settings.home)
        places = {
            "home": settings.home, "gold": settings.gold, "file": made.file_paths("fct_load")[0],
            "superseded": (settings.home / "superseded" / "path").read_text(),
        }  # fmt: skip
        con = connect_snapshot(made)
        with pytest.raises(duckdb.Error):
            con.execute(sql.format(**{k: str(v).replace("'", "''") for k, v in places.items()}))
        assert con.execute("select sum(load_mw) from gold.fct_load").fetchone() == (3.0,)
        con.close()
        assert self.bytes_of(settings.home) == before

    def test_cursors_are_locked_too(self, made: snapshot.Snapshot) -> None:
        cursor = connect_snapshot(made).cursor()
        assert cursor.execute("select count(*) from gold.fct_load").fetchone() == (2,)
        with pytest.raises(duckdb.Error, match="disabled"):
            cursor.execute("select * from read_text('/etc/passwd')")

    def test_an_unlocked_one_is_for_ourselves(self, settings: Settings, made: snapshot.Snapshot) -> None:
        con = connect_snapshot(made, lock=False)
        secret = duck.sql_literal(settings.home / "secret.csv")
        assert con.execute(f"select token from read_csv({secret})").fetchall() == [(1,)]


class TestVerifyAndSweep:
    @pytest.mark.parametrize(
        ("damage", "said"),
        [
            (lambda file: file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:]), "differs"),
            (lambda file: file.write_bytes(file.read_bytes()[:-1]), "differs"),
            (lambda file: file.unlink(), "missing"),
        ],
        ids=["flipped bit", "cut", "deleted"],
    )
    def test_damage_to_a_published_file_is_found(
        self, settings: Settings, damage: Callable[[Path], object], said: str
    ) -> None:
        made = published(settings, [1.0])
        file = Path(made.file_paths("fct_load")[0])
        damage(file)
        (problem,) = verify_snapshot(made)
        assert said in problem
        assert "gold.fct_load" in problem
        assert file.name in problem

    def test_sweep_keeps_what_kept_manifests_name(self, settings: Settings) -> None:
        made = [published(settings, [float(n)], f"run{n}") for n in range(snapshot.KEEP_SNAPSHOTS + 3)]
        two_days_ago = (datetime.now() - timedelta(days=2)).timestamp()
        assert sweep(settings) == 0, "all of them are young"
        for place, old in enumerate(made):
            path = settings.published / "snapshots" / f"{old.snapshot_id}.json"
            body = json.loads(path.read_text())
            aged = datetime.fromisoformat(body["published_at_utc"]) - timedelta(days=2, minutes=len(made) - place)
            rewrite(path, body, aged.isoformat())
            for file in old.file_paths("fct_load"):
                os.utime(file, (two_days_ago, two_days_ago))
        assert sweep(settings) == 3
        kept = kept_snapshots(settings)
        assert [s.run_id for s in kept] == [s.run_id for s in reversed(made[3:])]
        assert [p for s in kept for p in verify_snapshot(s)] == []
        assert [total(s) for s in kept] == [float(n) for n in range(len(made) - 1, 2, -1)]

    def test_sweep_spares_young_orphans_and_takes_old_ones(self, settings: Settings) -> None:
        published(settings, [1.0])
        young, old = (settings.gold / "fct_load" / name for name in ("young.parquet", "old.parquet"))
        for orphan in (young, old):
            orphan.write_bytes(b"PAR1")
        os.utime(old, (0, 0))
        assert sweep(settings) == 1
        assert (young.exists(), old.exists()) == (True, False)

    def test_sweep_passes_by_what_is_no_table(self, settings: Settings) -> None:
        published(settings, [1.0])
        (settings.gold / "half_built").mkdir()
        (settings.gold / "half_built" / "part.parquet").write_bytes(b"PAR1")
        (settings.gold / ".DS_Store").write_text("")
        assert sweep(settings) == 0
        assert sweep(load_settings(home=settings.home / "empty", environ={})) == 0

    def test_the_snapshot_readers_follow_is_kept_however_old(self, settings: Settings) -> None:
        first = published(settings, [0.0])
        for n in range(1, snapshot.KEEP_SNAPSHOTS + 2):
            published(settings, [float(n)])
        pointer = settings.published / "current.json"
        pointer.write_text(json.dumps({"snapshot_id": first.snapshot_id}))
        for manifest in (settings.published / "snapshots").glob("*.json"):
            body = json.loads(manifest.read_text())
            aged = "2000-01-01T00:00:00" if manifest.stem == first.snapshot_id else "2001-01-01T00:00:00"
            rewrite(manifest, body, aged)
        sweep(settings)
        assert total(current_snapshot(settings)) == 0.0
