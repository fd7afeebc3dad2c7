select
    region_id,
    name_of_node,
    node_type,
    latitude,
    longitude,
    source_system, origin, api_endpoint, payload_sha256, source_member, row_number,
    {{ naive_utc('published_at_utc') }} as published_at_utc,
    {{ naive_utc('ingested_at_utc') }} as ingested_at_utc,
    unknown_cells
from {{ lake_source('bronze', 'caiso__lmp_locations') }}
