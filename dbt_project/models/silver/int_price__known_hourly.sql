{{ config(partition_by='interval_start_utc') }}
-- An hour's price as it was first told, and when that was; day-ahead prices are known before their hour.
with samples as (
    select
        prices.feed, prices.source_system, prices.region_id, prices.zone_id, prices.market_id, prices.interval_start_utc,
        {{ seconds_between('prices.interval_start_utc', 'prices.interval_end_utc') }} as seconds,
        prices.price_per_mwh, prices.congestion_per_mwh, prices.loss_per_mwh, prices.revision_rank, prices.currency,
        prices.published_at_utc is null as known_is_assumed,
        coalesce(
            {{ known_instant('prices.published_at_utc', 'prices.interval_end_utc', 'calendar.day_ahead_cutoff_utc', measured=false) }},
            prices.interval_end_utc
        ) as known_at_utc
    from {{ ref('int_price__sample') }} as prices
    inner join {{ ref('regions') }} as regions on prices.region_id = regions.region_id
    inner join {{ ref('int_calendar__hour') }} as calendar
        on regions.timezone = calendar.timezone
        and date_trunc('hour', prices.interval_start_utc) = calendar.interval_start_utc
    left join {{ ref('known_latency') }} as own
        on own.subject = 'price' and prices.feed = own.feed and prices.market_id = own.market_id
    left join {{ ref('known_latency') }} as general
        on general.subject = 'price' and general.feed = '*'
        and general.market_id = case when prices.market_id = 'DAM' then 'DAM' else '*' end
    where prices.price_per_mwh is not null and not prices.is_quarantined
        and prices.interval_start_utc >= {{ lake_start() }} and prices.interval_start_utc < {{ lake_end() }}
),

{% set order = first_known_order('known_at_utc', 'revision_rank') %}
first_told as (
    select
        feed, source_system, region_id, zone_id, market_id, currency, interval_start_utc,
        min_by(price_per_mwh, {{ order }}) as price_per_mwh,
        min_by(coalesce(congestion_per_mwh, 0), {{ order }}) as congestion_per_mwh,
        min_by(coalesce(loss_per_mwh, 0), {{ order }}) as loss_per_mwh,
        max(case when congestion_per_mwh is null then 0 else 1 end) as has_parts,
        min(seconds) as seconds, min(known_at_utc) as known_at_utc,
        max(case when known_is_assumed then 1 else 0 end) as known_is_assumed
    from samples
    group by feed, source_system, region_id, zone_id, market_id, currency, interval_start_utc
),

hours as (
    select
        feed, source_system, region_id, zone_id, market_id, currency, date_trunc('hour', interval_start_utc) as hour_start,
        sum(price_per_mwh * seconds) / sum(seconds) as price_per_mwh,
        case when min(has_parts) = 1 then sum(congestion_per_mwh * seconds) / sum(seconds) end as congestion_per_mwh,
        case when min(has_parts) = 1 then sum(loss_per_mwh * seconds) / sum(seconds) end as loss_per_mwh,
        max(known_at_utc) as known_at_utc, max(known_is_assumed) as known_is_assumed
    from first_told
    group by feed, source_system, region_id, zone_id, market_id, currency, date_trunc('hour', interval_start_utc)
    having sum(seconds) >= 1800
),

ranked as (
    select
        hours.*,
        row_number() over (
            partition by hours.zone_id, hours.market_id, hours.hour_start
            order by {{ hour_after('hours.known_at_utc') }} asc, coalesce(precedence.precedence, 99) asc,
                {{ feed_precedence('price', 'hours.feed') }} asc, hours.feed asc, hours.currency asc
        ) as source_rank
    from hours
    left join {{ ref('source_precedence') }} as precedence
        on precedence.subject = 'price'
        and hours.region_id = precedence.region_id
        and hours.source_system = precedence.source_system
)

select
    zone_id, region_id, market_id, hour_start as interval_start_utc, price_per_mwh, congestion_per_mwh, loss_per_mwh, currency,
    case
        when market_id = 'DAM' then {{ hour_after('known_at_utc') }}
        else {{ larger() }}({{ hour_after('known_at_utc') }}, hour_start + interval '1 hour')
    end as known_at_utc,
    known_is_assumed = 1 as known_is_assumed, source_system, feed
from ranked
where source_rank = 1
