{{ config(partition_by='day_start', reach_back=1, reach_forward=1) }}
-- Expected and received hours by feed, entity and local day. Expected are the hours of the windows the payloads
-- declare, for every entity the feed brought in that month (load: for every zone the feed is known to bring).
-- Whole months, so that who is expected in a month does not depend on which months are being built.
{% set first_hour = "date_trunc('month', " ~ lake_start() ~ " - interval '2 days')" %}
{% set after_hour = "date_trunc('month', " ~ lake_end() ~ " + interval '2 days') + interval '1 month'" %}
-- Readings of a day or more (daily meters) are counted in days, all others in hours. Forecasts speak of the hours they
-- forecast: an hour is received when any vintage tells it.
{% set bucket = "case when " ~ seconds_between('interval_start_utc', 'interval_end_utc') ~ " >= 82800 then interval_start_utc else date_trunc('hour', interval_start_utc) end" %}
{% set is_daily = seconds_between('interval_start_utc', 'interval_end_utc') ~ " >= 82800" %}
{% set samples = [
    ('load_forecast', 'int_load_forecast__vintage', 'zone_id', 'load_forecast_mw'),
    ('generation_forecast', 'int_generation_forecast__vintage', "zone_id || ':' || fuel_id", 'generation_forecast_mw'),
    ('weather', 'int_weather__sample', 'station_id', 'temperature_c'),
    ('interchange', 'int_interchange__sample', "region_id || ':' || source_code || ':' || kind",
        'coalesce(interchange_mw, export_limit_mw, import_limit_mw)'),
    ('ancillary_price', 'int_ancillary_price__sample', "zone_id || ':' || product || ':' || market_id", 'price_per_mwh'),
    ('reserve', 'int_reserve__sample', "zone_id || ':' || product || ':' || kind", 'capacity_mw'),
    ('frequency', 'int_frequency__sample', "region_id || ':' || source_code", 'frequency_hz'),
    ('meter', 'int_meter__sample', "meter_id || ':' || commodity", 'energy_kwh'),
    ('scada', 'int_scada__sample', "asset_id || ':' || point", 'point_value'),
    ('phasor', 'int_phasor__sample', 'pmu_id', 'frequency_hz'),
] %}
with received as (
    select 'load' as subject, feed, source_system, region_id, zone_id as entity_id, interval_start_utc, false as is_daily,
        is_expected, load_reported_mw is not null as is_received, samples as rows_total, samples_quarantined as rows_quarantined,
        case when validation_flags <> '' then 1 else 0 end as rows_flagged, data_quality_score
    from {{ ref('int_load__reported_hourly') }}
    where interval_start_utc >= {{ first_hour }} and interval_start_utc < {{ after_hour }}
    union all
    select 'price', feed, source_system, region_id, zone_id || ':' || market_id, interval_start_utc, false,
        false, price_per_mwh is not null, 1, case when price_per_mwh is null then 1 else 0 end,
        case when validation_flags <> '' then 1 else 0 end, data_quality_score
    from {{ ref('int_price__hourly') }}
    where interval_start_utc >= {{ first_hour }} and interval_start_utc < {{ after_hour }}
    union all
    select 'generation', feed, source_system, region_id, region_id || '.' || fuel_id, interval_start_utc, false,
        false, generation_mw is not null, 1, case when generation_mw is null then 1 else 0 end,
        case when validation_flags <> '' then 1 else 0 end, data_quality_score
    from {{ ref('int_generation__hourly') }}
    where interval_start_utc >= {{ first_hour }} and interval_start_utc < {{ after_hour }}
    {% for subject, model, entity, value in samples %}
    union all
    select
        '{{ subject }}', feed, source_system, region_id, {{ entity }}, {{ bucket }}, {{ is_daily }}, false,
        max(case when {{ value }} is not null and not is_quarantined then 1 else 0 end) = 1, count(*),
        sum(case when is_quarantined then 1 else 0 end), sum(case when validation_flags <> '' then 1 else 0 end),
        avg(data_quality_score)
    from {{ ref(model) }}
    where revision_rank = 1
        and interval_start_utc >= {{ first_hour }} and interval_start_utc < {{ after_hour }}
    group by feed, source_system, region_id, {{ entity }}, {{ bucket }}, {{ is_daily }}
    {% endfor %}
),

-- Load brings its own spine; the other subjects get theirs here: every entity the feed brought in the month, and in a month
-- without any row of the feed those of the months beside it.
entities as (
    select distinct
        subject, feed, source_system, region_id, entity_id, is_daily, date_trunc('month', interval_start_utc) as month_start
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
        payloads.feed, payloads.region_id, coalesce(conventions.is_mixed, false) as is_mixed,
        date_trunc('hour', payloads.window_start_utc) as window_start_utc, payloads.window_end_utc,
        {{ smaller() }}(payloads.window_end_utc, coalesce(payloads.published_at_utc, payloads.window_end_utc)) as observed_until_utc
    from {{ ref('stg_gridlake__payload') }} as payloads
    left join {{ ref('feed_conventions') }} as conventions on payloads.feed = conventions.feed
    where payloads.window_start_utc is not null
),

-- Series of a feed whose payloads speak of different things are expected from their own first to their own last value.
own_spans as (
    select
        received.subject, received.feed, received.source_system, received.region_id, received.entity_id, received.is_daily,
        min(received.interval_start_utc) as first_start, max(received.interval_start_utc) as last_start
    from received
    inner join {{ ref('feed_conventions') }} as conventions
        on received.feed = conventions.feed
        and conventions.is_mixed
    where received.subject <> 'load' and received.is_received
    group by
        received.subject, received.feed, received.source_system, received.region_id, received.entity_id, received.is_daily,
        date_trunc('month', received.interval_start_utc)
),

window_hours as (
    select
        entities.subject, entities.feed, entities.source_system, entities.region_id, entities.entity_id, entities.is_daily,
        series.hour_start as interval_start_utc
    from windows
    inner join expected_entities as entities
        on windows.feed = entities.feed
        and coalesce(windows.region_id, entities.region_id) = entities.region_id
        and windows.window_start_utc < entities.month_start + interval '1 month'
        and windows.window_end_utc > entities.month_start
    cross join {{ hours_between(
        larger() ~ '(windows.window_start_utc, entities.month_start)',
        smaller() ~ "(case when entities.subject in ('generation', 'weather', 'interchange', 'meter', 'scada', 'frequency', 'phasor') then windows.observed_until_utc else windows.window_end_utc end, entities.month_start + interval '1 month')",
        'series'
    ) }}
    where not windows.is_mixed
    union
    select
        own_spans.subject, own_spans.feed, own_spans.source_system, own_spans.region_id, own_spans.entity_id, own_spans.is_daily,
        series.hour_start
    from own_spans
    cross join {{ hours_between('own_spans.first_start', "own_spans.last_start + interval '1 hour'", 'series') }}
),

hours as (
    select
        coalesce(received.subject, window_hours.subject) as subject,
        coalesce(received.feed, window_hours.feed) as feed,
        coalesce(received.source_system, window_hours.source_system) as source_system,
        coalesce(received.region_id, window_hours.region_id) as region_id,
        coalesce(received.entity_id, window_hours.entity_id) as entity_id,
        coalesce(received.interval_start_utc, window_hours.interval_start_utc) as interval_start_utc,
        coalesce(received.is_daily, window_hours.is_daily) as is_daily,
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
    -- A daily reading is one interval of its local day, at whatever hour its source lets the day begin.
    cast(case when max(case when hours.is_daily then 1 else 0 end) = 1 then max(case when hours.is_expected then 1 else 0 end)
        else sum(case when hours.is_expected then 1 else 0 end) end as bigint) as expected_intervals,
    cast(case when max(case when hours.is_daily then 1 else 0 end) = 1 then max(case when hours.is_received then 1 else 0 end)
        else sum(case when hours.is_received then 1 else 0 end) end as bigint) as received_intervals,
    cast(case when max(case when hours.is_daily then 1 else 0 end) = 1
        then {{ larger() }}(max(case when hours.is_expected then 1 else 0 end) - max(case when hours.is_received then 1 else 0 end), 0)
        else sum(case when hours.is_expected and not hours.is_received then 1 else 0 end) end as bigint) as hole_intervals,
    cast(sum(hours.rows_total) as bigint) as rows_total,
    cast(sum(hours.rows_quarantined) as bigint) as rows_quarantined,
    cast(sum(hours.rows_flagged) as bigint) as rows_flagged,
    avg(hours.data_quality_score) as data_quality_score
from hours
inner join {{ ref('regions') }} as regions on hours.region_id = regions.region_id
inner join {{ ref('int_calendar__hour') }} as calendar
    on regions.timezone = calendar.timezone
    and date_trunc('hour', hours.interval_start_utc) = calendar.interval_start_utc
group by hours.subject, hours.feed, hours.source_system, hours.region_id, hours.entity_id, calendar.local_date
