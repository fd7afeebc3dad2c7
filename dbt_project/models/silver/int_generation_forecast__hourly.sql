{{ config(partition_by='interval_start_utc') }}
-- The operator's forecast of a region's solar and wind as it stood at 10:00 local on the day before delivery: the region's
-- own total where it publishes one, else the sum of its areas, each of the same vintage.
with eligible as (
    select
        feed, source_system, region_id, zone_id, fuel_id, issued_at_utc, generation_forecast_mw,
        date_trunc('hour', interval_start_utc) as hour_start,
        zone_id = region_id || '.TOTAL' as is_total
    from {{ ref('int_generation_forecast__vintage') }}
    where is_day_ahead and revision_rank = 1 and not is_quarantined
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
),

zone_hours as (
    select
        feed, source_system, region_id, zone_id, fuel_id, hour_start, is_total, issued_at_utc,
        avg(generation_forecast_mw) as forecast_mw
    from eligible
    group by feed, source_system, region_id, zone_id, fuel_id, hour_start, is_total, issued_at_utc
),

region_hours as (
    select
        feed, source_system, region_id, fuel_id, hour_start, is_total, issued_at_utc,
        sum(forecast_mw) as operator_forecast_mw
    from zone_hours
    group by feed, source_system, region_id, fuel_id, hour_start, is_total, issued_at_utc
),

ranked as (
    select
        *,
        row_number() over (
            partition by region_id, fuel_id, hour_start
            order by
                is_total desc, issued_at_utc desc, source_system asc, {{ feed_precedence('generation_forecast', 'feed') }} asc, feed asc
        ) as vintage_rank
    from region_hours
)

select
    source_system, region_id, fuel_id, hour_start as interval_start_utc, operator_forecast_mw, issued_at_utc
from ranked
where vintage_rank = 1
