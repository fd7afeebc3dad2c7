{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'nyiso_rtfuelmix' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    fuel_category as source_fuel,
    gen_mw as generation_text,
    {{ to_number('gen_mw') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_nyiso__rtfuelmix') }}
union all
select
    'entsoe_spain_energy' as feed,
    source_system,
    region_id,
    case when (',' || swapped_columns || ',') like ('%,' || across_code || ',%') then swapped_interval_start_utc else interval_start_utc end as interval_start_utc,
    case when (',' || swapped_columns || ',') like ('%,' || across_code || ',%') then swapped_interval_start_utc else interval_start_utc end + interval '1 hour' as interval_end_utc,
    {{ month_text('case when (\',\' || swapped_columns || \',\') like (\'%,\' || across_code || \',%\') then swapped_interval_start_utc else interval_start_utc end') }} as month,
    across_code as source_fuel,
    across_value as generation_text,
    {{ to_number('across_value') }} as generation_mw,
    case when (',' || swapped_columns || ',') like ('%,' || across_code || ',%') then repair_code else '' end as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'generation_biomass' then staged.generation_biomass when 'generation_fossil_brown_coal_lignite' then staged.generation_fossil_brown_coal_lignite when 'generation_fossil_coal_derived_gas' then staged.generation_fossil_coal_derived_gas when 'generation_fossil_gas' then staged.generation_fossil_gas when 'generation_fossil_hard_coal' then staged.generation_fossil_hard_coal when 'generation_fossil_oil' then staged.generation_fossil_oil when 'generation_fossil_oil_shale' then staged.generation_fossil_oil_shale when 'generation_fossil_peat' then staged.generation_fossil_peat when 'generation_geothermal' then staged.generation_geothermal when 'generation_hydro_run_of_river_and_poundage' then staged.generation_hydro_run_of_river_and_poundage when 'generation_hydro_water_reservoir' then staged.generation_hydro_water_reservoir when 'generation_marine' then staged.generation_marine when 'generation_nuclear' then staged.generation_nuclear when 'generation_other' then staged.generation_other when 'generation_other_renewable' then staged.generation_other_renewable when 'generation_solar' then staged.generation_solar when 'generation_waste' then staged.generation_waste when 'generation_wind_offshore' then staged.generation_wind_offshore when 'generation_wind_onshore' then staged.generation_wind_onshore end as across_value
    from {{ ref('stg_entsoe__spain_energy') }} as staged
    cross join (values ('generation_biomass', 'generation_biomass'), ('generation_fossil_brown_coal_lignite', 'generation_fossil_brown_coal_lignite'), ('generation_fossil_coal_derived_gas', 'generation_fossil_coal_derived_gas'), ('generation_fossil_gas', 'generation_fossil_gas'), ('generation_fossil_hard_coal', 'generation_fossil_hard_coal'), ('generation_fossil_oil', 'generation_fossil_oil'), ('generation_fossil_oil_shale', 'generation_fossil_oil_shale'), ('generation_fossil_peat', 'generation_fossil_peat'), ('generation_geothermal', 'generation_geothermal'), ('generation_hydro_run_of_river_and_poundage', 'generation_hydro_run_of_river_and_poundage'), ('generation_hydro_water_reservoir', 'generation_hydro_water_reservoir'), ('generation_marine', 'generation_marine'), ('generation_nuclear', 'generation_nuclear'), ('generation_other', 'generation_other'), ('generation_other_renewable', 'generation_other_renewable'), ('generation_solar', 'generation_solar'), ('generation_waste', 'generation_waste'), ('generation_wind_offshore', 'generation_wind_offshore'), ('generation_wind_onshore', 'generation_wind_onshore')) as codes (across_column, across_code)
) as across_columns
union all
select
    'synthetic_observation' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    entity as source_fuel,
    value as generation_text,
    {{ to_number('value') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__observation') }}
where dataset = 'generation'
