{{ config(partition_by='interval_start_utc') }}
-- The time-weighted mean of the valid intervals that begin in the hour, of the source that tells most of it.
with samples as (
    select
        *,
        date_trunc('hour', interval_start_utc) as hour_start,
        {{ seconds_between('interval_start_utc', 'interval_end_utc') }} as seconds
    from {{ ref('int_interchange__sample') }}
    where revision_rank = 1
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
),

hours as (
    select
        region_id, source_code, kind, feed, source_system, hour_start,
        sum(case when not is_quarantined then interchange_mw * seconds end)
            / nullif(sum(case when not is_quarantined and interchange_mw is not null then seconds end), 0) as interchange_mw,
        sum(case when not is_quarantined then export_limit_mw * seconds end)
            / nullif(sum(case when not is_quarantined and export_limit_mw is not null then seconds end), 0) as export_limit_mw,
        sum(case when not is_quarantined then import_limit_mw * seconds end)
            / nullif(sum(case when not is_quarantined and import_limit_mw is not null then seconds end), 0) as import_limit_mw,
        sum(case when not is_quarantined then seconds else 0 end) as valid_seconds,
        avg(data_quality_score) as data_quality_score,
        {{ merge_flags('validation_flags') }} as validation_flags
    from samples
    group by region_id, source_code, kind, feed, source_system, hour_start
),

ranked as (
    select
        hours.*,
        row_number() over (
            partition by hours.region_id, hours.source_code, hours.kind, hours.hour_start
            order by
                hours.valid_seconds desc, coalesce(precedence.precedence, 99) asc, hours.source_system asc,
                {{ feed_precedence('interchange', 'hours.feed') }} asc, hours.feed asc
        ) as source_rank
    from hours
    left join {{ ref('source_precedence') }} as precedence
        on precedence.subject = 'interchange'
        and hours.region_id = precedence.region_id
        and hours.source_system = precedence.source_system
)

select
    hours.region_id, hours.source_code, hours.kind, calendar.interval_start_utc, calendar.interval_end_utc, calendar.local_date, calendar.local_hour,
    hours.interchange_mw, hours.export_limit_mw, hours.import_limit_mw, hours.source_system, hours.data_quality_score, hours.validation_flags
from ranked as hours
inner join {{ ref('regions') }} as regions on hours.region_id = regions.region_id
inner join {{ ref('int_calendar__hour') }} as calendar
    on regions.timezone = calendar.timezone
    and hours.hour_start = calendar.interval_start_utc
where hours.source_rank = 1
