{#- An hour's load of samples within it, the time-weighted mean: a sample holds until the next one or the hour's end, whatever its
    nominal length, for operators print irregular samples between their regular ones. The only place that says so: silver's
    hours are built by it, and backtests on an operator's files read it too (`gridlake.dbt_macros`).
    samples: a relation of valid samples, one per instant, with `hour_start`. keys: columns that name a series. -#}
{% macro hours_of_held_samples(samples, keys) -%}
select
    {{ keys }}, hour_start,
    sum(load_mw * held_seconds) / sum(held_seconds) as mean_load_mw,
    -- A sample speaks for three of its feed's nominal intervals at most.
    {{ smaller() }}(100.0, sum({{ smaller() }}(held_seconds, 180.0 * interval_minutes)) / 36.0) as coverage_pct
from (
    select
        *,
        {{ seconds_between('interval_start_utc', "coalesce(lead(interval_start_utc) over (partition by " ~ keys ~ ", hour_start order by interval_start_utc), hour_start + interval '1 hour')") }}
            as held_seconds
    from {{ samples }}
) as held
group by {{ keys }}, hour_start
{%- endmacro %}

{#- Of an hour covered less than this nothing is reported. -#}
{% macro least_coverage_pct() -%} 50 {%- endmacro %}

{#- The hours of each region's local days as CTEs `calendar_hours` and `calendar`, which open a query: every hour of a day with the one bit that stands for it.
    A day's hours are the bits of one number: listing them for every entity takes several times as long as reading the samples. -#}
{% macro local_hours(first_hour, after_hour) -%}
with calendar_hours as (
    select
        timezone, interval_start_utc as hour_start, local_date,
        cast(power(2, row_number() over (partition by timezone, local_date order by interval_start_utc) - 1) as bigint) as hour_bit
    from {{ ref('int_calendar__hour') }}
    where interval_start_utc >= {{ first_hour }} - interval '2 days' and interval_start_utc < {{ after_hour }} + interval '2 days'
),

calendar as (
    select regions.region_id, hours.hour_start, hours.local_date, hours.hour_bit
    from calendar_hours as hours
    inner join {{ ref('regions') }} as regions on hours.timezone = regions.timezone
),
{%- endmacro %}
