{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'entsoe_transparency' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    fuel as source_fuel,
    zone_code as source_code,
    value as forecast_text,
    {{ to_number('value') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_entsoe__transparency') }}
where document in ('A69', 'A71')
union all
select
    'caiso_sld_ren_fcst' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    renewable_type as source_fuel,
    trading_hub as source_code,
    value as forecast_text,
    {{ to_number('value') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_caiso__sld_ren_fcst') }}
where market_run_id <> 'ACTUAL'
union all
select
    'ercot_wind' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Wind' as source_fuel,
    'TOTAL' as source_code,
    forecast_system_wide as forecast_text,
    {{ to_number('forecast_system_wide') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_ercot__wind') }}
union all
select
    'ercot_wind' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Wind' as source_fuel,
    'LZ_SOUTH_HOUSTON' as source_code,
    forecast_lz_south_houston as forecast_text,
    {{ to_number('forecast_lz_south_houston') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_ercot__wind') }}
union all
select
    'ercot_wind' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Wind' as source_fuel,
    'LZ_WEST' as source_code,
    forecast_lz_west as forecast_text,
    {{ to_number('forecast_lz_west') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_ercot__wind') }}
union all
select
    'ercot_wind' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Wind' as source_fuel,
    'LZ_NORTH' as source_code,
    forecast_lz_north as forecast_text,
    {{ to_number('forecast_lz_north') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_ercot__wind') }}
union all
select
    'ercot_solar' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Solar' as source_fuel,
    'TOTAL' as source_code,
    forecast_system_wide as forecast_text,
    {{ to_number('forecast_system_wide') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_ercot__solar') }}
union all
select
    'isone_wind_forecast' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Wind' as source_fuel,
    'TOTAL' as source_code,
    mw as forecast_text,
    {{ to_number('mw') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_isone__wind_forecast') }}
where mw is not null
union all
select
    'isone_solar_forecast' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Solar' as source_fuel,
    'TOTAL' as source_code,
    mw as forecast_text,
    {{ to_number('mw') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_isone__solar_forecast') }}
where mw is not null
union all
select
    'miso_wind_forecast' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Wind' as source_fuel,
    'TOTAL' as source_code,
    value as forecast_text,
    {{ to_number('value') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_miso__wind_forecast') }}
union all
select
    'miso_solar_forecast' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Solar' as source_fuel,
    'TOTAL' as source_code,
    value as forecast_text,
    {{ to_number('value') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_miso__solar_forecast') }}
union all
select
    'pjm_wind_forecast' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Wind' as source_fuel,
    'TOTAL' as source_code,
    forecast_mwh as forecast_text,
    {{ to_number('forecast_mwh') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_pjm__wind_forecast') }}
union all
select
    'pjm_solar_forecast' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Solar' as source_fuel,
    'TOTAL' as source_code,
    forecast_mwh as forecast_text,
    {{ to_number('forecast_mwh') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_pjm__solar_forecast') }}
union all
select
    'entsoe_spain_energy' as feed,
    source_system,
    region_id,
    case when (',' || swapped_columns || ',') like ('%,' || 'forecast_solar_day_ahead' || ',%') then swapped_interval_start_utc else interval_start_utc end as interval_start_utc,
    case when (',' || swapped_columns || ',') like ('%,' || 'forecast_solar_day_ahead' || ',%') then swapped_interval_start_utc else interval_start_utc end + interval '1 hour' as interval_end_utc,
    {{ month_text('case when (\',\' || swapped_columns || \',\') like (\'%,\' || \'forecast_solar_day_ahead\' || \',%\') then swapped_interval_start_utc else interval_start_utc end') }} as month,
    'solar' as source_fuel,
    'TOTAL' as source_code,
    forecast_solar_day_ahead as forecast_text,
    {{ to_number('forecast_solar_day_ahead') }} as generation_forecast_mw,
    case when (',' || swapped_columns || ',') like ('%,' || 'forecast_solar_day_ahead' || ',%') then repair_code else '' end as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_entsoe__spain_energy') }}
union all
select
    'entsoe_spain_energy' as feed,
    source_system,
    region_id,
    case when (',' || swapped_columns || ',') like ('%,' || 'forecast_wind_onshore_day_ahead' || ',%') then swapped_interval_start_utc else interval_start_utc end as interval_start_utc,
    case when (',' || swapped_columns || ',') like ('%,' || 'forecast_wind_onshore_day_ahead' || ',%') then swapped_interval_start_utc else interval_start_utc end + interval '1 hour' as interval_end_utc,
    {{ month_text('case when (\',\' || swapped_columns || \',\') like (\'%,\' || \'forecast_wind_onshore_day_ahead\' || \',%\') then swapped_interval_start_utc else interval_start_utc end') }} as month,
    'wind_onshore' as source_fuel,
    'TOTAL' as source_code,
    forecast_wind_onshore_day_ahead as forecast_text,
    {{ to_number('forecast_wind_onshore_day_ahead') }} as generation_forecast_mw,
    case when (',' || swapped_columns || ',') like ('%,' || 'forecast_wind_onshore_day_ahead' || ',%') then repair_code else '' end as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_entsoe__spain_energy') }}
union all
select
    'synthetic_grid' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    entity as source_fuel,
    'TOTAL' as source_code,
    value as forecast_text,
    {{ to_number('value') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__grid') }}
where dataset = 'generation_forecast'
union all
select
    'synthetic_xml' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    fuel as source_fuel,
    zone_code as source_code,
    value as forecast_text,
    {{ to_number('value') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__xml') }}
where document in ('A69', 'A71')
union all
select
    'synthetic_json' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    fuel as source_fuel,
    'TOTAL' as source_code,
    value as forecast_text,
    {{ to_number('value') }} as generation_forecast_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__json') }}
