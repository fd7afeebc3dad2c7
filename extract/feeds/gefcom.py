"""GEFCom2014-E: hourly load of a utility in New England with mean temperature, 2004 to 2014, in one workbook.

There are 24 hours on every day, and the values tell how: the hour names the wall clock at its END, as ISO New England
does. On the short day no hour is named 2, and the value printed there is the mean of its neighbours: it is refused. On
the long day hour 2 is one value for two hours; it stands at the first of them and leaves the second a hole. The load of
2004 and 2005 was kept back by the competition: its hours are there, blank. It is one utility's load, not New England's:
hence a zone of its own.
"""

from __future__ import annotations

from extract.clocks import DayAndHour
from extract.emit import Emit, load, number
from extract.formats import cell
from extract.readers import Workbook
from extract.regions import TIMEZONE
from extract.table_feed import TableFeed


class Gefcom2014Load(TableFeed):
    name = "gefcom2014_load"
    table = "gefcom__load"
    source = "gefcom"
    source_system = "GEFCOM"
    subject = "load"
    description = "Hourly load of a utility in New England and mean temperature (GEFCom2014-E)."
    licence = "published with Hong et al. (2016)"
    cadence = "hourly"
    archive_patterns = ("gefcom2014/GEFCom2014-E*",)
    region = "ISONE"
    cells = (
        cell("date", "Date", "Local day as received."),
        cell("hour", "Hour", "Hour 1 to 24: the wall clock at its end."),
        cell("load", "load", "Load; blank in 2004 and 2005.", "MW"),
        cell("temperature", "T", "Mean temperature of the stations.", "degF"),
    )
    clock = DayAndHour("date", ("%Y-%m-%d",), 60, zone=TIMEZONE["ISONE"], hour="hour", counts="ending")
    reader = Workbook()
    hole_tolerance = 0.2  # two years of eleven came without load
    emits = (
        load("'GEFCOM2014'", "load"),
        Emit(
            "weather",
            {"station_id": "'ISONE.GEFCOM2014'", "temperature_c": f"({number('temperature')} - 32) * 5 / 9"},
        ),
    )
