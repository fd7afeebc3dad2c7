"""One history per outage out of any set of snapshots of an outage map, in whatever order they landed.

Belongs here: the SQL, portable between DuckDB and Snowflake, for a model of the warehouse and for tests. A snapshot
lists every outage its source knew at that moment. So an outage that a later snapshot of the same source lacks was over
by then, and one that comes back is a further spell of the same outage.
"""

from __future__ import annotations

from collections.abc import Sequence

# What makes a version of an outage; the time of its last update is not among it: it moves without a change, too.
ATTRIBUTES = (
    "outage_start", "crew_status", "crew_eta", "current_etor", "auto_etor", "cause", "customers", "hazard_flag",
    "latitude", "longitude", "place", "devices",
)  # fmt: skip


def history_sql(relation: str, attributes: Sequence[str] = ATTRIBUTES) -> str:
    """SQL of the history over `relation`: one row per version of an outage.

    `relation` has source_system, outage_number, published_at_utc (the moment of the snapshot), payload_sha256,
    row_number and `attributes`. Of several payloads for one moment, the one with the greatest hash speaks, so that the
    order of landing does not matter.

    Gives source_system, outage_number, version (from 1), the attributes, valid_from_utc (the first snapshot that shows
    them), valid_to_utc (the first later snapshot that does not; null while they stand), seen_last_utc; and of the
    outage as a whole first_seen_utc, last_seen_utc, ended_at_utc (the first snapshot without it after the last with it;
    null while it lasts) and snapshots_seen.
    """
    outage = "source_system, outage_number"
    changed = " or ".join(
        f"{name} is distinct from lag({name}) over (partition by {outage} order by published_at_utc)"
        for name in attributes
    )
    listed = ", ".join(attributes)
    kept = ", ".join(f"max({name}) as {name}" for name in attributes)
    return f"""
with payloads as (
    select source_system, published_at_utc, max(payload_sha256) as payload_sha256
    from {relation}
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
        listed.{outage.replace(", ", ", listed.")}, listed.published_at_utc, snapshots.previous_utc, snapshots.next_utc,
        {", ".join(f"listed.{name}" for name in attributes)},
        row_number() over (
            partition by listed.source_system, listed.outage_number, listed.published_at_utc order by listed.row_number
        ) as nth
    from {relation} as listed
    inner join snapshots
        on listed.source_system = snapshots.source_system
        and listed.published_at_utc = snapshots.published_at_utc
        and listed.payload_sha256 = snapshots.payload_sha256
),
seen as (
    select *,
        case
            when lag(published_at_utc) over (partition by {outage} order by published_at_utc) is distinct from previous_utc
                or previous_utc is null
                or {changed}
            then 1 else 0
        end as is_new
    from told
    where nth = 1
),
numbered as (
    select *,
        sum(is_new) over (
            partition by {outage} order by published_at_utc rows between unbounded preceding and current row
        ) as version
    from seen
),
versions as (
    select
        {outage}, version, {kept},
        min(published_at_utc) as valid_from_utc, max(published_at_utc) as seen_last_utc,
        count(*) as snapshots_of_version
    from numbered
    group by {outage}, version
),
outages as (
    select {outage}, min(published_at_utc) as first_seen_utc, max(published_at_utc) as last_seen_utc, count(*) as snapshots_seen
    from seen
    group by {outage}
)
select
    versions.source_system, versions.outage_number, cast(versions.version as integer) as version, {listed},
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
"""
