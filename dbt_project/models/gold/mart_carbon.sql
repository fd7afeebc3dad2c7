{{ config(partition_by='interval_start_utc') }}
{% set steps_needed = 24 %}
-- Emissions are generation times the fuel's life-cycle factor (dim_fuel says whose). Consumption (pumping, station load)
-- is no generation; an hour in which a fuel that reports around it is missing is withheld, and so is one of which a source
-- tells wind and sun only: that is no mix.
-- The marginal estimate is what one more megawatt-hour emitted at such a time: the slope of the hourly changes of the emissions of all that
-- is dispatched (all but wind and sun) on the changes of its generation, least squares through the origin, by region, month and six hours of
-- the local day (the regressions of Siler-Evans, Azevedo and Morgan 2012, "Marginal Emissions Factors for the U.S. Electricity System", on
-- fuels instead of stacks). It lies within the month, so that a month can be rebuilt alone.
{% set hours = 'partition by region_id, source_system, month_start order by interval_start_utc' %}
with mixed as (
    select
        generation.region_id, generation.interval_start_utc, generation.interval_end_utc, generation.local_date,
        generation.local_hour, generation.source_system, generation.generation_mw,
        {{ larger() }}(generation.generation_mw, 0) as produced_mw,
        generation.fuel_id not in ('solar', 'wind_onshore', 'wind_offshore') as is_dispatched,
        fuels.is_renewable, fuels.is_low_carbon, fuels.emission_factor_kg_per_mwh
    from {{ ref('fct_generation_hourly') }} as generation
    inner join {{ ref('dim_fuel') }} as fuels on generation.fuel_id = fuels.fuel_id
    where generation.interval_start_utc >= {{ lake_start() }} and generation.interval_start_utc < {{ lake_end() }}
),

summed as (
    select
        region_id, interval_start_utc, interval_end_utc, local_date, local_hour, source_system,
        sum(produced_mw) as generation_mwh,
        sum(produced_mw * emission_factor_kg_per_mwh) as emissions_kg,
        sum(case when is_renewable then produced_mw else 0 end) as renewable_mwh,
        sum(case when is_low_carbon then produced_mw else 0 end) as low_carbon_mwh,
        sum(case when is_dispatched then produced_mw else 0 end) as dispatched_mwh,
        sum(case when is_dispatched then produced_mw * emission_factor_kg_per_mwh else 0 end) as dispatched_kg,
        date_trunc('month', interval_start_utc) as month_start, cast(floor(local_hour / 6) as integer) as day_quarter
    from mixed
    group by region_id, interval_start_utc, interval_end_utc, local_date, local_hour, source_system
    having count(*) = count(generation_mw) and max(case when is_dispatched then 1 else 0 end) = 1
),

steps as (
    select
        region_id, source_system, month_start, day_quarter,
        case when lag(interval_end_utc) over ({{ hours }}) = interval_start_utc then dispatched_mwh - lag(dispatched_mwh) over ({{ hours }}) end as step_mwh,
        dispatched_kg - lag(dispatched_kg) over ({{ hours }}) as step_kg
    from summed
),

slopes as (
    select region_id, source_system, month_start, day_quarter, sum(step_mwh * step_kg) / nullif(sum(step_mwh * step_mwh), 0) as kg_per_mwh
    from steps
    where step_mwh is not null
    group by region_id, source_system, month_start, day_quarter
    having count(*) >= {{ steps_needed }}
)

select
    summed.region_id, summed.interval_start_utc, summed.interval_end_utc, summed.local_date, summed.local_hour,
    summed.generation_mwh, summed.emissions_kg,
    summed.emissions_kg / nullif(summed.generation_mwh, 0) as carbon_intensity_kg_per_mwh,
    slopes.kg_per_mwh as marginal_intensity_kg_per_mwh,
    summed.renewable_mwh, summed.low_carbon_mwh,
    -- Sums of the same values in another order may differ in the last digit: a share is never more than the whole.
    100.0 * ({{ smaller() }}(summed.renewable_mwh, summed.generation_mwh) / nullif(summed.generation_mwh, 0)) as renewable_share_pct,
    100.0 * ({{ smaller() }}(summed.low_carbon_mwh, summed.generation_mwh) / nullif(summed.generation_mwh, 0)) as low_carbon_share_pct,
    summed.source_system
from summed
left join slopes
    on summed.region_id = slopes.region_id
    and summed.source_system = slopes.source_system
    and summed.month_start = slopes.month_start
    and summed.day_quarter = slopes.day_quarter
