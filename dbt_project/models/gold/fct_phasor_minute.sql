{{ config(partition_by='interval_start_utc') }}
-- Synchrophasor frames by minute: mean and extremes of the valid ones. An angle turns round at 180 degrees, so that its mean is that of
-- the directions, not of the numbers.
with minutes as (
    select
        pmu_id, region_id, date_trunc('minute', interval_start_utc) as interval_start_utc,
        avg(case when not is_quarantined then frequency_hz end) as frequency_hz,
        min(case when not is_quarantined then frequency_hz end) as minimum_hz,
        max(case when not is_quarantined then frequency_hz end) as maximum_hz,
        avg(case when not is_quarantined then voltage_kv end) as voltage_kv,
        min(case when not is_quarantined then voltage_kv end) as minimum_kv,
        max(case when not is_quarantined then voltage_kv end) as maximum_kv,
        avg(case when not is_quarantined then sin(radians(angle_deg)) end) as mean_sine,
        avg(case when not is_quarantined then cos(radians(angle_deg)) end) as mean_cosine,
        cast(sum(case when is_quarantined then 0 else 1 end) as bigint) as samples,
        max(source_system) as source_system,
        avg(data_quality_score) as data_quality_score,
        {{ merge_flags('validation_flags') }} as validation_flags
    from {{ ref('int_phasor__sample') }}
    where revision_rank = 1
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
    group by pmu_id, region_id, date_trunc('minute', interval_start_utc)
)

select
    pmu_id, region_id, interval_start_utc, interval_start_utc + interval '1 minute' as interval_end_utc, frequency_hz, minimum_hz, maximum_hz,
    voltage_kv, minimum_kv, maximum_kv, round(degrees(atan2(mean_sine, mean_cosine)), 6) as angle_deg, samples, source_system, data_quality_score,
    validation_flags
from minutes
