{{ config(partition_by='interval_start_utc') }}
-- A region's weather by hour, the mean of its stations as they first reported, and when the last of them had.
{% set measures = ['temperature_c', 'humidity_pct', 'wind_speed_m_per_s', 'pressure_hpa', 'cloud_cover_pct', 'irradiance_w_per_m2'] %}
with samples as (
    select
        weather.region_id, weather.station_id, date_trunc('hour', weather.interval_start_utc) as hour_start,
        {% for measure in measures %}
        weather.{{ measure }},
        {% endfor %}
        {{ known_instant('weather.published_at_utc', 'weather.interval_end_utc') }} as known_at_utc,
        weather.source_system, weather.feed, weather.revision_rank
    from {{ ref('int_weather__sample') }} as weather
    left join {{ ref('known_latency') }} as own on own.subject = 'weather' and weather.feed = own.feed
    left join {{ ref('known_latency') }} as general on general.subject = 'weather' and general.feed = '*'
    where not weather.is_quarantined
        and weather.interval_start_utc >= {{ lake_start() }} and weather.interval_start_utc < {{ lake_end() }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by station_id, hour_start
            order by known_at_utc asc, revision_rank asc, source_system asc, {{ feed_precedence('weather', 'feed') }} asc, feed asc
        ) as told_rank
    from samples
)

select
    region_id, hour_start as interval_start_utc,
    {% for measure in measures %}
    avg({{ measure }}) as {{ measure }},
    {% endfor %}
    {{ larger() }}({{ hour_after('max(known_at_utc)') }}, hour_start + interval '1 hour') as known_at_utc,
    max(source_system) as source_system
from ranked
where told_rank = 1
group by region_id, hour_start
