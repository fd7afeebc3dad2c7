{{ config(partition_by='interval_start_utc') }}
-- The time-weighted mean of the valid intervals that begin in the hour, of the source that tells most of it.
with samples as (
    select
        *,
        date_trunc('hour', interval_start_utc) as hour_start,
        {{ seconds_between('interval_start_utc', 'interval_end_utc') }} as seconds
    from {{ ref('int_ancillary_price__sample') }}
    where revision_rank = 1
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
),

hours as (
    select
        zone_id, market_id, product, currency, region_id, feed, source_system, hour_start,
        sum(case when not is_quarantined then price_per_mwh * seconds end)
            / nullif(sum(case when not is_quarantined and price_per_mwh is not null then seconds end), 0) as price_per_mwh,
        sum(case when not is_quarantined then seconds else 0 end) as valid_seconds,
        avg(data_quality_score) as data_quality_score,
        {{ merge_flags('validation_flags') }} as validation_flags
    from samples
    group by zone_id, market_id, product, currency, region_id, feed, source_system, hour_start
),

ranked as (
    select
        *,
        row_number() over (
            partition by zone_id, market_id, product, hour_start
            order by valid_seconds desc, source_system asc, {{ feed_precedence('ancillary_price', 'feed') }} asc, feed asc
        ) as source_rank
    from hours
)

select
    hours.zone_id, hours.market_id, hours.product, hours.region_id, calendar.interval_start_utc, calendar.interval_end_utc, calendar.local_date, calendar.local_hour,
    hours.price_per_mwh, hours.currency, hours.source_system, hours.data_quality_score, hours.validation_flags
from ranked as hours
inner join {{ ref('regions') }} as regions on hours.region_id = regions.region_id
inner join {{ ref('int_calendar__hour') }} as calendar
    on regions.timezone = calendar.timezone
    and hours.hour_start = calendar.interval_start_utc
where hours.source_rank = 1
