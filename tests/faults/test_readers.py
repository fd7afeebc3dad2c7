"""Twenty readers beside five publishes: no error, and every answer from exactly one snapshot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pyarrow as pa

from gridlake import lake
from gridlake.settings import Settings
from gridlake.snapshot import connect_snapshot, current_snapshot, publish

READERS, PUBLISHES, TABLES = 20, 5, ["dim_zone", "fct_load", "fct_price"]


def build(settings: Settings, number: int) -> None:
    """Every value of every table is the number of the publish."""
    for place, name in enumerate(TABLES):
        rows = pa.table({"number": pa.array([number] * (100 * (place + 1)), pa.int64())})
        lake.overwrite_table(settings.gold / name, rows)


def publish_number(settings: Settings, number: int) -> None:
    publish(settings, TABLES, run_id=str(number), as_of_utc={"NYISO": f"2024-01-0{number + 1}T00:00:00"})


def test_twenty_readers_through_five_publishes_see_one_snapshot_each(home: Callable[..., Settings]) -> None:
    settings = home()
    build(settings, 0)
    publish_number(settings, 0)
    answers: list[list[int]] = [[] for _ in range(READERS)]
    errors: list[str] = []
    over = threading.Event()

    def read(own: list[int]) -> None:
        try:
            while True:
                last_round = over.is_set()  # the last answer is asked for after the last publish
                snapshot = current_snapshot(settings)
                con = connect_snapshot(snapshot)
                try:
                    seen = {int(snapshot.run_id), int(snapshot.as_of_utc["NYISO"][9]) - 1}
                    for place, name in enumerate(TABLES):
                        rows = con.execute(f"select number, count(*) from {name} group by all").fetchall()
                        assert [count for _, count in rows] == [100 * (place + 1)], rows
                        seen.add(rows[0][0])
                finally:
                    con.close()
                assert len(seen) == 1, f"one answer mixes snapshots {sorted(seen)}"
                own.append(seen.pop())
                time.sleep(0.05)  # people pause too
                if last_round:
                    return
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")

    readers = [threading.Thread(target=read, args=(own,)) for own in answers]
    for reader in readers:
        reader.start()
    for number in range(1, PUBLISHES + 1):
        before = sum(map(len, answers))
        build(settings, number)  # readers go on while gold is written
        publish_number(settings, number)
        deadline = time.monotonic() + 300
        while sum(map(len, answers)) < before + READERS and not errors and time.monotonic() < deadline:
            time.sleep(0.01)
    over.set()
    for reader in readers:
        reader.join(timeout=120)
    assert errors == []
    assert all(own and own[-1] == PUBLISHES for own in answers), "each reader sees the last one in the end"
    assert all(own == sorted(own) for own in answers), "nobody sees an older snapshot after a newer one"
    assert len({number for own in answers for number in own}) > 2, "readers met several snapshots"
