select
    fuel_id, fuel_name, fuel_group, is_renewable, is_low_carbon, emission_factor_kg_per_mwh, emission_factor_source, color_hex,
    sort_order
from {{ ref('fuels') }}
