-- Rows the parsers could not place in time or key.
select
    feed,
    source_system,
    payload_sha256,
    source_member,
    row_number,
    raw_record,
    rule_id,
    reason,
    {{ naive_utc('ingested_at_utc') }} as ingested_at_utc
from {{ lake_source('bronze', 'refused') }}
