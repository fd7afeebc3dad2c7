-- Generators as eGRID lists them, with their rules judged; the latest data year's delivery of a generator is current.
with received as (
    select
        'epa_egrid' as feed, stg.source_system, stg.state, stg.plant_name, stg.generator_code,
        try_cast(stg.sequence_number as bigint) as sequence_number,
        try_cast(stg.data_year as integer) as data_year,
        stg.net_generation as net_generation_text,
        {{ accounting_number('stg.net_generation') }} as net_generation_mwh,
        {{ lineage_columns('stg.') }},
        coalesce(payloads.is_superseded, false) as is_superseded
    from {{ ref('stg_epa__egrid_generator') }} as stg
    left join {{ ref('stg_gridlake__payload') }} as payloads
        on payloads.feed = 'epa_egrid'
        and stg.payload_sha256 = payloads.payload_sha256
),

ranked as (
    select
        *,
        row_number() over (
            partition by sequence_number
            order by is_superseded asc, data_year desc, payload_sha256 desc, row_number desc
        ) + case when is_superseded then 1 else 0 end as revision_rank
    from received
)

select
    feed, source_system, state, plant_name, generator_code, sequence_number, data_year, net_generation_text, net_generation_mwh,
    revision_rank,
    {{ rule_flags('plant') }} as validation_flags,
    {{ rule_error_ids('plant') }} as error_rule_ids,
    {{ rule_errors('plant') }} as is_quarantined,
    {{ rule_score('plant') }} as data_quality_score,
    {{ lineage_columns() }}
from ranked
