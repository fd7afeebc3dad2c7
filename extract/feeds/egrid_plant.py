"""EPA eGRID plants: the PLNT sheet as CSV, a year each, two header rows, names in words above codes (`ORISPL`, `PLCO2AN`).

Rows are found by code; the code of the sequence number ends with the year (`SEQPLT18`). Thousands are grouped and
quoted ("12,198"), `--` and blanks stand for no value: all kept as received. A plant is known by `plant_code` and
`data_year`. Columns that some vintages lack are optional.
"""

from __future__ import annotations

from extract.formats import cell
from extract.readers import Csv
from extract.table_feed import TableFeed

MAIN = (
    ("sequence_number", "SEQPLT", "Plant file sequence number", ""), ("data_year", "YEAR", "Data Year", ""),
    ("state", "PSTATABB", "Plant state abbreviation", ""), ("plant_name", "PNAME", "Plant name", ""),
    ("plant_code", "ORISPL", "DOE/EIA ORIS plant or facility code", ""),
    ("system_owner", "OPRNAME", "Plant transmission or distribution system owner name", ""),
    ("system_owner_code", "OPRCODE", "Plant transmission or distribution system owner ID", ""),
    ("utility_name", "UTLSRVNM", "Utility name", ""), ("utility_code", "UTLSRVID", "Utility ID", ""),
    ("sector", "SECTOR", "Plant-level sector", ""),
    ("balancing_authority_name", "BANAME", "Balancing Authority Name", ""),
    ("balancing_authority", "BACODE", "Balancing Authority Code", ""),
    ("nerc_region", "NERC", "NERC region acronym", ""), ("egrid_subregion", "SUBRGN", "eGRID subregion acronym", ""),
    ("egrid_subregion_name", "SRNAME", "eGRID subregion name", ""),
    ("iso_rto", "ISORTO", "Plant associated ISO/RTO Territory", ""),
    ("fips_state", "FIPSST", "Plant FIPS state code", ""), ("fips_county", "FIPSCNTY", "Plant FIPS county code", ""),
    ("county", "CNTYNAME", "Plant county name", ""), ("latitude", "LAT", "Plant latitude", ""),
    ("longitude", "LON", "Plant longitude", ""), ("units", "NUMUNT", "Number of units", ""),
    ("generators", "NUMGEN", "Number of generators", ""), ("primary_fuel", "PLPRMFL", "Plant primary fuel", ""),
    ("fuel_category", "PLFUELCT", "Plant primary coal/oil/gas/ other fossil fuel category", ""),
    ("coal_flag", "COALFLAG", "Flag indicating if the plant burned or generated any amount of coal", ""),
    ("capacity_factor", "CAPFAC", "Plant capacity factor", ""),
    ("nameplate_capacity", "NAMEPCAP", "Plant nameplate capacity", "MW"),
    ("nonbaseload_factor", "NBFACTOR", "Nonbaseload Factor", ""),
    ("heat_input", "PLHTIANT", "Plant total annual heat input", "MMBtu"),
    ("net_generation", "PLNGENAN", "Plant annual net generation", "MWh"),
    ("nox", "PLNOXAN", "Plant annual NOx emissions", "tons"),
    ("so2", "PLSO2AN", "Plant annual SO2 emissions", "tons"),
    ("co2", "PLCO2AN", "Plant annual CO2 emissions", "tons"),
    ("ch4", "PLCH4AN", "Plant annual CH4 emissions", "lbs"), ("n2o", "PLN2OAN", "Plant annual N2O emissions", "lbs"),
    ("co2e", "PLCO2EQA", "Plant annual CO2 equivalent emissions", "tons"),
    ("hg", "PLHGAN", "Plant annual Hg emissions", "lbs"),
)  # fmt: skip
# By code: the column is named by it.
FURTHER = (
    ("RMBMFLAG", "Biogas/ biomass plant adjustment flag", ""),
    ("CHPFLAG", "Combined heat and power (CHP) plant adjustment flag", ""),
    ("USETHRMO", "CHP plant useful thermal output", "MMBtu"), ("PWRTOHT", "CHP plant power to heat ratio", ""),
    ("ELCALLOC", "CHP plant electric allocation factor", ""), ("PSFLAG", "Plant pumped storage flag", ""),
    ("PLHTIAN", "Plant annual heat input from combustion", "MMBtu"),
    ("PLHTIOZ", "Plant ozone season heat input from combustion", "MMBtu"),
    ("PLHTIOZT", "Plant total ozone season heat input", "MMBtu"),
    ("PLNGENOZ", "Plant ozone season net generation", "MWh"),
    ("PLNOXOZ", "Plant ozone season NOx emissions", "tons"),
    ("PLNOXRTA", "Plant annual NOx total output emission rate", "lb/MWh"),
    ("PLNOXRTO", "Plant ozone season NOx total output emission rate", "lb/MWh"),
    ("PLSO2RTA", "Plant annual SO2 total output emission rate", "lb/MWh"),
    ("PLCO2RTA", "Plant annual CO2 total output emission rate", "lb/MWh"),
    ("PLCH4RTA", "Plant annual CH4 total output emission rate", "lb/MWh"),
    ("PLN2ORTA", "Plant annual N2O total output emission rate", "lb/MWh"),
    ("PLC2ERTA", "Plant annual CO2 equivalent total output emission rate", "lb/MWh"),
    ("PLHGRTA", "Plant annual Hg total output emission rate", "lb/MWh"),
    ("PLNOXRA", "Plant annual NOx input emission rate", "lb/MMBtu"),
    ("PLNOXRO", "Plant ozone season NOx input emission rate", "lb/MMBtu"),
    ("PLSO2RA", "Plant annual SO2 input emission rate", "lb/MMBtu"),
    ("PLCO2RA", "Plant annual CO2 input emission rate", "lb/MMBtu"),
    ("PLCH4RA", "Plant annual CH4 input emission rate", "lb/MMBtu"),
    ("PLN2ORA", "Plant annual N2O input emission rate", "lb/MMBtu"),
    ("PLC2ERA", "Plant annual CO2 equivalent input emission rate", "lb/MMBtu"),
    ("PLHGRA", "Plant annual Hg input emission rate", "lb/MMBtu"),
    ("PLNOXCRT", "Plant annual NOx combustion output emission rate", "lb/MWh"),
    ("PLNOXCRO", "Plant ozone season NOx combustion output emission rate", "lb/MWh"),
    ("PLSO2CRT", "Plant annual SO2 combustion output emission rate", "lb/MWh"),
    ("PLCO2CRT", "Plant annual CO2 combustion output emission rate", "lb/MWh"),
    ("PLCH4CRT", "Plant annual CH4 combustion output emission rate", "lb/MWh"),
    ("PLN2OCRT", "Plant annual N2O combustion output emission rate", "lb/MWh"),
    ("PLHGCRT", "Plant annual Hg combustion output emission rate", "lb/MWh"),
    ("UNNOX", "Plant unadjusted annual NOx emissions", "tons"),
    ("UNNOXOZ", "Plant unadjusted ozone season NOx emissions", "tons"),
    ("UNSO2", "Plant unadjusted annual SO2 emissions", "tons"),
    ("UNCO2", "Plant unadjusted annual CO2 emissions", "tons"),
    ("UNCH4", "Plant unadjusted annual CH4 emissions", "lbs"),
    ("UNN2O", "Plant unadjusted annual N2O emissions", "lbs"),
    ("UNHG", "Plant unadjusted annual Hg emissions", "lbs"),
    ("UNHTI", "Plant unadjusted annual heat input from combustion", "MMBtu"),
    ("UNHTIOZ", "Plant unadjusted ozone season heat input from combustion", "MMBtu"),
    ("UNHTIT", "Plant unadjusted total annual heat input", "MMBtu"),
    ("UNHTIOZT", "Plant unadjusted total ozone season heat input", "MMBtu"),
    ("UNNOXSRC", "Plant unadjusted annual NOx emissions source", ""),
    ("UNNOZSRC", "Plant unadjusted ozone season NOx emissions source", ""),
    ("UNSO2SRC", "Plant unadjusted annual SO2 emissions source", ""),
    ("UNCO2SRC", "Plant unadjusted annual CO2 emissions source", ""),
    ("UNCH4SRC", "Plant unadjusted annual CH4 emissions source", ""),
    ("UNN2OSRC", "Plant unadjusted annual N2O emissions source", ""),
    ("UNHGSRC", "Plant unadjusted annual Hg emissions source", ""),
    ("UNHTISRC", "Plant unadjusted annual heat input source", ""),
    ("UNHOZSRC", "Plant unadjusted ozone season heat input source", ""),
    ("BIONOX", "Plant annual NOx biomass emissions", "tons"),
    ("BIONOXOZ", "Plant ozone season NOx biomass emissions", "tons"),
    ("BIOSO2", "Plant annual SO2 biomass emissions", "tons"),
    ("BIOCO2", "Plant annual CO2 biomass emissions", "tons"),
    ("BIOCH4", "Plant annual CH4 biomass emissions", "lbs"), ("BION2O", "Plant annual N2O biomass emissions", "lbs"),
    ("CHPCHTI", "Plant combustion heat input CHP adjustment value", "MMBtu"),
    ("CHPCHTIOZ", "Plant combustion annual ozone season heat input CHP adjustment value", "MMBtu"),
    ("CHPNOX", "Plant annual NOx emissions CHP adjustment value", "tons"),
    ("CHPNOXOZ", "Plant ozone season NOx emissions CHP adjustment value", "tons"),
    ("CHPSO2", "Plant annual SO2 emissions CHP adjustment value", "tons"),
    ("CHPCO2", "Plant annual CO2 emissions CHP adjustment value", "tons"),
    ("CHPCH4", "Plant annual CH4 emissions CHP adjustment value", "lbs"),
    ("CHPN2O", "Plant annual N2O emissions CHP adjustment value", "lbs"),
    ("PLHTRT", "Plant nominal heat rate", "Btu/kWh"), ("PLGENACL", "Plant annual coal net generation", "MWh"),
    ("PLGENAOL", "Plant annual oil net generation", "MWh"), ("PLGENAGS", "Plant annual gas net generation", "MWh"),
    ("PLGENANC", "Plant annual nuclear net generation", "MWh"),
    ("PLGENAHY", "Plant annual hydro net generation", "MWh"),
    ("PLGENABM", "Plant annual biomass net generation", "MWh"),
    ("PLGENAWI", "Plant annual wind net generation", "MWh"),
    ("PLGENASO", "Plant annual solar net generation", "MWh"),
    ("PLGENAGT", "Plant annual geothermal net generation", "MWh"),
    ("PLGENAOF", "Plant annual other fossil net generation", "MWh"),
    ("PLGENAOP", "Plant annual other unknown/ purchased fuel net generation", "MWh"),
    ("PLGENATN", "Plant annual total nonrenewables net generation", "MWh"),
    ("PLGENATR", "Plant annual total renewables net generation", "MWh"),
    ("PLGENATH", "Plant annual total nonhydro renewables net generation", "MWh"),
    ("PLGENACY", "Plant annual total combustion net generation", "MWh"),
    ("PLGENACN", "Plant annual total noncombustion net generation", "MWh"),
    ("PLCLPR", "Plant coal generation percent (resource mix)", ""),
    ("PLOLPR", "Plant oil generation percent (resource mix)", ""),
    ("PLGSPR", "Plant gas generation percent (resource mix)", ""),
    ("PLNCPR", "Plant nuclear generation percent (resource mix)", ""),
    ("PLHYPR", "Plant hydro generation percent (resource mix)", ""),
    ("PLBMPR", "Plant biomass generation percent (resource mix)", ""),
    ("PLWIPR", "Plant wind generation percent (resource mix)", ""),
    ("PLSOPR", "Plant solar generation percent (resource mix)", ""),
    ("PLGTPR", "Plant geothermal generation percent (resource mix)", ""),
    ("PLOFPR", "Plant other fossil generation percent (resource mix)", ""),
    ("PLOPPR", "Plant other unknown / purchased fuel generation percent (resource mix)", ""),
    ("PLTNPR", "Plant total nonrenewables generation percent (resource mix)", ""),
    ("PLTRPR", "Plant total renewables generation percent (resource mix)", ""),
    ("PLTHPR", "Plant total nonhydro renewables generation percent (resource mix)", ""),
    ("PLCYPR", "Plant total combustion generation percent (resource mix)", ""),
    ("PLCNPR", "Plant total noncombustion generation percent (resource mix)", ""),
)  # fmt: skip
SEQUENCE = tuple(f"SEQPLT{year:02d}" for year in range(99, 3, -1))


class EpaEgridPlants(TableFeed):
    name = "epa_egrid_plant"
    table = "epa__egrid_plant"
    origins = ("archive", "live")
    source = "epa"
    source_system = "EPA"
    subject = "plant"
    description = "US power plants with capacity, generation by fuel and emissions of a year (eGRID)."
    licence = "US public domain"
    cadence = "annual"
    time_convention = "calendar year"
    archive_patterns = ("plants/egrid/egrid2*.csv", "plants/egrid/egrid2*.csv.gz", "plants/egrid/PLNT*.csv*")
    is_regional = False
    cells = (
        *(cell(name, SEQUENCE if code == "SEQPLT" else code, f"{words}.", unit) for name, code, words, unit in MAIN),
        *(cell(code.lower(), code, f"{words}.", unit, is_optional=True) for code, words, unit in FURTHER),
    )
    keys = ("plant_code", "data_year")
    reader = Csv(header_rows=2)
