select station_id, station_name, region_id, latitude, longitude
from {{ ref('weather_stations') }}
union all
select distinct
    samples.station_id, split_part(samples.station_id, '.', 2), samples.region_id, cast(null as double), cast(null as double)
from {{ ref('int_weather__sample') }} as samples
left join {{ ref('weather_stations') }} as known on samples.station_id = known.station_id
where known.station_id is null
