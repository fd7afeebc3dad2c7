{#- Generic tests of our own invariants; there is no dbt_utils on the registry. -#}
{#- Equal keys have equal hashes: only rows that share theirs with another are grouped by the keys themselves. -#}
{% test unique_key(model, columns) %}
{%- set key_hash = 'hash(' ~ columns | join(', ') ~ ')' %}
with shared as (
    select {{ key_hash }} as key_hash
    from {{ model }}
    group by {{ key_hash }}
    having count(*) > 1
)

select {{ columns | join(', ') }}, count(*) as copies
from {{ model }}
where {{ key_hash }} in (select key_hash from shared)
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
