{{ config(partition_by='interval_start_utc') }}
-- One row per price as received, at the operator's own resolution, with its rules judged.
with received as (
    {% for feed, model, market in [('nyiso_damlbmp', 'stg_nyiso__damlbmp', 'DAM'), ('nyiso_realtime', 'stg_nyiso__realtime', 'RTM')] %}
    select
        '{{ feed }}' as feed, source_system, region_id,
        region_id || '.' || replace(upper(replace(source_code, '.', '')), ' ', '_') as zone_id,
        '{{ market }}' as market_id, interval_start_utc, interval_end_utc, price_text, price_per_mwh,
        price_per_mwh - congestion_per_mwh - loss_per_mwh as energy_per_mwh, congestion_per_mwh, loss_per_mwh,
        'USD' as currency, '' as repair_code,
        {{ lineage_columns() }}
    from {{ ref(model) }}
    where {{ in_lake_months() }}
    union all
    {% endfor %}
    {% for column, market in [('price_day_ahead', 'DAM'), ('price_actual', 'FINAL')] %}
    select
        'entsoe_spain_energy', source_system, region_id, region_id || '.TOTAL', '{{ market }}',
        case when {{ spain_is_swapped(column) }} then swapped_interval_start_utc else interval_start_utc end,
        case when {{ spain_is_swapped(column) }} then swapped_interval_start_utc else interval_start_utc end + interval '1 hour',
        {{ column }}, {{ to_number(column) }}, null, null, null, 'EUR',
        case when {{ spain_is_swapped(column) }} then repair_code else '' end,
        {{ lineage_columns() }}
    from {{ ref('stg_entsoe__spain_energy') }}
    where {{ in_lake_months(days_before=366, days_after=366) }}
    union all
    {% endfor %}
    -- The canonical format has one record per component: four make one price.
    select
        'synthetic_observation', source_system, region_id,
        region_id || '.' || replace(upper(replace(split_part(entity, ':', 2), '.', '')), ' ', '_'),
        split_part(entity, ':', 1), interval_start_utc, interval_end_utc,
        max(case when variable = 'lmp' then value_text end), max(case when variable = 'lmp' then value_number end),
        max(case when variable = 'energy' then value_number end), max(case when variable = 'congestion' then value_number end),
        max(case when variable = 'loss' then value_number end), 'USD', '',
        payload_sha256, source_member, min(row_number), published_at_utc, ingested_at_utc
    from {{ ref('stg_synthetic__observation') }}
    where {{ in_lake_months() }} and dataset = 'price'
    group by source_system, region_id, entity, interval_start_utc, interval_end_utc, payload_sha256, source_member, published_at_utc, ingested_at_utc
),

placed as (
    select
        received.*,
        coalesce(payloads.is_superseded, false) as is_superseded
    from received
    left join {{ ref('stg_gridlake__payload') }} as payloads
        on received.feed = payloads.feed
        and received.payload_sha256 = payloads.payload_sha256
    where received.interval_start_utc >= {{ lake_start() }} and received.interval_start_utc < {{ lake_end() }}
),

ranked as (
    select
        *,
        {{ revision_rank('feed, zone_id, market_id, interval_start_utc') }} as revision_rank
    from placed
)

select
    feed, source_system, region_id, zone_id, market_id, interval_start_utc, interval_end_utc, price_text, price_per_mwh,
    energy_per_mwh, congestion_per_mwh, loss_per_mwh, currency, repair_code, revision_rank, is_superseded,
    {{ rule_flags('price') }} as validation_flags,
    {{ rule_error_ids('price') }} as error_rule_ids,
    {{ rule_errors('price') }} as is_quarantined,
    {{ rule_score('price') }} as data_quality_score,
    {{ lineage_columns() }}
from ranked
