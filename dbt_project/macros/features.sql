{#- What was known when. A value has an interval it speaks of and an hour from which it can have been known; feature rows
    stand on the second axis and look back along the first. -#}

{#- From when a value can have been known: its publication, never before it was measured; where the source tells none, the
    feed's latency (seed known_latency, joined as `own` and `general`) after the interval or the day-ahead deadline. -#}
{% macro known_instant(published, interval_end, cutoff='cast(null as timestamp)', measured=true) -%}
  case
    -- Not a bare greatest(): engines differ in what it makes of a null.
    when {{ published }} is not null then {% if measured %}{{ larger() }}({{ published }}, {{ interval_end }}){% else %}{{ published }}{% endif %}
    when coalesce(own.basis, general.basis) = 'day_ahead_cutoff' then {{ add_hours(cutoff, 'coalesce(own.latency_hours, general.latency_hours)') }}
    else {{ add_hours(interval_end, 'coalesce(own.latency_hours, general.latency_hours)') }}
  end
{%- endmacro %}

{% macro add_hours(expression, hours) -%} {{ return(adapter.dispatch('add_hours', 'gridlake')(expression, hours)) }} {%- endmacro %}
{% macro default__add_hours(expression, hours) -%} ({{ expression }} + to_hours(cast({{ hours }} as bigint))) {%- endmacro %}
{% macro snowflake__add_hours(expression, hours) -%} dateadd('hour', {{ hours }}, {{ expression }}) {%- endmacro %}

{% macro add_minutes(expression, minutes) -%} {{ return(adapter.dispatch('add_minutes', 'gridlake')(expression, minutes)) }} {%- endmacro %}
{% macro default__add_minutes(expression, minutes) -%} ({{ expression }} + to_minutes(cast({{ minutes }} as bigint))) {%- endmacro %}
{% macro snowflake__add_minutes(expression, minutes) -%} dateadd('minute', {{ minutes }}, {{ expression }}) {%- endmacro %}

{#- The full hour at or after an instant. -#}
{% macro hour_after(expression) -%}
  date_trunc('hour', {{ expression }} - interval '1 microsecond') + interval '1 hour'
{%- endmacro %}

{#- A number by which revisions of one value are ordered: the first known, then the rank silver gives. -#}
{% macro first_known_order(known, revision_rank) -%}
  ({{ seconds_between("timestamp '1970-01-01 00:00:00'", known) }} * 1000.0 + {{ smaller() }}({{ revision_rank }}, 999))
{%- endmacro %}

{#- Rows of `rows` after which nothing in the next `hours` rows of its `key` was known earlier. What is left is known in the
    order of its intervals, so that the row of the newest known one looks back on nothing that came later. -#}
{% macro known_in_order(rows, key, hours) -%}
  select * from (
    select
      *,
      min(known_at_utc) over (partition by {{ key }} order by interval_start_utc rows between 1 following and {{ hours }} following) as earliest_after
    from {{ rows }}
  ) as placed
  where earliest_after is null or known_at_utc <= earliest_after
{%- endmacro %}

{#- Every hour between a key's first and last interval in `rows`, as (key, interval_start_utc): frames of rows are hours. -#}
{% macro every_hour(rows, key) -%}
  select spans.{{ key }}, series.hour_start as interval_start_utc
  from (
    select {{ key }}, min(interval_start_utc) as first_start, max(interval_start_utc) as last_start
    from {{ rows }} group by {{ key }}
  ) as spans
  cross join {{ hours_between('spans.first_start', "spans.last_start + interval '1 hour'", 'series') }}
{%- endmacro %}

{#- `rows` once for every hour in which it was the newest known of its key, as `hour_known_utc`: from the hour it was known to
    the next one's. Where none follows it stands two days longer than its delivery was long (a month told at once is the newest
    for a month), and no longer than `days` after its interval. Whether something follows must not matter before it does. -#}
{% macro while_newest(rows, key, days) -%}
  select newest.*, series.hour_start as hour_known_utc
  from (
    select
      *,
      coalesce(lead(known_at_utc) over (partition by {{ key }} order by interval_start_utc), {{ lake_end() }}) as next_known_at_utc,
      {{ add_hours('known_at_utc', '48 + count(*) over (partition by ' ~ key ~ ', known_at_utc)') }} as stands_until_utc
    from {{ rows }}
    where known_at_utc is not null
  ) as newest
  cross join {{ hours_between(
    larger() ~ '(newest.known_at_utc, ' ~ lake_start() ~ ')',
    smaller() ~ "(newest.next_known_at_utc, newest.stands_until_utc, newest.interval_start_utc + interval '" ~ days ~ " days', " ~ lake_end() ~ ')',
    'series'
  ) }}
{%- endmacro %}

{% macro feature_lags() -%} {{ return([1, 3, 6, 12, 24, 48, 168]) }} {%- endmacro %}
{% macro feature_windows() -%} {{ return({6: '6h', 24: '24h', 168: '7d', 720: '30d'}) }} {%- endmacro %}
{% macro feature_harmonics() -%} {{ return(range(1, 9)) }} {%- endmacro %}
{#- Longest a value stays the newest known one: a monthly delivery is the newest for a month. -#}
{% macro newest_days() -%} {{ return(33) }} {%- endmacro %}

{#- Lags of a value: lag 1 is the newest known hour, lag 24 the same hour of the clock as the one after it, a day before. -#}
{% macro lag_columns(value, key, prefix, suffix) -%}
  {%- for hours in feature_lags() %}
    {% if hours == 1 %}{{ value }}{% else %}lag({{ value }}, {{ hours - 1 }}) over (partition by {{ key }} order by interval_start_utc){% endif %} as {{ prefix }}_lag_{{ hours }}h{{ suffix }}{% if not loop.last %},{% endif %}
  {%- endfor %}
{%- endmacro %}

{#- Mean, deviation, minimum and maximum over the last known hours. -#}
{% macro window_columns(value, key, prefix, suffix) -%}
  {%- for hours, label in feature_windows().items() %}
    {%- for name, aggregate in {'mean': 'avg', 'std': 'stddev_samp', 'min': 'min', 'max': 'max'}.items() %}
    {{ aggregate }}({{ value }}) over (
      partition by {{ key }} order by interval_start_utc rows between {{ hours - 1 }} preceding and current row
    ) as {{ prefix }}_{{ name }}_{{ label }}{{ suffix }}{% if not loop.last %},{% endif %}
    {%- endfor %}{% if not loop.last %},{% endif %}
  {%- endfor %}
{%- endmacro %}

{#- Names of all lag and window columns of a value. -#}
{% macro value_column_names(prefix, suffix) -%}
  {%- set names = [] -%}
  {%- for hours in feature_lags() -%}{%- do names.append(prefix ~ '_lag_' ~ hours ~ 'h' ~ suffix) -%}{%- endfor -%}
  {%- for label in feature_windows().values() -%}
    {%- for name in ['mean', 'std', 'min', 'max'] -%}{%- do names.append(prefix ~ '_' ~ name ~ '_' ~ label ~ suffix) -%}{%- endfor -%}
  {%- endfor -%}
  {{ return(names) }}
{%- endmacro %}

{#- Calendar columns of the hour in which a row is known, from the joins of `calendar_joins`. -#}
{% macro calendar_columns() -%}
    calendar.local_date, calendar.local_hour as hour, days.day_of_week, days.day_of_year, days.week_of_year, days.month_of_year,
    days.day_kind, days.is_weekend, days.holiday, days.holiday_before, days.holiday_after, days.holiday_week_ago,
    days.days_since_epoch
    {%- for period in ['daily', 'weekly', 'annual'] -%}
      {%- for k in feature_harmonics() -%}
    , {{ period }}.sin{{ k }} as {{ period }}_sin{{ k }}, {{ period }}.cos{{ k }} as {{ period }}_cos{{ k }}
      {%- endfor -%}
    {%- endfor %}
{%- endmacro %}

{#- Left joins, though every hour has its calendar: as inner joins they were put in an order that multiplies zones by hours. -#}
{% macro calendar_joins(rows, hour) -%}
left join {{ ref('regions') }} as regions on {{ rows }}.region_id = regions.region_id
left join {{ ref('int_calendar__hour') }} as calendar
    on regions.timezone = calendar.timezone
    and {{ rows }}.{{ hour }} = calendar.interval_start_utc
left join {{ ref('int_calendar__day') }} as days
    on regions.country = days.country
    and calendar.local_date = days.local_date
left join {{ ref('int_calendar__harmonic') }} as daily
    on daily.period = 'daily' and calendar.local_hour = daily.slot
left join {{ ref('int_calendar__harmonic') }} as weekly
    on weekly.period = 'weekly' and days.day_of_week * 24 + calendar.local_hour = weekly.slot
left join {{ ref('int_calendar__harmonic') }} as annual
    on annual.period = 'annual' and days.day_of_year - 1 = annual.slot
{%- endmacro %}

{#- Weather columns of a feature row, from `region` (int_region__as_known). -#}
{% macro weather_columns() -%}
    region.temperature_c, region.temperature_mean_24h_c, region.temperature_mean_7d_c, region.temperature_min_24h_c,
    region.temperature_max_24h_c, region.temperature_c - region.temperature_lag_24h_c as temperature_change_23h_c,
    {{ positive_part('18 - region.temperature_c') }} as heating_degree_c, {{ positive_part('region.temperature_c - 18') }} as cooling_degree_c,
    region.temperature_c * region.temperature_c as temperature_squared_c2, region.humidity_pct,
    ({{ positive_part('region.temperature_c - 18') }}) * region.humidity_pct / 100 as cooling_degree_humid_c,
    region.wind_speed_m_per_s, region.wind_speed_mean_24h_m_per_s,
    region.wind_speed_m_per_s * region.wind_speed_m_per_s * region.wind_speed_m_per_s as wind_speed_cubed_m3_per_s3,
    ({{ positive_part('18 - region.temperature_c') }}) * region.wind_speed_m_per_s as heating_degree_wind_c_m_per_s,
    region.pressure_hpa, region.pressure_hpa - region.pressure_lag_3h_hpa as pressure_change_2h_hpa, region.cloud_cover_pct,
    region.irradiance_w_per_m2
{%- endmacro %}

{% macro frequency_columns() -%}
    region.frequency_deviation_hz, region.frequency_max_deviation_hz, region.frequency_range_hz
{%- endmacro %}
