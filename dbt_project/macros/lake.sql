{#-
  The `lake` materialisation: on DuckDB a model is a Delta table, partitioned by month where `partition_by` names its
  time column. Each contiguous run of touched months is one COPY (what is a month by itself is written where it belongs: dealing
  rows out to partitions takes two thirds more than writing them); one commit swaps exactly those partitions; a view in the
  warehouse pins the committed version. On Snowflake the same models are ordinary tables.

  config(partition_by='interval_start_utc', reach_back=0, reach_forward=1): a change in a month also rebuilds so many
  months around it. reach_days=2: a change of some days also rebuilds the months of the two days before and after them; for
  models that place each row by its local day or month and look at no rows of others. range_rows: how many bronze rows one COPY
  may span, where a model reads beyond its range, or keeps little of what it reads: each COPY looks at all its tables' logs.
  by_day=true: each row comes of its own UTC day's input, so that of a month only the days that changed are built, and the
  others are kept. unplaced=true: rows without a time are a partition of their own, built anew each time.
  The model restricts its inputs with lake_start() / lake_end(); what it returns outside the range being built is dropped.
-#}
{% materialization lake, adapter='duckdb', supported_languages=['sql'] %}
  {%- set location = lake_location(this) -%}
  {%- set time_column = config.get('partition_by') -%}
  {%- set target_relation = this.incorporate(type='view') -%}
  {%- set token = invocation_id -%}
  {{ run_hooks(pre_hooks) }}

  {%- set sql_body = compiled_code -%}
  {%- if config.get('contract').enforced -%}
    {{ get_assert_columns_equivalent(sql_body) }}
    {%- set sql_body = get_select_subquery(sql_body) -%}
  {%- endif -%}
  {%- set required = [] -%}
  {%- for column in model.columns.values() -%}
    {%- for constraint in column.constraints if constraint.type == 'not_null' -%}
      {%- do required.append(column.name) -%}
    {%- endfor -%}
  {%- endfor -%}

  {%- set request = {
        'partitioned': time_column is not none,
        'reach_back': config.get('reach_back', 0),
        'reach_forward': config.get('reach_forward', 0),
        'reach_days': config.get('reach_days', 0),
        'range_rows': config.get('range_rows'),
        'by_day': config.get('by_day', false),
        'unplaced': config.get('unplaced', false),
        'full_refresh': should_full_refresh()
      } -%}
  {%- call statement('plan', fetch_result=true) -%}
    select lake_plan('{{ location }}', '{{ tojson(request) }}')
  {%- endcall -%}
  {%- set plan = fromjson(load_result('plan')['data'][0][0]) -%}

  {%- for first, after in plan.ranges -%}
    {%- set days = plan.days[loop.index0] if plan.days -%}
    {%- set start, end = "timestamp '" ~ (days[0] if days else first) ~ " 00:00:00'", "timestamp '" ~ (days[1] if days else after) ~ " 00:00:00'" -%}
    {%- set ranged = sql_body | replace(lake_start(), start) | replace(lake_end(), end) -%}
    {%- set folder = plan.folders[loop.index0] -%}
    {%- call statement('copy_' ~ loop.index) -%}
      {%- if time_column and folder -%}
      copy (
        select * from ({{ ranged }}) as built
        where {{ time_column }} >= {{ start }} and {{ time_column }} < {{ end }}
        {%- if days %}
        union all by name
        select * exclude (month) from delta_scan('{{ location }}')
        where month = '{{ first[:7] }}' and ({{ time_column }} < {{ start }} or {{ time_column }} >= {{ end }})
        {%- endif %}
      ) to '{{ location }}/{{ folder }}/{{ token }}.parquet' (format parquet, compression zstd)
      {%- elif time_column -%}
      copy (
        select *, strftime({{ time_column }}, '%Y-%m') as month from ({{ ranged }}) as built
        where {{ time_column }} >= {{ start }} and {{ time_column }} < {{ end }}
      ) to '{{ location }}' (format parquet, compression zstd, partition_by (month), append, filename_pattern '{{ token }}-{uuid}')
      {%- else -%}
      copy ({{ ranged }}) to '{{ location }}/{{ token }}.parquet' (format parquet, compression zstd)
      {%- endif -%}
    {%- endcall -%}
  {%- endfor -%}

  {%- if plan.unplaced -%}
    {%- call statement('copy_unplaced') -%}
      copy (select * from ({{ without_range(sql_body) }}) as built where {{ time_column }} is null)
      to '{{ location }}/{{ plan.unplaced }}/{{ token }}.parquet' (format parquet, compression zstd)
    {%- endcall -%}
  {%- endif -%}

  {%- if plan.ranges or plan.unplaced or plan.whole -%}
    {#- The files tell their columns; where none was written the query is asked. -#}
    {%- call statement('written', fetch_result=true) -%} select lake_written('{{ location }}', '{{ token }}') {%- endcall -%}
    {%- set columns = [] -%}
    {%- if not load_result('written')['data'][0][0] -%}
      {%- for column in get_column_schema_from_query(sql_body) -%}
        {%- do columns.append([column.name, column.dtype]) -%}
      {%- endfor -%}
    {%- endif -%}
    {%- set commit = {'token': token, 'months': plan.months, 'required': required, 'whole': plan.whole, 'columns': columns} -%}
    {%- call statement('commit', fetch_result=true) -%}
      select lake_commit('{{ location }}', '{{ tojson(commit) }}')
    {%- endcall -%}
    {%- set version = load_result('commit')['data'][0][0] -%}
  {%- else -%}
    {%- call statement('version', fetch_result=true) -%} select lake_version('{{ location }}') {%- endcall -%}
    {%- set version = load_result('version')['data'][0][0] -%}
  {%- endif -%}

  {%- call statement('main') -%}
    create or replace view {{ target_relation }} as
    select {{ '* exclude (month)' if time_column else '*' }} from delta_scan('{{ location }}', version => {{ version }})
  {%- endcall -%}
  {{ run_hooks(post_hooks) }}
  {%- do adapter.commit() -%}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- Where a relation's Delta table lies, as text within an SQL literal. -#}
{% macro lake_location(relation) -%}
  {{ return((env_var('GRIDLAKE_HOME', '.gridlake') ~ '/' ~ relation.schema ~ '/' ~ relation.identifier) | replace("'", "''")) }}
{%- endmacro %}

{#- Bounds of the range being built. Outside the materialisation (unit tests, compile, Snowflake) they bound nothing. -#}
{% macro lake_start() -%} timestamp '1900-01-01 00:00:00' {%- endmacro %}
{% macro lake_end() -%} timestamp '2200-01-01 00:00:00' {%- endmacro %}

{#- A model's query over no range at all: of what it restricts no row is read. -#}
{% macro without_range(sql_body) -%} {{ return(sql_body | replace(lake_end(), lake_start())) }} {%- endmacro %}

{#- Predicate on the month partition of a bronze view, so that only the files of the range's months are read. -#}
{% macro in_lake_months(month_column='month') -%}
  {{ month_column }} >= {{ month_text(lake_start()) }} and {{ month_column }} <= {{ month_text(lake_end() ~ " - interval '1 second'") }}
{%- endmacro %}

{% macro month_text(expression) -%} {{ return(adapter.dispatch('month_text', 'gridlake')(expression)) }} {%- endmacro %}
{% macro default__month_text(expression) -%} strftime({{ expression }}, '%Y-%m') {%- endmacro %}
{% macro snowflake__month_text(expression) -%} to_char({{ expression }}, 'YYYY-MM') {%- endmacro %}
