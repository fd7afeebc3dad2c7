"""Weather: Open-Meteo's observations (reanalysis) and forecasts, airport reports by IEM, DWD's open data.

Observations and forecasts of Open-Meteo are two feeds: a forecast is known from when it was asked for, which is its
issue time, and every one is kept. All of them speak UTC, so that a window is a UTC day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from extract.feed import Feed, Payload
from extract.feeds.weather import AIRPORTS, HOURLY, LOCATIONS
from extract.http import Ask
from extract.live.base import Asking, Connector, Window, days, last_complete_day, payload_of
from gridlake.times import utc_now

FORECAST_DAYS = 7


def _place(station: str) -> list[tuple[str, str]]:
    latitude, longitude = LOCATIONS[station]
    return [("latitude", latitude), ("longitude", longitude)]


UNITS = [("timezone", "GMT"), ("wind_speed_unit", "ms"), ("hourly", ",".join(HOURLY))]


@dataclass(frozen=True)
class OpenMeteoArchive(Connector):
    """Hourly reanalysis, one station and day at a time. The source runs about five days behind."""

    base: str = "https://archive-api.open-meteo.com"
    value: str = "temperature_2m"
    per_minute: float = 60
    terms: str = "CC BY 4.0, Open-Meteo; free for non-commercial use"

    def windows(self, feed: Feed, first: date, last: date) -> Iterator[Window]:
        for day in days(first, last):
            for station in LOCATIONS:
                yield Window(day, day, self.timezone, station)

    def payload(self, feed: Feed, window: Window, asking: Asking) -> Payload:
        span = [("start_date", window.first.isoformat()), ("end_date", window.last.isoformat())]
        ask = Ask(feed.name, window.label, f"{self.base}/v1/archive", [*_place(window.part), *span, *UNITS])
        return payload_of(feed, asking.client.get(ask), ask.address)


@dataclass(frozen=True)
class OpenMeteoForecast(Connector):
    """The forecast in force now, seven days from today; none where only earlier days are asked for."""

    base: str = "https://api.open-meteo.com"
    value: str = "temperature_2m"
    reaches_ahead: bool = True
    per_minute: float = 60
    terms: str = "CC BY 4.0, Open-Meteo; free for non-commercial use"

    def windows(self, feed: Feed, first: date, last: date) -> Iterator[Window]:
        today = last_complete_day(self.timezone) + timedelta(days=1)
        if last < today - timedelta(days=1):
            return
        for station in LOCATIONS:
            yield Window(today, today + timedelta(days=FORECAST_DAYS - 1), self.timezone, station)

    def payload(self, feed: Feed, window: Window, asking: Asking) -> Payload:
        asked = [*_place(window.part), ("forecast_days", str(FORECAST_DAYS)), *UNITS]
        ask = Ask(feed.name, window.label, f"{self.base}/v1/forecast", asked)
        issued: datetime = utc_now()
        answer = asking.client.get(ask)
        # Every vintage is an address of its own: a later one does not replace it.
        return payload_of(feed, answer, f"{ask.address}&issued={issued:%Y-%m-%dT%H%M%SZ}", issued)


@dataclass(frozen=True)
class IemAsos(Connector):
    """Routine reports of one airport per ISO, a UTC day at a time. Stations miss a report now and then."""

    base: str = "https://mesonet.agron.iastate.edu"
    series: tuple[str, ...] = ("station",)
    members: tuple[str, ...] = tuple(AIRPORTS)
    tolerated: float = 0.1
    per_minute: float = 20
    terms: str = "US public domain (NOAA), served by the Iowa Environmental Mesonet"

    def payload(self, feed: Feed, window: Window, asking: Asking) -> Payload:
        after = window.last + timedelta(days=1)
        asked = [
            *(("station", station) for station in AIRPORTS),
            *(("data", name) for name in ("tmpc", "dwpc", "relh", "sknt", "mslp", "p01m")),
            *((f"{part}1", str(getattr(window.first, part))) for part in ("year", "month", "day")),
            *((f"{part}2", str(getattr(after, part))) for part in ("year", "month", "day")),
            ("tz", "Etc/UTC"), ("format", "onlycomma"), ("latlon", "no"), ("elev", "no"), ("missing", "empty"),
            ("trace", "0.0001"), ("report_type", "3"),
        ]  # fmt: skip
        ask = Ask(feed.name, window.label, f"{self.base}/cgi-bin/request/asos.py", asked)
        return payload_of(feed, asking.client.get(ask), ask.address)


@dataclass(frozen=True)
class DwdHourly(Connector):
    """Temperature and humidity of one station: a zip of the last 500 days, of which the days asked for are judged."""

    base: str = "https://opendata.dwd.de"
    station: str = "00433"
    value: str = "temperature"
    terms: str = "CC BY 4.0, Deutscher Wetterdienst"

    def windows(self, feed: Feed, first: date, last: date) -> Iterator[Window]:
        yield Window(first, last, self.timezone)

    def payload(self, feed: Feed, window: Window, asking: Asking) -> Payload:
        folder = "climate_environment/CDC/observations_germany/climate/hourly/air_temperature/recent"
        ask = Ask(feed.name, window.label, f"{self.base}/{folder}/stundenwerte_TU_{self.station}_akt.zip")
        return payload_of(feed, asking.client.get(ask), ask.address)
