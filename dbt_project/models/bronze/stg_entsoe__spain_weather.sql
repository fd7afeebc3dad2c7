select
    region_id,
    station_id,
    city_name,
    {{ to_number('temp') }} as temperature_k,
    {{ to_number('pressure') }} as pressure_hpa,
    {{ to_number('humidity') }} as humidity_pct,
    {{ to_number('wind_speed') }} as wind_speed_m_per_s,
    {{ to_number('clouds_all') }} as cloud_cover_pct,
    {{ to_number('rain_1h') }} as precipitation_mm,
    {{ naive_utc('interval_start_utc') }} as interval_start_utc,
    {{ naive_utc('interval_end_utc') }} as interval_end_utc,
    source_system, origin, api_endpoint, payload_sha256, source_member, row_number,
    {{ naive_utc('published_at_utc') }} as published_at_utc,
    {{ naive_utc('ingested_at_utc') }} as ingested_at_utc,
    month
from {{ lake_source('bronze', 'entsoe__spain_weather') }}
