{#-
  Loading bronze on Snowflake from object storage: `python -m orchestration.snowflake_load` calls this with every table and the
  files its Delta log holds now. The stage `bronze.lake` (infra/terraform/snowflake) stands on the folder that holds `bronze/`
  and `ml/`. Snowflake remembers which file it has loaded, so that calling it again loads what is new.

  Of each table: columns, [name, type] of its contract; files, paths relative to its folder; replace, where it is written whole
  at home (ledgers of operations, forecasts, everything after an erasure), so that what stood here goes first.
-#}
{% macro load_tables(tables) -%}
  {#- Stamps in the files are UTC, and a session elsewhere would read them as its own. -#}
  {%- do run_query("alter session set timezone = 'UTC'") -%}
  {%- for table in tables -%}
    {%- for statement in load_statements(table.layer, table.table, table.columns, table.files, table.replace) -%}
      {%- do run_query(statement) -%}
    {%- endfor -%}
    {%- do log(table.layer ~ '.' ~ table.table ~ ': ' ~ table.files | length ~ ' files', info=true) -%}
  {%- endfor -%}
{%- endmacro %}

{% macro load_statements(layer, table, columns, files, replace=false) -%}
  {%- set relation = target.database ~ '.' ~ layer ~ '.' ~ table -%}
  {%- set names = columns | map('first') | join(', ') -%}
  {%- set typed, read = [], [] -%}
  {%- for name, type in columns -%}
    {%- do typed.append(name ~ ' ' ~ type) -%}
    {#- The partition's value stands in the path, not in the file. -#}
    {%- do read.append("regexp_substr(metadata$filename, 'month=([^/]+)', 1, 1, 'e')" if name == 'month' else '$1:' ~ name ~ '::' ~ type) -%}
  {%- endfor -%}
  {#- Rows of a feed come in by whole payloads and once: files are joined now and then, and the joined file holds rows that are
      here already. Emptying by DELETE keeps Snowflake's memory of loaded files, TRUNCATE would lose it. -#}
  {%- set into = relation if replace else relation ~ '__landing' -%}
  {%- set statements = [] -%}
  {%- for created in [relation, into] | unique -%}
    {%- do statements.append('create table if not exists ' ~ created ~ ' (' ~ typed | join(', ') ~ ')') -%}
  {%- endfor -%}
  {%- if replace -%}{%- do statements.append('truncate table ' ~ relation) -%}{%- endif -%}
  {#- A COPY takes a thousand names of files. -#}
  {%- for chunk in files | batch(1000) -%}
    {%- do statements.append(
      'copy into ' ~ into ~ ' (' ~ names ~ ') from (select ' ~ read | join(', ') ~ ' from @' ~ target.database ~ '.bronze.lake/' ~ layer ~ '/' ~ table ~ '/)'
      ~ " files = ('" ~ chunk | join("', '") ~ "') file_format = (type = parquet use_logical_type = true) on_error = abort_statement"
      ~ (' force = true' if replace else '')
    ) -%}
  {%- endfor -%}
  {%- if not replace and files -%}
    {%- do statements.append(
      'insert into ' ~ relation ~ ' select * from ' ~ into ~ ' where payload_sha256 not in (select payload_sha256 from ' ~ relation ~ ')'
    ) -%}
    {%- do statements.append('delete from ' ~ into) -%}
  {%- endif -%}
  {{ return(statements) }}
{%- endmacro %}
