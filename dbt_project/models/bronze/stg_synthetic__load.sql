select
    region_id,
    name as source_code,
    load as load_text,
    {{ to_number('load') }} as load_mw,
    {{ naive_utc('interval_start_utc') }} as interval_start_utc,
    source_system, origin, api_endpoint, payload_sha256, source_member, row_number,
    {{ naive_utc('published_at_utc') }} as published_at_utc,
    {{ naive_utc('ingested_at_utc') }} as ingested_at_utc,
    month
from {{ lake_source('bronze', 'synthetic__load') }}
