select region_id, region_name, iso_rto, timezone, country, currency, population, area_sq_km
from {{ ref('regions') }}
