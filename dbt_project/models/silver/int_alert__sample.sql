{{ config(partition_by='interval_start_utc') }}
-- One row per notice as received.
{{ judged_samples('alert', ['alert_id'], ['level', 'message']) }}
