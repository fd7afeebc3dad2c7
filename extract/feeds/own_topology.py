"""A utility's own grid: substations, lines between them, feeders, transformers, and which meter hangs on which transformer.

`topology/elements.csv`: one row an element. `upstream_id` names what feeds it (a feeder's substation, a transformer's feeder, a
meter's transformer) and, with `downstream_id`, the two ends of a line. The list is delivered whole when it changes; the last one
holds. Kinds other than those of `KINDS` are refused: what they hang on could not be told.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from extract.feed import Payload
from extract.feeds.own_meter import OwnTable
from extract.formats import UNKNOWN_KEY, Rule, cell
from extract.readers import Csv
from extract.regions import TIMEZONE

KINDS = ("substation", "line", "feeder", "transformer", "meter")


class OwnTopology(OwnTable):
    name = "own_topology"
    reader = Csv(ends_with_newline=True)  # a last line without its end is a cut file
    table = "own__topology"
    subject = "topology"
    description = "Your own grid: substations, lines, feeders, transformers, and what hangs on what down to the meter."
    licence = "yours"
    cadence = "as changed"
    time_convention = "days"
    archive_patterns = ("topology/elements.csv", "topology/elements.csv.gz")
    cells = (
        cell("element_id", "element_id", "Element; of a meter its meter_id."),
        cell("element_type", "element_type", "substation, line, feeder, transformer or meter."),
        cell("region", "region_id", "Region as received."),
        cell("zone_id", "zone_id", "Zone, <region>.<code>."),
        cell("element_name", "element_name", "Name for people."),
        cell("upstream_id", "upstream_id", "Element that feeds it; of a line one end; blank of a substation."),
        cell("downstream_id", "downstream_id", "Of a line the other end, else blank."),
        cell("voltage_kv", "voltage_kv", "Nominal voltage.", "kV"),
        cell("capacity_mva", "capacity_mva", "Rated capacity.", "MVA"),
        cell("length_km", "length_km", "Length of a line or feeder.", "km"),
        cell("latitude", "latitude", "Latitude.", "degree"),
        cell("longitude", "longitude", "Longitude.", "degree"),
        cell("in_service_on", "in_service_on", "Day it went into service."),
        cell("out_of_service_on", "out_of_service_on", "Day it was taken out of service; blank while it stands."),
    )
    keys = ("element_id",)

    def synthetic(self) -> Iterator[Payload]:
        from extract.synthetic.topology import topology_payloads

        yield from topology_payloads()

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        known = pl.col("region").is_in(list(TIMEZONE))
        return frame.with_columns(pl.when(known).then(pl.col("region")).alias("region_id"))

    def rules(self) -> list[Rule]:
        elsewhere = pl.col("zone_id").is_not_null() & ~pl.col("zone_id").str.starts_with(pl.col("region") + ".")
        other = ~pl.col("element_type").is_in(KINDS).fill_null(value=False)
        return [
            Rule(UNKNOWN_KEY, elsewhere, "its zone_id is of another region than its region_id"),
            Rule(UNKNOWN_KEY, other, f"its element_type is none of {', '.join(KINDS)}"),
        ]
