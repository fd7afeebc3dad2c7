"""Backtest inputs from NYISO's zonal archives, Ontario's prices and the Spanish table.

Belongs here: the readers that put several files or columns together; the simpler ones stand in `ml.inputs`.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl

from gridlake.dbt_macros import macro_sql
from gridlake.errors import UsageError
from gridlake.times import wall_clock_to_utc

NEW_YORK = "America/New_York"
EASTERN_STANDARD_HOURS = 5  # behind UTC
NYISO_ZONES = (
    "CAPITL", "CENTRL", "DUNWOD", "GENESE", "HUD VL", "LONGIL", "MHK VL", "MILLWD", "N.Y.C.", "NORTH", "WEST",
)  # fmt: skip
SAMPLE_MINUTES = 5


def nyiso_input(archive: str | Path) -> pl.DataFrame:
    """NYISO's eleven zones and their sum, hourly (MW): y is the mean of the five-minute samples as the warehouse takes it, the operator's
    forecast that dated D-1.

    `pal` stamps are wall clock with EST or EDT beside them. `isolf` has wall clock alone: the hour that autumn repeats is taken for
    its first pass and the second has none. Raises `UsageError` where the archive has no such files.
    """
    folder = Path(archive) / "nyiso"
    loads, forecasts = _csvs(folder / "pal", "pal"), _csvs(folder / "isolf", "isolf")
    if not loads or not forecasts:
        raise UsageError(f"There are no pal and isolf files under {folder}.", "Point --archive at what holds nyiso/.")
    load = nyiso_hours(text for _, text in loads)
    operator = pl.concat([_forecast_of_next_day(name, text) for name, text in forecasts]).unique(
        ["series_id", "timestamp_utc"], keep="last", maintain_order=True
    )
    load = pl.concat([load, _sum_of_zones(load)])
    both = load.join(operator, on=["series_id", "timestamp_utc"], how="full", coalesce=True)
    return both.with_columns(tz=pl.lit(NEW_YORK)).sort("series_id", "timestamp_utc")


def _sum_of_zones(load: pl.DataFrame) -> pl.DataFrame:
    """The hours in which every zone has a load."""
    whole = load.group_by("timestamp_utc").agg(pl.col("y").sum(), known=pl.col("y").count())
    return whole.filter(pl.col("known") == len(NYISO_ZONES)).select(
        pl.lit("NYISO.TOTAL").alias("series_id"), "timestamp_utc", "y"
    )


def _csvs(folder: Path, kind: str) -> list[tuple[str, bytes]]:
    """Name and bytes of every daily file in the folder's monthly archives, by name."""
    found: dict[str, bytes] = {}
    for archive in sorted(folder.glob(f"*{kind}*.zip")):
        with zipfile.ZipFile(archive) as packed:
            for name in packed.namelist():
                if name.endswith(f"{kind}.csv"):
                    found[Path(name).name] = packed.read(name)
    return sorted(found.items())


def nyiso_hours(files: Iterable[bytes]) -> pl.DataFrame:
    """Hourly mean of every zone (MW) of daily `pal` files, by the rule that makes the warehouse's hours."""
    of_hour = pl.concat([_samples(text) for text in files]).unique(
        ["series_id", "interval_start_utc"], keep="last", maintain_order=True
    )
    rule = macro_sql("hourly.sql", "hours_of_held_samples", "samples", "series_id")
    with duckdb.connect() as con:
        con.register("samples", of_hour.with_columns(interval_minutes=SAMPLE_MINUTES))
        hours = con.execute(rule).pl()
    covered = pl.col("coverage_pct") >= float(macro_sql("hourly.sql", "least_coverage_pct"))
    return hours.select("series_id", timestamp_utc="hour_start", y=pl.when(covered).then(pl.col("mean_load_mw")))


def _samples(text: bytes) -> pl.DataFrame:
    """The samples of one file: zone, instant, hour, MW."""
    raw = pl.read_csv(io.BytesIO(text), infer_schema=False)
    offset = pl.when(pl.col("Time Zone") == "EST").then(5).otherwise(4)
    stamp = pl.col("Time Stamp").str.to_datetime("%m/%d/%Y %H:%M:%S", time_unit="us", strict=False)
    told = raw.select(
        series_id="NYISO." + pl.col("Name").str.strip_chars(),
        interval_start_utc=stamp + pl.duration(hours=offset),
        load_mw=pl.col("Load").cast(pl.Float64, strict=False),
    )
    return (
        told.drop_nulls()
        .filter(pl.col("series_id").is_in([f"NYISO.{z}" for z in NYISO_ZONES]))
        .with_columns(hour_start=pl.col("interval_start_utc").dt.truncate("1h"))
    )


def _forecast_of_next_day(name: str, text: bytes) -> pl.DataFrame:
    """The hours of the day after the file's date."""
    raw = pl.read_csv(io.BytesIO(text), infer_schema=False)
    dated = pl.Series([name[:8]]).str.to_date("%Y%m%d").item()
    zones = {f"NYISO.{c.upper()}": c for c in raw.columns[1:] if c.upper() in NYISO_ZONES}
    if "NYISO" in raw.columns:
        zones["NYISO.TOTAL"] = "NYISO"
    wall = raw.with_columns(wall=pl.col("Time Stamp").str.to_datetime("%m/%d/%Y %H:%M", time_unit="us", strict=False))
    wall = wall.filter(pl.col("wall").dt.date() == dated + timedelta(days=1)).unique("wall", maintain_order=True)
    wall = wall.with_columns(timestamp_utc=wall_clock_to_utc(pl.col("wall"), NEW_YORK)).drop_nulls("timestamp_utc")
    return pl.concat(
        [
            wall.select(
                series_id=pl.lit(series_id),
                timestamp_utc="timestamp_utc",
                operator_forecast=pl.col(column).cast(pl.Float64, strict=False),
            )
            for series_id, column in zones.items()
        ]
        or [
            pl.DataFrame(
                schema={"series_id": pl.String, "timestamp_utc": pl.Datetime("us"), "operator_forecast": pl.Float64}
            )
        ]
    )


def ieso_price_input(archive: str | Path) -> pl.DataFrame:
    """Ontario's hourly real-time price (HOEP, CAD/MWh) with the operator's pre-dispatch prices of one, two and three hours before.

    Stamps are hours 1 to 24 ENDING, Eastern standard time all year. The run of k hours before is published in the course of its hour: it is
    taken for known k - 1 hours before the hour it speaks of begins (`__<n>h`, see `ml.intraday`), and the price itself at the end of its
    hour. `reference__predispatch_3h` is the operator's earliest, to compare with. Raises `UsageError` where the archive has no such file.
    """
    files = sorted((Path(archive) / "ieso").glob("PUB_PriceHOEPPredispOR_*.csv"))
    if not files:
        raise UsageError(f"There are no HOEP files under {archive}.", "Point --archive at what holds ieso/.")
    raw = pl.concat([pl.read_csv(f, skip_rows=3, infer_schema=False) for f in files], how="diagonal")

    def price(name: str) -> pl.Expr:
        return pl.col(name).str.strip_chars().str.replace_all(",", "").cast(pl.Float64, strict=False)

    start = pl.col("Date").str.to_datetime("%Y-%m-%d", time_unit="us") + pl.duration(
        hours=pl.col("Hour").cast(pl.Int64) - 1 + EASTERN_STANDARD_HOURS
    )
    return (
        raw.select(
            series_id=pl.lit("IESO"),
            timestamp_utc=start,
            y=price("HOEP"),
            **{f"future__predispatch_{k}__{k - 1}h": price(f"Hour {k} Predispatch") for k in (1, 2, 3)},
            reference__predispatch_3h=price("Hour 3 Predispatch"),
            tz=pl.lit("Etc/GMT+5"),
        )
        .unique("timestamp_utc", keep="last")
        .sort("timestamp_utc")
    )


def spain_generation_input(archive: str | Path, kind: str) -> pl.DataFrame:
    """Spain's solar or onshore wind generation (MW) with the system operator's day-ahead forecast. `kind`: solar or wind."""
    actual, forecast = {
        "solar": ("generation solar", "forecast solar day ahead"),
        "wind": ("generation wind onshore", "forecast wind onshore day ahead"),
    }[kind]
    return _spanish_table(archive).select(
        series_id=pl.lit(f"ES.{kind.upper()}"),
        timestamp_utc=_offset_stamp(),
        y=pl.col(actual).cast(pl.Float64, strict=False),
        operator_forecast=pl.col(forecast).cast(pl.Float64, strict=False),
        tz=pl.lit("Europe/Madrid"),
    ).unique("timestamp_utc").sort("timestamp_utc")  # fmt: skip


def _spanish_table(archive: str | Path) -> pl.DataFrame:
    file = Path(archive) / "entsoe" / "spain" / "energy_dataset.csv.gz"
    if not file.is_file():
        raise UsageError(f"There is no {file}.", "Point --archive at the directory that holds entsoe/.")
    return pl.read_csv(file, infer_schema=False)


def _offset_stamp() -> pl.Expr:
    stamp = pl.col("time").str.to_datetime("%Y-%m-%d %H:%M:%S%:z", time_unit="us", time_zone="UTC")
    return stamp.dt.replace_time_zone(None)


def spain_input(archive: str | Path) -> pl.DataFrame:
    """Spain's load (MW) with the system operator's day-ahead forecast; the solar and wind forecasts are known at issue too.

    Stamps carry their offset. Weather in the same archive is observed and stays out. A value of 0 or less is none. Raises
    `UsageError` where the file is not there.
    """
    raw = _spanish_table(archive)

    def number(name: str) -> pl.Expr:
        return pl.col(name).cast(pl.Float64, strict=False)

    frame = raw.select(
        series_id=pl.lit("ES"),
        timestamp_utc=_offset_stamp(),
        y=number("total load actual"),
        operator_forecast=number("total load forecast"),
        future__solar=number("forecast solar day ahead"),
        future__wind=number("forecast wind onshore day ahead"),
        tz=pl.lit("Europe/Madrid"),
    )  # fmt: skip
    return frame.with_columns(pl.when(pl.col("y") > 0).then(pl.col("y"))).unique("timestamp_utc").sort("timestamp_utc")
