{{ config(partition_by='interval_start_utc', by_day=true) }}
-- One row per telemetry value as received.
{{ judged_samples('scada', ['asset_id', 'point'], ['value_text', 'point_value', 'quality_code']) }}
