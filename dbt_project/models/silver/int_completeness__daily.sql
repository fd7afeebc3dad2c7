{{ config(partition_by='day_start', reach_back=1, reach_forward=1) }}
-- Expected and received hours by feed, entity and local day. Expected are the hours of the windows the payloads
-- declare, for every entity the feed brought in that month (load: for every zone the feed is known to bring).
-- Whole months, so that who is expected in a month does not depend on which months are being built.
{% set first_hour = "date_trunc('month', " ~ lake_start() ~ " - interval '2 days')" %}
{% set after_hour = "date_trunc('month', " ~ lake_end() ~ " + interval '2 days') + interval '1 month'" %}
with received as (
    select 'load' as subject, feed, source_system, region_id, zone_id as entity_id, interval_start_utc,
        is_expected, load_reported_mw is not null as is_received, samples as rows_total, samples_quarantined as rows_quarantined,
        case when validation_flags <> '' then 1 else 0 end as rows_flagged, data_quality_score
    from {{ ref('int_load__reported_hourly') }}
    where interval_start_utc >= {{ first_hour }} and interval_start_utc < {{ after_hour }}
    union all
    select 'price', feed, source_system, region_id, zone_id || ':' || market_id, interval_start_utc,
        false, price_per_mwh is not null, 1, case when price_per_mwh is null then 1 else 0 end,
        case when validation_flags <> '' then 1 else 0 end, data_quality_score
    from {{ ref('int_price__hourly') }}
    where interval_start_utc >= {{ first_hour }} and interval_start_utc < {{ after_hour }}
    union all
    select 'generation', feed, source_system, region_id, region_id || '.' || fuel_id, interval_start_utc,
        false, generation_mw is not null, 1, case when generation_mw is null then 1 else 0 end,
        case when validation_flags <> '' then 1 else 0 end, data_quality_score
    from {{ ref('int_generation__hourly') }}
    where interval_start_utc >= {{ first_hour }} and interval_start_utc < {{ after_hour }}
    union all
    select 'weather', feed, source_system, region_id, station_id, date_trunc('hour', interval_start_utc),
        false, temperature_c is not null and not is_quarantined, 1, case when is_quarantined then 1 else 0 end,
        case when validation_flags <> '' then 1 else 0 end, data_quality_score
    from {{ ref('int_weather__sample') }}
    where revision_rank = 1
        and interval_start_utc >= {{ first_hour }} and interval_start_utc < {{ after_hour }}
),

-- Load brings its own spine; the other subjects get theirs here.
entities as (
    select distinct subject, feed, source_system, region_id, entity_id, date_trunc('month', interval_start_utc) as month_start
    from received
    where subject <> 'load'
),

window_hours as (
    select distinct
        entities.subject, entities.feed, entities.source_system, entities.region_id, entities.entity_id,
        series.hour_start as interval_start_utc
    from {{ ref('stg_gridlake__payload') }} as payloads
    inner join entities
        on payloads.feed = entities.feed
        and coalesce(payloads.region_id, entities.region_id) = entities.region_id
    cross join {{ hours_between(
        'greatest(payloads.window_start_utc, entities.month_start)',
        "least(payloads.window_end_utc, entities.month_start + interval '1 month')", 'series'
    ) }}
    where payloads.window_start_utc is not null
),

hours as (
    select
        coalesce(received.subject, window_hours.subject) as subject,
        coalesce(received.feed, window_hours.feed) as feed,
        coalesce(received.source_system, window_hours.source_system) as source_system,
        coalesce(received.region_id, window_hours.region_id) as region_id,
        coalesce(received.entity_id, window_hours.entity_id) as entity_id,
        coalesce(received.interval_start_utc, window_hours.interval_start_utc) as interval_start_utc,
        coalesce(received.is_expected, false) or window_hours.interval_start_utc is not null as is_expected,
        coalesce(received.is_received, false) as is_received,
        coalesce(received.rows_total, 0) as rows_total,
        coalesce(received.rows_quarantined, 0) as rows_quarantined,
        coalesce(received.rows_flagged, 0) as rows_flagged,
        received.data_quality_score
    from received
    full outer join window_hours
        on received.subject = window_hours.subject
        and received.feed = window_hours.feed
        and received.entity_id = window_hours.entity_id
        and received.interval_start_utc = window_hours.interval_start_utc
)

select
    hours.subject, hours.feed, hours.source_system, hours.region_id, hours.entity_id, calendar.local_date,
    cast(calendar.local_date as timestamp) as day_start,
    cast(sum(case when hours.is_expected then 1 else 0 end) as bigint) as expected_intervals,
    cast(sum(case when hours.is_received then 1 else 0 end) as bigint) as received_intervals,
    cast(sum(case when hours.is_expected and not hours.is_received then 1 else 0 end) as bigint) as hole_intervals,
    cast(sum(hours.rows_total) as bigint) as rows_total,
    cast(sum(hours.rows_quarantined) as bigint) as rows_quarantined,
    cast(sum(hours.rows_flagged) as bigint) as rows_flagged,
    avg(hours.data_quality_score) as data_quality_score
from hours
inner join {{ ref('regions') }} as regions on hours.region_id = regions.region_id
inner join {{ ref('int_calendar__hour') }} as calendar
    on regions.timezone = calendar.timezone
    and hours.interval_start_utc = calendar.interval_start_utc
group by hours.subject, hours.feed, hours.source_system, hours.region_id, hours.entity_id, calendar.local_date
