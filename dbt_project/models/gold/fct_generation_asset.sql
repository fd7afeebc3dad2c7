{{ config(partition_by='interval_start_utc') }}
-- Generation of an asset by hour, from its telemetry: the time-weighted mean of its power. Availability is estimated, since turbines here
-- tell no state: of the intervals in which the wind lets it run (seed asset_rating) the share in which it delivered power.
with points as (
    select
        asset_id, interval_start_utc, max(region_id) as region_id, max(source_system) as source_system,
        {{ seconds_between('interval_start_utc', 'max(interval_end_utc)') }} as seconds,
        max(case when point = 'active_power_kw' then point_value end) as power_kw,
        max(case when point = 'wind_speed_m_per_s' then point_value end) as wind_speed_m_per_s,
        avg(data_quality_score) as data_quality_score
    from {{ ref('fct_scada_interval') }}
    where point in ('active_power_kw', 'wind_speed_m_per_s')
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
    group by asset_id, interval_start_utc
),

hours as (
    select
        points.asset_id, points.region_id, date_trunc('hour', points.interval_start_utc) as hour_start, max(ratings.capacity_mw) as capacity_mw,
        sum(points.power_kw * points.seconds) / nullif(sum(case when points.power_kw is not null then points.seconds end), 0) / 1000 as generation_mw,
        {{ smaller() }}(100.0, coalesce(sum(case when points.power_kw is not null then points.seconds end), 0) / 36.0) as coverage_pct,
        sum(case when points.wind_speed_m_per_s between ratings.cut_in_m_per_s and ratings.cut_out_m_per_s and points.power_kw > 0 then points.seconds else 0 end)
            / nullif(sum(case when points.wind_speed_m_per_s between ratings.cut_in_m_per_s and ratings.cut_out_m_per_s and points.power_kw is not null
                then points.seconds end), 0) as availability,
        max(points.source_system) as source_system, avg(points.data_quality_score) as data_quality_score
    from points
    left join {{ ref('asset_rating') }} as ratings on points.asset_id = ratings.asset_id
    group by points.asset_id, points.region_id, date_trunc('hour', points.interval_start_utc)
)

select
    hours.asset_id, hours.region_id, calendar.interval_start_utc, calendar.interval_end_utc, calendar.local_date, calendar.local_hour,
    hours.generation_mw, cast(hours.capacity_mw as double) as capacity_mw, hours.generation_mw / nullif(hours.capacity_mw, 0) as capacity_factor,
    hours.availability, hours.coverage_pct, hours.source_system, hours.data_quality_score
from hours
inner join {{ ref('regions') }} as regions on hours.region_id = regions.region_id
inner join {{ ref('int_calendar__hour') }} as calendar
    on regions.timezone = calendar.timezone
    and hours.hour_start = calendar.interval_start_utc
