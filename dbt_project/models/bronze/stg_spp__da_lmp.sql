select
    region_id,
    interval_central,
    gmt_interval_end,
    settlement_location,
    pnode,
    lmp,
    mlc,
    mcc,
    mec,
    {{ naive_utc('interval_start_utc') }} as interval_start_utc,
    {{ naive_utc('interval_end_utc') }} as interval_end_utc,
    source_system, origin, api_endpoint, payload_sha256, source_member, row_number,
    {{ naive_utc('published_at_utc') }} as published_at_utc,
    {{ naive_utc('ingested_at_utc') }} as ingested_at_utc,
    unknown_cells, month
from {{ lake_source('bronze', 'spp__da_lmp') }}
