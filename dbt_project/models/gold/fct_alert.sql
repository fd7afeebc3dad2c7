{{ config(partition_by='interval_start_utc') }}
-- The current revision; where several feeds tell the same, the better scored.
with ranked as (
    select
        *,
        row_number() over (
            partition by alert_id, interval_start_utc
            order by data_quality_score desc, source_system asc, {{ feed_precedence('alert', 'feed') }} asc, feed asc
        ) as source_rank
    from {{ ref('int_alert__sample') }}
    where revision_rank = 1
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
)

select
    alert_id, region_id, interval_start_utc, interval_end_utc, level, message, source_system, data_quality_score, validation_flags
from ranked
where source_rank = 1
