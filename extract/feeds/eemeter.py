"""eemeter's sample meters: one meter and resolution in each file, `il-gas-hdd-only-billing_monthly.csv.gz`.

A row says when its reading begins; it ends where the next one begins. Hourly files (some print half hours) have holes,
so that an interval there is never longer than the usual distance of rows; days have 23 and 25 hours where the clock
changes. The last row of daily and billing files only closes the one before: it is refused. Stamps carry an offset; those
of the UK meters 1 and 2 and of temperatures there do not, and are UTC. Gas of Illinois is in therms, all else in kWh.
The same home stands in several resolutions: each is a meter of its own. `metadata.json` describes the files.
"""

from __future__ import annotations

import polars as pl

from extract.clocks import Placed
from extract.emit import Emit, number
from extract.feed import Payload
from extract.formats import cell, text
from extract.table_feed import TableFeed
from gridlake.times import HOUR

KWH_PER_THERM = 29.3001
ISO = "%Y-%m-%d %H:%M:%S"


def stem(payload: Payload) -> str:
    return payload.name.split(".")[0]


def stamp_or_utc(column: str) -> pl.Expr:
    """Stamps with an offset, or without one in UTC, as naive UTC; null where they are none."""
    plain = pl.col(column).str.replace("T", " ", literal=True).str.replace(r"Z$", "+00:00")
    aware = plain.str.to_datetime(f"{ISO}%:z", time_unit="us", strict=False)
    return pl.coalesce(
        aware.dt.convert_time_zone("UTC").dt.replace_time_zone(None),
        plain.str.to_datetime(ISO, time_unit="us", strict=False),
    )


class EemeterFile(TableFeed):
    source = "eemeter"
    source_system = "EEMETER"
    licence = "Apache-2.0 (eemeter)"

    def region_of(self, payload: Payload) -> str | None:
        return {"il": "IL", "uk": "GB"}.get(payload.name.split("-")[0])


class EemeterReading(EemeterFile):
    name = "eemeter_reading"
    is_mixed = True
    table = "eemeter__reading"
    subject = "meter"
    description = "Readings of sample meters, electricity and gas, half-hourly to bimonthly."
    cadence = "half-hourly to bimonthly"
    archive_patterns = tuple(
        f"meters/eemeter/*-{kind}*.csv{packed}"
        for kind in ("hourly", "daily", "billing")
        for packed in ("", ".gz", ".zip")
    )
    cells = (
        cell("starts_at", "start", "Stamp as received: the reading's start."),
        cell("value", "value", "Energy of the interval; nan where it was not yet read.", "kWh, or therm"),
    )
    derived = (
        text("meter", "Meter and resolution, from the file's name."),
        text("commodity", "electricity or gas, from the file's name."),
        text("unit", "Unit of the value."),
    )
    clock = Placed(
        said="offset in the stamp, or UTC without one; the stamp starts the reading, the next one ends it",
        why="start is no stamp, or no later row ends the reading it begins",
    )
    emits = (
        Emit(
            "meter",
            {
                "meter_id": "'EEMETER.' || meter", "commodity": "commodity", "quantity_text": "value",
                "energy_kwh": f"case when unit = 'therm' then {KWH_PER_THERM} else 1 end * {number('value')}",
            },
        ),
    )  # fmt: skip

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        name = stem(payload)
        commodity = "gas" if "-gas-" in name else "electricity"
        unit = "therm" if commodity == "gas" and name.startswith("il-") else "kWh"
        frame = frame.with_columns(stamp_or_utc("starts_at").alias("interval_start_utc"))
        starts = frame.select(pl.col("interval_start_utc").drop_nulls().unique().sort())
        following = starts.with_columns(pl.col("interval_start_utc").shift(-1).alias("interval_end_utc"))
        frame = frame.join(following, on="interval_start_utc", how="left", maintain_order="left")
        if "-hourly" in name and starts.height > 1:
            usual = starts.to_series().diff().drop_nulls().mode().sort()[0]
            regular = pl.col("interval_start_utc") + usual
            frame = frame.with_columns(pl.min_horizontal("interval_end_utc", regular).alias("interval_end_utc"))
        return frame.with_columns(
            pl.lit(name).alias("meter"), pl.lit(commodity).alias("commodity"), pl.lit(unit).alias("unit")
        )


class EemeterTemperature(EemeterFile):
    name = "eemeter_temperature"
    table = "eemeter__temperature"
    subject = "weather"
    description = "Hourly temperature at the sample meters."
    cadence = "hourly"
    archive_patterns = tuple(f"meters/eemeter/*-temp*.csv{packed}" for packed in ("", ".gz", ".zip"))
    cells = (
        cell("dt", "dt", "Stamp as received: the hour's start."),
        cell("temperature", ("tempF", "tempC"), "Air temperature.", "degF or degC, see unit"),
    )
    derived = (
        text("station", "Station, from the file's name."),
        text("unit", "degF or degC, from the file's name."),
    )
    clock = Placed(said="offset in the stamp, or UTC without one; the stamp starts the hour", why="dt is no stamp")
    emits = (
        Emit(
            "weather",
            {
                "station_id": "region_id || '.' || station",
                "temperature_c": f"case when unit = 'degF' then ({number('temperature')} - 32) * 5 / 9 "
                f"else {number('temperature')} end",
            },
        ),
    )

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        start = stamp_or_utc("dt")
        return frame.with_columns(
            start.alias("interval_start_utc"),
            (start + HOUR).alias("interval_end_utc"),
            pl.lit(stem(payload)).alias("station"),
            pl.lit("degF" if "tempF" in payload.name else "degC").alias("unit"),
        )
