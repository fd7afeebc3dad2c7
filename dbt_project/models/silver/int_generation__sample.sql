{{ config(partition_by='interval_start_utc') }}
-- One row per generation value as received, by fuel, with its rules judged.
{% set spain_fuels = [
    'generation_biomass', 'generation_fossil_brown_coal_lignite', 'generation_fossil_coal_derived_gas', 'generation_fossil_gas',
    'generation_fossil_hard_coal', 'generation_fossil_oil', 'generation_fossil_oil_shale', 'generation_fossil_peat',
    'generation_geothermal', 'generation_hydro_run_of_river_and_poundage', 'generation_hydro_water_reservoir', 'generation_marine',
    'generation_nuclear', 'generation_other', 'generation_other_renewable', 'generation_solar', 'generation_waste',
    'generation_wind_offshore', 'generation_wind_onshore'
] %}
with spain as (
    select * from {{ ref('stg_entsoe__spain_energy') }}
    where {{ in_lake_months(days_before=366, days_after=366) }}
),

received as (
    select
        'nyiso_rtfuelmix' as feed, source_system, region_id, source_fuel, interval_start_utc, interval_end_utc,
        generation_text, generation_mw, '' as repair_code,
        {{ lineage_columns() }}
    from {{ ref('stg_nyiso__rtfuelmix') }}
    where {{ in_lake_months() }}
    union all
    {% for column in spain_fuels %}
    select
        'entsoe_spain_energy', source_system, region_id, '{{ column }}',
        case when {{ spain_is_swapped(column) }} then swapped_interval_start_utc else interval_start_utc end,
        case when {{ spain_is_swapped(column) }} then swapped_interval_start_utc else interval_start_utc end + interval '1 hour',
        {{ column }}, {{ to_number(column) }},
        case when {{ spain_is_swapped(column) }} then repair_code else '' end,
        {{ lineage_columns() }}
    from spain
    union all
    {% endfor %}
    select
        'synthetic_observation', source_system, region_id, entity, interval_start_utc, interval_end_utc, value_text, value_number, '',
        {{ lineage_columns() }}
    from {{ ref('stg_synthetic__observation') }}
    where {{ in_lake_months() }} and dataset = 'generation'
),

placed as (
    select
        received.*,
        coalesce(fuels.fuel_id, case when received.feed = 'synthetic_observation' then received.source_fuel else 'other' end)
            as fuel_id,
        coalesce(payloads.is_superseded, false) as is_superseded,
        cast(null as boolean) as is_daylight
    from received
    left join {{ ref('feed_fuels') }} as fuels
        on received.feed = fuels.feed
        and received.source_fuel = fuels.source_fuel
    left join {{ ref('stg_gridlake__payload') }} as payloads
        on received.feed = payloads.feed
        and received.payload_sha256 = payloads.payload_sha256
    where received.interval_start_utc >= {{ lake_start() }} and received.interval_start_utc < {{ lake_end() }}
),

ranked as (
    select
        *,
        {{ revision_rank('feed, region_id, source_fuel, interval_start_utc') }} as revision_rank
    from placed
)

select
    feed, source_system, region_id, source_fuel, fuel_id, interval_start_utc, interval_end_utc, generation_text,
    generation_mw, repair_code, revision_rank, is_superseded,
    {{ rule_flags('generation') }} as validation_flags,
    {{ rule_error_ids('generation') }} as error_rule_ids,
    {{ rule_errors('generation') }} as is_quarantined,
    {{ rule_score('generation') }} as data_quality_score,
    {{ lineage_columns() }}
from ranked
