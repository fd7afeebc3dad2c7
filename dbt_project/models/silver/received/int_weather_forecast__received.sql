{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'open_meteo_forecast' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    station_id,
    {{ to_number('temperature_2m') }} as temperature_c,
    {{ to_number('dew_point_2m') }} as dew_point_c,
    {{ to_number('relative_humidity_2m') }} as humidity_pct,
    {{ to_number('wind_speed_10m') }} as wind_speed_m_per_s,
    {{ to_number('pressure_msl') }} as pressure_hpa,
    {{ to_number('cloud_cover') }} as cloud_cover_pct,
    cast(null as double) as precipitation_mm,
    {{ to_number('shortwave_radiation_instant') }} as irradiance_w_per_m2,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_open_meteo__forecast') }}
union all
select
    'synthetic_grid' as feed,
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
from {{ ref('stg_synthetic__grid') }}
where dataset = 'weather_forecast'
group by
    source_system, region_id, interval_start_utc, interval_end_utc, month, entity, payload_sha256, source_member, published_at_utc, ingested_at_utc
