"""A clock that jumps, and permissions that are gone: what was told last counts, and nothing is half written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from extract import landing
from extract.catalogue import feed as feed_named
from extract.landing import ensure_bronze, land
from extract.ledger import Ledger
from gridlake import lake, ops, snapshot
from gridlake.ops import OpsStore
from gridlake.settings import Settings, load_settings
from gridlake.snapshot import connect_snapshot, current_snapshot, publish, sweep, verify_snapshot
from gridlake.times import utc_now
from orchestration.quarantine import verify_landing
from tests.contract.samples import offering
from tests.faults.test_landing_race import FEED, batches

SKEWS = (timedelta(days=-3650), timedelta(days=3650), timedelta(hours=-1))


def at(monkeypatch: pytest.MonkeyPatch, skew: timedelta) -> None:
    """Every clock of the product shows another time."""

    def skewed() -> datetime:
        return utc_now() + skew

    for module in (landing, snapshot, ops):
        monkeypatch.setattr(module, "utc_now", skewed)


def gold(settings: Settings, number: int) -> None:
    lake.overwrite_table(settings.gold / "dim_zone", pa.table({"number": pa.array([number], pa.int64())}))


def seen(settings: Settings) -> int:
    con = connect_snapshot(current_snapshot(settings))
    try:
        (number,) = con.execute("select number from dim_zone").fetchone()  # type: ignore[misc]
        return int(number)
    finally:
        con.close()


def test_a_clock_that_jumps_does_not_move_the_pointer_back(
    home: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = home()
    for number, skew in enumerate((timedelta(), *SKEWS)):
        at(monkeypatch, skew)
        gold(settings, number)
        publish(settings, ["dim_zone"], run_id=str(number), as_of_utc={})
        sweep(settings)
        assert seen(settings) == number
        assert verify_snapshot(current_snapshot(settings)) == []


def test_a_file_corrected_while_the_clock_is_wrong_is_the_current_one(
    home: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, feed = home(origin="archive"), feed_named(FEED)
    ensure_bronze(settings, [feed])
    (first,) = batches(1)
    corrections = [
        type(first)(first.feed, first.data.replace(b"1000", load), first.api_endpoint, first.origin)
        for load in (b"2000", b"3000")
    ]
    for payload, skew in zip((first, *corrections), (timedelta(), *SKEWS[:2]), strict=True):
        at(monkeypatch, skew)
        assert land(offering(feed, [payload]), settings).state == "landed"
        assert land(offering(feed, [payload]), settings).state == "unchanged"
    at(monkeypatch, SKEWS[0])
    assert land(offering(feed, [first]), settings).state == "landed", "the first one put back is current again"
    known = Ledger.read(settings, feed)
    assert known.current == {first.api_endpoint: first.sha256}
    assert known.sequence == 4
    assert verify_landing(settings)[1] == []


def test_the_last_run_is_the_last_recorded_whatever_the_clock_said(
    home: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = OpsStore(home().ops_db)
    for number, skew in enumerate((timedelta(), *SKEWS)):
        at(monkeypatch, skew)
        store.start_run(str(number), "synthetic")
        store.finish_run(str(number), "published", 0)
        last = store.last_run(state="published")
        assert last is not None
        assert last["run_id"] == str(number)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write anywhere: for a while this process is nobody."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def settings() -> Iterator[Settings]:
    """A home nobody may read: pytest's own folders are closed to other users."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield load_settings(home=Path(folder) / "home", origin="archive", environ={})


def tree(home: Path) -> dict[str, bytes]:
    return {str(f): f.read_bytes() for f in sorted(home.rglob("*")) if f.is_file()}


def test_without_permission_to_write_nothing_changes_and_readers_read(settings: Settings) -> None:
    feed = feed_named(FEED)
    ensure_bronze(settings, [feed])
    payloads = batches(3)
    land(offering(feed, payloads[:1]), settings)
    gold(settings, 1)
    publish(settings, ["dim_zone"], run_id="good", as_of_utc={})
    places = [settings.home, *(f for f in settings.home.rglob("*"))]
    before = tree(settings.home)
    modes = {place: place.stat().st_mode for place in places}
    try:
        for place in places:
            place.chmod(0o555 if place.is_dir() else 0o444)
        with unprivileged():
            with pytest.raises(OSError, match=r"(?i)permission denied"):
                land(offering(feed, payloads), settings)
            with pytest.raises(OSError, match=r"(?i)permission denied"):
                publish(settings, ["dim_zone"], run_id="refused", as_of_utc={})
            assert seen(settings) == 1
            assert verify_landing(settings) == (1, [])
    finally:
        for place, mode in modes.items():
            place.chmod(mode)
    assert tree(settings.home) == before
    assert land(offering(feed, payloads), settings).state == "landed"
    assert verify_landing(settings) == (3, [])


def test_a_home_one_may_not_write_is_named(settings: Settings) -> None:
    from gridlake.errors import UsageError
    from orchestration.context import only_run

    settings.home.mkdir()
    settings.home.chmod(0o555)
    try:
        with unprivileged(), pytest.raises(UsageError, match="may not be written") as caught, only_run(settings):
            raise AssertionError("the lock was taken")
    finally:
        settings.home.chmod(0o755)
    assert str(settings.home) in caught.value.message
