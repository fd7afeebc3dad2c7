{#- A subject's received rows, judged: the body of `int_<subject>__sample` where nothing but the key is its own.
    key: columns that, with the interval's start, name one value; a row with the latest publication is current.
    columns: those of the subject that silver keeps. zone: whether `source_code` names a zone of the region. -#}
{% macro judged_samples(subject, key, columns, zone=false) -%}
with placed as (
    select
        received.*,
        {% if zone %}{{ zone_of('received.region_id', 'received.source_code') }} as zone_id,
        {% endif %}coalesce(payloads.is_superseded, false) as is_superseded
    from {{ ref('int_' ~ subject ~ '__received') }} as received
    {{ join_payloads('received') }}
    where {{ in_lake_months('received.month') }}
        and received.interval_start_utc >= {{ lake_start() }} and received.interval_start_utc < {{ lake_end() }}
),

ranked as (
    select
        *,
        {{ revision_rank('feed, region_id, ' ~ key | join(', ') ~ ', interval_start_utc') }} as revision_rank
    from placed
)

select
    feed, source_system, region_id, {{ key | reject('equalto', 'published_at_utc') | join(', ') }}, interval_start_utc, interval_end_utc,
    {{ columns | join(', ') }}, revision_rank, is_superseded,
    {{ verdicts(subject) }},
    {{ lineage_columns() }}
from ranked
{%- endmacro %}
