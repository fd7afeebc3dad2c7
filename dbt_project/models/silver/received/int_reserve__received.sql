{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    'isone_morning_report' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    split_part(across_code, ':', 1) as product,
    split_part(across_code, ':', 2) as kind,
    across_value as capacity_text,
    {{ to_number('across_value') }} as capacity_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'tot_avail_cap_mw' then staged.tot_avail_cap_mw when 'cap_required_mw' then staged.cap_required_mw when 'ten_min_reserve_req_mw' then staged.ten_min_reserve_req_mw when 'ten_min_reserve_est_mw' then staged.ten_min_reserve_est_mw when 'thirty_min_reserve_req_mw' then staged.thirty_min_reserve_req_mw when 'thirty_min_reserve_est_mw' then staged.thirty_min_reserve_est_mw when 'total_oper_reserve_req_mw' then staged.total_oper_reserve_req_mw end as across_value
    from {{ ref('stg_isone__morning_report') }} as staged
    cross join (values ('tot_avail_cap_mw', 'capacity_available:available'), ('cap_required_mw', 'capacity_required:requirement'), ('ten_min_reserve_req_mw', 'operating_10:requirement'), ('ten_min_reserve_est_mw', 'operating_10:forecast'), ('thirty_min_reserve_req_mw', 'operating_30:requirement'), ('thirty_min_reserve_est_mw', 'operating_30:forecast'), ('total_oper_reserve_req_mw', 'operating_total:requirement')) as codes (across_column, across_code)
) as across_columns
where across_value is not null
union all
select
    'isone_seven_day_forecast' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    'TOTAL' as source_code,
    split_part(across_code, ':', 1) as product,
    split_part(across_code, ':', 2) as kind,
    across_value as capacity_text,
    {{ to_number('across_value') }} as capacity_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from (
    select staged.*, codes.across_code, case codes.across_column when 'tot_avail_gen_import_mw' then staged.tot_avail_gen_import_mw when 'reqd_reserve_mw' then staged.reqd_reserve_mw when 'reqd_reserve_incl_repl_mw' then staged.reqd_reserve_incl_repl_mw end as across_value
    from {{ ref('stg_isone__seven_day_forecast') }} as staged
    cross join (values ('tot_avail_gen_import_mw', 'capacity_available:forecast'), ('reqd_reserve_mw', 'operating_total:requirement'), ('reqd_reserve_incl_repl_mw', 'operating_and_replacement:requirement')) as codes (across_column, across_code)
) as across_columns
where across_value is not null
union all
select
    'synthetic_grid' as feed,
    source_system,
    region_id,
    interval_start_utc,
    interval_end_utc,
    month,
    split_part(entity, ':', 1) as source_code,
    split_part(entity, ':', 2) as product,
    split_part(entity, ':', 3) as kind,
    value as capacity_text,
    {{ to_number('value') }} as capacity_mw,
    payload_sha256,
    source_member,
    row_number,
    published_at_utc,
    ingested_at_utc
from {{ ref('stg_synthetic__grid') }}
where dataset = 'reserve'
