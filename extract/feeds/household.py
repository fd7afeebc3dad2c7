"""Households of two trials: ten of Smart Grid, Smart City (New South Wales) and 150 of Low Carbon London.

Smart Grid, Smart City is an R workspace of half-hourly readings. Its clock is Eastern STANDARD time all year: no stamp
is skipped or repeated when Sydney changes its clock, and the homes' evenings move by an hour against it. The stamp is
that of the reading, the END of the half hour. Homes begin and end at different times and have holes of up to weeks.

Low Carbon London here is daily: sums over the half hours of a GMT day, with the number of half hours there were. A day
with other than 48 is a part of one: its sum is kept, with status PARTIAL. Households stand under their meters' ids.
"""

from __future__ import annotations

import bz2
import lzma
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from extract.clocks import END, UtcStamp, WallClock
from extract.containers import FETCH_AGAIN, MAX_EXPANDED_BYTES, Member, members, place_of
from extract.emit import Emit, number
from extract.feed import Payload
from extract.formats import Header, Table, cell, joined, refuse_empty, select_cells
from extract.table_feed import TableFeed
from gridlake.errors import PayloadRefused


@dataclass(frozen=True)
class RWorkspace:
    """R workspaces (`.RData`): the one data frame in it, cells as text."""

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table:
        return joined([self._member(payload, member, header, on) for member in members(payload)])

    def _member(self, payload: Payload, member: Member, header: Header, on: date | None) -> Table:
        import pyreadr

        place = place_of(payload, member)
        data = _unpacked(payload, place, member.data)
        if not data.startswith((b"RDX", b"RDA")):
            raise PayloadRefused(payload.feed, place, "is not an R workspace", FETCH_AGAIN)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "payload.RData"  # the reader takes paths only
            path.write_bytes(data)
            try:
                frames = list(pyreadr.read_r(str(path)).values())
            except (
                Exception
            ) as error:  # its own class of errors comes from a C library and derives from nothing of ours
                what = f"cannot be read as an R workspace: truncated or damaged ({error})"
                raise PayloadRefused(payload.feed, place, what, FETCH_AGAIN) from error
        if len(frames) != 1:
            raise PayloadRefused(payload.feed, place, f"holds {len(frames)} data frames, not one", FETCH_AGAIN)
        found = [str(name) for name in frames[0].columns]
        cells = pl.from_pandas(frames[0]).cast(pl.String)
        if not cells.height:
            raise refuse_empty(payload, place)
        cells = cells.rename({name: f"field_{i}" for i, name in enumerate(cells.columns)})
        return select_cells(payload, place, member.name, found, cells.with_row_index("row_number", 1), header, on=on)


def _unpacked(payload: Payload, place: str, data: bytes) -> bytes:
    """A workspace without its compression: R packs by gzip, which was opened before, by xz or by bzip2."""
    if data.startswith(b"\xfd7zXZ"):
        unpacker: lzma.LZMADecompressor | bz2.BZ2Decompressor = lzma.LZMADecompressor()
    elif data.startswith(b"BZh"):
        unpacker = bz2.BZ2Decompressor()
    else:
        return data
    try:
        found = unpacker.decompress(data, MAX_EXPANDED_BYTES)
    except (lzma.LZMAError, OSError, EOFError) as error:
        what = f"cannot be opened: truncated or damaged ({error})"
        raise PayloadRefused(payload.feed, place, what, FETCH_AGAIN) from error
    if not unpacker.eof:
        what = f"is truncated, or expands beyond {MAX_EXPANDED_BYTES // 2**20} MB"
        raise PayloadRefused(payload.feed, place, what, FETCH_AGAIN)
    return found


class SgscReading(TableFeed):
    name = "sgsc_reading"
    is_mixed = True
    table = "sgsc__reading"
    source = "sgsc"
    source_system = "SGSC"
    subject = "meter"
    description = "Half-hourly electricity of ten households in New South Wales."
    licence = "CC BY (data.gov.au); GPL-3 (gravitas)"
    cadence = "30 min"
    hole_tolerance = 0.3  # homes begin and end at different times
    archive_patterns = ("meters/sgsc/*.RData",)
    region = "NSWA"
    cells = (
        cell("meter", "customer_id", "Id of the household's meter."),
        cell("reading_datetime", "reading_datetime", "Stamp as received: the half hour's end, AEST."),
        cell("general_supply", "general_supply_kwh", "Electricity of the half hour.", "kWh"),
    )
    keys = ("meter",)
    clock = WallClock(
        "reading_datetime", ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M:%S"), 30, END, zone="Etc/GMT-10", series=("meter",)
    )
    time_convention = "Australian Eastern Standard Time all year; the stamp ends the half hour"
    reader = RWorkspace()
    emits = (
        Emit(
            "meter",
            {"meter_id": "'SGSC.' || meter", "quantity_text": "general_supply", "energy_kwh": number("general_supply")},
        ),
    )


class LclDaily(TableFeed):
    name = "lcl_daily"
    is_mixed = True
    table = "lcl__daily"
    source = "lcl"
    source_system = "LCL"
    subject = "meter"
    description = "Daily electricity of households in London: sum, spread and number of half hours."
    licence = "CC BY (London Datastore)"
    cadence = "daily"
    archive_patterns = tuple(f"meters/lcl_daily/block_*.csv{packed}" for packed in ("", ".gz", ".zip"))
    region = "GB_LDN"
    hole_tolerance = 0.5  # households begin and end at different times
    cells = (
        cell("meter", "LCLid", "Id of the household's meter."),
        cell("day", "day", "Day as received, GMT."),
        *(
            cell(f"energy_{kind}", f"energy_{kind}", f"{words} of the day's half hours.", "kWh")
            for kind, words in (
                ("median", "Median"), ("mean", "Mean"), ("max", "Greatest"), ("std", "Standard deviation"),
                ("sum", "Sum"), ("min", "Least"),
            )
        ),
        cell("energy_count", "energy_count", "Half hours there were: 48 on a whole day."),
    )  # fmt: skip
    keys = ("meter",)
    clock = UtcStamp("day", ("%Y-%m-%d",), 24 * 60)
    emits = (
        Emit(
            "meter",
            {
                "meter_id": "'LCL.' || meter", "quantity_text": "energy_sum", "energy_kwh": number("energy_sum"),
                "status": f"case when {number('energy_count')} <> 48 then 'PARTIAL' end",
            },
        ),
    )  # fmt: skip
