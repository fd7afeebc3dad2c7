{{ config(partition_by='interval_start_utc') }}
-- A region's deviation from nominal frequency by hour (50 or 60 Hz, whichever is near), as first told, and when that was.
with samples as (
    select
        frequency.region_id, frequency.source_code, frequency.interval_start_utc,
        frequency.frequency_hz - case when frequency.frequency_hz < 55 then 50 else 60 end as deviation_hz,
        frequency.revision_rank,
        {{ known_instant('frequency.published_at_utc', 'frequency.interval_end_utc') }} as known_at_utc
    from {{ ref('int_frequency__sample') }} as frequency
    left join {{ ref('known_latency') }} as own on own.subject = 'frequency' and frequency.feed = own.feed
    left join {{ ref('known_latency') }} as general on general.subject = 'frequency' and general.feed = '*'
    where not frequency.is_quarantined and frequency.frequency_hz is not null
        and frequency.interval_start_utc >= {{ lake_start() }} and frequency.interval_start_utc < {{ lake_end() }}
),

first_told as (
    select
        region_id, source_code, interval_start_utc,
        min_by(deviation_hz, {{ first_known_order('known_at_utc', 'revision_rank') }}) as deviation_hz,
        min(known_at_utc) as known_at_utc
    from samples
    group by region_id, source_code, interval_start_utc
)

select
    region_id, date_trunc('hour', interval_start_utc) as interval_start_utc,
    avg(deviation_hz) as deviation_hz, max(abs(deviation_hz)) as max_deviation_hz,
    max(deviation_hz) - min(deviation_hz) as range_hz,
    {{ larger() }}({{ hour_after('max(known_at_utc)') }}, date_trunc('hour', interval_start_utc) + interval '1 hour') as known_at_utc
from first_told
group by region_id, date_trunc('hour', interval_start_utc)
