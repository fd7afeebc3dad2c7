"""Outages: the events' workbook, PG&E's snapshot, and the history of each outage out of many snapshots."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from extract.feeds.outages import STATES, snapshot_name
from extract.outage_history import ATTRIBUTES, history_sql
from gridlake.errors import PayloadRefused
from tests.unit.extract.world import counts, duplicates, parse, parse_bytes

EVENTS, SNAPSHOT = "outages/us_events/outage.xlsx", "outages/pge/pge-outages_2019-10-27T18.json"


class TestEvents:
    def test_every_event_is_kept_and_the_title_block_is_not(self, archive: Path) -> None:
        parsed = parse("outage_us_events", archive, EVENTS)
        assert (counts(parsed), parsed.unknown) == ((1534, 1534, 0), ())
        assert parsed.rows["event"].cast(pl.Int64).to_list() == list(range(1, 1535))
        assert parsed.rows["demand_loss"][0] == "NA"

    def test_date_and_time_are_local_to_the_state(self, archive: Path) -> None:
        rows = parse("outage_us_events", archive, EVENTS).rows
        assert rows.row(0, named=True)["started_at_utc"] == datetime(2011, 7, 1, 22)  # 17:00 CDT in Minnesota
        assert rows.row(0, named=True)["restored_at_utc"] == datetime(2011, 7, 4, 1)

    def test_an_event_without_a_start_has_none(self, archive: Path) -> None:
        last = parse("outage_us_events", archive, EVENTS).rows.row(-1, named=True)
        assert (last["state"], last["start_date"], last["started_at_utc"]) == ("AK", "NA", None)

    def test_starts_and_restorations_agree_with_the_printed_duration(self, archive: Path) -> None:
        """To the minute, but for outages across a clock change: the set counts wall clocks."""
        rows = parse("outage_us_events", archive, EVENTS).rows.filter(
            pl.col("started_at_utc").is_not_null() & pl.col("restored_at_utc").is_not_null()
        )
        minutes = (pl.col("restored_at_utc") - pl.col("started_at_utc")).dt.total_minutes()
        off = rows.select((minutes - pl.col("duration").cast(pl.Int64)).abs().alias("off"))["off"]
        assert rows.height > 1400
        assert (off == 0).mean() > 0.97  # type: ignore[operator]
        assert set(off.filter(off > 0).to_list()) <= {60}

    def test_every_state_has_a_clock(self, archive: Path) -> None:
        known = {state for states in STATES.values() for state in states.split()}
        assert set(parse("outage_us_events", archive, EVENTS).rows["state"]) <= known
        assert len(known) == 51

    def test_a_workbook_without_its_header_is_refused(self, archive: Path) -> None:
        data = (archive / EVENTS).read_bytes()
        with pytest.raises(PayloadRefused, match="truncated or damaged"):
            parse_bytes("outage_us_events", data[:-500], EVENTS)


class TestSnapshot:
    def test_every_outage_of_the_moment(self, archive: Path) -> None:
        parsed = parse("outage_pge", archive, SNAPSHOT)
        assert (counts(parsed), parsed.unknown) == ((3986, 3986, 0), ())
        assert duplicates(parsed, "outage_pge") == 0
        assert parsed.rows["outage_number"].n_unique() == 3986

    def test_the_moment_in_the_name_is_pacific_and_no_update_is_later(self, archive: Path) -> None:
        rows = parse("outage_pge", archive, SNAPSHOT).rows
        taken = rows["published_at_utc"].unique().to_list()
        assert taken == [datetime(2019, 10, 28, 1)]
        newest = rows["updated_at_utc"].max()
        assert newest == datetime(2019, 10, 28, 0, 56, 31)
        assert newest > datetime(2019, 10, 27, 18)  # were the name UTC, updates would come from the future

    def test_numbers_that_are_strings_and_nested_devices(self, archive: Path) -> None:
        listed = json.loads((archive / SNAPSHOT).read_text())
        rows = parse("outage_pge", archive, SNAPSHOT).rows
        assert rows["customers"].to_list() == [outage["estCustAffected"] for outage in listed]
        devices = [json.loads(text) if text else None for text in rows["devices"]]
        assert devices == [outage.get("outageDevices") for outage in listed]
        first = rows.row(0, named=True)
        assert first["outage_started_at_utc"] == datetime(2019, 10, 27, 22, 14, 28)

    @pytest.mark.parametrize(
        ("data", "name", "problem"),
        [
            (b"[]", SNAPSHOT, "holds no records"),
            (b'[{"outageNumber": "1"', SNAPSHOT, "is not JSON"),
            (b'{"outages": 7}', SNAPSHOT, "has not the shape"),
            (b'[{"outageNumber": "1"}]', SNAPSHOT, "no column 'outageStartTime'"),
        ],
    )
    def test_other_documents_are_refused(self, data: bytes, name: str, problem: str) -> None:
        with pytest.raises(PayloadRefused, match=problem):
            parse_bytes("outage_pge", data, name)

    def test_a_file_that_does_not_tell_its_moment_is_refused(self, archive: Path) -> None:
        with pytest.raises(PayloadRefused, match="does not tell the moment"):
            parse_bytes("outage_pge", (archive / SNAPSHOT).read_bytes(), "outages/pge/latest.json")

    def test_an_outage_without_a_number_is_refused_and_odd_times_stay_text(self, archive: Path) -> None:
        listed = json.loads((archive / SNAPSHOT).read_text())[:3]
        listed[0]["outageNumber"] = ""
        listed[1]["lastUpdateTime"] = "99999999999999"
        parsed = parse_bytes("outage_pge", json.dumps(listed).encode(), SNAPSHOT)
        assert (counts(parsed), parsed.refused["rule_id"].to_list()) == ((3, 2, 1), ["L02"])
        assert parsed.rows.select("last_update", "updated_at_utc").row(0) == ("99999999999999", None)


# --- histories ----------------------------------------------------------------------------------------------------

FIRST = datetime(2019, 10, 27, 18)  # Pacific, the real snapshot; those derived from it follow every six hours
EVERY = timedelta(hours=6)
OUTAGES = 300


@cache
def derived_snapshots(archive: Path) -> tuple[list[tuple[datetime, list[dict[str, Any]]]], dict[str, dict[str, Any]]]:
    """The real snapshot (its first outages) and twenty derived from it by planted changes, and what was planted:
    number -> seen at these places, changed at these, ended at this one."""
    draw = random.Random(7)
    listed: list[dict[str, Any]] = json.loads((archive / SNAPSHOT).read_text())[:OUTAGES]
    current = {outage["outageNumber"]: outage for outage in listed}
    planted = {number: {"seen": [0], "changed": [0]} for number in current}
    snapshots = [(FIRST, listed)]
    resting: dict[str, dict[str, Any]] = {}
    for place in range(1, 21):
        back = draw.sample(sorted(resting), min(2, len(resting)))
        for number in draw.sample(sorted(current), 12):  # over, or so it seems
            resting[number] = current.pop(number)
        for number in back:
            current[number] = resting.pop(number)
            planted[number]["changed"].append(place)
        for number in draw.sample(sorted(current), 40):  # changed
            kind = draw.choice(("estCustAffected", "crewCurrentStatus", "cause", "currentEtor"))
            current[number] = {
                **current[number],
                kind: f"{place}{draw.randrange(1000):03d}",
                "lastUpdateTime": str(1572224400 + place),
            }
            if planted[number]["changed"][-1] != place:
                planted[number]["changed"].append(place)
        for new in range(3):  # new
            number = f"derived-{place}-{new}"
            current[number] = {**listed[new], "outageNumber": number}
            planted[number] = {"seen": [], "changed": [place]}
        for number in current:
            if place not in planted[number]["seen"]:
                planted[number]["seen"].append(place)
        snapshots.append(
            (FIRST + place * EVERY, [current[number] for number in draw.sample(sorted(current), len(current))])
        )
    return snapshots, planted


def observations(snapshots: Sequence[tuple[datetime, list[dict[str, Any]]]]) -> pl.DataFrame:
    parts = []
    for taken, listed in snapshots:
        data = json.dumps(listed).encode()
        rows = parse_bytes("outage_pge", data, f"outages/pge/{snapshot_name(taken)}").rows
        parts.append(
            rows.with_columns(
                pl.lit("PGE").alias("source_system"), pl.lit(hashlib.sha256(data).hexdigest()).alias("payload_sha256")
            )
        )
    return pl.concat(parts)


def history(rows: pl.DataFrame) -> pl.DataFrame:
    with duckdb.connect() as connection:
        connection.register("bronze", rows)
        return connection.sql(history_sql("bronze")).pl()


class TestHistory:
    @pytest.fixture(scope="class")
    def seen(self, archive: Path) -> pl.DataFrame:
        return observations(derived_snapshots(archive)[0])

    @pytest.fixture(scope="class")
    def told(self, seen: pl.DataFrame) -> pl.DataFrame:
        return history(seen)

    def test_any_order_of_snapshots_gives_the_same(self, archive: Path, told: pl.DataFrame) -> None:
        snapshots = list(derived_snapshots(archive)[0])
        assert len(snapshots) == 21
        for seed in range(8):
            shuffled = snapshots[:]
            random.Random(seed).shuffle(shuffled)
            assert history(observations(shuffled)).equals(told)

    def test_a_snapshot_landed_twice_changes_nothing(self, seen: pl.DataFrame, told: pl.DataFrame) -> None:
        first = seen["published_at_utc"].min()
        assert history(pl.concat([seen, seen.filter(pl.col("published_at_utc") == first)])).equals(told)

    def test_what_was_planted_is_found(self, archive: Path, told: pl.DataFrame) -> None:
        snapshots, planted = derived_snapshots(archive)
        moments = [datetime(2019, 10, 28, 1) + place * EVERY for place in range(len(snapshots))]
        assert told["outage_number"].n_unique() == len(planted)
        for number, versions in told.partition_by("outage_number", as_dict=True, maintain_order=True).items():
            truth = planted[str(number[0])]
            last = truth["seen"][-1]
            assert versions["first_seen_utc"].unique().to_list() == [moments[truth["seen"][0]]]
            assert versions["last_seen_utc"].unique().to_list() == [moments[last]]
            assert versions["ended_at_utc"].unique().to_list() == [moments[last + 1] if last < 20 else None]
            assert versions["snapshots_seen"].unique().to_list() == [len(truth["seen"])]
            changes = [place for place in truth["changed"] if place in truth["seen"]]
            assert versions["valid_from_utc"].to_list() == [moments[place] for place in changes]
            assert versions["version"].to_list() == list(range(1, len(changes) + 1))

    def test_versions_of_an_outage_do_not_overlap(self, told: pl.DataFrame) -> None:
        following = told.with_columns(pl.col("valid_from_utc").shift(-1).over("outage_number").alias("next"))
        both = following.filter(pl.col("next").is_not_null())
        assert (both["valid_to_utc"] <= both["next"]).all()
        assert (both["valid_to_utc"] < both["next"]).any()  # outages that were gone for a while
        assert told.filter(pl.col("valid_to_utc").is_null())["ended_at_utc"].null_count() > 100

    def test_neighbouring_versions_differ(self, told: pl.DataFrame) -> None:
        previous = [pl.col(name).shift(1).over("outage_number").alias(f"{name}_before") for name in ATTRIBUTES]
        rows = told.with_columns(*previous, pl.col("valid_to_utc").shift(1).over("outage_number").alias("before_to"))
        contiguous = rows.filter((pl.col("version") > 1) & (pl.col("before_to") == pl.col("valid_from_utc")))
        same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_before")) for name in ATTRIBUTES)
        assert contiguous.height > 300
        assert not contiguous.select(same.any()).item()

    def test_two_payloads_of_one_moment_do_not_mix(self, seen: pl.DataFrame) -> None:
        first = seen.filter(pl.col("published_at_utc") == seen["published_at_utc"].min())
        other = first.head(10).with_columns(pl.lit("0" * 64).alias("payload_sha256"), pl.lit("other").alias("cause"))
        assert history(pl.concat([first, other])).equals(history(pl.concat([other, first])))
        assert "other" not in history(pl.concat([first, other]))["cause"].to_list()

    def test_sources_are_kept_apart(self, seen: pl.DataFrame) -> None:
        first = seen.filter(pl.col("published_at_utc") == seen["published_at_utc"].min())
        elsewhere = seen.filter(pl.col("published_at_utc") == seen["published_at_utc"].max()).with_columns(
            pl.lit("SCE").alias("source_system")
        )
        ended = history(pl.concat([first, elsewhere]))
        assert ended["ended_at_utc"].null_count() == ended.height
