{{ config(tags=['post_forecast']) }}
select
    run_id, check_name, rule_id, layer, table_name, feed, severity, passed, failed_rows, evaluated_rows, observed, reason,
    evaluated_at_utc
from {{ ref('stg_gridlake__gate_result') }}
