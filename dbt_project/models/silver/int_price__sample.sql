{{ config(partition_by='interval_start_utc') }}
-- One row per price as received, at the operator's own resolution, with its rules judged.
with placed as (
    select
        received.*,
        {{ zone_of('received.region_id', 'received.source_code') }} as zone_id,
        coalesce(payloads.is_superseded, false) as is_superseded
    from {{ ref('int_price__received') }} as received
    {{ join_payloads('received') }}
    where {{ in_lake_months('received.month') }}
        and received.interval_start_utc >= {{ lake_start() }} and received.interval_start_utc < {{ lake_end() }}
),

{{ ranked_revisions('placed', ['feed', 'zone_id', 'market_id', 'interval_start_utc']) }}

select
    feed, source_system, region_id, zone_id, market_id, interval_start_utc, interval_end_utc, price_text, price_per_mwh,
    energy_per_mwh, congestion_per_mwh, loss_per_mwh, currency, is_final, repair_code, revision_rank, is_superseded,
    {{ verdicts('price') }},
    {{ lineage_columns() }}
from ranked
