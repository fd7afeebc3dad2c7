{{ config(partition_by='day_start', reach_back=1, reach_forward=1) }}
select
    subject, feed, source_system, region_id, entity_id as zone_id, local_date, expected_intervals, received_intervals,
    hole_intervals,
    case when expected_intervals > 0 then 100.0 * (expected_intervals - hole_intervals) / expected_intervals end as completeness_pct,
    rows_total, rows_quarantined, rows_flagged, data_quality_score, day_start
from {{ ref('int_completeness__daily') }}
where day_start >= {{ lake_start() }} and day_start < {{ lake_end() }}
