{{ config(partition_by='interval_start_utc') }}
-- One row per weather forecast and vintage as received; its issue is its publication, never an observation.
{{ judged_samples('weather_forecast', ['station_id', 'published_at_utc'], [
    'temperature_c', 'dew_point_c', 'humidity_pct', 'wind_speed_m_per_s', 'pressure_hpa', 'cloud_cover_pct', 'precipitation_mm',
    'irradiance_w_per_m2'
]) }}
