-- One row per plant and year of a source: emission rates over what the source counts as generation, and the rank among all
-- plants of the year. Sums stay exact decimals.
with capacities as (
    select
        'ORIS.' || plant_code as plant_id, try_cast(data_year as integer) as data_year,
        {{ exact_number('nameplate_capacity') }} as nameplate_mw,
        row_number() over (
            partition by plant_code, data_year order by ingested_at_utc desc, payload_sha256 desc, row_number desc
        ) as told_rank
    from {{ ref('stg_epa__egrid_plant') }}
),

plants as (
    select
        emissions.*,
        capacities.nameplate_mw,
        coalesce(emissions.net_generation_mwh, emissions.gross_generation_mwh) as generation_mwh,
        cast(case when mod(emissions.data_year, 4) = 0 then 8784 else 8760 end as integer) as hours_in_year
    from {{ ref('fct_plant_emissions_annual') }} as emissions
    left join capacities
        on emissions.plant_id = capacities.plant_id
        and emissions.data_year = capacities.data_year
        and capacities.told_rank = 1
)

select
    plant_id, data_year, plant_name, state, cast(nameplate_mw as double) as nameplate_mw,
    cast(generation_mwh as decimal(38, 3)) as generation_mwh,
    case when nameplate_mw > 0 then 100.0 * cast(generation_mwh as double) / (cast(nameplate_mw as double) * hours_in_year) end as capacity_factor_pct,
    co2_kg, so2_kg, nox_kg,
    case when generation_mwh > 0 then cast(co2_kg as double) / cast(generation_mwh as double) end as co2_kg_per_mwh,
    case when generation_mwh > 0 then cast(so2_kg as double) / cast(generation_mwh as double) end as so2_kg_per_mwh,
    case when generation_mwh > 0 then cast(nox_kg as double) / cast(generation_mwh as double) end as nox_kg_per_mwh,
    case when generation_mwh > 0 then cast(heat_input_mmbtu as double) / cast(generation_mwh as double) end as heat_rate_mmbtu_per_mwh,
    rank() over (partition by data_year, source_system order by generation_mwh desc nulls last) as generation_rank,
    rank() over (partition by data_year, source_system order by co2_kg desc nulls last) as co2_rank,
    source_system
from plants
