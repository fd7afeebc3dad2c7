{#- Generic tests of our own invariants; there is no dbt_utils on the registry. -#}
{#- Equal keys have equal hashes: only rows that share theirs with another are grouped by the keys themselves. Where the key tells the
    month, only months that this build has written are looked at: the others stand as they were tested. -#}
{% test unique_key(model, columns) %}
{%- set key_hash = 'hash(' ~ columns | join(', ') ~ ')' %}
{%- set written = written_rows(model, columns) %}
with shared as (
    select {{ key_hash }} as key_hash
    from {{ model }}
    where {{ written }}
    group by {{ key_hash }}
    having count(*) > 1
)

select {{ columns | join(', ') }}, count(*) as copies
from {{ model }}
where {{ key_hash }} in (select key_hash from shared) and {{ written }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{#- Predicate on the rows of a table that may have changed in this build, for a rule that holds within a month. Who only compiles asks
    nothing of the warehouse. -#}
{% macro written_rows(model, columns) -%} {{ return(adapter.dispatch('written_rows', 'gridlake')(model, columns)) }} {%- endmacro %}
{% macro default__written_rows(model, columns) -%} {{ return('true') }} {%- endmacro %}
{% macro duckdb__written_rows(model, columns) -%}
  {%- set nodes = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | selectattr('name', 'equalto', model.identifier) | list if execute and flags.WHICH in ('build', 'test') else [] -%}
  {%- set time_column = nodes[0].config.get('partition_by') if nodes -%}
  {%- if not time_column or time_column not in columns -%}{{ return('true') }}{%- endif -%}
  {%- set swapped = run_query("select lake_swapped('" ~ lake_location(model) ~ "', '" ~ invocation_id ~ "')") -%}
  {%- set months = fromjson(swapped.columns[0].values()[0]) -%}
  {%- if months is none -%}{{ return('true') }}{%- endif -%}
  {%- set parts = ['false'] -%}
  {%- for first, after in month_ranges(months) -%}
    {%- do parts.append('(' ~ time_column ~ " >= timestamp '" ~ first ~ " 00:00:00' and " ~ time_column ~ " < timestamp '" ~ after ~ " 00:00:00')") -%}
  {%- endfor -%}
  {{ return('(' ~ (parts[1:] or parts) | join(' or ') ~ ')') }}
{%- endmacro %}
