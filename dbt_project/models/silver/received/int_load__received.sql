{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'eia930_cleaned' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    balancing_authority as source_code,
    raw_demand as load_text,
    {{ to_number('raw_demand') }} as load_mw,
    category,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__demand') }}
union all
select
    'nyiso_pal' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_start_utc + interval '5 minutes' as interval_end_utc,
    month,
    name as source_code,
    load as load_text,
    {{ to_number('load') }} as load_mw,
    cast(null as varchar) as category,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_nyiso__pal') }}
union all
select
    'entsoe_spain_energy' as feed,
    source_system,
    region_id,
    case when (',' || swapped_columns || ',') like ('%,' || 'total_load_actual' || ',%') then swapped_interval_start_utc else interval_start_utc end as interval_start_utc,
    case when (',' || swapped_columns || ',') like ('%,' || 'total_load_actual' || ',%') then swapped_interval_start_utc else interval_start_utc end + interval '1 hour' as interval_end_utc,
    {{ month_text('case when (\',\' || swapped_columns || \',\') like (\'%,\' || \'total_load_actual\' || \',%\') then swapped_interval_start_utc else interval_start_utc end') }} as month,
    'ES' as source_code,
    total_load_actual as load_text,
    {{ to_number('total_load_actual') }} as load_mw,
    cast(null as varchar) as category,
    case when (',' || swapped_columns || ',') like ('%,' || 'total_load_actual' || ',%') then repair_code else '' end as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_entsoe__spain_energy') }}
union all
select
    'synthetic_load' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_start_utc + interval '1 hour' as interval_end_utc,
    month,
    name as source_code,
    load as load_text,
    {{ to_number('load') }} as load_mw,
    cast(null as varchar) as category,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__load') }}
