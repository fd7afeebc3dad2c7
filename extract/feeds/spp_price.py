"""SPP: prices by settlement location, real-time every five minutes and day-ahead hourly.

The stamp to rely on is `GMTIntervalEnd`; `Interval` beside it is the Central wall clock. One pricing node has several
settlement locations. Now and then the operator publishes an interval's file without a single byte: there is nothing
to land of it, and its interval is a hole.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from extract.clocks import END, UtcStamp
from extract.emit import Emit, number, price
from extract.feed import Payload
from extract.formats import cell
from extract.readers import Csv
from extract.regions import TIMEZONE
from extract.table_feed import TableFeed
from gridlake.times import to_naive_utc

GMT = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M")


def _price(market: str) -> tuple[Emit, ...]:
    return (
        price(
            "settlement_location",
            f"'{market}'",
            "lmp",
            "USD",
            energy_per_mwh=number("mec"),
            congestion_per_mwh=number("mcc"),
            loss_per_mwh=number("mlc"),
        ),
    )


class SppSettlementPrice(TableFeed):
    source = "spp"
    source_system = "SPP"
    subject = "price"
    licence = "SPP public market data"
    region = "SPP"
    reader = Csv(ends_with_newline=True)
    keys = ("settlement_location", "pnode")
    cells = (
        cell("interval_central", "Interval", "Central wall clock as received: the interval's end."),
        cell("gmt_interval_end", ("GMTIntervalEnd", "GMT Interval"), "The interval's end as received, GMT."),
        cell("settlement_location", ("Settlement Location", "Settlement Location Name"), "Settlement location."),
        cell("pnode", ("Pnode", "PNODE Name"), "Pricing node it settles at."),
        cell("lmp", "LMP", "Price.", "USD/MWh"),
        cell("mlc", "MLC", "Loss component, added.", "USD/MWh"),
        cell("mcc", "MCC", "Congestion component, added.", "USD/MWh"),
        cell("mec", "MEC", "Energy component.", "USD/MWh"),
    )


class SppRealTimePrice(SppSettlementPrice):
    name = "spp_rtbm_lmp"
    table = "spp__rtbm_lmp"
    description = "SPP real-time balancing market prices by settlement location, five minutes."
    cadence = "5 min"
    archive_patterns = ("spp/*/RTBM-LMP-SL-*",)
    clock = UtcStamp("gmt_interval_end", GMT, 5, END)
    emits = _price("RTM")
    keeps_empty_files = True

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        """The five minutes that end at the Central wall clock in the file's name, where the rows do not say."""
        if rows.height:
            return super().window_of(payload, rows)
        stamp = payload.name.removeprefix("RTBM-LMP-SL-")[:12]
        try:
            end = datetime.strptime(stamp, "%Y%m%d%H%M").replace(tzinfo=ZoneInfo(TIMEZONE[self.region]))
        except ValueError:
            return None
        return to_naive_utc(end) - self.clock.length, to_naive_utc(end)


class SppDayAheadPrice(SppSettlementPrice):
    name = "spp_da_lmp"
    table = "spp__da_lmp"
    description = "SPP day-ahead market prices by settlement location, hourly."
    cadence = "hourly"
    archive_patterns = ("spp/*/DA-LMP-SL-*",)
    clock = UtcStamp("gmt_interval_end", GMT, 60, END)
    emits = _price("DAM")
