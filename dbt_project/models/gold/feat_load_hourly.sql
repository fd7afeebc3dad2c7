{{ config(partition_by='known_at_utc', reach_back=1, reach_forward=3) }}
-- What a load forecast may know of a zone at a full hour: see the macros of features.sql for what is known when.
{% set history_days = newest_days() + 30 + 14 %}
{% set order_hours = 24 * (30 + 14) %}
with told as (
    select * from {{ ref('int_load__known_hourly') }}
    where interval_start_utc >= {{ lake_start() }} - interval '{{ history_days }} days'
        and interval_start_utc < {{ lake_end() }} + interval '2 days'
),

in_order as (
    {{ known_in_order('told', 'zone_id', order_hours) }}
),

-- The level of the calendar week before tells a mistaken unit: nothing is five times as much as last week.
weeks as (
    select zone_id, {{ week_start('interval_start_utc') }} + interval '7 days' as week_start, median(load_mw) as typical_mw
    from in_order
    group by zone_id, {{ week_start('interval_start_utc') }}
),

hours as (
    {{ every_hour('in_order', 'zone_id') }}
),

placed as (
    select
        hours.zone_id, hours.interval_start_utc, in_order.region_id, in_order.known_at_utc, in_order.known_is_assumed,
        in_order.source_system,
        case when not coalesce(in_order.load_mw > 5 * weeks.typical_mw or in_order.load_mw < weeks.typical_mw / 5, false)
            then in_order.load_mw end as load_mw,
        operators.operator_forecast_mw
    from hours
    left join in_order
        on hours.zone_id = in_order.zone_id
        and hours.interval_start_utc = in_order.interval_start_utc
    left join weeks
        on hours.zone_id = weeks.zone_id
        and {{ week_start('hours.interval_start_utc') }} = weeks.week_start
    left join {{ ref('int_load_forecast__known_hourly') }} as operators
        on hours.zone_id = operators.zone_id
        and hours.interval_start_utc = operators.interval_start_utc
        and in_order.known_at_utc >= operators.known_at_utc
),

erred as (
    select
        *,
        (load_mw - operator_forecast_mw) / operator_forecast_mw as operator_error
    from placed
),

described as (
    select
        *,
        {{ lag_columns('load_mw', 'zone_id', 'load', '_mw') }},
        {{ window_columns('load_mw', 'zone_id', 'load', '_mw') }},
        100 * operator_error as operator_error_last_pct,
        100 * avg(operator_error) over (
            partition by zone_id order by interval_start_utc rows between 23 preceding and current row
        ) as operator_error_trailing_24h_pct,
        100 * avg(operator_error) over (
            partition by zone_id order by interval_start_utc rows between 167 preceding and current row
        ) as operator_error_trailing_168h_pct
    from erred
),

known as (
    {{ while_newest('described', 'zone_id', newest_days()) }}
),

operator_days as (
    select
        forecasts.zone_id, calendar.local_date,
        avg(forecasts.operator_forecast_mw) as mean_mw, max(forecasts.operator_forecast_mw) as max_mw,
        min(forecasts.operator_forecast_mw) as min_mw, max(forecasts.known_at_utc) as known_at_utc,
        max(case when forecasts.operator_forecast_issue_is_assumed then 1 else 0 end) = 1 as issue_is_assumed
    from {{ ref('int_load_forecast__known_hourly') }} as forecasts
    inner join {{ ref('regions') }} as regions on forecasts.region_id = regions.region_id
    inner join {{ ref('int_calendar__hour') }} as calendar
        on regions.timezone = calendar.timezone
        and forecasts.interval_start_utc = calendar.interval_start_utc
    where forecasts.interval_start_utc >= {{ lake_start() }} - interval '2 days'
        and forecasts.interval_start_utc < {{ lake_end() }} + interval '4 days'
    group by forecasts.zone_id, calendar.local_date
)

select
    known.zone_id, known.region_id, known.hour_known_utc as known_at_utc,
    known.interval_start_utc as newest_interval_start_utc,
    {{ seconds_between("known.interval_start_utc + interval '1 hour'", 'known.hour_known_utc') }} / 3600.0 as age_hours,
    known.known_is_assumed, known.source_system,
    {% for name in value_column_names('load', '_mw') %}
    known.{{ name }},
    {% endfor %}
    known.load_mw - known.load_lag_3h_mw as load_ramp_2h_mw,
    known.load_mw - known.load_lag_6h_mw as load_ramp_5h_mw,
    known.load_lag_1h_mw - known.load_lag_24h_mw as load_change_23h_mw,
    known.load_lag_24h_mw / nullif(known.load_lag_168h_mw, 0) as load_ratio_24h_168h,
    known.load_mean_24h_mw / nullif(known.load_mean_7d_mw, 0) - 1 as load_trend,
    known.load_mean_7d_mw / nullif(known.load_mean_30d_mw, 0) - 1 as load_trend_30d,
    known.load_mw / nullif(known.load_max_24h_mw, 0) as load_position,
    known.load_mean_24h_mw / nullif(known.load_max_24h_mw, 0) as load_factor_24h,
    known.load_max_24h_mw - known.load_min_24h_mw as load_range_24h_mw,
    next_hour.operator_forecast_mw as operator_forecast_next_hour_mw,
    today.mean_mw as operator_forecast_today_mean_mw, today.max_mw as operator_forecast_today_max_mw,
    today.min_mw as operator_forecast_today_min_mw,
    tomorrow.mean_mw as operator_forecast_tomorrow_mean_mw, tomorrow.max_mw as operator_forecast_tomorrow_max_mw,
    tomorrow.min_mw as operator_forecast_tomorrow_min_mw,
    tomorrow.mean_mw / nullif(today.mean_mw, 0) - 1 as operator_forecast_day_change,
    tomorrow.issue_is_assumed as operator_forecast_issue_is_assumed,
    known.operator_error_last_pct, known.operator_error_trailing_24h_pct, known.operator_error_trailing_168h_pct,
    {{ weather_columns() }},
    case when days.day_kind <> 0 then 0 else {{ positive_part('18 - region.temperature_c') }} end as heating_degree_working_day_c,
    case when days.day_kind <> 0 then 0 else {{ positive_part('region.temperature_c - 18') }} end as cooling_degree_working_day_c,
    {{ frequency_columns() }},
    {{ calendar_columns() }}
from known
{{ calendar_joins('known', 'hour_known_utc') }}
left join {{ ref('int_load_forecast__known_hourly') }} as next_hour
    on known.zone_id = next_hour.zone_id
    and known.hour_known_utc = next_hour.interval_start_utc
    and known.hour_known_utc >= next_hour.known_at_utc
left join operator_days as today
    on known.zone_id = today.zone_id
    and calendar.local_date = today.local_date
    and known.hour_known_utc >= today.known_at_utc
left join operator_days as tomorrow
    on known.zone_id = tomorrow.zone_id
    and calendar.local_date + interval '1 day' = tomorrow.local_date
    and known.hour_known_utc >= tomorrow.known_at_utc
left join {{ ref('int_region__as_known') }} as region
    on known.region_id = region.region_id
    and known.hour_known_utc = region.known_at_utc
