{{ config(partition_by='interval_start_utc') }}
-- One row per load value as received, of every source and revision, with its rules judged.
-- revision_rank 1 is the current revision of a zone and instant within its feed.
{% set min_hours, min_gain = 15, 1.2 %}
with zones as (
    select * from {{ ref('feed_zones') }}
),

received as (
    select
        feed, source_system, region_id, source_code, interval_start_utc,
        cast({{ seconds_between('interval_start_utc', 'interval_end_utc') }} / 60 as integer) as interval_minutes,
        load_text, load_mw, category, is_final, repair_code,
        {{ lineage_columns() }}
    from {{ ref('int_load__received') }}
    where {{ in_lake_months() }}
),

placed as (
    select
        received.*,
        coalesce(zones.zone_id, {{ zone_of('received.region_id', 'received.source_code') }}) as zone_id,
        coalesce(payloads.is_superseded, false) as is_superseded,
        date_trunc('month', received.interval_start_utc) as month_start
    from received
    left join zones
        on received.feed = zones.feed
        and received.region_id = zones.region_id
        and received.source_code = zones.source_code
    {{ join_payloads('received') }}
    where received.interval_start_utc >= {{ lake_start() }} and received.interval_start_utc < {{ lake_end() }}
),

-- Typical level and previous sample are taken within the month, so that a month can be rebuilt alone.
typical as (
    select
        feed, zone_id, month_start,
        min(region_id) as region_id,
        median(load_mw) as typical_load_mw
    from placed
    group by feed, zone_id, month_start
),

-- Bare numbers stand for feed, zone and month in what follows: sorting by the keys themselves takes ten times as long.
series as (
    select
        typical.*,
        regions.timezone,
        row_number() over (order by typical.feed, typical.zone_id, typical.month_start) as series_number
    from typical
    inner join {{ ref('regions') }} as regions on typical.region_id = regions.region_id
),

-- What only a day as a whole tells is looked for in hourly means over all revisions: a twelfth of five-minute rows.
hourly as (
    select
        feed, zone_id,
        date_trunc('hour', interval_start_utc) as hour_start,
        avg(load_mw) as load_mw,
        min(load_mw) = max(load_mw) and count(load_mw) = count(*) as is_one_value
    from placed
    group by feed, zone_id, date_trunc('hour', interval_start_utc)
),

numbered as (
    select
        series.series_number,
        series.timezone,
        hourly.hour_start,
        hourly.load_mw,
        hourly.is_one_value,
        -- Values beyond reason tell nothing of a day's shape.
        case when hourly.load_mw > 0 and hourly.load_mw < 3 * series.typical_load_mw then hourly.load_mw end as sane_load_mw
    from hourly
    inner join series
        on hourly.feed = series.feed
        and hourly.zone_id = series.zone_id
        and date_trunc('month', hourly.hour_start) = series.month_start
),

stepped as (
    select
        series_number, timezone, hour_start,
        lag(hour_start) over (partition by series_number order by hour_start) = hour_start - interval '1 hour'
            as has_hour_before,
        sane_load_mw - lag(sane_load_mw) over (partition by series_number order by hour_start) as sane_step_mw,
        is_one_value and lag(is_one_value) over (partition by series_number order by hour_start)
        and load_mw = lag(load_mw) over (partition by series_number order by hour_start) as is_repeated
    from numbered
),

-- Runs of hours with one and the same value: a stuck meter repeats itself to the last digit. Hours that follow each other
-- keep their distance from their place among the repeated ones.
repeated as (
    select
        series_number, hour_start,
        {{ seconds_between("timestamp '1970-01-01 00:00:00'", 'hour_start') }} / 3600
        - row_number() over (partition by series_number order by hour_start) as run_number
    from stepped
    where has_hour_before and is_repeated
),

run_hours as (
    select
        series_number, hour_start,
        min(hour_start) over (partition by series_number, run_number) as first_repeated,
        60 * (count(*) over (partition by series_number, run_number) + 1) as same_value_minutes
    from repeated
),

runs as (
    select series_number, hour_start, same_value_minutes from run_hours
    union all
    -- The hour that the first one repeats.
    select series_number, hour_start - interval '1 hour' as hour_start, same_value_minutes
    from run_hours
    where hour_start = first_repeated
),

-- A day told an hour early or late fits the month's typical steps better when moved by an hour. Steps on the region's
-- clock, workdays and weekends apart.
calendar as (
    select
        timezone, interval_start_utc, local_date, local_hour,
        {{ iso_weekday('local_date') }} >= 6 as is_weekend
    from {{ ref('int_calendar__hour') }}
),

steps as (
    select
        stepped.series_number, stepped.hour_start,
        calendar.local_date, calendar.local_hour, calendar.is_weekend,
        case when stepped.has_hour_before then stepped.sane_step_mw end as step_mw
    from stepped
    inner join calendar
        on stepped.timezone = calendar.timezone
        and stepped.hour_start = calendar.interval_start_utc
),

typical_steps as (
    select series_number, is_weekend, local_hour, median(step_mw) as step_mw
    from steps
    group by series_number, is_weekend, local_hour
),

typical_shapes as (
    select
        here.series_number, here.is_weekend, here.local_hour,
        here.step_mw,
        before.step_mw as before_mw,
        later.step_mw as later_mw
    from typical_steps as here
    {% for name, moved in [('before', '23'), ('later', '1')] %}
    inner join typical_steps as {{ name }}
        on here.series_number = {{ name }}.series_number
        and here.is_weekend = {{ name }}.is_weekend
        and mod(here.local_hour + {{ moved }}, 24) = {{ name }}.local_hour
    {% endfor %}
),

fits as (
    select
        steps.series_number, steps.local_date,
        corr(steps.step_mw, shapes.step_mw) as fit,
        {{ larger() }}(corr(steps.step_mw, shapes.before_mw), corr(steps.step_mw, shapes.later_mw)) as shifted_fit
    from steps
    inner join typical_shapes as shapes
        on steps.series_number = shapes.series_number
        and steps.is_weekend = shapes.is_weekend
        and steps.local_hour = shapes.local_hour
    -- A day's first step leads from the day before, which may not be moved.
    where steps.local_hour > 0
    group by steps.series_number, steps.local_date
    having count(steps.step_mw) >= {{ min_hours }}
),

shifts as (
    select
        steps.series_number, steps.hour_start, fits.shifted_fit,
        -- Never divided by nothing: a perfect fit is as good as one of 99.99 %.
        (1 - fits.fit) / {{ larger() }}(1 - fits.shifted_fit, 0.0001) as shift_gain
    from steps
    inner join fits on steps.series_number = fits.series_number and steps.local_date = fits.local_date
    where 1 - fits.fit > {{ min_gain }} * {{ larger() }}(1 - fits.shifted_fit, 0.0001)
),

-- Only hours that stand out are joined to their rows.
days as (
    select
        series.feed, series.zone_id, standing_out.hour_start,
        max(standing_out.same_value_minutes) as same_value_minutes,
        max(standing_out.shift_gain) as shift_gain,
        max(standing_out.shifted_fit) as shifted_fit
    from (
        select series_number, hour_start, same_value_minutes, null as shift_gain, null as shifted_fit from runs
        union all
        select series_number, hour_start, null as same_value_minutes, shift_gain, shifted_fit from shifts
    ) as standing_out
    inner join series on standing_out.series_number = series.series_number
    group by series.feed, series.zone_id, standing_out.hour_start
),

{{ ranked_revisions('placed', ['feed', 'zone_id', 'interval_start_utc']) }},

followed as (
    select
        ranked.*,
        typical.typical_load_mw,
        days.same_value_minutes,
        days.shift_gain,
        days.shifted_fit,
        lag(ranked.load_mw) over (
            partition by ranked.feed, ranked.zone_id, ranked.month_start
            order by ranked.interval_start_utc, ranked.payload_sha256, ranked.row_number
        ) as previous_load_mw
    from ranked
    left join typical
        on ranked.feed = typical.feed
        and ranked.zone_id = typical.zone_id
        and ranked.month_start = typical.month_start
    left join days
        on ranked.feed = days.feed
        and ranked.zone_id = days.zone_id
        and date_trunc('hour', ranked.interval_start_utc) = days.hour_start
)

select
    feed, source_system, region_id, zone_id, interval_start_utc, interval_minutes,
    load_text, load_mw, category, is_final, repair_code, revision_rank, is_superseded,
    {{ verdicts('load') }},
    {{ lineage_columns() }}
from followed
