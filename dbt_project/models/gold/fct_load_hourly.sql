{{ config(partition_by='interval_start_utc', reach_back=1, reach_forward=1) }}
-- One row per zone and hour: of the sources that cover it, the one the precedence seed ranks first. An hour that source
-- was expected to report and did not stays a gap; another source is not slipped in.
with precedence as (
    select region_id, source_system, precedence from {{ ref('source_precedence') }} where subject = 'load'
),

candidates as (
    select
        loads.*,
        row_number() over (
            partition by loads.zone_id, loads.interval_start_utc
            order by
                coalesce(precedence.precedence, 99), loads.source_system, {{ feed_precedence('load', 'loads.feed') }}, loads.feed
        ) as source_rank
    from {{ ref('int_load__hourly') }} as loads
    left join precedence
        on loads.region_id = precedence.region_id
        and loads.source_system = precedence.source_system
    where loads.interval_start_utc >= {{ lake_start() }} and loads.interval_start_utc < {{ lake_end() }}
),

forecasts as (
    select
        forecasts.*,
        row_number() over (
            partition by forecasts.zone_id, forecasts.interval_start_utc
            order by
                coalesce(precedence.precedence, 99), forecasts.source_system,
                {{ feed_precedence('load_forecast', 'forecasts.feed') }}, forecasts.feed
        ) as source_rank
    from {{ ref('int_load_forecast__day_ahead') }} as forecasts
    left join precedence
        on forecasts.region_id = precedence.region_id
        and forecasts.source_system = precedence.source_system
    where forecasts.interval_start_utc >= {{ lake_start() }} and forecasts.interval_start_utc < {{ lake_end() }}
),

chosen_loads as (
    select * from candidates
    where source_rank = 1
),

chosen_forecasts as (
    select * from forecasts
    where source_rank = 1
),

-- An hour only the operator forecasts (the day ahead) is a row too: that is what a forecast is made for. Its load was not
-- expected yet: it is no gap, and has neither coverage nor a score.
combined as (
    select
        coalesce(chosen_loads.zone_id, chosen_forecasts.zone_id) as zone_id,
        coalesce(chosen_loads.region_id, chosen_forecasts.region_id) as region_id,
        coalesce(chosen_loads.interval_start_utc, chosen_forecasts.interval_start_utc) as interval_start_utc,
        chosen_loads.load_mw,
        chosen_loads.load_reported_mw,
        coalesce(chosen_loads.is_imputed, false) as is_imputed,
        chosen_loads.imputation_code,
        chosen_loads.is_final,
        chosen_forecasts.operator_forecast_mw,
        chosen_forecasts.operator_forecast_issued_at_utc,
        chosen_forecasts.operator_forecast_issue_is_assumed,
        chosen_loads.coverage_pct,
        coalesce(chosen_loads.source_system, chosen_forecasts.source_system) as source_system,
        chosen_loads.data_quality_score,
        coalesce(chosen_loads.validation_flags, '') as validation_flags
    from chosen_loads
    full outer join chosen_forecasts
        on chosen_loads.zone_id = chosen_forecasts.zone_id
        and chosen_loads.interval_start_utc = chosen_forecasts.interval_start_utc
)

select
    combined.zone_id, combined.region_id, combined.interval_start_utc, calendar.interval_end_utc, calendar.local_date,
    calendar.local_hour, combined.load_mw, combined.load_reported_mw, combined.is_imputed, combined.imputation_code, combined.is_final,
    combined.operator_forecast_mw, combined.operator_forecast_issued_at_utc, combined.operator_forecast_issue_is_assumed,
    combined.coverage_pct, combined.source_system, combined.data_quality_score, combined.validation_flags
from combined
inner join {{ ref('regions') }} as regions on combined.region_id = regions.region_id
inner join {{ ref('int_calendar__hour') }} as calendar
    on regions.timezone = calendar.timezone
    and combined.interval_start_utc = calendar.interval_start_utc
