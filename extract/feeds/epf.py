"""EPF, the benchmark of Lago et al. (2021): day-ahead prices with two exogenous forecasts known at the auction.

The clock changes were taken out: 24 local hours on every day, the stamp STARTS the hour. Hour 2 of the short day is the
mean of its neighbours and is refused; the repeated hour stands once, at its first pass, and leaves the second a hole.
Names of columns differ by market and begin with a blank. `Forecasts_*.csv` beside the files are the paper's published
forecasts, references for a backtest and no feed.
"""

from __future__ import annotations

import polars as pl

from extract.clocks import WallClock
from extract.emit import price
from extract.feed import Payload
from extract.formats import cell, text
from extract.regions import TIMEZONE
from extract.table_feed import TableFeed

MARKETS = ("NP", "FR", "BE", "DE")  # the names of the files; Nord Pool's price is that of its system


class EpfPrice(TableFeed):
    name = "epf_price"
    is_mixed = True
    table = "epf__price"
    source = "epf"
    source_system = "EPF"
    subject = "price"
    description = "Day-ahead prices of the EPF benchmark with two day-ahead forecasts each, known at the auction."
    licence = "CC BY (Lago et al. 2021)"
    cadence = "hourly"
    archive_patterns = tuple(f"epf/{market}.csv{packed}" for market in MARKETS for packed in ("", ".gz", ".zip"))
    cells = (
        cell("date", "Date", "Local wall clock as received: the hour's start."),
        cell("price", ("Price", "Prices"), "Day-ahead price.", "EUR/MWh"),
        cell(
            "load_forecast",
            ("Grid load forecast", "System load forecast", "Ampirion Load Forecast"),
            "Day-ahead forecast of load.", "MW",
        ),
        cell(
            "supply_forecast",
            ("Wind power forecast", "Generation forecast", "PV+Wind Forecast"),
            "Day-ahead forecast of wind, of wind and sun, or of all generation.", "MW",
        ),
    )  # fmt: skip
    derived = (text("market", "Market as the file's name has it."),)
    clock = WallClock("date", ("%Y-%m-%d %H:%M:%S",), 60, zone=TIMEZONE["FR"])
    time_convention = "CET/CEST wall clock, 24 hours on every day: clock changes taken out; the stamp starts the hour"
    emits = (price("'TOTAL'", "'DAM'", "price", "EUR"),)

    def region_of(self, payload: Payload) -> str | None:
        market = payload.name.split(".")[0]
        return market if market in MARKETS else None

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        return frame.with_columns(pl.col("region_id").alias("market"))
