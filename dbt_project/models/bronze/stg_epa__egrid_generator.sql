select
    cast(sequence_number as bigint) as sequence_number,
    cast(data_year as integer) as data_year,
    state,
    plant_name,
    generator_code,
    net_generation as net_generation_text,
    {{ accounting_number('net_generation') }} as net_generation_mwh,
    source_system, origin, api_endpoint, payload_sha256, source_member, row_number,
    {{ naive_utc('published_at_utc') }} as published_at_utc,
    {{ naive_utc('ingested_at_utc') }} as ingested_at_utc
from {{ lake_source('bronze', 'epa__egrid_generator') }}
