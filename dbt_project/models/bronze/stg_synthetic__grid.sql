select
    dataset,
    region_id,
    entity,
    variable,
    value,
    unit,
    interval_start,
    interval_minutes,
    published_at,
    {{ naive_utc('interval_start_utc') }} as interval_start_utc,
    {{ naive_utc('interval_end_utc') }} as interval_end_utc,
    source_system, origin, api_endpoint, payload_sha256, source_member, row_number,
    {{ naive_utc('published_at_utc') }} as published_at_utc,
    {{ naive_utc('ingested_at_utc') }} as ingested_at_utc,
    unknown_cells, month
from {{ lake_source('bronze', 'synthetic__grid') }}
