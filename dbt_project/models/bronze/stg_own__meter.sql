select
    region_id,
    meter_id,
    region,
    zone_id,
    tariff,
    latitude,
    longitude,
    installed_on,
    removed_on,
    source_system, origin, api_endpoint, payload_sha256, source_member, row_number,
    {{ naive_utc('published_at_utc') }} as published_at_utc,
    {{ naive_utc('ingested_at_utc') }} as ingested_at_utc,
    unknown_cells
from {{ lake_source('bronze', 'own__meter') }}
