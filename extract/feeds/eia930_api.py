"""EIA-930 as the API (v2) answers: demand, forecast and interchange by balancing authority, generation by fuel.

A document holds `response.data`, a flat list of one kind; the respondent (or `fromba`) decides the region. `period` is
`YYYY-MM-DDTHH`, UTC, the END of the hour; rows come in any order; a value may be null. An answer without rows says so
itself and is passed over: an hour nobody reported is a hole all the same, against the window of the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from extract.clocks import END, UtcStamp
from extract.containers import members
from extract.emit import Emit, generation, load, load_forecast, number
from extract.feed import Payload
from extract.formats import cell
from extract.readers import Json, json_document
from extract.regions import region_of_authority
from extract.table_feed import TableFeed
from gridlake.errors import PayloadRefused


def records(document: Any) -> Sequence[Mapping[str, Any]]:
    response = document["response"]
    if response.get("frequency", "hourly") != "hourly":
        raise ValueError(f"frequency is {response['frequency']!r}, not hourly in UTC")
    found: Sequence[Mapping[str, Any]] = response["data"]
    return found


def regions_of(codes: pl.Expr) -> pl.Expr:
    """Balancing authority codes to regions; null for codes nobody knows."""
    return codes.map_elements(region_of_authority, return_dtype=pl.String, skip_nulls=True)


class Eia930Api(TableFeed):
    name = "eia930_api"
    is_mixed = True
    table = "eia930__api"
    origins = ("archive", "live")
    source = "eia930"
    source_system = "EIA930"
    subject = "load"
    description = "Hourly demand, generation by fuel and interchange of balancing authorities, as EIA's API answers."
    licence = "US public domain"
    cadence = "hourly"
    archive_patterns = ("eia930/api_json/*.json", "eia930/api_json/*.json.gz", "eia930/api_json/*.json.zip")
    cells = (
        cell("period", "period", "Stamp as received: the hour's end, UTC."),
        cell("value", "value", "Energy of the hour.", "MWh"),
        cell("respondent", "respondent", "Balancing authority that reports.", is_optional=True),
        cell("respondent_name", "respondent-name", "Its name as received.", is_optional=True),
        cell("type", "type", "D demand, DF its forecast, NG generation, TI interchange.", is_optional=True),
        cell("type_name", "type-name", "The type, or the fuel, in words.", is_optional=True),
        cell("fueltype", "fueltype", "Energy source as EIA codes it.", is_optional=True),
        cell("fromba", "fromba", "Authority the flow is counted from.", is_optional=True),
        cell("fromba_name", "fromba-name", "Its name.", is_optional=True),
        cell("toba", "toba", "Neighbour.", is_optional=True),
        cell("toba_name", "toba-name", "Its name.", is_optional=True),
        cell("parent", "parent", "Authority of a zone.", is_optional=True),
        cell("parent_name", "parent-name", "Its name.", is_optional=True),
        cell("subba", "subba", "Zone of the authority.", is_optional=True),
        cell("subba_name", "subba-name", "Its name.", is_optional=True),
        cell("value_units", "value-units", "Unit as received.", is_optional=True),
    )
    clock = UtcStamp("period_end", ("%Y-%m-%dT%H:%M",), 60, END)
    reader = Json(records)
    emits = (
        load("'TOTAL'", "value", where="type = 'D'"),
        load("subba", "value", where="subba is not null"),
        load_forecast("'TOTAL'", "value", where="type = 'DF'"),
        generation("fueltype", "value", where="fueltype is not null"),
        generation("'TOTAL'", "value", where="type = 'NG'"),
        Emit(
            "interchange",
            {
                "source_code": "coalesce(toba, 'TOTAL')",
                "interchange_text": "value",
                "interchange_mw": number("value"),  # EIA counts what leaves `fromba` positive
            },
            where="toba is not null or type = 'TI'",
        ),
    )

    def passes_over(self, payload: Payload) -> str:
        try:
            documents = [json_document(payload, member) for member in members(payload)]
            if all(document["response"]["data"] == [] for document in documents):
                return "its response.data is empty"
        except (PayloadRefused, KeyError, TypeError):
            pass  # parsing says what is wrong with it
        return ""

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        authority = pl.coalesce("respondent", "fromba", "parent")
        return frame.with_columns(
            regions_of(authority).alias("region_id"), (pl.col("period") + ":00").alias("period_end")
        )
