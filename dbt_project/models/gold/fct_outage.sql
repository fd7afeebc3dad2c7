with states as (
    select *, {{ from_epoch_seconds('outage_start') }} as started_at_utc
    from {{ ref('int_outage__history') }}
),

mapped as (
    select
        source_system || '.' || outage_number as outage_id,
        'CAISO' as region_id,
        max(place) as place,
        min(started_at_utc) as started_at_utc,
        max(ended_at_utc) as ended_at_utc, min(first_seen_utc) as first_seen_utc, max(last_seen_utc) as last_seen_utc,
        max({{ to_number('customers') }}) as customers_affected, cast(null as double) as demand_loss_mw,
        max(cause) as cause, count(*) as versions,
        max({{ to_number('latitude') }}) as latitude, max({{ to_number('longitude') }}) as longitude, source_system
    from states
    group by source_system, outage_number
),

events as (
    select
        events.source_system || '.' || events.event || '.' || events.state as outage_id,
        cast(null as varchar) as region_id, events.state_name as place, events.started_at_utc, events.restored_at_utc,
        cast(null as timestamp) as first_seen_utc, cast(null as timestamp) as last_seen_utc,
        {{ to_number('events.customers') }} as customers_affected, {{ to_number('events.demand_loss') }} as demand_loss_mw,
        coalesce(nullif(trim(events.cause_detail), 'NA'), events.cause) as cause, cast(1 as bigint) as versions,
        cast(null as double) as latitude, cast(null as double) as longitude, events.source_system,
        row_number() over (
            partition by events.source_system, events.event, events.state order by events.payload_sha256 desc, events.row_number desc
        ) as told_rank
    from {{ ref('stg_outage__us_events') }} as events
),

outages as (
    select * from mapped
    union all
    select
        outage_id, region_id, place, started_at_utc, restored_at_utc, first_seen_utc, last_seen_utc, customers_affected,
        demand_loss_mw, cause, versions, latitude, longitude, source_system
    from events
    where told_rank = 1
)

select
    outage_id, region_id, place, started_at_utc, ended_at_utc, first_seen_utc, last_seen_utc,
    {{ seconds_between('started_at_utc', 'ended_at_utc') }} / 60.0 as duration_minutes,
    customers_affected, demand_loss_mw, cause, versions, latitude, longitude, source_system
from outages
