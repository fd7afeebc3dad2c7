"""The lake in an object store: what is landed and published there is what a disk would hold, also when the store fails."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from click.testing import CliRunner

from extract.catalogue import feed as feed_named
from extract.landed import landed_bytes
from extract.landing import Landing, bronze_path, ensure_bronze, land
from gridlake import duck, lake, snapshot, store
from gridlake.errors import BuildFailed, ExitCode, UsageError
from gridlake.ops import OpsStore
from gridlake.settings import Settings, load_settings
from gridlake.snapshot import (
    SnapshotDamaged,
    connect_snapshot,
    current_snapshot,
    kept_snapshots,
    publish,
    sweep,
    verify_snapshot,
)
from gridlake.store import StorePath, StoreUnreachable
from orchestration import maintenance
from orchestration.context import claim_origin
from orchestration.quarantine import verify_landing
from orchestration.run import as_store_error
from semantic.commands import query
from tests.contract.samples import offering
from tests.faults.object_store import SECRET, Store, keys_for, land_each, running
from tests.faults.test_landing_race import FEED, batches
from tests.faults.test_run_killed import ABOUT_RUNS, Content, mini_grid
from tests.faults.test_run_killed import _content as table_content
from tests.unit.gridlake.race import race
from tests.unit.gridlake.test_snapshot import total

TABLES = ["dim_zone", "fct_load"]


@pytest.fixture(scope="module")
def s3() -> Iterator[Store]:
    with running() as started:
        yield started


@pytest.fixture(autouse=True)
def keys(s3: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in keys_for(s3.endpoint).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def remote(s3: Store, tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home", origin="archive", environ={}, store=f"s3://{s3.bucket()}/the/grid")


@pytest.fixture
def local(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "local", origin="archive", environ={})


def landed(settings: Settings, count: int = 3) -> Landing:
    ensure_bronze(settings, [feed_named(FEED)])
    return land(offering(feed_named(FEED), batches(count)), settings)


def rows(settings: Settings, table: str) -> list[dict[str, Any]]:
    """A bronze table without the time of its landing."""
    found = lake.open_table(settings.bronze / table).to_pyarrow_table().to_pylist()
    return sorted(
        ({k: v for k, v in row.items() if k not in ("ingested_at_utc", "request_id")} for row in found), key=str
    )


def holds_the_same(one: Settings, other: Settings) -> bool:
    tables = (bronze_path(one, feed_named(FEED)).name, "payload", "refused")
    return all(rows(one, table) == rows(other, table) for table in tables)


class TestLanding:
    def test_a_landing_in_a_store_is_the_same_as_on_disk(self, remote: Settings, local: Settings) -> None:
        assert landed(remote).detail() == landed(local).detail()
        assert holds_the_same(remote, local)
        assert [landed_bytes(remote, p.sha256) for p in batches(3)] == [p.data for p in batches(3)]
        assert verify_landing(remote) == (3, [])
        assert not (remote.home / "landing").exists()
        assert not (remote.home / "bronze").exists()

    def test_the_same_files_again_change_nothing(self, remote: Settings) -> None:
        first = landed(remote)
        again = landed(remote)
        assert (first.state, again.state, again.rows_landed) == ("landed", "unchanged", 0)
        assert again.version == first.version == lake.newest_version(bronze_path(remote, feed_named(FEED)))

    def test_duckdb_reads_it(self, remote: Settings) -> None:
        landed(remote)
        con = duck.connect(reading=remote.outside)
        duck.create_layer_views(con, remote.bronze, "bronze")
        assert con.execute(f"select count(*) from bronze.{bronze_path(remote, feed_named(FEED)).name}").fetchone() == (
            6,
        )

    def test_bytes_that_are_not_those_received_are_found(self, remote: Settings) -> None:
        landed(remote)
        first, second, _ = (StorePath(f"{remote.landing}/{p.sha256[:2]}/{p.sha256}.gz") for p in batches(3))
        first.write_bytes(second.read_bytes())
        second.unlink()
        assert [p.split(": ")[-1] for p in verify_landing(remote)[1]] == [
            "the bytes under landing/ are not those received", "its bytes are missing from landing/",
        ]  # fmt: skip

    def test_small_files_are_joined_and_nothing_is_lost(
        self, remote: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for count in (1, 2, 3):
            landed(remote, count)
        before = rows(remote, bronze_path(remote, feed_named(FEED)).name)
        monkeypatch.setattr(maintenance, "MANY_SMALL_FILES", 2)
        done = maintenance.maintain(remote)
        assert done["compacted"][bronze_path(remote, feed_named(FEED)).name] == 3
        assert rows(remote, bronze_path(remote, feed_named(FEED)).name) == before


def test_four_processes_landing_the_same_batch_leave_one_copy(remote: Settings, s3: Store, tmp_path: Path) -> None:
    feed, count = feed_named(FEED), 3
    ensure_bronze(remote, [feed])
    told = [tmp_path / f"told{n}" for n in range(4)]
    arguments = [(tmp_path / f"home{n}", remote.store, s3.endpoint, count, place) for n, place in enumerate(told)]
    assert race(land_each, arguments, timeout=240) == [0] * 4
    for states in zip(*(place.read_text().split() for place in told), strict=True):
        assert states.count("landed") >= 1
        assert set(states) <= {"landed", "unchanged"}
    shas = sorted(payload.sha256 for payload in batches(count))
    assert sorted(row["payload_sha256"] for row in rows(remote, bronze_path(remote, feed).name)) == sorted(
        [*shas, *shas]
    )
    assert sorted(row["payload_sha256"] for row in rows(remote, "payload")) == shas
    root = bronze_path(remote, feed)
    assert isinstance(root, StorePath)
    kept = {o.name for o in root.below() if not o.name.startswith("_delta_log/")}
    assert kept == {f["path"] for f in lake.table_files(root).files}, "losers leave no files"


class TestAStoreThatFails:
    @pytest.mark.parametrize("every", [4])
    def test_requests_that_fail_now_and_then_are_tried_again(
        self, remote: Settings, local: Settings, s3: Store, every: int
    ) -> None:
        before = s3.spoilt()
        with s3.failing(every):
            for _ in range(8):
                with suppress(StoreUnreachable):  # what may not be asked twice unseen is left to the next run
                    landed(remote)
                    break
        assert s3.spoilt() > before + 5
        landed(remote)
        landed(local)
        assert holds_the_same(remote, local)
        assert verify_landing(remote) == (3, [])

    def test_a_commit_whose_answer_was_lost_is_not_thrown_away(
        self, remote: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The request is repeated, finds its version taken and takes itself for another writer."""
        from deltalake import DeltaTable
        from deltalake.exceptions import CommitFailedError

        original = DeltaTable.create_write_transaction

        def answer_lost(self: Any, *arguments: Any, **named: Any) -> None:
            original(self, *arguments, **named)
            raise CommitFailedError("version 1 is taken")

        monkeypatch.setattr(DeltaTable, "create_write_transaction", answer_lost)
        assert landed(remote).state == "landed"
        con = duck.connect(reading=remote.outside)
        duck.create_layer_views(con, remote.bronze, "bronze")
        table = bronze_path(remote, feed_named(FEED)).name
        assert con.execute(f"select count(*), count(load) from bronze.{table}").fetchone() == (6, 6)

    def test_a_store_out_of_reach_is_named_and_landing_goes_on_when_it_is_back(
        self, remote: Settings, s3: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        landed(remote, 1)
        monkeypatch.setattr(store, "TRIES", 1)
        monkeypatch.setattr(store, "PATIENCE", timedelta(seconds=1))
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
            for doing in (lambda: landed(remote), lambda: current_snapshot(remote)):
                with pytest.raises(StoreUnreachable, match=r"s3://lake\d+.* run again") as caught:
                    doing()
                assert SECRET not in str(caught.value)
            con = duck.connect(reading=remote.outside)
            with pytest.raises(duckdb.IOException) as of_duckdb:
                con.execute(f"select * from delta_scan('{remote.bronze}/payload')")
            told = as_store_error(remote, BuildFailed(f"A model failed: {of_duckdb.value}"))
            assert isinstance(told, StoreUnreachable)
            assert str(remote.store) in told.message
            mine = BuildFailed("A contract is broken.")
            assert as_store_error(remote, mine) is mine
        monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
        assert landed(remote).payloads_new == 2

    def test_without_keys_nothing_is_asked(self, remote: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        with pytest.raises(UsageError, match="AWS_ACCESS_KEY_ID"):
            lake.open_table(remote.bronze / "payload")
        with pytest.raises(UsageError, match="AWS_ACCESS_KEY_ID"):
            duck.connect(reading=remote.outside)


def published(settings: Settings, load: list[float]) -> snapshot.Snapshot:
    if not lake.table_exists(settings.gold / "dim_zone"):
        lake.overwrite_table(settings.gold / "dim_zone", pa.table({"zone_id": ["NYISO.TOTAL"]}))
    lake.overwrite_table(settings.gold / "fct_load", pa.table({"load_mw": pa.array(load, pa.float64())}))
    return publish(settings, TABLES, run_id="run", as_of_utc={"NYISO": "2024-01-01T00:00:00"})


class TestPublishing:
    def test_who_has_the_address_reads_without_the_home(self, remote: Settings, tmp_path: Path) -> None:
        made = published(remote, [1.0, 2.0])
        elsewhere = load_settings(home=tmp_path / "elsewhere", environ={}, store=remote.store)
        assert current_snapshot(elsewhere).snapshot_id == made.snapshot_id
        assert total(current_snapshot(elsewhere)) == 3.0
        assert verify_snapshot(current_snapshot(elsewhere)) == []

    def test_queries_from_the_shell_need_the_address_alone(
        self, remote: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        published(remote, [1.0, 2.0])
        assert remote.store
        monkeypatch.setenv("GRIDLAKE_STORE", remote.store)
        monkeypatch.setenv("GRIDLAKE_HOME", str(tmp_path / "elsewhere"))
        answer = CliRunner().invoke(query, ["select sum(load_mw) as load_mw from fct_load", "--format", "csv"])
        assert (answer.exit_code, answer.stdout.split()) == (0, ["load_mw", "3.0"]), answer.output

    def test_the_id_is_that_of_the_contents_as_on_disk(self, remote: Settings) -> None:
        made = published(remote, [1.0, 2.0])
        on_disk = publish(replace(remote, store=None), TABLES, run_id="run", as_of_utc={})
        assert (
            made.snapshot_id == on_disk.snapshot_id == publish(remote, TABLES, run_id="again", as_of_utc={}).snapshot_id
        )

    def test_readers_of_an_older_snapshot_keep_it(self, remote: Settings) -> None:
        old = published(remote, [1.0, 2.0])
        new = published(remote, [5.0])
        assert (total(old), total(new), total(current_snapshot(remote))) == (3.0, 5.0, 5.0)

    def test_nothing_else_in_the_store_can_be_read(self, remote: Settings) -> None:
        made = published(remote, [1.0])
        (remote.outside / "secret.csv").write_bytes(b"token\n1\n")  # type: ignore[union-attr]
        con = connect_snapshot(made)
        for sql in (
            f"select * from read_csv('{remote.outside}/secret.csv')",
            "select * from read_text('/etc/hostname')",
        ):
            with pytest.raises(duckdb.PermissionException):
                con.execute(sql)
        assert SECRET not in str(con.execute("select * from duckdb_secrets()").fetchall())

    def test_an_object_that_changed_is_found_when_opened_and_mended_by_publishing(self, remote: Settings) -> None:
        made = published(remote, [1.0])
        place = StorePath(made.file_paths("fct_load")[0])
        whole = place.read_bytes()
        place.write_bytes(whole[:-40] + b"x" + whole[-39:])
        with pytest.raises(SnapshotDamaged, match="fct_load"):
            connect_snapshot(made)
        assert verify_snapshot(made) == [f"gold.fct_load: {place.name} differs from what was published"]
        publish(remote, TABLES, run_id="again", as_of_utc={})
        assert total(current_snapshot(remote)) == 1.0
        place.unlink()
        with pytest.raises(SnapshotDamaged, match="fct_load"):
            connect_snapshot(made)
        (remote.published / "current.json").write_bytes(b"{")
        with pytest.raises(SnapshotDamaged, match=r"current\.json"):
            current_snapshot(remote)

    def test_what_no_kept_snapshot_names_goes_when_old(self, remote: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        old, new = published(remote, [1.0]), published(remote, [2.0])
        monkeypatch.setattr(snapshot, "KEEP_SNAPSHOTS", 1)
        assert sweep(remote) == 0, "a day old at least"
        monkeypatch.setattr(
            snapshot, "utc_now", lambda: datetime.fromisoformat(new.published_at_utc) + timedelta(days=2)
        )
        assert sweep(remote) >= 1
        assert [s.snapshot_id for s in kept_snapshots(remote)] == [new.snapshot_id]
        assert not StorePath(old.file_paths("fct_load")[0]).exists()
        assert total(new) == 2.0

    def test_publishing_through_failures_ends_as_without(self, remote: Settings, s3: Store) -> None:
        with s3.failing(every=3):
            made = published(remote, [1.0, 2.0])
        assert verify_snapshot(made) == []
        with s3.failing(every=4):
            assert total(current_snapshot(remote)) == 3.0


def test_forecasts_are_written_and_read(remote: Settings) -> None:
    from ml.store import FORECAST_EMPTY, read_forecasts, write_forecasts

    moment = datetime(2024, 1, 1)
    row = {c: "x" for c, kind in FORECAST_EMPTY.schema.items() if kind == pl.String} | {"target": "load"}
    row |= {c: 1.0 for c, kind in FORECAST_EMPTY.schema.items() if kind == pl.Float64}  # type: ignore[misc]
    row |= {c: moment for c, kind in FORECAST_EMPTY.schema.items() if kind == pl.Datetime("us")}  # type: ignore[misc]
    rows = pl.DataFrame([row], schema=FORECAST_EMPTY.schema)
    for _ in range(2):
        write_forecasts(remote, rows)
    assert read_forecasts(remote).equals(rows)
    assert isinstance(remote.ml, StorePath)
    assert remote.ml.exists()


def test_a_home_is_built_from_one_place(remote: Settings) -> None:
    ops = OpsStore(remote.ops_db)
    claim_origin(remote, ops)
    claim_origin(remote, ops)
    with pytest.raises(UsageError, match="GRIDLAKE_STORE=s3://"):
        claim_origin(replace(remote, store=None), ops)


def test_what_needs_a_disk_is_refused(remote: Settings) -> None:
    from orchestration.erasure import erase_customer

    with pytest.raises(UsageError, match="local home only"):
        erase_customer(remote, "C0001")


@pytest.mark.parametrize("told", ["/a/folder", "ftp://bucket/x", "s3://", "s3://b/it's", "s3://b/*"])
def test_what_is_no_address_is_refused(told: str) -> None:
    with pytest.raises(UsageError, match="GRIDLAKE_STORE"):
        load_settings(environ={"GRIDLAKE_STORE": told})
    with pytest.raises(UsageError, match="GRIDLAKE_STORE"):
        load_settings(environ={"GRIDLAKE_HOME": "s3://bucket/home"})


def contents(settings: Settings) -> dict[str, Content]:
    """What every table holds, those that tell of runs left out."""
    con, found = duck.connect(reading=settings.outside), {}
    for layer in ("bronze", "silver", "gold", "ml"):
        for name in duck.create_layer_views(con, settings.layer_path(layer), layer):
            found[f"{layer}.{name}"] = table_content(con, f"{layer}.{duck.sql_identifier(name)}")
    snapshot = current_snapshot(settings)
    assert verify_snapshot(snapshot) == []
    readers = connect_snapshot(snapshot)
    found |= {f"published.{name}": table_content(readers, f"gold.{name}") for name in snapshot.tables}
    return {key: value for key, value in found.items() if key.split(".")[1] not in ABOUT_RUNS}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_whole_run_in_a_store_leaves_what_one_on_disk_leaves(
    archive: Path, remote: Settings, local: Settings, tmp_path: Path
) -> None:
    from orchestration.run import run

    files = mini_grid(archive, tmp_path / "mini") / "three"
    told = {}
    for settings in (replace(remote, archive=files), replace(local, archive=files)):
        report = run(settings)
        assert report.exit_code == ExitCode.DONE, report.document.get("error")
        assert run(settings).document["unchanged"] is True
        told[settings.store] = contents(settings)
    in_store, on_disk = told[remote.store], told[None]
    assert in_store.keys() == on_disk.keys()
    for name, (count, digest, sums) in on_disk.items():
        assert in_store[name][:2] == (count, digest), name
        assert in_store[name][2] == pytest.approx(sums, rel=1e-9), name
    assert on_disk["published.fct_load_hourly"][0] > 0
    assert not [layer for layer in ("landing", "bronze", "ml", "published") if (remote.home / layer).exists()]
