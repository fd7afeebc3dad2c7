-- One row per work order: from the first snapshot of the outage map that names it to the outage's end.
with told as (
    select
        source_system, work_order, outage_number, feeder, region_id, place, crew_status,
        min(published_at_utc) over (partition by source_system, work_order) as opened_at_utc,
        row_number() over (
            partition by source_system, work_order order by published_at_utc desc, payload_sha256 desc, row_number desc
        ) as told_rank
    from {{ ref('stg_synthetic__outage') }}
    where trim(coalesce(work_order, '')) <> ''
),

ended as (
    select source_system, outage_number, max(ended_at_utc) as ended_at_utc
    from {{ ref('int_outage__history') }}
    group by source_system, outage_number
)

select
    told.source_system, told.work_order, told.outage_number, told.region_id, told.feeder, told.place, told.crew_status,
    told.opened_at_utc, ended.ended_at_utc as closed_at_utc
from told
left join ended
    on told.source_system = ended.source_system
    and told.outage_number = ended.outage_number
where told.told_rank = 1
