{{ config(partition_by='day_start', reach_days=2, range_rows=10000000) }}
with readings as (
    select
        samples.*,
        calendar.local_date,
        {{ seconds_between('samples.interval_start_utc', 'samples.interval_end_utc') }} as seconds,
        case when samples.is_quarantined then null else samples.energy_kwh end as valid_kwh
    from {{ ref('int_meter__sample') }} as samples
    inner join {{ ref('regions') }} as regions on samples.region_id = regions.region_id
    inner join {{ ref('int_calendar__hour') }} as calendar
        on regions.timezone = calendar.timezone
        and date_trunc('hour', samples.interval_start_utc) = calendar.interval_start_utc
    where samples.revision_rank = 1
        and samples.interval_start_utc >= {{ lake_start() }} - interval '2 days'
        and samples.interval_start_utc < {{ lake_end() }} + interval '2 days'
),

-- A reading of much more than a day (a bill) is no day's energy.
day_readings as (
    select *, seconds >= 82800 as is_daily from readings
    where seconds <= 90000
),

days as (
    select
        meter_id, commodity, region_id, source_system, feed, local_date, is_daily,
        case when count(valid_kwh) = count(*) then sum(valid_kwh) end as energy_kwh,
        max(case when not is_daily then valid_kwh * 3600.0 / seconds end) as peak_kw,
        count(*) as intervals,
        sum(seconds) >= 82800 as is_complete,
        avg(data_quality_score) as data_quality_score
    from day_readings
    group by meter_id, commodity, region_id, source_system, feed, local_date, is_daily
),

ranked as (
    select
        *,
        row_number() over (
            partition by meter_id, commodity, local_date
            order by is_daily asc, intervals desc, source_system asc, {{ feed_precedence('meter', 'feed') }} asc, feed asc
        ) as source_rank
    from days
)

select
    meter_id, commodity, region_id, local_date, energy_kwh, peak_kw, intervals, is_complete,
    cast(local_date as timestamp) as day_start, source_system, data_quality_score
from ranked
where source_rank = 1
