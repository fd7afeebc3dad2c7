{{ config(partition_by='known_at_utc', reach_back=1, reach_forward=3) }}
-- What a price forecast may know of a zone at a full hour. `price` is the market that a zone's prices are told for first in the
-- order day-ahead, real-time, others; day-ahead prices are known before their hour. Spreads set the two markets side by side.
{% set history_days = newest_days() + 30 %}
with told as (
    select *, zone_id || '|' || market_id as price_id
    from {{ ref('int_price__known_hourly') }}
    where interval_start_utc >= {{ lake_start() }} - interval '{{ history_days }} days'
        and interval_start_utc < {{ lake_end() }} + interval '4 days'
),

in_order as (
    {{ known_in_order('told', 'price_id', 24 * 30) }}
),

hours as (
    {{ every_hour('in_order', 'price_id') }}
),

placed as (
    select
        hours.price_id, hours.interval_start_utc, in_order.zone_id, in_order.region_id, in_order.market_id, in_order.known_at_utc,
        in_order.known_is_assumed, in_order.source_system, in_order.currency, in_order.price_per_mwh, in_order.congestion_per_mwh,
        in_order.loss_per_mwh
    from hours
    left join in_order
        on hours.price_id = in_order.price_id
        and hours.interval_start_utc = in_order.interval_start_utc
),

described as (
    select
        *,
        {{ lag_columns('price_per_mwh', 'price_id', 'price', '_per_mwh') }},
        {{ window_columns('price_per_mwh', 'price_id', 'price', '_per_mwh') }},
        avg(congestion_per_mwh) over (
            partition by price_id order by interval_start_utc rows between 23 preceding and current row
        ) as congestion_mean_24h_per_mwh,
        100.0 * avg(case when price_per_mwh < 0 then 1 when price_per_mwh is not null then 0 end) over (
            partition by price_id order by interval_start_utc rows between 167 preceding and current row
        ) as negative_price_share_7d_pct
    from placed
),

known as (
    {{ while_newest('described', 'price_id', newest_days()) }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by zone_id, hour_known_utc
            order by case market_id when 'DAM' then 0 when 'RTM' then 1 when 'HOEP' then 2 when 'FMM' then 3 else 4 end, market_id
        ) as market_rank
    from known
),

-- Day-ahead and real-time of the same hours, by when the later of them was known.
pairs as (
    select
        real_time.zone_id, real_time.interval_start_utc,
        {{ larger() }}(real_time.known_at_utc, day_ahead.known_at_utc) as known_at_utc,
        day_ahead.price_per_mwh - real_time.price_per_mwh as spread_per_mwh
    from in_order as real_time
    inner join in_order as day_ahead
        on real_time.zone_id = day_ahead.zone_id
        and real_time.interval_start_utc = day_ahead.interval_start_utc
        and day_ahead.market_id = 'DAM'
    where real_time.market_id = 'RTM'
),

pairs_in_order as (
    {{ known_in_order('pairs', 'zone_id', 24 * 30) }}
),

pair_hours as (
    {{ every_hour('pairs_in_order', 'zone_id') }}
),

spreads_placed as (
    select pair_hours.zone_id, pair_hours.interval_start_utc, pairs_in_order.known_at_utc, pairs_in_order.spread_per_mwh
    from pair_hours
    left join pairs_in_order
        on pair_hours.zone_id = pairs_in_order.zone_id
        and pair_hours.interval_start_utc = pairs_in_order.interval_start_utc
),

spreads_described as (
    select
        zone_id, interval_start_utc, known_at_utc, spread_per_mwh as spread_last_per_mwh,
        avg(spread_per_mwh) over (
            partition by zone_id order by interval_start_utc rows between 23 preceding and current row
        ) as spread_mean_24h_per_mwh,
        avg(spread_per_mwh) over (
            partition by zone_id order by interval_start_utc rows between 167 preceding and current row
        ) as spread_mean_7d_per_mwh,
        stddev_samp(spread_per_mwh) over (
            partition by zone_id order by interval_start_utc rows between 167 preceding and current row
        ) as spread_std_7d_per_mwh
    from spreads_placed
),

spreads as (
    {{ while_newest('spreads_described', 'zone_id', newest_days()) }}
)

select
    known.zone_id, known.region_id, known.hour_known_utc as known_at_utc, known.market_id, known.currency,
    known.interval_start_utc as newest_interval_start_utc,
    {{ seconds_between("known.interval_start_utc + interval '1 hour'", 'known.hour_known_utc') }} / 3600.0 as age_hours,
    known.known_is_assumed, known.source_system,
    {% for name in value_column_names('price', '_per_mwh') %}
    known.{{ name }},
    {% endfor %}
    known.price_per_mwh - known.price_lag_3h_per_mwh as price_ramp_2h_per_mwh,
    known.price_lag_1h_per_mwh - known.price_lag_24h_per_mwh as price_change_23h_per_mwh,
    known.price_per_mwh / nullif(known.price_mean_24h_per_mwh, 0) as price_ratio_24h,
    known.price_per_mwh / nullif(known.price_mean_7d_per_mwh, 0) as price_ratio_7d,
    known.price_mean_24h_per_mwh / nullif(known.price_mean_7d_per_mwh, 0) as price_ratio_24h_7d,
    known.price_mean_7d_per_mwh / nullif(known.price_mean_30d_per_mwh, 0) as price_ratio_7d_30d,
    known.price_std_24h_per_mwh / nullif(abs(known.price_mean_24h_per_mwh), 0) as price_volatility_24h,
    known.price_std_7d_per_mwh / nullif(abs(known.price_mean_7d_per_mwh), 0) as price_volatility_7d,
    known.price_std_30d_per_mwh / nullif(abs(known.price_mean_30d_per_mwh), 0) as price_volatility_30d,
    known.price_max_24h_per_mwh - known.price_min_24h_per_mwh as price_range_24h_per_mwh,
    (known.price_per_mwh - known.price_mean_7d_per_mwh) / nullif(known.price_std_7d_per_mwh, 0) as price_z_score_7d,
    known.negative_price_share_7d_pct, known.congestion_per_mwh as congestion_last_per_mwh, known.congestion_mean_24h_per_mwh,
    known.loss_per_mwh as loss_last_per_mwh,
    known.congestion_per_mwh / nullif(known.price_per_mwh, 0) as congestion_share,
    spreads.spread_last_per_mwh, spreads.spread_mean_24h_per_mwh, spreads.spread_mean_7d_per_mwh, spreads.spread_std_7d_per_mwh,
    region.load_last_mw, region.load_mean_24h_mw, region.load_mean_7d_mw,
    region.load_last_mw / nullif(region.load_mean_7d_mw, 0) as load_ratio_7d,
    known.price_per_mwh / nullif(region.load_last_mw, 0) * 1000 as price_per_load_per_mwh_per_gw,
    {{ weather_columns() }},
    {{ frequency_columns() }},
    {{ calendar_columns() }}
from ranked as known
{{ calendar_joins('known', 'hour_known_utc') }}
left join spreads
    on known.zone_id = spreads.zone_id
    and known.hour_known_utc = spreads.hour_known_utc
left join {{ ref('int_region__as_known') }} as region
    on known.region_id = region.region_id
    and known.hour_known_utc = region.known_at_utc
where known.market_rank = 1
