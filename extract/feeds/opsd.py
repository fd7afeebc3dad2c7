"""Open Power System Data: hourly extracts of ENTSO-E for many areas in wide files, and weather by country.

Columns are `<area>_<quantity>` (`DE_50hertz_load_actual_entsoe_transparency`), and every file has its own; a row here is
an area's hour, and `reported` says which quantities the file has a column for, so that a column a file lacks is not
taken for a missing value. The stamp STARTS the hour: `utc_timestamp`, or, where a file has only that, `cet_cest_timestamp`
with its offset (a file of Italy, which is separated by semicolons too). Files end in hours without any value, kept blank,
as DE_LU is before October 2018. Totals of wind stay in bronze: on- and offshore say the same.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from extract.clocks import Placed
from extract.emit import Emit, generation, load, load_forecast, number
from extract.feed import Payload
from extract.feeds.entsoe_codes import region_and_zone
from extract.formats import Cell, cell, stamp, text
from extract.readers import Csv
from extract.table_feed import TableFeed

STAMPS = ("utc_timestamp", "cet_cest_timestamp")
QUANTITIES = {
    "load_actual_entsoe_transparency": ("load_actual", "Load.", "MW"),
    "load_forecast_entsoe_transparency": ("load_forecast", "Day-ahead forecast of load.", "MW"),
    "price_day_ahead": ("price_day_ahead", "Day-ahead price.", "EUR/MWh, GBP/MWh in Great Britain"),
    **{
        f"{kind}_{quantity}": (f"{kind}_{quantity}", f"{words}, {kind.replace('_', ' ')}.", unit)
        for kind in ("solar", "wind", "wind_onshore", "wind_offshore")
        for quantity, words, unit in (
            ("capacity", "Installed capacity", "MW"), ("generation_actual", "Generation", "MW"),
            ("profile", "Share of the capacity that generates", ""),
        )
    },
}  # fmt: skip
WEATHER = {
    "temperature": ("temperature", "Air temperature, mean over the country.", "degC"),
    "radiation_direct_horizontal": ("radiation_direct", "Direct irradiance on the horizontal.", "W/m2"),
    "radiation_diffuse_horizontal": ("radiation_diffuse", "Diffuse irradiance on the horizontal.", "W/m2"),
}
# Areas by another name than ENTSO-E's: the whole of Great Britain, and bidding zones of the north.
WHOLE = {"GB_GBN": "GB", "DK_1": "DK1", "DK_2": "DK2", "NO_5": "NO5", "SE_3": "SE3", "SE_4": "SE4"}


def place_of_area(area: str) -> tuple[str | None, str]:
    """Region and zone of an area as OPSD names it.

    >>> place_of_area("GB_GBN"), place_of_area("DE_tennet"), place_of_area("IT_SICI"), place_of_area("PL")
    (('GB', 'TOTAL'), ('DE', 'DE_tennet'), ('IT', 'IT_SICI'), (None, 'PL'))
    """
    region, zone = region_and_zone(WHOLE.get(area, area))
    if region is None and "_" in area:
        region = region_and_zone(area.split("_")[0])[0]
    return region, zone


def areas_of(names: list[str], quantities: dict[str, tuple[str, str, str]]) -> dict[str, dict[str, int]]:
    """Area to its quantities' positions, for the columns that are named so."""
    found: dict[str, dict[str, int]] = {}
    longest_first = sorted(quantities, key=len, reverse=True)
    for position, name in enumerate(names):
        quantity = next((q for q in longest_first if name.endswith(f"_{q}")), None)
        if quantity is not None:
            found.setdefault(name.removesuffix(f"_{quantity}"), {})[quantity] = position
    return found


class ByArea:
    """Turns a wide file into one row per hour and area. Raises `KeyError` where no column is one of an area."""

    def __init__(self, quantities: dict[str, tuple[str, str, str]]) -> None:
        self.quantities = quantities

    def __call__(self, names: list[str], cells: pl.DataFrame) -> tuple[list[str], pl.DataFrame]:
        areas = areas_of(names, self.quantities)
        if not areas or not set(STAMPS) & set(names):
            raise KeyError("utc_timestamp" if areas else f"<area>_{next(iter(self.quantities))}")
        taken = {position for quantities in areas.values() for position in quantities.values()}
        others = [i for i in range(len(names)) if i not in taken]
        columns = [names[i] for i in others] + ["area", "reported", *(own for own, _, _ in self.quantities.values())]
        parts = []
        for area, positions in areas.items():
            own = [
                pl.col(f"field_{positions[q]}") if q in positions else pl.lit(None, pl.String) for q in self.quantities
            ]
            told = ",".join(self.quantities[q][0] for q in positions)
            values = [*(pl.col(f"field_{i}") for i in others), pl.lit(area), pl.lit(f",{told},"), *own]
            parts.append(cells.select("row_number", *(e.alias(f"field_{i}") for i, e in enumerate(values))))
        return columns, pl.concat(parts)


class OpsdFile(TableFeed):
    source = "opsd"
    source_system = "OPSD"
    licence = "CC BY 4.0 (Open Power System Data; ENTSO-E, MERRA-2)"
    cadence = "hourly"
    keys = ("area",)
    clock = Placed(
        said="UTC, or CET/CEST with its offset; the stamp starts the hour",
        why="neither utc_timestamp nor cet_cest_timestamp is a stamp with Z or an offset",
    )
    derived = (text("zone_code", "Zone within the region; TOTAL for the whole."),)

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        places = {area: place_of_area(area) for area in frame["area"].unique()}
        local = pl.col("cet_cest_timestamp").str.to_datetime("%Y-%m-%dT%H:%M:%S%z", time_unit="us", strict=False)
        local = local.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        start = pl.coalesce(stamp("utc_timestamp", "%Y-%m-%dT%H:%M:%SZ"), local)
        region, zone = (
            pl.col("area").replace_strict({a: p[i] for a, p in places.items()}, return_dtype=pl.String) for i in (0, 1)
        )
        return frame.with_columns(
            region.alias("region_id"),
            zone.alias("zone_code"),
            start.alias("interval_start_utc"),
            (start + timedelta(hours=1)).alias("interval_end_utc"),
        )


def _cells(quantities: dict[str, tuple[str, str, str]]) -> tuple[Cell, ...]:
    return (
        cell("utc_timestamp", "utc_timestamp", "Stamp as received: the hour's start, UTC.", is_optional=True),
        cell("cet_cest_timestamp", "cet_cest_timestamp", "The same with its offset.", is_optional=True),
        cell("area", "area", "Area as the columns name it."),
        cell("reported", "reported", "Quantities the file has a column for, between commas."),
        *(cell(own, own, words, unit) for own, words, unit in quantities.values()),
    )


def _told(quantity: str) -> str:
    return f"reported like '%,{quantity},%'"


class OpsdTimeSeries(OpsdFile):
    name = "opsd_time_series"
    is_mixed = True
    table = "opsd__time_series"
    subject = "load"
    description = "Hourly load, its day-ahead forecast, price, wind and sun of European areas."
    hole_tolerance = 0.2  # series begin and end within the files
    archive_patterns = tuple(
        f"entsoe/opsd/{name}.csv{packed}" for name in ("opsd_[!w]*", "time_series*") for packed in ("", ".gz", ".zip")
    )
    cells = _cells(QUANTITIES)
    reader = Csv(separator=",;", reshape=ByArea(QUANTITIES))
    emits = (
        load("zone_code", "load_actual", where=_told("load_actual")),
        load_forecast("zone_code", "load_forecast", where=_told("load_forecast")),
        Emit(
            "price",
            {
                "source_code": "zone_code", "market_id": "'DAM'", "price_text": "price_day_ahead",
                "price_per_mwh": number("price_day_ahead"),
                "currency": "case when region_id = 'GB' then 'GBP' else 'EUR' end",
            },
            where=_told("price_day_ahead"),
        ),
        *(
            generation(
                f"'{fuel}'",
                f"{fuel}_generation_actual",
                where=f"zone_code = 'TOTAL' and {_told(f'{fuel}_generation_actual')}",
            )
            for fuel in ("solar", "wind_onshore", "wind_offshore")
        ),
    )  # fmt: skip


class OpsdWeather(OpsdFile):
    name = "opsd_weather"
    table = "opsd__weather"
    subject = "weather"
    description = "Hourly temperature and irradiance, mean over a country."
    archive_patterns = tuple(
        f"entsoe/opsd/{name}.csv{packed}"
        for name in ("opsd_weather*", "weather_data*")
        for packed in ("", ".gz", ".zip")
    )
    cells = _cells(WEATHER)
    reader = Csv(separator=",;", reshape=ByArea(WEATHER))
    emits = (
        Emit(
            "weather",
            {
                "station_id": "region_id || '.OPSD'",
                "temperature_c": number("temperature"),
                "irradiance_w_per_m2": f"{number('radiation_direct')} + {number('radiation_diffuse')}",
            },
        ),
    )
