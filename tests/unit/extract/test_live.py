"""Live connectors over real sockets: recorded files replayed, made ones where none were recorded, and every way they fail.

Nothing here has asked a source itself: addresses and parameters are as the sources document them.
"""

from __future__ import annotations

import importlib.util
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import polars as pl
import pytest

from extract.catalogue import FEEDS, feed
from extract.feed import Payload
from extract.http import Client
from extract.landing import bronze_path, land
from extract.live.base import Connector, Lacks, Window, days, lacking, last_complete_day, live_payloads
from extract.live.catalogue import CONNECTORS
from gridlake import lake
from gridlake.errors import PayloadRefused, UsageError
from gridlake.settings import Settings, load_settings
from gridlake.times import HOUR, local_day_utc
from tests.contract import live_documents
from tests.unit.extract.replay import Reply, patient, source

NEW_YORK = "America/New_York"
SHORT, LONG, PLAIN = date(2017, 3, 12), date(2017, 11, 5), date(2017, 11, 22)
PAL = "nyiso/other/20171122pal.csv"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    for name in ("GRIDLAKE_LIVE_HOLES", "GRIDLAKE_GRIDSTATUS", "PJM_API_KEY", "EIA_API_KEY", "ENTSOE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def asked(
    name: str, script: Any, first: date, last: date | None = None, client: Client | None = None, **changes: Any
) -> list[Payload]:
    """The feed's payloads from a source that replays `script`."""
    settings = load_settings(home="/nowhere", origin="live", first_day=first, last_day=last or first, environ={})
    with source(script) as at:
        connector: Connector = replace(CONNECTORS[name], base=at.base, **changes)
        return list(live_payloads(feed(name), settings, client or patient(), connector))


def refusal(name: str, script: Any, first: date = PLAIN, **more: Any) -> str:
    with pytest.raises(PayloadRefused) as caught:
        asked(name, script, first, **more)
    assert name in caught.value.message
    assert caught.value.remedy
    return caught.value.message


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


# --- EIA ----------------------------------------------------------------------------------------------------------


def eia(route: str, offset: int, length: int, *, lost: int = 0, null: bool = False) -> Reply:
    """A day of the demand of two authorities, paged. Made: the shape is that of recorded answers."""
    periods = [datetime(2024, 3, 10) + HOUR * (i + 1) for i in range(24)]
    rows: list[dict[str, Any]] = [
        {"period": f"{at:%Y-%m-%dT%H}", "respondent": who, "type": "D", "value": None if null and i == 3 else 1000 + i}
        if route == "region-data"
        else {"period": f"{at:%Y-%m-%dT%H}", "respondent": who, "fueltype": "SUN", "value": i}
        if route == "fuel-type-data"
        else {"period": f"{at:%Y-%m-%dT%H}", "fromba": who, "toba": "XX", "value": -i}
        for i, at in enumerate(periods)
        for who in ("NYIS", "PJM")
    ]
    page = rows[offset : offset + length - lost]
    body = {
        "response": {"total": str(len(rows)), "frequency": "hourly", "data": page},
        "request": {"params": {"api_key": "K3Y"}},
    }
    return Reply(json.dumps(body).encode())


@pytest.fixture
def eia_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EIA_API_KEY", "K3Y")


@pytest.mark.usefixtures("eia_key")
def test_eia_s_pages_become_one_document_without_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []

    def script(path: str, query: dict[str, list[str]]) -> Reply:
        assert query["api_key"] == ["K3Y"]
        seen.append(f"{path.split('/')[4]}:{query['offset'][0]}")
        return eia(path.split("/")[4], int(query["offset"][0]), 20)

    found = asked("eia930_api", script, date(2024, 3, 10))
    assert seen[:3] == ["region-data:0", "region-data:20", "region-data:40"]
    assert [len(json.loads(p.data)["response"]["data"]) for p in found] == [48, 48, 48]
    parsed = feed("eia930_api").parse(found[0])
    assert (parsed.rows.height, parsed.rows["region_id"].n_unique()) == (48, 2)
    for payload in found:
        assert b"K3Y" not in payload.data
        assert "K3Y" not in payload.api_endpoint
    assert "K3Y" not in caplog.text


@pytest.mark.usefixtures("eia_key")
def test_eia_s_total_must_be_the_rows_received() -> None:
    message = refusal("eia930_api", lambda path, query: eia("region-data", 48 if int(query["offset"][0]) else 0, 30))
    assert "announces 48 rows, but 30 came" in message


@pytest.mark.usefixtures("eia_key")
def test_eia_s_null_is_a_hole() -> None:
    message = refusal("eia930_api", lambda path, query: eia("region-data", 0, 99, null=True), date(2024, 3, 10))
    assert "lacks 2 of 48" in message


def test_without_its_key_a_source_is_not_asked() -> None:
    for name, variable in (("eia930_api", "EIA_API_KEY"), ("entsoe_transparency", "ENTSOE_API_TOKEN")):
        assert variable in refusal(name, [Reply(b"x")])


# --- ENTSO-E ------------------------------------------------------------------------------------------------------


def entsoe(query: dict[str, list[str]], hours: int = 24) -> Reply:
    """Made: one hourly document of the kind asked for."""
    kind = query["documentType"][0]
    start, end = (datetime.strptime(query[name][0], "%Y%m%d%H%M") for name in ("periodStart", "periodEnd"))
    span = f"<start>{start:%Y-%m-%dT%H:%MZ}</start><end>{end:%Y-%m-%dT%H:%MZ}</end>"
    role = {"A65": "outBiddingZone_Domain", "A44": "in_Domain"}.get(kind, "inBiddingZone_Domain")
    area = (query.get("in_Domain") or query["outBiddingZone_Domain"])[0]
    value = "price.amount" if kind == "A44" else "quantity"
    points = "".join(
        f"<Point><position>{i + 1}</position><{value}>{100 + i}</{value}></Point>"
        for i in range(min(hours, int((end - start) / HOUR)))
    )
    psr = "<MktPSRType><psrType>B16</psrType></MktPSRType>" if kind in ("A75", "A69") else ""
    process = "".join(f"<process.processType>{p}</process.processType>" for p in query.get("processType", []))
    currency = "<currency_Unit.name>EUR</currency_Unit.name>" if kind == "A44" else ""
    text = (
        f"<GL_MarketDocument><mRID>1</mRID><revisionNumber>1</revisionNumber><type>{kind}</type>{process}"
        f"<createdDateTime>2024-04-02T10:00:00Z</createdDateTime><time_Period.timeInterval>{span}</time_Period.timeInterval>"
        f"<TimeSeries><mRID>1</mRID><businessType>A04</businessType><{role}.mRID>{area}</{role}.mRID>{currency}"
        f"<curveType>A01</curveType>{psr}<Period><timeInterval>{span}</timeInterval><resolution>PT60M</resolution>"
        f"{points}</Period></TimeSeries></GL_MarketDocument>"
    )
    return Reply(text.encode())


def test_entsoe_is_asked_for_each_area_and_document_with_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTSOE_API_TOKEN", "T0K3N")
    short = date(2024, 3, 31)
    found = asked("entsoe_transparency", lambda path, query: entsoe(query, 25), short)
    assert len(found) == 15
    assert all("T0K3N" not in p.api_endpoint and b"T0K3N" not in p.data for p in found)
    assert len({p.api_endpoint for p in found}) == 15
    rows = feed("entsoe_transparency").parse(found[0]).rows
    assert (rows.height, rows["region_id"][0]) == (23, "ES")
    assert "lacks 3 of 23" in refusal("entsoe_transparency", lambda path, query: entsoe(query, 20), short)


def test_entsoe_s_acknowledgement_is_refused_with_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTSOE_API_TOKEN", "T0K3N")
    body = b"<Acknowledgement_MarketDocument><Reason><code>999</code><text>No matching data found</text></Reason></Acknowledgement_MarketDocument>"
    assert "No matching data found" in refusal("entsoe_transparency", [Reply(body)])


# --- weather ------------------------------------------------------------------------------------------------------


def test_observations_and_forecasts_are_two_feeds() -> None:
    day = date(2024, 3, 10)
    observed = asked("open_meteo_weather", lambda p, q: Reply(live_documents.open_meteo(day)), day)
    assert len(observed) == 10
    assert {p.published_at_utc for p in observed} == {None}
    regions = {feed("open_meteo_weather").parse(p).region_id for p in observed}
    assert {"ERCOT", "ES", "DE"} <= regions
    today = last_complete_day("UTC") + timedelta(days=1)
    forecast = asked("open_meteo_forecast", lambda p, q: Reply(live_documents.open_meteo(today, 168)), today)
    assert len(forecast) == 10
    assert all(p.published_at_utc and "issued=" in p.api_endpoint for p in forecast)
    assert asked("open_meteo_forecast", [Reply(b"never")], day) == []


def test_weather_in_other_units_is_refused() -> None:
    body = live_documents.open_meteo(PLAIN).replace(b"m/s", b"km/h")
    assert "km/h" in refusal("open_meteo_weather", [Reply(body)])


def test_airports_may_lack_a_report_but_not_a_station() -> None:
    day = date(2024, 3, 10)
    whole = live_documents.asos(day)
    assert len(asked("iem_asos", [Reply(whole)], day)) == 1
    one_less = b"".join(whole.splitlines(keepends=True)[:-1])
    assert len(asked("iem_asos", [Reply(one_less)], day)) == 1
    no_station = b"".join(line for line in whole.splitlines(keepends=True) if not line.startswith(b"JFK"))
    assert "JFK" in refusal("iem_asos", [Reply(no_station)], day)


def test_dwd_is_judged_on_the_days_asked_for() -> None:
    body = live_documents.dwd(date(2024, 3, 1), date(2024, 3, 12))
    assert len(asked("dwd_hourly", [Reply(body)], date(2024, 3, 9), date(2024, 3, 11))) == 1
    assert "lacks 24 of 48" in refusal("dwd_hourly", [Reply(body)], date(2024, 3, 12), last=date(2024, 3, 13))


# --- eGRID --------------------------------------------------------------------------------------------------------


def test_egrid_s_workbook_becomes_the_csv_its_parser_reads(archive: Path) -> None:
    import csv
    import io

    import xlsxwriter

    recorded = (archive / "plants" / "egrid" / "egridData.csv").read_text(encoding="utf-8-sig").splitlines()[:40]
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.add_worksheet("Contents")
        sheet = book.add_worksheet("GEN22")
        for i, row in enumerate(csv.reader(recorded)):
            sheet.write_row(i, 0, row)
    (payload,) = asked("epa_egrid", [Reply(buffer.getvalue())], PLAIN)
    parsed = feed("epa_egrid").parse(payload)
    assert parsed.rows_read == 38
    assert "no sheet PLNT" in refusal("epa_egrid_plant", [Reply(buffer.getvalue())])


# --- gridstatus ---------------------------------------------------------------------------------------------------


class Frame:
    """As much of a pandas frame as the connector asks for."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        self.records, self.columns = records, list(records[0]) if records else []

    def __len__(self) -> int:
        return len(self.records)

    def to_dict(self, kind: str) -> list[dict[str, Any]]:
        assert kind == "records"
        return [dict(record) for record in self.records]


def hourly(day: date, timezone: str, **values: Callable[[int], Any]) -> list[dict[str, Any]]:
    from zoneinfo import ZoneInfo

    start, end = local_day_utc(day, timezone)
    stamps = [(start + HOUR * i).replace(tzinfo=ZoneInfo("UTC")) for i in range(int((end - start) / HOUR))]
    return [
        {"Interval Start": at, "Interval End": at + HOUR, **{name: tell(i) for name, tell in values.items()}}
        for i, at in enumerate(stamps)
    ]


@pytest.fixture
def gridstatus(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A stand-in for the library: what its methods return is set by the test."""
    stand_in = SimpleNamespace(frames=[], calls=[])

    def operator() -> Any:
        def method(**arguments: Any) -> Any:
            stand_in.calls.append(arguments)
            found = stand_in.frames[min(len(stand_in.calls), len(stand_in.frames)) - 1]
            if isinstance(found, Exception):
                raise found
            return found

        names = ("get_load", "get_load_forecast", "get_lmp", "get_spp", "get_fuel_mix", "get_hourly_load")
        return SimpleNamespace(**dict.fromkeys(names, method))

    module = SimpleNamespace(Ercot=operator, SPP=operator, ISONE=operator)
    monkeypatch.setattr("extract.live.gridstatus.library", lambda: module)
    monkeypatch.setenv("GRIDLAKE_GRIDSTATUS", "ERCOT")
    return stand_in


def test_gridstatus_s_frame_with_holes_is_asked_again_and_refused(gridstatus: SimpleNamespace) -> None:
    day = live_documents.LONG
    whole = Frame(hourly(day, "America/Chicago", Load=lambda i: 40_000.5 + i))
    blank = Frame(hourly(day, "America/Chicago", Load=lambda i: float("nan") if i == 7 else 1.0))
    gridstatus.frames = [Frame(whole.records[:-1]), blank, whole]
    (payload,) = asked("gridstatus_load", [Reply(b"")], day)
    assert payload.api_endpoint == "gridstatus:ERCOT/load/2024-11-03.csv"
    rows = feed("gridstatus_load").parse(payload).rows
    assert (rows.height, rows["load"][0], len(gridstatus.calls)) == (25, "40000.5", 3)
    gridstatus.frames = [blank]
    assert "lacks 1 of 25" in refusal("gridstatus_load", [Reply(b"")], day)


def test_gridstatus_s_stranger_frames_are_refused(gridstatus: SimpleNamespace) -> None:
    day = live_documents.SHORT
    renamed = Frame(hourly(day, "America/Chicago", Demand=lambda i: 1.0))
    naive = [{**r, "Interval Start": r["Interval Start"].replace(tzinfo=None)} for r in renamed.records]
    for found, said in (
        (renamed, "'Load'"), (Frame([]), "empty"), (Frame([{**r, "Load": 1} for r in naive]), "time zone"),
        (RuntimeError("site changed"), "site changed"),
    ):  # fmt: skip
        gridstatus.frames = [found]
        assert said in refusal("gridstatus_load", [Reply(b"")], day)


def test_gridstatus_s_sum_over_areas_is_no_total_where_one_is_blank(
    gridstatus: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from extract.feeds.spp import AREAS

    monkeypatch.setenv("GRIDLAKE_GRIDSTATUS", "SPP")
    areas: dict[str, Callable[[int], Any]] = {
        a: (lambda i, a=a: None if a == "MPS" or (a == "WR" and i == 5) else 10.0) for a in AREAS
    }
    gridstatus.frames = [
        Frame(hourly(live_documents.SHORT, "America/Chicago", **areas, **{"System Total": lambda i: 160.0}))
    ]
    assert "lacks 1 of 23" in refusal("gridstatus_load", [Reply(b"")], live_documents.SHORT)


def test_gridstatus_s_prices_mixes_and_forecasts_take_their_form(gridstatus: SimpleNamespace) -> None:
    day, zone = live_documents.SHORT, "America/Chicago"
    text = {
        "Market": lambda i: "DAY_AHEAD_HOURLY",
        "Location": lambda i: "LZ_NORTH",
        "Location Type": lambda i: "Load Zone",
    }
    gridstatus.frames = [Frame(hourly(day, zone, **text, SPP=lambda i: 20.25))]
    (payload,) = asked("gridstatus_lmp", [Reply(b"")], day)
    assert feed("gridstatus_lmp").parse(payload).rows["lmp"].to_list() == ["20.25"] * 23
    issued = hourly(day, zone)[0]["Interval Start"] - HOUR
    gridstatus.frames = [Frame(hourly(day, zone, **{"Publish Time": lambda i: issued, "System Total": lambda i: 5}))]
    gridstatus.calls.clear()
    (payload,) = asked("gridstatus_load_forecast", [Reply(b"")], day)
    published = feed("gridstatus_load_forecast").parse(payload).rows["published_at_utc"]
    assert published.unique().to_list() == [local_day_utc(day, zone)[0] - HOUR]


def test_pjm_is_asked_only_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    connector = CONNECTORS["gridstatus_load"]
    operators = {w.part for w in connector.windows(feed("gridstatus_load"), PLAIN, PLAIN)}
    assert operators == {"ERCOT", "ISONE", "MISO", "SPP"}
    monkeypatch.setenv("PJM_API_KEY", "x")
    assert "PJM" in {w.part for w in connector.windows(feed("gridstatus_load"), PLAIN, PLAIN)}


@pytest.mark.skipif(importlib.util.find_spec("gridstatus") is not None, reason="gridstatus is installed")
def test_without_gridstatus_the_install_is_named() -> None:
    from extract.live.gridstatus import library

    with pytest.raises(UsageError, match=r"gridlake\[iso\]"):
        library()
    with pytest.raises(PayloadRefused) as caught:
        asked("gridstatus_load", [Reply(b"")], PLAIN)
    assert "gridlake[iso]" in caught.value.remedy


def test_a_real_gridstatus_has_the_methods_asked_for() -> None:
    from extract.live.gridstatus import CALLS, CLASS_OF

    if importlib.util.find_spec("gridstatus") is None:
        pytest.skip("the extra `iso` is not installed")
    module: ModuleType = importlib.import_module("gridstatus")
    for calls in CALLS.values():
        for operator, call in calls.items():
            assert hasattr(getattr(module, CLASS_OF[operator]), call.method)


def test_days_are_both_included() -> None:
    assert list(days(PLAIN, PLAIN + timedelta(days=2))) == [PLAIN, PLAIN + timedelta(1), PLAIN + timedelta(2)]
