{{ config(partition_by='day_start', reach_back=1, reach_forward=1) }}
-- Frequency by place and local day. A minute is outside when a valid sample of it leaves the band around nominal (seed
-- assumed_frequency_band); minutes outside that follow one another are one excursion, cut at midnight.
with minutes as (
    select
        frequency.region_id, frequency.source_code, frequency.source_system,
        cast({{ local_time('frequency.interval_start_utc', 'regions.timezone') }} as date) as local_date,
        cast({{ seconds_between("timestamp '1970-01-01 00:00:00'", 'frequency.interval_start_utc') }} / 60 as bigint) as minute_number,
        frequency.frequency_hz, frequency.minimum_hz, frequency.maximum_hz, bands.nominal_hz, bands.band_hz,
        coalesce(
            frequency.minimum_hz < bands.nominal_hz - bands.band_hz or frequency.maximum_hz > bands.nominal_hz + bands.band_hz, false
        ) as is_outside
    from {{ ref('fct_frequency_minute') }} as frequency
    inner join {{ ref('regions') }} as regions on frequency.region_id = regions.region_id
    inner join {{ ref('assumed_frequency_band') }} as bands on round(frequency.frequency_hz / 10) * 10 = bands.nominal_hz
    where frequency.interval_start_utc >= {{ lake_start() }} - interval '2 days'
        and frequency.interval_start_utc < {{ lake_end() }} + interval '2 days'
),

-- Within a run of minutes their number grows as fast as their rank, so that the difference names the run.
outside as (
    select
        region_id, source_code, local_date,
        minute_number - row_number() over (partition by region_id, source_code, local_date order by minute_number) as run_id
    from minutes
    where is_outside
),

runs as (
    select region_id, source_code, local_date, run_id, count(*) as run_minutes
    from outside
    group by region_id, source_code, local_date, run_id
),

excursions as (
    select region_id, source_code, local_date, count(*) as excursions, max(run_minutes) as longest_excursion_minutes
    from runs
    group by region_id, source_code, local_date
),

days as (
    select
        region_id, source_code, local_date, max(nominal_hz) as nominal_hz, max(band_hz) as band_hz, max(source_system) as source_system,
        count(*) as minutes_measured, avg(frequency_hz) as mean_hz, stddev_samp(frequency_hz) as deviation_hz, min(minimum_hz) as lowest_hz,
        max(maximum_hz) as highest_hz, sum(case when is_outside then 1 else 0 end) as minutes_outside
    from minutes
    group by region_id, source_code, local_date
)

select
    days.region_id, days.source_code, days.local_date, cast(days.nominal_hz as double) as nominal_hz, cast(days.band_hz as double) as band_hz,
    days.minutes_measured, days.mean_hz, days.deviation_hz, days.lowest_hz, days.highest_hz,
    cast(days.minutes_outside as bigint) as minutes_outside, coalesce(excursions.excursions, 0) as excursions,
    coalesce(excursions.longest_excursion_minutes, 0) as longest_excursion_minutes,
    days.source_system, cast(days.local_date as timestamp) as day_start
from days
left join excursions
    on days.region_id = excursions.region_id
    and days.source_code = excursions.source_code
    and days.local_date = excursions.local_date
