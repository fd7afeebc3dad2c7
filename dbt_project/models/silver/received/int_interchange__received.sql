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
