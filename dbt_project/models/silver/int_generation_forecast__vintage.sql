{{ config(partition_by='interval_start_utc') }}
-- Every vintage of every operator's forecast of solar and wind. Where the source tells no issue time, the day-ahead
-- deadline (10:00 local on the day before) is assumed and said so.
with placed as (
    select
        received.*,
        {{ zone_of('received.region_id', 'received.source_code') }} as zone_id,
        coalesce(fuels.fuel_id, own_fuels.fuel_id, 'other') as fuel_id,
        coalesce(payloads.is_superseded, false) as is_superseded,
        received.published_at_utc is null as issue_is_assumed,
        coalesce(received.published_at_utc, calendar.day_ahead_cutoff_utc) as issued_at_utc,
        calendar.day_ahead_cutoff_utc
    from {{ ref('int_generation_forecast__received') }} as received
    inner join {{ ref('regions') }} as regions on received.region_id = regions.region_id
    inner join {{ ref('int_calendar__hour') }} as calendar
        on regions.timezone = calendar.timezone
        and date_trunc('hour', received.interval_start_utc) = calendar.interval_start_utc
    left join {{ ref('feed_fuels') }} as fuels
        on received.source_system = fuels.source_system
        and received.source_fuel = fuels.source_fuel
    left join {{ ref('fuels') }} as own_fuels on received.source_fuel = own_fuels.fuel_id
    {{ join_payloads('received') }}
    where {{ in_lake_months('received.month') }}
        and received.interval_start_utc >= {{ lake_start() }} and received.interval_start_utc < {{ lake_end() }}
),

{{ ranked_revisions('placed', ['feed', 'zone_id', 'fuel_id', 'interval_start_utc', 'issued_at_utc']) }}

select
    feed, source_system, region_id, zone_id, fuel_id, interval_start_utc, interval_end_utc, issued_at_utc, issue_is_assumed,
    forecast_text, generation_forecast_mw, repair_code, is_superseded, revision_rank,
    issued_at_utc <= day_ahead_cutoff_utc as is_day_ahead,
    {{ verdicts('generation_forecast') }},
    {{ lineage_columns() }}
from ranked
