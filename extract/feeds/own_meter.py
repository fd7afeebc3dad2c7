"""A utility's own meters: intervals (CSV or Parquet), the meters, and the customers they belong to.

`meters/intervals/*`: `meter_id, interval_start, interval_minutes, kwh, status, read_at`, stamps in ISO 8601 with an
offset: one without is refused. A reading corrected later comes again with a later `read_at`. Where a meter stands, the
list of meters says, so that intervals carry no region. `meters/customers.csv` is the only place where a person meets a
meter: nothing of it goes to silver by itself.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from extract.clocks import Placed
from extract.containers import FETCH_AGAIN, Member, members, place_of
from extract.emit import Emit, number
from extract.feed import Payload
from extract.formats import UNKNOWN_KEY, Header, Rule, Table, cell, joined, refuse_empty, select_cells
from extract.readers import Csv
from extract.regions import TIMEZONE
from extract.table_feed import TableFeed
from gridlake.contracts import Column
from gridlake.errors import PayloadRefused
from gridlake.settings import Settings

STAMPS = ("%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M%:z", "%Y-%m-%dT%H:%M:%S%.f%z")
LONGEST_MINUTES = 366 * 24 * 60


def instants(stamps: pl.Series) -> pl.Series:
    """Text stamps as `iso_with_offset` reads them. A delivery says few different ones many times over: each is read once."""
    told = stamps.unique()
    return stamps.replace_strict(told, told.to_frame("stamp").select(iso_with_offset("stamp")).to_series())


def iso_with_offset(column: str) -> pl.Expr:
    """ISO 8601 stamps with an offset or Z as naive UTC; null for others, those without an offset among them."""
    plain = pl.col(column).str.strip_chars().str.replace(" ", "T", literal=True).str.replace(r"Z$", "+00:00")
    found = pl.coalesce(*(plain.str.to_datetime(f, time_unit="us", strict=False) for f in STAMPS))
    return found.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


@dataclass(frozen=True)
class CsvOrParquet:
    """CSV, or Parquet told by its first bytes: its cells as text, stamps with their offset if they have one."""

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table:
        if not payload.data.startswith(b"PAR1") and not payload.name.endswith(".parquet"):
            return Csv(ends_with_newline=True).read(payload, header, on)
        return joined([self._parquet(payload, member, header, on) for member in members(payload)])

    def _parquet(self, payload: Payload, member: Member, header: Header, on: date | None) -> Table:
        place = place_of(payload, member)
        try:
            frame = pl.read_parquet(io.BytesIO(member.data))
        except (pl.exceptions.PolarsError, OSError) as error:
            what = f"cannot be read as Parquet: truncated or damaged ({error})"
            raise PayloadRefused(payload.feed, place, what, FETCH_AGAIN) from error
        if not frame.height:
            raise refuse_empty(payload, place)
        found = frame.columns
        cells = frame.select(
            _as_text(name, kind).alias(f"field_{i}") for i, (name, kind) in enumerate(frame.schema.items())
        )
        return select_cells(payload, place, member.name, found, cells.with_row_index("row_number", 1), header, on=on)


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    if isinstance(kind, pl.Datetime):
        zone = "%:z" if kind.time_zone else ""
        return pl.col(name).dt.strftime(f"%Y-%m-%dT%H:%M:%S%.f{zone}")
    return pl.col(name).cast(pl.String, strict=False)


class OwnTable(TableFeed):
    """Your meters; the synthetic grid brings some in the same format."""

    source = "own"
    source_system = "OWN"
    origins = ("archive", "synthetic")
    is_personal = True

    def synthetic(self) -> Iterator[Payload]:
        raise NotImplementedError

    def fetch(self, settings: Settings) -> Iterator[Payload]:
        yield from self.synthetic() if settings.origin == "synthetic" else super().fetch(settings)


class OwnMeterInterval(OwnTable):
    name = "own_meter_interval"
    is_mixed = True
    table = "own__meter_interval"
    subject = "meter"
    description = "Interval readings of your own meters."
    licence = "yours"
    cadence = "as read"
    archive_patterns = tuple(
        f"meters/intervals/*{kind}" for kind in (".csv", ".csv.gz", ".csv.zip", ".parquet")
    )  # fmt: skip
    is_regional = False
    cells = (
        cell("meter_id", "meter_id", "Meter."),
        cell("interval_start", "interval_start", "Start of the interval as received, ISO 8601 with an offset."),
        cell("interval_minutes", "interval_minutes", "Its length.", "min"),
        cell("kwh", "kwh", "Electricity of the interval.", "kWh"),
        cell("status", "status", "Status of the reading, by your own codes."),
        cell("read_at", "read_at", "When it was read, ISO 8601 with an offset."),
    )
    derived = (
        Column("region_id", "text", "Null: the list of meters says where a meter stands."),
        Column("read_at_utc", "timestamp", "When it was read; null where that is no stamp with an offset.", "UTC"),
    )
    keys = ("meter_id",)
    clock = Placed(
        said="ISO 8601 with an offset; the stamp starts the interval of interval_minutes",
        why="interval_start is no ISO 8601 stamp with an offset, or interval_minutes no whole number above zero",
    )
    reader = CsvOrParquet()
    emits = (
        Emit(
            "meter",
            {
                "meter_id": "'OWN.' || meter_id", "quantity_text": "kwh", "energy_kwh": number("kwh"),
                "status": "status", "read_at_utc": "read_at_utc",
            },
        ),
    )  # fmt: skip

    def synthetic(self) -> Iterator[Payload]:
        from extract.synthetic.meters import reading_payloads

        yield from reading_payloads()

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        minutes = pl.col("interval_minutes").cast(pl.Float64, strict=False)
        whole = pl.when(minutes.is_between(1, LONGEST_MINUTES) & (minutes % 1 == 0)).then(minutes.cast(pl.Int64))
        return frame.with_columns(
            pl.lit(None, dtype=pl.String).alias("region_id"),
            instants(frame["read_at"]).alias("read_at_utc"),
            instants(frame["interval_start"]).alias("interval_start_utc"),
        ).with_columns((pl.col("interval_start_utc") + pl.duration(minutes=whole)).alias("interval_end_utc"))


class OwnMeter(OwnTable):
    name = "own_meter"
    reader = Csv(ends_with_newline=True)  # a last line without its end is a cut file
    table = "own__meter"
    subject = "meter"
    description = "Your own meters: where they stand and under which tariff."
    licence = "yours"
    cadence = "as changed"
    time_convention = "days"
    archive_patterns = ("meters/meters.csv", "meters/meters.csv.gz")
    cells = (
        cell("meter_id", "meter_id", "Meter."),
        cell("region", "region_id", "Region as received."),
        cell("zone_id", "zone_id", "Zone, <region>.<code>."),
        cell("tariff", "tariff", "Tariff."),
        cell("latitude", "latitude", "Latitude.", "degree"),
        cell("longitude", "longitude", "Longitude.", "degree"),
        cell("installed_on", "installed_on", "Day of installation."),
        cell("removed_on", "removed_on", "Day of removal; blank while it stands."),
    )
    keys = ("meter_id",)

    def synthetic(self) -> Iterator[Payload]:
        from extract.synthetic.meters import meter_payloads

        yield from meter_payloads()

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        known = pl.col("region").is_in(list(TIMEZONE))
        return frame.with_columns(pl.when(known).then(pl.col("region")).alias("region_id"))

    def rules(self) -> list[Rule]:
        elsewhere = pl.col("zone_id").is_not_null() & ~pl.col("zone_id").str.starts_with(pl.col("region") + ".")
        return [Rule(UNKNOWN_KEY, elsewhere, "its zone_id is of another region than its region_id")]


class OwnCustomer(OwnTable):
    name = "own_customer"
    reader = Csv(ends_with_newline=True)  # a last line without its end is a cut file
    table = "own__customer"
    subject = "customer"
    description = "Your customers and their meters over time: the only place where a person meets a meter."
    licence = "yours; personal data"
    cadence = "as changed"
    time_convention = "days"
    archive_patterns = ("meters/customers.csv", "meters/customers.csv.gz")
    is_regional = False
    cells = (
        cell("customer_id", "customer_id", "Customer."),
        cell("meter_id", "meter_id", "Meter."),
        cell("name", "name", "Name of the person: personal data, masked wherever it goes."),
        cell("valid_from", "valid_from", "First day."),
        cell("valid_to", "valid_to", "Last day; blank while it lasts."),
    )
    keys = ("customer_id", "meter_id")

    def synthetic(self) -> Iterator[Payload]:
        from extract.synthetic.meters import customer_payloads

        yield from customer_payloads()
