{{ config(partition_by='interval_start_utc', by_day=true) }}
-- One row per synchrophasor frame as received.
{{ judged_samples('phasor', ['pmu_id'], ['frequency_hz', 'voltage_kv', 'angle_deg', 'status']) }}
