-- The zones we know by name, and those that appeared in the data under a code nobody has named yet.
with named as (
    select distinct zone_id, region_id, true as is_load from {{ ref('int_load__hourly') }}
    union all
    select distinct zone_id, region_id, false from {{ ref('int_price__hourly') }}
    union all
    select distinct zone_id, region_id, true from {{ ref('int_load_forecast__vintage') }}
    union all
    -- A country may tell its wind and sun and neither load nor price.
    select distinct region_id || '.TOTAL', region_id, false from {{ ref('int_renewable__known_hourly') }}
),

-- A place that is priced and never has a load is a node.
seen as (
    select zone_id, region_id, max(case when is_load then 1 else 0 end) = 1 as has_load
    from named
    group by zone_id, region_id
)

select zone_id, region_id, zone_code, zone_name, zone_type
from {{ ref('zones') }}
union all
select
    seen.zone_id, seen.region_id, substr(seen.zone_id, length(seen.region_id) + 2) as zone_code,
    substr(seen.zone_id, length(seen.region_id) + 2) as zone_name,
    case
        when seen.zone_id = seen.region_id || '.TOTAL' then 'system'
        when seen.has_load then 'load_zone'
        else 'node'
    end as zone_type
from seen
left join {{ ref('zones') }} as known on seen.zone_id = known.zone_id
where known.zone_id is null
