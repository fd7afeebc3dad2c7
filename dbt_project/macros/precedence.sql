{#- Which of one source's feeds speaks for it where several tell the same: the only place that says so. `source_precedence`
    (a seed) ranks sources; this ranks the feeds of one source, first named first. A feed that is not named comes after those
    that are, by its name. -#}
{% macro feed_precedence(subject, feed) -%}
{%- set ranked = {
  'load': [
    'eia930_zone', 'eia930_cleaned', 'eia930_ba_subregion', 'eia930_ba', 'eia930_api',
    'nyiso_pal_integrated', 'nyiso_pal', 'nyiso_load_vintages', 'isone_system_load', 'isone_smd', 'isone_fcst_actual',
    'caiso_system_conditions', 'caiso_net_demand', 'ercot_native_load', 'ercot_demand', 'entsoe_transparency', 'entsoe_spain_energy',
    'synthetic_xml', 'synthetic_workbook', 'synthetic_load', 'synthetic_grid',
  ],
  'load_forecast': [
    'eia930_api', 'eia930_ba', 'eia930_cleaned', 'nyiso_isolf', 'nyiso_load_vintages', 'caiso_net_demand', 'caiso_sld_fcst',
    'ercot_demand', 'ercot_load_forecast', 'entsoe_spain_energy', 'entsoe_transparency',
    'synthetic_grid', 'synthetic_observation', 'synthetic_xml',
  ],
  'price': [
    'caiso_node_lmp', 'caiso_prc_lmp', 'entsoe_spain_energy', 'entsoe_transparency', 'isone_da_lmp', 'isone_rt_lmp', 'isone_smd',
    'nyiso_damlbmp', 'nyiso_damlbmp_gen', 'nyiso_oasis_dam', 'nyiso_oasis_rtc', 'nyiso_realtime', 'spp_da_lmp', 'spp_rtbm_lmp',
    'synthetic_grid', 'synthetic_observation', 'synthetic_records', 'synthetic_xml',
  ],
  'generation': [
    'eia930_api', 'eia930_ba', 'entsoe_generation', 'entsoe_spain_energy', 'entsoe_transparency',
    'ercot_fuel_mix', 'ercot_solar', 'ercot_storage', 'ercot_wind', 'pjm_gen_by_fuel', 'pjm_solar_gen', 'pjm_wind_gen',
    'synthetic_grid', 'synthetic_observation', 'synthetic_xml',
  ],
  'generation_forecast': [
    'entsoe_spain_energy', 'entsoe_transparency', 'ercot_solar', 'ercot_wind', 'isone_solar_forecast', 'isone_wind_forecast',
    'miso_solar_forecast', 'miso_wind_forecast', 'pjm_solar_forecast', 'pjm_wind_forecast',
    'synthetic_grid', 'synthetic_json', 'synthetic_xml',
  ],
  'interchange': [
    'eia930_api', 'eia930_ba', 'eia930_ba_interchange', 'caiso_ene_slrs', 'caiso_renewables_watch', 'synthetic_grid', 'synthetic_xml',
  ],
  'reserve': ['isone_morning_report', 'isone_seven_day_forecast'],
  'weather': ['synthetic_grid', 'synthetic_observation'],
  'meter': ['own_meter_interval', 'green_button'],
  'ancillary_price': [], 'alert': [], 'scada': [], 'weather_forecast': [],
}[subject] -%}
{%- if not ranked %}{{ feed }}{% else -%}
case {{ feed }}
{%- for name in ranked %} when '{{ name }}' then {{ loop.index }}{% endfor %} else 99 end
{%- endif -%}
{%- endmacro %}
