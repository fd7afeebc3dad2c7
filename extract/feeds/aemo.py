"""AEMO: half-hourly demand of Victoria with temperature and holidays (the set published as `vic_elec`).

Stamps are UTC and START the half hour: a local day has 48, and 46 and 50 where the clock changes. The publisher names
the unit MWh per half hour; the values are mean MW. Read as MW they make 41 TWh a year and peak at 9.3 GW, which is Victoria
(46 TWh and 9.6 GW operational in 2013-14, AEMO); doubled they would make 82 TWh and a peak nobody saw.
"""

from __future__ import annotations

from extract.clocks import UtcStamp
from extract.emit import Emit, load, number
from extract.formats import cell
from extract.table_feed import TableFeed


class AemoVictoria(TableFeed):
    name = "aemo_vic_electricity"
    table = "aemo__vic_electricity"
    source = "aemo"
    source_system = "AEMO"
    subject = "load"
    description = "Half-hourly demand of Victoria, temperature at Melbourne, and holidays."
    licence = "AEMO data; tsibbledata GPL-3"
    cadence = "30 min"
    archive_patterns = ("aemo/vic_elec*",)
    region = "VIC"
    cells = (
        cell("time", "Time", "Stamp as received: the half hour's start, UTC."),
        cell("demand", "Demand", "Mean demand of the half hour; the publisher calls the unit MWh.", "MW"),
        cell("temperature", "Temperature", "Air temperature at Melbourne.", "degC"),
        cell("date", "Date", "Local day."),
        cell("holiday", "Holiday", "TRUE on a public holiday of Victoria."),
    )
    clock = UtcStamp("time", ("%Y-%m-%dT%H:%M:%SZ",), 30)
    emits = (
        load("'TOTAL'", "demand"),
        Emit("weather", {"station_id": "'VIC.MELBOURNE'", "temperature_c": number("temperature")}),
    )
