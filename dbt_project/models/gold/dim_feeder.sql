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
    feeder_id, feeder_code, max(region_id) as region_id, max(case when told_rank = 1 then place end) as place,
    avg(latitude) as latitude, avg(longitude) as longitude, cast(count(distinct outage_number) as bigint) as outages, source_system
from told
group by feeder_id, feeder_code, source_system
