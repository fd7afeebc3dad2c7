{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'scada_wind_turbine' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'SCADA.' || asset as asset_id,
    across_code as point,
    across_value as value_text,
    {{ to_number('across_value') }} as point_value,
    cast(null as integer) as quality_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'active_power' then staged.active_power when 'wind_speed' then staged.wind_speed when 'theoretical_power' then staged.theoretical_power when 'wind_direction' then staged.wind_direction end as across_value
    from {{ ref('stg_scada__wind_turbine') }} as staged
    cross join (values ('active_power', 'active_power_kw'), ('wind_speed', 'wind_speed_m_per_s'), ('theoretical_power', 'theoretical_power_kw'), ('wind_direction', 'wind_direction_deg')) as codes (across_column, across_code)
) as across_columns
union all
select
    'synthetic_scada' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'SYNTHETIC.' || split_part(tag, '.', 1) as asset_id,
    split_part(tag, '.', 2) as point,
    value as value_text,
    {{ to_number('value') }} as point_value,
    try_cast(quality as integer) as quality_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__scada') }}
where not tag like '%.frequency_hz'
