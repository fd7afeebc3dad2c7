{{ config(partition_by='interval_start_utc') }}
-- The current revision; where several feeds tell the same, the better scored.
with ranked as (
    select
        *,
        row_number() over (
            partition by station_id, published_at_utc, interval_start_utc
            order by data_quality_score desc, source_system asc, {{ feed_precedence('weather_forecast', 'feed') }} asc, feed asc
        ) as source_rank
    from {{ ref('int_weather_forecast__sample') }}
    where revision_rank = 1 and published_at_utc is not null
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
)

select
    station_id, region_id, published_at_utc as issued_at_utc, interval_start_utc, interval_end_utc,
    {{ seconds_between('published_at_utc', 'interval_start_utc') }} / 3600.0 as lead_time_hours,
    case when not is_quarantined then temperature_c end as temperature_c,
    case when not is_quarantined then dew_point_c end as dew_point_c,
    case when not is_quarantined then humidity_pct end as humidity_pct,
    case when not is_quarantined then wind_speed_m_per_s end as wind_speed_m_per_s,
    case when not is_quarantined then pressure_hpa end as pressure_hpa,
    case when not is_quarantined then cloud_cover_pct end as cloud_cover_pct,
    case when not is_quarantined then precipitation_mm end as precipitation_mm,
    case when not is_quarantined then irradiance_w_per_m2 end as irradiance_w_per_m2,
    source_system, data_quality_score, validation_flags
from ranked
where source_rank = 1
