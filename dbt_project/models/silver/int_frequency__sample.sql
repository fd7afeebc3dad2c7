{{ config(partition_by='interval_start_utc') }}
-- One row per frequency sample as received.
{{ judged_samples('frequency', ['source_code'], ['frequency_text', 'frequency_hz']) }}
