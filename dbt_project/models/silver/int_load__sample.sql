{{ config(partition_by='interval_start_utc') }}
-- One row per load value as received, of every source and revision, with its rules judged.
-- revision_rank 1 is the current revision of a zone and instant within its feed.
with zones as (
    select * from {{ ref('feed_zones') }}
),

received as (
    select
        feed, source_system, region_id, source_code, interval_start_utc,
        cast({{ seconds_between('interval_start_utc', 'interval_end_utc') }} / 60 as integer) as interval_minutes,
        load_text, load_mw, category, is_final, repair_code,
        {{ lineage_columns() }}
    from {{ ref('int_load__received') }}
    where {{ in_lake_months() }}
),

placed as (
    select
        received.*,
        coalesce(zones.zone_id, {{ zone_of('received.region_id', 'received.source_code') }}) as zone_id,
        coalesce(payloads.is_superseded, false) as is_superseded,
        date_trunc('month', received.interval_start_utc) as month_start
    from received
    left join zones
        on received.feed = zones.feed
        and received.region_id = zones.region_id
        and received.source_code = zones.source_code
    {{ join_payloads('received') }}
    where received.interval_start_utc >= {{ lake_start() }} and received.interval_start_utc < {{ lake_end() }}
),

-- Typical level and previous sample are taken within the month, so that a month can be rebuilt alone.
typical as (
    select feed, zone_id, month_start, median(load_mw) as typical_load_mw
    from placed
    group by feed, zone_id, month_start
),

ranked as (
    select
        placed.*,
        typical.typical_load_mw,
        {{ revision_rank('placed.feed, placed.zone_id, placed.interval_start_utc') }} as revision_rank,
        lag(placed.load_mw) over (
            partition by placed.feed, placed.zone_id, placed.month_start
            order by placed.interval_start_utc, placed.payload_sha256, placed.row_number
        ) as previous_load_mw
    from placed
    left join typical
        on placed.feed = typical.feed
        and placed.zone_id = typical.zone_id
        and placed.month_start = typical.month_start
)

select
    feed, source_system, region_id, zone_id, interval_start_utc, interval_minutes,
    load_text, load_mw, category, is_final, repair_code, revision_rank, is_superseded,
    {{ verdicts('load') }},
    {{ lineage_columns() }}
from ranked
