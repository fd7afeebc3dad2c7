{{ config(partition_by='month_start', reach_days=2, range_rows=10000000) }}
-- One row per electricity meter and local month: energy, peak, load factor, segment by size, and what the energy would cost by time of
-- use and flat (seed assumed_tariff: no meter's own tariff is known in prices).
with readings as (
    select
        meters.meter_id, meters.region_id, calendar.local_date, calendar.local_hour, regions.currency, meters.energy_kwh,
        {{ seconds_between('meters.interval_start_utc', 'meters.interval_end_utc') }} / 3600.0 as hours,
        meters.source_system
    from {{ ref('fct_meter_interval') }} as meters
    inner join {{ ref('regions') }} as regions on meters.region_id = regions.region_id
    inner join {{ ref('int_calendar__hour') }} as calendar
        on regions.timezone = calendar.timezone
        and date_trunc('hour', meters.interval_start_utc) = calendar.interval_start_utc
    where meters.commodity = 'electricity' and meters.energy_kwh is not null
        and meters.interval_start_utc >= {{ lake_start() }} - interval '2 days'
        and meters.interval_start_utc < {{ lake_end() }} + interval '2 days'
),

priced as (
    select
        readings.*,
        {{ iso_weekday('readings.local_date') }} < 6
            and readings.local_hour >= prices.peak_first_hour and readings.local_hour < prices.peak_after_hour as is_on_peak,
        prices.peak_per_kwh, prices.off_peak_per_kwh, prices.flat_per_kwh, prices.small_below_kwh_per_day, prices.large_from_kwh_per_day
    from readings
    left join {{ ref('assumed_tariff') }} as prices on readings.currency = prices.currency
),

months as (
    select
        meter_id, region_id, date_trunc('month', local_date) as month_start, max(currency) as currency,
        sum(energy_kwh) as energy_kwh, sum(hours) as hours_metered, max(energy_kwh / hours) as peak_kw,
        sum(case when is_on_peak then energy_kwh else 0 end) as on_peak_kwh,
        sum(case when is_on_peak then energy_kwh * peak_per_kwh else energy_kwh * off_peak_per_kwh end) as assumed_time_of_use_cost,
        sum(energy_kwh * flat_per_kwh) as assumed_flat_cost,
        max(small_below_kwh_per_day) as small_below, max(large_from_kwh_per_day) as large_from, max(source_system) as source_system
    from priced
    group by meter_id, region_id, date_trunc('month', local_date)
)

select
    meter_id, cast(month_start as timestamp) as month_start, region_id,
    case
        when energy_kwh * 24 / hours_metered < small_below then 'small'
        when energy_kwh * 24 / hours_metered >= large_from then 'large'
        when small_below is not null then 'medium'
    end as segment,
    energy_kwh, hours_metered, peak_kw,
    100.0 * energy_kwh / hours_metered / nullif(peak_kw, 0) as load_factor_pct,
    on_peak_kwh, 100.0 * on_peak_kwh / nullif(energy_kwh, 0) as on_peak_share_pct,
    assumed_time_of_use_cost, assumed_flat_cost, currency, source_system
from months
