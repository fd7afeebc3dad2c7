"""Feeds asked of a source that replays answers: the connectors' own way, over real sockets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from extract.catalogue import feed
from extract.feed import Payload
from extract.http import Client
from extract.live.base import Connector, live_payloads
from extract.live.catalogue import CONNECTORS
from gridlake.errors import PayloadRefused
from gridlake.settings import load_settings
from tests.unit.extract.replay import patient, source

PLAIN = date(2017, 11, 22)  # a day without a clock change


@pytest.fixture
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
