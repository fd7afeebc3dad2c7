"""The days of 23 and 25 hours, for every feed: as recorded, and by moving a recorded file onto them."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta

import polars as pl
import pytest

from extract.clocks import END, DayAndHour, Placed, WallClock
from extract.feed import Parsed
from extract.regions import TIMEZONE
from gridlake.times import HOUR, local_day_utc
from tests.contract import moving, surgery
from tests.contract.conftest import Case

EASTERN = "America/New_York"
LOOKED_AT = 3000  # rows of a file whose format cannot be cut


def test_days_of_23_and_25_hours_keep_every_hour(case: Case) -> None:
    sample = case.sample
    if sample.short_day is None and sample.long_day is None:
        pytest.skip("the recorded files of this feed hold no day with a clock change: a file is moved onto one, below")
    rows = pl.concat([case.parsed(p).rows.select(*sample.series, "interval_start_utc") for p in case.payloads])
    for day, hours in ((sample.short_day, 23), (sample.long_day, 25)):
        if day is None:
            continue
        start, end = local_day_utc(day, sample.timezone)
        assert (end - start) / HOUR == hours
        of_day = rows.filter(pl.col("interval_start_utc").is_between(start, end, closed="left"))
        seen = of_day.group_by(sample.series).agg(
            pl.col("interval_start_utc").dt.truncate("1h").n_unique().alias("hours")
        )
        assert seen.height > 0
        most = hours - (sample.folds_the_long_day and hours == 25)
        assert seen["hours"].max() == most
        whole = seen.filter(pl.col("hours") == most).height
        assert whole >= 0.6 * seen.height, "most series hold every hour of the day"


def zone_of(case: Case, parsed: Parsed) -> str:
    """A zone with clock changes in which the feed's days are counted; Eastern for what is printed in UTC or a fixed offset."""
    declared = getattr(getattr(case.feed, "clock", None), "zone", "")
    regions = parsed.rows["region_id"].drop_nulls().unique().to_list() if "region_id" in parsed.rows.columns else []
    of_region = TIMEZONE.get(regions[0], "") if len(regions) == 1 else ""
    return next(z for z in (declared, case.sample.timezone, of_region, EASTERN) if z and moving.clock_changes(2024, z))


def stamped_at_end(case: Case, hours: int) -> timedelta:
    """The interval's length where the wall clock of its end is what the source prints, else nothing."""
    clock = getattr(case.feed, "clock", None)
    if isinstance(clock, DayAndHour):  # "ending": in autumn it is the start whose repetition is told
        return clock.length if clock.counts == "ending" and hours == 23 else timedelta(0)
    return clock.length if isinstance(clock, WallClock) and clock.marks == END and not clock.is_label else timedelta(0)


def starts(parsed: Parsed) -> dict[tuple[int, int], set[datetime]]:
    """The instants of each row of the file, by number of member and of row; refused rows have none."""
    places = ["source_member", "row_number"]
    rows = pl.concat(
        [
            parsed.rows.head(LOOKED_AT).select(*places, "interval_start_utc"),
            parsed.refused.select(*places, interval_start_utc=pl.lit(None, pl.Datetime("us"))),
        ],
        how="vertical_relaxed",
    )
    members = {m: i for i, m in enumerate(sorted(rows["source_member"].unique()))}
    found: dict[tuple[int, int], set[datetime]] = defaultdict(set)
    for member, number, start in rows.iter_rows():
        found[members[member], number] |= set() if start is None else {start}
    return found


@pytest.mark.parametrize("hours", [23, 25])
def test_a_file_moved_onto_a_clock_change_is_placed_as_its_clock_says(case: Case, hours: int) -> None:
    """Every row lies where the standard library's zones have it; one in the skipped hour is refused; none is lost."""
    if not case.feed.partitioned:
        pytest.skip("rows of this feed have no interval")
    if case.sample.feed.startswith("eia930_ba"):
        pytest.skip("years of hours in one workbook: its own clock change is looked at, above")
    payload = case.short()
    before = case.feed.parse(payload)
    zone = zone_of(case, before)
    local = before.rows["interval_start_utc"].dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.date()
    day = Counter(local.to_list()).most_common(1)[0][0]
    changes = moving.clock_changes(day.year, zone)
    assert changes is not None
    days = (changes[hours == 25] - day).days
    later = case.moved(payload, days)
    if not surgery.is_zip(payload) and surgery.first_member(later) == surgery.first_member(payload):
        pytest.skip("the file prints no dates: seconds, or the order of its rows, place its intervals")
    after = case.feed.parse(later)
    assert after.rows_read == before.rows_read
    assert after.rows.height + after.refused.height == before.rows.height + before.refused.height
    length, has = stamped_at_end(case, hours), starts(after)
    by_utc, by_wall = [], []
    for place, instants in starts(before).items():
        if place not in has:
            continue  # beyond what is looked at
        found = has[place]
        by_utc.append(found == {i + timedelta(days=days) for i in instants})
        walls = [{w - length for w in moving.by_wall_clock(i + length, days, zone)} for i in instants]
        by_wall.append(all(found & w or not w for w in walls) and found <= set().union(*walls))
    clock = getattr(case.feed, "clock", None)
    if isinstance(clock, WallClock | DayAndHour) and moving.clock_changes(2024, clock.zone):
        assert all(by_wall)
    elif clock is not None and not isinstance(clock, Placed):
        assert all(by_utc)
    else:
        assert all(by_wall) or all(by_utc)
