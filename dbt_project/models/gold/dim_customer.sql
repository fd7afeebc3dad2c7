with told as (
    select
        customers.*,
        try_cast(customers.valid_from as date) as first_day,
        try_cast(customers.valid_to as date) as last_day,
        row_number() over (
            partition by customers.customer_id, customers.meter_id, customers.valid_from
            order by
                coalesce(payloads.is_superseded, false) asc, customers.ingested_at_utc desc, customers.payload_sha256 desc,
                customers.row_number desc
        ) as told_rank
    from {{ ref('stg_own__customer') }} as customers
    left join {{ ref('stg_gridlake__payload') }} as payloads
        on payloads.feed = 'own_customer'
        and customers.payload_sha256 = payloads.payload_sha256
    where not coalesce(payloads.is_superseded, false)
)

select
    customer_id, 'OWN.' || meter_id as meter_id,
    case when trim(coalesce(name, '')) <> '' then substr(trim(name), 1, 1) || '***' end as customer_name_masked,
    coalesce(first_day, date '1900-01-01') as valid_from, last_day as valid_to, last_day is null as is_current, source_system
from told
where told_rank = 1
