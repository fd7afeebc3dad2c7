{{ config(partition_by='interval_start_utc') }}
-- The current revision; where several feeds tell the same, the better scored.
with ranked as (
    select
        *,
        row_number() over (
            partition by asset_id, point, interval_start_utc
            order by data_quality_score desc, source_system asc, {{ feed_precedence('scada', 'feed') }} asc, feed asc
        ) as source_rank
    from {{ ref('int_scada__sample') }}
    where revision_rank = 1
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
)

select
    asset_id, point, region_id, interval_start_utc, interval_end_utc,
    case when not is_quarantined then point_value end as point_value,
    quality_code, source_system, data_quality_score, validation_flags
from ranked
where source_rank = 1
