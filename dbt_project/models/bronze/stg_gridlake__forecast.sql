{{ config(tags=['post_forecast']) }}
-- Forecasts as the models wrote them.
select
    target,
    zone_id,
    region_id,
    model_id,
    model_version,
    {{ naive_utc('issued_at_utc') }} as issued_at_utc,
    {{ naive_utc('interval_start_utc') }} as interval_start_utc,
    {{ naive_utc('interval_end_utc') }} as interval_end_utc,
    lead_time_hours,
    q0025,
    q0100,
    q0250,
    q0500,
    q0750,
    q0900,
    q0975,
    unit,
    forecast_kind,
    source_system
from {{ lake_source('ml', 'forecast') }}
