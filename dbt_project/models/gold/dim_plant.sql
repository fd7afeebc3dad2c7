-- The generator sheet names no plant code: a plant is its name within its state.
select
    plant_id, plant_name, state,
    cast(count(*) as integer) as generators,
    sum(net_generation_mwh) as net_generation_mwh,
    max(data_year) as data_year,
    source_system
from {{ ref('dim_generator') }}
group by plant_id, plant_name, state, source_system
