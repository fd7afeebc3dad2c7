{{ config(partition_by='interval_start_utc') }}
-- One row per weather observation as received, in the house's units, with its rules judged. The Spanish source repeats
-- a station's hour once for each weather description: one of them is current, the others are revisions of it.
with placed as (
    select
        received.*,
        coalesce(payloads.is_superseded, false) as is_superseded
    from {{ ref('int_weather__received') }} as received
    {{ join_payloads('received') }}
    where {{ in_lake_months('received.month') }}
        and received.interval_start_utc >= {{ lake_start() }} and received.interval_start_utc < {{ lake_end() }}
),

{{ ranked_revisions('placed', ['feed', 'station_id', 'interval_start_utc']) }}

select
    feed, source_system, region_id, station_id, interval_start_utc, interval_end_utc, temperature_c, dew_point_c, humidity_pct,
    wind_speed_m_per_s, pressure_hpa, cloud_cover_pct, precipitation_mm, irradiance_w_per_m2, revision_rank, is_superseded,
    {{ verdicts('weather') }},
    {{ lineage_columns() }}
from ranked
