{{ config(partition_by='interval_start_utc') }}
-- Emissions are generation times the fuel's life-cycle factor (dim_fuel says whose). Consumption (pumping, station load)
-- is no generation; an hour in which a fuel that reports around it is missing is withheld, and so is one of which a source
-- tells wind and sun only: that is no mix.
with mixed as (
    select
        generation.region_id, generation.interval_start_utc, generation.interval_end_utc, generation.local_date,
        generation.local_hour, generation.source_system, generation.generation_mw,
        greatest(generation.generation_mw, 0) as produced_mw,
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
        sum(case when is_low_carbon then produced_mw else 0 end) as low_carbon_mwh
    from mixed
    group by region_id, interval_start_utc, interval_end_utc, local_date, local_hour, source_system
    having count(*) = count(generation_mw) and max(case when is_dispatched then 1 else 0 end) = 1
)

select
    region_id, interval_start_utc, interval_end_utc, local_date, local_hour, generation_mwh, emissions_kg,
    emissions_kg / nullif(generation_mwh, 0) as carbon_intensity_kg_per_mwh,
    renewable_mwh, low_carbon_mwh,
    -- Sums of the same values in another order may differ in the last digit: a share is never more than the whole.
    100.0 * (least(renewable_mwh, generation_mwh) / nullif(generation_mwh, 0)) as renewable_share_pct,
    100.0 * (least(low_carbon_mwh, generation_mwh) / nullif(generation_mwh, 0)) as low_carbon_share_pct,
    source_system
from summed
