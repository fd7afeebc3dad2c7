{{ config(partition_by='interval_start_utc') }}
select
    generation.region_id, generation.fuel_id, generation.interval_start_utc, calendar.interval_end_utc,
    calendar.local_date, calendar.local_hour, generation.generation_mw, forecasts.operator_forecast_mw,
    generation.source_system, generation.data_quality_score, generation.validation_flags
from {{ ref('int_generation__hourly') }} as generation
inner join {{ ref('regions') }} as regions on generation.region_id = regions.region_id
inner join {{ ref('int_calendar__hour') }} as calendar
    on regions.timezone = calendar.timezone
    and generation.interval_start_utc = calendar.interval_start_utc
left join {{ ref('int_generation_forecast__hourly') }} as forecasts
    on generation.region_id = forecasts.region_id
    and generation.fuel_id = forecasts.fuel_id
    and generation.interval_start_utc = forecasts.interval_start_utc
where generation.interval_start_utc >= {{ lake_start() }} and generation.interval_start_utc < {{ lake_end() }}
