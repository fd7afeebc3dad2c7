{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'synthetic_grid' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    entity as alert_id,
    variable as level,
    value as message,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__grid') }}
where dataset = 'alert'
