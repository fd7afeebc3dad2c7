-- The zones we know by name, and those that appeared in the data under a code nobody has named yet.
with seen as (
    select distinct zone_id, region_id from {{ ref('int_load__hourly') }}
    union
    select distinct zone_id, region_id from {{ ref('int_price__hourly') }}
    union
    select distinct zone_id, region_id from {{ ref('int_load_forecast__day_ahead') }}
)

select zone_id, region_id, zone_code, zone_name, zone_type
from {{ ref('zones') }}
union all
select
    seen.zone_id, seen.region_id, split_part(seen.zone_id, '.', 2) as zone_code,
    split_part(seen.zone_id, '.', 2) as zone_name, 'load_zone' as zone_type
from seen
left join {{ ref('zones') }} as known on seen.zone_id = known.zone_id
where known.zone_id is null
