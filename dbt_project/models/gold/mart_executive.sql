-- A region's year in a line, beside the year before. Comparisons are made of years of which nine tenths of the hours are there;
-- shares, carbon and prices are told where they cover nine tenths of the hours that have a load.
with loads as (
    select
        region_id, cast(extract(year from local_date) as integer) as year_number, count(load_mw) as load_hours,
        sum(load_mw) as energy_mwh, max(load_mw) as peak_load_mw, avg(load_mw) as average_load_mw, max(source_system) as source_system
    from {{ ref('fct_load_hourly') }}
    where zone_id = region_id || '.TOTAL'
    group by region_id, extract(year from local_date)
),

carbon as (
    select
        region_id, cast(extract(year from local_date) as integer) as year_number, count(*) as generation_hours,
        sum(generation_mwh) as generation_mwh, sum(renewable_mwh) as renewable_mwh, sum(emissions_kg) as emissions_kg
    from {{ ref('mart_carbon') }}
    group by region_id, extract(year from local_date)
),

prices as (
    select
        region_id, cast(extract(year from local_date) as integer) as year_number, max(currency) as currency,
        avg(price_per_mwh) as day_ahead_average_per_mwh, count(distinct case when price_per_mwh is not null then interval_start_utc end) as price_hours
    from {{ ref('fct_price_hourly') }}
    where market_id = 'DAM'
    group by region_id, extract(year from local_date)
),

years as (
    select
        loads.*,
        loads.load_hours >= 0.9 * case when mod(loads.year_number, 4) = 0 then 8784 else 8760 end as is_complete,
        carbon.generation_mwh, carbon.renewable_mwh, carbon.emissions_kg, prices.day_ahead_average_per_mwh, prices.currency
    from loads
    left join carbon
        on loads.region_id = carbon.region_id
        and loads.year_number = carbon.year_number
        and carbon.generation_hours >= 0.9 * loads.load_hours
    left join prices
        on loads.region_id = prices.region_id
        and loads.year_number = prices.year_number
        and prices.price_hours >= 0.9 * loads.load_hours
    where loads.load_hours > 0
)

select
    this.region_id, this.year_number, this.load_hours, this.is_complete, this.energy_mwh, this.peak_load_mw, this.average_load_mw,
    100.0 * this.average_load_mw / nullif(this.peak_load_mw, 0) as load_factor_pct,
    100.0 * this.renewable_mwh / nullif(this.generation_mwh, 0) as renewable_share_pct,
    this.emissions_kg / nullif(this.generation_mwh, 0) as carbon_intensity_kg_per_mwh,
    this.day_ahead_average_per_mwh, coalesce(this.currency, regions.currency) as currency,
    case when this.is_complete and previous.is_complete
        then 100.0 * (this.average_load_mw / nullif(previous.average_load_mw, 0) - 1) end as load_change_pct,
    case when this.is_complete and previous.is_complete
        then 100.0 * (this.peak_load_mw / nullif(previous.peak_load_mw, 0) - 1) end as peak_change_pct,
    case when this.is_complete and previous.is_complete
        then 100.0 * (this.renewable_mwh / nullif(this.generation_mwh, 0) - previous.renewable_mwh / nullif(previous.generation_mwh, 0)) end
        as renewable_share_change_points,
    case when this.is_complete and previous.is_complete
        then 100.0 * (this.day_ahead_average_per_mwh / nullif(previous.day_ahead_average_per_mwh, 0) - 1) end as price_change_pct,
    this.source_system
from years as this
inner join {{ ref('regions') }} as regions on this.region_id = regions.region_id
left join years as previous
    on this.region_id = previous.region_id
    and this.year_number = previous.year_number + 1
