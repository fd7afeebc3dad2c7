"""Live connectors of EIA, ENTSO-E, weather services and EPA, as in `test_live`."""

from __future__ import annotations

import json
import logging
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from extract.catalogue import feed
from extract.live.base import last_complete_day
from gridlake.times import HOUR
from tests.contract import live_documents
from tests.unit.extract.asking import PLAIN, alone, asked, refusal  # noqa: F401
from tests.unit.extract.replay import Reply

pytestmark = pytest.mark.usefixtures("alone")


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
def eia_key(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
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
