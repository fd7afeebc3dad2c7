"""NYISO zonal prices: `damlbmp` (day-ahead, stamps start the hour) and `realtime` (5 min, stamps end the interval).

Neither prints a zone: the second of two equal stamps of one zone in one file is the second pass through the repeated
autumn hour. Signs as received: NYISO's LBMP = energy + losses - congestion.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from extract.emit import number, price
from extract.feed import Feed, Parsed, Payload
from extract.feeds.nyiso_load import CLOCK, NYISO_LICENCE, NYISO_TIMEZONE
from extract.formats import (
    INTERVAL_END,
    INTERVAL_START,
    REGION,
    UNKNOWN_KEY,
    UNPLACEABLE_TIME,
    Header,
    Rule,
    occurrence,
    split_placed,
    stamp,
    text,
)
from extract.readers import read_table
from extract.regions import NYISO_LOAD_ZONES, NYISO_PROXIES, declared_window
from gridlake.times import HOUR, wall_clock_to_utc

# NYISO prints congestion with the opposite sign: LBMP = energy + losses - congestion.
COMPONENTS = {
    "energy_per_mwh": f"{number('lbmp')} + {number('marginal_cost_congestion')} - {number('marginal_cost_losses')}",
    "congestion_per_mwh": f"-{number('marginal_cost_congestion')}",
    "loss_per_mwh": number("marginal_cost_losses"),
}


class NyisoZonalPrice(Feed):
    """Zonal LBMP with its components; a market says how long its interval is and which end its stamp names."""

    interval: timedelta
    stamp_ends: bool
    source = "nyiso"
    source_system = "NYISO"
    subject = "price"
    licence = NYISO_LICENCE
    columns = (
        REGION,
        text("time_stamp", "Wall clock as received."),
        text("name", "Zone or proxy bus."),
        text("ptid", "The operator's point id."),
        text("lbmp", "Locational based marginal price.", "USD/MWh"),
        text("marginal_cost_losses", "Its component of losses.", "USD/MWh"),
        text("marginal_cost_congestion", "Its component of congestion, in NYISO's sign (subtracted).", "USD/MWh"),
        INTERVAL_START,
        INTERVAL_END,
    )
    header = Header.of(
        time_stamp="Time Stamp",
        name="Name",
        ptid="PTID",
        lbmp="LBMP ($/MWHr)",
        marginal_cost_losses="Marginal Cost Losses ($/MWHr)",
        marginal_cost_congestion="Marginal Cost Congestion ($/MWHr)",
    )

    def parse(self, payload: Payload) -> Parsed:
        table = read_table(payload, self.header)
        instant = wall_clock_to_utc(stamp("time_stamp", *CLOCK), NYISO_TIMEZONE, occurrence("time_stamp", "name"))
        start = instant - self.interval if self.stamp_ends else instant
        placed = table.frame.with_columns(
            pl.lit("NYISO").alias("region_id"), start.alias("interval_start_utc")
        ).with_columns((pl.col("interval_start_utc") + self.interval).alias("interval_end_utc"))
        rules = [
            Rule(
                UNPLACEABLE_TIME,
                pl.col("interval_start_utc").is_null(),
                "stamp is not MM/DD/YYYY HH:MM[:SS], or lies in the hour skipped in spring",
            ),
            Rule(
                UNKNOWN_KEY,
                ~pl.col("name").is_in((*NYISO_LOAD_ZONES, *NYISO_PROXIES)),
                "not a zone or proxy bus of NYISO",
            ),
        ]
        rows, refused = split_placed(table, placed, rules)
        window = declared_window(payload, NYISO_TIMEZONE)
        return Parsed(rows, refused, rows.height + refused.height, window, "NYISO", table.unknown)


class NyisoDayAheadPrice(NyisoZonalPrice):
    name = "nyiso_damlbmp"
    table = "nyiso__damlbmp"
    origins = ("archive", "live")
    description = "NYISO day-ahead zonal prices, hourly."
    cadence = "hourly"
    time_convention = "Eastern wall clock without a zone; the stamp starts the hour; the repeated hour by order"
    archive_patterns = (
        "nyiso/*/*damlbmp_zone*",
        "nyiso/lbmp/*da.csv",
        "nyiso/lbmp/*da.csv.gz",
        "nyiso/lbmp/*da.csv.zip",
    )
    interval = HOUR
    stamp_ends = False
    emits = (price("name", "'DAM'", "lbmp", "USD", **COMPONENTS),)


class NyisoRealTimePrice(NyisoZonalPrice):
    name = "nyiso_realtime"
    table = "nyiso__realtime"
    origins = ("archive", "live")
    description = "NYISO real-time zonal prices, five minutes."
    cadence = "5 min"
    time_convention = "Eastern wall clock without a zone; the stamp ends the interval; the repeated hour by order"
    archive_patterns = (
        "nyiso/*/*realtime_zone*",
        "nyiso/lbmp/*rt.csv",
        "nyiso/lbmp/*rt.csv.gz",
        "nyiso/lbmp/*rt.csv.zip",
        "nyiso/other/lmp.csv",
    )
    interval = timedelta(minutes=5)
    stamp_ends = True
    emits = (price("name", "'RTM'", "lbmp", "USD", **COMPONENTS),)
