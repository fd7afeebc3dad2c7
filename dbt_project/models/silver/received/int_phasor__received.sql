{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'synthetic_pmu' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    pmu_id,
    {{ to_number('frequency') }} as frequency_hz,
    {{ to_number('voltage') }} as voltage_kv,
    {{ to_number('angle') }} as angle_deg,
    status,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__pmu') }}
