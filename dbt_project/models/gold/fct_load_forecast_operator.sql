{{ config(partition_by='interval_start_utc') }}
with ranked as (
    select
        vintages.*,
        row_number() over (
            partition by vintages.zone_id, vintages.issued_at_utc, vintages.interval_start_utc
            order by coalesce(precedence.precedence, 99), vintages.source_system,
                {{ feed_precedence('load_forecast', 'vintages.feed') }}, vintages.feed
        ) as source_rank
    from {{ ref('int_load_forecast__vintage') }} as vintages
    left join {{ ref('source_precedence') }} as precedence
        on precedence.subject = 'load'
        and vintages.region_id = precedence.region_id
        and vintages.source_system = precedence.source_system
    where vintages.revision_rank = 1
        and vintages.interval_start_utc >= {{ lake_start() }} and vintages.interval_start_utc < {{ lake_end() }}
)

select
    zone_id, region_id, issued_at_utc, interval_start_utc, interval_end_utc,
    {{ seconds_between('issued_at_utc', 'interval_start_utc') }} / 3600.0 as lead_time_hours,
    case when not is_quarantined then load_forecast_mw end as operator_forecast_mw,
    issue_is_assumed as operator_forecast_issue_is_assumed,
    feed, source_system, data_quality_score, validation_flags
from ranked
where source_rank = 1
