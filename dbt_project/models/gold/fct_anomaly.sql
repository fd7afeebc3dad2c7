{{ config(partition_by='interval_start_utc', range_rows=10000000) }}
-- One row per current value and rule that it failed: what outsiders sent and is not believed, or believed with doubt.
{% set samples = [
    ('load', 'int_load__sample', 'zone_id', 'load_mw', 'load_text', "'MW'"),
    ('price', 'int_price__sample', "zone_id || ':' || market_id", 'price_per_mwh', 'price_text', "currency || '/MWh'"),
    ('generation', 'int_generation__sample', "region_id || '.' || fuel_id || ':' || source_fuel", 'generation_mw', 'generation_text', "'MW'"),
    ('load_forecast', 'int_load_forecast__vintage', 'zone_id', 'load_forecast_mw', 'load_forecast_text', "'MW'"),
    ('generation_forecast', 'int_generation_forecast__vintage', "zone_id || ':' || fuel_id", 'generation_forecast_mw', 'forecast_text', "'MW'"),
    ('weather', 'int_weather__sample', 'station_id', 'temperature_c', 'cast(null as varchar)', "'°C'"),
    ('interchange', 'int_interchange__sample', "region_id || ':' || source_code || ':' || kind",
        'coalesce(interchange_mw, export_limit_mw, import_limit_mw)', 'interchange_text', "'MW'"),
    ('ancillary_price', 'int_ancillary_price__sample', "zone_id || ':' || product || ':' || market_id", 'price_per_mwh', 'price_text', "currency || '/MWh'"),
    ('reserve', 'int_reserve__sample', "zone_id || ':' || product || ':' || kind", 'capacity_mw', 'capacity_text', "'MW'"),
    ('frequency', 'int_frequency__sample', "region_id || ':' || source_code", 'frequency_hz', 'frequency_text', "'Hz'"),
    ('meter', 'int_meter__sample', "meter_id || ':' || commodity", 'energy_kwh', 'quantity_text', "'kWh'"),
    ('scada', 'int_scada__sample', "asset_id || ':' || point", 'point_value', 'value_text', "''"),
    ('phasor', 'int_phasor__sample', 'pmu_id', 'frequency_hz', 'cast(null as varchar)', "'Hz'"),
] %}
{% set vintages = ['load_forecast', 'generation_forecast'] %}
with doubted as (
    {% for subject, model, entity, value, received, unit in samples %}
    select
        '{{ subject }}' as subject, feed, source_system, region_id, {{ entity }} as entity_id, interval_start_utc,
        {{ 'issued_at_utc' if subject in vintages else 'cast(null as timestamp)' }} as issued_at_utc,
        cast({{ value }} as double) as observed_value, {{ received }} as observed_text, {{ unit }} as unit,
        is_quarantined, validation_flags, payload_sha256, source_member, row_number
    from {{ ref(model) }}
    where revision_rank = 1 and validation_flags <> ''
        and interval_start_utc >= {{ lake_start() }} and interval_start_utc < {{ lake_end() }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    md5(
        doubted.subject || '|' || doubted.feed || '|' || doubted.entity_id || '|' || {{ instant_text('doubted.interval_start_utc') }}
        || '|' || coalesce({{ instant_text('doubted.issued_at_utc') }}, '') || '|' || rules.rule_id
    ) as anomaly_id,
    doubted.subject, doubted.feed, doubted.entity_id, doubted.interval_start_utc, doubted.issued_at_utc, rules.rule_id,
    rules.title as rule_title, rules.severity, doubted.region_id, doubted.source_system, doubted.observed_value, doubted.observed_text,
    doubted.unit, doubted.is_quarantined, doubted.payload_sha256, doubted.source_member, cast(doubted.row_number as bigint) as row_number
from doubted
inner join {{ ref('rule_catalogue') }} as rules
    on doubted.subject = rules.subject
    and rules.level = 'row'
    and ',' || doubted.validation_flags || ',' like '%,' || rules.rule_id || ',%'
