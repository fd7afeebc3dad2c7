{{ config(partition_by='interval_start_utc') }}
-- The operator's day-ahead forecast of solar and wind, where it publishes one.
{% set columns = {'forecast_solar_day_ahead': 'solar', 'forecast_wind_onshore_day_ahead': 'wind_onshore'} %}
with received as (
    {% for column, fuel_id in columns.items() %}
    select
        source_system, region_id, '{{ fuel_id }}' as fuel_id,
        case when {{ spain_is_swapped(column) }} then swapped_interval_start_utc else interval_start_utc end as interval_start_utc,
        {{ to_number(column) }} as operator_forecast_mw,
        payload_sha256, row_number
    from {{ ref('stg_entsoe__spain_energy') }}
    where {{ in_lake_months(days_before=366, days_after=366) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

ranked as (
    select
        received.*,
        row_number() over (
            partition by received.region_id, received.fuel_id, received.interval_start_utc
            order by payloads.is_superseded asc, received.payload_sha256 desc, received.row_number desc
        ) + case when payloads.is_superseded then 1 else 0 end as revision_rank
    from received
    left join {{ ref('stg_gridlake__payload') }} as payloads
        on payloads.feed = 'entsoe_spain_energy'
        and received.payload_sha256 = payloads.payload_sha256
    where received.interval_start_utc >= {{ lake_start() }} and received.interval_start_utc < {{ lake_end() }}
)

select source_system, region_id, fuel_id, interval_start_utc, operator_forecast_mw
from ranked
where revision_rank = 1
