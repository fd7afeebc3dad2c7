-- One row per country and local day: weekday and public holidays, as forecasts use them.
with days as (
    select distinct local_date from {{ ref('int_calendar__hour') }}
),

countries as (
    select distinct country from {{ ref('regions') }}
)

select
    countries.country, days.local_date,
    cast({{ iso_weekday('days.local_date') }} - 1 as integer) as day_of_week,
    cast(extract(doy from days.local_date) as integer) as day_of_year,
    cast({{ iso_week('days.local_date') }} as integer) as week_of_year,
    cast(extract(month from days.local_date) as integer) as month_of_year,
    cast(case
        when today.holiday_date is not null then 3
        when {{ iso_weekday('days.local_date') }} = 7 then 2
        when {{ iso_weekday('days.local_date') }} = 6 then 1
        else 0
    end as integer) as day_kind,
    {{ iso_weekday('days.local_date') }} >= 6 as is_weekend,
    cast(case when today.holiday_date is not null then 1 else 0 end as integer) as holiday,
    cast(case when yesterday.holiday_date is not null then 1 else 0 end as integer) as holiday_before,
    cast(case when tomorrow.holiday_date is not null then 1 else 0 end as integer) as holiday_after,
    cast(case when week_ago.holiday_date is not null then 1 else 0 end as integer) as holiday_week_ago,
    {{ seconds_between("timestamp '1970-01-01 00:00:00'", 'cast(days.local_date as timestamp)') }} / 86400.0 / 365.25 as days_since_epoch
from days
cross join countries
left join {{ ref('holidays') }} as today
    on countries.country = today.country and days.local_date = today.holiday_date
left join {{ ref('holidays') }} as yesterday
    on countries.country = yesterday.country and days.local_date = yesterday.holiday_date + interval '1 day'
left join {{ ref('holidays') }} as tomorrow
    on countries.country = tomorrow.country and days.local_date = tomorrow.holiday_date - interval '1 day'
left join {{ ref('holidays') }} as week_ago
    on countries.country = week_ago.country and days.local_date = week_ago.holiday_date + interval '7 days'
