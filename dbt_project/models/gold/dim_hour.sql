select distinct
    local_hour as hour_of_day,
    cast(local_hour + 1 as integer) as hour_ending,
    lpad(cast(local_hour as varchar), 2, '0') || ':00' as hour_label,
    case
        when local_hour < 6 then 'night' when local_hour < 12 then 'morning'
        when local_hour < 18 then 'afternoon' else 'evening'
    end as day_part
from {{ ref('int_calendar__hour') }}
