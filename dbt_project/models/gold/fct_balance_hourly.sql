{{ config(partition_by='interval_start_utc') }}
-- What a region generated, sent away and used in an hour, of the hours in which all three are told. Generation is the total a source
-- tells, else the sum of the fuels of one that tells more than wind and sun, and all of them; interchange is the net of all ties as told.
with told as (
    select
        region_id, interval_start_utc, source_system, generation_mw,
        row_number() over (partition by region_id, interval_start_utc order by source_system, {{ feed_precedence('generation', 'feed') }}, feed) as source_rank
    from {{ ref('int_generation__hourly') }}
    where fuel_id = 'total' and generation_mw is not null
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
),

summed as (
    select region_id, interval_start_utc, source_system, sum(generation_mw) as generation_mw
    from {{ ref('fct_generation_hourly') }}
    where interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
    group by region_id, interval_start_utc, source_system
    having count(*) = count(generation_mw)
        and max(case when fuel_id in ('solar', 'wind_onshore', 'wind_offshore') then 0 else 1 end) = 1
),

flows as (
    select region_id, interval_start_utc, interchange_mw
    from {{ ref('fct_interchange_hourly') }}
    where source_code = 'TOTAL' and kind = 'actual' and interchange_mw is not null
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
),

hours as (
    select
        loads.region_id, loads.interval_start_utc, loads.interval_end_utc, loads.local_date, loads.local_hour,
        loads.load_reported_mw as load_mw, coalesce(told.generation_mw, summed.generation_mw) as generation_mw,
        told.generation_mw is not null as is_generation_told, flows.interchange_mw as net_interchange_mw,
        coalesce(told.source_system, summed.source_system) as source_system
    from {{ ref('fct_load_hourly') }} as loads
    inner join flows
        on loads.region_id = flows.region_id and loads.interval_start_utc = flows.interval_start_utc
    left join told
        on loads.region_id = told.region_id
        and loads.interval_start_utc = told.interval_start_utc
        and told.source_rank = 1
    left join summed
        on loads.region_id = summed.region_id and loads.interval_start_utc = summed.interval_start_utc
    where loads.zone_id = loads.region_id || '.TOTAL' and loads.load_reported_mw > 0
        and loads.interval_start_utc >= {{ lake_start() }} and loads.interval_start_utc < {{ lake_end() }}
)

select
    region_id, interval_start_utc, interval_end_utc, local_date, local_hour, load_mw, generation_mw, is_generation_told, net_interchange_mw,
    generation_mw - net_interchange_mw - load_mw as residual_mw,
    100.0 * abs(generation_mw - net_interchange_mw - load_mw) / load_mw as residual_pct, source_system
from hours
where generation_mw is not null
