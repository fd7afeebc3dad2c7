{{ config(partition_by='interval_start_utc') }}
-- One row per reserve or capacity figure as received.
{{ judged_samples('reserve', ['zone_id', 'product', 'kind'], ['capacity_text', 'capacity_mw'], zone=true) }}
