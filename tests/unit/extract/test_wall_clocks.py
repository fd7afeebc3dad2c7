"""Days of 23, 24 and 25 hours come through every convention: by abbreviation, by order of repetition, by offset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.catalogue import feed
from extract.feed import Parsed, Payload
from extract.feeds.nyiso_load import ISOLF_COLUMNS
from extract.regions import declared_window, month_after
from gridlake.times import HOUR, local_day_utc

NEW_YORK = "America/New_York"
CLOCK_CHANGES = [
    date(2015, 3, 8),
    date(2015, 11, 1),
    date(2017, 3, 12),
    date(2017, 11, 5),
    date(2024, 3, 10),
    date(2024, 11, 3),
]
DAYS = st.one_of(st.sampled_from(CLOCK_CHANGES), st.dates(date(2008, 1, 1), date(2037, 12, 31)))
FEW = settings(max_examples=25, deadline=None)


def instants(day: date, timezone: str, step: timedelta) -> list[datetime]:
    start, end = local_day_utc(day, timezone)
    return [start + i * step for i in range((end - start) // step)]


def local(moment: datetime, timezone: str) -> datetime:
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(timezone))


def parsed(name: str, file: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Parsed:
    text = "\n".join(",".join(map(str, row)) for row in (header, *rows))
    return feed(name).parse(Payload(name, text.encode(), f"archive:nyiso/x/{file}", "archive"))


def as_pal(day: date) -> tuple[list[datetime], Parsed]:
    stamps = instants(day, NEW_YORK, timedelta(minutes=5))
    clock = [local(t, NEW_YORK) for t in stamps]
    rows = [(f"{c:%m/%d/%Y %H:%M:%S}", c.tzname(), "WEST", 61752, 1) for c in clock]
    return stamps, parsed(
        "nyiso_pal", f"{day:%Y%m%d}pal.csv", ("Time Stamp", "Time Zone", "Name", "PTID", "Load"), rows
    )


def as_isolf(day: date) -> tuple[list[datetime], Parsed]:
    stamps = [t for offset in range(3) for t in instants(day + timedelta(days=offset), NEW_YORK, HOUR)]
    rows = [(f"{local(t, NEW_YORK):%m/%d/%Y %H:%M}", *[1] * 12) for t in stamps]
    return stamps, parsed("nyiso_isolf", f"{day:%Y%m%d}isolf.csv", ("Time Stamp", *ISOLF_COLUMNS.values()), rows)


PRICE_HEADER = (
    "Time Stamp",
    "Name",
    "PTID",
    "LBMP ($/MWHr)",
    "Marginal Cost Losses ($/MWHr)",
    "Marginal Cost Congestion ($/MWHr)",
)


def as_day_ahead_price(day: date) -> tuple[list[datetime], Parsed]:
    stamps = instants(day, NEW_YORK, HOUR)
    rows = [(f"{local(t, NEW_YORK):%m/%d/%Y %H:%M}", zone, 1, 1, 1, 1) for t in stamps for zone in ("WEST", "N.Y.C.")]
    return [t for t in stamps for _ in range(2)], parsed(
        "nyiso_damlbmp", f"{day:%Y%m%d}damlbmp_zone.csv", PRICE_HEADER, rows
    )


def as_real_time_price(day: date) -> tuple[list[datetime], Parsed]:
    step = timedelta(minutes=5)
    stamps = instants(day, NEW_YORK, step)
    rows = [(f"{local(t + step, NEW_YORK):%m/%d/%Y %H:%M:%S}", "WEST", 1, 1, 1, 1) for t in stamps]
    return stamps, parsed("nyiso_realtime", f"{day:%Y%m%d}realtime_zone.csv", PRICE_HEADER, rows)


def as_fuel_mix(day: date) -> tuple[list[datetime], Parsed]:
    step = timedelta(minutes=5)
    stamps = instants(day, NEW_YORK, step)
    ends = [local(t + step, NEW_YORK) for t in stamps]
    rows = [(f"{c:%m/%d/%Y %H:%M:%S}", c.tzname(), "Wind", 1) for c in ends]
    return stamps, parsed(
        "nyiso_rtfuelmix", f"{day:%Y%m%d}rtfuelmix.csv", ("Time Stamp", "Time Zone", "Fuel Category", "Gen MW"), rows
    )


def as_spanish_weather(day: date) -> tuple[list[datetime], Parsed]:
    from extract.feeds.spain import WEATHER_COLUMNS

    stamps = instants(day, "Europe/Madrid", HOUR)
    rows = [(local(t, "Europe/Madrid").isoformat(" "), "Madrid", *[1] * len(WEATHER_COLUMNS)) for t in stamps]
    return stamps, parsed("entsoe_spain_weather", "weather.csv", ("dt_iso", "city_name", *WEATHER_COLUMNS), rows)


FORMATS = [as_pal, as_isolf, as_day_ahead_price, as_real_time_price, as_fuel_mix, as_spanish_weather]


@pytest.mark.parametrize("written_as", FORMATS)
@FEW
@given(day=DAYS)
def test_every_hour_of_a_local_day_comes_back(
    written_as: Callable[[date], tuple[list[datetime], Parsed]], day: date
) -> None:
    stamps, read = written_as(day)
    assert read.refused.height == 0
    assert read.rows["interval_start_utc"].to_list() == stamps


@pytest.mark.parametrize(("day", "hours"), [(date(2017, 3, 12), 23), (date(2017, 11, 5), 25), (date(2017, 6, 1), 24)])
def test_the_window_of_a_daily_file_is_its_local_day(day: date, hours: int) -> None:
    _, read = as_pal(day)
    assert read.window == local_day_utc(day, NEW_YORK)
    assert (read.window[1] - read.window[0]) / HOUR == hours  # type: ignore[index]


def test_a_stamp_in_the_skipped_hour_is_refused_where_no_zone_is_printed() -> None:
    read = parsed(
        "nyiso_damlbmp",
        "20170312damlbmp_zone.csv",
        PRICE_HEADER,
        [("03/12/2017 01:00", "WEST", 1, 1, 1, 1), ("03/12/2017 02:00", "WEST", 1, 1, 1, 1)],
    )
    assert read.rows.height == 1
    assert read.refused.select("row_number", "rule_id").rows() == [(2, "L01")]
    assert "skipped" in read.refused["reason"][0]


def test_an_unknown_abbreviation_or_zone_is_refused() -> None:
    header = ("Time Stamp", "Time Zone", "Name", "PTID", "Load")
    rows = [
        ("11/22/2017 00:00:00", "XST", "WEST", 1, 1),
        ("11/22/2017 00:00:00", "EST", "ATLANTIS", 1, 1),
        ("11/22/2017 00:00:00", "EST", "WEST", 1, 1),
    ]
    read = parsed("nyiso_pal", "20171122pal.csv", header, rows)
    assert read.refused.select("row_number", "rule_id").rows() == [(1, "L01"), (2, "L02")]
    assert read.rows.height == 1


@given(day=st.dates(date(2008, 1, 1), date(2037, 12, 1)))
@FEW
def test_the_window_of_a_monthly_zip_is_its_local_month(day: date) -> None:
    first = day.replace(day=1)
    window = declared_window(
        Payload("nyiso_pal", b"", f"archive:nyiso/pal/{first:%Y%m%d}pal_csv.zip", "archive"), NEW_YORK
    )
    assert window == (local_day_utc(first, NEW_YORK)[0], local_day_utc(month_after(first), NEW_YORK)[0])


def test_a_name_without_a_day_declares_no_window_and_cannot_tell_an_issue() -> None:
    from gridlake.errors import PayloadRefused

    assert declared_window(Payload("nyiso_pal", b"", "archive:nyiso/pal/latestpal.csv", "archive"), NEW_YORK) is None
    with pytest.raises(PayloadRefused, match="begin with its day"):
        parsed(
            "nyiso_isolf", "latestisolf.csv", ("Time Stamp", *ISOLF_COLUMNS.values()), [("11/22/2017 00:00", *[1] * 12)]
        )
