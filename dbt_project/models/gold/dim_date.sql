select distinct
    local_date as date_day,
    cast(extract(year from local_date) as integer) as year_number,
    cast(extract(quarter from local_date) as integer) as quarter_of_year,
    cast(extract(month from local_date) as integer) as month_of_year,
    cast({{ month_name('local_date') }} as varchar) as month_name,
    cast(extract(day from local_date) as integer) as day_of_month,
    cast({{ iso_weekday('local_date') }} as integer) as day_of_week,
    cast({{ day_name('local_date') }} as varchar) as day_name,
    cast({{ iso_week('local_date') }} as integer) as iso_week,
    {{ iso_weekday('local_date') }} >= 6 as is_weekend
from {{ ref('int_calendar__hour') }}
