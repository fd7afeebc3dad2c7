{{ config(tags=['post_forecast']) }}
-- Gate results of this and earlier runs, copied from the operations store.
select
    run_id,
    check_name,
    rule_id,
    layer,
    table_name,
    feed,
    severity,
    passed,
    failed_rows,
    evaluated_rows,
    observed,
    reason,
    {{ naive_utc('evaluated_at_utc') }} as evaluated_at_utc
from {{ lake_source('bronze', 'gate_result') }}
