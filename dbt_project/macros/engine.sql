{#- Everything in which DuckDB and Snowflake differ. Models call these; nothing else in the project may fork. -#}

{% macro generate_schema_name(custom_schema_name, node) -%}
  {#- Schemas are bronze, silver, gold; on Snowflake a developer's carry the user's prefix, and gold is built beside what is read. -#}
  {%- if target.type == 'snowflake' and target.name != 'prod' -%}
    {{ target.schema }}_{{ custom_schema_name or 'gridlake' }}
  {%- elif target.type == 'snowflake' and custom_schema_name == 'gold' -%}
    gold_build
  {%- else -%}
    {{ custom_schema_name or 'main' }}
  {%- endif -%}
{%- endmacro %}

{#- A TIMESTAMP WITH TIME ZONE as naive UTC. On DuckDB this is 17 times faster than AT TIME ZONE. -#}
{% macro naive_utc(expression) -%} {{ return(adapter.dispatch('naive_utc', 'gridlake')(expression)) }} {%- endmacro %}
{% macro default__naive_utc(expression) -%} make_timestamp(epoch_us({{ expression }})) {%- endmacro %}
{% macro snowflake__naive_utc(expression) -%} convert_timezone('UTC', {{ expression }})::timestamp_ntz {%- endmacro %}

{#- Naive UTC as the naive wall clock of `timezone` (a column or literal). -#}
{% macro local_time(expression, timezone) -%} {{ return(adapter.dispatch('local_time', 'gridlake')(expression, timezone)) }} {%- endmacro %}
{% macro default__local_time(expression, timezone) -%} timezone({{ timezone }}, make_timestamptz(epoch_us({{ expression }}))) {%- endmacro %}
{% macro snowflake__local_time(expression, timezone) -%} convert_timezone('UTC', {{ timezone }}, {{ expression }}) {%- endmacro %}

{#- Naive wall clock of `timezone` as naive UTC. -#}
{% macro from_local_time(expression, timezone) -%} {{ return(adapter.dispatch('from_local_time', 'gridlake')(expression, timezone)) }} {%- endmacro %}
{% macro default__from_local_time(expression, timezone) -%} make_timestamp(epoch_us(timezone({{ timezone }}, {{ expression }}))) {%- endmacro %}
{% macro snowflake__from_local_time(expression, timezone) -%} convert_timezone({{ timezone }}, 'UTC', {{ expression }}) {%- endmacro %}

{#- One row per hour from `first` (included) to `after` (excluded): a FROM item named `alias` with column hour_start. -#}
{% macro hours_between(first, after, alias) -%} {{ return(adapter.dispatch('hours_between', 'gridlake')(first, after, alias)) }} {%- endmacro %}
{% macro default__hours_between(first, after, alias) -%}
  unnest(generate_series({{ first }}, {{ after }} - interval '1 hour', interval '1 hour')) as {{ alias }}(hour_start)
{%- endmacro %}
{% macro snowflake__hours_between(first, after, alias) -%}
  lateral (
    select dateadd('hour', numbers.value::integer, {{ first }}) as hour_start
    from table(flatten(input => array_generate_range(0, floor(datediff('second', {{ first }}, {{ after }}) / 3600)::integer))) as numbers
  ) as {{ alias }}
{%- endmacro %}

{#- Names of the functions that give the larger and the smaller of the values that are not null. -#}
{% macro larger() -%} {{ return(adapter.dispatch('larger', 'gridlake')()) }} {%- endmacro %}
{% macro default__larger() -%} {{ return('greatest') }} {%- endmacro %}
{% macro snowflake__larger() -%} {{ return('greatest_ignore_nulls') }} {%- endmacro %}
{% macro smaller() -%} {{ return(adapter.dispatch('smaller', 'gridlake')()) }} {%- endmacro %}
{% macro default__smaller() -%} {{ return('least') }} {%- endmacro %}
{% macro snowflake__smaller() -%} {{ return('least_ignore_nulls') }} {%- endmacro %}

{#- An instant as text, the same on every engine: whole milliseconds since 1970. -#}
{% macro instant_text(instant) -%} cast({{ epoch_milliseconds(instant) }} as varchar) {%- endmacro %}
{% macro epoch_milliseconds(instant) -%} {{ return(adapter.dispatch('epoch_milliseconds', 'gridlake')(instant)) }} {%- endmacro %}
{% macro default__epoch_milliseconds(instant) -%} epoch_ms({{ instant }}) {%- endmacro %}
{% macro snowflake__epoch_milliseconds(instant) -%} date_part('epoch_millisecond', {{ instant }}) {%- endmacro %}

{#- What of a value lies above zero; unknown where the value is, which larger(value, 0) would call zero. -#}
{% macro positive_part(value) -%} case when {{ value }} > 0 then {{ value }} when {{ value }} <= 0 then 0 end {%- endmacro %}

{#- Monday is 1, Sunday 7, whatever the session takes for a week's first day. -#}
{% macro iso_weekday(expression) -%} {{ return(adapter.dispatch('iso_weekday', 'gridlake')(expression)) }} {%- endmacro %}
{% macro default__iso_weekday(expression) -%} extract(isodow from {{ expression }}) {%- endmacro %}
{% macro snowflake__iso_weekday(expression) -%} dayofweekiso({{ expression }}) {%- endmacro %}

{% macro iso_week(expression) -%} {{ return(adapter.dispatch('iso_week', 'gridlake')(expression)) }} {%- endmacro %}
{% macro default__iso_week(expression) -%} extract(week from {{ expression }}) {%- endmacro %}
{% macro snowflake__iso_week(expression) -%} weekiso({{ expression }}) {%- endmacro %}

{#- The Monday a day's week begins with, as a timestamp. -#}
{% macro week_start(expression) -%} {{ return(adapter.dispatch('week_start', 'gridlake')(expression)) }} {%- endmacro %}
{% macro default__week_start(expression) -%} date_trunc('week', {{ expression }}) {%- endmacro %}
{% macro snowflake__week_start(expression) -%} dateadd('day', 1 - dayofweekiso({{ expression }}), date_trunc('day', {{ expression }})) {%- endmacro %}

{#- English names in full: Snowflake's own are cut to three letters. -#}
{% macro month_name(expression) -%} {{ return(adapter.dispatch('month_name', 'gridlake')(expression)) }} {%- endmacro %}
{% macro default__month_name(expression) -%} monthname({{ expression }}) {%- endmacro %}
{% macro snowflake__month_name(expression) -%}
  case extract(month from {{ expression }})
    {%- for name in ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'] %} when {{ loop.index }} then '{{ name }}'{% endfor %} end
{%- endmacro %}
{% macro day_name(expression) -%} {{ return(adapter.dispatch('day_name', 'gridlake')(expression)) }} {%- endmacro %}
{% macro default__day_name(expression) -%} dayname({{ expression }}) {%- endmacro %}
{% macro snowflake__day_name(expression) -%}
  case dayofweekiso({{ expression }})
    {%- for name in ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] %} when {{ loop.index }} then '{{ name }}'{% endfor %} end
{%- endmacro %}

{% macro add_months(expression, months) -%} {{ return(adapter.dispatch('add_months', 'gridlake')(expression, months)) }} {%- endmacro %}
{% macro default__add_months(expression, months) -%} ({{ expression }} + to_months(cast({{ months }} as integer))) {%- endmacro %}
{% macro snowflake__add_months(expression, months) -%} dateadd('month', {{ months }}, {{ expression }}) {%- endmacro %}
{#- Text to double; null where it is no number. Grouped thousands and accounting's parentheses are numbers. -#}
{% macro to_number(expression) -%}
  try_cast(nullif(trim({{ expression }}), '') as double)
{%- endmacro %}

{% macro accounting_number(expression) -%}
  try_cast(
    case
      when trim({{ expression }}) like '(%)' then '-' || replace(replace(replace(trim({{ expression }}), '(', ''), ')', ''), ',', '')
      else replace(trim({{ expression }}), ',', '')
    end as double
  )
{%- endmacro %}

{#- Text to an exact decimal; grouped thousands are read, blanks are null. -#}
{% macro exact_number(expression) -%}
  try_cast(nullif(replace(trim({{ expression }}), ',', ''), '') as decimal(28, 6))
{%- endmacro %}

{#- Text of seconds since 1970 as naive UTC. -#}
{% macro from_epoch_seconds(expression) -%} {{ return(adapter.dispatch('from_epoch_seconds', 'gridlake')(expression)) }} {%- endmacro %}
{% macro default__from_epoch_seconds(expression) -%} make_timestamp(try_cast({{ expression }} as bigint) * 1000000) {%- endmacro %}
{% macro snowflake__from_epoch_seconds(expression) -%} to_timestamp_ntz(try_cast({{ expression }} as bigint)) {%- endmacro %}

{% macro seconds_between(earlier, later) -%} {{ return(adapter.dispatch('seconds_between', 'gridlake')(earlier, later)) }} {%- endmacro %}
{% macro default__seconds_between(earlier, later) -%} (epoch({{ later }}) - epoch({{ earlier }})) {%- endmacro %}
{% macro snowflake__seconds_between(earlier, later) -%} datediff('second', {{ earlier }}, {{ later }}) {%- endmacro %}

{#- Columns every sample row carries on: where it came from. -#}
{% macro lineage_columns(prefix='') -%}
  {{ prefix }}payload_sha256, {{ prefix }}source_member, {{ prefix }}row_number, {{ prefix }}published_at_utc, {{ prefix }}ingested_at_utc
{%- endmacro %}

{#- Rank 1 = the current revision: latest publication, then hash and row. What an address delivered before its last
    delivery is kept as a revision and is never current, not even where the last delivery lacks the row. -#}
{% macro revision_rank(key) -%}
  row_number() over (
    partition by {{ key }}
    order by is_superseded asc, published_at_utc desc nulls last, payload_sha256 desc, row_number desc, source_member desc
  ) + case when is_superseded then 1 else 0 end
{%- endmacro %}

{#- CTEs `told_again` and `ranked`: the latter is the CTE `rows` with revision_rank among those that `key`, a list of columns,
    calls the same value. Rank 1 = the current revision: latest publication, then hash and row. What an address delivered
    before its last delivery is kept as a revision and is never current, not even where the last delivery lacks the row.
    `told_at`: a column that says when a row was told and goes before its publication (when a meter was read).
    Few values are told more than once, and only those are sorted: sorting them all, with the texts each row carries, took a
    fifth of a model's time. Keys may be null, which to a join is no equal. -#}
{% macro ranked_revisions(rows, key, told_at=none) -%}
{%- set is_told_again -%}
    on {% for column in key %}{{ rows }}.{{ column }} is not distinct from told_again.{{ column }}{% if not loop.last %}
        and {% endif %}{% endfor %}
{%- endset -%}
told_again as (
    select {{ key | join(', ') }}, true as is_told_again
    from {{ rows }}
    group by {{ key | join(', ') }}
    having count(*) > 1
),

ranked as (
    select
        {{ rows }}.*,
        row_number() over (
            partition by {{ rows }}.{{ key | join(', ' ~ rows ~ '.') }}
            order by
                is_superseded asc, {% if told_at %}{{ told_at }} desc nulls last, {% endif %}{{ rows }}.published_at_utc desc nulls last, payload_sha256 desc,
                row_number desc, source_member desc
        ) + case when is_superseded then 1 else 0 end as revision_rank
    from {{ rows }}
    inner join told_again
        {{ is_told_again }}
    union all
    select {{ rows }}.*, case when is_superseded then 2 else 1 end as revision_rank
    from {{ rows }}
    left join told_again
        {{ is_told_again }}
    where told_again.is_told_again is null
)
{%- endmacro %}

{#- Whether all known values of a boolean are true; null where none is known: an aggregate. -#}
{% macro all_true(expression) -%}
  min(case when {{ expression }} then 1 when not {{ expression }} then 0 end) = 1
{%- endmacro %}

{#- Zone id of a code as a source names it: `<region>.<CODE>`, blanks as underscores. Several sources have other codes for one
    zone: EIA-930 for ERCOT's weather zones and ISO-NE's load zones (4001 to 4008 are
    ISO-NE's own numbers of them), and NYISO spells New York City with points. -#}
{% macro zone_of(region, code) -%}
  case ({{ region }} || '.' || replace(upper(trim({{ code }})), ' ', '_'))
    when 'NYISO.N.Y.C.' then 'NYISO.NYC'
    when 'ERCOT.COAS' then 'ERCOT.COAST'
    when 'ERCOT.FWES' then 'ERCOT.FAR_WEST'
    when 'ERCOT.NCEN' then 'ERCOT.NORTH_C'
    when 'ERCOT.NRTH' then 'ERCOT.NORTH'
    when 'ERCOT.SCEN' then 'ERCOT.SOUTH_C'
    when 'ERCOT.SOUT' then 'ERCOT.SOUTHERN'
    when 'ISONE.4001' then 'ISONE.ME'
    when 'ISONE.4002' then 'ISONE.NH'
    when 'ISONE.4003' then 'ISONE.VT'
    when 'ISONE.4004' then 'ISONE.CT'
    when 'ISONE.4005' then 'ISONE.RI'
    when 'ISONE.4006' then 'ISONE.SEMA'
    when 'ISONE.4007' then 'ISONE.WCMA'
    when 'ISONE.4008' then 'ISONE.NEMA'
    else {{ region }} || '.' || replace(upper(trim({{ code }})), ' ', '_')
  end
{%- endmacro %}

{#- Whether a later delivery of the same address replaced the payload of a row: to be joined as `payloads`. -#}
{% macro join_payloads(rows) -%}
  left join {{ ref('stg_gridlake__payload') }} as payloads
        on {{ rows }}.feed = payloads.feed
        and {{ rows }}.payload_sha256 = payloads.payload_sha256
{%- endmacro %}

{#- The verdicts of a subject's rules, as the columns every judged row carries. -#}
{% macro verdicts(subject) -%}
  {{ rule_flags(subject) }} as validation_flags,
    {{ rule_error_ids(subject) }} as error_rule_ids,
    {{ rule_errors(subject) }} as is_quarantined,
    {{ rule_score(subject) }} as data_quality_score
{%- endmacro %}

{#- Sets of hours as the bits of one whole number of at most 25: their union (an aggregate), what two have in common, how many they are. -#}
{% macro or_bits(expression) -%} {{ return(adapter.dispatch('or_bits', 'gridlake')(expression)) }} {%- endmacro %}
{% macro default__or_bits(expression) -%} bit_or({{ expression }}) {%- endmacro %}
{% macro snowflake__or_bits(expression) -%} bitor_agg({{ expression }}) {%- endmacro %}
{% macro common_bits(one, other) -%} {{ return(adapter.dispatch('common_bits', 'gridlake')(one, other)) }} {%- endmacro %}
{% macro default__common_bits(one, other) -%} ({{ one }} & {{ other }}) {%- endmacro %}
{% macro snowflake__common_bits(one, other) -%} (bitand({{ one }}, {{ other }})) {%- endmacro %}
{% macro count_bits(bits) -%} {{ return(adapter.dispatch('count_bits', 'gridlake')(bits)) }} {%- endmacro %}
{% macro default__count_bits(bits) -%} bit_count({{ bits }}) {%- endmacro %}
{% macro snowflake__count_bits(bits) -%}
  ({% for place in range(25) %}mod(floor({{ bits }} / {{ 2 ** place }}), 2){% if not loop.last %} + {% endif %}{% endfor %})
{%- endmacro %}

{#- The distinct rule ids of several comma-joined lists, sorted and joined again: an aggregate. -#}
{% macro merge_flags(expression) -%} {{ return(adapter.dispatch('merge_flags', 'gridlake')(expression)) }} {%- endmacro %}
{% macro default__merge_flags(expression) -%}
  coalesce(array_to_string(list_sort(list_distinct(flatten(
    list(string_split({{ expression }}, ',')) filter ({{ expression }} <> '')
  ))), ','), '')
{%- endmacro %}
{#- The lists are joined, taken apart again and made distinct: each rule id once, sorted. -#}
{% macro snowflake__merge_flags(expression) -%}
  coalesce(array_to_string(array_sort(array_distinct(strtok_to_array(listagg({{ expression }}, ','), ','))), ','), '')
{%- endmacro %}

{#- A Delta table that was not built by dbt. On DuckDB it is scanned where it lies, in the home of this run (known when
    the model runs, not when the project is parsed); elsewhere it is an ordinary source. -#}
{% macro lake_source(layer, table) -%}
  {%- set relation = source(layer, table) -%}
  {{ return(adapter.dispatch('lake_source', 'gridlake')(relation, layer, table)) }}
{%- endmacro %}
{% macro default__lake_source(relation, layer, table) -%}
  {#- GRIDLAKE_STORE: an object store that holds what no model writes. -#}
  delta_scan('{{ (env_var('GRIDLAKE_STORE', '') or env_var('GRIDLAKE_HOME', '.gridlake')) | replace("'", "''") }}/{{ layer }}/{{ table }}')
{%- endmacro %}
{% macro snowflake__lake_source(relation, layer, table) -%} {{ relation }} {%- endmacro %}
