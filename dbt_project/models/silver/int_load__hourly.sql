{{ config(partition_by='interval_start_utc', reach_back=1, reach_forward=1) }}
-- Reported load beside its best estimate. A gap of up to a day is imputed from the past only, with the same hour a week before;
-- a longer one stays a gap. A missing total is the sum of its zones' best values where all have one.
{% set longest_gap_hours = 24 %}
with reported as (
    select * from {{ ref('int_load__reported_hourly') }}
    where interval_start_utc >= {{ lake_start() }} - interval '9 days'
        and interval_start_utc < {{ lake_end() }} + interval '2 days'
),

runs as (
    select
        *,
        count(load_reported_mw) over (
            partition by feed, zone_id order by interval_start_utc rows unbounded preceding
        ) as run_id
    from reported
),

gaps as (
    select
        *,
        sum(case when load_reported_mw is null then 1 else 0 end) over (partition by feed, zone_id, run_id) as gap_hours
    from runs
),

imputed as (
    select
        gaps.*,
        coalesce(gaps.load_reported_mw, case when gaps.gap_hours <= {{ longest_gap_hours }} then week_before.load_reported_mw end)
            as own_load_mw
    from gaps
    left join reported as week_before
        on gaps.feed = week_before.feed
        and gaps.zone_id = week_before.zone_id
        and gaps.interval_start_utc = week_before.interval_start_utc + interval '168 hours'
),

zone_counts as (
    select feed, region_id, count(*) as zones
    from {{ ref('feed_zones') }}
    group by feed, region_id
    having count(*) > 1
),

zone_sums as (
    select
        imputed.feed, imputed.region_id, imputed.interval_start_utc,
        case when count(imputed.own_load_mw) = max(zone_counts.zones) then sum(imputed.own_load_mw) end as zones_load_mw
    from imputed
    inner join zone_counts
        on imputed.feed = zone_counts.feed
        and imputed.region_id = zone_counts.region_id
    inner join {{ ref('feed_zones') }} as zones
        on imputed.feed = zones.feed
        and imputed.zone_id = zones.zone_id
    group by imputed.feed, imputed.region_id, imputed.interval_start_utc
)

select
    imputed.feed, imputed.source_system, imputed.region_id, imputed.zone_id, imputed.interval_start_utc,
    imputed.is_expected, imputed.samples, imputed.samples_quarantined, imputed.load_reported_mw,
    case
        when imputed.load_reported_mw is not null then imputed.load_reported_mw
        when imputed.zone_id = imputed.region_id || '.TOTAL' and zone_sums.zones_load_mw is not null then zone_sums.zones_load_mw
        else imputed.own_load_mw
    end as load_mw,
    imputed.load_reported_mw is null and coalesce(
        case when imputed.zone_id = imputed.region_id || '.TOTAL' then zone_sums.zones_load_mw end, imputed.own_load_mw
    ) is not null as is_imputed,
    case
        when imputed.load_reported_mw is not null then null
        when imputed.zone_id = imputed.region_id || '.TOTAL' and zone_sums.zones_load_mw is not null then 'ZONE_SUM'
        when imputed.own_load_mw is not null then 'LAG_168H'
    end as imputation_code,
    imputed.coverage_pct, imputed.data_quality_score, imputed.validation_flags, imputed.repair_code,
    case when imputed.load_reported_mw is not null then imputed.is_final end as is_final
from imputed
left join zone_sums
    on imputed.feed = zone_sums.feed
    and imputed.region_id = zone_sums.region_id
    and imputed.interval_start_utc = zone_sums.interval_start_utc
