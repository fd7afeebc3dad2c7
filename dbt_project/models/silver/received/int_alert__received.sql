{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    cast(null as varchar) as feed,
    cast(null as varchar) as source_system,
    cast(null as varchar) as region_id,
    cast(null as timestamp) as interval_start_utc,
    cast(null as timestamp) as interval_end_utc,
    cast(null as varchar) as month,
    cast(null as varchar) as alert_id,
    cast(null as varchar) as level,
    cast(null as varchar) as message,
    cast(null as varchar) as payload_sha256,
    cast(null as varchar) as source_member,
    cast(null as bigint) as row_number,
    cast(null as timestamp) as published_at_utc,
    cast(null as timestamp) as ingested_at_utc
where false
