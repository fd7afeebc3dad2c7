{{ config(partition_by='interval_start_utc') }}
with ranked as (
    select
        samples.*,
        row_number() over (
            partition by samples.zone_id, samples.interval_start_utc
            order by coalesce(precedence.precedence, 99), samples.interval_minutes, samples.source_system,
                {{ feed_precedence('load', 'samples.feed') }}, samples.feed
        ) as source_rank
    from {{ ref('int_load__sample') }} as samples
    left join {{ ref('source_precedence') }} as precedence
        on precedence.subject = 'load'
        and samples.region_id = precedence.region_id
        and samples.source_system = precedence.source_system
    where samples.revision_rank = 1 and samples.interval_minutes < 60
        and samples.interval_start_utc >= {{ lake_start() }} and samples.interval_start_utc < {{ lake_end() }}
),

-- An operator that prints irregular samples between its regular ones (NYISO) would be counted twice by lengths: a sample holds until the
-- next one of its hour, and no longer than its own interval.
held as (
    select
        *,
        lead(interval_start_utc, 1, date_trunc('hour', interval_start_utc) + interval '1 hour') over (
            partition by zone_id, date_trunc('hour', interval_start_utc) order by interval_start_utc
        ) as next_start
    from ranked
    where source_rank = 1
)

select
    zone_id, region_id, interval_start_utc, interval_minutes,
    {{ smaller() }}(interval_minutes, {{ seconds_between('interval_start_utc', 'next_start') }} / 60.0) as held_minutes,
    case when not is_quarantined then load_mw end as load_mw,
    is_final, feed, source_system, data_quality_score, validation_flags
from held
