-- Sines and cosines of the day (24 hours), the week (168) and the year (366 days), eight harmonics each: looked up, not
-- computed row by row.
with hours as (
    select series.hour_start
    from (select timestamp '2000-01-01 00:00:00' as first_start, timestamp '2001-01-01 00:00:00' as after_start) as leap_year
    cross join {{ hours_between('leap_year.first_start', 'leap_year.after_start', 'series') }}
),

slots as (
    select 'daily' as period, cast(extract(hour from hour_start) as integer) as slot, extract(hour from hour_start) / 24.0 as phase
    from hours
    where hour_start < timestamp '2000-01-02 00:00:00'
    union all
    select
        'weekly' as period,
        cast(({{ iso_weekday('hour_start') }} - 1) * 24 + extract(hour from hour_start) as integer) as slot,
        (({{ iso_weekday('hour_start') }} - 1) * 24 + extract(hour from hour_start)) / 168.0 as phase
    from hours
    where hour_start < timestamp '2000-01-08 00:00:00'
    union all
    select
        'annual' as period, cast(extract(doy from hour_start) - 1 as integer) as slot,
        (extract(doy from hour_start) - 1) / 365.25 as phase
    from hours
    where extract(hour from hour_start) = 0
)

select
    period, slot
    {%- for k in feature_harmonics() %},
    sin(2 * pi() * {{ k }} * phase) as sin{{ k }}, cos(2 * pi() * {{ k }} * phase) as cos{{ k }}
    {%- endfor %}
from slots
