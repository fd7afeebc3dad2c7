{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'ieso_hoep' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    'HOEP' as market_id,
    'spin_10' as product,
    or_10_min_sync as price_text,
    try_cast(nullif(trim(replace(or_10_min_sync, ',', '')), '') as double) as price_per_mwh,
    'CAD' as currency,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_ieso__hoep') }}
where or_10_min_sync is not null
union all
select
    'ieso_hoep' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    'HOEP' as market_id,
    'non_spin_10' as product,
    or_10_min_non_sync as price_text,
    try_cast(nullif(trim(replace(or_10_min_non_sync, ',', '')), '') as double) as price_per_mwh,
    'CAD' as currency,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_ieso__hoep') }}
where or_10_min_non_sync is not null
union all
select
    'ieso_hoep' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    'HOEP' as market_id,
    'operating_30' as product,
    or_30_min as price_text,
    try_cast(nullif(trim(replace(or_30_min, ',', '')), '') as double) as price_per_mwh,
    'CAD' as currency,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_ieso__hoep') }}
where or_30_min is not null
union all
select
    'isone_smd' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    'RTM' as market_id,
    'regulation_service' as product,
    reg_service_price as price_text,
    {{ to_number('reg_service_price') }} as price_per_mwh,
    'USD' as currency,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_isone__smd') }}
where sheet = 'ISO NE CA'
union all
select
    'isone_smd' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    'RTM' as market_id,
    'regulation_capacity' as product,
    reg_capacity_price as price_text,
    {{ to_number('reg_capacity_price') }} as price_per_mwh,
    'USD' as currency,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_isone__smd') }}
where sheet = 'ISO NE CA'
union all
select
    'synthetic_grid' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    split_part(entity, ':', 2) as source_code,
    split_part(entity, ':', 1) as market_id,
    split_part(entity, ':', 3) as product,
    value as price_text,
    {{ to_number('value') }} as price_per_mwh,
    split_part(unit, '/', 1) as currency,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__grid') }}
where dataset = 'ancillary_price'
