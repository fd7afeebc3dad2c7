select distinct
    local_date as date_day,
    cast(extract(year from local_date) as integer) as year_number,
    cast(extract(quarter from local_date) as integer) as quarter_of_year,
    cast(extract(month from local_date) as integer) as month_of_year,
    cast(monthname(local_date) as varchar) as month_name,
    cast(extract(day from local_date) as integer) as day_of_month,
    cast(extract(isodow from local_date) as integer) as day_of_week,
    cast(dayname(local_date) as varchar) as day_name,
    cast(extract(week from local_date) as integer) as iso_week,
    extract(isodow from local_date) >= 6 as is_weekend
from {{ ref('int_calendar__hour') }}
