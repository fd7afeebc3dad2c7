"""SPP: hourly load by control area. The monthly files name their hour in GMT, its END, and drift.

Midnight is printed as the bare day. Every column name but the first carries a leading blank; WAUE (the Integrated System) joined in October 2015.
"""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from extract.clocks import END, UtcStamp
from extract.emit import load_across
from extract.feed import Payload
from extract.formats import cell
from extract.readers import Csv
from extract.regions import TIMEZONE, month_after
from extract.table_feed import TableFeed
from gridlake.times import local_midnight_utc

AREAS = ("CSWS", "EDE", "GRDA", "INDN", "KACY", "KCPL", "LES", "MPS", "NPPD", "OKGE", "OPPD", "SECI", "SPRM", "SPS", "WAUE", "WFEC", "WR")  # fmt: skip
INTEGRATED_SYSTEM_JOINS = date(2015, 10, 1)


class SppHourlyLoad(TableFeed):
    name = "spp_hourly_load"
    table = "spp__hourly_load"
    source = "spp"
    source_system = "SPP"
    subject = "load"
    description = "Hourly load of SPP by control area."
    licence = "SPP public market data"
    cadence = "hourly"
    archive_patterns = ("spp/hourly_load/HOURLY_LOAD-*",)
    region = "SPP"
    cells = (
        cell("market_hour", "MarketHour", "Stamp as received: the hour's end, GMT."),
        *(
            cell(a.lower(), a, f"Load of {a}.", "MW", **({"since": INTEGRATED_SYSTEM_JOINS} if a == "WAUE" else {}))
            for a in AREAS
        ),
    )
    clock = UtcStamp("market_hour", ("%m/%d/%Y %H:%M", "%m/%d/%Y"), 60, END)
    reader = Csv(ends_with_newline=True)
    # Before it joined WAUE is no area of SPP, rather than one without a value.
    emits = (load_across({a.lower(): a for a in AREAS}, where="across_code <> 'WAUE' or across_value is not null"),)

    def day_of(self, payload: Payload) -> date | None:
        digits = payload.name.removeprefix("HOURLY_LOAD-")[:6]
        return date(int(digits[:4]), int(digits[4:]), 1) if len(digits) == 6 and digits.isdigit() else None

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        """The Central month in the file's name."""
        first = self.day_of(payload)
        if first is None:
            return super().window_of(payload, rows)
        zone = TIMEZONE[self.region]
        return local_midnight_utc(first, zone), local_midnight_utc(month_after(first), zone)
