-- Months that hold any bronze row with an interval: the calendar's span.
with months as (
    {% for model in ['stg_eia930__demand', 'stg_nyiso__pal', 'stg_nyiso__isolf', 'stg_nyiso__damlbmp',
                     'stg_nyiso__realtime', 'stg_nyiso__rtfuelmix', 'stg_entsoe__spain_energy',
                     'stg_entsoe__spain_weather', 'stg_synthetic__load', 'stg_synthetic__observation'] %}
    select distinct month from {{ ref(model) }}
    {% if not loop.last %}union{% endif %}
    {% endfor %}
)

select
    month,
    cast(month || '-01' as timestamp) as interval_start_utc
from months
