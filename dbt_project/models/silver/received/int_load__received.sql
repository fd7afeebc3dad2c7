{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'eia930_cleaned' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    balancing_authority as source_code,
    raw_demand as load_text,
    {{ to_number('raw_demand') }} as load_mw,
    category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__demand') }}
union all
select
    'eia930_zone' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    zone_code as source_code,
    raw_demand as load_text,
    {{ to_number('raw_demand') }} as load_mw,
    category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__zone_demand') }}
union all
select
    'eia930_ba' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    demand as load_text,
    {{ to_number('demand') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__ba') }}
union all
select
    'eia930_ba_subregion' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    zone_code as source_code,
    demand as load_text,
    {{ to_number('demand') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__ba_subregion') }}
where zone_code = 'TOTAL' or demand is not null
union all
select
    'eia930_api' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    value as load_text,
    {{ to_number('value') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__api') }}
where type = 'D'
union all
select
    'eia930_api' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    subba as source_code,
    value as load_text,
    {{ to_number('value') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__api') }}
where subba is not null
union all
select
    'ieso_demand' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    ontario_demand as load_text,
    {{ to_number('ontario_demand') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_ieso__demand') }}
union all
select
    'aemo_vic_electricity' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    demand as load_text,
    {{ to_number('demand') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_aemo__vic_electricity') }}
union all
select
    'gefcom2014_load' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'GEFCOM2014' as source_code,
    load as load_text,
    {{ to_number('load') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_gefcom__load') }}
union all
select
    'entsoe_transparency' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    zone_code as source_code,
    value as load_text,
    {{ to_number('value') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_entsoe__transparency') }}
where document = 'A65' and process = 'A16'
union all
select
    'opsd_time_series' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    zone_code as source_code,
    load_actual as load_text,
    {{ to_number('load_actual') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_opsd__time_series') }}
where reported like '%,load_actual,%'
union all
select
    'nyiso_pal' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_start_utc + interval '5 minutes' as interval_end_utc,
    month,
    name as source_code,
    load as load_text,
    {{ to_number('load') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_nyiso__pal') }}
union all
select
    'nyiso_pal_integrated' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    name as source_code,
    integrated_load as load_text,
    {{ to_number('integrated_load') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_nyiso__pal_integrated') }}
union all
select
    'nyiso_load_vintages' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    name as source_code,
    integrated_load as load_text,
    {{ to_number('integrated_load') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_nyiso__load_vintages') }}
union all
select
    'caiso_net_demand' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    value as load_text,
    {{ to_number('value') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_caiso__net_demand') }}
where series = 'Demand' and value is not null
union all
select
    'caiso_system_conditions' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    currentsystemdemand as load_text,
    {{ to_number('currentsystemdemand') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_caiso__system_conditions') }}
union all
select
    'ercot_native_load' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    across_code as source_code,
    across_value as load_text,
    {{ to_number('across_value') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'coast' then staged.coast when 'east' then staged.east when 'far_west' then staged.far_west when 'north' then staged.north when 'north_central' then staged.north_central when 'southern' then staged.southern when 'south_central' then staged.south_central when 'west' then staged.west when 'ercot' then staged.ercot end as across_value
    from {{ ref('stg_ercot__native_load') }} as staged
    cross join (values ('coast', 'COAST'), ('east', 'EAST'), ('far_west', 'FAR_WEST'), ('north', 'NORTH'), ('north_central', 'NORTH_C'), ('southern', 'SOUTHERN'), ('south_central', 'SOUTH_C'), ('west', 'WEST'), ('ercot', 'TOTAL')) as codes (across_column, across_code)
) as across_columns
union all
select
    'ercot_demand' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    value as load_text,
    {{ to_number('value') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_ercot__demand') }}
where series = 'systemLoad'
union all
select
    'isone_smd' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    case sheet when 'SEMASS' then 'SEMA' when 'WCMASS' then 'WCMA' when 'NEMASSBOST' then 'NEMA' when 'ISO NE CA' then 'TOTAL' else sheet end as source_code,
    rt_demand as load_text,
    {{ to_number('rt_demand') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_isone__smd') }}
union all
select
    'isone_fcst_actual' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    mw as load_text,
    {{ to_number('mw') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_isone__fcst_actual') }}
where kind = 'actual'
union all
select
    'isone_system_load' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    mw as load_text,
    {{ to_number('mw') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_isone__system_load') }}
where series = 'actual'
union all
select
    'miso_df_al' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    across_code as source_code,
    across_value as load_text,
    {{ to_number('across_value') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'lrz1_actual' then staged.lrz1_actual when 'lrz2_7_actual' then staged.lrz2_7_actual when 'lrz3_5_actual' then staged.lrz3_5_actual when 'lrz4_actual' then staged.lrz4_actual when 'lrz6_actual' then staged.lrz6_actual when 'lrz8_9_10_actual' then staged.lrz8_9_10_actual when 'miso_actual' then staged.miso_actual end as across_value
    from {{ ref('stg_miso__df_al') }} as staged
    cross join (values ('lrz1_actual', 'LRZ1'), ('lrz2_7_actual', 'LRZ2_7'), ('lrz3_5_actual', 'LRZ3_5'), ('lrz4_actual', 'LRZ4'), ('lrz6_actual', 'LRZ6'), ('lrz8_9_10_actual', 'LRZ8_9_10'), ('miso_actual', 'TOTAL')) as codes (across_column, across_code)
) as across_columns
where across_value is not null
union all
select
    'pjm_hrl_load_metered' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    case when load_area = 'RTO' then 'TOTAL' else load_area end as source_code,
    mw as load_text,
    {{ to_number('mw') }} as load_mw,
    cast(null as varchar) as category,
    case upper(trim(is_verified)) when 'TRUE' then true when 'FALSE' then false end as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_pjm__hrl_load_metered') }}
union all
select
    'spp_hourly_load' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    across_code as source_code,
    across_value as load_text,
    {{ to_number('across_value') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'csws' then staged.csws when 'ede' then staged.ede when 'grda' then staged.grda when 'indn' then staged.indn when 'kacy' then staged.kacy when 'kcpl' then staged.kcpl when 'les' then staged.les when 'mps' then staged.mps when 'nppd' then staged.nppd when 'okge' then staged.okge when 'oppd' then staged.oppd when 'seci' then staged.seci when 'sprm' then staged.sprm when 'sps' then staged.sps when 'waue' then staged.waue when 'wfec' then staged.wfec when 'wr' then staged.wr end as across_value
    from {{ ref('stg_spp__hourly_load') }} as staged
    cross join (values ('csws', 'CSWS'), ('ede', 'EDE'), ('grda', 'GRDA'), ('indn', 'INDN'), ('kacy', 'KACY'), ('kcpl', 'KCPL'), ('les', 'LES'), ('mps', 'MPS'), ('nppd', 'NPPD'), ('okge', 'OKGE'), ('oppd', 'OPPD'), ('seci', 'SECI'), ('sprm', 'SPRM'), ('sps', 'SPS'), ('waue', 'WAUE'), ('wfec', 'WFEC'), ('wr', 'WR')) as codes (across_column, across_code)
) as across_columns
where across_code <> 'WAUE' or across_value is not null
union all
select
    'entsoe_spain_energy' as feed,
    source_system,
    region_id,
    case when (',' || swapped_columns || ',') like ('%,' || 'total_load_actual' || ',%') then swapped_interval_start_utc else interval_start_utc end as interval_start_utc,
    case when (',' || swapped_columns || ',') like ('%,' || 'total_load_actual' || ',%') then swapped_interval_start_utc else interval_start_utc end + interval '1 hour' as interval_end_utc,
    {{ month_text('case when (\',\' || swapped_columns || \',\') like (\'%,\' || \'total_load_actual\' || \',%\') then swapped_interval_start_utc else interval_start_utc end') }} as month,
    'ES' as source_code,
    total_load_actual as load_text,
    {{ to_number('total_load_actual') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    case when (',' || swapped_columns || ',') like ('%,' || 'total_load_actual' || ',%') then repair_code else '' end as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_entsoe__spain_energy') }}
union all
select
    'gridstatus_load' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    zone as source_code,
    load as load_text,
    {{ to_number('load') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_gridstatus__load') }}
union all
select
    'synthetic_load' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_start_utc + interval '1 hour' as interval_end_utc,
    month,
    name as source_code,
    load as load_text,
    {{ to_number('load') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__load') }}
union all
select
    'synthetic_grid' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    entity as source_code,
    value as load_text,
    {{ to_number('value') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__grid') }}
where dataset = 'load'
union all
select
    'synthetic_workbook' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    across_code as source_code,
    across_value as load_text,
    {{ to_number('across_value') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'coast' then staged.coast when 'east' then staged.east when 'far_west' then staged.far_west when 'north' then staged.north when 'north_central' then staged.north_central when 'southern' then staged.southern when 'south_central' then staged.south_central when 'west' then staged.west end as across_value
    from {{ ref('stg_synthetic__workbook') }} as staged
    cross join (values ('coast', 'CSWS'), ('east', 'EDE'), ('far_west', 'OKGE'), ('north', 'KCPL'), ('north_central', 'NPPD'), ('southern', 'SPS'), ('south_central', 'WAUE'), ('west', 'WR')) as codes (across_column, across_code)
) as across_columns
union all
select
    'synthetic_xml' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    zone_code as source_code,
    value as load_text,
    {{ to_number('value') }} as load_mw,
    cast(null as varchar) as category,
    cast(null as boolean) as is_final,
    '' as repair_code,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__xml') }}
where document = 'A65' and process = 'A16'
