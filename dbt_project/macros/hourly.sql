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
