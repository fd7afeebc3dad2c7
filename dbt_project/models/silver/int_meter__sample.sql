{{ config(partition_by='interval_start_utc') }}
-- One row per meter reading as received; a later publication of the same interval is a correction.
{{ judged_samples('meter', ['meter_id', 'commodity'], ['quantity_text', 'energy_kwh', 'status', 'read_at_utc']) }}
