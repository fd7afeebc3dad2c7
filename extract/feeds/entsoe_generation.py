"""ENTSO-E's actual generation per type as yearly files, `20190101-20191231_DE_production.csv.gz`.

Stamps carry their offset and START the interval: 15 minutes for Germany, an hour for France. Types are columns, and
each country has its own. The last day of every month is missing, and of France single hours too; the file of 2021 ends
on 1 December with rows that hold wind alone, and its first column has no name. France leaves cells blank.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import polars as pl

from extract.clocks import Placed
from extract.emit import generation_across
from extract.feed import Payload
from extract.feeds.spain import snake_case
from extract.formats import cell, stamp_with_offset
from extract.regions import TIMEZONE
from extract.table_feed import TableFeed
from gridlake.times import local_midnight_utc

EVERYWHERE = (
    "Biomass", "Fossil Gas", "Fossil Hard coal", "Fossil Oil", "Hydro Pumped Storage", "Hydro Run-of-river and poundage",
    "Hydro Water Reservoir", "Nuclear", "Solar", "Waste", "Wind Onshore",
)  # fmt: skip
NOT_IN_FRANCE = ("Fossil Brown coal/Lignite", "Geothermal", "Other", "Other renewable", "Wind Offshore")
MINUTES = {"DE": 15, "FR": 60}
_NAME = re.compile(r"^(\d{8})-(\d{8})_([A-Z]{2})_production")


def _types(names: tuple[str, ...]) -> dict[str, str]:
    return {snake_case(name): name for name in names}


class EntsoeGeneration(TableFeed):
    name = "entsoe_generation"
    table = "entsoe__generation"
    source = "entsoe"
    source_system = "ENTSOE"
    subject = "generation"
    description = "Actual generation per type of Germany (15 minutes) and France (hourly)."
    licence = "ENTSO-E transparency terms"
    cadence = "15 min and hourly"
    hole_tolerance = 0.1
    archive_patterns = tuple(f"entsoe/generation/*_production.csv{packed}" for packed in ("", ".gz", ".zip"))
    cells = (
        cell("date", ("date", ""), "Stamp as received: the interval's start with its offset."),
        *(cell(column, name, f"Generation, {name}.", "MW") for column, name in _types(EVERYWHERE).items()),
        *(
            cell(column, name, f"Generation, {name}.", "MW", is_optional=True)
            for column, name in _types(NOT_IN_FRANCE).items()
        ),
    )
    clock = Placed(
        said="UTC offset in the stamp; the stamp starts the interval (DE 15 minutes, FR one hour)",
        why="date is not a stamp with an offset (YYYY-MM-DD HH:MM:SS+HH:MM)",
    )
    emits = (
        generation_across(_types(EVERYWHERE)),
        generation_across(_types(NOT_IN_FRANCE), where="region_id <> 'FR'"),
    )

    def region_of(self, payload: Payload) -> str | None:
        found = _NAME.match(payload.name)
        return found[3] if found and found[3] in TIMEZONE else None

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        length = timedelta(minutes=MINUTES.get(self.region_of(payload) or "", 60))
        start = stamp_with_offset("date")
        return frame.with_columns(start.alias("interval_start_utc"), (start + length).alias("interval_end_utc"))

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        """The local days in the file's name, both included."""
        found, region = _NAME.match(payload.name), self.region_of(payload)
        if found is None or region is None:
            return super().window_of(payload, rows)
        first, last = (date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}") for day in found.groups()[:2])
        zone = TIMEZONE[region]
        return local_midnight_utc(first, zone), local_midnight_utc(last + timedelta(days=1), zone)
