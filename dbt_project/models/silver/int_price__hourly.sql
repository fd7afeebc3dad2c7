{{ config(partition_by='interval_start_utc') }}
-- Prices by hour: the time-weighted mean of the valid intervals that begin in it. Components are averaged alike, so that they still add up.
with current_samples as (
    select
        *,
        date_trunc('hour', interval_start_utc) as hour_start,
        {{ seconds_between('interval_start_utc', 'interval_end_utc') }} as seconds
    from {{ ref('int_price__sample') }}
    where revision_rank = 1
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
)

select
    feed, source_system, region_id, zone_id, market_id, currency,
    hour_start as interval_start_utc,
    sum(case when not is_quarantined then price_per_mwh * seconds end)
        / sum(case when not is_quarantined and price_per_mwh is not null then seconds end) as price_per_mwh,
    sum(case when not is_quarantined then energy_per_mwh * seconds end)
        / sum(case when not is_quarantined and energy_per_mwh is not null then seconds end) as energy_per_mwh,
    sum(case when not is_quarantined then congestion_per_mwh * seconds end)
        / sum(case when not is_quarantined and congestion_per_mwh is not null then seconds end) as congestion_per_mwh,
    sum(case when not is_quarantined then loss_per_mwh * seconds end)
        / sum(case when not is_quarantined and loss_per_mwh is not null then seconds end) as loss_per_mwh,
    {{ smaller() }}(100.0, coalesce(sum(case when not is_quarantined then seconds end), 0) / 36.0) as coverage_pct,
    avg(data_quality_score) as data_quality_score,
    {{ merge_flags('validation_flags') }} as validation_flags,
    max(repair_code) as repair_code,
    {{ all_true('is_final') }} as is_final
from current_samples
group by feed, source_system, region_id, zone_id, market_id, currency, hour_start
