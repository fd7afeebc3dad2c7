{{ config(partition_by='interval_start_utc') }}
-- Every vintage of every operator's load forecast. Where the source tells no issue time, the day-ahead deadline
-- (10:00 local on the day before) is assumed and said so; a file that names the first day it forecasts was issued by that
-- day's deadline, also for the days after.
with zones as (
    select * from {{ ref('feed_zones') }}
),

received as (
    select
        received.*,
        coalesce(zones.zone_id, {{ zone_of('received.region_id', 'received.source_code') }}) as zone_id
    from {{ ref('int_load_forecast__received') }} as received
    left join zones
        on received.feed = zones.feed
        and received.region_id = zones.region_id
        and received.source_code = zones.source_code
    where {{ in_lake_months('received.month') }}
),

typical as (
    select feed, zone_id, date_trunc('month', interval_start_utc) as month_start, median(load_forecast_mw) as typical_load_mw
    from received
    where interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
    group by feed, zone_id, date_trunc('month', interval_start_utc)
),

placed as (
    select
        received.*,
        typical.typical_load_mw,
        coalesce(payloads.is_superseded, false) as is_superseded,
        received.published_at_utc is null as issue_is_assumed,
        coalesce(
            received.published_at_utc,
            {{ smaller() }}(
                calendar.day_ahead_cutoff_utc,
                coalesce(
                    {{ from_local_time("received.first_day_start - interval '14 hours'", 'regions.timezone') }},
                    calendar.day_ahead_cutoff_utc
                )
            )
        ) as issued_at_utc,
        calendar.day_ahead_cutoff_utc
    from received
    inner join {{ ref('regions') }} as regions on received.region_id = regions.region_id
    inner join {{ ref('int_calendar__hour') }} as calendar
        on regions.timezone = calendar.timezone
        and date_trunc('hour', received.interval_start_utc) = calendar.interval_start_utc
    left join typical
        on received.feed = typical.feed
        and received.zone_id = typical.zone_id
        and date_trunc('month', received.interval_start_utc) = typical.month_start
    {{ join_payloads('received') }}
    where received.interval_start_utc >= {{ lake_start() }} and received.interval_start_utc < {{ lake_end() }}
),

{{ ranked_revisions('placed', ['feed', 'zone_id', 'interval_start_utc', 'issued_at_utc']) }}

select
    feed, source_system, region_id, zone_id, interval_start_utc, interval_end_utc, issued_at_utc, issue_is_assumed,
    load_forecast_text, load_forecast_mw, repair_code, is_superseded,
    revision_rank,
    -- The vintage a day-ahead user had: the latest one issued by 10:00 local on the day before.
    issued_at_utc <= day_ahead_cutoff_utc as is_day_ahead,
    {{ verdicts('load_forecast') }},
    {{ lineage_columns() }}
from ranked
