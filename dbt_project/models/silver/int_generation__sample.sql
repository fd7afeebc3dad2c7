{{ config(partition_by='interval_start_utc') }}
-- One row per generation value as received, by fuel, with its rules judged. A fuel nobody mapped is `other`.
with placed as (
    select
        received.*,
        coalesce(fuels.fuel_id, own_fuels.fuel_id, 'other') as fuel_id,
        coalesce(payloads.is_superseded, false) as is_superseded,
        cast(null as boolean) as is_daylight
    from {{ ref('int_generation__received') }} as received
    left join {{ ref('feed_fuels') }} as fuels
        on received.source_system = fuels.source_system
        and received.source_fuel = fuels.source_fuel
    left join {{ ref('fuels') }} as own_fuels on received.source_fuel = own_fuels.fuel_id
    {{ join_payloads('received') }}
    where {{ in_lake_months('received.month') }}
        and received.interval_start_utc >= {{ lake_start() }} and received.interval_start_utc < {{ lake_end() }}
),

{{ ranked_revisions('placed', ['feed', 'region_id', 'source_fuel', 'interval_start_utc']) }}

select
    feed, source_system, region_id, source_fuel, fuel_id, interval_start_utc, interval_end_utc, generation_text,
    generation_mw, repair_code, revision_rank, is_superseded,
    {{ verdicts('generation') }},
    {{ lineage_columns() }}
from ranked
