{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'eia930_ba' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    'actual' as kind,
    total_interchange as interchange_text,
    {{ to_number('total_interchange') }} as interchange_mw,
    cast(null as double) as export_limit_mw,
    cast(null as double) as import_limit_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__ba') }}
union all
select
    'eia930_ba_interchange' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    neighbour as source_code,
    'actual' as kind,
    flow as interchange_text,
    {{ to_number('flow') }} as interchange_mw,
    cast(null as double) as export_limit_mw,
    cast(null as double) as import_limit_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__ba_interchange') }}
union all
select
    'eia930_api' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    coalesce(toba, 'TOTAL') as source_code,
    'actual' as kind,
    value as interchange_text,
    {{ to_number('value') }} as interchange_mw,
    cast(null as double) as export_limit_mw,
    cast(null as double) as import_limit_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_eia930__api') }}
where toba is not null or type = 'TI'
union all
select
    'entsoe_transparency' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    interface as source_code,
    case when document = 'A11' then 'actual' when contract = 'A01' then 'forecast' else 'scheduled' end as kind,
    value as interchange_text,
    case when is_export = 'true' then 1 else -1 end * {{ to_number('value') }} as interchange_mw,
    cast(null as double) as export_limit_mw,
    cast(null as double) as import_limit_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_entsoe__transparency') }}
where document in ('A11', 'A09')
union all
select
    'entsoe_transparency' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    interface as source_code,
    'capacity' as kind,
    cast(null as varchar) as interchange_text,
    cast(null as double) as interchange_mw,
    case when is_export = 'true' then {{ to_number('value') }} end as export_limit_mw,
    case when is_export = 'false' then {{ to_number('value') }} end as import_limit_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_entsoe__transparency') }}
where document = 'A61'
union all
select
    'nyiso_interface_flows' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    interface_name as source_code,
    'scheduled' as kind,
    flow as interchange_text,
    -{{ to_number('flow') }} as interchange_mw,
    nullif(-{{ to_number('negative_limit') }}, 9999) as export_limit_mw,
    nullif({{ to_number('positive_limit') }}, 9999) as import_limit_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_nyiso__interface_flows') }}
where interface_name like 'SCH - %' and interface_name <> 'SCH - HQ_IMPORT_EXPORT'
union all
select
    'caiso_ene_slrs' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    data_item as source_code,
    'scheduled' as kind,
    value as interchange_text,
    case data_item when 'ISO_TOT_IMP_MW' then -{{ to_number('value') }} else {{ to_number('value') }} end as interchange_mw,
    cast(null as double) as export_limit_mw,
    cast(null as double) as import_limit_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_caiso__ene_slrs') }}
where data_item in ('ISO_TOT_IMP_MW', 'ISO_TOT_EXP_MW')
union all
select
    'caiso_renewables_watch' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'IMPORTS' as source_code,
    'actual' as kind,
    imports as interchange_text,
    -{{ to_number('imports') }} as interchange_mw,
    cast(null as double) as export_limit_mw,
    cast(null as double) as import_limit_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_caiso__renewables_watch') }}
where breakdown like '%Total Production%'
union all
select
    'isone_exchange' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    location as source_code,
    'actual' as kind,
    actual as interchange_text,
    {{ to_number('actual') }} as interchange_mw,
    {{ to_number('export_limit') }} as export_limit_mw,
    -{{ to_number('import_limit') }} as import_limit_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_isone__exchange') }}
union all
select
    'isone_exchange' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    location as source_code,
    'scheduled' as kind,
    scheduled as interchange_text,
    {{ to_number('scheduled') }} as interchange_mw,
    {{ to_number('export_limit') }} as export_limit_mw,
    -{{ to_number('import_limit') }} as import_limit_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_isone__exchange') }}
union all
select
    'synthetic_grid' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    split_part(entity, ':', 1) as source_code,
    split_part(entity, ':', 2) as kind,
    value as interchange_text,
    {{ to_number('value') }} as interchange_mw,
    cast(null as double) as export_limit_mw,
    cast(null as double) as import_limit_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__grid') }}
where dataset = 'interchange'
union all
select
    'synthetic_xml' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    interface as source_code,
    case when document = 'A11' then 'actual' when contract = 'A01' then 'forecast' else 'scheduled' end as kind,
    value as interchange_text,
    case when is_export = 'true' then 1 else -1 end * {{ to_number('value') }} as interchange_mw,
    cast(null as double) as export_limit_mw,
    cast(null as double) as import_limit_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__xml') }}
where document in ('A11', 'A09')
union all
select
    'synthetic_xml' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    interface as source_code,
    'capacity' as kind,
    cast(null as varchar) as interchange_text,
    cast(null as double) as interchange_mw,
    case when is_export = 'true' then {{ to_number('value') }} end as export_limit_mw,
    case when is_export = 'false' then {{ to_number('value') }} end as import_limit_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__xml') }}
where document = 'A61'
