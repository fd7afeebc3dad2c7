{#-
  The `lake` materialisation on Snowflake: an ordinary table, clustered by day and region. A whole build replaces the table
  and keeps its grants. With `--vars '{"changed_months": ["2024-03"]}'` only those months, and as many around them as the
  model's reach_back and reach_forward say (one, where it says reach_days: months alone are told here), are built and swapped in one transaction: deleted and inserted, not merged, for
  a row that is no longer told must go and a MERGE would leave it.
-#}
{% materialization lake, adapter='snowflake', supported_languages=['sql'] %}
  {%- set time_column = config.get('partition_by') -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- set changed = var('changed_months', none) -%}
  {%- set whole = existing is none or not existing.is_table or should_full_refresh() or time_column is none or changed is none -%}
  {%- set query_tag = set_query_tag() -%}
  {{ run_hooks(pre_hooks) }}

  {%- if whole -%}
    {%- if existing is not none and not existing.is_table -%}{%- do adapter.drop_relation(existing) -%}{%- endif -%}
    {%- set sql_body = snowflake_conformed(compiled_code) -%}
    {%- call statement('main') -%}
      create or replace table {{ target_relation }} {{ snowflake_column_list() }}
      {{ snowflake_cluster_by(sql_body, time_column) }}
      copy grants
      as {{ sql_body }}
    {%- endcall -%}
  {%- else -%}
    {%- set beside = 1 if config.get('reach_days') else 0 -%}
    {%- set ranges = month_ranges(changed, config.get('reach_back', beside), config.get('reach_forward', beside)) -%}
    {%- set unplaced = config.get('unplaced', false) -%}
    {%- set built = make_temp_relation(target_relation) -%}
    {%- for first, after in ranges -%}
      {%- set start, end = "timestamp '" ~ first ~ " 00:00:00'", "timestamp '" ~ after ~ " 00:00:00'" -%}
      {%- call statement('range_' ~ loop.index) -%}
        {% if loop.first %}create or replace transient table {{ built }} as{% else %}insert into {{ built }}{% endif %}
        select * from ({{ snowflake_conformed(compiled_code) | replace(lake_start(), start) | replace(lake_end(), end) }}) as ranged
        where {{ time_column }} >= {{ start }} and {{ time_column }} < {{ end }}
      {%- endcall -%}
    {%- endfor -%}
    {%- if unplaced -%}
      {%- call statement('unplaced') -%}
        {% if ranges %}insert into {{ built }}{% else %}create or replace transient table {{ built }} as{% endif %}
        select * from ({{ without_range(snowflake_conformed(compiled_code)) }}) as ranged where {{ time_column }} is null
      {%- endcall -%}
    {%- endif -%}
    {%- call statement('main') -%}
      {%- if ranges or unplaced -%}
      begin;
      {%- if unplaced %}
      delete from {{ target_relation }} where {{ time_column }} is null;
      {%- endif -%}
      {%- for first, after in ranges %}
      delete from {{ target_relation }}
      where {{ time_column }} >= timestamp '{{ first }} 00:00:00' and {{ time_column }} < timestamp '{{ after }} 00:00:00';
      {%- endfor %}
      insert into {{ target_relation }} ({{ snowflake_names(built) }}) select {{ snowflake_names(built) }} from {{ built }};
      commit;
      {%- else -%}
      select 'no month changed' as status
      {%- endif -%}
    {%- endcall -%}
    {%- if ranges or unplaced -%}{%- do adapter.drop_relation(built) -%}{%- endif -%}
  {%- endif -%}

  {{ run_hooks(post_hooks) }}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=false) -%}
  {%- do persist_docs(target_relation, model) -%}
  {%- do unset_query_tag(query_tag) -%}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- The model's rows in the types of its contract: what an average or a quotient of whole numbers is typed as differs between
    engines, so that the contract's types are given, not compared. A column the contract names and the model lacks fails. -#}
{% macro snowflake_conformed(sql_body) -%}
  {%- if config.get('contract').enforced -%}
    select
    {%- for column in model.columns.values() %}
      cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
    from ({{ sql_body }}) as conformed
  {%- else -%}
    {{ sql_body }}
  {%- endif -%}
{%- endmacro %}

{% macro snowflake_column_list() -%}
  {%- if config.get('contract').enforced -%}{{ get_table_columns_and_constraints() }}{%- endif -%}
{%- endmacro %}

{#- Day and region, as far as the table has them: what nearly every question restricts. -#}
{% macro snowflake_cluster_by(sql_body, time_column) -%}
  {%- if time_column -%}
    {%- set names = get_column_schema_from_query(sql_body) | map(attribute='name') | map('lower') | list -%}
    cluster by (to_date({{ time_column }}){{ ', region_id' if 'region_id' in names }})
  {%- endif -%}
{%- endmacro %}

{% macro snowflake_names(relation) -%}
  {{ adapter.get_columns_in_relation(relation) | map(attribute='name') | join(', ') }}
{%- endmacro %}

{#- Months with those around them, as ranges [first day, day after the last): months that follow each other are one range. -#}
{% macro month_ranges(months, reach_back=0, reach_forward=0) -%}
  {%- set numbers = [] -%}
  {%- for month in months -%}
    {%- for shift in range(-reach_back, reach_forward + 1) -%}
      {%- set number = month[:4] | int * 12 + month[5:7] | int - 1 + shift -%}
      {%- if number not in numbers -%}{%- do numbers.append(number) -%}{%- endif -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- set ranges = [] -%}
  {%- for number in numbers | sort -%}
    {%- if ranges and ranges[-1][1] == number -%}
      {%- set last = ranges.pop() -%}
      {%- do ranges.append([last[0], number + 1]) -%}
    {%- else -%}
      {%- do ranges.append([number, number + 1]) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- set dated = [] -%}
  {%- for first, after in ranges -%}
    {%- do dated.append(['%04d-%02d-01' % (first // 12, first % 12 + 1), '%04d-%02d-01' % (after // 12, after % 12 + 1)]) -%}
  {%- endfor -%}
  {{ return(dated) }}
{%- endmacro %}
