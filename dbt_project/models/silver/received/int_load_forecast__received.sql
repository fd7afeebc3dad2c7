{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'eia930_cleaned' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    forecast_demand as load_forecast_text,
    {{ to_number('forecast_demand') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__demand') }}
where {{ to_number('forecast_demand') }} <> 0
union all
select
    'eia930_ba' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    demand_forecast as load_forecast_text,
    {{ to_number('demand_forecast') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__ba') }}
where {{ to_number('demand_forecast') }} <> 0
union all
select
    'eia930_api' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    value as load_forecast_text,
    {{ to_number('value') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__api') }}
where type = 'DF'
union all
select
    'entsoe_transparency' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    zone_code as source_code,
    value as load_forecast_text,
    {{ to_number('value') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_entsoe__transparency') }}
where document = 'A65' and process <> 'A16'
union all
select
    'opsd_time_series' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    zone_code as source_code,
    load_forecast as load_forecast_text,
    {{ to_number('load_forecast') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_opsd__time_series') }}
where reported like '%,load_forecast,%'
union all
select
    'nyiso_isolf' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    across_code as source_code,
    across_value as load_forecast_text,
    {{ to_number('across_value') }} as load_forecast_mw,
    try_cast(issue_date as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'capitl' then staged.capitl when 'centrl' then staged.centrl when 'dunwod' then staged.dunwod when 'genese' then staged.genese when 'hud_vl' then staged.hud_vl when 'longil' then staged.longil when 'mhk_vl' then staged.mhk_vl when 'millwd' then staged.millwd when 'nyc' then staged.nyc when 'north' then staged.north when 'west' then staged.west when 'nyiso' then staged.nyiso end as across_value
    from {{ ref('stg_nyiso__isolf') }} as staged
    cross join (values ('capitl', 'CAPITL'), ('centrl', 'CENTRL'), ('dunwod', 'DUNWOD'), ('genese', 'GENESE'), ('hud_vl', 'HUD_VL'), ('longil', 'LONGIL'), ('mhk_vl', 'MHK_VL'), ('millwd', 'MILLWD'), ('nyc', 'NYC'), ('north', 'NORTH'), ('west', 'WEST'), ('nyiso', 'TOTAL')) as codes (across_column, across_code)
) as across_columns
union all
select
    'nyiso_load_vintages' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    name as source_code,
    forecast_0_days_before as load_forecast_text,
    {{ to_number('forecast_0_days_before') }} as load_forecast_mw,
    cast(operating_date as timestamp) - interval '0 days' as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_nyiso__load_vintages') }}
where forecast_0_days_before is not null
union all
select
    'nyiso_load_vintages' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    name as source_code,
    forecast_1_days_before as load_forecast_text,
    {{ to_number('forecast_1_days_before') }} as load_forecast_mw,
    cast(operating_date as timestamp) - interval '1 days' as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_nyiso__load_vintages') }}
where forecast_1_days_before is not null
union all
select
    'nyiso_load_vintages' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    name as source_code,
    forecast_2_days_before as load_forecast_text,
    {{ to_number('forecast_2_days_before') }} as load_forecast_mw,
    cast(operating_date as timestamp) - interval '2 days' as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_nyiso__load_vintages') }}
where forecast_2_days_before is not null
union all
select
    'nyiso_load_vintages' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    name as source_code,
    forecast_3_days_before as load_forecast_text,
    {{ to_number('forecast_3_days_before') }} as load_forecast_mw,
    cast(operating_date as timestamp) - interval '3 days' as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_nyiso__load_vintages') }}
where forecast_3_days_before is not null
union all
select
    'nyiso_load_vintages' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    name as source_code,
    forecast_4_days_before as load_forecast_text,
    {{ to_number('forecast_4_days_before') }} as load_forecast_mw,
    cast(operating_date as timestamp) - interval '4 days' as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_nyiso__load_vintages') }}
where forecast_4_days_before is not null
union all
select
    'nyiso_load_vintages' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    name as source_code,
    forecast_5_days_before as load_forecast_text,
    {{ to_number('forecast_5_days_before') }} as load_forecast_mw,
    cast(operating_date as timestamp) - interval '5 days' as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_nyiso__load_vintages') }}
where forecast_5_days_before is not null
union all
select
    'caiso_sld_fcst' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    case when area = 'CA ISO-TAC' then 'TOTAL' else area end as source_code,
    value as load_forecast_text,
    {{ to_number('value') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_caiso__sld_fcst') }}
where area like '%-TAC'
union all
select
    'caiso_net_demand' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    value as load_forecast_text,
    {{ to_number('value') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_caiso__net_demand') }}
where series = 'Day-ahead forecast' and value is not null
union all
select
    'ercot_demand' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    value as load_forecast_text,
    {{ to_number('value') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_ercot__demand') }}
where series in ('currentLoadForecast', 'dayAheadForecast')
union all
select
    'ercot_load_forecast' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    across_code as source_code,
    across_value as load_forecast_text,
    {{ to_number('across_value') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'north' then staged.north when 'south' then staged.south when 'west' then staged.west when 'houston' then staged.houston when 'system_total' then staged.system_total end as across_value
    from {{ ref('stg_ercot__load_forecast') }} as staged
    cross join (values ('north', 'NORTH'), ('south', 'SOUTH'), ('west', 'WEST'), ('houston', 'HOUSTON'), ('system_total', 'TOTAL')) as codes (across_column, across_code)
) as across_columns
union all
select
    'isone_system_load' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    mw as load_forecast_text,
    {{ to_number('mw') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_isone__system_load') }}
where series in ('forecast', 'priorDay')
union all
select
    'miso_df_al' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    across_code as source_code,
    across_value as load_forecast_text,
    {{ to_number('across_value') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'lrz1_forecast' then staged.lrz1_forecast when 'lrz2_7_forecast' then staged.lrz2_7_forecast when 'lrz3_5_forecast' then staged.lrz3_5_forecast when 'lrz4_forecast' then staged.lrz4_forecast when 'lrz6_forecast' then staged.lrz6_forecast when 'lrz8_9_10_forecast' then staged.lrz8_9_10_forecast when 'miso_forecast' then staged.miso_forecast end as across_value
    from {{ ref('stg_miso__df_al') }} as staged
    cross join (values ('lrz1_forecast', 'LRZ1'), ('lrz2_7_forecast', 'LRZ2_7'), ('lrz3_5_forecast', 'LRZ3_5'), ('lrz4_forecast', 'LRZ4'), ('lrz6_forecast', 'LRZ6'), ('lrz8_9_10_forecast', 'LRZ8_9_10'), ('miso_forecast', 'TOTAL')) as codes (across_column, across_code)
) as across_columns
union all
select
    'pjm_load_forecast' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    case when forecast_area = 'RTO_COMBINED' then 'TOTAL' else forecast_area end as source_code,
    forecast_load_mw as load_forecast_text,
    {{ to_number('forecast_load_mw') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_pjm__load_forecast') }}
union all
select
    'entsoe_spain_energy' as feed,
    source_system,
    region_id,
    case when (',' || swapped_columns || ',') like ('%,' || 'total_load_forecast' || ',%') then swapped_interval_start_utc else interval_start_utc end as interval_start_utc,
    case when (',' || swapped_columns || ',') like ('%,' || 'total_load_forecast' || ',%') then swapped_interval_start_utc else interval_start_utc end + interval '1 hour' as interval_end_utc,
    {{ month_text('case when (\',\' || swapped_columns || \',\') like (\'%,\' || \'total_load_forecast\' || \',%\') then swapped_interval_start_utc else interval_start_utc end') }} as month,
    'TOTAL' as source_code,
    total_load_forecast as load_forecast_text,
    {{ to_number('total_load_forecast') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    case when (',' || swapped_columns || ',') like ('%,' || 'total_load_forecast' || ',%') then repair_code else '' end as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_entsoe__spain_energy') }}
union all
select
    'gridstatus_load_forecast' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    zone as source_code,
    load_forecast as load_forecast_text,
    {{ to_number('load_forecast') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_gridstatus__load_forecast') }}
union all
select
    'synthetic_observation' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    entity as source_code,
    value as load_forecast_text,
    {{ to_number('value') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__observation') }}
where dataset = 'load_forecast'
union all
select
    'synthetic_grid' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    entity as source_code,
    value as load_forecast_text,
    {{ to_number('value') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__grid') }}
where dataset = 'load_forecast'
union all
select
    'synthetic_xml' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    zone_code as source_code,
    value as load_forecast_text,
    {{ to_number('value') }} as load_forecast_mw,
    cast(null as timestamp) as first_day_start,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__xml') }}
where document = 'A65' and process <> 'A16'
