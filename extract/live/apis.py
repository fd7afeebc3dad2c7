"""Public APIs with keys: EIA's (v2) and ENTSO-E's transparency platform.

EIA pages its answers: the pages of a window become one document, and the total it announces must be the rows received.
ENTSO-E answers one document per area, kind and day, and an acknowledgement where it has nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from extract.feed import Feed, Payload
from extract.http import Answer, Ask, Key
from extract.live.base import Asking, Connector, Window, days, payload_of
from extract.regions import REGION_OF_BALANCING_AUTHORITY
from gridlake.errors import PayloadRefused

EIA_KEY = Key("EIA_API_KEY", parameter="api_key")
ENTSOE_KEY = Key("ENTSOE_API_TOKEN", parameter="securityToken")
PAGE_ROWS = 5000
MOST_PAGES = 200

# Route of EIA's API to the facet that names the authority.
EIA_ROUTES = {"region-data": "respondent", "fuel-type-data": "respondent", "interchange-data": "fromba"}


@dataclass(frozen=True)
class EiaApi(Connector):
    """Hourly grid monitor of the seven ISOs, a UTC day and route at a time; periods are the hours' ends."""

    base: str = "https://api.eia.gov"
    key: Key | None = EIA_KEY
    value: str = "value"
    series: tuple[str, ...] = ("region_id", "type", "fueltype", "toba")
    per_minute: float = 60
    terms: str = "US public domain; EIA API terms"
    authorities: tuple[str, ...] = tuple(sorted(REGION_OF_BALANCING_AUTHORITY))

    def windows(self, feed: Feed, first: date, last: date) -> Iterator[Window]:
        for day in days(first, last):
            for route in EIA_ROUTES:
                yield Window(day, day, self.timezone, route)

    def payload(self, feed: Feed, window: Window, asking: Asking) -> Payload:
        hour = timedelta(hours=1)
        asked = [
            ("frequency", "hourly"), ("data[0]", "value"),
            *((f"facets[{EIA_ROUTES[window.part]}][]", code) for code in self.authorities),
            ("start", f"{window.start + hour:%Y-%m-%dT%H}"), ("end", f"{window.end:%Y-%m-%dT%H}"),
            ("sort[0][column]", "period"), ("sort[0][direction]", "asc"),
        ]  # fmt: skip
        url = f"{self.base}/v2/electricity/rto/{window.part}/data/"
        address = Ask(feed.name, window.label, url, asked).address
        rows: list[Any] = []
        for _ in range(MOST_PAGES):
            page = [*asked, ("offset", str(len(rows))), ("length", str(PAGE_ROWS))]
            answer = asking.client.get(Ask(feed.name, window.label, url, page, key=self.key))
            total, found = self._page(feed, window, answer)
            rows += found
            if len(rows) >= total or not found:
                break
        if len(rows) != total:
            raise PayloadRefused(
                feed.name, window.label, f"announces {total} rows, but {len(rows)} came",
                "Run again later: rows changed between pages, or a page is missing.",
            )  # fmt: skip
        # Without the echo of the request, which names the key.
        document = {"response": {"total": str(total), "frequency": "hourly", "data": rows}}
        data = json.dumps(document, separators=(",", ":")).encode()
        return payload_of(feed, Answer(data, answer.status, answer.request_id), address)

    def _page(self, feed: Feed, window: Window, answer: Answer) -> tuple[int, list[Any]]:
        try:
            response = json.loads(answer.data, parse_float=str, parse_int=str)["response"]
            return int(response["total"]), list(response["data"])
        except (ValueError, KeyError, TypeError) as error:
            began = answer.data[:60].decode("utf-8", "replace")
            raise PayloadRefused(
                feed.name, window.label,
                f"is not the JSON EIA answers ({type(error).__name__}: {error}); it begins with {began!r}",
                "Run again later; if EIA changed its answers, teach the connector.",
            ) from error  # fmt: skip


# Documents asked for: type, process, and the parameters that name the area.
ENTSOE_DOCUMENTS = {
    "load": ("A65", "A16", ("outBiddingZone_Domain",)),
    "load forecast": ("A65", "A01", ("outBiddingZone_Domain",)),
    "generation": ("A75", "A16", ("in_Domain",)),
    "wind and solar forecast": ("A69", "A01", ("in_Domain",)),
    "price": ("A44", "", ("in_Domain", "out_Domain")),
}
ENTSOE_AREAS = {"ES": "10YES-REE------0", "FR": "10YFR-RTE------C", "DE_LU": "10Y1001A1001A82H"}


@dataclass(frozen=True)
class EntsoeApi(Connector):
    """Load, its forecast, generation, wind and sun, and prices of Spain, France and Germany with Luxembourg.

    Generation and its forecast are judged as a whole, since an energy source may be silent for a day.
    """

    base: str = "https://web-api.tp.entsoe.eu"
    timezone: str = "Europe/Brussels"
    minutes: int = 0
    key: Key | None = ENTSOE_KEY
    per_minute: float = 60
    terms: str = "ENTSO-E transparency terms"

    def windows(self, feed: Feed, first: date, last: date) -> Iterator[Window]:
        for day in days(first, last):
            for area in ENTSOE_AREAS:
                for document in ENTSOE_DOCUMENTS:
                    yield Window(day, day, self.timezone, f"{area} {document}")

    def payload(self, feed: Feed, window: Window, asking: Asking) -> Payload:
        area, document = window.part.split(" ", 1)
        kind, process, roles = ENTSOE_DOCUMENTS[document]
        asked = [
            ("documentType", kind), *([("processType", process)] if process else []),
            *((role, ENTSOE_AREAS[area]) for role in roles),
            ("periodStart", f"{window.start:%Y%m%d%H%M}"), ("periodEnd", f"{window.end:%Y%m%d%H%M}"),
        ]  # fmt: skip
        ask = Ask(feed.name, window.label, f"{self.base}/api", asked, key=self.key)
        return payload_of(feed, asking.client.get(ask), ask.address)
