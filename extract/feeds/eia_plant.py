"""EIA Power Plants of the US Energy Atlas: every plant with place, owner and capacity by fuel, a vintage in each file.

Vintages differ in the order of columns and in one name (`State`, earlier `StateName`); files begin with a byte order
mark. A plant is known by `plant_code`; `period` (YYYYMM) is the vintage: what the file says was known when that month
had ended. Capacities are blank where a plant has none of the fuel.
"""

from __future__ import annotations

import polars as pl

from extract.feed import Payload
from extract.formats import UNPLACEABLE_TIME, Rule, cell
from extract.table_feed import TableFeed

FUELS = {
    "Bat": "batteries", "Bio": "biomass", "Coal": "coal", "Geo": "geothermal heat", "Hydro": "water",
    "HydroPS": "pumped storage", "NG": "natural gas", "Nuclear": "nuclear fuel", "Crude": "oil", "Solar": "sun",
    "Wind": "wind", "Other": "other sources",
}  # fmt: skip


class EiaPowerPlants(TableFeed):
    name = "eia_power_plant"
    table = "eia__power_plant"
    source = "eia"
    source_system = "EIA"
    subject = "plant"
    description = "US power plants with place, owner and capacity by fuel (EIA-860, EIA-860M, EIA-923)."
    licence = "US public domain"
    cadence = "monthly vintages"
    time_convention = "vintage by month"
    archive_patterns = ("plants/eia/Power_Plants*",)
    is_regional = False
    cells = (
        cell("x", "X", "Longitude of the map's point.", "degree"),
        cell("y", "Y", "Latitude of the map's point.", "degree"),
        cell("object_id", "OBJECTID", "Row id of the map: another in each vintage."),
        cell("plant_code", "Plant_Code", "EIA's code of the plant."),
        cell("plant_name", "Plant_Name", "Plant name."),
        cell("utility_code", "Utility_ID", "EIA's code of the owner."),
        cell("utility_name", "Utility_Name", "Owner."),
        cell("sector", "sector_name", "Sector."),
        cell("street", "Street_Address", "Street address."),
        cell("city", "City", "City."),
        cell("county", "County", "County."),
        cell("state", ("State", "StateName"), "Name of the state."),
        cell("zip", "Zip", "Postal code."),
        cell("primary_source", "PrimSource", "Primary energy source."),
        cell("source_description", "source_desc", "Capacity by source, in words."),
        cell("technology", "tech_desc", "Technologies."),
        cell("installed_capacity", "Install_MW", "Nameplate capacity.", "MW"),
        cell("total_capacity", "Total_MW", "Net summer capacity.", "MW"),
        *(cell(f"{c.lower()}_capacity", f"{c}_MW", f"Capacity from {words}.", "MW") for c, words in FUELS.items()),
        cell("source_forms", "Source", "Forms the data come from."),
        cell("period", "Period", "Vintage, YYYYMM."),
        cell("longitude", "Longitude", "Longitude.", "degree"),
        cell("latitude", "Latitude", "Latitude.", "degree"),
    )
    keys = ("plant_code",)

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        month = (pl.col("period") + "01").str.to_datetime("%Y%m%d", time_unit="us", strict=False)
        return frame.with_columns(month.dt.offset_by("1mo").alias("published_at_utc"))

    def rules(self) -> list[Rule]:
        return [Rule(UNPLACEABLE_TIME, pl.col("published_at_utc").is_null(), "period is no month YYYYMM")]
