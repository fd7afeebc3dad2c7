"""Documents of sources that are only asked live, made: no recorded files exist.

Belongs here: small documents in the sources' formats, as their documentation describes them. They are synthetic: what
the sources themselves answer has not been seen by any test.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from extract.feeds.weather import AIRPORTS, EXPECTED_UNITS, HOURLY, LOCATIONS
from gridlake.times import HOUR, local_day_utc

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
