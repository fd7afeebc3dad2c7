with seen as (
    select asset_id, region_id, source_system from {{ ref('int_scada__sample') }}
    union
    select pmu_id, region_id, source_system from {{ ref('int_phasor__sample') }}
)

select
    asset_id, max(region_id) as region_id,
    max(substr(asset_id, position('.' in asset_id) + 1)) as asset_name,
    max(source_system) as source_system
from seen
group by asset_id
