-- Generated from the feeds' declarations by `python -m extract.generate`: the SQL stands in extract/outage_history.py.
with maps as (select source_system, outage_number, outage_start, crew_status, crew_eta, current_etor, auto_etor, cause, customers, hazard_flag, latitude, longitude, place, devices, published_at_utc, payload_sha256, row_number from {{ ref('stg_outage__pge') }} union all select source_system, outage_number, outage_start, crew_status, crew_eta, current_etor, auto_etor, cause, customers, hazard_flag, latitude, longitude, place, devices, published_at_utc, payload_sha256, row_number from {{ ref('stg_synthetic__outage') }})
,
payloads as (
    select source_system, published_at_utc, max(payload_sha256) as payload_sha256
    from maps
    group by source_system, published_at_utc
),
snapshots as (
    select
        source_system, published_at_utc, payload_sha256,
        lag(published_at_utc) over (partition by source_system order by published_at_utc) as previous_utc,
        lead(published_at_utc) over (partition by source_system order by published_at_utc) as next_utc
    from payloads
),
told as (
    select
        listed.source_system, listed.outage_number, listed.published_at_utc, snapshots.previous_utc, snapshots.next_utc,
        listed.outage_start, listed.crew_status, listed.crew_eta, listed.current_etor, listed.auto_etor, listed.cause, listed.customers, listed.hazard_flag, listed.latitude, listed.longitude, listed.place, listed.devices,
        row_number() over (
            partition by listed.source_system, listed.outage_number, listed.published_at_utc order by listed.row_number
        ) as nth
    from maps as listed
    inner join snapshots
        on listed.source_system = snapshots.source_system
        and listed.published_at_utc = snapshots.published_at_utc
        and listed.payload_sha256 = snapshots.payload_sha256
),
seen as (
    select *,
        case
            when lag(published_at_utc) over (partition by source_system, outage_number order by published_at_utc) is distinct from previous_utc
                or previous_utc is null
                or outage_start is distinct from lag(outage_start) over (partition by source_system, outage_number order by published_at_utc) or crew_status is distinct from lag(crew_status) over (partition by source_system, outage_number order by published_at_utc) or crew_eta is distinct from lag(crew_eta) over (partition by source_system, outage_number order by published_at_utc) or current_etor is distinct from lag(current_etor) over (partition by source_system, outage_number order by published_at_utc) or auto_etor is distinct from lag(auto_etor) over (partition by source_system, outage_number order by published_at_utc) or cause is distinct from lag(cause) over (partition by source_system, outage_number order by published_at_utc) or customers is distinct from lag(customers) over (partition by source_system, outage_number order by published_at_utc) or hazard_flag is distinct from lag(hazard_flag) over (partition by source_system, outage_number order by published_at_utc) or latitude is distinct from lag(latitude) over (partition by source_system, outage_number order by published_at_utc) or longitude is distinct from lag(longitude) over (partition by source_system, outage_number order by published_at_utc) or place is distinct from lag(place) over (partition by source_system, outage_number order by published_at_utc) or devices is distinct from lag(devices) over (partition by source_system, outage_number order by published_at_utc)
            then 1 else 0
        end as is_new
    from told
    where nth = 1
),
numbered as (
    select *,
        sum(is_new) over (
            partition by source_system, outage_number order by published_at_utc rows between unbounded preceding and current row
        ) as version
    from seen
),
versions as (
    select
        source_system, outage_number, version, max(outage_start) as outage_start, max(crew_status) as crew_status, max(crew_eta) as crew_eta, max(current_etor) as current_etor, max(auto_etor) as auto_etor, max(cause) as cause, max(customers) as customers, max(hazard_flag) as hazard_flag, max(latitude) as latitude, max(longitude) as longitude, max(place) as place, max(devices) as devices,
        min(published_at_utc) as valid_from_utc, max(published_at_utc) as seen_last_utc,
        count(*) as snapshots_of_version
    from numbered
    group by source_system, outage_number, version
),
outages as (
    select source_system, outage_number, min(published_at_utc) as first_seen_utc, max(published_at_utc) as last_seen_utc, count(*) as snapshots_seen
    from seen
    group by source_system, outage_number
)
select
    versions.source_system, versions.outage_number, cast(versions.version as integer) as version, outage_start, crew_status, crew_eta, current_etor, auto_etor, cause, customers, hazard_flag, latitude, longitude, place, devices,
    versions.valid_from_utc, version_end.next_utc as valid_to_utc, versions.seen_last_utc,
    outages.first_seen_utc, outages.last_seen_utc, outage_end.next_utc as ended_at_utc, outages.snapshots_seen
from versions
inner join outages
    on versions.source_system = outages.source_system and versions.outage_number = outages.outage_number
inner join snapshots as version_end
    on versions.source_system = version_end.source_system and versions.seen_last_utc = version_end.published_at_utc
inner join snapshots as outage_end
    on versions.source_system = outage_end.source_system and outages.last_seen_utc = outage_end.published_at_utc
order by versions.source_system, versions.outage_number, versions.version
