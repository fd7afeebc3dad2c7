{{ config(partition_by='interval_start_utc') }}
-- A reading that failed a rule of severity error is a gap here; the row stays with its flags.
{% set measures = ['temperature_c', 'humidity_pct', 'wind_speed_m_per_s', 'pressure_hpa', 'cloud_cover_pct', 'precipitation_mm'] %}
select
    weather.station_id, weather.region_id, weather.interval_start_utc, calendar.interval_end_utc, calendar.local_date,
    calendar.local_hour,
    {% for measure in measures %}
    case when not weather.is_quarantined then weather.{{ measure }} end as {{ measure }},
    {% endfor %}
    weather.source_system, weather.data_quality_score, weather.validation_flags
from {{ ref('int_weather__sample') }} as weather
inner join {{ ref('regions') }} as regions on weather.region_id = regions.region_id
inner join {{ ref('int_calendar__hour') }} as calendar
    on regions.timezone = calendar.timezone
    and weather.interval_start_utc = calendar.interval_start_utc
where weather.revision_rank = 1
    and weather.interval_start_utc >= {{ lake_start() }} and weather.interval_start_utc < {{ lake_end() }}
