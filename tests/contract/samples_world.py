"""Samples of the sources outside the US ISOs: which real files stand for each feed.

`MADE` holds files for feeds that read what users bring: nobody's recorded file stands for them.
"""

from __future__ import annotations

from datetime import date

from tests.contract.samples import Sample

PACIFIC = "America/Los_Angeles"

SAMPLES = (
    Sample("ieso_demand", ("PUB_Demand_2015.csv", "PUB_Demand_2020.csv"), "Hour", "Ontario Demand", "ontario_demand", header_rows=4),
    Sample("ieso_hoep", ("PUB_PriceHOEPPredispOR_2015.csv",), "Hour", "HOEP", "hoep", header_rows=4),
    Sample(
        "aemo_vic_electricity", ("vic_electricity.csv",), "Time", "Demand", "demand", series=("region_id",),
        timezone="Australia/Melbourne",
    ),
    Sample("gefcom2014_load", ("GEFCom2014-E.xlsx",), "Hour", "load", "load"),
    Sample("epf_price", ("FR.csv", "NP.csv"), "Date", "Prices", "price", series=("region_id",)),
    Sample("scada_wind_turbine", ("T1.csv",), "Date/Time", "LV ActivePower (kW)", "active_power", series=("asset",)),
    Sample(
        "eia930_zone", ("ERCO-COAS.csv.gz", "ISNE-4001.csv.gz"), "date_time", "raw demand (MW)", "raw_demand",
        series=("zone_code",), timezone="America/New_York", short_day=date(2021, 3, 14), long_day=date(2021, 11, 7),
    ),
    Sample(
        "eia930_ba", ("CISO.xlsx",), "UTC Time", "D", "demand", series=("balancing_authority",),
        timezone=PACIFIC, long_day=date(2015, 11, 1),
    ),
    Sample(
        "eia930_ba_interchange", ("CISO.xlsx",), "UTC Time", "AZPS", "flow",
        series=("balancing_authority", "neighbour"), timezone=PACIFIC, long_day=date(2015, 11, 1),
    ),
    Sample(
        "eia930_ba_subregion", ("CISO.xlsx",), "UTC Time Calculated", "D", "demand", series=("zone_code",),
        timezone=PACIFIC, long_day=date(2015, 11, 1),
    ),
    Sample("eia930_api", ("US-FLA-FPC_US-FLA-FPL_exchange.json", "US_NW_AVRN-wind.json"), "period", "value", "value"),
    Sample(
        "entsoe_transparency", ("FR_prices.xml", "SE-SE4_production.xml", "DK-DK1_GB_exchange_exports.xml"),
        "position", "price.amount", "value",
    ),
    Sample(
        "entsoe_generation",
        ("20200101-20201231_FR_production.csv.gz", "20210101-20211231_DE_production.csv.gz"),
        "date", "Solar", "solar", series=("region_id",), timezone="Europe/Berlin",
        short_day=date(2021, 3, 28), long_day=date(2021, 10, 31),
    ),
    Sample(
        "opsd_time_series", ("opsd_gr_2019_20_aaziz96.csv", "opsd_it_2015_20_nikitasavvin.csv"), "cet_cest_timestamp",
        "IT_load_actual_entsoe_transparency", "load_actual", series=("area",), timezone="Europe/Rome",
        short_day=date(2016, 3, 27), long_day=date(2016, 10, 30),
    ),
    Sample("opsd_weather", ("opsd_weather_spicytaco17.csv",), "utc_timestamp", "FR_temperature", "temperature"),
    Sample("epa_egrid_plant", ("egrid2018_short.csv",), "ORISPL", "PLNGENAN", "net_generation", "L02", 2),
    Sample("epa_ampd_emission", ("emission_2019.csv",), "Unit ID", "CO2 (short tons)", "co2", "L02"),
    Sample("epa_ampd_facility", ("facility_2019.csv",), "Unit ID", "Unit Type", "unit_type", "L02"),
    Sample("eia_power_plant", ("Power_Plants.csv",), "Plant_Code", "Total_MW", "total_capacity", "L02"),
    # CityLearn's rows are placed by their number in the file: no column does it.
    Sample("citylearn_building", ("Building_1.csv.gz",), "", "non_shiftable_load", "non_shiftable_load"),
    Sample("citylearn_weather", ("weather.csv.gz",), "", "outdoor_dry_bulb_temperature", "outdoor_dry_bulb_temperature"),
    Sample("citylearn_carbon_intensity", ("carbon_intensity.csv.gz",), "", "carbon_intensity", "carbon_intensity"),
    Sample("citylearn_pricing", ("pricing.csv.gz",), "", "electricity_pricing", "electricity_pricing"),
    Sample("sgsc_reading", ("smart_meter10.RData",), "reading_datetime", "general_supply_kwh", "general_supply"),
    Sample("lcl_daily", ("block_1.csv.gz",), "day", "energy_sum", "energy_sum"),
    Sample(
        "eemeter_reading", ("il-electricity-cdd-hdd-hourly.csv.gz", "il-gas-hdd-only-billing_monthly.csv.gz"), "start",
        "value", "value", series=("meter",), timezone="America/Chicago",
        short_day=date(2016, 3, 13), long_day=date(2016, 11, 6),
    ),
    Sample(
        "eemeter_temperature", ("il-tempF.csv.gz", "uk-tempC-sample-0.csv.gz"), "dt", "tempF", "temperature",
        series=("station",), timezone="America/Chicago", short_day=date(2016, 3, 13), long_day=date(2016, 11, 6),
    ),
    Sample("outage_us_events", ("outage.xlsx",), "OBS", "DEMAND.LOSS.MW", "demand_loss", "L02", 6),
    Sample("outage_pge", ("pge-outages_2019-10-27T18.json",), "outageNumber", "estCustAffected", "customers", "L02"),
)  # fmt: skip

_GREEN_BUTTON = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Green Button Usage Feed</title>
<entry><link rel="self" href="/espi/UsagePoint/48/MeterReading/01"/><link rel="related" href="/espi/ReadingType/07"/>
<content><MeterReading xmlns="http://naesb.org/espi"/></content></entry>
<entry><link rel="self" href="/espi/ReadingType/07"/><content><ReadingType xmlns="http://naesb.org/espi"><uom>72</uom>
<powerOfTenMultiplier>0</powerOfTenMultiplier><flowDirection>1</flowDirection></ReadingType></content></entry>
<entry><link rel="up" href="/espi/UsagePoint/48/MeterReading/01/IntervalBlock"/>
<content><IntervalBlock xmlns="http://naesb.org/espi">
{readings}
</IntervalBlock></content></entry></feed>
"""
_READING = "<IntervalReading><timePeriod><duration>900</duration><start>{}</start></timePeriod><value>{}</value></IntervalReading>"

# Path below the archive's root to content.
MADE = {
    "meters/intervals/2024.csv": "meter_id,interval_start,interval_minutes,kwh,status,read_at\n"
    + "".join(
        f"M{m},2024-03-10T{hour:02d}:00:00-06:00,60,0.{m}{hour % 10},A,2024-03-11T06:00:00Z\n"
        for m in (1, 2)
        for hour in range(24)
    ),
    "meters/meters.csv": "meter_id,region_id,zone_id,tariff,latitude,longitude,installed_on,removed_on\n"
    "M1,ERCOT,ERCOT.NORTH,flat,32.8,-96.8,2020-01-01,\nM2,ERCOT,ERCOT.COAST,flat,29.8,-95.4,2020-01-01,\n"
    "M3,PJM,PJM.AEP,night,40.0,-83.0,2021-06-01,2023-12-31\n",
    "meters/customers.csv": "customer_id,meter_id,name,valid_from,valid_to\n"
    "C1,M1,Ada Example,2020-01-01,\nC2,M2,Ben Example,2020-01-01,2022-06-30\nC3,M2,Cleo Example,2022-07-01,\n",
    "topology/elements.csv": "element_id,element_type,region_id,zone_id,element_name,upstream_id,downstream_id,voltage_kv,capacity_mva,"
    "length_km,latitude,longitude,in_service_on,out_of_service_on\n"
    "S1,substation,ERCOT,ERCOT.NORTH,North,,,138,100,,32.8,-96.8,1990-01-01,\nF1,feeder,ERCOT,ERCOT.NORTH,,S1,,12.47,8,9,,,1990-01-01,\n"
    "T1,transformer,ERCOT,ERCOT.NORTH,,F1,,0.24,0.1,,,,1990-01-01,\nM1,meter,ERCOT,ERCOT.NORTH,,T1,,0.24,,,,,2020-01-01,\n",
    "meters/green_button/usage.xml": _GREEN_BUTTON.format(
        readings="\n".join(_READING.format(1710043200 + 900 * i, 100 + i) for i in range(96))
    ),
}
MADE_SAMPLES = (
    Sample(
        "own_meter_interval",
        ("2024.csv",),
        "interval_start",
        "kwh",
        "kwh",
        series=("meter_id",),
        timezone="America/Chicago",
    ),
    Sample("own_meter", ("meters.csv",), "meter_id", "tariff", "tariff", "L02"),
    Sample("own_customer", ("customers.csv",), "meter_id", "name", "name", "L02"),
    Sample("own_topology", ("elements.csv",), "element_id", "capacity_mva", "capacity_mva", "L02"),
    Sample("green_button", ("usage.xml",), "start", "value", "value"),
)
