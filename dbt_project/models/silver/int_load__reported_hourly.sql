{{ config(partition_by='interval_start_utc') }}
-- One row per feed, zone and hour that was expected or received. The hourly value is the time-weighted mean of the
-- valid samples: each holds until the next valid one or the hour's end. An hour less than half covered is not reported.
with current_samples as (
    select *, date_trunc('hour', interval_start_utc) as hour_start
    from {{ ref('int_load__sample') }}
    where revision_rank = 1
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
),

valid_samples as (
    select * from current_samples
    where not is_quarantined
),

valid_hours as (
    {{ hours_of_held_samples('valid_samples', 'feed, zone_id') | indent(4) }}
),

judged_hours as (
    select
        feed, source_system, region_id, zone_id, hour_start,
        count(*) as samples,
        sum(case when is_quarantined then 1 else 0 end) as samples_quarantined,
        avg(data_quality_score) as data_quality_score,
        {{ merge_flags('validation_flags') }} as validation_flags,
        max(repair_code) as repair_code,
        {{ all_true('is_final') }} as is_final
    from current_samples
    group by feed, source_system, region_id, zone_id, hour_start
),

zone_hours as (
    select
        judged_hours.*,
        case when valid_hours.coverage_pct >= {{ least_coverage_pct() }} then valid_hours.mean_load_mw end as load_reported_mw,
        coalesce(valid_hours.coverage_pct, 0) as coverage_pct
    from judged_hours
    left join valid_hours
        on judged_hours.feed = valid_hours.feed
        and judged_hours.zone_id = valid_hours.zone_id
        and judged_hours.hour_start = valid_hours.hour_start
),

named_feeds as (
    select distinct feed from {{ ref('feed_zones') }}
),

-- Zones that are expected: those the seed knows the feed to bring, and for feeds it does not name those it brought in the month.
expected_zones as (
    select feed, region_id, zone_id, cast(null as timestamp) as month_start
    from {{ ref('feed_zones') }}
    union all
    select distinct samples.feed, samples.region_id, samples.zone_id, date_trunc('month', samples.hour_start)
    from current_samples as samples
    left join named_feeds as known on samples.feed = known.feed
    where known.feed is null
),

-- A load can be expected only up to its payload's publication.
windows as (
    select
        payloads.feed, payloads.source_system, payloads.region_id, coalesce(conventions.is_mixed, false) as is_mixed,
        date_trunc('hour', payloads.window_start_utc) as window_start_utc,
        {{ smaller() }}(payloads.window_end_utc, coalesce(payloads.published_at_utc, payloads.window_end_utc)) as window_end_utc
    from {{ ref('stg_gridlake__payload') }} as payloads
    left join {{ ref('feed_conventions') }} as conventions on payloads.feed = conventions.feed
    where payloads.window_start_utc is not null
),

-- Zones of a feed whose payloads speak of different things are expected from their own first to their own last value.
own_spans as (
    select
        samples.feed, samples.source_system, samples.region_id, samples.zone_id,
        min(samples.hour_start) as first_start, max(samples.hour_start) as last_start
    from current_samples as samples
    inner join {{ ref('feed_conventions') }} as conventions
        on samples.feed = conventions.feed
        and conventions.is_mixed
    where samples.load_mw is not null
    group by samples.feed, samples.source_system, samples.region_id, samples.zone_id, date_trunc('month', samples.hour_start)
),

expected as (
    select windows.feed, windows.source_system, zones.region_id, zones.zone_id, series.hour_start
    from windows
    inner join expected_zones as zones
        on windows.feed = zones.feed
        and zones.region_id = coalesce(windows.region_id, zones.region_id)
    cross join {{ hours_between(
        larger() ~ "(windows.window_start_utc, coalesce(zones.month_start, " ~ lake_start() ~ "), " ~ lake_start() ~ ")",
        smaller() ~ "(windows.window_end_utc, coalesce(zones.month_start + interval '1 month', " ~ lake_end() ~ "), " ~ lake_end() ~ ")",
        'series'
    ) }}
    where not windows.is_mixed
    union
    select own_spans.feed, own_spans.source_system, own_spans.region_id, own_spans.zone_id, series.hour_start
    from own_spans
    cross join {{ hours_between('own_spans.first_start', "own_spans.last_start + interval '1 hour'", 'series') }}
),

complete_zones as (
    select
        coalesce(expected.feed, zone_hours.feed) as feed,
        coalesce(expected.source_system, zone_hours.source_system) as source_system,
        coalesce(expected.region_id, zone_hours.region_id) as region_id,
        coalesce(expected.zone_id, zone_hours.zone_id) as zone_id,
        coalesce(expected.hour_start, zone_hours.hour_start) as hour_start,
        expected.hour_start is not null as is_expected,
        coalesce(zone_hours.samples, 0) as samples,
        coalesce(zone_hours.samples_quarantined, 0) as samples_quarantined,
        zone_hours.load_reported_mw,
        coalesce(zone_hours.coverage_pct, 0) as coverage_pct,
        coalesce(zone_hours.data_quality_score, 0) as data_quality_score,
        coalesce(zone_hours.validation_flags, '') as validation_flags,
        coalesce(zone_hours.repair_code, '') as repair_code,
        zone_hours.is_final
    from expected
    full outer join zone_hours
        on expected.feed = zone_hours.feed
        and expected.zone_id = zone_hours.zone_id
        and expected.hour_start = zone_hours.hour_start
),

zone_counts as (
    select feed, region_id, count(*) as zones
    from {{ ref('feed_zones') }}
    group by feed, region_id
    having count(*) > 1
),

-- A feed that publishes no total gets one: the sum of its zones where all are present, else nothing.
totals as (
    select
        complete_zones.feed, complete_zones.source_system, complete_zones.region_id,
        complete_zones.region_id || '.TOTAL' as zone_id,
        complete_zones.hour_start,
        max(case when complete_zones.is_expected then 1 else 0 end) = 1 as is_expected,
        cast(sum(complete_zones.samples) as bigint) as samples,
        cast(sum(complete_zones.samples_quarantined) as bigint) as samples_quarantined,
        case when count(complete_zones.load_reported_mw) = max(zone_counts.zones)
            then sum(complete_zones.load_reported_mw) end as load_reported_mw,
        min(complete_zones.coverage_pct) as coverage_pct,
        avg(complete_zones.data_quality_score) as data_quality_score,
        {{ merge_flags('complete_zones.validation_flags') }} as validation_flags,
        max(complete_zones.repair_code) as repair_code,
        {{ all_true('complete_zones.is_final') }} as is_final
    from complete_zones
    inner join zone_counts
        on complete_zones.feed = zone_counts.feed
        and complete_zones.region_id = zone_counts.region_id
    inner join {{ ref('feed_zones') }} as zones
        on complete_zones.feed = zones.feed
        and complete_zones.zone_id = zones.zone_id
    group by complete_zones.feed, complete_zones.source_system, complete_zones.region_id, complete_zones.hour_start
),

all_rows as (
    select * from complete_zones
    union all
    select * from totals
)

select
    feed, source_system, region_id, zone_id,
    hour_start as interval_start_utc,
    is_expected, samples, samples_quarantined, load_reported_mw, coverage_pct, data_quality_score, validation_flags,
    repair_code, is_final
from all_rows
