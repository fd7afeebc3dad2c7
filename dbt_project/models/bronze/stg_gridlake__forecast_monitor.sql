{{ config(tags=['post_forecast']) }}
-- How forecasts fare, as monitoring wrote it.
select
    target,
    zone_id,
    region_id,
    model_id,
    model_version,
    measure,
    subject,
    lead_bucket,
    {{ naive_utc('window_start_utc') }} as window_start_utc,
    {{ naive_utc('window_end_utc') }} as window_end_utc,
    rows_used,
    value,
    usual_value,
    limit_value,
    unit,
    is_alert,
    asks_retraining,
    source_system
from {{ lake_source('ml', 'forecast_monitor') }}
