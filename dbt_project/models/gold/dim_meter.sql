-- History is windowed from the deliveries of the list: a record holds until the next delivery that changes it. A list put back
-- after another counts from then.
with delivered as (
    select
        meters.*, coalesce(meters.published_at_utc, payloads.ingested_at_utc, meters.ingested_at_utc) as told_at_utc
    from {{ ref('stg_own__meter') }} as meters
    left join {{ ref('stg_gridlake__payload') }} as payloads
        on payloads.feed = 'own_meter'
        and meters.payload_sha256 = payloads.payload_sha256
),

listed as (
    select
        'OWN.' || meter_id as meter_id, region_id, zone_id, tariff, {{ to_number('latitude') }} as latitude,
        {{ to_number('longitude') }} as longitude, try_cast(installed_on as date) as installed_on,
        try_cast(removed_on as date) as removed_on, source_system, told_at_utc,
        row_number() over (partition by meter_id, told_at_utc order by payload_sha256 desc, row_number desc) as told_rank
    from delivered
),

changes as (
    select
        *,
        lag(coalesce(region_id, '') || '|' || coalesce(zone_id, '') || '|' || coalesce(tariff, '') || '|'
            || coalesce(cast(installed_on as varchar), '') || '|' || coalesce(cast(removed_on as varchar), ''))
            over (partition by meter_id order by told_at_utc) as previous_record,
        coalesce(region_id, '') || '|' || coalesce(zone_id, '') || '|' || coalesce(tariff, '') || '|'
            || coalesce(cast(installed_on as varchar), '') || '|' || coalesce(cast(removed_on as varchar), '') as record
    from listed
    where told_rank = 1
),

versions as (
    select *, lead(told_at_utc) over (partition by meter_id order by told_at_utc) as next_told_at_utc
    from changes
    where previous_record is null or previous_record <> record
),

read_only as (
    select
        samples.meter_id, max(samples.region_id) as region_id, max(samples.source_system) as source_system,
        min(samples.interval_start_utc) as first_read_utc
    from {{ ref('int_meter__sample') }} as samples
    left join versions on samples.meter_id = versions.meter_id
    where versions.meter_id is null
    group by samples.meter_id
)

select
    meter_id, told_at_utc as valid_from_utc, next_told_at_utc as valid_to_utc, next_told_at_utc is null as is_current,
    region_id, zone_id, tariff, latitude, longitude, installed_on, removed_on, source_system
from versions
union all
select
    meter_id, first_read_utc, null, true, region_id, null, null, null, null, null, null, source_system
from read_only
