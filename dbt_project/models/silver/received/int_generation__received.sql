{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'eia930_ba' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    across_code as source_fuel,
    across_value as generation_text,
    {{ to_number('across_value') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'ng_col' then staged.ng_col when 'ng_ng' then staged.ng_ng when 'ng_nuc' then staged.ng_nuc when 'ng_oil' then staged.ng_oil when 'ng_wat' then staged.ng_wat when 'ng_sun' then staged.ng_sun when 'ng_wnd' then staged.ng_wnd when 'ng_oth' then staged.ng_oth when 'ng_unk' then staged.ng_unk end as across_value
    from {{ ref('stg_eia930__ba') }} as staged
    cross join (values ('ng_col', 'COL'), ('ng_ng', 'NG'), ('ng_nuc', 'NUC'), ('ng_oil', 'OIL'), ('ng_wat', 'WAT'), ('ng_sun', 'SUN'), ('ng_wnd', 'WND'), ('ng_oth', 'OTH'), ('ng_unk', 'UNK')) as codes (across_column, across_code)
) as across_columns
where coalesce(ng_col, ng_ng, ng_nuc, ng_oil, ng_wat, ng_sun, ng_wnd, ng_oth, ng_unk) is not null
union all
select
    'eia930_ba' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_fuel,
    net_generation as generation_text,
    {{ to_number('net_generation') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__ba') }}
union all
select
    'eia930_api' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    fueltype as source_fuel,
    value as generation_text,
    {{ to_number('value') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__api') }}
where fueltype is not null
union all
select
    'eia930_api' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_fuel,
    value as generation_text,
    {{ to_number('value') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__api') }}
where type = 'NG'
union all
select
    'entsoe_transparency' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    fuel as source_fuel,
    value as generation_text,
    case when in_domain is null then -1 else 1 end * {{ to_number('value') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_entsoe__transparency') }}
where document = 'A75' and zone_code = 'TOTAL'
union all
select
    'entsoe_generation' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    across_code as source_fuel,
    across_value as generation_text,
    {{ to_number('across_value') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'biomass' then staged.biomass when 'fossil_gas' then staged.fossil_gas when 'fossil_hard_coal' then staged.fossil_hard_coal when 'fossil_oil' then staged.fossil_oil when 'hydro_pumped_storage' then staged.hydro_pumped_storage when 'hydro_run_of_river_and_poundage' then staged.hydro_run_of_river_and_poundage when 'hydro_water_reservoir' then staged.hydro_water_reservoir when 'nuclear' then staged.nuclear when 'solar' then staged.solar when 'waste' then staged.waste when 'wind_onshore' then staged.wind_onshore end as across_value
    from {{ ref('stg_entsoe__generation') }} as staged
    cross join (values ('biomass', 'Biomass'), ('fossil_gas', 'Fossil Gas'), ('fossil_hard_coal', 'Fossil Hard coal'), ('fossil_oil', 'Fossil Oil'), ('hydro_pumped_storage', 'Hydro Pumped Storage'), ('hydro_run_of_river_and_poundage', 'Hydro Run-of-river and poundage'), ('hydro_water_reservoir', 'Hydro Water Reservoir'), ('nuclear', 'Nuclear'), ('solar', 'Solar'), ('waste', 'Waste'), ('wind_onshore', 'Wind Onshore')) as codes (across_column, across_code)
) as across_columns
union all
select
    'entsoe_generation' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    across_code as source_fuel,
    across_value as generation_text,
    {{ to_number('across_value') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'fossil_brown_coal_lignite' then staged.fossil_brown_coal_lignite when 'geothermal' then staged.geothermal when 'other' then staged.other when 'other_renewable' then staged.other_renewable when 'wind_offshore' then staged.wind_offshore end as across_value
    from {{ ref('stg_entsoe__generation') }} as staged
    cross join (values ('fossil_brown_coal_lignite', 'Fossil Brown coal/Lignite'), ('geothermal', 'Geothermal'), ('other', 'Other'), ('other_renewable', 'Other renewable'), ('wind_offshore', 'Wind Offshore')) as codes (across_column, across_code)
) as across_columns
where region_id <> 'FR'
union all
select
    'opsd_time_series' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'solar' as source_fuel,
    solar_generation_actual as generation_text,
    {{ to_number('solar_generation_actual') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_opsd__time_series') }}
where zone_code = 'TOTAL' and reported like '%,solar_generation_actual,%'
union all
select
    'opsd_time_series' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'wind_onshore' as source_fuel,
    wind_onshore_generation_actual as generation_text,
    {{ to_number('wind_onshore_generation_actual') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_opsd__time_series') }}
where zone_code = 'TOTAL' and reported like '%,wind_onshore_generation_actual,%'
union all
select
    'opsd_time_series' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'wind_offshore' as source_fuel,
    wind_offshore_generation_actual as generation_text,
    {{ to_number('wind_offshore_generation_actual') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_opsd__time_series') }}
where zone_code = 'TOTAL' and reported like '%,wind_offshore_generation_actual,%'
union all
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
    'caiso_renewables_watch' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    across_code as source_fuel,
    across_value as generation_text,
    {{ to_number('across_value') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'geothermal' then staged.geothermal when 'biomass' then staged.biomass when 'biogas' then staged.biogas when 'small_hydro' then staged.small_hydro when 'wind_total' then staged.wind_total when 'solar_pv' then staged.solar_pv when 'solar_thermal' then staged.solar_thermal end as across_value
    from {{ ref('stg_caiso__renewables_watch') }} as staged
    cross join (values ('geothermal', 'GEOTHERMAL'), ('biomass', 'BIOMASS'), ('biogas', 'BIOGAS'), ('small_hydro', 'SMALL HYDRO'), ('wind_total', 'WIND TOTAL'), ('solar_pv', 'SOLAR PV'), ('solar_thermal', 'SOLAR THERMAL')) as codes (across_column, across_code)
) as across_columns
where breakdown like '%Renewable Resources%'
union all
select
    'caiso_renewables_watch' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    across_code as source_fuel,
    across_value as generation_text,
    {{ to_number('across_value') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'nuclear' then staged.nuclear when 'thermal' then staged.thermal when 'hydro' then staged.hydro end as across_value
    from {{ ref('stg_caiso__renewables_watch') }} as staged
    cross join (values ('nuclear', 'NUCLEAR'), ('thermal', 'THERMAL'), ('hydro', 'HYDRO')) as codes (across_column, across_code)
) as across_columns
where breakdown like '%Total Production%'
union all
select
    'ercot_fuel_mix' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    fuel as source_fuel,
    gen as generation_text,
    {{ to_number('gen') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_ercot__fuel_mix') }}
union all
select
    'ercot_storage' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Power Storage' as source_fuel,
    net_output as generation_text,
    {{ to_number('net_output') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_ercot__storage') }}
union all
select
    'ercot_wind' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Wind' as source_fuel,
    actual_system_wide as generation_text,
    {{ to_number('actual_system_wide') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_ercot__wind') }}
where actual_system_wide is not null
union all
select
    'ercot_solar' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Solar' as source_fuel,
    actual_system_wide as generation_text,
    {{ to_number('actual_system_wide') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_ercot__solar') }}
where actual_system_wide is not null
union all
select
    'pjm_wind_gen' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Wind' as source_fuel,
    generation_mw as generation_text,
    {{ to_number('generation_mw') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_pjm__wind_gen') }}
where area = 'RTO'
union all
select
    'pjm_solar_gen' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'Solar' as source_fuel,
    generation_mw as generation_text,
    {{ to_number('generation_mw') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_pjm__solar_gen') }}
where area = 'RTO'
union all
select
    'pjm_gen_by_fuel' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    fuel_type as source_fuel,
    mw as generation_text,
    {{ to_number('mw') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_pjm__gen_by_fuel') }}
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
    'gridstatus_fuel_mix' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    fuel as source_fuel,
    generation as generation_text,
    {{ to_number('generation') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_gridstatus__fuel_mix') }}
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
union all
select
    'synthetic_grid' as feed,
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
from {{ ref('stg_synthetic__grid') }}
where dataset = 'generation'
union all
select
    'synthetic_xml' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    fuel as source_fuel,
    value as generation_text,
    case when in_domain is null then -1 else 1 end * {{ to_number('value') }} as generation_mw,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__xml') }}
where document = 'A75' and zone_code = 'TOTAL'
