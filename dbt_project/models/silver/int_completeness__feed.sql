-- Share of expected hours that are holes, by feed and region, over all landed payloads: what the completeness gate judges.
select
    daily.subject, daily.feed, daily.source_system, daily.region_id,
    cast(sum(daily.expected_intervals) as bigint) as expected_intervals,
    cast(sum(daily.received_intervals) as bigint) as received_intervals,
    cast(sum(daily.hole_intervals) as bigint) as hole_intervals,
    case when sum(daily.expected_intervals) > 0
        then 100.0 * sum(daily.hole_intervals) / sum(daily.expected_intervals) else 0.0 end as hole_pct,
    cast(coalesce(max(tolerances.tolerance_pct), max(conventions.hole_tolerance_pct), 5.0) as double) as tolerance_pct
from {{ ref('int_completeness__daily') }} as daily
left join {{ ref('hole_tolerance') }} as tolerances
    on daily.feed = tolerances.feed
    and daily.region_id = tolerances.region_id
left join {{ ref('feed_conventions') }} as conventions on daily.feed = conventions.feed
group by daily.subject, daily.feed, daily.source_system, daily.region_id
