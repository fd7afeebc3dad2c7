{{ config(partition_by='day_start', reach_back=1, reach_forward=1) }}
-- Energy by fuel and local day; the share is of the day's positive generation, taken after summing.
with daily as (
    select
        region_id, fuel_id, local_date, source_system,
        sum(generation_mw) as generation_mwh,
        sum({{ larger() }}(generation_mw, 0)) as produced_mwh,
        count(generation_mw) as hours_reported
    from {{ ref('fct_generation_hourly') }}
    where interval_start_utc >= {{ lake_start() }} - interval '2 days'
        and interval_start_utc < {{ lake_end() }} + interval '2 days'
    group by region_id, fuel_id, local_date, source_system
)

select
    region_id, fuel_id, local_date, generation_mwh,
    100.0 * produced_mwh / nullif(sum(produced_mwh) over (partition by region_id, local_date, source_system), 0) as share_pct,
    hours_reported, source_system, cast(local_date as timestamp) as day_start
from daily
