"""EIA-930 hourly demand by zone of a balancing authority, screened and imputed by Ruggles et al.

One CSV per zone, named `<authority>-<zone>` with EIA's codes (`ERCO-COAS`, `ISNE-4001`). Stamps are UTC and END the
hour. `cleaned demand` is imputed over the whole series: it knows the future, a target and never a feature.
"""

from __future__ import annotations

import re

import polars as pl

from extract.clocks import END, UtcStamp
from extract.emit import load
from extract.feed import Payload
from extract.formats import cell, text
from extract.regions import region_of_authority
from extract.table_feed import TableFeed

_NAME = re.compile(r"^([A-Z]+)-([A-Za-z0-9]+)\.")


class Eia930Zone(TableFeed):
    name = "eia930_zone"
    table = "eia930__zone_demand"
    source = "eia930"
    source_system = "EIA930"
    subject = "load"
    description = "Hourly demand by zone of a balancing authority: reported, screened, cleaned."
    licence = "CC BY 4.0 (Ruggles et al. 2020)"
    cadence = "hourly"
    archive_patterns = ("eia930/zones/*.csv", "eia930/zones/*.csv.gz", "eia930/zones/*.csv.zip")
    cells = (
        cell("date_time", "date_time", "Stamp as received: the hour's end, UTC."),
        cell("raw_demand", "raw demand (MW)", "Demand as reported.", "MW"),
        cell("category", "category", "Screening label: OKAY, MISSING, DELTA, ..."),
        cell("cleaned_demand", "cleaned demand (MW)", "Demand after imputation over the whole series.", "MW"),
    )
    derived = (
        text("balancing_authority", "EIA's code, from the file's name."),
        text("zone_code", "EIA's code of the zone, from the file's name."),
    )
    keys = ("zone_code",)
    clock = UtcStamp("date_time", ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"), 60, END)
    emits = (load("zone_code", "raw_demand", category="category"),)

    def region_of(self, payload: Payload) -> str | None:
        found = _NAME.match(payload.name)
        return region_of_authority(found[1]) if found else None

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        found = _NAME.match(payload.name)
        authority, zone = found.groups() if found else (None, None)
        return frame.with_columns(
            pl.lit(authority, dtype=pl.String).alias("balancing_authority"),
            pl.lit(zone, dtype=pl.String).alias("zone_code"),
        )
