"""Four processes landing the very same files at the same moments: one copy of each, and one of them says it landed it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from extract.catalogue import feed as feed_named
from extract.feed import Payload
from extract.landing import bronze_path, ensure_bronze, land
from gridlake import lake
from gridlake.settings import Settings, load_settings
from orchestration.quarantine import verify_landing
from tests.contract.samples import offering
from tests.faults.amounts import RACES
from tests.unit.gridlake.race import race

FEED = "nyiso_pal"
RACERS = 4
LINES = (
    "Time Stamp,Time Zone,Name,PTID,Load",
    "{day} 00:00:00,EST,WEST,61752,{load}",
    "{day} 00:05:00,EST,WEST,61752,{load}",
)


def batches(count: int) -> list[Payload]:
    """`count` files of a day each, two rows a file."""
    days = [date(2017, 1, 1) + timedelta(n) for n in range(count)]
    return [
        Payload(
            FEED,
            "".join(f"{line}\n" for line in LINES).format(day=f"{day:%m/%d/%Y}", load=1000 + n).encode(),
            f"archive:nyiso/pal/{day:%Y%m%d}pal.csv",
            "archive",
        )
        for n, day in enumerate(days)
    ]


def land_each(home: Path, count: int, told: Path, gun: Any) -> None:
    """What each process does: all start on each file together."""
    settings = load_settings(home=home, environ={}, origin="archive")
    states = []
    for payload in batches(count):
        gun.wait(timeout=120)
        states.append(land(offering(feed_named(FEED), [payload]), settings).state)
    told.write_text(" ".join(states))


def test_four_processes_racing_the_same_batch_land_it_once(home: Callable[..., Settings], tmp_path: Path) -> None:
    settings, feed = home(origin="archive"), feed_named(FEED)
    ensure_bronze(settings, [feed])
    told = [tmp_path / f"told{n}" for n in range(RACERS)]
    assert race(land_each, [(settings.home, RACES, place) for place in told], timeout=60 + 10 * RACES) == [0] * RACERS
    for states in zip(*(place.read_text().split() for place in told), strict=True):
        assert states.count("landed") >= 1
        assert set(states) <= {"landed", "unchanged"}
    shas = sorted(payload.sha256 for payload in batches(RACES))
    bronze = lake.open_table(bronze_path(settings, feed)).to_pyarrow_table()
    assert sorted(bronze["payload_sha256"].to_pylist()) == sorted([*shas, *shas]), "each file has two rows"
    ledger = lake.open_table(settings.bronze / "payload").to_pyarrow_table().to_pylist()
    assert sorted(row["payload_sha256"] for row in ledger) == shas
    assert sorted(row["landed_seq"] for row in ledger) == list(range(1, RACES + 1))
    assert verify_landing(settings) == (RACES, [])
    on_disk = {
        str(f.relative_to(bronze_path(settings, feed))) for f in bronze_path(settings, feed).rglob("part-*.parquet")
    }
    assert on_disk == {f["path"] for f in lake.table_files(bronze_path(settings, feed)).files}, "losers leave no files"
