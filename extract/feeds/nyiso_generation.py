"""NYISO generation by fuel: `rtfuelmix`, five minutes, stamps end the interval and carry EST or EDT.

The header drifted from "Gen MWh" to "Gen MW" with the same meaning (mean MW of the interval), and the stamp gained
seconds. Fuel names stay as received; the warehouse's seed maps them.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from extract.emit import generation
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
    split_placed,
    stamp,
    text,
)
from extract.readers import read_table
from extract.regions import declared_window
from gridlake.times import abbreviated_to_utc

FIVE_MINUTES = timedelta(minutes=5)


class NyisoFuelMix(Feed):
    name = "nyiso_rtfuelmix"
    table = "nyiso__rtfuelmix"
    origins = ("archive", "live")
    source = "nyiso"
    source_system = "NYISO"
    subject = "generation"
    description = "NYISO generation by fuel category, five minutes."
    licence = NYISO_LICENCE
    cadence = "5 min"
    time_convention = "Eastern wall clock with its abbreviation; the stamp ends the interval"
    archive_patterns = ("nyiso/*/*rtfuelmix*",)
    columns = (
        REGION,
        text("time_stamp", "Wall clock as received: the interval's end."),
        text("time_zone", "Abbreviation printed beside it."),
        text("fuel_category", "Fuel category as the operator names it."),
        text("gen_mw", "Mean generation of the interval.", "MW"),
        INTERVAL_START,
        INTERVAL_END,
    )
    header = Header.of(
        time_stamp="Time Stamp", time_zone="Time Zone", fuel_category="Fuel Category", gen_mw=("Gen MW", "Gen MWh")
    )
    emits = (generation("fuel_category", "gen_mw"),)

    def parse(self, payload: Payload) -> Parsed:
        table = read_table(payload, self.header)
        end = abbreviated_to_utc(stamp("time_stamp", *CLOCK), pl.col("time_zone"))
        placed = table.frame.with_columns(
            pl.lit("NYISO").alias("region_id"),
            (end - FIVE_MINUTES).alias("interval_start_utc"),
            end.alias("interval_end_utc"),
        )
        rules = [
            Rule(
                UNPLACEABLE_TIME,
                pl.col("interval_end_utc").is_null(),
                "stamp is not MM/DD/YYYY HH:MM[:SS] with a known zone abbreviation",
            ),
            Rule(UNKNOWN_KEY, pl.col("fuel_category").is_null(), "names no fuel category"),
        ]
        rows, refused = split_placed(table, placed, rules)
        window = declared_window(payload, NYISO_TIMEZONE)
        return Parsed(rows, refused, rows.height + refused.height, window, "NYISO", table.unknown)
