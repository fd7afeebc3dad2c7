-- Feeders as outage maps that name them tell: where they were seen. Where no source names feeders the table is empty.
with told as (
    select
        source_system || '.' || feeder as feeder_id, feeder as feeder_code, region_id, place, source_system,
        {{ to_number('latitude') }} as latitude, {{ to_number('longitude') }} as longitude, outage_number,
        row_number() over (
            partition by source_system, feeder order by published_at_utc desc, payload_sha256 desc, row_number desc
        ) as told_rank
    from {{ ref('stg_synthetic__outage') }}
    where trim(coalesce(feeder, '')) <> ''
)

select
    told.feeder_id, told.feeder_code, max(told.region_id) as region_id, max(case when told.told_rank = 1 then told.place end) as place,
    avg(told.latitude) as latitude, avg(told.longitude) as longitude, cast(count(distinct told.outage_number) as bigint) as outages,
    max(grid.element_id) as grid_element_id, max(grid.substation_id) as substation_id, told.source_system
from told
left join {{ ref('dim_grid_element') }} as grid
    on grid.element_type = 'feeder'
    and told.region_id = grid.region_id
    and told.feeder_code = substr(grid.element_id, 5)
group by told.feeder_id, told.feeder_code, told.source_system
