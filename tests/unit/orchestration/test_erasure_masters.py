"""Erasing a person from landed lists alone: nothing was built yet, bytes are gone by retention, an erasure was killed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from extract import erase
from extract.catalogue import feed as feed_named
from extract.feed import Payload
from extract.landing import ensure_bronze, land
from gridlake import lake
from gridlake.settings import Settings
from orchestration.byte_scan import counter
from orchestration.erasure import erase_customer
from orchestration.maintenance import expire_payloads
from orchestration.quarantine import verify_landing
from tests.contract.samples import offering

HEAD = "customer_id,meter_id,name,valid_from,valid_to\n"
LIST = f"{HEAD}K77001,M1,Zerafina Quillfeather,2023-01-01,\nK77002,M2,Ada Example,2023-01-01,\n"


def refuse(_: Settings) -> None:
    raise AssertionError("nothing is built yet, so nothing is built anew")


def people(settings: Settings) -> list[str]:
    return sorted(lake.open_table(settings.bronze / "own__customer").to_pyarrow_table()["customer_id"].to_pylist())


@pytest.fixture
def landed(home: Callable[..., Settings]) -> Settings:
    settings, feed = home(), feed_named("own_customer")
    ensure_bronze(settings, [feed])
    payload = Payload(feed.name, LIST.encode(), "archive:meters/customers.csv", "archive")
    assert land(offering(feed, [payload]), settings).rows_landed == 2
    return settings


def test_before_anything_is_built_the_lists_are_all_there_is(landed: Settings) -> None:
    proof = erase_customer(landed, "K77001", refuse)
    assert (proof["hits"], proof["names_searched"], proof["snapshots_dropped"]) == (0, 1, 0)
    assert people(landed) == ["K77002"]
    assert verify_landing(landed) == (1, [])


def test_a_list_of_one_person_becomes_an_empty_one(landed: Settings) -> None:
    erase_customer(landed, "K77001", refuse)
    proof = erase_customer(landed, "K77002", refuse)
    assert proof["hits"] == 0
    assert people(landed) == []
    assert verify_landing(landed) == (1, [])


def test_rows_go_also_where_retention_took_the_bytes(landed: Settings) -> None:
    short = replace(landed, personal_retention=timedelta(seconds=-2))  # landed a moment ago
    assert expire_payloads(replace(landed, personal_retention=None)) == 0
    assert expire_payloads(short) == 1
    assert erase_customer(short, "K77001", refuse)["hits"] == 0
    assert people(landed) == ["K77002"]
    (entry,) = lake.open_table(landed.bronze / "payload").to_pyarrow_table().to_pylist()
    assert (entry["rows_read"], entry["rows_landed"]) == (1, 1)


def test_an_erasure_killed_before_the_ledger_is_finished_by_the_next(
    landed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(erase.lake, "replace_rows", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            erase_customer(landed, "K77001", refuse)
    assert people(landed) == ["K77001", "K77002"]
    assert erase_customer(landed, "K77001", refuse)["hits"] == 0
    assert people(landed) == ["K77002"]
    assert verify_landing(landed) == (1, [])


def test_rows_that_differ_in_an_undeclared_column_alone_stay_two(home: Callable[..., Settings]) -> None:
    settings, feed = home(), feed_named("own_customer")
    ensure_bronze(settings, [feed])
    wide = f"{HEAD.rstrip()},note\nK77001,M1,Zerafina Quillfeather,2023-01-01,,a\n" + "".join(
        f"K77002,M2,Ada Example,2023-01-01,,{note}\n" for note in ("first", "second")
    )
    payload = Payload(feed.name, wide.encode(), "archive:meters/customers.csv", "archive")
    assert land(offering(feed, [payload]), settings).rows_landed == 3
    assert erase_customer(settings, "K77001", refuse)["hits"] == 0
    assert people(settings) == ["K77002", "K77002"]
    (row,) = lake.open_table(settings.bronze / "payload").to_pyarrow_table().to_pylist()
    assert (row["rows_read"], row["rows_landed"], row["rows_duplicate"], row["rows_refused"]) == (2, 2, 0, 0)


def test_the_proof_counts_a_key_beside_others_that_hold_it() -> None:
    count = counter(["K770"], others=["K7701", "K77012"])
    assert count(b"K7701;K77012;K77012") == 0
    assert count(b"K77012;K770;K77012") == 1
