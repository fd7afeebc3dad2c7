{{ config(partition_by='interval_start_utc') }}
-- Every vintage of every operator's load forecast. Where the source tells no issue time, the day-ahead deadline
-- (10:00 local on the day before) is assumed and said so; a file that names the first day it forecasts was issued by that
-- day's deadline, also for the days after.
{% set isolf_zones = {
    'capitl': 'CAPITL', 'centrl': 'CENTRL', 'dunwod': 'DUNWOD', 'genese': 'GENESE', 'hud_vl': 'HUD_VL', 'longil': 'LONGIL',
    'mhk_vl': 'MHK_VL', 'millwd': 'MILLWD', 'nyc': 'NYC', 'north': 'NORTH', 'west': 'WEST', 'nyiso': 'TOTAL'
} %}
with isolf as (
    select * from {{ ref('stg_nyiso__isolf') }}
    where {{ in_lake_months() }}
),

received as (
    {% for column, code in isolf_zones.items() %}
    select
        'nyiso_isolf' as feed, source_system, region_id, region_id || '.{{ code }}' as zone_id, interval_start_utc,
        {{ column }} as load_forecast_text, {{ to_number(column) }} as load_forecast_mw, '' as repair_code,
        try_cast(issue_date as timestamp) as first_day_start,
        {{ lineage_columns() }}
    from isolf
    union all
    {% endfor %}
    select
        'eia930_cleaned', source_system, region_id, region_id || '.TOTAL', interval_start_utc,
        load_forecast_text, load_forecast_mw, '', null,
        {{ lineage_columns() }}
    from {{ ref('stg_eia930__demand') }}
    -- EIA-930 prints 0 where the balancing authority published no forecast.
    where {{ in_lake_months() }} and load_forecast_mw <> 0
    union all
    select
        'entsoe_spain_energy', source_system, region_id, region_id || '.TOTAL',
        case when {{ spain_is_swapped('total_load_forecast') }} then swapped_interval_start_utc else interval_start_utc end,
        total_load_forecast, {{ to_number('total_load_forecast') }},
        case when {{ spain_is_swapped('total_load_forecast') }} then repair_code else '' end, null,
        {{ lineage_columns() }}
    from {{ ref('stg_entsoe__spain_energy') }}
    where {{ in_lake_months(days_before=366, days_after=366) }}
    union all
    select
        'synthetic_observation', source_system, region_id, region_id || '.' || replace(upper(replace(entity, '.', '')), ' ', '_'),
        interval_start_utc, value_text, value_number, '', null,
        {{ lineage_columns() }}
    from {{ ref('stg_synthetic__observation') }}
    where {{ in_lake_months() }} and dataset = 'load_forecast'
),

typical as (
    select feed, zone_id, date_trunc('month', interval_start_utc) as month_start, median(load_forecast_mw) as typical_load_mw
    from received
    where interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
    group by feed, zone_id, date_trunc('month', interval_start_utc)
),

placed as (
    select
        received.*,
        typical.typical_load_mw,
        coalesce(payloads.is_superseded, false) as is_superseded,
        received.published_at_utc is null as issue_is_assumed,
        coalesce(
            received.published_at_utc,
            least(
                calendar.day_ahead_cutoff_utc,
                coalesce(
                    {{ from_local_time("received.first_day_start - interval '14 hours'", 'regions.timezone') }},
                    calendar.day_ahead_cutoff_utc
                )
            )
        ) as issued_at_utc,
        calendar.day_ahead_cutoff_utc
    from received
    inner join {{ ref('regions') }} as regions on received.region_id = regions.region_id
    inner join {{ ref('int_calendar__hour') }} as calendar
        on regions.timezone = calendar.timezone
        and received.interval_start_utc = calendar.interval_start_utc
    left join typical
        on received.feed = typical.feed
        and received.zone_id = typical.zone_id
        and date_trunc('month', received.interval_start_utc) = typical.month_start
    left join {{ ref('stg_gridlake__payload') }} as payloads
        on received.feed = payloads.feed
        and received.payload_sha256 = payloads.payload_sha256
    where received.interval_start_utc >= {{ lake_start() }} and received.interval_start_utc < {{ lake_end() }}
)

select
    feed, source_system, region_id, zone_id, interval_start_utc, issued_at_utc, issue_is_assumed,
    load_forecast_text, load_forecast_mw, repair_code, is_superseded,
    {{ revision_rank('feed, zone_id, interval_start_utc, issued_at_utc') }} as revision_rank,
    -- The vintage a day-ahead user had: the latest one issued by 10:00 local on the day before.
    issued_at_utc <= day_ahead_cutoff_utc as is_day_ahead,
    {{ rule_flags('load_forecast') }} as validation_flags,
    {{ rule_error_ids('load_forecast') }} as error_rule_ids,
    {{ rule_errors('load_forecast') }} as is_quarantined,
    {{ rule_score('load_forecast') }} as data_quality_score,
    {{ lineage_columns() }}
from placed
