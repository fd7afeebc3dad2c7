{{ config(partition_by='interval_start_utc') }}
-- The operator's forecast as it stood at 10:00 local on the day before delivery, one row per feed, zone and hour: the mean
-- of the intervals that begin in the hour, each in the latest vintage issued by then.
with eligible as (
    select
        *,
        row_number() over (
            partition by feed, zone_id, interval_start_utc order by issued_at_utc desc, revision_rank asc
        ) as vintage_rank
    from {{ ref('int_load_forecast__vintage') }}
    where is_day_ahead and revision_rank = 1 and not is_quarantined
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
)

select
    feed, source_system, region_id, zone_id, date_trunc('hour', interval_start_utc) as interval_start_utc,
    avg(load_forecast_mw) as operator_forecast_mw,
    max(issued_at_utc) as operator_forecast_issued_at_utc,
    max(case when issue_is_assumed then 1 else 0 end) = 1 as operator_forecast_issue_is_assumed
from eligible
where vintage_rank = 1
group by feed, source_system, region_id, zone_id, date_trunc('hour', interval_start_utc)
