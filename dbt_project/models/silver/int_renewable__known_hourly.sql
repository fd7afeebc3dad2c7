{{ config(partition_by='interval_start_utc') }}
-- An hour's solar and wind generation of a region as it was first told, and when that was.
with samples as (
    select
        generation.feed, generation.source_system, generation.region_id, generation.source_fuel, generation.interval_start_utc,
        case when generation.fuel_id = 'solar' then 'solar' else 'wind' end as technology,
        {{ seconds_between('generation.interval_start_utc', 'generation.interval_end_utc') }} as seconds,
        generation.generation_mw, generation.revision_rank, generation.published_at_utc is null as known_is_assumed,
        {{ known_instant('generation.published_at_utc', 'generation.interval_end_utc') }} as known_at_utc
    from {{ ref('int_generation__sample') }} as generation
    left join {{ ref('known_latency') }} as own on own.subject = 'generation' and generation.feed = own.feed
    left join {{ ref('known_latency') }} as general on general.subject = 'generation' and general.feed = '*'
    where generation.fuel_id in ('solar', 'wind_onshore', 'wind_offshore')
        and generation.generation_mw is not null and not generation.is_quarantined
        and generation.interval_start_utc >= {{ lake_start() }} and generation.interval_start_utc < {{ lake_end() }}
),

first_told as (
    select
        feed, source_system, region_id, source_fuel, technology, interval_start_utc,
        min_by(generation_mw, {{ first_known_order('known_at_utc', 'revision_rank') }}) as generation_mw,
        min(seconds) as seconds, min(known_at_utc) as known_at_utc,
        max(case when known_is_assumed then 1 else 0 end) as known_is_assumed
    from samples
    group by feed, source_system, region_id, source_fuel, technology, interval_start_utc
),

source_fuel_hours as (
    select
        feed, source_system, region_id, source_fuel, technology, date_trunc('hour', interval_start_utc) as hour_start,
        sum(generation_mw * seconds) / sum(seconds) as generation_mw,
        max(known_at_utc) as known_at_utc, max(known_is_assumed) as known_is_assumed
    from first_told
    group by feed, source_system, region_id, source_fuel, technology, date_trunc('hour', interval_start_utc)
    having sum(seconds) >= 1800
),

technology_hours as (
    select
        feed, source_system, region_id, technology, hour_start, sum(generation_mw) as generation_mw,
        max(known_at_utc) as known_at_utc, max(known_is_assumed) as known_is_assumed
    from source_fuel_hours
    group by feed, source_system, region_id, technology, hour_start
),

ranked as (
    select
        hours.*,
        row_number() over (
            partition by hours.region_id, hours.technology, hours.hour_start
            order by {{ hour_after('hours.known_at_utc') }} asc, coalesce(precedence.precedence, 99) asc,
                {{ feed_precedence('generation', 'hours.feed') }} asc, hours.feed asc
        ) as source_rank
    from technology_hours as hours
    left join {{ ref('source_precedence') }} as precedence
        on precedence.subject = 'generation'
        and hours.region_id = precedence.region_id
        and hours.source_system = precedence.source_system
)

select
    region_id, technology, hour_start as interval_start_utc, generation_mw,
    {{ larger() }}({{ hour_after('known_at_utc') }}, hour_start + interval '1 hour') as known_at_utc,
    known_is_assumed = 1 as known_is_assumed, source_system, feed
from ranked
where source_rank = 1
