-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
-- Months that hold any bronze row with an interval: the calendar's span.
with months as (
    select distinct month from {{ ref('stg_eia930__demand') }}
    union
    select distinct month from {{ ref('stg_eia930__zone_demand') }}
    union
    select distinct month from {{ ref('stg_eia930__ba') }}
    union
    select distinct month from {{ ref('stg_eia930__ba_interchange') }}
    union
    select distinct month from {{ ref('stg_eia930__ba_subregion') }}
    union
    select distinct month from {{ ref('stg_eia930__api') }}
    union
    select distinct month from {{ ref('stg_ieso__demand') }}
    union
    select distinct month from {{ ref('stg_ieso__hoep') }}
    union
    select distinct month from {{ ref('stg_aemo__vic_electricity') }}
    union
    select distinct month from {{ ref('stg_gefcom__load') }}
    union
    select distinct month from {{ ref('stg_epf__price') }}
    union
    select distinct month from {{ ref('stg_entsoe__transparency') }}
    union
    select distinct month from {{ ref('stg_entsoe__generation') }}
    union
    select distinct month from {{ ref('stg_opsd__time_series') }}
    union
    select distinct month from {{ ref('stg_opsd__weather') }}
    union
    select distinct month from {{ ref('stg_scada__wind_turbine') }}
    union
    select distinct month from {{ ref('stg_nyiso__pal') }}
    union
    select distinct month from {{ ref('stg_nyiso__isolf') }}
    union
    select distinct month from {{ ref('stg_nyiso__damlbmp') }}
    union
    select distinct month from {{ ref('stg_nyiso__realtime') }}
    union
    select distinct month from {{ ref('stg_nyiso__rtfuelmix') }}
    union
    select distinct month from {{ ref('stg_nyiso__pal_integrated') }}
    union
    select distinct month from {{ ref('stg_nyiso__damlbmp_gen') }}
    union
    select distinct month from {{ ref('stg_nyiso__oasis_dam') }}
    union
    select distinct month from {{ ref('stg_nyiso__oasis_rtc') }}
    union
    select distinct month from {{ ref('stg_nyiso__interface_flows') }}
    union
    select distinct month from {{ ref('stg_nyiso__load_vintages') }}
    union
    select distinct month from {{ ref('stg_caiso__prc_lmp') }}
    union
    select distinct month from {{ ref('stg_caiso__sld_fcst') }}
    union
    select distinct month from {{ ref('stg_caiso__sld_ren_fcst') }}
    union
    select distinct month from {{ ref('stg_caiso__ene_slrs') }}
    union
    select distinct month from {{ ref('stg_caiso__node_lmp') }}
    union
    select distinct month from {{ ref('stg_caiso__renewables_watch') }}
    union
    select distinct month from {{ ref('stg_caiso__net_demand') }}
    union
    select distinct month from {{ ref('stg_caiso__system_conditions') }}
    union
    select distinct month from {{ ref('stg_ercot__native_load') }}
    union
    select distinct month from {{ ref('stg_ercot__lz_prices') }}
    union
    select distinct month from {{ ref('stg_ercot__fuel_mix') }}
    union
    select distinct month from {{ ref('stg_ercot__demand') }}
    union
    select distinct month from {{ ref('stg_ercot__storage') }}
    union
    select distinct month from {{ ref('stg_ercot__load_forecast') }}
    union
    select distinct month from {{ ref('stg_ercot__wind') }}
    union
    select distinct month from {{ ref('stg_ercot__solar') }}
    union
    select distinct month from {{ ref('stg_isone__smd') }}
    union
    select distinct month from {{ ref('stg_isone__da_lmp') }}
    union
    select distinct month from {{ ref('stg_isone__rt_lmp') }}
    union
    select distinct month from {{ ref('stg_isone__fcst_actual') }}
    union
    select distinct month from {{ ref('stg_isone__system_load') }}
    union
    select distinct month from {{ ref('stg_isone__exchange') }}
    union
    select distinct month from {{ ref('stg_isone__wind_forecast') }}
    union
    select distinct month from {{ ref('stg_isone__solar_forecast') }}
    union
    select distinct month from {{ ref('stg_isone__morning_report') }}
    union
    select distinct month from {{ ref('stg_isone__seven_day_forecast') }}
    union
    select distinct month from {{ ref('stg_miso__df_al') }}
    union
    select distinct month from {{ ref('stg_miso__wind_forecast') }}
    union
    select distinct month from {{ ref('stg_miso__solar_forecast') }}
    union
    select distinct month from {{ ref('stg_pjm__da_hrl_lmps') }}
    union
    select distinct month from {{ ref('stg_pjm__hrl_load_metered') }}
    union
    select distinct month from {{ ref('stg_pjm__wind_gen') }}
    union
    select distinct month from {{ ref('stg_pjm__solar_gen') }}
    union
    select distinct month from {{ ref('stg_pjm__gen_by_fuel') }}
    union
    select distinct month from {{ ref('stg_pjm__load_forecast') }}
    union
    select distinct month from {{ ref('stg_pjm__wind_forecast') }}
    union
    select distinct month from {{ ref('stg_pjm__solar_forecast') }}
    union
    select distinct month from {{ ref('stg_spp__hourly_load') }}
    union
    select distinct month from {{ ref('stg_spp__rtbm_lmp') }}
    union
    select distinct month from {{ ref('stg_spp__da_lmp') }}
    union
    select distinct month from {{ ref('stg_entsoe__spain_energy') }}
    union
    select distinct month from {{ ref('stg_entsoe__spain_weather') }}
    union
    select distinct month from {{ ref('stg_citylearn__building') }}
    union
    select distinct month from {{ ref('stg_citylearn__weather') }}
    union
    select distinct month from {{ ref('stg_citylearn__carbon_intensity') }}
    union
    select distinct month from {{ ref('stg_citylearn__pricing') }}
    union
    select distinct month from {{ ref('stg_sgsc__reading') }}
    union
    select distinct month from {{ ref('stg_lcl__daily') }}
    union
    select distinct month from {{ ref('stg_eemeter__reading') }}
    union
    select distinct month from {{ ref('stg_eemeter__temperature') }}
    union
    select distinct month from {{ ref('stg_own__meter_interval') }}
    union
    select distinct month from {{ ref('stg_own__green_button') }}
    union
    select distinct month from {{ ref('stg_gridstatus__load') }}
    union
    select distinct month from {{ ref('stg_gridstatus__load_forecast') }}
    union
    select distinct month from {{ ref('stg_gridstatus__lmp') }}
    union
    select distinct month from {{ ref('stg_gridstatus__fuel_mix') }}
    union
    select distinct month from {{ ref('stg_open_meteo__weather') }}
    union
    select distinct month from {{ ref('stg_open_meteo__forecast') }}
    union
    select distinct month from {{ ref('stg_iem__asos') }}
    union
    select distinct month from {{ ref('stg_dwd__hourly') }}
    union
    select distinct month from {{ ref('stg_synthetic__load') }}
    union
    select distinct month from {{ ref('stg_synthetic__observation') }}
    union
    select distinct month from {{ ref('stg_synthetic__grid') }}
    union
    select distinct month from {{ ref('stg_synthetic__workbook') }}
    union
    select distinct month from {{ ref('stg_synthetic__xml') }}
    union
    select distinct month from {{ ref('stg_synthetic__json') }}
    union
    select distinct month from {{ ref('stg_synthetic__records') }}
    union
    select distinct month from {{ ref('stg_synthetic__scada') }}
    union
    select distinct month from {{ ref('stg_synthetic__pmu') }}
)

select
    month,
    cast(month || '-01' as timestamp) as interval_start_utc
from months
