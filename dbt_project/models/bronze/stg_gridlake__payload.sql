-- The landing ledger. A later delivery of the same address replaces the earlier one.
select
    feed,
    source_system,
    origin,
    api_endpoint,
    payload_sha256,
    landed_seq,
    region_id,
    {{ naive_utc('window_start_utc') }} as window_start_utc,
    {{ naive_utc('window_end_utc') }} as window_end_utc,
    {{ naive_utc('published_at_utc') }} as published_at_utc,
    {{ naive_utc('ingested_at_utc') }} as ingested_at_utc,
    rows_read,
    rows_landed,
    rows_duplicate,
    rows_refused,
    landed_seq < max(landed_seq) over (partition by feed, api_endpoint) as is_superseded
from {{ lake_source('bronze', 'payload') }}
