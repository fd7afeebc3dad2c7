-- The grid as its list was last delivered: every element with what it hangs on, up to its substation. A meter hangs on a transformer,
-- that on a feeder, that on a substation; a line joins two substations. Where nobody tells a grid the table is empty.
with listed as (
    select
        'OWN.' || told.element_id as element_id, told.element_type, told.region_id, told.zone_id, told.element_name,
        'OWN.' || nullif(trim(told.upstream_id), '') as upstream_element_id, 'OWN.' || nullif(trim(told.downstream_id), '') as downstream_element_id,
        {{ to_number('voltage_kv') }} as voltage_kv, {{ to_number('capacity_mva') }} as capacity_mva, {{ to_number('length_km') }} as length_km,
        {{ to_number('latitude') }} as latitude, {{ to_number('longitude') }} as longitude,
        try_cast(told.in_service_on as date) as in_service_on, try_cast(told.out_of_service_on as date) as out_of_service_on, told.source_system,
        told.payload_sha256,
        row_number() over (
            partition by told.element_id order by coalesce(payloads.landed_seq, 0) desc, told.payload_sha256 desc, told.row_number desc
        ) as told_rank
    from {{ ref('stg_own__topology') }} as told
    left join {{ ref('stg_gridlake__payload') }} as payloads
        on payloads.feed = 'own_topology'
        and told.payload_sha256 = payloads.payload_sha256
    where not coalesce(payloads.is_superseded, false)
),

elements as (
    select * from listed
    where told_rank = 1
),

-- Three steps up are enough: meter, transformer, feeder, substation.
ways as (
    select
        elements.*,
        case when elements.element_type <> 'line' then one.element_id end as first_id,
        case when elements.element_type <> 'line' then one.element_type end as first_type,
        two.element_id as second_id, two.element_type as second_type, three.element_id as third_id, three.element_type as third_type
    from elements
    left join elements as one on elements.upstream_element_id = one.element_id
    left join elements as two on one.upstream_element_id = two.element_id and elements.element_type <> 'line'
    left join elements as three on two.upstream_element_id = three.element_id and elements.element_type <> 'line'
),

placed as (
    select
        *,
        {% for kind in ['transformer', 'feeder', 'substation'] %}
        case
            when element_type = '{{ kind }}' then element_id when first_type = '{{ kind }}' then first_id
            when second_type = '{{ kind }}' then second_id when third_type = '{{ kind }}' then third_id
        end as {{ kind }}_id{{ '' if loop.last else ',' }}
        {% endfor %}
    from ways
),

-- What hangs below: meters counted on each of the elements they pass.
below as (
    {% for kind in ['transformer', 'feeder', 'substation'] %}
    select {{ kind }}_id as element_id, count(*) as meters
    from placed
    where element_type = 'meter' and {{ kind }}_id is not null
    group by {{ kind }}_id
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}
)

select
    placed.element_id, placed.element_type, placed.element_name, placed.region_id, placed.zone_id, placed.upstream_element_id,
    placed.downstream_element_id, placed.transformer_id, placed.feeder_id, placed.substation_id,
    placed.substation_id is not null or placed.element_type = 'line' as is_connected,
    cast(coalesce(below.meters, 0) as bigint) as meters, placed.voltage_kv, placed.capacity_mva, placed.length_km, placed.latitude,
    placed.longitude, placed.in_service_on, placed.out_of_service_on, placed.source_system
from placed
left join below on placed.element_id = below.element_id
