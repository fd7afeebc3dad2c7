{{ config(partition_by='interval_start_utc') }}
-- One row per zone, market and hour: of the sources and feeds that price it, the one the precedence seed ranks first.
with ranked as (
    select
        prices.*,
        row_number() over (
            partition by prices.zone_id, prices.market_id, prices.interval_start_utc
            order by
                coalesce(precedence.precedence, 99),
                case when prices.price_per_mwh is null then 1 else 0 end,
                case when prices.energy_per_mwh is null then 1 else 0 end,
                prices.source_system, {{ feed_precedence('price', 'prices.feed') }}, prices.feed
        ) as source_rank
    from {{ ref('int_price__hourly') }} as prices
    left join {{ ref('source_precedence') }} as precedence
        on precedence.subject = 'price'
        and prices.region_id = precedence.region_id
        and prices.source_system = precedence.source_system
    where prices.interval_start_utc >= {{ lake_start() }} and prices.interval_start_utc < {{ lake_end() }}
)

select
    prices.zone_id, prices.region_id, prices.market_id, prices.interval_start_utc, calendar.interval_end_utc,
    calendar.local_date, calendar.local_hour, prices.price_per_mwh, prices.energy_per_mwh, prices.congestion_per_mwh,
    prices.loss_per_mwh, prices.currency, prices.is_final, prices.source_system, prices.data_quality_score, prices.validation_flags
from ranked as prices
inner join {{ ref('regions') }} as regions on prices.region_id = regions.region_id
inner join {{ ref('int_calendar__hour') }} as calendar
    on regions.timezone = calendar.timezone
    and prices.interval_start_utc = calendar.interval_start_utc
where prices.source_rank = 1
