{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    cast(null as varchar) as feed,
    cast(null as varchar) as source_system,
    cast(null as varchar) as region_id,
    cast(null as timestamp) as interval_start_utc,
    cast(null as timestamp) as interval_end_utc,
    cast(null as varchar) as month,
    cast(null as varchar) as station_id,
    cast(null as double) as temperature_c,
    cast(null as double) as dew_point_c,
    cast(null as double) as humidity_pct,
    cast(null as double) as wind_speed_m_per_s,
    cast(null as double) as pressure_hpa,
    cast(null as double) as cloud_cover_pct,
    cast(null as double) as precipitation_mm,
    cast(null as double) as irradiance_w_per_m2,
    cast(null as varchar) as payload_sha256,
    cast(null as varchar) as source_member,
    cast(null as bigint) as row_number,
    cast(null as timestamp) as published_at_utc,
    cast(null as timestamp) as ingested_at_utc
where false
