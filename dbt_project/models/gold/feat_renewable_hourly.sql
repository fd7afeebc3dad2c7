{{ config(partition_by='known_at_utc', reach_back=1, reach_forward=3) }}
-- What a forecast of solar and wind may know of a region at a full hour.
{% set history_days = newest_days() + 30 %}
with told as (
    select *, region_id || '|' || technology as technology_id
    from {{ ref('int_renewable__known_hourly') }}
    where interval_start_utc >= {{ lake_start() }} - interval '{{ history_days }} days'
        and interval_start_utc < {{ lake_end() }} + interval '2 days'
),

in_order as (
    {{ known_in_order('told', 'technology_id', 24 * 30) }}
),

hours as (
    {{ every_hour('in_order', 'technology_id') }}
),

placed as (
    select
        hours.technology_id, hours.interval_start_utc, in_order.region_id, in_order.technology, in_order.known_at_utc,
        in_order.known_is_assumed, in_order.source_system, in_order.generation_mw
    from hours
    left join in_order
        on hours.technology_id = in_order.technology_id
        and hours.interval_start_utc = in_order.interval_start_utc
),

described as (
    select
        *,
        {{ lag_columns('generation_mw', 'technology_id', 'generation', '_mw') }},
        {{ window_columns('generation_mw', 'technology_id', 'generation', '_mw') }}
    from placed
),

known as (
    {{ while_newest('described', 'technology_id', newest_days()) }}
),

region_hours as (
    select
        region_id, hour_known_utc, max(interval_start_utc) as interval_start_utc, max(source_system) as source_system,
        max(case when known_is_assumed then 1 else 0 end) = 1 as known_is_assumed
    from known
    group by region_id, hour_known_utc
)

select
    known.region_id || '.TOTAL' as zone_id, known.region_id, known.hour_known_utc as known_at_utc,
    known.interval_start_utc as newest_interval_start_utc,
    {{ seconds_between("known.interval_start_utc + interval '1 hour'", 'known.hour_known_utc') }} / 3600.0 as age_hours,
    known.known_is_assumed, known.source_system,
    {% for technology in ['solar', 'wind'] %}
    {% for name in value_column_names('generation', '_mw') %}
    {{ technology }}.{{ name }} as {{ technology }}_{{ name | replace('generation_', '') }},
    {% endfor %}
    {{ technology }}.generation_mw - {{ technology }}.generation_lag_3h_mw as {{ technology }}_ramp_2h_mw,
    {{ technology }}.generation_lag_1h_mw - {{ technology }}.generation_lag_24h_mw as {{ technology }}_change_23h_mw,
    {{ technology }}.generation_mw / nullif({{ technology }}.generation_max_30d_mw, 0) as {{ technology }}_utilisation,
    {{ technology }}.generation_mean_24h_mw / nullif({{ technology }}.generation_mean_7d_mw, 0) - 1 as {{ technology }}_trend,
    {{ technology }}.generation_std_24h_mw / nullif({{ technology }}.generation_mean_24h_mw, 0) as {{ technology }}_volatility_24h,
    {% endfor %}
    {{ weather_columns() }},
    region.irradiance_w_per_m2 * (100 - region.cloud_cover_pct) / 100 as irradiance_through_cloud_w_per_m2,
    {{ calendar_columns() }}
from region_hours as known
{{ calendar_joins('known', 'hour_known_utc') }}
left join known as solar
    on known.region_id || '|solar' = solar.technology_id
    and known.hour_known_utc = solar.hour_known_utc
left join known as wind
    on known.region_id || '|wind' = wind.technology_id
    and known.hour_known_utc = wind.hour_known_utc
left join {{ ref('int_region__as_known') }} as region
    on known.region_id = region.region_id
    and known.hour_known_utc = region.known_at_utc
