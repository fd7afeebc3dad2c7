{{ config(tags=['post_forecast']) }}
-- Daily skill of forecasts of every target. Ours, the operator's and the naive forecast (the same hour a week before) are
-- scored on identical rows: hours with an outcome and a naive value, and where the operator forecasts the zone with a forecast
-- of his; for load that one has to lie between 0.4 and 2.5 times the load.
with outcomes as (
    select
        'load' as subject, zone_id, interval_start_utc, local_date, load_reported_mw as observed, operator_forecast_mw as operator_forecast,
        operator_forecast_issue_is_assumed
    from {{ ref('fct_load_hourly') }}
    where load_reported_mw is not null
    union all
    select
        'price' as subject, zone_id, interval_start_utc, local_date, price_per_mwh as observed, cast(null as double) as operator_forecast,
        false as operator_forecast_issue_is_assumed
    from {{ ref('fct_price_hourly') }}
    where market_id = 'DAM' and price_per_mwh is not null
    union all
    select
        case fuels.fuel_group when 'Solar' then 'solar' else 'wind' end as subject,
        generation.region_id || '.TOTAL' as zone_id, generation.interval_start_utc, generation.local_date,
        sum(generation.generation_mw) as observed,
        case when count(*) = count(generation.operator_forecast_mw) then sum(generation.operator_forecast_mw) end as operator_forecast,
        count(generation.operator_forecast_mw) > 0 as operator_forecast_issue_is_assumed
    from {{ ref('fct_generation_hourly') }} as generation
    inner join {{ ref('dim_fuel') }} as fuels on generation.fuel_id = fuels.fuel_id
    where fuels.fuel_group in ('Solar', 'Wind')
    group by fuels.fuel_group, generation.region_id, generation.interval_start_utc, generation.local_date
    having count(*) = count(generation.generation_mw)
),

operated as (
    select subject, zone_id from outcomes group by subject, zone_id having count(operator_forecast) > 0
),

scored as (
    select
        forecasts.target, forecasts.zone_id, forecasts.region_id, forecasts.model_id, forecasts.unit, forecasts.source_system,
        outcomes.local_date,
        case when forecasts.lead_time_hours < 24 then '00-24 h' when forecasts.lead_time_hours < 48 then '24-48 h' else '48 h and more' end
            as lead_bucket,
        outcomes.observed, outcomes.operator_forecast, outcomes.operator_forecast_issue_is_assumed, naive.observed as naive_value,
        -- Shares of single outcomes mean something for load alone: prices and renewables come near zero.
        case when forecasts.target = 'load' then outcomes.observed end as divisor,
        forecasts.q0025, forecasts.q0100, forecasts.q0250, forecasts.q0500, forecasts.q0750, forecasts.q0900, forecasts.q0975
    from {{ ref('fct_forecast') }} as forecasts
    inner join outcomes
        on forecasts.target = outcomes.subject
        and forecasts.zone_id = outcomes.zone_id
        and forecasts.interval_start_utc = outcomes.interval_start_utc
    inner join outcomes as naive
        on forecasts.target = naive.subject
        and forecasts.zone_id = naive.zone_id
        and forecasts.interval_start_utc = naive.interval_start_utc + interval '168 hours'
    left join operated
        on forecasts.target = operated.subject
        and forecasts.zone_id = operated.zone_id
    where forecasts.forecast_kind in ('model', 'backtest', 'fallback')
        and (forecasts.target <> 'load' or outcomes.observed > 0)
        and (
            operated.zone_id is null
            or (forecasts.target <> 'load' and outcomes.operator_forecast is not null)
            or outcomes.operator_forecast between 0.4 * outcomes.observed and 2.5 * outcomes.observed
        )
)

select
    target, zone_id, region_id, model_id, local_date, lead_bucket,
    count(*) as rows_scored,
    avg(abs(observed - q0500)) as mae,
    100.0 * avg(abs(observed - q0500) / divisor) as mape_pct,
    100.0 * sum(abs(observed - q0500)) / nullif(sum(abs(observed)), 0) as wape_pct,
    -- Mean pinball loss over the seven published quantiles.
    avg((
        {% for level, column in [(0.025, 'q0025'), (0.1, 'q0100'), (0.25, 'q0250'), (0.5, 'q0500'), (0.75, 'q0750'), (0.9, 'q0900'), (0.975, 'q0975')] %}
        {{ larger() }}({{ level }} * (observed - {{ column }}), ({{ level }} - 1) * (observed - {{ column }})){{ ' +' if not loop.last }}
        {% endfor %}
    ) / 7.0) as pinball,
    100.0 * avg(case when observed between q0100 and q0900 then 1.0 else 0.0 end) as coverage_80_pct,
    100.0 * avg(case when observed between q0025 and q0975 then 1.0 else 0.0 end) as coverage_95_pct,
    avg(q0900 - q0100) as width_80,
    avg(q0975 - q0025) as width_95,
    avg(abs(observed - operator_forecast)) as operator_mae,
    100.0 * avg(abs(observed - operator_forecast) / divisor) as operator_mape_pct,
    avg(abs(observed - naive_value)) as naive_mae,
    100.0 * avg(abs(observed - naive_value) / divisor) as naive_mape_pct,
    max(case when operator_forecast_issue_is_assumed then 1 else 0 end) = 1 as operator_forecast_issue_is_assumed,
    unit,
    source_system
from scored
group by target, zone_id, region_id, model_id, local_date, lead_bucket, unit, source_system
