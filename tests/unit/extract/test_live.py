"""Live connectors over real sockets: recorded files replayed, made ones where none were recorded, and every way they fail.

Nothing here has asked a source itself: addresses and parameters are as the sources document them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from extract.catalogue import FEEDS, feed
from extract.landing import bronze_path, land
from extract.live.base import Lacks, Window, days, lacking, last_complete_day, live_payloads
from extract.live.catalogue import CONNECTORS
from gridlake import lake
from gridlake.settings import Settings, load_settings
from gridlake.times import HOUR, local_day_utc
from tests.unit.extract.asking import PLAIN, alone, asked, refusal  # noqa: F401
from tests.unit.extract.replay import Reply, patient, source

pytestmark = pytest.mark.usefixtures("alone")

NEW_YORK = "America/New_York"
SHORT, LONG = date(2017, 3, 12), date(2017, 11, 5)
PAL = "nyiso/other/20171122pal.csv"


def pal(day: date, without: int = 0, renamed: bool = False) -> bytes:
    """A day of NYISO's load as it prints it, two zones short of nothing, lacking the last `without` intervals."""
    from zoneinfo import ZoneInfo

    from extract.regions import NYISO_LOAD_ZONES

    start, end = local_day_utc(day, NEW_YORK)
    steps = int((end - start) / timedelta(minutes=5)) - without
    head = '"Time Stamp","Time Zone","Name","PTID","' + ("Demand" if renamed else "Load") + '"\n'
    lines = []
    for i in range(steps):
        utc = (start + timedelta(minutes=5 * i)).replace(tzinfo=ZoneInfo("UTC"))
        local = utc.astimezone(ZoneInfo(NEW_YORK))
        for n, zone in enumerate(NYISO_LOAD_ZONES):
            lines.append(f'"{local:%m/%d/%Y %H:%M:%S}","{local:%Z}","{zone}",{61757 + n},{900 + i % 50 + n}\n')
    return (head + "".join(lines)).encode()


# --- the catalogue of connectors ----------------------------------------------------------------------------------


def test_every_live_feed_has_a_connector_and_every_connector_a_feed() -> None:
    assert sorted(CONNECTORS) == sorted(f.name for f in FEEDS if "live" in f.origins)
    for connector in CONNECTORS.values():
        assert connector.base.startswith("https://")
        assert connector.terms
        assert connector.per_minute <= 60


def test_series_and_values_judged_are_columns_of_the_feed() -> None:
    for name, connector in CONNECTORS.items():
        columns = {c.name for c in feed(name).columns}
        assert {*connector.series, *([connector.value] if connector.value else [])} <= columns


def test_every_key_stands_in_the_example_environment() -> None:
    from gridlake.settings import PROJECT_ROOT

    text = (PROJECT_ROOT / ".env.example").read_text()
    keys = {c.key.variable for c in CONNECTORS.values() if c.key}
    assert keys == {"EIA_API_KEY", "ENTSOE_API_TOKEN"}
    for name in (*keys, "PJM_API_KEY", "GRIDLAKE_LIVE_HOLES", "GRIDLAKE_GRIDSTATUS"):
        assert f"\n{name}=" in text


# --- completeness -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "hours"), [(SHORT, 23), (PLAIN, 24), (LONG, 25)])
def test_a_day_has_its_own_number_of_intervals(day: date, hours: int) -> None:
    window = Window(day, day, NEW_YORK)
    starts = [window.start + HOUR * i for i in range(hours)]
    rows = pl.DataFrame({"interval_start_utc": starts, "interval_end_utc": [s + HOUR for s in starts]})
    assert lacking(rows, window, 60) == Lacks(0, hours)
    assert lacking(rows.slice(1), window, 60).missing == 1
    assert lacking(rows, window, 15) == Lacks(0, hours * 4)
    assert lacking(rows, window, 0) == Lacks(0, hours)


def test_every_series_must_be_whole_and_all_there() -> None:
    window = Window(PLAIN, PLAIN, "UTC")
    starts = [window.start + HOUR * i for i in range(24)]
    rows = pl.DataFrame(
        {"zone": ["A"] * 24 + ["B"] * 23, "interval_start_utc": starts + starts[:23], "v": ["1"] * 46 + [None]}
    )
    found = lacking(rows, window, 60, ("zone",), ("A", "B", "C"))
    assert (found.missing, found.expected) == (25, 72)
    assert "of B" in found.example
    assert lacking(rows, window, 60, ("zone",), ("A", "B"), "v").missing == 2
    assert lacking(rows.clear(), window, 60, ("zone",), ("A",)).missing == 24
    outside = rows.with_columns(pl.col("interval_start_utc") + timedelta(days=2))
    assert lacking(outside, window, 60, ("zone",)).missing == 48


def test_days_are_both_included() -> None:
    assert list(days(PLAIN, PLAIN + timedelta(days=2))) == [PLAIN, PLAIN + timedelta(1), PLAIN + timedelta(2)]


# --- NYISO --------------------------------------------------------------------------------------------------------


def test_a_recorded_day_is_the_payload_the_archive_parser_reads(archive: Path) -> None:
    recorded = (archive / PAL).read_bytes()
    paths: list[str] = []

    def script(path: str, query: dict[str, list[str]]) -> Reply:
        paths.append(path)
        return Reply(recorded, headers={"X-Request-Id": "r-1"})

    (payload,) = asked("nyiso_pal", script, PLAIN)
    assert paths == ["/public/csv/pal/20171122pal.csv"]
    assert (payload.data, payload.origin, payload.http_status) == (recorded, "live", 200)
    assert (payload.name, payload.request_id) == ("20171122pal.csv", "r-1")
    from_archive = feed("nyiso_pal").parse(replace(payload, api_endpoint=f"archive:{PAL}", origin="archive"))
    assert feed("nyiso_pal").parse(payload).rows.equals(from_archive.rows)


@pytest.mark.parametrize(
    ("name", "file", "day"),
    [
        ("nyiso_damlbmp", "nyiso/lbmp/20220718da.csv", date(2022, 7, 18)),
        ("nyiso_realtime", "nyiso/lbmp/20220718rt.csv", date(2022, 7, 18)),
        ("nyiso_isolf", "nyiso/other/20171122isolf.csv", PLAIN),
        ("nyiso_rtfuelmix", "nyiso/other/20160119rtfuelmix.csv", date(2016, 1, 19)),
    ],
)
def test_other_recorded_days_are_whole(archive: Path, name: str, file: str, day: date) -> None:
    (payload,) = asked(name, [Reply((archive / file).read_bytes())], day)
    assert payload.name.startswith(f"{day:%Y%m%d}")


@pytest.mark.parametrize(("name", "file"), [("nyiso_rtfuelmix", "20171122rtfuelmix.csv"), ("nyiso_interface_flows", "20171122ExternalLimitsFlows.csv")])  # fmt: skip
def test_a_hole_the_operator_itself_has_is_refused_until_it_is_let_pass(
    archive: Path, monkeypatch: pytest.MonkeyPatch, name: str, file: str
) -> None:
    script = [Reply((archive / "nyiso" / "other" / file).read_bytes())]
    message = refusal(name, script)
    missing = int(message.split("lacks ")[1].split(" of ")[0])
    monkeypatch.setenv("GRIDLAKE_LIVE_HOLES", str(missing))
    assert len(asked(name, script, PLAIN)) == 1
    monkeypatch.setenv("GRIDLAKE_LIVE_HOLES", "some")
    assert "GRIDLAKE_LIVE_HOLES" in refusal(name, script)


def test_days_with_a_clock_change_are_whole_with_23_and_25_hours() -> None:
    for day, hours in ((SHORT, 23), (LONG, 25)):
        (payload,) = asked("nyiso_pal", [Reply(pal(day))], day)
        assert feed("nyiso_pal").parse(payload).rows["interval_start_utc"].n_unique() == hours * 12


def test_a_day_no_longer_kept_alone_is_taken_from_its_month(archive: Path) -> None:
    month = (archive / "nyiso" / "pal" / "20171101pal_csv.zip").read_bytes()

    def script(path: str, query: dict[str, list[str]]) -> Reply:
        return Reply(month) if path.endswith("20171101pal_csv.zip") else Reply(status=404)

    found = asked("nyiso_pal", script, date(2017, 11, 4), date(2017, 11, 6))
    assert {p.name for p in found} == {"20171101pal_csv.zip"}
    assert len({p.sha256 for p in found}) == 1


def test_a_frame_with_a_hole_twice_is_asked_again_until_it_is_whole() -> None:
    short, whole = Reply(pal(PLAIN, without=3)), Reply(pal(PLAIN))
    pauses: list[float] = []
    (payload,) = asked("nyiso_pal", [short, short, whole], PLAIN, client=patient(pauses))
    assert payload.data == whole.body
    assert pauses == [2.0, 4.0]


def test_a_frame_with_a_hole_for_ever_never_lands(
    home: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(home(origin="live"), first_day=PLAIN, last_day=PLAIN)
    one = feed("nyiso_pal")
    with source([Reply(pal(PLAIN, without=3))]) as at:
        monkeypatch.setitem(CONNECTORS, "nyiso_pal", replace(CONNECTORS["nyiso_pal"], base=at.base))
        monkeypatch.setattr("extract.live.base.shared_client", patient)
        result = land(one, settings)
        assert len(at.asked) == 3
    assert result.state == "stale"
    assert "nyiso_pal: 2017-11-22 (America/New_York)" in result.message
    assert "lacks 33 of 3168 intervals" in result.message
    assert "GRIDLAKE_LIVE_HOLES=33" in result.remedy
    assert lake.open_table(bronze_path(settings, one)).to_pyarrow_table().num_rows == 0


def test_two_days_land_once(home: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(home(origin="live"), first_day=LONG, last_day=LONG + timedelta(days=1))
    one = feed("nyiso_pal")

    def script(path: str, query: dict[str, list[str]]) -> Reply:
        return Reply(pal(datetime.strptime(path.rsplit("/", 1)[1][:8], "%Y%m%d").date()))

    with source(script) as at:
        monkeypatch.setitem(CONNECTORS, "nyiso_pal", replace(CONNECTORS["nyiso_pal"], base=at.base))
        monkeypatch.setattr("extract.live.base.shared_client", patient)
        first, second = land(one, settings), land(one, settings)
    assert (first.state, first.payloads_new, second.state) == ("landed", 2, "unchanged")
    rows = pl.from_arrow(lake.open_table(bronze_path(settings, one)).to_pyarrow_table())
    assert isinstance(rows, pl.DataFrame)
    assert rows.height == first.rows_landed == (25 + 24) * 12 * 11
    assert set(rows["origin"]) == {"live"}
    assert set(rows["http_status"]) == {200}


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(b""), "empty"),
        (Reply(b" \n"), "empty"),
        (Reply(b"<!DOCTYPE html><html><body>Maintenance</body></html>"), "HTML"),
        (Reply(b"\n<HTML><body>sorry</body></HTML>"), "HTML"),
        (Reply(pal(PLAIN, renamed=True)), "Load"),
        (Reply(pal(PLAIN)[:-40]), "damaged"),
        (Reply(pal(PLAIN), announced=10_000_000), "broke off"),
        (Reply(status=500), "answered 500"),
        (Reply(status=302, headers={"Location": "https://elsewhere.example/"}), "another host"),
        (Reply(b"x", hangs_s=4), "no answer within"),
        (Reply(b'"Time Stamp","Time Zone","Name","PTID","Load"\n'), "no rows"),
    ],
    ids=["empty", "blank", "page", "page without type", "renamed column", "cut", "truncated", "500", "redirect", "hang", "no rows"],
)  # fmt: skip
def test_what_is_no_data_is_refused_naming_feed_and_window(reply: Reply, said: str) -> None:
    message = refusal("nyiso_pal", [reply], client=patient(attempts=2, read_s=0.3))
    assert said in message
    assert "2017-11-22 (America/New_York)" in message


def test_429_then_data_is_data() -> None:
    limited = Reply(status=429, headers={"Retry-After": "3"})
    pauses: list[float] = []
    assert len(asked("nyiso_pal", [limited, Reply(pal(PLAIN))], PLAIN, client=patient(pauses))) == 1
    assert pauses == [3.5]


def test_a_day_that_is_not_over_is_refused_unless_the_source_reaches_ahead() -> None:
    tomorrow = last_complete_day(NEW_YORK) + timedelta(days=2)
    assert "not over" in refusal("nyiso_pal", [Reply(b"x")], tomorrow)
    assert "not over" not in refusal("nyiso_isolf", [Reply(b"x")], tomorrow)


def test_the_last_day_that_is_over_is_asked_for_by_default() -> None:
    over = last_complete_day(NEW_YORK)
    settings = load_settings(home="/nowhere", origin="live", environ={})
    with source([Reply(pal(over))]) as at:
        connector = replace(CONNECTORS["nyiso_pal"], base=at.base)
        (payload,) = live_payloads(feed("nyiso_pal"), settings, patient(), connector)
    assert payload.name == f"{over:%Y%m%d}pal.csv"


# --- CAISO --------------------------------------------------------------------------------------------------------


def test_caiso_forecasts_keep_their_vintage_s_name(archive: Path) -> None:
    file = "20250219_20250227_SLD_FCST_7DA_20250221_01_09_58_v1.zip"
    queries: list[dict[str, list[str]]] = []

    def script(path: str, query: dict[str, list[str]]) -> Reply:
        queries.append(query)
        return Reply((archive / "caiso" / "oasis" / file).read_bytes())

    (payload,) = asked("caiso_sld_fcst", script, date(2025, 2, 19), series=())
    assert payload.name == file
    assert queries[0]["startdatetime"] == ["20250219T08:00-0000"]
    assert queries[0]["resultformat"] == ["6"]
    assert feed("caiso_sld_fcst").parse(payload).window is not None
