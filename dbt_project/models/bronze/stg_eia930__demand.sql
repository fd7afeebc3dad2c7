select
    region_id,
    balancing_authority,
    category,
    raw_demand as load_text,
    {{ to_number('raw_demand') }} as load_mw,
    forecast_demand as load_forecast_text,
    {{ to_number('forecast_demand') }} as load_forecast_mw,
    {{ to_number('cleaned_demand') }} as cleaned_load_mw,
    {{ naive_utc('interval_start_utc') }} as interval_start_utc,
    {{ naive_utc('interval_end_utc') }} as interval_end_utc,
    source_system, origin, api_endpoint, payload_sha256, source_member, row_number,
    {{ naive_utc('published_at_utc') }} as published_at_utc,
    {{ naive_utc('ingested_at_utc') }} as ingested_at_utc,
    month
from {{ lake_source('bronze', 'eia930__demand') }}
