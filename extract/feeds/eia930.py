"""EIA-930 hourly demand by balancing authority, screened and imputed by Ruggles et al. (Scientific Data 2020).

One CSV per authority, named by its code. Stamps are UTC and END the hour: the value is the demand integrated over the
hour before. `raw demand` is as reported, `category` the screening label, `cleaned demand` imputed over the whole series
(so it knows the future: a target, never a feature), `forecast demand` the authority's own day-ahead forecast.
"""

from __future__ import annotations

import polars as pl

from extract.emit import load, load_forecast, number
from extract.feed import Feed, Parsed, Payload
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
from extract.regions import REGION_OF_BALANCING_AUTHORITY, extent
from gridlake.times import HOUR


class Eia930Cleaned(Feed):
    name = "eia930_cleaned"
    table = "eia930__demand"
    source = "eia930"
    source_system = "EIA930"
    subject = "load"
    description = "Hourly demand by balancing authority: reported, screened, cleaned, and the day-ahead forecast."
    licence = "CC BY 4.0 (Ruggles et al. 2020)"
    cadence = "hourly"
    time_convention = "UTC; the stamp ends the hour"
    archive_patterns = ("eia930/cleaned/*.csv", "eia930/cleaned/*.csv.gz", "eia930/cleaned/*.csv.zip")
    columns = (
        text("balancing_authority", "Code in the file's name, as EIA uses it."),
        REGION,
        text("date_time", "Stamp as received: the hour's end, UTC."),
        text("raw_demand", "Demand as reported.", "MW"),
        text("category", "Screening label: OKAY, MISSING, DELTA, ..."),
        text("cleaned_demand", "Demand after imputation over the whole series.", "MW"),
        text("forecast_demand", "The authority's day-ahead forecast.", "MW"),
        INTERVAL_START,
        INTERVAL_END,
    )
    header = Header.of(
        date_time="date_time",
        raw_demand="raw demand (MW)",
        category="category",
        cleaned_demand="cleaned demand (MW)",
        forecast_demand="forecast demand (MW)",
    )
    emits = (
        load("balancing_authority", "raw_demand", category="category"),
        # 0 is printed where the authority published no forecast.
        load_forecast("'TOTAL'", "forecast_demand", where=f"{number('forecast_demand')} <> 0"),
    )

    def parse(self, payload: Payload) -> Parsed:
        table = read_table(payload, self.header)
        authority = payload.name.split(".")[0]
        region = REGION_OF_BALANCING_AUTHORITY.get(authority)
        end = stamp("date_time", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")
        placed = table.frame.with_columns(
            pl.lit(authority).alias("balancing_authority"),
            pl.lit(region, dtype=pl.String).alias("region_id"),
            (end - HOUR).alias("interval_start_utc"),
            end.alias("interval_end_utc"),
        )
        known = ", ".join(REGION_OF_BALANCING_AUTHORITY)
        rules = [
            Rule(UNKNOWN_KEY, pl.col("region_id").is_null(), f"file is not named by a known authority ({known})"),
            Rule(
                UNPLACEABLE_TIME,
                pl.col("interval_end_utc").is_null(),
                "date_time is not a UTC stamp YYYY-MM-DD HH:MM:SS",
            ),
        ]
        rows, refused = split_placed(table, placed, rules)
        return Parsed(rows, refused, rows.height + refused.height, extent(rows), region, table.unknown)
