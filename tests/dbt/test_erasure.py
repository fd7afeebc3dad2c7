"""The right to be forgotten: a customer erased from a small published home, with the search that proves it."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from extract.catalogue import feed as feed_named
from extract.feed import Payload
from extract.landing import land
from gridlake import lake
from gridlake.errors import UsageError
from gridlake.ops import OpsStore
from gridlake.settings import Settings
from gridlake.snapshot import connect_snapshot, current_snapshot, kept_snapshots, publish, verify_snapshot
from orchestration.byte_scan import counter, scan_home, unpacked
from orchestration.dbt import run_dbt
from orchestration.erasure import erase_customer
from orchestration.quarantine import verify_landing
from tests.contract.samples import offering

HEAD = "customer_id,meter_id,name,valid_from,valid_to\n"
PERSON, NAME = "K77001", "Zerafina Quillfeather"
LIST = f'{HEAD}{PERSON},M0001,"{NAME}",2023-01-01,\nK770012,M0002,Ada Example,2023-01-01,\n,M0003,Nobody Known,2023-01-01,\n'
EARLIER = LIST.replace("Ada Example", "Eve Example")
MODELS = [
    "stg_own__customer",
    "stg_gridlake__payload",
    "stg_gridlake__refused",
    "dim_customer",
    "int_quarantine__record",
]
TOLD = ("dim_customer", "dim_meter", "dim_region")


def rebuild(settings: Settings) -> None:
    """With the views the tables read: in a copied home they would go on reading the other one's bronze."""
    run_dbt(settings, "run", MODELS, full_refresh=True)


def customers(text: str) -> Payload:
    return Payload("own_customer", gzip.compress(text.encode(), mtime=0), "archive:meters/customers.csv.gz", "archive")


@pytest.fixture(scope="module")
def published(built_home: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A copy of the small home with two more lists of customers, published before and after them."""
    settings = Settings(home=tmp_path_factory.mktemp("erasure") / "home")
    shutil.copytree(built_home.home / "bronze", settings.home / "bronze")
    shutil.copytree(built_home.landing, settings.landing)
    for name in TOLD:
        shutil.copytree(built_home.gold / name, settings.gold / name)
    for name in ("warehouse.duckdb", "plan.json"):
        shutil.copy(built_home.home / name, settings.home / name)
    publish(settings, TOLD, run_id="a run", as_of_utc={})
    for text in (EARLIER, LIST):
        assert land(offering(feed_named("own_customer"), [customers(text)]), settings).rows_refused == 1
    rebuild(settings)
    publish(settings, TOLD, run_id="the next", as_of_utc={})
    return settings


@pytest.fixture(scope="module")
def proof(published: Settings) -> dict[str, object]:
    before = scan_home(published.home, counter([PERSON, NAME], others=["K770012"]))
    assert any(file.startswith("landing/") for file in before.hits)
    assert any(file.startswith("bronze/own__customer/") for file in before.hits)
    assert any(file.startswith("gold/dim_customer/") for file in before.hits)
    assert len(kept_snapshots(published)) == 2
    return erase_customer(published, PERSON, rebuild)


def test_no_byte_of_the_home_names_the_customer(published: Settings, proof: dict[str, object]) -> None:
    assert proof["hits"] == 0
    assert int(str(proof["files_searched"])) > 100
    after = scan_home(published.home, counter([PERSON, NAME], others=["K770012"]))
    assert after.hits == {}
    assert after.files > 100
    assert after.bytes > 10**6


def test_the_others_are_still_there(published: Settings, proof: dict[str, object]) -> None:
    con = connect_snapshot(current_snapshot(published))
    found = con.execute("select customer_id, meter_id from dim_customer where customer_id like 'K77%'").fetchall()
    assert found == [("K770012", "OWN.M0002")]
    assert con.execute("select count(*) from dim_meter where meter_id = 'OWN.M0001'").fetchone() == (1,)


def test_rewritten_payloads_say_what_they_supersede(published: Settings, proof: dict[str, object]) -> None:
    notes = lake.open_table(published.bronze / "erasure").to_pyarrow_table().to_pylist()
    assert {n["supersedes_sha256"] for n in notes} == {customers(t).sha256 for t in (LIST, EARLIER)}
    kept = {sha for n in notes for sha in [n["payload_sha256"]]}
    texts = [b"".join(unpacked((published.landing / s[:2] / f"{s}.gz").read_bytes())) for s in kept]
    assert all(b"K770012" in t and NAME.encode() not in t for t in texts)
    (kept_proof,) = OpsStore(published.ops_db).get("erasures")
    assert kept_proof["files_searched"] == proof["files_searched"]
    assert PERSON not in json.dumps(kept_proof)


def test_what_is_left_still_verifies(published: Settings, proof: dict[str, object]) -> None:
    checked, problems = verify_landing(published)
    assert checked > 10
    assert problems == []
    assert verify_snapshot(current_snapshot(published)) == []
    assert len(kept_snapshots(published)) == 1


def test_the_erased_bytes_do_not_land_again(published: Settings, proof: dict[str, object]) -> None:
    landing = land(offering(feed_named("own_customer"), [customers(LIST)]), published)
    assert (landing.state, landing.rows_landed) == ("unchanged", 0)
    with pytest.raises(UsageError, match="Nothing in this home names"):
        erase_customer(published, PERSON, rebuild)


@pytest.mark.parametrize("key", ["K1", "  "])
def test_a_key_too_short_to_search_for_is_refused(home: Callable[..., Settings], key: str) -> None:
    with pytest.raises(UsageError, match="too short"):
        erase_customer(home(), key)


def test_words_within_others_are_not_hits(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("K770012 and K770013")
    count = counter(["K77001"], others=["K770012"])
    assert scan_home(tmp_path, count).hits == {"a.txt": 1}
