select
    source_system || '.' || work_order as work_order_id, source_system || '.' || outage_number as outage_id,
    case when trim(coalesce(feeder, '')) <> '' then source_system || '.' || feeder end as feeder_id, region_id, place, crew_status,
    opened_at_utc, closed_at_utc, closed_at_utc is null as is_open,
    {{ seconds_between('opened_at_utc', 'closed_at_utc') }} / 3600.0 as open_hours, source_system
from {{ ref('int_outage__work_order') }}
