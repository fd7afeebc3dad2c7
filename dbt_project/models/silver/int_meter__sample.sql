{{ config(partition_by='interval_start_utc', by_day=true) }}
-- One row per meter reading as received; a later publication of the same interval is a correction, then a later reading.
-- Your own meters say in their list, not in their readings, in which region they stand: the last delivered list that names one.
with own_meters as (
    select meter_id, region_id
    from (
        select
            'OWN.' || listed.meter_id as meter_id, listed.region_id,
            row_number() over (
                partition by listed.meter_id order by coalesce(payloads.landed_seq, 0) desc, listed.row_number desc
            ) as told_rank
        from {{ ref('stg_own__meter') }} as listed
        left join {{ ref('stg_gridlake__payload') }} as payloads
            on payloads.feed = 'own_meter'
            and listed.payload_sha256 = payloads.payload_sha256
        where listed.region_id is not null
    ) as told
    where told_rank = 1
),

placed as (
    select
        received.feed, received.source_system, coalesce(received.region_id, own_meters.region_id) as region_id,
        received.interval_start_utc, received.interval_end_utc, received.meter_id, received.commodity,
        received.quantity_text, received.energy_kwh, received.status, received.read_at_utc,
        {{ lineage_columns('received.') }},
        coalesce(payloads.is_superseded, false) as is_superseded
    from {{ ref('int_meter__received') }} as received
    left join own_meters on received.meter_id = own_meters.meter_id
    {{ join_payloads('received') }}
    where {{ in_lake_months('received.month') }}
        and received.interval_start_utc >= {{ lake_start() }} and received.interval_start_utc < {{ lake_end() }}
),

{{ ranked_revisions('placed', ['feed', 'meter_id', 'commodity', 'interval_start_utc'], told_at='read_at_utc') }}

select
    feed, source_system, region_id, meter_id, commodity, interval_start_utc, interval_end_utc, quantity_text, energy_kwh, status,
    read_at_utc, revision_rank, is_superseded,
    {{ verdicts('meter') }},
    {{ lineage_columns() }}
from ranked
