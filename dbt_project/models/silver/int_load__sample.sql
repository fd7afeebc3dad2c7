{{ config(partition_by='interval_start_utc') }}
-- One row per load value as received, of every source and revision, with its rules judged.
-- revision_rank 1 is the current revision of a zone and instant within its feed.
with zones as (
    select * from {{ ref('feed_zones') }}
),

received as (
    select
        'eia930_cleaned' as feed, source_system, region_id, balancing_authority as source_code, interval_start_utc,
        60 as interval_minutes, load_text, load_mw, category, '' as repair_code,
        {{ lineage_columns() }}
    from {{ ref('stg_eia930__demand') }}
    where {{ in_lake_months() }}
    union all
    select
        'nyiso_pal', source_system, region_id, source_code, interval_start_utc,
        5, load_text, load_mw, null, '',
        {{ lineage_columns() }}
    from {{ ref('stg_nyiso__pal') }}
    where {{ in_lake_months() }}
    union all
    select
        'synthetic_load', source_system, region_id, source_code, interval_start_utc,
        60, load_text, load_mw, null, '',
        {{ lineage_columns() }}
    from {{ ref('stg_synthetic__load') }}
    where {{ in_lake_months() }}
    union all
    select
        'entsoe_spain_energy', source_system, region_id, 'ES',
        case when {{ spain_is_swapped('total_load_actual') }} then swapped_interval_start_utc else interval_start_utc end,
        60, total_load_actual, {{ to_number('total_load_actual') }}, null,
        case when {{ spain_is_swapped('total_load_actual') }} then repair_code else '' end,
        {{ lineage_columns() }}
    from {{ ref('stg_entsoe__spain_energy') }}
    -- A swapped day and month moves a row by up to eleven months.
    where {{ in_lake_months(days_before=366, days_after=366) }}
),

placed as (
    select
        received.*,
        coalesce(zones.zone_id, received.region_id || '.' || replace(upper(received.source_code), ' ', '_')) as zone_id,
        coalesce(payloads.is_superseded, false) as is_superseded,
        date_trunc('month', received.interval_start_utc) as month_start
    from received
    left join zones
        on received.feed = zones.feed
        and received.region_id = zones.region_id
        and received.source_code = zones.source_code
    left join {{ ref('stg_gridlake__payload') }} as payloads
        on received.feed = payloads.feed
        and received.payload_sha256 = payloads.payload_sha256
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
        split_part(placed.zone_id, '.', 2) as zone_code,
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
    load_text, load_mw, category, repair_code, revision_rank, is_superseded,
    {{ rule_flags('load') }} as validation_flags,
    {{ rule_error_ids('load') }} as error_rule_ids,
    {{ rule_errors('load') }} as is_quarantined,
    {{ rule_score('load') }} as data_quality_score,
    {{ lineage_columns() }}
from ranked
