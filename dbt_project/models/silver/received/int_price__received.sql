{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'nyiso_damlbmp' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    name as source_code,
    'DAM' as market_id,
    lbmp as price_text,
    {{ to_number('lbmp') }} as price_per_mwh,
    {{ to_number('lbmp') }} + {{ to_number('marginal_cost_congestion') }} - {{ to_number('marginal_cost_losses') }} as energy_per_mwh,
    -{{ to_number('marginal_cost_congestion') }} as congestion_per_mwh,
    {{ to_number('marginal_cost_losses') }} as loss_per_mwh,
    'USD' as currency,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_nyiso__damlbmp') }}
union all
select
    'nyiso_realtime' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    name as source_code,
    'RTM' as market_id,
    lbmp as price_text,
    {{ to_number('lbmp') }} as price_per_mwh,
    {{ to_number('lbmp') }} + {{ to_number('marginal_cost_congestion') }} - {{ to_number('marginal_cost_losses') }} as energy_per_mwh,
    -{{ to_number('marginal_cost_congestion') }} as congestion_per_mwh,
    {{ to_number('marginal_cost_losses') }} as loss_per_mwh,
    'USD' as currency,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_nyiso__realtime') }}
union all
select
    'entsoe_spain_energy' as feed,
    source_system,
    region_id,
    case when (',' || swapped_columns || ',') like ('%,' || 'price_day_ahead' || ',%') then swapped_interval_start_utc else interval_start_utc end as interval_start_utc,
    case when (',' || swapped_columns || ',') like ('%,' || 'price_day_ahead' || ',%') then swapped_interval_start_utc else interval_start_utc end + interval '1 hour' as interval_end_utc,
    {{ month_text('case when (\',\' || swapped_columns || \',\') like (\'%,\' || \'price_day_ahead\' || \',%\') then swapped_interval_start_utc else interval_start_utc end') }} as month,
    'TOTAL' as source_code,
    'DAM' as market_id,
    price_day_ahead as price_text,
    {{ to_number('price_day_ahead') }} as price_per_mwh,
    cast(null as double) as energy_per_mwh,
    cast(null as double) as congestion_per_mwh,
    cast(null as double) as loss_per_mwh,
    'EUR' as currency,
    case when (',' || swapped_columns || ',') like ('%,' || 'price_day_ahead' || ',%') then repair_code else '' end as repair_code,
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
    case when (',' || swapped_columns || ',') like ('%,' || 'price_actual' || ',%') then swapped_interval_start_utc else interval_start_utc end as interval_start_utc,
    case when (',' || swapped_columns || ',') like ('%,' || 'price_actual' || ',%') then swapped_interval_start_utc else interval_start_utc end + interval '1 hour' as interval_end_utc,
    {{ month_text('case when (\',\' || swapped_columns || \',\') like (\'%,\' || \'price_actual\' || \',%\') then swapped_interval_start_utc else interval_start_utc end') }} as month,
    'TOTAL' as source_code,
    'FINAL' as market_id,
    price_actual as price_text,
    {{ to_number('price_actual') }} as price_per_mwh,
    cast(null as double) as energy_per_mwh,
    cast(null as double) as congestion_per_mwh,
    cast(null as double) as loss_per_mwh,
    'EUR' as currency,
    case when (',' || swapped_columns || ',') like ('%,' || 'price_actual' || ',%') then repair_code else '' end as repair_code,
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
    split_part(entity, ':', 2) as source_code,
    split_part(entity, ':', 1) as market_id,
    max(case when variable = 'lmp' then value end) as price_text,
    max(case when variable = 'lmp' then {{ to_number('value') }} end) as price_per_mwh,
    max(case when variable = 'energy' then {{ to_number('value') }} end) as energy_per_mwh,
    max(case when variable = 'congestion' then {{ to_number('value') }} end) as congestion_per_mwh,
    max(case when variable = 'loss' then {{ to_number('value') }} end) as loss_per_mwh,
    'USD' as currency,
    '' as repair_code,
    payload_sha256,
    source_member,
    min(row_number) as row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__observation') }}
where dataset = 'price'
group by
    source_system, region_id, interval_start_utc, interval_end_utc, month, split_part(entity, ':', 2), split_part(entity, ':', 1), payload_sha256, source_member, published_at_utc, ingested_at_utc
