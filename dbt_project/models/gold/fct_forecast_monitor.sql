{{ config(tags=['post_forecast']) }}
-- Drift of errors and inputs, accuracy by lead and alerts, of every zone that has forecasts.
select
    target, zone_id, region_id, model_id, model_version, measure, subject, lead_bucket, window_start_utc, window_end_utc,
    rows_used, value, usual_value, limit_value, unit, is_alert, asks_retraining, source_system
from {{ ref('stg_gridlake__forecast_monitor') }}
