{{ config(partition_by='interval_start_utc') }}
-- Generation by hour and fuel: of each fuel as its source names it the time-weighted mean of the valid intervals that begin
-- in the hour, then the sum over the names that are one fuel to us (solar PV and solar thermal).
with current_samples as (
    select
        *,
        date_trunc('hour', interval_start_utc) as hour_start,
        {{ seconds_between('interval_start_utc', 'interval_end_utc') }} as seconds
    from {{ ref('int_generation__sample') }}
    where revision_rank = 1
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
),

source_fuel_hours as (
    select
        feed, source_system, region_id, fuel_id, source_fuel, hour_start,
        sum(case when not is_quarantined then generation_mw * seconds end)
            / sum(case when not is_quarantined and generation_mw is not null then seconds end) as generation_mw,
        {{ smaller() }}(100.0, coalesce(sum(case when not is_quarantined then seconds end), 0) / 36.0) as coverage_pct,
        avg(data_quality_score) as data_quality_score,
        {{ merge_flags('validation_flags') }} as validation_flags,
        max(repair_code) as repair_code
    from current_samples
    group by feed, source_system, region_id, fuel_id, source_fuel, hour_start
)

select
    feed, source_system, region_id, fuel_id,
    hour_start as interval_start_utc,
    case when count(generation_mw) = count(*) then sum(generation_mw) end as generation_mw,
    min(coverage_pct) as coverage_pct,
    avg(data_quality_score) as data_quality_score,
    {{ merge_flags('validation_flags') }} as validation_flags,
    max(repair_code) as repair_code
from source_fuel_hours
group by feed, source_system, region_id, fuel_id, hour_start
