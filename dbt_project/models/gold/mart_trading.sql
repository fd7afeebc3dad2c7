{{ config(partition_by='day_start', reach_back=1, reach_forward=1) }}
-- Day-ahead against real-time by zone and local day, over the hours that have both. A position is one megawatt bought day-ahead and
-- sold in real time in every such hour (a virtual demand bid); its opposite earns the negative. The spark spread is the day-ahead price
-- less the assumed fuel of a gas plant (seed spark_assumptions): null for years and currencies without a gas price.
with hours as (
    select
        day_ahead.zone_id, day_ahead.region_id, day_ahead.local_date, day_ahead.currency, day_ahead.source_system,
        day_ahead.price_per_mwh as day_ahead_per_mwh, real_time.price_per_mwh as real_time_per_mwh
    from {{ ref('fct_price_hourly') }} as day_ahead
    left join {{ ref('fct_price_hourly') }} as real_time
        on day_ahead.zone_id = real_time.zone_id
        and day_ahead.interval_start_utc = real_time.interval_start_utc
        and day_ahead.currency = real_time.currency
        and real_time.market_id = 'RTM'
    where day_ahead.market_id = 'DAM' and day_ahead.price_per_mwh is not null
        and day_ahead.interval_start_utc >= {{ lake_start() }} - interval '2 days'
        and day_ahead.interval_start_utc < {{ lake_end() }} + interval '2 days'
),

days as (
    select
        zone_id, region_id, local_date, currency, max(source_system) as source_system,
        count(*) as day_ahead_hours, count(real_time_per_mwh) as paired_hours,
        avg(day_ahead_per_mwh) as day_ahead_average_per_mwh, max(day_ahead_per_mwh) as day_ahead_peak_per_mwh,
        min(day_ahead_per_mwh) as day_ahead_lowest_per_mwh,
        avg(real_time_per_mwh) as real_time_average_per_mwh,
        avg(day_ahead_per_mwh - real_time_per_mwh) as spread_per_mwh,
        stddev_samp(day_ahead_per_mwh - real_time_per_mwh) as spread_std_per_mwh,
        sum(real_time_per_mwh - day_ahead_per_mwh) as long_profit_per_mw,
        sum(case when real_time_per_mwh > day_ahead_per_mwh then 1 else 0 end) as long_winning_hours
    from hours
    group by zone_id, region_id, local_date, currency
)

select
    days.zone_id, days.local_date, days.region_id, days.currency, days.day_ahead_hours, days.paired_hours,
    days.day_ahead_average_per_mwh, days.day_ahead_peak_per_mwh, days.day_ahead_lowest_per_mwh, days.real_time_average_per_mwh,
    days.spread_per_mwh, days.spread_std_per_mwh, days.long_profit_per_mw,
    cast(days.long_winning_hours as bigint) as long_winning_hours,
    fuel.gas_price_per_mmbtu * fuel.heat_rate_mmbtu_per_mwh as assumed_fuel_cost_per_mwh,
    days.day_ahead_average_per_mwh - fuel.gas_price_per_mmbtu * fuel.heat_rate_mmbtu_per_mwh as spark_spread_per_mwh,
    cast(days.local_date as timestamp) as day_start, days.source_system
from days
left join {{ ref('spark_assumptions') }} as fuel
    on days.currency = fuel.currency
    and extract(year from days.local_date) = fuel.year_number
