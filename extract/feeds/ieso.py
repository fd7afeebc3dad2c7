"""IESO (Ontario): the public yearly reports of hourly demand and of the Hourly Ontario Energy Price.

Three comment lines (`\\\\Hourly Demand Report`, `\\\\Created at 2018-05-22 08:00:00`, `\\\\For 2015`) stand above the
header. The clock is Eastern STANDARD time all year, hour 1 to 24, ending: no day has 23 or 25 hours. The report of the
running year ends with the day before it was created. A price file's prices of a thousand and more are quoted with a
thousands separator (`"1,036.40"`), kept as received; operating reserve is blank where no price was set.
"""

from __future__ import annotations

import re
from datetime import date, datetime

import polars as pl

from extract.clocks import DayAndHour
from extract.containers import Member, members
from extract.emit import Emit, grouped_number, literal, load
from extract.feed import Payload
from extract.formats import cell
from extract.readers import Csv
from extract.regions import TIMEZONE
from extract.table_feed import TableFeed, told_by_member
from gridlake.times import HOUR, local_midnight_utc

EST = TIMEZONE["IESO"]
EASTERN_STANDARD_OFFSET = 5 * HOUR
_CREATED = re.compile(rb"\\\\Created at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_YEAR = re.compile(rb"\\\\For (\d{4})")


def created_utc(member: Member) -> datetime | None:
    """When the report says it was created, from its comment lines; None where they do not tell."""
    found = _CREATED.search(member.data[:500])
    if found is None:
        return None
    return datetime.strptime(found[1].decode(), "%Y-%m-%d %H:%M:%S") + EASTERN_STANDARD_OFFSET


class IesoYearlyReport(TableFeed):
    """What both reports share."""

    source = "ieso"
    source_system = "IESO"
    licence = "IESO public reports"
    cadence = "hourly"
    region = "IESO"
    clock = DayAndHour("date", ("%Y-%m-%d",), 60, zone=EST, hour="hour")
    reader = Csv(comments="\\\\")
    derived = ()

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        return told_by_member(frame, payload, "published_at_utc", created_utc)

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        """The year the report is for; of a running year, the days before the one it was created on."""
        bounds = [found for member in members(payload) if (found := _declared(member))]
        if not bounds:
            return super().window_of(payload, rows)
        return min(start for start, _ in bounds), max(end for _, end in bounds)


def _declared(member: Member) -> tuple[datetime, datetime] | None:
    found = _YEAR.search(member.data[:500])
    if found is None:
        return None
    start, end = (local_midnight_utc(date(int(found[1]) + after, 1, 1), EST) for after in (0, 1))
    created = created_utc(member)
    if created is not None and start < created < end:
        end = local_midnight_utc((created - EASTERN_STANDARD_OFFSET).date(), EST)
    return start, end


class IesoDemand(IesoYearlyReport):
    name = "ieso_demand"
    table = "ieso__demand"
    subject = "load"
    description = "Hourly demand of Ontario, and market demand (Ontario and exports)."
    archive_patterns = ("ieso/PUB_Demand_*", "ieso/demand/PUB_Demand_*")
    cells = (
        cell("date", "Date", "Day as received, EST."),
        cell("hour", "Hour", "Hour ending, 1 to 24, EST all year."),
        cell("market_demand", "Market Demand", "Ontario demand and exports.", "MW"),
        cell("ontario_demand", "Ontario Demand", "Demand of Ontario.", "MW"),
    )
    emits = (load("'TOTAL'", "ontario_demand"),)


RESERVE_PRODUCTS = {"or_10_min_sync": "spin_10", "or_10_min_non_sync": "non_spin_10", "or_30_min": "operating_30"}


class IesoHoep(IesoYearlyReport):
    name = "ieso_hoep"
    table = "ieso__hoep"
    subject = "price"
    description = (
        "Hourly Ontario Energy Price, its pre-dispatch forecasts one to three hours ahead, and reserve prices."
    )
    archive_patterns = ("ieso/PUB_PriceHOEPPredispOR_*", "ieso/hoep/PUB_PriceHOEPPredispOR_*")
    cells = (
        cell("date", "Date", "Day as received, EST."),
        cell("hour", "Hour", "Hour ending, 1 to 24, EST all year."),
        cell("hoep", "HOEP", "Hourly Ontario Energy Price.", "CAD/MWh"),
        *(
            cell(f"predispatch_{ahead}h", f"Hour {ahead} Predispatch", f"Price forecast {ahead} h ahead.", "CAD/MWh")
            for ahead in (1, 2, 3)
        ),
        cell("or_10_min_sync", "OR 10 Min Sync", "Ten-minute spinning reserve.", "CAD/MW/h"),
        cell("or_10_min_non_sync", "OR 10 Min non-sync", "Ten-minute non-spinning reserve.", "CAD/MW/h"),
        cell("or_30_min", "OR 30 Min", "Thirty-minute operating reserve.", "CAD/MW/h"),
    )
    emits = (
        Emit(
            "price",
            {
                "source_code": "'TOTAL'", "market_id": "'HOEP'", "price_text": "hoep",
                "price_per_mwh": grouped_number("hoep"), "currency": "'CAD'",
            },
        ),
        *(
            Emit(
                "ancillary_price",
                {
                    "source_code": "'TOTAL'", "market_id": "'HOEP'", "product": literal(product),
                    "price_text": column, "price_per_mwh": grouped_number(column),
                    "currency": "'CAD'",
                },
                where=f"{column} is not null",
            )
            for column, product in RESERVE_PRODUCTS.items()
        ),
    )  # fmt: skip
