{{ config(partition_by='interval_start_utc') }}
-- The operator's load forecast as it stood at 10:00 local on the day before, whatever later verdicts say of it.
with vintages as (
    select
        forecasts.*,
        row_number() over (
            partition by forecasts.zone_id, forecasts.interval_start_utc
            order by
                coalesce(precedence.precedence, 99) asc, forecasts.source_system asc,
                {{ feed_precedence('load_forecast', 'forecasts.feed') }} asc, forecasts.feed asc,
                forecasts.issued_at_utc desc, forecasts.revision_rank asc
        ) as vintage_rank
    from {{ ref('int_load_forecast__vintage') }} as forecasts
    left join {{ ref('source_precedence') }} as precedence
        on precedence.subject = 'load'
        and forecasts.region_id = precedence.region_id
        and forecasts.source_system = precedence.source_system
    where forecasts.is_day_ahead and forecasts.load_forecast_mw > 0
        and forecasts.interval_start_utc >= {{ lake_start() }} and forecasts.interval_start_utc < {{ lake_end() }}
)

select
    zone_id, region_id, date_trunc('hour', interval_start_utc) as interval_start_utc, avg(load_forecast_mw) as operator_forecast_mw,
    {{ hour_after('max(issued_at_utc)') }} as known_at_utc,
    max(case when issue_is_assumed then 1 else 0 end) = 1 as operator_forecast_issue_is_assumed
from vintages
where vintage_rank = 1
group by zone_id, region_id, date_trunc('hour', interval_start_utc)
