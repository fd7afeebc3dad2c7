{{ config(partition_by='interval_start_utc') }}
-- An hour's load as it was first told, and when that was: what a forecast of the past could have known. Corrections that
-- came later are no part of it, nor are verdicts that look at a whole month.
with samples as (
    select
        loads.feed, loads.source_system, loads.region_id, loads.zone_id, loads.interval_start_utc, loads.interval_minutes,
        loads.load_mw, loads.revision_rank, loads.published_at_utc is null as known_is_assumed,
        {{ known_instant('loads.published_at_utc', add_minutes('loads.interval_start_utc', 'loads.interval_minutes')) }} as known_at_utc
    from {{ ref('int_load__sample') }} as loads
    left join {{ ref('known_latency') }} as own on own.subject = 'load' and loads.feed = own.feed
    left join {{ ref('known_latency') }} as general on general.subject = 'load' and general.feed = '*'
    where loads.load_mw > 0
        and loads.interval_start_utc >= {{ lake_start() }} and loads.interval_start_utc < {{ lake_end() }}
),

first_told as (
    select
        feed, source_system, region_id, zone_id, interval_start_utc,
        min_by(load_mw, {{ first_known_order('known_at_utc', 'revision_rank') }}) as load_mw,
        min(interval_minutes) as interval_minutes,
        min(known_at_utc) as known_at_utc,
        max(case when known_is_assumed then 1 else 0 end) as known_is_assumed
    from samples
    group by feed, source_system, region_id, zone_id, interval_start_utc
),

zone_hours as (
    select
        feed, source_system, region_id, zone_id, date_trunc('hour', interval_start_utc) as hour_start,
        sum(load_mw * interval_minutes) / sum(interval_minutes) as load_mw,
        max(known_at_utc) as known_at_utc,
        max(known_is_assumed) as known_is_assumed
    from first_told
    group by feed, source_system, region_id, zone_id, date_trunc('hour', interval_start_utc)
    having sum(interval_minutes) >= 30
),

zone_counts as (
    select feed, region_id, count(*) as zones
    from {{ ref('feed_zones') }}
    group by feed, region_id
    having count(*) > 1
),

-- A feed without a total gets one where all its zones are known, from when the last of them is.
totals as (
    select
        zone_hours.feed, zone_hours.source_system, zone_hours.region_id, zone_hours.region_id || '.TOTAL' as zone_id,
        zone_hours.hour_start, sum(zone_hours.load_mw) as load_mw, max(zone_hours.known_at_utc) as known_at_utc,
        max(zone_hours.known_is_assumed) as known_is_assumed
    from zone_hours
    inner join zone_counts
        on zone_hours.feed = zone_counts.feed
        and zone_hours.region_id = zone_counts.region_id
    inner join {{ ref('feed_zones') }} as zones
        on zone_hours.feed = zones.feed
        and zone_hours.zone_id = zones.zone_id
    group by zone_hours.feed, zone_hours.source_system, zone_hours.region_id, zone_hours.hour_start
    having count(*) = max(zone_counts.zones)
),

all_hours as (
    select * from zone_hours
    union all
    select * from totals
),

-- Of several sources the one that told first; where they did at once, the one the precedence seed ranks first.
ranked as (
    select
        all_hours.*,
        row_number() over (
            partition by all_hours.zone_id, all_hours.hour_start
            order by
                {{ hour_after('all_hours.known_at_utc') }} asc, coalesce(precedence.precedence, 99) asc,
                {{ feed_precedence('load', 'all_hours.feed') }} asc, all_hours.feed asc
        ) as source_rank
    from all_hours
    left join {{ ref('source_precedence') }} as precedence
        on precedence.subject = 'load'
        and all_hours.region_id = precedence.region_id
        and all_hours.source_system = precedence.source_system
)

select
    zone_id, region_id, hour_start as interval_start_utc, load_mw,
    {{ larger() }}({{ hour_after('known_at_utc') }}, hour_start + interval '1 hour') as known_at_utc,
    known_is_assumed = 1 as known_is_assumed, source_system, feed
from ranked
where source_rank = 1
