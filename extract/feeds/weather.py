"""Weather services asked live: Open-Meteo, airport reports (ASOS) by IEM, and DWD's station files.

Open-Meteo's document does not name its station: the address does, by latitude and longitude. Its stamps are UTC and the
instant of the value; precipitation is the sum of the hour BEFORE and stays in bronze. A report of an airport is an
instant, as a rule a few minutes before the full hour; wind in knots. DWD prints -999 for no value; its zip holds texts
about the station beside the one file with data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import polars as pl

from extract.clocks import INSTANT, UtcStamp
from extract.emit import Emit, number
from extract.feed import Payload
from extract.formats import cell
from extract.readers import Csv, Json
from extract.table_feed import TableFeed
from gridlake.contracts import Column
from gridlake.errors import PayloadRefused

# Station to latitude and longitude, as asked for: a large city of each region.
LOCATIONS = {
    "CAISO.LOS_ANGELES": ("34.05", "-118.24"), "ERCOT.HOUSTON": ("29.76", "-95.37"),
    "ISONE.BOSTON": ("42.36", "-71.06"), "MISO.CHICAGO": ("41.88", "-87.63"),
    "NYISO.NEW_YORK": ("40.71", "-74.01"), "PJM.PHILADELPHIA": ("39.95", "-75.17"),
    "SPP.OKLAHOMA_CITY": ("35.47", "-97.52"), "ES.MADRID": ("40.42", "-3.70"),
    "FR.PARIS": ("48.86", "2.35"), "DE.BERLIN": ("52.52", "13.41"),
}  # fmt: skip
# Airport to the region it stands for.
AIRPORTS = {
    "LAX": "CAISO", "IAH": "ERCOT", "BOS": "ISONE", "ORD": "MISO", "JFK": "NYISO", "PHL": "PJM", "OKC": "SPP",
}  # fmt: skip
HOURLY = {
    "temperature_2m": ("Air temperature at 2 m.", "degC"),
    "dew_point_2m": ("Dew point at 2 m.", "degC"),
    "relative_humidity_2m": ("Relative humidity at 2 m.", "%"),
    "wind_speed_10m": ("Wind speed at 10 m.", "m/s"),
    "pressure_msl": ("Air pressure at sea level.", "hPa"),
    "cloud_cover": ("Cloud cover.", "%"),
    "precipitation": ("Precipitation of the hour before.", "mm"),
    "shortwave_radiation_instant": ("Global irradiance on the horizontal at that instant.", "W/m2"),
}
EXPECTED_UNITS = {
    "temperature_2m": "°C", "dew_point_2m": "°C", "wind_speed_10m": "m/s", "pressure_msl": "hPa",
    "shortwave_radiation_instant": "W/m²",
}  # fmt: skip


def hours(document: Any) -> Sequence[Mapping[str, Any]]:
    """The document's parallel lists as records. Raises `ValueError` for other units than asked for, or unequal lists."""
    if document.get("error"):
        raise ValueError(f"Open-Meteo says: {document.get('reason')}")
    units, lists = document["hourly_units"], document["hourly"]
    for name, unit in EXPECTED_UNITS.items():
        if name in units and units[name] != unit:
            raise ValueError(f"{name} is in {units[name]}, not {unit}")
    if int(document.get("utc_offset_seconds", 0)):
        raise ValueError("its stamps are not UTC")
    if len({len(values) for values in lists.values()}) != 1:
        raise ValueError("its lists are of unequal length")
    return [dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]


class OpenMeteoHours(TableFeed):
    source = "open_meteo"
    source_system = "OPENMETEO"
    licence = "CC BY 4.0, Open-Meteo"
    cadence = "hourly"
    origins = ("live",)
    cells = (
        cell("time", "time", "Stamp as received: the instant, UTC."),
        *(cell(name, name, description, unit) for name, (description, unit) in HOURLY.items()),
    )
    derived: ClassVar[tuple[Column, ...]] = ()
    clock = UtcStamp("time", ("%Y-%m-%dT%H:%M",), 60, INSTANT)
    reader = Json(hours, is_flat=False)

    def station_of(self, payload: Payload) -> str:
        """The station the address names. Raises `PayloadRefused` for none we know."""
        asked = dict(parse_qsl(urlsplit(payload.api_endpoint).query))
        place = (asked.get("latitude", ""), asked.get("longitude", ""))
        for station, known in LOCATIONS.items():
            if place == known:
                return station
        raise PayloadRefused(
            self.name,
            payload.path.as_posix(),
            "is of no place this feed knows",
            "Add the place to the feed's stations.",
        )

    def region_of(self, payload: Payload) -> str | None:
        return self.station_of(payload).split(".")[0]

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        return frame.with_columns(pl.lit(self.station_of(payload)).alias("station_id"))


OPEN_METEO_COLUMNS = {
    "station_id": "station_id",
    "temperature_c": number("temperature_2m"),
    "dew_point_c": number("dew_point_2m"),
    "humidity_pct": number("relative_humidity_2m"),
    "wind_speed_m_per_s": number("wind_speed_10m"),
    "pressure_hpa": number("pressure_msl"),
    "cloud_cover_pct": number("cloud_cover"),
    "irradiance_w_per_m2": number("shortwave_radiation_instant"),
}
STATION = (cell("station_id", "station_id", "Station, `<region>.<name>`, as the address places it.").column(),)


class OpenMeteoWeather(OpenMeteoHours):
    name = "open_meteo_weather"
    table = "open_meteo__weather"
    subject = "weather"
    description = "Hourly weather of a city per region, reanalysis by Open-Meteo."
    cells = OpenMeteoHours.cells
    derived = STATION
    clock = OpenMeteoHours.clock
    emits = (Emit("weather", OPEN_METEO_COLUMNS),)


class OpenMeteoForecast(OpenMeteoHours):
    """Every vintage is kept: its issue is when it was asked for."""

    name = "open_meteo_forecast"
    table = "open_meteo__forecast"
    subject = "weather_forecast"
    description = "Hourly weather forecast of a city per region, seven days ahead, by Open-Meteo."
    cells = OpenMeteoHours.cells
    derived = STATION
    clock = OpenMeteoHours.clock
    emits = (Emit("weather_forecast", OPEN_METEO_COLUMNS),)


class IemAsos(TableFeed):
    name = "iem_asos"
    table = "iem__asos"
    source = "iem"
    source_system = "NOAA"
    subject = "weather"
    description = "Routine weather reports of an airport per ISO (ASOS), served by the Iowa Environmental Mesonet."
    licence = "US public domain"
    cadence = "hourly"
    hole_tolerance = 0.1
    origins = ("live",)
    cells = (
        cell("station", "station", "Airport."),
        cell("valid", "valid", "Stamp as received: the instant, UTC."),
        cell("tmpc", "tmpc", "Air temperature.", "degC"),
        cell("dwpc", "dwpc", "Dew point.", "degC"),
        cell("relh", "relh", "Relative humidity.", "%"),
        cell("sknt", "sknt", "Wind speed.", "knots"),
        cell("mslp", "mslp", "Air pressure at sea level.", "hPa"),
        cell("p01m", "p01m", "Precipitation of the hour before.", "mm"),
    )
    keys = ("station",)
    clock = UtcStamp("valid", ("%Y-%m-%d %H:%M",), 60, INSTANT)
    reader = Csv(ends_with_newline=True)
    emits = (
        Emit(
            "weather",
            {
                "station_id": "region_id || '.' || station",
                "temperature_c": number("tmpc"),
                "dew_point_c": number("dwpc"),
                "humidity_pct": number("relh"),
                "wind_speed_m_per_s": f"{number('sknt')} * 0.514444",
                "pressure_hpa": number("mslp"),
            },
        ),
    )

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        region = pl.col("station").replace_strict(AIRPORTS, default=None, return_dtype=pl.String)
        return frame.with_columns(region.alias("region_id"))


class DwdHourly(TableFeed):
    name = "dwd_hourly"
    table = "dwd__hourly"
    source = "dwd"
    source_system = "DWD"
    subject = "weather"
    description = "Hourly temperature and humidity at Berlin-Tempelhof (DWD station 433)."
    licence = "CC BY 4.0, Deutscher Wetterdienst"
    cadence = "hourly"
    origins = ("live",)
    region = "DE"
    cells = (
        cell("station", "STATIONS_ID", "Station number."),
        cell("mess_datum", "MESS_DATUM", "Stamp as received: hour of the reading, UTC."),
        cell("quality", "QN_9", "Level of quality control."),
        cell("temperature", "TT_TU", "Air temperature; -999 for none.", "degC"),
        cell("humidity", "RF_TU", "Relative humidity; -999 for none.", "%"),
        cell("end_of_record", "eor", "Mark of the record's end."),
    )
    keys = ("station",)
    clock = UtcStamp("stamp", ("%Y%m%d%H%M",), 60, INSTANT)
    reader = Csv(separator=";", ends_with_newline=True, takes="produkt_")
    emits = (
        Emit(
            "weather",
            {
                "station_id": "'DE.DWD_' || trim(station)",
                "temperature_c": f"nullif({number('temperature')}, -999)",
                "humidity_pct": f"nullif({number('humidity')}, -999)",
            },
        ),
    )

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        return frame.with_columns((pl.col("mess_datum").str.strip_chars() + "00").alias("stamp"))
