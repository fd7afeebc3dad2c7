{{ config(partition_by='month_start', range_rows=10000000) }}
-- What each feed told of each entity on each local day, by UTC month: a day that lies in two has a row of each, because months
-- decide who is expected. Hours are bits of one number.
-- Readings of a day or more (daily meters) are counted in days, all others in hours. Forecasts speak of the hours they
-- forecast: an hour is received when any vintage tells it.
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
{{ local_hours(lake_start(), lake_end()) }}

told as (
    select
        'load' as subject, feed, source_system, region_id, zone_id as entity_id, interval_start_utc, false as is_daily,
        is_expected, load_reported_mw is not null as is_received, samples as rows_total, samples_quarantined as rows_quarantined,
        case when validation_flags <> '' then 1 else 0 end as rows_flagged, data_quality_score
    from {{ ref('int_load__reported_hourly') }}
    where interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
    union all
    select 'price', feed, source_system, region_id, zone_id || ':' || market_id, interval_start_utc, false,
        false, price_per_mwh is not null, 1, case when price_per_mwh is null then 1 else 0 end,
        case when validation_flags <> '' then 1 else 0 end, data_quality_score
    from {{ ref('int_price__hourly') }}
    where interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
    union all
    select 'generation', feed, source_system, region_id, region_id || '.' || fuel_id, interval_start_utc, false,
        false, generation_mw is not null, 1, case when generation_mw is null then 1 else 0 end,
        case when validation_flags <> '' then 1 else 0 end, data_quality_score
    from {{ ref('int_generation__hourly') }}
    where interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
    {% for subject, model, entity, value in samples %}
    union all
    select
        '{{ subject }}', feed, source_system, region_id, {{ entity }}, interval_start_utc, {{ is_daily }},
        false, {{ value }} is not null and not is_quarantined, 1, case when is_quarantined then 1 else 0 end,
        case when validation_flags <> '' then 1 else 0 end, data_quality_score
    from {{ ref(model) }}
    where revision_rank = 1
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
    {% endfor %}
)

select
    told.subject, told.feed, told.source_system, told.region_id, told.entity_id, told.is_daily, calendar.local_date,
    date_trunc('month', calendar.hour_start) as month_start,
    {{ or_bits('case when told.is_expected then calendar.hour_bit else 0 end') }} as expected_bits,
    {{ or_bits('case when told.is_received then calendar.hour_bit else 0 end') }} as received_bits,
    min(case when told.is_received then calendar.hour_start end) as first_hour,
    max(case when told.is_received then calendar.hour_start end) as last_hour,
    cast(sum(told.rows_total) as bigint) as rows_total,
    cast(sum(told.rows_quarantined) as bigint) as rows_quarantined,
    cast(sum(told.rows_flagged) as bigint) as rows_flagged,
    sum(told.data_quality_score) as score_sum,
    count(told.data_quality_score) as score_count
from told
inner join calendar
    on told.region_id = calendar.region_id
    and date_trunc('hour', told.interval_start_utc) = calendar.hour_start
group by
    told.subject, told.feed, told.source_system, told.region_id, told.entity_id, told.is_daily, calendar.local_date,
    date_trunc('month', calendar.hour_start)
