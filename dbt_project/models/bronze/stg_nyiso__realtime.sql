select
    region_id,
    name as source_code,
    lbmp as price_text,
    {{ to_number('lbmp') }} as price_per_mwh,
    {{ to_number('marginal_cost_losses') }} as loss_per_mwh,
    -- NYISO prints congestion with the opposite sign: LBMP = energy + losses - congestion.
    -{{ to_number('marginal_cost_congestion') }} as congestion_per_mwh,
    {{ naive_utc('interval_start_utc') }} as interval_start_utc,
    {{ naive_utc('interval_end_utc') }} as interval_end_utc,
    source_system, origin, api_endpoint, payload_sha256, source_member, row_number,
    {{ naive_utc('published_at_utc') }} as published_at_utc,
    {{ naive_utc('ingested_at_utc') }} as ingested_at_utc,
    month
from {{ lake_source('bronze', 'nyiso__realtime') }}
