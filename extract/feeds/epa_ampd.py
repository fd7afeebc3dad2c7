"""EPA Air Markets Program Data: emissions of a year by unit, and the units' attributes, a state and a year in each file.

Every header name but the first begins with a blank. A unit is known by `plant_code` (ORISPL), `unit_id` and `year`.
Lists within a cell are joined by commas, in the attributes by `<br>`. Blank where nothing was measured.
"""

from __future__ import annotations

from extract.formats import Cell, cell
from extract.table_feed import TableFeed

COMMON = (
    ("state", "State", ""), ("plant_name", "Facility Name", ""), ("plant_code", "Facility ID (ORISPL)", ""),
    ("unit_id", "Unit ID", ""), ("associated_stacks", "Associated Stacks", ""), ("year", "Year", ""),
    ("programs", "Program(s)", ""), ("epa_region", "EPA Region", ""), ("nerc_region", "NERC Region", ""),
    ("county", "County", ""), ("source_category", "Source Category", ""), ("owner", "Owner", ""),
    ("operator", "Operator", ""), ("representative_primary", "Representative (Primary)", ""),
    ("representative_secondary", "Representative (Secondary)", ""), ("so2_phase", "SO2 Phase", ""),
    ("nox_phase", "NOx Phase", ""), ("operating_status", "Operating Status", ""), ("unit_type", "Unit Type", ""),
    ("primary_fuel", "Fuel Type (Primary)", ""), ("secondary_fuel", "Fuel Type (Secondary)", ""),
    ("so2_controls", "SO2 Control(s)", ""), ("nox_controls", "NOx Control(s)", ""),
    ("pm_controls", "PM Control(s)", ""), ("hg_controls", "Hg Control(s)", ""),
    ("latitude", "Facility Latitude", ""), ("longitude", "Facility Longitude", ""),
    ("max_hourly_heat_input", "Max Hourly HI Rate (MMBtu/hr)", "MMBtu/h"),
)  # fmt: skip
EMISSION = (
    ("operating_time", "Operating Time", "h"), ("months_reported", "# of Months Reported", ""),
    ("gross_load", "Gross Load (MW-h)", "MWh"), ("steam_load", "Steam Load (1000lb)", "1000 lb"),
    ("so2", "SO2 (tons)", "short tons"), ("nox_rate", "Avg. NOx Rate (lb/MMBtu)", "lb/MMBtu"),
    ("nox", "NOx (tons)", "short tons"), ("co2", "CO2 (short tons)", "short tons"),
    ("heat_input", "Heat Input (MMBtu)", "MMBtu"),
)  # fmt: skip
FACILITY = (
    ("county_code", "County Code", ""), ("fips_code", "FIPS Code", ""),
    ("commercial_operation_date", "Commercial Operation Date", ""),
)  # fmt: skip


def _cells(*tables: tuple[tuple[str, str, str], ...]) -> tuple[Cell, ...]:
    return tuple(
        cell(name, header, f"{header}, as received.", unit) for table in tables for name, header, unit in table
    )


class AmpdFile(TableFeed):
    source = "epa"
    source_system = "EPA"
    subject = "plant"
    licence = "US public domain"
    cadence = "annual"
    time_convention = "calendar year"
    is_regional = False


class EpaAmpdEmission(AmpdFile):
    name = "epa_ampd_emission"
    table = "epa__ampd_emission"
    description = "Emissions, heat input and load of US generating units in a year."
    archive_patterns = ("plants/epa_ampd/emission_*",)
    cells = _cells(COMMON, EMISSION)
    keys = ("plant_code", "unit_id", "year")


class EpaAmpdFacility(AmpdFile):
    name = "epa_ampd_facility"
    table = "epa__ampd_facility"
    description = "Attributes of US generating units: place, fuels, controls, programs."
    archive_patterns = ("plants/epa_ampd/facility_*",)
    cells = _cells(COMMON, FACILITY)
    keys = ("plant_code", "unit_id", "year")
