{#-
  Publishing on Snowflake: `dbt run-operation publish_gold --target prod`. The built schema is cloned (no data is copied), the
  clone gets the privileges and policies of what readers read now, and one statement swaps the two. A reader sees all of the
  old tables or all of the new ones; whatever fails before the swap changes nothing a reader sees.
-#}
{% macro publish_gold(policies=true) -%}
  {%- if target.name != 'prod' -%}
    {{ exceptions.raise_compiler_error("Only the target 'prod' builds gold_build; a developer's gold is read where it was built.") }}
  {%- endif -%}
  {%- set live, built, next = target.database ~ '.gold', target.database ~ '.gold_build', target.database ~ '.gold_next' -%}
  {%- do run_query('create schema if not exists ' ~ live) -%}
  {%- do run_query('create or replace schema ' ~ next ~ ' clone ' ~ built) -%}

  {#- A swap swaps privileges too: the clone must hold the live schema's before. Its tables carry those of gold_build, where they
      are built with `copy grants`; whoever may use the schema may read its tables, those too that were not there before. -#}
  {%- for grant in run_query('show grants on schema ' ~ live) if grant['privilege'] != 'OWNERSHIP' and grant['granted_to'] == 'ROLE' -%}
    {%- do run_query('grant ' ~ grant['privilege'] ~ ' on schema ' ~ next ~ ' to role ' ~ grant['grantee_name']) -%}
    {%- if grant['privilege'] == 'USAGE' -%}
      {%- do run_query('grant select on all tables in schema ' ~ next ~ ' to role ' ~ grant['grantee_name']) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- for statement in gold_policies(next) if policies -%}{%- do run_query(statement) -%}{%- endfor -%}

  {%- do run_query('alter schema ' ~ live ~ ' swap with ' ~ next) -%}
  {%- do run_query('drop schema ' ~ next) -%}
  {%- do log('Published: ' ~ live ~ ' is what ' ~ built ~ ' was.', info=true) -%}
{%- endmacro %}

{#- Statements that put policies on the tables of `schema`: building a table anew drops them. Columns with a PII class are masked
    (those of `personal` and those whose meta names a `pii` class; the policies stand in infra/terraform/snowflake); rows of a region are shown to whom the region is granted. -#}
{% macro gold_policies(schema) -%}
  {%- set personal = {'dim_customer': ['customer_id', 'customer_name_masked']} -%}
  {%- set statements, types = [], {'varchar': 'text', 'date': 'date', 'timestamp': 'timestamp', 'double': 'number', 'bigint': 'number', 'integer': 'number'} -%}
  {%- for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | sort(attribute='name') if node.config.schema == 'gold' -%}
    {%- for column in node.columns.values() if column.config.meta.get('pii', 'none') != "none" or column.name in personal.get(node.name, []) -%}
      {%- do statements.append(
        'alter table ' ~ schema ~ '.' ~ node.name ~ ' modify column ' ~ column.name ~ ' set masking policy ' ~ target.database ~ '.governance.mask_customer_'
        ~ types[column.data_type | lower] ~ ' force'
      ) -%}
    {%- endfor -%}
    {%- if 'region_id' in node.columns -%}
      {%- do statements.append('alter table ' ~ schema ~ '.' ~ node.name ~ ' drop all row access policies') -%}
      {%- do statements.append(
        'alter table ' ~ schema ~ '.' ~ node.name ~ ' add row access policy ' ~ target.database ~ '.governance.granted_regions on (region_id)'
      ) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(statements) }}
{%- endmacro %}
