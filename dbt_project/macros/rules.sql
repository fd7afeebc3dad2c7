{#- Generated from expectations/rules by `python -m expectations.generate`: change the rules there, not here.

    Each macro gives one SQL expression over the columns of a subject's typed frame. A row fails a rule when the rule
    applies and its predicate holds; a predicate that is NULL counts as not applying or not failing.
      rule_flags(subject)      text     ids of failed rules, sorted, joined by commas; '' if none
      rule_error_ids(subject)  text     the same for rules of severity error
      rule_errors(subject)     boolean  whether a rule of severity error failed
      rule_score(subject)      double   100 x weight of rules passed / weight of rules that apply; 100 when none applies
-#}
{% macro rule_expression(subject, part) -%}
{%- set catalogue = {
  "alert": [
    {"id": "AL01", "severity": "error", "weight": 3, "applies": "(true)", "failed": "(message is null or trim(message) = '')"},
    {"id": "AL02", "severity": "warn", "weight": 1, "applies": "(true)", "failed": "(level is null or level not in ('notice', 'watch', 'warning', 'emergency'))"}
  ],
  "ancillary_price": [
    {"id": "AS01", "severity": "error", "weight": 3, "applies": "(true)", "failed": "(price_per_mwh is null and upper(trim(coalesce(price_text, ''))) in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "AS02", "severity": "error", "weight": 3, "applies": "(upper(trim(coalesce(price_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))", "failed": "(price_per_mwh is null) and (upper(trim(coalesce(price_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "AS03", "severity": "error", "weight": 3, "applies": "(price_per_mwh is not null)", "failed": "(price_per_mwh < -1000 or price_per_mwh > 10000) and (price_per_mwh is not null)"},
    {"id": "AS04", "severity": "error", "weight": 3, "applies": "(price_per_mwh is not null)", "failed": "(currency is null or length(trim(currency)) <> 3) and (price_per_mwh is not null)"},
    {"id": "AS05", "severity": "warn", "weight": 1, "applies": "(price_per_mwh is not null)", "failed": "(price_per_mwh < 0) and (price_per_mwh is not null)"}
  ],
  "frequency": [
    {"id": "FQ01", "severity": "error", "weight": 3, "applies": "(true)", "failed": "(frequency_hz is null and upper(trim(coalesce(frequency_text, ''))) in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "FQ02", "severity": "error", "weight": 3, "applies": "(upper(trim(coalesce(frequency_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))", "failed": "(frequency_hz is null) and (upper(trim(coalesce(frequency_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "FQ03", "severity": "error", "weight": 3, "applies": "(frequency_hz is not null)", "failed": "(frequency_hz < 47 or frequency_hz > 63 or (frequency_hz > 53 and frequency_hz < 57)) and (frequency_hz is not null)"},
    {"id": "FQ04", "severity": "warn", "weight": 1, "applies": "(frequency_hz is not null)", "failed": "((frequency_hz >= 55 and (frequency_hz < 59.5 or frequency_hz > 60.5)) or (frequency_hz < 55 and (frequency_hz < 49.5 or frequency_hz > 50.5))) and (frequency_hz is not null)"}
  ],
  "generation": [
    {"id": "GN01", "severity": "error", "weight": 3, "applies": "(true)", "failed": "(generation_mw is null and upper(trim(coalesce(generation_text, ''))) in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "GN02", "severity": "error", "weight": 3, "applies": "(upper(trim(coalesce(generation_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))", "failed": "(generation_mw is null) and (upper(trim(coalesce(generation_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "GN03", "severity": "error", "weight": 3, "applies": "(generation_mw is not null and coalesce(fuel_id, '') <> 'total')", "failed": "(generation_mw > 150000) and (generation_mw is not null and coalesce(fuel_id, '') <> 'total')"},
    {"id": "GN04", "severity": "warn", "weight": 1, "applies": "(generation_mw is not null and coalesce(fuel_id, '') not in ('storage', 'hydro_pumped_storage', 'pumped_storage'))", "failed": "(generation_mw < 0) and (generation_mw is not null and coalesce(fuel_id, '') not in ('storage', 'hydro_pumped_storage', 'pumped_storage'))"},
    {"id": "GN05", "severity": "error", "weight": 3, "applies": "(generation_mw is not null and coalesce(fuel_id, '') not in ('storage', 'hydro_pumped_storage', 'pumped_storage', 'hydro'))", "failed": "(generation_mw < -500) and (generation_mw is not null and coalesce(fuel_id, '') not in ('storage', 'hydro_pumped_storage', 'pumped_storage', 'hydro'))"},
    {"id": "GN06", "severity": "warn", "weight": 1, "applies": "(fuel_id = 'solar' and generation_mw is not null and is_daylight is not null)", "failed": "(not is_daylight and generation_mw > 500) and (fuel_id = 'solar' and generation_mw is not null and is_daylight is not null)"},
    {"id": "GN07", "severity": "warn", "weight": 1, "applies": "(generation_mw is not null)", "failed": "(fuel_id is null or trim(fuel_id) = '') and (generation_mw is not null)"},
    {"id": "GN08", "severity": "error", "weight": 3, "applies": "(generation_mw is not null and fuel_id = 'total')", "failed": "(generation_mw > 300000) and (generation_mw is not null and fuel_id = 'total')"}
  ],
  "generation_forecast": [
    {"id": "GF01", "severity": "error", "weight": 3, "applies": "(true)", "failed": "(generation_forecast_mw is null and upper(trim(coalesce(forecast_text, ''))) in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "GF02", "severity": "error", "weight": 3, "applies": "(upper(trim(coalesce(forecast_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))", "failed": "(generation_forecast_mw is null) and (upper(trim(coalesce(forecast_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "GF03", "severity": "error", "weight": 3, "applies": "(generation_forecast_mw is not null)", "failed": "(generation_forecast_mw < -500 or generation_forecast_mw > 150000) and (generation_forecast_mw is not null)"},
    {"id": "GF04", "severity": "warn", "weight": 1, "applies": "(generation_forecast_mw is not null)", "failed": "(generation_forecast_mw < 0) and (generation_forecast_mw is not null)"}
  ],
  "interchange": [
    {"id": "IC01", "severity": "error", "weight": 3, "applies": "(true)", "failed": "(interchange_mw is null and upper(trim(coalesce(interchange_text, ''))) in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "IC02", "severity": "error", "weight": 3, "applies": "(upper(trim(coalesce(interchange_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))", "failed": "(interchange_mw is null) and (upper(trim(coalesce(interchange_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "IC03", "severity": "error", "weight": 3, "applies": "(interchange_mw is not null)", "failed": "(interchange_mw < -50000 or interchange_mw > 50000) and (interchange_mw is not null)"},
    {"id": "IC04", "severity": "warn", "weight": 1, "applies": "(interchange_mw is not null and export_limit_mw is not null and import_limit_mw is not null and export_limit_mw > 0 and import_limit_mw > 0 and export_limit_mw < 9000 and import_limit_mw < 9000)", "failed": "(interchange_mw > 1.5 * export_limit_mw or interchange_mw < -1.5 * import_limit_mw) and (interchange_mw is not null and export_limit_mw is not null and import_limit_mw is not null and export_limit_mw > 0 and import_limit_mw > 0 and export_limit_mw < 9000 and import_limit_mw < 9000)"}
  ],
  "load": [
    {"id": "LD01", "severity": "error", "weight": 3, "applies": "(true)", "failed": "(load_mw is null and upper(trim(coalesce(load_text, ''))) in ('', 'EMPTY', 'MISSING', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "LD02", "severity": "error", "weight": 3, "applies": "(upper(trim(coalesce(load_text, ''))) not in ('', 'EMPTY', 'MISSING', 'NULL', 'NA', 'N/A', '-', '--'))", "failed": "(load_mw is null) and (upper(trim(coalesce(load_text, ''))) not in ('', 'EMPTY', 'MISSING', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "LD03", "severity": "error", "weight": 3, "applies": "(load_mw is not null)", "failed": "(load_mw > 250000) and (load_mw is not null)"},
    {"id": "LD04", "severity": "error", "weight": 3, "applies": "(load_mw is not null and typical_load_mw > 0)", "failed": "(load_mw > 5 * typical_load_mw) and (load_mw is not null and typical_load_mw > 0)"},
    {"id": "LD05", "severity": "error", "weight": 3, "applies": "(load_mw is not null)", "failed": "(load_mw < 0) and (load_mw is not null)"},
    {"id": "LD06", "severity": "warn", "weight": 1, "applies": "(load_mw is not null and typical_load_mw > 0)", "failed": "(load_mw < 0.4 * typical_load_mw) and (load_mw is not null and typical_load_mw > 0)"},
    {"id": "LD07", "severity": "warn", "weight": 1, "applies": "(load_mw is not null and previous_load_mw is not null and typical_load_mw > 0)", "failed": "(abs(load_mw - previous_load_mw) > 0.4 * typical_load_mw) and (load_mw is not null and previous_load_mw is not null and typical_load_mw > 0)"},
    {"id": "LD08", "severity": "error", "weight": 3, "applies": "(category is not null and trim(category) <> '')", "failed": "(load_mw is not null and upper(trim(category)) not in ('OKAY', 'MISSING')) and (category is not null and trim(category) <> '')"},
    {"id": "LD09", "severity": "error", "weight": 3, "applies": "(category is not null and trim(category) <> '')", "failed": "(load_mw is not null and upper(trim(category)) = 'MISSING') and (category is not null and trim(category) <> '')"},
    {"id": "LD10", "severity": "error", "weight": 3, "applies": "(load_mw is not null and typical_load_mw > 0)", "failed": "(load_mw = 0) and (load_mw is not null and typical_load_mw > 0)"},
    {"id": "LD11", "severity": "warn", "weight": 1, "applies": "(same_value_minutes is not null and load_mw <> 0)", "failed": "(same_value_minutes >= 300) and (same_value_minutes is not null and load_mw <> 0)"},
    {"id": "LD12", "severity": "warn", "weight": 1, "applies": "(shift_gain is not null)", "failed": "(shift_gain > 1.3 and shifted_fit > 0.85) and (shift_gain is not null)"}
  ],
  "load_forecast": [
    {"id": "FC01", "severity": "error", "weight": 3, "applies": "(true)", "failed": "(load_forecast_mw is null and upper(trim(coalesce(load_forecast_text, ''))) in ('', 'EMPTY', 'MISSING', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "FC02", "severity": "error", "weight": 3, "applies": "(upper(trim(coalesce(load_forecast_text, ''))) not in ('', 'EMPTY', 'MISSING', 'NULL', 'NA', 'N/A', '-', '--'))", "failed": "(load_forecast_mw is null) and (upper(trim(coalesce(load_forecast_text, ''))) not in ('', 'EMPTY', 'MISSING', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "FC03", "severity": "error", "weight": 3, "applies": "(load_forecast_mw is not null)", "failed": "(load_forecast_mw < 0 or load_forecast_mw > 250000) and (load_forecast_mw is not null)"},
    {"id": "FC04", "severity": "warn", "weight": 1, "applies": "(load_forecast_mw is not null and (typical_load_mw is null or typical_load_mw > 0))", "failed": "(load_forecast_mw = 0) and (load_forecast_mw is not null and (typical_load_mw is null or typical_load_mw > 0))"},
    {"id": "FC05", "severity": "warn", "weight": 1, "applies": "(load_forecast_mw is not null and typical_load_mw > 0)", "failed": "(load_forecast_mw < 0.4 * typical_load_mw or load_forecast_mw > 2.5 * typical_load_mw) and (load_forecast_mw is not null and typical_load_mw > 0)"},
    {"id": "FC06", "severity": "warn", "weight": 1, "applies": "(published_at_utc is not null and interval_start_utc is not null)", "failed": "(published_at_utc > interval_start_utc) and (published_at_utc is not null and interval_start_utc is not null)"}
  ],
  "meter": [
    {"id": "MT01", "severity": "error", "weight": 3, "applies": "(true)", "failed": "(energy_kwh is null and upper(trim(coalesce(quantity_text, ''))) in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "MT02", "severity": "error", "weight": 3, "applies": "(upper(trim(coalesce(quantity_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))", "failed": "(energy_kwh is null) and (upper(trim(coalesce(quantity_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "MT03", "severity": "error", "weight": 3, "applies": "(energy_kwh is not null and commodity <> 'solar')", "failed": "(energy_kwh < 0) and (energy_kwh is not null and commodity <> 'solar')"},
    {"id": "MT04", "severity": "error", "weight": 3, "applies": "(energy_kwh is not null)", "failed": "(energy_kwh > 100000) and (energy_kwh is not null)"},
    {"id": "MT05", "severity": "warn", "weight": 1, "applies": "(status is not null and trim(status) <> '')", "failed": "(upper(trim(status)) in ('E', 'EST', 'ESTIMATED', 'F', 'FAIL', 'FAILED', 'M', 'MISSING', 'SUSPECT')) and (status is not null and trim(status) <> '')"},
    {"id": "MT06", "severity": "warn", "weight": 1, "applies": "(true)", "failed": "(region_id is null)"}
  ],
  "phasor": [
    {"id": "PM01", "severity": "error", "weight": 3, "applies": "(frequency_hz is not null)", "failed": "(frequency_hz < 47 or frequency_hz > 63 or (frequency_hz > 53 and frequency_hz < 57)) and (frequency_hz is not null)"},
    {"id": "PM02", "severity": "error", "weight": 3, "applies": "(true)", "failed": "(frequency_hz is null)"},
    {"id": "PM03", "severity": "warn", "weight": 1, "applies": "(angle_deg is not null)", "failed": "(angle_deg < -180 or angle_deg > 180) and (angle_deg is not null)"},
    {"id": "PM04", "severity": "warn", "weight": 2, "applies": "(voltage_kv is not null)", "failed": "(voltage_kv < 0 or voltage_kv > 1200) and (voltage_kv is not null)"}
  ],
  "plant": [
    {"id": "PL01", "severity": "error", "weight": 3, "applies": "(trim(coalesce(net_generation_text, '')) <> '')", "failed": "(net_generation_mwh is null) and (trim(coalesce(net_generation_text, '')) <> '')"},
    {"id": "PL02", "severity": "warn", "weight": 1, "applies": "(true)", "failed": "(net_generation_mwh is null and trim(coalesce(net_generation_text, '')) = '')"},
    {"id": "PL03", "severity": "warn", "weight": 1, "applies": "(net_generation_mwh is not null)", "failed": "(net_generation_mwh < 0) and (net_generation_mwh is not null)"},
    {"id": "PL04", "severity": "error", "weight": 3, "applies": "(net_generation_mwh is not null)", "failed": "(abs(net_generation_mwh) > 20000000) and (net_generation_mwh is not null)"},
    {"id": "PL05", "severity": "error", "weight": 3, "applies": "(true)", "failed": "(plant_name is null or trim(plant_name) = '')"},
    {"id": "PL06", "severity": "error", "weight": 3, "applies": "(true)", "failed": "(data_year is null or data_year < 1996 or data_year > 2100)"}
  ],
  "price": [
    {"id": "PR01", "severity": "error", "weight": 3, "applies": "(true)", "failed": "(price_per_mwh is null and upper(trim(coalesce(price_text, ''))) in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "PR02", "severity": "error", "weight": 3, "applies": "(upper(trim(coalesce(price_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))", "failed": "(price_per_mwh is null) and (upper(trim(coalesce(price_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "PR03", "severity": "error", "weight": 3, "applies": "(price_per_mwh is not null)", "failed": "(price_per_mwh < -1000 or price_per_mwh > 10000) and (price_per_mwh is not null)"},
    {"id": "PR04", "severity": "warn", "weight": 1, "applies": "(price_per_mwh is not null)", "failed": "(price_per_mwh < -150 or price_per_mwh > 2000) and (price_per_mwh is not null)"},
    {"id": "PR05", "severity": "warn", "weight": 2, "applies": "(price_per_mwh is not null and energy_per_mwh is not null and congestion_per_mwh is not null and loss_per_mwh is not null)", "failed": "(abs(price_per_mwh - (energy_per_mwh + congestion_per_mwh + loss_per_mwh)) > 0.02 + 0.000001) and (price_per_mwh is not null and energy_per_mwh is not null and congestion_per_mwh is not null and loss_per_mwh is not null)"},
    {"id": "PR06", "severity": "warn", "weight": 1, "applies": "(loss_per_mwh is not null and energy_per_mwh is not null)", "failed": "(abs(loss_per_mwh) > 0.5 * abs(energy_per_mwh) + 10) and (loss_per_mwh is not null and energy_per_mwh is not null)"},
    {"id": "PR07", "severity": "error", "weight": 3, "applies": "(price_per_mwh is not null)", "failed": "(currency is null or length(trim(currency)) <> 3) and (price_per_mwh is not null)"}
  ],
  "reserve": [
    {"id": "RS01", "severity": "error", "weight": 3, "applies": "(true)", "failed": "(capacity_mw is null and upper(trim(coalesce(capacity_text, ''))) in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "RS02", "severity": "error", "weight": 3, "applies": "(upper(trim(coalesce(capacity_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))", "failed": "(capacity_mw is null) and (upper(trim(coalesce(capacity_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "RS03", "severity": "error", "weight": 3, "applies": "(capacity_mw is not null)", "failed": "(capacity_mw < 0 or capacity_mw > 300000) and (capacity_mw is not null)"}
  ],
  "scada": [
    {"id": "SC01", "severity": "error", "weight": 3, "applies": "(true)", "failed": "(point_value is null and upper(trim(coalesce(value_text, ''))) in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "SC02", "severity": "error", "weight": 3, "applies": "(upper(trim(coalesce(value_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))", "failed": "(point_value is null) and (upper(trim(coalesce(value_text, ''))) not in ('', 'EMPTY', 'NULL', 'NA', 'N/A', '-', '--'))"},
    {"id": "SC03", "severity": "error", "weight": 3, "applies": "(quality_code is not null)", "failed": "(quality_code not in (0, 192, 24, 152)) and (quality_code is not null)"},
    {"id": "SC04", "severity": "warn", "weight": 1, "applies": "(quality_code is not null)", "failed": "(quality_code in (24, 152)) and (quality_code is not null)"},
    {"id": "SC05", "severity": "error", "weight": 3, "applies": "(point_value is not null and point = 'wind_speed_m_per_s')", "failed": "(point_value < 0 or point_value > 75) and (point_value is not null and point = 'wind_speed_m_per_s')"},
    {"id": "SC06", "severity": "error", "weight": 3, "applies": "(point_value is not null and point = 'wind_direction_deg')", "failed": "(point_value < 0 or point_value > 360) and (point_value is not null and point = 'wind_direction_deg')"}
  ],
  "weather": [
    {"id": "WX01", "severity": "error", "weight": 3, "applies": "(temperature_c is not null)", "failed": "(temperature_c < -60 or temperature_c > 60) and (temperature_c is not null)"},
    {"id": "WX02", "severity": "warn", "weight": 2, "applies": "(true)", "failed": "(temperature_c is null)"},
    {"id": "WX03", "severity": "error", "weight": 3, "applies": "(humidity_pct is not null)", "failed": "(humidity_pct < 0 or humidity_pct > 100) and (humidity_pct is not null)"},
    {"id": "WX04", "severity": "warn", "weight": 1, "applies": "(humidity_pct is not null)", "failed": "(humidity_pct = 0) and (humidity_pct is not null)"},
    {"id": "WX05", "severity": "error", "weight": 3, "applies": "(wind_speed_m_per_s is not null)", "failed": "(wind_speed_m_per_s < 0 or wind_speed_m_per_s > 75) and (wind_speed_m_per_s is not null)"},
    {"id": "WX06", "severity": "error", "weight": 3, "applies": "(pressure_hpa is not null)", "failed": "(pressure_hpa < 870 or pressure_hpa > 1085) and (pressure_hpa is not null)"},
    {"id": "WX07", "severity": "error", "weight": 3, "applies": "(cloud_cover_pct is not null)", "failed": "(cloud_cover_pct < 0 or cloud_cover_pct > 100) and (cloud_cover_pct is not null)"},
    {"id": "WX08", "severity": "error", "weight": 3, "applies": "(precipitation_mm is not null)", "failed": "(precipitation_mm < 0 or precipitation_mm > 305) and (precipitation_mm is not null)"}
  ],
  "weather_forecast": [
    {"id": "WF01", "severity": "error", "weight": 3, "applies": "(temperature_c is not null)", "failed": "(temperature_c < -60 or temperature_c > 60) and (temperature_c is not null)"},
    {"id": "WF02", "severity": "warn", "weight": 2, "applies": "(true)", "failed": "(temperature_c is null)"},
    {"id": "WF03", "severity": "error", "weight": 3, "applies": "(humidity_pct is not null)", "failed": "(humidity_pct < 0 or humidity_pct > 100) and (humidity_pct is not null)"},
    {"id": "WF04", "severity": "warn", "weight": 1, "applies": "(humidity_pct is not null)", "failed": "(humidity_pct = 0) and (humidity_pct is not null)"},
    {"id": "WF05", "severity": "error", "weight": 3, "applies": "(wind_speed_m_per_s is not null)", "failed": "(wind_speed_m_per_s < 0 or wind_speed_m_per_s > 75) and (wind_speed_m_per_s is not null)"},
    {"id": "WF06", "severity": "error", "weight": 3, "applies": "(pressure_hpa is not null)", "failed": "(pressure_hpa < 870 or pressure_hpa > 1085) and (pressure_hpa is not null)"},
    {"id": "WF07", "severity": "error", "weight": 3, "applies": "(cloud_cover_pct is not null)", "failed": "(cloud_cover_pct < 0 or cloud_cover_pct > 100) and (cloud_cover_pct is not null)"},
    {"id": "WF08", "severity": "error", "weight": 3, "applies": "(precipitation_mm is not null)", "failed": "(precipitation_mm < 0 or precipitation_mm > 305) and (precipitation_mm is not null)"}
  ]
} -%}
{%- if subject not in catalogue -%}
    {{ exceptions.raise_compiler_error("There are no row rules for subject '" ~ subject ~ "': see docs/rules.md.") }}
{%- endif -%}
{%- set rules = catalogue[subject] -%}
{%- if part in ('errors', 'error_ids') -%}
    {%- set rules = rules | selectattr('severity', 'equalto', 'error') | list -%}
{%- endif -%}
{%- set ids -%}
    rtrim({% for rule in rules %}case when {{ rule.failed }} then '{{ rule.id }},' else '' end{% if not loop.last %}
        || {% endif %}{% endfor %}, ',')
{%- endset -%}
{%- set failed_weight -%}
    {% for rule in rules %}case when {{ rule.failed }} then {{ rule.weight }} else 0 end{% if not loop.last %}
        + {% endif %}{% endfor %}
{%- endset -%}
{%- set applying_weight -%}
    {% for rule in rules %}case when {{ rule.applies }} then {{ rule.weight }} else 0 end{% if not loop.last %}
        + {% endif %}{% endfor %}
{%- endset -%}
(case when {% for rule in rules %}({{ rule.failed }}){% if not loop.last %}
    or {% endif %}{% endfor %}
{% if part in ('flags', 'error_ids') %}then {{ ids }} else '' end)
{%- elif part == 'errors' %}then true else false end)
{%- elif part == 'score' %}then round(100 - cast(100 as double) * ({{ failed_weight }})
    / ({{ applying_weight }}), 2) else cast(100 as double) end)
{%- endif -%}
{%- endmacro %}

{% macro rule_flags(subject) %}{{ rule_expression(subject, 'flags') }}{% endmacro %}

{% macro rule_error_ids(subject) %}{{ rule_expression(subject, 'error_ids') }}{% endmacro %}

{% macro rule_errors(subject) %}{{ rule_expression(subject, 'errors') }}{% endmacro %}

{% macro rule_score(subject) %}{{ rule_expression(subject, 'score') }}{% endmacro %}
