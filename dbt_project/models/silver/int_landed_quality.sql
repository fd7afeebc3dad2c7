-- How the rows landed since the last publication fared, payload by payload: what the quarantine gate judges.
-- A blank is a hole and the completeness gate's matter; a value that is there and wrong counts here. A handful of bad
-- values is for quarantine alone, however small the payload.
{% set few_bad_rows = 10 %}
{% set no_value_rules = ['LD01', 'FC01', 'PR01', 'GN01', 'IC01', 'AS01', 'GF01', 'RS01', 'FQ01', 'MT01', 'SC01', 'PM02'] %}
{% set subjects = [
    ('load', 'int_load__sample'), ('load_forecast', 'int_load_forecast__vintage'), ('price', 'int_price__sample'),
    ('generation', 'int_generation__sample'), ('generation_forecast', 'int_generation_forecast__vintage'),
    ('weather', 'int_weather__sample'), ('weather_forecast', 'int_weather_forecast__sample'),
    ('interchange', 'int_interchange__sample'), ('ancillary_price', 'int_ancillary_price__sample'), ('reserve', 'int_reserve__sample'),
    ('frequency', 'int_frequency__sample'), ('meter', 'int_meter__sample'), ('scada', 'int_scada__sample'),
    ('phasor', 'int_phasor__sample'), ('alert', 'int_alert__sample'), ('plant', 'int_plant__generator'),
] %}
with fresh as (
    select payloads.feed, payloads.payload_sha256, payloads.api_endpoint
    from {{ ref('stg_gridlake__payload') }} as payloads
    left join {{ ref('stg_gridlake__publication') }} as publications on payloads.feed = publications.feed
    where not payloads.is_superseded and payloads.landed_seq > coalesce(publications.published_seq, 0)
),

judged as (
    {% for subject, model in subjects %}
    select
        '{{ subject }}' as subject, samples.feed, samples.source_system, fresh.api_endpoint,
        count(*) as rows_total,
        sum(case when samples.is_quarantined then 1 else 0 end) as rows_quarantined,
        sum(case when samples.is_quarantined
            and samples.error_rule_ids not in ('{{ no_value_rules | join("', '") }}') then 1 else 0 end) as rows_bad,
        sum(case when samples.validation_flags <> '' then 1 else 0 end) as rows_flagged,
        avg(samples.data_quality_score) as average_score
    from {{ ref(model) }} as samples
    inner join fresh on samples.feed = fresh.feed and samples.payload_sha256 = fresh.payload_sha256
    group by samples.feed, samples.source_system, fresh.api_endpoint
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    subject, feed, source_system, api_endpoint,
    cast(rows_total as bigint) as rows_total,
    cast(rows_quarantined as bigint) as rows_quarantined,
    cast(rows_bad as bigint) as rows_bad,
    case when rows_bad >= {{ few_bad_rows }} then 100.0 * rows_bad / rows_total else 0.0 end as quarantined_pct,
    cast(rows_flagged as bigint) as rows_flagged,
    average_score
from judged
