-- The landing ledger, one row per payload of a feed. A later delivery of the same address replaces the earlier one; a
-- payload delivered again after another (a file put back) counts from its last delivery. Where several addresses delivered a
-- payload (a file copied to its day's name) it stands until each has delivered another.
with deliveries as (
    select
        *,
        landed_seq = max(landed_seq) over (partition by feed, api_endpoint) as is_current,
        sum(rows_read) over (partition by feed, payload_sha256) as payload_rows_read,
        sum(rows_landed) over (partition by feed, payload_sha256) as payload_rows_landed,
        sum(rows_duplicate) over (partition by feed, payload_sha256) as payload_rows_duplicate,
        sum(rows_refused) over (partition by feed, payload_sha256) as payload_rows_refused
    from {{ lake_source('bronze', 'payload') }}
),

ranked as (
    select *, row_number() over (partition by feed, payload_sha256 order by is_current desc, landed_seq desc) as delivery_rank
    from deliveries
)

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
    cast(payload_rows_read as bigint) as rows_read,
    cast(payload_rows_landed as bigint) as rows_landed,
    cast(payload_rows_duplicate as bigint) as rows_duplicate,
    cast(payload_rows_refused as bigint) as rows_refused,
    not is_current as is_superseded
from ranked
where delivery_rank = 1
