-- Generated from the feeds' declarations by `python -m extract.generate`: change them in extract/feeds.
-- Months that hold any bronze row with an interval: the calendar's span.
with months as (
    select distinct month from {{ ref('stg_eia930__demand') }}
    union
    select distinct month from {{ ref('stg_nyiso__pal') }}
    union
    select distinct month from {{ ref('stg_nyiso__isolf') }}
    union
    select distinct month from {{ ref('stg_nyiso__damlbmp') }}
    union
    select distinct month from {{ ref('stg_nyiso__realtime') }}
    union
    select distinct month from {{ ref('stg_nyiso__rtfuelmix') }}
    union
    select distinct month from {{ ref('stg_entsoe__spain_energy') }}
    union
    select distinct month from {{ ref('stg_entsoe__spain_weather') }}
    union
    select distinct month from {{ ref('stg_synthetic__load') }}
    union
    select distinct month from {{ ref('stg_synthetic__observation') }}
)

select
    month,
    cast(month || '-01' as timestamp) as interval_start_utc
from months
