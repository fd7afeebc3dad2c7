{{ config(materialized='view') }}
-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
select
    cast(null as varchar) as feed,
    cast(null as varchar) as source_system,
    cast(null as varchar) as region_id,
    cast(null as timestamp) as interval_start_utc,
    cast(null as timestamp) as interval_end_utc,
    cast(null as varchar) as month,
    cast(null as varchar) as source_code,
    cast(null as varchar) as market_id,
    cast(null as varchar) as product,
    cast(null as varchar) as price_text,
    cast(null as double) as price_per_mwh,
    cast(null as varchar) as currency,
    cast(null as varchar) as payload_sha256,
    cast(null as varchar) as source_member,
    cast(null as bigint) as row_number,
    cast(null as timestamp) as published_at_utc,
    cast(null as timestamp) as ingested_at_utc
where false
