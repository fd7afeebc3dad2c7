{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'citylearn_building' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'CITYLEARN.' || building as meter_id,
    'electricity' as commodity,
    non_shiftable_load as quantity_text,
    {{ to_number('non_shiftable_load') }} as energy_kwh,
    cast(null as varchar) as status,
    cast(null as timestamp) as read_at_utc,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_citylearn__building') }}
union all
select
    'sgsc_reading' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'SGSC.' || meter as meter_id,
    'electricity' as commodity,
    general_supply as quantity_text,
    {{ to_number('general_supply') }} as energy_kwh,
    cast(null as varchar) as status,
    cast(null as timestamp) as read_at_utc,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_sgsc__reading') }}
union all
select
    'lcl_daily' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'LCL.' || meter as meter_id,
    'electricity' as commodity,
    energy_sum as quantity_text,
    {{ to_number('energy_sum') }} as energy_kwh,
    case when {{ to_number('energy_count') }} <> 48 then 'PARTIAL' end as status,
    cast(null as timestamp) as read_at_utc,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_lcl__daily') }}
union all
select
    'eemeter_reading' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'EEMETER.' || meter as meter_id,
    commodity,
    value as quantity_text,
    case when unit = 'therm' then 29.3001 else 1 end * {{ to_number('value') }} as energy_kwh,
    cast(null as varchar) as status,
    cast(null as timestamp) as read_at_utc,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eemeter__reading') }}
union all
select
    'own_meter_interval' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'OWN.' || meter_id as meter_id,
    'electricity' as commodity,
    kwh as quantity_text,
    {{ to_number('kwh') }} as energy_kwh,
    status,
    read_at_utc,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_own__meter_interval') }}
union all
select
    'green_button' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'OWN.' || usage_point || case when flow_direction = '19' then '.received' else '' end as meter_id,
    case when commodity_code = '7' then 'gas' else 'electricity' end as commodity,
    value as quantity_text,
    {{ to_number('value') }} * power(10, coalesce({{ to_number('power_of_ten') }}, 0)) * case uom when '72' then 0.001 when '169' then 29.3001 end as energy_kwh,
    quality as status,
    cast(null as timestamp) as read_at_utc,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_own__green_button') }}
