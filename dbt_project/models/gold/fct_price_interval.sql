{{ config(partition_by='interval_start_utc') }}
with ranked as (
    select
        samples.*,
        row_number() over (
            partition by samples.zone_id, samples.market_id, samples.interval_start_utc
            order by coalesce(precedence.precedence, 99), samples.interval_end_utc, samples.source_system,
                {{ feed_precedence('price', 'samples.feed') }}, samples.feed
        ) as source_rank
    from {{ ref('int_price__sample') }} as samples
    left join {{ ref('source_precedence') }} as precedence
        on precedence.subject = 'price'
        and samples.region_id = precedence.region_id
        and samples.source_system = precedence.source_system
    where samples.revision_rank = 1
        and samples.interval_end_utc < samples.interval_start_utc + interval '1 hour'
        and samples.interval_start_utc >= {{ lake_start() }} and samples.interval_start_utc < {{ lake_end() }}
)

select
    zone_id, region_id, market_id, interval_start_utc, interval_end_utc,
    case when not is_quarantined then price_per_mwh end as price_per_mwh,
    case when not is_quarantined then energy_per_mwh end as energy_per_mwh,
    case when not is_quarantined then congestion_per_mwh end as congestion_per_mwh,
    case when not is_quarantined then loss_per_mwh end as loss_per_mwh,
    currency, is_final, feed, source_system, data_quality_score, validation_flags
from ranked
where source_rank = 1
