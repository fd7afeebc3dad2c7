"""Samples of feeds that are only asked live: no recorded files exist, so that their payloads are made here.

Belongs here: small documents in the sources' formats, as their documentation describes them. They are synthetic: what
the sources themselves answer has not been seen by any test.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from extract.catalogue import feed as feed_named
from extract.feed import Payload
from extract.feeds.weather import AIRPORTS, EXPECTED_UNITS, HOURLY, LOCATIONS
from gridlake.times import HOUR, local_day_utc
from tests.contract.samples import Sample

CENTRAL = "America/Chicago"
SHORT, LONG = date(2024, 3, 10), date(2024, 11, 3)
STAMP = "%Y-%m-%dT%H:%M:%SZ"


def hours_of(day: date, timezone: str = "UTC") -> list[datetime]:
    """Starts of the hours of a local day, naive UTC."""
    start, end = local_day_utc(day, timezone)
    return [start + HOUR * i for i in range((end - start) // HOUR)]


def lines(*rows: tuple[object, ...], separator: str = ",") -> bytes:
    return "".join(separator.join(map(str, row)) + "\n" for row in rows).encode()


# --- gridstatus's canonical forms ---------------------------------------------------------------------------------


def _spans(day: date, step: timedelta = HOUR) -> Iterator[tuple[str, str, str, int]]:
    start, end = local_day_utc(day, CENTRAL)
    for i in range((end - start) // step):
        yield "ERCOT", f"{start + step * i:{STAMP}}", f"{start + step * (i + 1):{STAMP}}", i


def gridstatus_load(day: date) -> bytes:
    rows = [(*span, zone, 40_000 + i) for *span, i in _spans(day) for zone in ("TOTAL", "North")]
    return lines(("operator", "interval_start", "interval_end", "zone", "load"), *rows)


def gridstatus_load_forecast(day: date) -> bytes:
    issued = f"{local_day_utc(day, CENTRAL)[0] - 2 * HOUR:{STAMP}}"
    rows = [(*span, issued, "TOTAL", 41_000 + i) for *span, i in _spans(day)]
    return lines(("operator", "interval_start", "interval_end", "published", "zone", "load_forecast"), *rows)


def gridstatus_lmp(day: date) -> bytes:
    rows = [
        (*span, "DAY_AHEAD_HOURLY", place, "Hub", 30.5 + i, 29.5 + i, 1.25, -0.25)
        for *span, i in _spans(day)
        for place in ("HB_NORTH", "HB_WEST")
    ]
    head = ("market", "location", "location_type", "lmp", "energy", "congestion", "loss")
    return lines(("operator", "interval_start", "interval_end", *head), *rows)


def gridstatus_fuel_mix(day: date) -> bytes:
    rows = [
        (*span, fuel, 1000 + i) for *span, i in _spans(day, timedelta(minutes=15)) for fuel in ("Wind", "Natural Gas")
    ]
    return lines(("operator", "interval_start", "interval_end", "fuel", "generation"), *rows)


# --- weather ------------------------------------------------------------------------------------------------------


def open_meteo(first: date, hours: int = 24) -> bytes:
    stamps = [datetime(first.year, first.month, first.day) + HOUR * i for i in range(hours)]
    # Days differ in their values, so that no two documents are the same bytes.
    values = {name: [round(first.day / 10 + i / 4 + n, 1) for i in range(hours)] for n, name in enumerate(HOURLY)}
    units = {"time": "iso8601", **{name: EXPECTED_UNITS.get(name, "%") for name in HOURLY}}
    document = {
        "latitude": 29.771528, "longitude": -95.35714, "generationtime_ms": 0.31, "utc_offset_seconds": 0,
        "timezone": "GMT", "timezone_abbreviation": "GMT", "elevation": 13.0, "hourly_units": units,
        "hourly": {"time": [f"{stamp:%Y-%m-%dT%H:%M}" for stamp in stamps], **values},
    }  # fmt: skip
    return json.dumps(document).encode()


def open_meteo_address(path: str, station: str = "ERCOT.HOUSTON", **more: str) -> str:
    latitude, longitude = LOCATIONS[station]
    return f"https://{path}?{urlencode({'latitude': latitude, 'longitude': longitude, **more})}"


def asos(day: date) -> bytes:
    rows = [
        (station, f"{at + timedelta(minutes=51):%Y-%m-%d %H:%M}", f"{12 + i / 2:.2f}", "3.00", "54.61", f"{8 + i}.00", "1015.20", "0.00")
        for station in AIRPORTS
        for i, at in enumerate(hours_of(day))
    ]  # fmt: skip
    return lines(("station", "valid", "tmpc", "dwpc", "relh", "sknt", "mslp", "p01m"), *rows)


def dwd(first: date, last: date) -> bytes:
    """The zip with a text about the station beside the data."""
    names = ("STATIONS_ID", "MESS_DATUM", "QN_9", "TT_TU", "RF_TU", "eor")
    stamps = [at for n in range((last - first).days + 1) for at in hours_of(first + timedelta(days=n))]
    rows = [
        ("        433", f"{at:%Y%m%d%H}", "    3", f"{5 + i % 7:6.1f}", "  88.0", "eor") for i, at in enumerate(stamps)
    ]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            f"produkt_tu_stunde_{first:%Y%m%d}_{last:%Y%m%d}_00433.txt", lines(names, *rows, separator=";")
        )
        archive.writestr("Metadaten_Parameter_tu_stunde_00433.txt", "Stations_ID;Von_Datum\n433;19510101\n")
    return buffer.getvalue()


# --- samples ------------------------------------------------------------------------------------------------------

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
