{{ config(partition_by='interval_start_utc') }}
-- The operator's forecast as it stood at 10:00 local on the day before delivery, one row per feed, zone and hour.
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
    feed, source_system, region_id, zone_id, interval_start_utc,
    load_forecast_mw as operator_forecast_mw,
    issued_at_utc as operator_forecast_issued_at_utc,
    issue_is_assumed as operator_forecast_issue_is_assumed
from eligible
where vintage_rank = 1
