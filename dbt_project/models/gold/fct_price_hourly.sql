{{ config(partition_by='interval_start_utc') }}
select
    prices.zone_id, prices.region_id, prices.market_id, prices.interval_start_utc, calendar.interval_end_utc,
    calendar.local_date, calendar.local_hour, prices.price_per_mwh, prices.energy_per_mwh, prices.congestion_per_mwh,
    prices.loss_per_mwh, prices.currency, prices.source_system, prices.data_quality_score, prices.validation_flags
from {{ ref('int_price__hourly') }} as prices
inner join {{ ref('regions') }} as regions on prices.region_id = regions.region_id
inner join {{ ref('int_calendar__hour') }} as calendar
    on regions.timezone = calendar.timezone
    and prices.interval_start_utc = calendar.interval_start_utc
where prices.interval_start_utc >= {{ lake_start() }} and prices.interval_start_utc < {{ lake_end() }}
