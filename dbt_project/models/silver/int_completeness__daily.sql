{{ config(partition_by='day_start', reach_back=1, reach_forward=1, range_rows=10000000) }}
-- Expected and received hours by feed, entity and local day. Expected are the hours of the windows the payloads
-- declare, for every entity the feed brought in that month (load: for every zone the feed is known to bring).
-- Whole months, so that who is expected in a month does not depend on which months are being built.
{% set first_hour = "date_trunc('month', " ~ lake_start() ~ " - interval '2 days')" %}
{% set after_hour = "date_trunc('month', " ~ lake_end() ~ " + interval '2 days') + interval '1 month'" %}
{{ local_hours(first_hour, after_hour) }}

calendar_days as (
    select region_id, local_date, min(hour_start) as first_hour, max(hour_start) as last_hour
    from calendar
    group by region_id, local_date
),

received as (
    select * from {{ ref('int_completeness__told') }}
    where month_start >= {{ first_hour }} and month_start < {{ after_hour }}
),

-- Load brings its own spine; the other subjects get theirs here: every entity the feed brought in the month, and in a month
-- without any row of the feed those of the months beside it.
entities as (
    select distinct subject, feed, source_system, region_id, entity_id, is_daily, month_start
    from received
    where subject <> 'load'
),

feed_months as (
    select distinct subject, feed, month_start from entities
),

expected_entities as (
    select * from entities
    union
    select
        entities.subject, entities.feed, entities.source_system, entities.region_id, entities.entity_id, entities.is_daily,
        {{ add_months('entities.month_start', 'months.shift') }} as month_start
    from entities
    cross join (values (1), (-1)) as months (shift)
    left join feed_months
        on entities.subject = feed_months.subject
        and entities.feed = feed_months.feed
        and {{ add_months('entities.month_start', 'months.shift') }} = feed_months.month_start
    where feed_months.feed is null
),

-- What happened can be expected only up to the payload's publication; what is announced, to the window's end.
windows as (
    select
        payloads.feed, payloads.region_id,
        date_trunc('hour', payloads.window_start_utc) as window_start_utc, payloads.window_end_utc,
        {{ smaller() }}(payloads.window_end_utc, coalesce(payloads.published_at_utc, payloads.window_end_utc)) as observed_until_utc
    from {{ ref('stg_gridlake__payload') }} as payloads
    left join {{ ref('feed_conventions') }} as conventions on payloads.feed = conventions.feed
    where payloads.window_start_utc is not null and not coalesce(conventions.is_mixed, false)
),

-- All entities of a region have the same windows.
feed_regions as (
    select distinct subject, feed, region_id from expected_entities
),

window_hours as (
    select distinct feed_regions.subject, feed_regions.feed, feed_regions.region_id, series.hour_start
    from feed_regions
    inner join windows
        on feed_regions.feed = windows.feed
        and coalesce(windows.region_id, feed_regions.region_id) = feed_regions.region_id
    cross join {{ hours_between(
        'windows.window_start_utc',
        "case when feed_regions.subject in ('generation', 'weather', 'interchange', 'meter', 'scada', 'frequency', 'phasor') then windows.observed_until_utc else windows.window_end_utc end",
        'series'
    ) }}
),

window_days as (
    select
        window_hours.subject, window_hours.feed, window_hours.region_id, calendar.local_date,
        date_trunc('month', calendar.hour_start) as month_start,
        {{ or_bits('calendar.hour_bit') }} as expected_bits
    from window_hours
    inner join calendar on window_hours.region_id = calendar.region_id and window_hours.hour_start = calendar.hour_start
    group by
        window_hours.subject, window_hours.feed, window_hours.region_id, calendar.local_date, date_trunc('month', calendar.hour_start)
),

-- Series of a feed whose payloads speak of different things are expected from their own first to their own last value.
own_spans as (
    select
        received.subject, received.feed, received.source_system, received.region_id, received.entity_id, received.is_daily,
        min(received.first_hour) as first_hour, max(received.last_hour) as last_hour
    from received
    inner join {{ ref('feed_conventions') }} as conventions
        on received.feed = conventions.feed
        and conventions.is_mixed
    where received.subject <> 'load' and received.first_hour is not null
    group by
        received.subject, received.feed, received.source_system, received.region_id, received.entity_id, received.is_daily,
        received.month_start
),

own_days as (
    select
        own_spans.*,
        calendar_days.local_date,
        {{ seconds_between('calendar_days.first_hour', larger() ~ '(own_spans.first_hour, calendar_days.first_hour)') }} / 3600 as first_index,
        {{ seconds_between('calendar_days.first_hour', smaller() ~ '(own_spans.last_hour, calendar_days.last_hour)') }} / 3600 as last_index
    from own_spans
    inner join calendar_days
        on own_spans.region_id = calendar_days.region_id
        and own_spans.first_hour <= calendar_days.last_hour
        and own_spans.last_hour >= calendar_days.first_hour
),

parts as (
    select
        subject, feed, source_system, region_id, entity_id, is_daily, local_date, expected_bits, received_bits,
        rows_total, rows_quarantined, rows_flagged, score_sum, score_count
    from received
    union all
    select
        entities.subject, entities.feed, entities.source_system, entities.region_id, entities.entity_id, entities.is_daily,
        window_days.local_date, window_days.expected_bits, 0, 0, 0, 0, null, 0
    from expected_entities as entities
    inner join window_days
        on entities.subject = window_days.subject
        and entities.feed = window_days.feed
        and entities.region_id = window_days.region_id
        and entities.month_start = window_days.month_start
    union all
    select
        subject, feed, source_system, region_id, entity_id, is_daily, local_date,
        cast(power(2, last_index + 1) - power(2, first_index) as bigint), 0, 0, 0, 0, null, 0
    from own_days
),

days as (
    select
        subject, feed, source_system, region_id, entity_id, local_date,
        max(case when is_daily then 1 else 0 end) = 1 as is_daily,
        {{ or_bits('expected_bits') }} as expected_bits,
        {{ or_bits('received_bits') }} as received_bits,
        sum(rows_total) as rows_total,
        sum(rows_quarantined) as rows_quarantined,
        sum(rows_flagged) as rows_flagged,
        sum(score_sum) / nullif(sum(score_count), 0) as data_quality_score
    from parts
    group by subject, feed, source_system, region_id, entity_id, local_date
),

counted as (
    select
        *,
        {{ count_bits('expected_bits') }} as expected_hours,
        {{ count_bits('received_bits') }} as received_hours,
        {{ count_bits(common_bits('expected_bits', 'received_bits')) }} as expected_received_hours
    from days
)

select
    subject, feed, source_system, region_id, entity_id, local_date,
    cast(local_date as timestamp) as day_start,
    -- A daily reading is one interval of its local day, at whatever hour its source lets the day begin.
    cast(case when is_daily then {{ smaller() }}(expected_hours, 1) else expected_hours end as bigint) as expected_intervals,
    cast(case when is_daily then {{ smaller() }}(received_hours, 1) else received_hours end as bigint) as received_intervals,
    cast(case
        when not is_daily then expected_hours - expected_received_hours
        when expected_hours > 0 and received_hours = 0 then 1
        else 0
    end as bigint) as hole_intervals,
    cast(rows_total as bigint) as rows_total,
    cast(rows_quarantined as bigint) as rows_quarantined,
    cast(rows_flagged as bigint) as rows_flagged,
    data_quality_score
from counted
