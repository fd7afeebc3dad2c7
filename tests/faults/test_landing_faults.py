"""Landing under faults other than a kill: races, crashes between effects, a full disk, poison."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from extract import ledger as ledger_of_landing
from extract.catalogue import FEEDS
from extract.catalogue import feed as feed_named
from extract.feed import Payload
from extract.landing import bronze_path, ensure_bronze, land
from gridlake import duck, lake
from gridlake.settings import PROJECT_ROOT, Settings, load_settings
from orchestration.quarantine import verify_landing
from tests.contract.samples import offering
from tests.faults.test_landing_killed import payloads
from tests.unit.gridlake.race import race

FEED = "synthetic_load"


def rows(settings: Settings, table: str) -> int:
    return lake.open_table(settings.bronze / table).to_pyarrow_table().num_rows


def ledger(settings: Settings) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lake.open_table(settings.bronze / "payload").to_pyarrow_table().to_pylist()
    return found


@pytest.fixture
def settings(home: Callable[..., Settings]) -> Settings:
    made = home()
    ensure_bronze(made, list(FEEDS))
    return made


def test_a_crash_between_commit_and_ledger_is_made_good(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = offering(feed_named(FEED), payloads()[:2])

    def crash(*arguments: Any) -> None:
        raise RuntimeError("the process ends here")

    monkeypatch.setattr(ledger_of_landing, "record", crash)
    with pytest.raises(RuntimeError, match="ends here"):
        land(feed, settings)
    committed = rows(settings, feed.table)
    assert committed > 0
    assert ledger(settings) == []
    monkeypatch.undo()
    result = land(feed, settings)
    assert result.state == "landed"
    assert rows(settings, feed.table) == committed == sum(r["rows_landed"] for r in ledger(settings))
    assert rows(settings, "refused") == 1
    assert land(feed, settings).state == "unchanged"


def test_the_same_file_twice_in_one_delivery_lands_once(settings: Settings) -> None:
    (payload, *_) = payloads()
    result = land(offering(feed_named(FEED), [payload, payload]), settings)
    assert (result.payloads, result.payloads_new) == (2, 1)
    assert result.rows_landed == rows(settings, feed_named(FEED).table)
    again = land(offering(feed_named(FEED), [payload]), settings)
    assert (again.state, again.rows_landed) == ("unchanged", 0)


def at(payload: Payload, address: str) -> Payload:
    return replace(payload, api_endpoint=payload.api_endpoint.replace(payload.name, f"{address}{payload.path.suffix}"))


def standing(settings: Settings) -> dict[str, bool]:
    """Whether each payload stands, as silver is told (`stg_gridlake__payload`)."""
    model = (PROJECT_ROOT / "dbt_project/models/bronze/stg_gridlake__payload.sql").read_text()
    table = f"delta_scan({duck.sql_literal(settings.bronze / 'payload')})"
    sql = re.sub(r"{{ naive_utc\('(\w+)'\) }}", r"\1", model.replace("{{ lake_source('bronze', 'payload') }}", table))
    with duck.connect() as con:
        return dict(con.execute(f"select payload_sha256, not is_superseded from ({sql})").fetchall())


def test_a_file_copied_to_its_days_name_stands_when_another_takes_its_first_name(settings: Settings) -> None:
    first, second, *_ = payloads()
    feed = feed_named(FEED)
    land(offering(feed, [at(first, "latest")]), settings)
    landed = land(offering(feed, [at(first, "day1"), at(second, "latest")]), settings)
    assert (landed.state, landed.payloads_new) == ("landed", 2)
    assert standing(settings) == {first.sha256: True, second.sha256: True}
    assert land(offering(feed, [at(first, "day1"), at(second, "latest")]), settings).state == "unchanged"
    assert verify_landing(settings)[1] == []


def test_an_address_that_delivers_what_another_did_replaces_its_own(settings: Settings) -> None:
    first, second, third, *_ = payloads()
    feed = feed_named(FEED)
    land(offering(feed, [at(first, "a"), at(second, "b")]), settings)
    land(offering(feed, [at(third, "a")]), settings)
    assert standing(settings) == {first.sha256: False, second.sha256: True, third.sha256: True}
    assert land(offering(feed, [at(first, "b")]), settings).state == "landed"
    assert standing(settings) == {first.sha256: True, second.sha256: False, third.sha256: True}
    assert land(offering(feed, [at(third, "a"), at(first, "b")]), settings).state == "unchanged"


def test_two_names_of_one_file_in_one_delivery_land_its_rows_once(settings: Settings) -> None:
    (payload, *_) = payloads()
    feed, both = feed_named(FEED), [at(payload, "a"), at(payload, "b")]
    assert land(offering(feed, both), settings).rows_landed == rows(settings, feed.table)
    assert land(offering(feed, both), settings).state == "unchanged"
    told = {PurePosixPath(r["api_endpoint"]).stem: r["rows_landed"] > 0 for r in ledger(settings)}
    assert told == {"a": True, "b": False}


def land_one(home: Path, feed: str, offered: list[Payload], gun: Any) -> None:
    """What each process of the race does."""
    settings = load_settings(home=home, environ={})
    gun.wait(timeout=60)
    for payload in offered:
        result = land(offering(feed_named(feed), [payload]), settings)
        assert result.state == "landed", result.message


def test_two_ingesters_of_different_feeds_at_once_both_land(home: Callable[..., Settings]) -> None:
    from extract.synthetic import DEFAULT_SEED, observation_payloads

    settings = home()
    load = list(payloads()[:4])
    other = [p for p in observation_payloads(DEFAULT_SEED, 68) if p.path.parent.name == "ERCOT"]
    assert len(other) >= 2
    both = [(settings.home, FEED, load), (settings.home, "synthetic_observation", other)]
    ensure_bronze(settings, [feed_named(FEED), feed_named("synthetic_observation")])
    assert race(land_one, both) == [0, 0]
    entries = ledger(settings)
    assert sorted(r["payload_sha256"] for r in entries) == sorted(p.sha256 for p in (*load, *other))
    for name in (FEED, "synthetic_observation"):
        feed = feed_named(name)
        mine = [r for r in entries if r["feed"] == name]
        assert rows(settings, feed.table) == sum(r["rows_landed"] for r in mine)
        assert sorted(r["landed_seq"] for r in mine) == list(range(1, len(mine) + 1))
    assert verify_landing(settings) == (len(entries), [])


def test_two_ingesters_of_one_feed_at_once_number_their_landings_one_after_the_other(
    home: Callable[..., Settings],
) -> None:
    settings = home()
    ensure_bronze(settings, list(FEEDS))
    mine, theirs = list(payloads()[:4]), list(payloads()[4:8])
    assert race(land_one, [(settings.home, FEED, mine), (settings.home, FEED, theirs)]) == [0, 0]
    entries = ledger(settings)
    assert {r["payload_sha256"] for r in entries} == {p.sha256 for p in (*mine, *theirs)}
    assert sorted(r["landed_seq"] for r in entries) == list(range(1, 9))
    assert rows(settings, feed_named(FEED).table) == sum(r["rows_landed"] for r in entries)
    assert verify_landing(settings) == (8, [])


def test_a_bad_row_among_good_ones_lands_the_rest(settings: Settings) -> None:
    result = land(offering(feed_named(FEED), payloads()[:1]), settings)
    assert (result.state, result.rows_refused) == ("landed", 1)
    assert result.rows_read == result.rows_landed + result.rows_duplicate + result.rows_refused
    (refused,) = lake.open_table(settings.bronze / "refused").to_pyarrow_table().to_pylist()
    assert "no time at all" in refused["raw_record"]
    assert (refused["feed"], refused["row_number"], bool(refused["reason"])) == (FEED, 3, True)


@contextmanager
def tmpfs(place: Path, size: str) -> Iterator[Path]:
    """A small file system at `place`, which only root can mount: skipped otherwise."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command here")
    if done.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with tmpfs(tmp_path / "disk", "4m") as place:
        yield place


def fill(disk: Path, leave: int) -> Path:
    """A file that leaves `leave` bytes free."""
    import os

    filler = disk / "filler"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize
    with filler.open("wb") as handle:
        handle.write(bytes(free - leave))
    return filler


@pytest.mark.parametrize("leave", [0, 8192, 16384])
def test_a_full_disk_keeps_the_old_version_and_goes_on_when_there_is_room(small_disk: Path, leave: int) -> None:
    settings = load_settings(home=small_disk / "home", environ={})
    feed, first, second = feed_named(FEED), payloads()[:2], payloads()[:8]
    ensure_bronze(settings, [feed])
    land(offering(feed, first), settings)
    before, entries = rows(settings, feed.table), ledger(settings)
    filler = fill(small_disk, leave)
    with pytest.raises(OSError, match=r"(?i)no space"):
        land(offering(feed, second), settings)
    assert rows(settings, feed.table) == before
    assert ledger(settings) == entries
    filler.unlink()
    assert land(offering(feed, second), settings).state == "landed"
    assert rows(settings, feed.table) == sum(r["rows_landed"] for r in ledger(settings)) > before
    assert verify_landing(settings) == (len(second), [])
    assert lake.open_table(bronze_path(settings, feed)).to_pyarrow_table().num_rows > before
