"""Codes of ENTSO-E: areas (EIC) and energy sources.

Belongs here: the one table of area codes, for feeds and for requests. An area that is a region of the warehouse goes by
its id; others (virtual bidding zones between two regions) keep ENTSO-E's name.
"""

from __future__ import annotations

from extract.regions import TIMEZONE

# EIC to the area's name. Germany's bidding zone has been DE-LU since October 2018, DE-AT-LU before.
AREA = {
    "10YES-REE------0": "ES", "10YFR-RTE------C": "FR", "10YAT-APG------L": "AT", "10YCH-SWISSGRIDZ": "CH",
    "10YGB----------A": "GB", "10YGR-HTSO-----Y": "GR", "10YIT-GRTN-----B": "IT", "10YBE----------2": "BE",
    "10YNL----------L": "NL", "10YLU-CEGEDEL-NQ": "LU", "10Y1001A1001A83F": "DE", "10Y1001A1001A82H": "DE_LU",
    "10Y1001A1001A63L": "DE_AT_LU", "10YDE-VE-------2": "DE_50hertz", "10YDE-RWENET---I": "DE_amprion",
    "10YDE-EON------1": "DE_tennet", "10YDE-ENBW-----N": "DE_transnetbw", "10YDK-1--------W": "DK1",
    "10YDK-2--------M": "DK2", "10Y1001A1001A39I": "EE", "10YFI-1--------U": "FI", "10Y1001A1001A48H": "NO5",
    "10Y1001A1001A46L": "SE3", "10Y1001A1001A47J": "SE4", "10Y1001A1001A74G": "IT_SAR",
    "10Y1001A1001A885": "IT_SACOAC", "10Y1001A1001A893": "IT_SACODC",
}  # fmt: skip

# Areas that are zones of a region.
ZONE = {name: ("DE", name) for name in AREA.values() if name.startswith("DE_")}

FUEL = {
    "B01": "Biomass", "B02": "Fossil Brown coal/Lignite", "B03": "Fossil Coal-derived gas", "B04": "Fossil Gas",
    "B05": "Fossil Hard coal", "B06": "Fossil Oil", "B07": "Fossil Oil shale", "B08": "Fossil Peat",
    "B09": "Geothermal", "B10": "Hydro Pumped Storage", "B11": "Hydro Run-of-river and poundage",
    "B12": "Hydro Water Reservoir", "B13": "Marine", "B14": "Nuclear", "B15": "Other renewable", "B16": "Solar",
    "B17": "Waste", "B18": "Wind Offshore", "B19": "Wind Onshore", "B20": "Other", "B25": "Energy storage",
}  # fmt: skip


def region_and_zone(area: str) -> tuple[str | None, str]:
    """The region an area lies in (None: it is none of the warehouse's) and its zone code there.

    >>> region_and_zone("FR"), region_and_zone("DE_50hertz"), region_and_zone("IT_SACOAC")
    (('FR', 'TOTAL'), ('DE', 'DE_50hertz'), (None, 'IT_SACOAC'))
    """
    if area in ZONE:
        return ZONE[area]
    return (area, "TOTAL") if area in TIMEZONE else (None, area)
