{{ config(partition_by='known_at_utc', reach_back=1, reach_forward=2) }}
-- A region's weather, frequency and system load as they stood at a full hour: what all feature tables share.
with weather_told as (
    select * from {{ ref('int_weather__known_hourly') }}
    where interval_start_utc >= {{ lake_start() }} - interval '10 days'
        and interval_start_utc < {{ lake_end() }} + interval '2 days'
),

weather_in_order as (
    {{ known_in_order('weather_told', 'region_id', 168) }}
),

weather_hours as (
    {{ every_hour('weather_in_order', 'region_id') }}
),

weather_described as (
    select
        hours.region_id, hours.interval_start_utc, told.known_at_utc, told.temperature_c, told.humidity_pct, told.wind_speed_m_per_s,
        told.pressure_hpa, told.cloud_cover_pct, told.irradiance_w_per_m2,
        {% for name, aggregate, hours in [
            ('temperature_mean_24h_c', 'avg(told.temperature_c)', 24), ('temperature_mean_7d_c', 'avg(told.temperature_c)', 168),
            ('temperature_min_24h_c', 'min(told.temperature_c)', 24), ('temperature_max_24h_c', 'max(told.temperature_c)', 24),
            ('wind_speed_mean_24h_m_per_s', 'avg(told.wind_speed_m_per_s)', 24)
        ] %}
        {{ aggregate }} over (
            partition by hours.region_id order by hours.interval_start_utc rows between {{ hours - 1 }} preceding and current row
        ) as {{ name }},
        {% endfor %}
        lag(told.temperature_c, 23) over (partition by hours.region_id order by hours.interval_start_utc) as temperature_lag_24h_c,
        lag(told.pressure_hpa, 2) over (partition by hours.region_id order by hours.interval_start_utc) as pressure_lag_3h_hpa
    from weather_hours as hours
    left join weather_in_order as told
        on hours.region_id = told.region_id
        and hours.interval_start_utc = told.interval_start_utc
),

weather as (
    {{ while_newest('weather_described', 'region_id', 2) }}
),

frequency_told as (
    select * from {{ ref('int_frequency__known_hourly') }}
    where interval_start_utc >= {{ lake_start() }} - interval '3 days'
        and interval_start_utc < {{ lake_end() }} + interval '2 days'
),

frequency_in_order as (
    {{ known_in_order('frequency_told', 'region_id', 24) }}
),

frequency as (
    {{ while_newest('frequency_in_order', 'region_id', 2) }}
),

loads_told as (
    select region_id, interval_start_utc, known_at_utc, load_mw
    from {{ ref('int_load__known_hourly') }}
    where zone_id = region_id || '.TOTAL'
        and interval_start_utc >= {{ lake_start() }} - interval '{{ newest_days() + 7 }} days'
        and interval_start_utc < {{ lake_end() }} + interval '2 days'
),

loads_in_order as (
    {{ known_in_order('loads_told', 'region_id', 168) }}
),

load_hours as (
    {{ every_hour('loads_in_order', 'region_id') }}
),

loads_described as (
    select
        hours.region_id, hours.interval_start_utc, told.known_at_utc, told.load_mw as load_last_mw,
        avg(told.load_mw) over (
            partition by hours.region_id order by hours.interval_start_utc rows between 23 preceding and current row
        ) as load_mean_24h_mw,
        avg(told.load_mw) over (
            partition by hours.region_id order by hours.interval_start_utc rows between 167 preceding and current row
        ) as load_mean_7d_mw
    from load_hours as hours
    left join loads_in_order as told
        on hours.region_id = told.region_id
        and hours.interval_start_utc = told.interval_start_utc
),

loads as (
    {{ while_newest('loads_described', 'region_id', newest_days()) }}
),

region_hours as (
    select region_id, hour_known_utc from weather
    union
    select region_id, hour_known_utc from frequency
    union
    select region_id, hour_known_utc from loads
)

select
    region_hours.region_id, region_hours.hour_known_utc as known_at_utc,
    weather.temperature_c, weather.temperature_mean_24h_c, weather.temperature_mean_7d_c, weather.temperature_min_24h_c,
    weather.temperature_max_24h_c, weather.temperature_lag_24h_c, weather.humidity_pct, weather.wind_speed_m_per_s,
    weather.wind_speed_mean_24h_m_per_s, weather.pressure_hpa, weather.pressure_lag_3h_hpa, weather.cloud_cover_pct,
    weather.irradiance_w_per_m2,
    frequency.deviation_hz as frequency_deviation_hz, frequency.max_deviation_hz as frequency_max_deviation_hz,
    frequency.range_hz as frequency_range_hz,
    loads.load_last_mw, loads.load_mean_24h_mw, loads.load_mean_7d_mw
from region_hours
left join weather
    on region_hours.region_id = weather.region_id and region_hours.hour_known_utc = weather.hour_known_utc
left join frequency
    on region_hours.region_id = frequency.region_id and region_hours.hour_known_utc = frequency.hour_known_utc
left join loads
    on region_hours.region_id = loads.region_id and region_hours.hour_known_utc = loads.hour_known_utc
