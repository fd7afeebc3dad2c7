"""What gridstatus returns is checked as if it came from a stranger."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from datetime import date
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from extract.catalogue import feed
from extract.live.catalogue import CONNECTORS
from gridlake.errors import PayloadRefused, UsageError
from gridlake.times import HOUR, local_day_utc
from tests.contract import live_documents
from tests.unit.extract.asking import PLAIN, alone, asked, refusal  # noqa: F401
from tests.unit.extract.replay import Reply

pytestmark = pytest.mark.usefixtures("alone")


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
