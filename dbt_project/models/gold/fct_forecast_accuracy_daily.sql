{{ config(tags=['post_forecast']) }}
-- Daily skill of load forecasts. Ours, the operator's and the naive forecast (the same hour a week before) are scored
-- on identical rows: hours reported, with an operator forecast between 0.4 and 2.5 times the load and a naive value.
with scored as (
    select
        forecasts.target, forecasts.zone_id, forecasts.region_id, forecasts.model_id, forecasts.source_system,
        loads.local_date,
        case when forecasts.lead_time_hours < 24 then '00-24 h' when forecasts.lead_time_hours < 48 then '24-48 h' else '48 h and more' end
            as lead_bucket,
        loads.load_reported_mw as actual_mw,
        loads.operator_forecast_mw,
        loads.operator_forecast_issue_is_assumed,
        naive.load_reported_mw as naive_mw,
        forecasts.q0025, forecasts.q0100, forecasts.q0250, forecasts.q0500, forecasts.q0750, forecasts.q0900, forecasts.q0975
    from {{ ref('fct_forecast') }} as forecasts
    inner join {{ ref('fct_load_hourly') }} as loads
        on forecasts.zone_id = loads.zone_id
        and forecasts.interval_start_utc = loads.interval_start_utc
    inner join {{ ref('fct_load_hourly') }} as naive
        on forecasts.zone_id = naive.zone_id
        and forecasts.interval_start_utc = naive.interval_start_utc + interval '168 hours'
    where forecasts.target = 'load'
        and forecasts.forecast_kind in ('model', 'backtest', 'fallback')
        and loads.load_reported_mw > 0
        and naive.load_reported_mw is not null
        and loads.operator_forecast_mw between 0.4 * loads.load_reported_mw and 2.5 * loads.load_reported_mw
)

select
    target, zone_id, region_id, model_id, local_date, lead_bucket,
    count(*) as rows_scored,
    avg(abs(actual_mw - q0500)) as mae_mw,
    100.0 * avg(abs(actual_mw - q0500) / actual_mw) as mape_pct,
    -- Mean pinball loss over the seven published quantiles.
    avg((
        {% for level, column in [(0.025, 'q0025'), (0.1, 'q0100'), (0.25, 'q0250'), (0.5, 'q0500'), (0.75, 'q0750'), (0.9, 'q0900'), (0.975, 'q0975')] %}
        greatest({{ level }} * (actual_mw - {{ column }}), ({{ level }} - 1) * (actual_mw - {{ column }})){{ ' +' if not loop.last }}
        {% endfor %}
    ) / 7.0) as pinball_mw,
    100.0 * avg(case when actual_mw between q0100 and q0900 then 1.0 else 0.0 end) as coverage_80_pct,
    100.0 * avg(case when actual_mw between q0025 and q0975 then 1.0 else 0.0 end) as coverage_95_pct,
    avg(q0900 - q0100) as width_80_mw,
    avg(q0975 - q0025) as width_95_mw,
    avg(abs(actual_mw - operator_forecast_mw)) as operator_mae_mw,
    100.0 * avg(abs(actual_mw - operator_forecast_mw) / actual_mw) as operator_mape_pct,
    avg(abs(actual_mw - naive_mw)) as naive_mae_mw,
    100.0 * avg(abs(actual_mw - naive_mw) / actual_mw) as naive_mape_pct,
    max(case when operator_forecast_issue_is_assumed then 1 else 0 end) = 1 as operator_forecast_issue_is_assumed,
    source_system
from scored
group by target, zone_id, region_id, model_id, local_date, lead_bucket, source_system
