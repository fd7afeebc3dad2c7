{{ config(partition_by='interval_start_utc') }}
-- One row per region, fuel and hour. All fuels of an hour come from one source: the one the precedence seed ranks first,
-- else the one that tells most fuels, so that a mix never adds two sources' accounts. What a source tells as the total is no fuel:
-- it stands in fct_balance_hourly.
with hours as (
    select * from {{ ref('int_generation__hourly') }}
    where interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }} and fuel_id <> 'total'
),

sources as (
    select
        hours.region_id, hours.interval_start_utc, hours.source_system, hours.feed,
        row_number() over (
            partition by hours.region_id, hours.interval_start_utc
            order by
                coalesce(min(precedence.precedence), 99) asc, count(hours.generation_mw) desc, hours.source_system asc,
                {{ feed_precedence('generation', 'hours.feed') }} asc, hours.feed asc
        ) as source_rank
    from hours
    left join {{ ref('source_precedence') }} as precedence
        on precedence.subject = 'generation'
        and hours.region_id = precedence.region_id
        and hours.source_system = precedence.source_system
    group by hours.region_id, hours.interval_start_utc, hours.source_system, hours.feed
),

-- Feeds of the same source complete one another (wind in one file, the sun in the next); each fuel from one feed.
chosen as (
    select
        hours.*,
        row_number() over (
            partition by hours.region_id, hours.fuel_id, hours.interval_start_utc order by own.source_rank
        ) as feed_rank
    from hours
    inner join sources as own
        on hours.region_id = own.region_id
        and hours.interval_start_utc = own.interval_start_utc
        and hours.feed = own.feed
    inner join sources as best
        on hours.region_id = best.region_id
        and hours.interval_start_utc = best.interval_start_utc
        and hours.source_system = best.source_system
        and best.source_rank = 1
)

select
    generation.region_id, generation.fuel_id, generation.interval_start_utc, calendar.interval_end_utc,
    calendar.local_date, calendar.local_hour, generation.generation_mw, forecasts.operator_forecast_mw,
    generation.source_system, generation.data_quality_score, generation.validation_flags
from chosen as generation
inner join {{ ref('regions') }} as regions on generation.region_id = regions.region_id
inner join {{ ref('int_calendar__hour') }} as calendar
    on regions.timezone = calendar.timezone
    and generation.interval_start_utc = calendar.interval_start_utc
left join {{ ref('int_generation_forecast__hourly') }} as forecasts
    on generation.region_id = forecasts.region_id
    and generation.fuel_id = forecasts.fuel_id
    and generation.interval_start_utc = forecasts.interval_start_utc
where generation.feed_rank = 1
