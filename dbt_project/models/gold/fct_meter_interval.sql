{{ config(partition_by='interval_start_utc') }}
-- The current revision; where several feeds tell the same, the better scored.
with ranked as (
    select
        *,
        row_number() over (partition by meter_id, commodity, interval_start_utc order by data_quality_score desc, source_system asc, feed asc) as source_rank
    from {{ ref('int_meter__sample') }}
    where revision_rank = 1
        and {{ seconds_between('interval_start_utc', 'interval_end_utc') }} < 82800
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
)

select
    meter_id, commodity, region_id, interval_start_utc, interval_end_utc,
    case when not is_quarantined then energy_kwh end as energy_kwh,
    status, source_system, data_quality_score, validation_flags
from ranked
where source_rank = 1
