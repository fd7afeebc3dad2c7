"""SCADA of a wind turbine at Yalova, Turkey: ten-minute means of 2018.

The file is latin-1 (a degree sign in the header). Stamps are local, `01 01 2018 00:00` (day first), the START of the
ten minutes; Turkey keeps UTC+3 all year. 2,030 of the year's 52,560 stamps are missing. The theoretical curve is named
KWh and is power: it ends at the turbine's rated 3,600 kW.
"""

from __future__ import annotations

import polars as pl

from extract.clocks import WallClock
from extract.emit import ACROSS_CODE, ACROSS_VALUE, Emit, number
from extract.feed import Payload
from extract.formats import cell, text
from extract.readers import Csv
from extract.regions import TIMEZONE
from extract.table_feed import TableFeed

POINTS = {
    "active_power": "active_power_kw",
    "wind_speed": "wind_speed_m_per_s",
    "theoretical_power": "theoretical_power_kw",
    "wind_direction": "wind_direction_deg",
}


class WindTurbineScada(TableFeed):
    name = "scada_wind_turbine"
    table = "scada__wind_turbine"
    source = "scada"
    source_system = "SCADA"
    subject = "scada"
    description = "Ten-minute power, wind speed and direction of a wind turbine."
    licence = "Kaggle; none stated"
    cadence = "10 min"
    archive_patterns = ("scada/wind_turbine/*.csv", "scada/wind_turbine/*.csv.gz", "scada/wind_turbine/*.csv.zip")
    region = "TR"
    cells = (
        cell("date_time", "Date/Time", "Stamp as received, day first."),
        cell("active_power", "LV ActivePower (kW)", "Power delivered; below zero where the turbine draws.", "kW"),
        cell("wind_speed", "Wind Speed (m/s)", "Wind speed at the hub.", "m/s"),
        cell(
            "theoretical_power",
            ("Theoretical_Power_Curve (KWh)", "Theoretical_Power_Curve (kW)"),
            "Power of the maker's curve at that wind speed.", "kW",
        ),
        cell("wind_direction", "Wind Direction (°)", "Wind direction.", "degree"),
    )  # fmt: skip
    derived = (text("asset", "Turbine, from the file's name."),)
    clock = WallClock("date_time", ("%d %m %Y %H:%M",), 10, zone=TIMEZONE["TR"])
    reader = Csv(encoding="latin-1")
    emits = (
        Emit(
            "scada",
            {
                "asset_id": "'SCADA.' || asset",
                "point": ACROSS_CODE,
                "value_text": ACROSS_VALUE,
                "point_value": number(ACROSS_VALUE),
            },
            across=POINTS,
        ),
    )

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        return frame.with_columns(pl.lit(payload.name.split(".")[0]).alias("asset"))
