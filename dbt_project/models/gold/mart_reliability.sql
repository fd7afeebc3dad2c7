-- IEEE Std 1366: SAIDI, SAIFI and CAIDI by year, with and without major event days. A day whose SAIDI passes
-- exp(alpha + 2.5 beta) is one; alpha and beta are mean and deviation of the logarithms of the daily SAIDI above zero of the five
-- years before. A year without any before it is measured by itself and says so. Interruptions of up to five minutes are momentary.
with sustained as (
    select
        outages.region_id, outages.source_system, outages.customers_affected, outages.duration_minutes,
        cast({{ local_time('outages.started_at_utc', 'regions.timezone') }} as date) as local_date
    from {{ ref('fct_outage') }} as outages
    inner join {{ ref('regions') }} as regions on outages.region_id = regions.region_id
    where outages.customers_affected > 0 and outages.duration_minutes > 5
),

days as (
    select
        region_id, source_system, local_date, cast(extract(year from local_date) as integer) as year_number,
        count(*) as interruptions, sum(customers_affected) as customer_interruptions,
        sum(customers_affected * duration_minutes) as customer_minutes
    from sustained
    group by region_id, source_system, local_date
),

-- A year without a count of customers takes the latest before it, else the first after it.
served as (
    select
        years.region_id, years.source_system, years.year_number, counts.customers_served,
        row_number() over (
            partition by years.region_id, years.source_system, years.year_number
            order by case when counts.year_number <= years.year_number then 0 else 1 end, abs(counts.year_number - years.year_number)
        ) as nearness
    from (select distinct region_id, source_system, year_number from days) as years
    inner join {{ ref('customers_served') }} as counts
        on years.region_id = counts.region_id
        and years.source_system = counts.source_system
),

daily as (
    select days.*, served.customers_served, days.customer_minutes / served.customers_served as saidi_minutes
    from days
    inner join served
        on days.region_id = served.region_id
        and days.source_system = served.source_system
        and days.year_number = served.year_number
        and served.nearness = 1
),

years as (
    select distinct region_id, source_system, year_number from daily
),

thresholds as (
    select
        years.region_id, years.source_system, years.year_number,
        exp(avg(case when daily.year_number < years.year_number then ln(daily.saidi_minutes) end)
            + 2.5 * stddev_samp(case when daily.year_number < years.year_number then ln(daily.saidi_minutes) end)) as earlier_minutes,
        exp(avg(case when daily.year_number = years.year_number then ln(daily.saidi_minutes) end)
            + 2.5 * stddev_samp(case when daily.year_number = years.year_number then ln(daily.saidi_minutes) end)) as own_minutes
    from years
    inner join daily
        on years.region_id = daily.region_id
        and years.source_system = daily.source_system
        and daily.year_number between years.year_number - 5 and years.year_number
    group by years.region_id, years.source_system, years.year_number
),

marked as (
    select
        daily.*,
        coalesce(thresholds.earlier_minutes, thresholds.own_minutes) as threshold_minutes,
        thresholds.earlier_minutes is null as threshold_is_provisional,
        coalesce(daily.saidi_minutes > coalesce(thresholds.earlier_minutes, thresholds.own_minutes), false) as is_major
    from daily
    inner join thresholds
        on daily.region_id = thresholds.region_id
        and daily.source_system = thresholds.source_system
        and daily.year_number = thresholds.year_number
)

select
    region_id, year_number, min(local_date) as first_local_date, max(local_date) as last_local_date,
    cast(max(customers_served) as bigint) as customers_served,
    cast(sum(interruptions) as bigint) as interruptions,
    sum(customer_interruptions) as customer_interruptions,
    sum(customer_minutes) / max(customers_served) as saidi_minutes,
    sum(customer_interruptions) / max(customers_served) as saifi,
    sum(customer_minutes) / nullif(sum(customer_interruptions), 0) as caidi_minutes,
    max(threshold_minutes) as major_event_threshold_minutes,
    max(case when threshold_is_provisional then 1 else 0 end) = 1 as threshold_is_provisional,
    cast(sum(case when is_major then 1 else 0 end) as bigint) as major_event_days,
    sum(case when is_major then 0 else customer_minutes end) / max(customers_served) as saidi_without_major_minutes,
    sum(case when is_major then 0 else customer_interruptions end) / max(customers_served) as saifi_without_major,
    sum(case when is_major then 0 else customer_minutes end)
        / nullif(sum(case when is_major then 0 else customer_interruptions end), 0) as caidi_without_major_minutes,
    source_system
from marked
group by region_id, year_number, source_system
