{{ config(tags=['post_forecast'], partition_by='interval_start_utc', reach_back=1, reach_forward=1) }}
-- One row per region and hour: what the grid did, what was forecast for it, what it cost and emitted.
with loads as (
    select loads.*
    from {{ ref('fct_load_hourly') }} as loads
    inner join {{ ref('dim_zone') }} as zones on loads.zone_id = zones.zone_id
    where zones.zone_type = 'system'
        and loads.interval_start_utc >= {{ lake_start() }} and loads.interval_start_utc < {{ lake_end() }}
),

-- The latest issue for an hour; a live forecast before a backtest of the same issue.
forecasts as (
    select
        *,
        row_number() over (
            partition by region_id, interval_start_utc
            order by issued_at_utc desc, case forecast_kind when 'model' then 0 when 'fallback' then 1 else 2 end asc, model_id asc
        ) as issue_rank
    from {{ ref('fct_forecast') }}
    where target = 'load' and zone_id = region_id || '.TOTAL' and forecast_kind in ('model', 'fallback', 'backtest')
),

latest_forecasts as (
    select * from forecasts where issue_rank = 1
),

-- Day-ahead prices where a region has them, else real-time: an unweighted mean over its zones, interfaces left out.
market_prices as (
    select
        prices.region_id, prices.interval_start_utc, prices.market_id, prices.currency, prices.source_system,
        avg(prices.price_per_mwh) as average_price_per_mwh,
        row_number() over (
            partition by prices.region_id, prices.interval_start_utc
            order by case prices.market_id when 'DAM' then 0 when 'RTM' then 1 else 2 end
        ) as market_rank
    from {{ ref('fct_price_hourly') }} as prices
    inner join {{ ref('dim_zone') }} as zones on prices.zone_id = zones.zone_id
    where zones.zone_type <> 'interface'
        and prices.interval_start_utc >= {{ lake_start() }} and prices.interval_start_utc < {{ lake_end() }}
    group by prices.region_id, prices.interval_start_utc, prices.market_id, prices.currency, prices.source_system
),

prices as (
    select * from market_prices where market_rank = 1
),

carbon as (
    select * from {{ ref('mart_carbon') }}
    where interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
),

hours as (
    select region_id, interval_start_utc from loads
    union
    select region_id, interval_start_utc from carbon
    union
    select region_id, interval_start_utc from prices
    union
    select region_id, interval_start_utc from latest_forecasts
)

select
    hours.region_id, hours.interval_start_utc, calendar.interval_end_utc, calendar.local_date, calendar.local_hour,
    loads.load_mw, loads.operator_forecast_mw,
    latest_forecasts.q0500 as forecast_mw, latest_forecasts.q0100 as forecast_q0100_mw, latest_forecasts.q0900 as forecast_q0900_mw,
    carbon.generation_mwh as generation_mw, carbon.renewable_mwh as renewable_mw, carbon.renewable_share_pct,
    prices.average_price_per_mwh, coalesce(prices.currency, regions.currency) as currency,
    carbon.carbon_intensity_kg_per_mwh, coalesce(loads.is_imputed, false) as is_load_imputed,
    coalesce(loads.source_system, carbon.source_system, prices.source_system, latest_forecasts.source_system) as source_system
from hours
inner join {{ ref('regions') }} as regions on hours.region_id = regions.region_id
inner join {{ ref('int_calendar__hour') }} as calendar
    on regions.timezone = calendar.timezone
    and hours.interval_start_utc = calendar.interval_start_utc
left join loads
    on hours.region_id = loads.region_id and hours.interval_start_utc = loads.interval_start_utc
left join latest_forecasts
    on hours.region_id = latest_forecasts.region_id and hours.interval_start_utc = latest_forecasts.interval_start_utc
left join prices
    on hours.region_id = prices.region_id and hours.interval_start_utc = prices.interval_start_utc
left join carbon
    on hours.region_id = carbon.region_id and hours.interval_start_utc = carbon.interval_start_utc
