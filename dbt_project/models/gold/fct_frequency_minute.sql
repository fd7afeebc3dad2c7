{{ config(partition_by='interval_start_utc') }}
select
    region_id, source_code, date_trunc('minute', interval_start_utc) as interval_start_utc,
    avg(case when not is_quarantined then frequency_hz end) as frequency_hz,
    min(case when not is_quarantined then frequency_hz end) as minimum_hz,
    max(case when not is_quarantined then frequency_hz end) as maximum_hz,
    cast(sum(case when is_quarantined then 0 else 1 end) as bigint) as samples,
    max(source_system) as source_system,
    avg(data_quality_score) as data_quality_score,
    {{ merge_flags('validation_flags') }} as validation_flags
from {{ ref('int_frequency__sample') }}
where revision_rank = 1
    and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
group by region_id, source_code, date_trunc('minute', interval_start_utc)
