{{ config(tags=['post_forecast']) }}
select
    target, zone_id, region_id, model_id, model_version, issued_at_utc, interval_start_utc, interval_end_utc, lead_time_hours,
    q0025, q0100, q0250, q0500, q0750, q0900, q0975, unit, forecast_kind, source_system
from {{ ref('stg_gridlake__forecast') }}
