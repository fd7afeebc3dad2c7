{{ config(partition_by='interval_start_utc', range_rows=10000000, unplaced=true) }}
-- Every record that failed a rule of severity error, and every row a parser could not place: with its rules, for replay.
{% set subjects = [
    ('load', 'int_load__sample', 'zone_id', 'load_text'),
    ('load_forecast', 'int_load_forecast__vintage', 'zone_id', 'load_forecast_text'),
    ('price', 'int_price__sample', "zone_id || ':' || market_id", 'price_text'),
    ('generation', 'int_generation__sample', "region_id || '.' || fuel_id", 'generation_text'),
    ('generation_forecast', 'int_generation_forecast__vintage', "zone_id || ':' || fuel_id", 'forecast_text'),
    ('weather', 'int_weather__sample', 'station_id', 'cast(null as varchar)'),
    ('weather_forecast', 'int_weather_forecast__sample', 'station_id', 'cast(null as varchar)'),
    ('interchange', 'int_interchange__sample', "source_code || ':' || kind", 'interchange_text'),
    ('ancillary_price', 'int_ancillary_price__sample', "zone_id || ':' || product", 'price_text'),
    ('reserve', 'int_reserve__sample', "zone_id || ':' || product", 'capacity_text'),
    ('frequency', 'int_frequency__sample', 'source_code', 'frequency_text'),
    ('meter', 'int_meter__sample', "meter_id || ':' || commodity", 'quantity_text'),
    ('scada', 'int_scada__sample', "asset_id || ':' || point", 'value_text'),
    ('phasor', 'int_phasor__sample', 'pmu_id', 'cast(null as varchar)'),
    ('alert', 'int_alert__sample', 'alert_id', 'message'),
] %}
with quarantined as (
    {% for subject, model, entity, value in subjects %}
    select
        '{{ subject }}' as subject, feed, source_system, region_id, {{ entity }} as entity_id, interval_start_utc,
        {{ value }} as value_text, error_rule_ids as rule_ids, is_superseded, revision_rank = 1 as is_current,
        payload_sha256, source_member, row_number
    from {{ ref(model) }}
    where is_quarantined and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
    union all
    {% endfor %}
    select
        'plant', feed, source_system, null, plant_name || ':' || generator_code, null,
        net_generation_text, error_rule_ids, false, revision_rank = 1, payload_sha256, source_member, row_number
    from {{ ref('int_plant__generator') }}
    where is_quarantined
    union all
    select
        'landing', feed, source_system, null, null, null, raw_record, rule_id, false, true,
        payload_sha256, source_member, row_number
    from {{ ref('stg_gridlake__refused') }}
)

select
    quarantined.*,
    rules.title as rule_title,
    rules.reason
from quarantined
left join {{ ref('rule_catalogue') }} as rules
    on split_part(quarantined.rule_ids, ',', 1) = rules.rule_id
