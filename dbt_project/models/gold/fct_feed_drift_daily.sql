-- How far each feed's day lies from the four weeks of its own before it: median and median absolute deviation of what was
-- received, missing, quarantined, flagged and scored. Only earlier days are looked at.
{% set history_days = 28 %}
{% set enough_days = 14 %}
{% set drifts_beyond = 6 %}
-- A metric, and the least spread it is given: a feed that was perfect for a month may still err a little.
{% set metrics = [
    ('rows_per_expected', '0.02'), ('hole_pct', '1.0'), ('quarantined_pct', '0.5'), ('flagged_pct', '1.0'), ('data_quality_score', '0.5'),
] %}
-- The last is better the higher it is, the first is odd either way.
{% set distance = {
    'rows_per_expected': 'abs(daily.M - usual.usual_M)', 'hole_pct': '(daily.M - usual.usual_M)',
    'quarantined_pct': '(daily.M - usual.usual_M)', 'flagged_pct': '(daily.M - usual.usual_M)',
    'data_quality_score': '(usual.usual_M - daily.M)',
} %}
with daily as (
    select
        subject, feed, local_date,
        cast(sum(expected_intervals) as bigint) as expected_intervals,
        cast(sum(rows_total) as bigint) as rows_total,
        1.0 * sum(rows_total) / nullif(sum(expected_intervals), 0) as rows_per_expected,
        100.0 * sum(hole_intervals) / nullif(sum(expected_intervals), 0) as hole_pct,
        100.0 * sum(rows_quarantined) / nullif(sum(rows_total), 0) as quarantined_pct,
        100.0 * sum(rows_flagged) / nullif(sum(received_intervals), 0) as flagged_pct,
        sum(data_quality_score * rows_total) / nullif(sum(case when data_quality_score is not null then rows_total end), 0)
            as data_quality_score
    from {{ ref('fct_data_quality_daily') }}
    group by subject, feed, local_date
),

-- Every day beside each of the days before it.
past as (
    select
        daily.subject, daily.feed, daily.local_date,
        {% for metric, _ in metrics %}
        earlier.{{ metric }},
        {% endfor %}
        earlier.local_date as earlier_date
    from daily
    inner join daily as earlier
        on daily.subject = earlier.subject
        and daily.feed = earlier.feed
        and daily.local_date > earlier.local_date
        and daily.local_date - {{ history_days }} <= earlier.local_date
),

usual as (
    select
        subject, feed, local_date,
        {% for metric, _ in metrics %}
        median({{ metric }}) as usual_{{ metric }},
        {% endfor %}
        count(*) as history_days
    from past
    group by subject, feed, local_date
),

spread as (
    select
        {% for metric, _ in metrics %}
        median(abs(past.{{ metric }} - usual.usual_{{ metric }})) as spread_{{ metric }},
        {% endfor %}
        past.subject, past.feed, past.local_date
    from past
    inner join usual
        on past.subject = usual.subject
        and past.feed = usual.feed
        and past.local_date = usual.local_date
    group by past.subject, past.feed, past.local_date
),

scored as (
    select
        daily.*,
        {% for metric, least in metrics %}
        case when usual.history_days >= {{ enough_days }}
            then {{ distance[metric] | replace('M', metric) }}
                / greatest(1.4826 * spread.spread_{{ metric }}, {{ least }}) end as {{ metric }}_z,
        {% endfor %}
        coalesce(usual.history_days, 0) as history_days
    from daily
    left join usual
        on daily.subject = usual.subject
        and daily.feed = usual.feed
        and daily.local_date = usual.local_date
    left join spread
        on daily.subject = spread.subject
        and daily.feed = spread.feed
        and daily.local_date = spread.local_date
),

judged as (
    select
        *,
        case when history_days >= {{ enough_days }} then greatest(
            {% for metric, _ in metrics %}
            coalesce({{ metric }}_z, 0.0),
            {% endfor %}
            0.0
        ) end as drift_score
    from scored
)

select
    subject, feed, local_date, cast(history_days as bigint) as history_days, expected_intervals, rows_total,
    rows_per_expected, hole_pct, quarantined_pct, flagged_pct, data_quality_score,
    {% for metric, _ in metrics %}
    {{ metric }}_z,
    {% endfor %}
    drift_score,
    case
        when drift_score is null or drift_score <= {{ drifts_beyond }} then null
        {% for metric, _ in metrics %}
        when {{ metric }}_z = drift_score then '{{ metric }}'
        {% endfor %}
    end as drifting_metric,
    coalesce(drift_score > {{ drifts_beyond }}, false) as is_drifting
from judged
