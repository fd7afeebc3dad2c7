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
