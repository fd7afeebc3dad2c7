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
