"""Samples of feeds that are only asked live: no recorded files exist, so that `live_documents` makes their payloads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from extract.catalogue import feed as feed_named
from extract.feed import Payload
from tests.contract.live_documents import (
    CENTRAL,
    LONG,
    SHORT,
    asos,
    dwd,
    gridstatus_fuel_mix,
    gridstatus_lmp,
    gridstatus_load,
    gridstatus_load_forecast,
    open_meteo,
    open_meteo_address,
)
from tests.contract.samples import Sample

EASTERN_FORECAST = open_meteo_address("api.open-meteo.com/v1/forecast", forecast_days="7")
# Addresses and bytes of each feed's payloads. The first of a feed has its columns under their present names.
BUILT: dict[str, Callable[[], list[tuple[str, bytes]]]] = {
    **{
        name: lambda name=name, build=build: [  # type: ignore[misc]
            (f"gridstatus:ERCOT/{name.removeprefix('gridstatus_')}/{day}.csv", build(day)) for day in (SHORT, LONG)
        ]
        for name, build in {
            "gridstatus_load": gridstatus_load,
            "gridstatus_load_forecast": gridstatus_load_forecast,
            "gridstatus_lmp": gridstatus_lmp,
            "gridstatus_fuel_mix": gridstatus_fuel_mix,
        }.items()
    },
    "open_meteo_weather": lambda: [
        (
            open_meteo_address("archive-api.open-meteo.com/v1/archive", start_date=str(day), end_date=str(day)),
            open_meteo(day),
        )
        for day in (SHORT, LONG)
    ],
    "open_meteo_forecast": lambda: [
        (f"{EASTERN_FORECAST}&issued={day}T060000Z", open_meteo(day, 168)) for day in (SHORT, LONG)
    ],
    "iem_asos": lambda: [
        (f"https://mesonet.agron.iastate.edu/cgi-bin/request/asos.py?day1={day:%d}&month1={day:%m}", asos(day))
        for day in (SHORT, LONG)
    ],
    "dwd_hourly": lambda: [
        ("https://opendata.dwd.de/recent/stundenwerte_TU_00433_akt.zip", dwd(SHORT, SHORT + timedelta(days=9)))
    ],
}


def built(sample: Sample) -> tuple[Payload, ...]:
    return tuple(Payload(feed_named(sample.feed).name, data, address, "live") for address, data in BUILT[sample.feed]())


def _sample(feed: str, key: str, value: str, name: str, **more: object) -> Sample:
    names = tuple(Payload(feed, b"", address, "live").name for address, _ in BUILT[feed]())
    return Sample(feed, names, key, value, name, **more)  # type: ignore[arg-type]


_LOCAL = {"timezone": CENTRAL, "short_day": SHORT, "long_day": LONG}
SAMPLES = (
    _sample("gridstatus_load", "interval_start", "load", "load", series=("zone",), **_LOCAL),
    _sample("gridstatus_load_forecast", "interval_start", "load_forecast", "load_forecast", series=("zone",), **_LOCAL),
    _sample("gridstatus_lmp", "interval_start", "lmp", "lmp", series=("location",), **_LOCAL),
    _sample("gridstatus_fuel_mix", "interval_start", "generation", "generation", series=("fuel",), **_LOCAL),
    _sample("open_meteo_weather", "time", "temperature_2m", "temperature_2m"),
    _sample("open_meteo_forecast", "time", "temperature_2m", "temperature_2m"),
    _sample("iem_asos", "valid", "tmpc", "tmpc"),
    _sample("dwd_hourly", "MESS_DATUM", "TT_TU", "temperature"),
)
