-- A short ton is 907.18474 kg (NIST Handbook 44). Sums are exact decimals: national totals pass 10^15 grams.
{% set kg_per_short_ton = '907.18474' %}
with units as (
    select
        emissions.*,
        row_number() over (
            partition by emissions.plant_code, emissions.unit_id, emissions.year
            order by emissions.ingested_at_utc desc, emissions.payload_sha256 desc, emissions.row_number desc
        ) as told_rank
    from {{ ref('stg_epa__ampd_emission') }} as emissions
),

plants as (
    select
        plants.*,
        row_number() over (
            partition by plants.plant_code, plants.data_year
            order by plants.ingested_at_utc desc, plants.payload_sha256 desc, plants.row_number desc
        ) as told_rank
    from {{ ref('stg_epa__egrid_plant') }} as plants
)

select
    'ORIS.' || plant_code as plant_id,
    cast(year as integer) as data_year,
    max(plant_name) as plant_name, max(state) as state, count(*) as units,
    cast(sum({{ exact_number('co2') }}) * {{ kg_per_short_ton }} as decimal(38, 3)) as co2_kg,
    cast(sum({{ exact_number('so2') }}) * {{ kg_per_short_ton }} as decimal(38, 3)) as so2_kg,
    cast(sum({{ exact_number('nox') }}) * {{ kg_per_short_ton }} as decimal(38, 3)) as nox_kg,
    cast(sum({{ exact_number('heat_input') }}) as decimal(38, 3)) as heat_input_mmbtu,
    cast(sum({{ exact_number('gross_load') }}) as decimal(38, 3)) as gross_generation_mwh,
    cast(null as decimal(38, 3)) as net_generation_mwh,
    source_system || '_AMPD' as source_system
from units
where told_rank = 1 and try_cast(year as integer) is not null
group by plant_code, year, source_system
union all
select
    'ORIS.' || plant_code, cast(data_year as integer), plant_name, state, cast(null as bigint),
    cast({{ exact_number('co2') }} * {{ kg_per_short_ton }} as decimal(38, 3)),
    cast({{ exact_number('so2') }} * {{ kg_per_short_ton }} as decimal(38, 3)),
    cast({{ exact_number('nox') }} * {{ kg_per_short_ton }} as decimal(38, 3)),
    cast({{ exact_number('heat_input') }} as decimal(38, 3)), cast(null as decimal(38, 3)),
    cast({{ exact_number('net_generation') }} as decimal(38, 3)), source_system || '_EGRID'
from plants
where told_rank = 1 and try_cast(data_year as integer) is not null
