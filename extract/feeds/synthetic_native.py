"""The synthetic grid in operators' own formats, read by those operators' own parsers.

A workbook (ERCOT's native load, here SPP's zones), XML (ENTSO-E: Germany and France), JSON (MISO's wind and solar
forecasts), records with a trailer (ISO-NE's day-ahead prices), and snapshots of an outage map (PG&E's).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import polars as pl

from extract.emit import generation_forecast, load_across
from extract.feed import Payload
from extract.feeds.entsoe_xml import EntsoeTransparency
from extract.feeds.ercot import ErcotNativeLoad
from extract.feeds.isone import IsoneDayAheadPrice
from extract.feeds.miso import MisoFuelForecast
from extract.feeds.outages import PgeOutages
from extract.formats import cell, text
from extract.regions import extent
from extract.table_feed import TableFeed
from gridlake.settings import Settings


class SyntheticTable(TableFeed):
    """What the synthetic feeds of operators' formats share; `payloads` makes their bytes."""

    source = "synthetic"
    source_system = "SYNTHETIC"
    licence = "MIT"
    origins = ("synthetic",)
    archive_patterns: tuple[str, ...] = ()

    def payloads(self) -> Callable[[], Iterator[Payload]]:
        raise NotImplementedError

    def fetch(self, settings: Settings) -> Iterator[Payload]:
        if settings.origin == "synthetic":
            from extract.feeds.synthetic import write_manifest

            write_manifest(settings)
            yield from self.payloads()()


class SyntheticWorkbook(SyntheticTable, ErcotNativeLoad):  # type: ignore[misc]
    name = "synthetic_workbook"
    table = "synthetic__workbook"
    description = "Hourly load of the synthetic SPP by zone, as ERCOT's workbook of native load."
    region = "SPP"
    time_convention = ErcotNativeLoad.time_convention
    # ERCOT's columns hold the load of SPP's zones.
    emits = (
        load_across(
            {
                "coast": "CSWS", "east": "EDE", "far_west": "OKGE", "north": "KCPL", "north_central": "NPPD",
                "southern": "SPS", "south_central": "WAUE", "west": "WR",
            }
        ),
    )  # fmt: skip

    def payloads(self) -> Callable[[], Iterator[Payload]]:
        from extract.synthetic.native import workbook_payloads

        return workbook_payloads

    def window_of(self, payload: Payload, rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
        """What the rows span: the workbook is of no year."""
        return extent(rows)


class SyntheticXml(SyntheticTable, EntsoeTransparency):  # type: ignore[misc]
    name = "synthetic_xml"
    table = "synthetic__xml"
    description = "Load, prices, generation and forecasts of the synthetic Germany and France, as ENTSO-E's XML."
    cadence = "hourly"

    def payloads(self) -> Callable[[], Iterator[Payload]]:
        from extract.synthetic.native import xml_payloads

        return xml_payloads


class SyntheticJson(SyntheticTable, MisoFuelForecast):
    name = "synthetic_json"
    table = "synthetic__json"
    description = "Wind and solar forecasts of the synthetic MISO, each vintage, as MISO's JSON."
    derived = (text("fuel", "Fuel, from the file's name."),)
    emits = (generation_forecast("fuel", "value"),)

    def payloads(self) -> Callable[[], Iterator[Payload]]:
        from extract.synthetic.native import json_payloads

        return json_payloads

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        fuel = {"wind": "wind_onshore"}.get(payload.name.split("_")[0], payload.name.split("_")[0])
        return super().derive(frame, payload).with_columns(pl.lit(fuel).alias("fuel"))


class SyntheticRecords(SyntheticTable, IsoneDayAheadPrice):  # type: ignore[misc]
    name = "synthetic_records"
    table = "synthetic__records"
    description = "Day-ahead prices of the synthetic ISO-NE by zone, as its reports of records with a trailer."

    def payloads(self) -> Callable[[], Iterator[Payload]]:
        from extract.synthetic.native import records_payloads

        return records_payloads


class SyntheticOutage(SyntheticTable, PgeOutages):
    name = "synthetic_outage"
    table = "synthetic__outage"
    description = "Outages of a synthetic utility at moments six hours apart, with feeder and work order."
    cells = (
        *PgeOutages.cells,
        cell("feeder", "feeder", "Feeder that is out."),
        cell("work_order", "workOrder", "Work order of the repair."),
    )
    time_convention = PgeOutages.time_convention

    def payloads(self) -> Callable[[], Iterator[Payload]]:
        from extract.synthetic.outages import outage_payloads

        return outage_payloads
