select
    'EPA.' || cast(sequence_number as varchar) as generator_id,
    state || '.' || plant_name as plant_id,
    plant_name, state, generator_code, data_year, net_generation_mwh, source_system
from {{ ref('int_plant__generator') }}
where revision_rank = 1 and not is_quarantined
