{#-
  Views on DuckDB: one `create or replace`. dbt's own makes a second view, renames both and drops one: three transactions,
  for something that DuckDB replaces at once. On Snowflake dbt's own holds.
-#}
{% materialization view, adapter='duckdb', supported_languages=['sql'] %}
  {%- set target_relation = this.incorporate(type='view') -%}
  {{ run_hooks(pre_hooks) }}
  {%- call statement('main') -%}
    create or replace view {{ target_relation }} as ({{ compiled_code }})
  {%- endcall -%}
  {{ run_hooks(post_hooks) }}
  {%- do adapter.commit() -%}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
