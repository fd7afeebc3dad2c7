{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'entsoe_spain_weather' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    station_id,
    {{ to_number('temp') }} - 273.15 as temperature_c,
    cast(null as double) as dew_point_c,
    {{ to_number('humidity') }} as humidity_pct,
    {{ to_number('wind_speed') }} as wind_speed_m_per_s,
    {{ to_number('pressure') }} as pressure_hpa,
    {{ to_number('clouds_all') }} as cloud_cover_pct,
    {{ to_number('rain_1h') }} as precipitation_mm,
    cast(null as double) as irradiance_w_per_m2,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_entsoe__spain_weather') }}
union all
select
    'synthetic_observation' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    entity as station_id,
    max(case when variable = 'temperature_c' then {{ to_number('value') }} end) as temperature_c,
    cast(null as double) as dew_point_c,
    max(case when variable = 'humidity_pct' then {{ to_number('value') }} end) as humidity_pct,
    max(case when variable = 'wind_speed_m_per_s' then {{ to_number('value') }} end) as wind_speed_m_per_s,
    max(case when variable = 'pressure_hpa' then {{ to_number('value') }} end) as pressure_hpa,
    max(case when variable = 'cloud_cover_pct' then {{ to_number('value') }} end) as cloud_cover_pct,
    max(case when variable = 'precipitation_mm' then {{ to_number('value') }} end) as precipitation_mm,
    cast(null as double) as irradiance_w_per_m2,
    payload_sha256,
    source_member,
    min(row_number) as row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__observation') }}
where dataset = 'weather'
group by
    source_system, region_id, interval_start_utc, interval_end_utc, month, entity, payload_sha256, source_member, published_at_utc, ingested_at_utc
