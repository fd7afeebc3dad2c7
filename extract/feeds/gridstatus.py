"""Operators asked through gridstatus: ISO-NE, PJM, MISO, SPP and ERCOT, one canonical form per dataset.

The connector writes gridstatus's frames as plain CSV, stamps in UTC with a Z, one value a row; blank where the frame
has none. Components are ADDED to the price, as gridstatus settles them.
"""

from __future__ import annotations

import polars as pl

from extract.clocks import UtcStamp
from extract.emit import generation, load, load_forecast, number, price
from extract.feed import Payload
from extract.formats import Cell, cell, stamp
from extract.readers import Csv
from extract.table_feed import TableFeed

ISO_STAMP = "%Y-%m-%dT%H:%M:%SZ"
OPERATORS = ("ERCOT", "ISONE", "MISO", "PJM", "SPP")


class GridstatusTable(TableFeed):
    """What the datasets share: operator and interval."""

    source = "gridstatus"
    source_system = "GRIDSTATUS"
    licence = "operators' public market data; gridstatus BSD-3-Clause"
    cadence = "5 min to hourly"
    origins = ("live",)
    extra = "iso"
    reader = Csv(ends_with_newline=True)

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        known = pl.when(pl.col("operator").is_in(OPERATORS)).then(pl.col("operator"))
        return frame.with_columns(known.alias("region_id"))


CLOCK = UtcStamp("interval_start", (ISO_STAMP,), 60, until="interval_end")


def _shared() -> tuple[Cell, ...]:
    return (
        cell("operator", "operator", "Region of the operator."),
        cell("interval_start", "interval_start", "Interval's start, UTC."),
        cell("interval_end", "interval_end", "Interval's end, UTC."),
    )


class GridstatusLoad(GridstatusTable):
    name = "gridstatus_load"
    table = "gridstatus__load"
    subject = "load"
    description = "Load of operators asked through gridstatus."
    cells = (*_shared(), cell("zone", "zone", "Zone; TOTAL for the region."), cell("load", "load", "Load.", "MW"))
    keys = ("zone",)
    clock = CLOCK
    emits = (load("zone", "load"),)


class GridstatusLoadForecast(GridstatusTable):
    name = "gridstatus_load_forecast"
    table = "gridstatus__load_forecast"
    subject = "load_forecast"
    description = "Load forecasts of operators asked through gridstatus, each vintage by its issue."
    cells = (
        *_shared(),
        cell("published", "published", "Issue of the forecast, UTC; blank where the operator tells none."),
        cell("zone", "zone", "Zone; TOTAL for the region."),
        cell("load_forecast", "load_forecast", "Forecast load.", "MW"),
    )
    keys = ("zone",)
    clock = CLOCK
    emits = (load_forecast("zone", "load_forecast"),)

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        return super().derive(frame, payload).with_columns(stamp("published", ISO_STAMP).alias("published_at_utc"))


class GridstatusPrice(GridstatusTable):
    name = "gridstatus_lmp"
    table = "gridstatus__lmp"
    subject = "price"
    description = "Day-ahead prices of operators' hubs and zones asked through gridstatus."
    cells = (
        *_shared(),
        cell("market", "market", "Market as gridstatus names it."),
        cell("location", "location", "Location."),
        cell("location_type", "location_type", "Kind of location."),
        cell("lmp", "lmp", "Price.", "USD/MWh"),
        cell("energy", "energy", "Energy component; blank where the operator publishes none.", "USD/MWh"),
        cell("congestion", "congestion", "Congestion component, added.", "USD/MWh"),
        cell("loss", "loss", "Loss component, added.", "USD/MWh"),
    )
    keys = ("location", "market")
    clock = CLOCK
    emits = (
        price(
            "location",
            "case when market like 'DAY_AHEAD%' then 'DAM' when market = 'REAL_TIME_15_MIN' then 'FMM' else 'RTM' end",
            "lmp",
            "USD",
            energy_per_mwh=number("energy"),
            congestion_per_mwh=number("congestion"),
            loss_per_mwh=number("loss"),
        ),
    )


class GridstatusFuelMix(GridstatusTable):
    name = "gridstatus_fuel_mix"
    table = "gridstatus__fuel_mix"
    subject = "generation"
    description = "Generation by fuel of operators asked through gridstatus."
    cells = (
        *_shared(),
        cell("fuel", "fuel", "Fuel as the operator names it."),
        cell("generation", "generation", "Mean generation of the interval.", "MW"),
    )
    keys = ("fuel",)
    clock = CLOCK
    emits = (generation("fuel", "generation"),)
