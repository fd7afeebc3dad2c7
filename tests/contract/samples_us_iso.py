"""Samples of the US operators' feeds."""

from __future__ import annotations

from datetime import date

from tests.contract.samples import Sample

EASTERN, CENTRAL, PACIFIC = "America/New_York", "America/Chicago", "America/Los_Angeles"

SAMPLES = (
    Sample(
        "nyiso_pal_integrated", ("20121101palIntegrated_csv.zip",), "Time Stamp", "Integrated Load", "integrated_load",
        series=("name",), timezone=EASTERN, long_day=date(2012, 11, 4),
    ),
    Sample("nyiso_damlbmp_gen", ("20190701damlbmp_gen.csv.gz",), "Time Stamp", "LBMP ($/MWHr)", "lbmp"),
    Sample("nyiso_oasis_dam", ("OASIS_Day-Ahead_Market_Zonal_LBMP.csv",), "Eastern Date Hour", "DAM Zonal LBMP", "lbmp"),
    Sample("nyiso_oasis_rtc", ("OASIS_Real_Time_Commitment_Zonal_LBMP.csv",), "RTC End Time Stamp", "RTC Zonal LBMP", "lbmp"),
    Sample("nyiso_interface_flows", ("20171122ExternalLimitsFlows.csv",), "Timestamp", "Flow (MWH)", "flow"),
    Sample("nyiso_load_vintages", ("2007-12_Integratedforecast.dat",), "TimeStamp", "IntegratedLoad", "integrated_load"),
    Sample(
        "caiso_prc_lmp",
        ("20191101_20191201_PRC_LMP_DAM_20200603_00_24_23_v1.csv.gz", "20190201_20190301_PRC_LMP_DAM_20200603_09_30_31_v1.csv.gz"),
        "INTERVALSTARTTIME_GMT", "MW", "value", series=("node", "lmp_type"), timezone=PACIFIC, long_day=date(2019, 11, 3),
    ),
    Sample(
        "caiso_sld_fcst", ("20250219_20250227_SLD_FCST_7DA_20250221_01_09_58_v1.zip", "sld_forecast.xml"),
        "INTERVALSTARTTIME_GMT", "MW", "value",
    ),
    Sample(
        "caiso_sld_ren_fcst", ("20250204_20250211_SLD_REN_FCST_DAM_20250214_04_52_10_v1.zip", "sld_ren_forecast.xml"),
        "INTERVALSTARTTIME_GMT", "MW", "value",
    ),
    Sample("caiso_node_lmp", ("node_testing.csv",), "interval_start_utc", "lmp", "lmp"),
    Sample("caiso_lmp_locations", ("LMPLocations.csv",), "name", "latitude", "latitude", "L02"),
    Sample(
        "caiso_renewables_watch", ("20171105_DailyRenewablesWatch.txt", "20170312_DailyRenewablesWatch.txt", "ren_report.csv"),
        "Date", "GEOTHERMAL", "geothermal", series=("breakdown",), timezone=PACIFIC,
        short_day=date(2017, 3, 12), long_day=date(2017, 11, 5), folds_the_long_day=True,
    ),
    Sample(
        "caiso_net_demand", ("CAISO-netdemand-20220613-checkpoint.csv", "caiso-net-demand.csv"), "Timestamp", "Value",
        "value", reaches_beyond_window=True,
    ),
    Sample(
        "caiso_system_conditions", ("systemconditions.html",), "as of", "currentsystemdemand", "currentsystemdemand"
    ),
    Sample(
        "ercot_native_load", ("Native_Load_2018.xlsx",), "Hour Ending", "ERCOT", "ercot", series=("region_id",),
        timezone=CENTRAL, short_day=date(2018, 3, 11), long_day=date(2018, 11, 4),
    ),
    Sample(
        "ercot_lz_prices", ("ercot_lz_prices_hourly.csv",), "hour_ending_str", "LZ_NORTH", "lz_north", series=("region_id",),
        timezone=CENTRAL, short_day=date(2024, 3, 10), long_day=date(2024, 11, 3), folds_the_long_day=True,
    ),
    Sample("ercot_fuel_mix", ("ERCOT.json", "ERCOT_generation.json"), "timestamp", "gen", "gen"),
    Sample("ercot_demand", ("ERCOT_demand.json",), "timestamp", "systemLoad", "value"),
    Sample("ercot_storage", ("ERCOT_storage.json",), "timestamp", "netOutput", "net_output"),
    Sample("ercot_load_forecast", ("load_forecast_specific_reportid.zip",), "DeliveryDate", "SystemTotal", "system_total"),
    Sample("ercot_wind", ("wind_specific_reportid.zip",), "DELIVERY_DATE", "STWPF_SYSTEM_WIDE", "forecast_system_wide"),
    Sample("ercot_solar", ("solar_specific_reportid.zip",), "DELIVERY_DATE", "STPPF_SYSTEM_WIDE", "forecast_system_wide"),
    Sample("ercot_document_list", ("load_forecast_by_forecast_zone.json",), "DocID", "FriendlyName", "friendly_name", "L02"),
    Sample(
        "isone_smd", ("2023_smd_hourly.xlsx",), "Date", "RT_Demand", "rt_demand", series=("sheet",), timezone=EASTERN,
        short_day=date(2023, 3, 12),
    ),
    Sample(
        "isone_da_lmp", ("WW_DALMP_ISO_20260604.csv.gz",), "Date", "Locational Marginal Price", "lmp",
    ),
    Sample("isone_rt_lmp", ("lmp_rt_final_20260602.csv.gz",), "Date", "Locational Marginal Price", "lmp"),
    Sample("isone_fcst_actual", ("20240625.csv", "20240627.csv"), "BeginDate", "Mw", "mw"),
    Sample("isone_system_load", ("day_ahead_load_forecast_20250317.xml",), "BeginDate", "Mw", "mw"),
    Sample("isone_exchange", ("exchange_CA-NB_US-NE-ISNE.json", "exchange_CA-QC_US-NE-ISNE.json"), "BeginDate", "Actual", "actual"),
    Sample(
        "isone_wind_forecast", ("seven_day_wind_power_forecast_20250225.csv",), "Date", "MW", "mw", reaches_beyond_window=True,
    ),
    Sample(
        "isone_solar_forecast", ("seven_day_solar_power_forecast_20250225.csv",), "Date", "MW", "mw", reaches_beyond_window=True,
    ),
    Sample("isone_morning_report", ("morningreport_20160101.json", "morningreport_current.json"), "BeginDate", "TotAvailCapMw", "tot_avail_cap_mw"),
    Sample("isone_seven_day_forecast", ("sevendayforecast_20160101.json", "sevendayforecast_current.json"), "MarketDate", "PeakLoadMw", "peak_load_mw"),
    Sample("miso_df_al", ("20250310_df_al.xls",), "Market Day", "MISO MTLF (MWh)", "miso_forecast"),
    Sample("miso_wind_forecast", ("DataBrokerServicesgetWindForecast.asmx.json",), "DateTimeEST", "Value", "value"),
    Sample("miso_solar_forecast", ("DataBrokerServicesgetSolarForecast.asmx.json",), "DateTimeEST", "Value", "value"),
    Sample(
        "pjm_da_hrl_lmps", ("da_hrl_lmps.csv",), "datetime_beginning_utc", "total_lmp_da", "total_lmp_da", series=("pnode_id",),
        timezone=EASTERN, short_day=date(2025, 3, 9), long_day=date(2025, 11, 2),
    ),
    Sample(
        "pjm_hrl_load_metered", ("hrl_load_metered.csv.gz",), "datetime_beginning_ept", "mw", "mw", series=("load_area",),
        timezone=EASTERN, short_day=date(2016, 3, 13), long_day=date(2016, 11, 6),
    ),
    Sample(
        "pjm_wind_gen", ("wind_gen.csv",), "datetime_beginning_utc", "wind_generation_mw", "generation_mw", series=("area",),
        timezone=EASTERN, short_day=date(2025, 3, 9), long_day=date(2025, 11, 2),
    ),
    Sample(
        "pjm_solar_gen", ("solar_gen.csv",), "datetime_beginning_utc", "solar_generation_mw", "generation_mw", series=("area",),
        timezone=EASTERN, short_day=date(2025, 3, 9), long_day=date(2025, 11, 2),
    ),
    Sample("pjm_gen_by_fuel", ("gen_by_fuel.json",), "datetime_beginning_utc", "mw", "mw"),
    Sample(
        "pjm_load_forecast", ("compressed_pjm_load_forecast_2025-03-19.gz",), "forecast_datetime_beginning_utc",
        "forecast_load_mw", "forecast_load_mw",
    ),
    Sample("pjm_wind_forecast", ("pjm_wind_forecast_2025-02-24.json",), "datetime_beginning_utc", "wind_forecast_mwh", "forecast_mwh"),
    Sample("pjm_solar_forecast", ("pjm_solar_forecast_2025-02-24.json",), "datetime_beginning_utc", "solar_forecast_mwh", "forecast_mwh"),
    Sample(
        "spp_hourly_load",
        ("HOURLY_LOAD-201512.csv", "HOURLY_LOAD-201503.csv", "HOURLY_LOAD-201504.csv", "HOURLY_LOAD-201511.csv"),
        "MarketHour",
        "CSWS",
        "csws",
        series=("region_id",),
        timezone=CENTRAL,
        short_day=date(2015, 3, 8),
        long_day=date(2015, 11, 1),
    ),
    Sample("spp_rtbm_lmp", ("RTBM-LMP-SL-202503310840.csv", "RTBM-LMP-SL-202503310850.csv"), "GMTIntervalEnd", "LMP", "lmp"),
)  # fmt: skip
