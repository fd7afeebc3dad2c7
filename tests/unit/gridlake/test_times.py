"""Time: local days over zones and years, wall clocks there and back, printed abbreviations."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridlake import times

ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Toronto",
    "America/Edmonton",
    "Europe/Madrid",
    "Europe/London",
    "UTC",
)
days = st.dates(date(2005, 1, 1), date(2035, 12, 31))


@given(days, st.sampled_from(ZONES))
def test_a_local_day_has_23_24_or_25_hours_and_ends_where_the_next_begins(day: date, zone: str) -> None:
    start, end = times.local_day_utc(day, zone)
    assert (end - start) in {timedelta(hours=n) for n in (23, 24, 25)}
    assert times.local_day_utc(day + timedelta(days=1), zone)[0] == end
    assert start.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == datetime(*day.timetuple()[:3])


@pytest.mark.parametrize("zone", [z for z in ZONES if z != "UTC"])
@pytest.mark.parametrize("year", [2006, 2007, 2017, 2024, 2030])
def test_a_year_has_one_short_and_one_long_day(zone: str, year: int) -> None:
    first = date(year, 1, 1)
    hours = [
        (end - start) // times.HOUR
        for start, end in (times.local_day_utc(first + timedelta(days=n), zone) for n in range(365))
    ]
    assert (hours.count(23), hours.count(25)) == (1, 1)
    assert hours.index(23) < hours.index(25)


@given(st.datetimes(datetime(2005, 1, 1), datetime(2035, 12, 31)), st.sampled_from(ZONES))
def test_an_instant_survives_its_wall_clock(instant: datetime, zone: str) -> None:
    instant = instant.replace(microsecond=0)
    aware = instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    frame = pl.DataFrame({"wall": [aware.replace(tzinfo=None, fold=0)], "seen": [aware.fold]})
    back = frame.select(times.wall_clock_to_utc(pl.col("wall"), zone, pl.col("seen"))).item()
    assert back == instant


def test_the_repeated_hour_is_told_apart_by_occurrence_and_the_skipped_one_is_null() -> None:
    walls = [datetime(2017, 11, 5, 1, 30), datetime(2017, 11, 5, 1, 30), datetime(2017, 3, 12, 2, 30)]
    frame = pl.DataFrame({"wall": walls, "seen": [0, 1, 0]})
    zone = "America/New_York"
    assert frame.select(times.wall_clock_to_utc(pl.col("wall"), zone, pl.col("seen")))["wall"].to_list() == [
        datetime(2017, 11, 5, 5, 30),
        datetime(2017, 11, 5, 6, 30),
        None,
    ]
    assert frame.select(times.wall_clock_to_utc(pl.col("wall"), zone))["wall"].to_list()[1] == walls[1] + 4 * times.HOUR


@pytest.mark.parametrize(
    ("abbreviation", "zone", "day"),
    [
        ("EST", "America/New_York", date(2017, 1, 5)), ("EDT", "America/New_York", date(2017, 7, 5)),
        ("CST", "America/Chicago", date(2017, 1, 5)), ("CDT", "America/Chicago", date(2017, 7, 5)),
        ("MST", "America/Denver", date(2017, 1, 5)), ("MDT", "America/Denver", date(2017, 7, 5)),
        ("PST", "America/Los_Angeles", date(2017, 1, 5)), ("PDT", "America/Los_Angeles", date(2017, 7, 5)),
        ("CET", "Europe/Madrid", date(2017, 1, 5)), ("CEST", "Europe/Madrid", date(2017, 7, 5)),
        ("GMT", "Europe/London", date(2017, 1, 5)), ("UTC", "UTC", date(2017, 7, 5)),
    ],
)  # fmt: skip
def test_abbreviations_agree_with_the_zone_database(abbreviation: str, zone: str, day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 12)
    assert noon.replace(tzinfo=ZoneInfo(zone)).tzname() == abbreviation
    frame = pl.DataFrame({"wall": [noon], "tz": [abbreviation]})
    found = frame.select(times.abbreviated_to_utc(pl.col("wall"), pl.col("tz"))).item()
    assert found == times.to_naive_utc(noon.replace(tzinfo=ZoneInfo(zone)))


def test_every_known_abbreviation_is_tested_above_and_an_unknown_one_is_null() -> None:
    assert set(times.UTC_OFFSET_MINUTES) == {
        "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "CET", "CEST", "GMT", "UTC",
    }  # fmt: skip
    frame = pl.DataFrame({"wall": [datetime(2017, 1, 1)], "tz": ["XYZ"]})
    assert frame.select(times.abbreviated_to_utc(pl.col("wall"), pl.col("tz"))).item() is None


def test_a_wall_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        times.to_naive_utc(datetime(2017, 1, 1))
