{{ config(partition_by='interval_start_utc') }}
-- One row per weather observation as received, in the house's units, with its rules judged. The Spanish source repeats
-- a station's hour once for each weather description: one of them is current, the others are revisions of it.
with received as (
    select
        'entsoe_spain_weather' as feed, source_system, region_id, station_id, interval_start_utc, interval_end_utc,
        temperature_k - 273.15 as temperature_c, humidity_pct, wind_speed_m_per_s, pressure_hpa, cloud_cover_pct, precipitation_mm,
        {{ lineage_columns() }}
    from {{ ref('stg_entsoe__spain_weather') }}
    where {{ in_lake_months() }}
    union all
    select
        'synthetic_observation', source_system, region_id, entity, interval_start_utc, interval_end_utc,
        max(case when variable = 'temperature_c' then value_number end), max(case when variable = 'humidity_pct' then value_number end),
        max(case when variable = 'wind_speed_m_per_s' then value_number end), max(case when variable = 'pressure_hpa' then value_number end),
        max(case when variable = 'cloud_cover_pct' then value_number end), max(case when variable = 'precipitation_mm' then value_number end),
        payload_sha256, source_member, min(row_number), published_at_utc, ingested_at_utc
    from {{ ref('stg_synthetic__observation') }}
    where {{ in_lake_months() }} and dataset = 'weather'
    group by source_system, region_id, entity, interval_start_utc, interval_end_utc, payload_sha256, source_member, published_at_utc, ingested_at_utc
),

placed as (
    select
        received.*,
        coalesce(payloads.is_superseded, false) as is_superseded
    from received
    left join {{ ref('stg_gridlake__payload') }} as payloads
        on received.feed = payloads.feed
        and received.payload_sha256 = payloads.payload_sha256
    where received.interval_start_utc >= {{ lake_start() }} and received.interval_start_utc < {{ lake_end() }}
),

ranked as (
    select
        *,
        {{ revision_rank('feed, station_id, interval_start_utc') }} as revision_rank
    from placed
)

select
    feed, source_system, region_id, station_id, interval_start_utc, interval_end_utc, temperature_c, humidity_pct,
    wind_speed_m_per_s, pressure_hpa, cloud_cover_pct, precipitation_mm, revision_rank, is_superseded,
    {{ rule_flags('weather') }} as validation_flags,
    {{ rule_error_ids('weather') }} as error_rule_ids,
    {{ rule_errors('weather') }} as is_quarantined,
    {{ rule_score('weather') }} as data_quality_score,
    {{ lineage_columns() }}
from ranked
