"""The learned score of each feed: it finds the days that were planted odd, and keeps quiet where nothing was."""

from __future__ import annotations

from gridlake.settings import Settings
from tests.dbt.homes import query

WARM_UP = 14
THRESHOLD = 6


def test_planted_gaps_are_the_days_that_drift(built_home: Settings) -> None:
    days = query(
        built_home,
        "select local_date, drifting_metric, hole_pct from gold.fct_feed_drift_daily where feed = 'synthetic_load' and is_drifting order by 1",
    )
    assert days.height > 0
    assert set(days["drifting_metric"]) == {"hole_pct"}
    usual = query(
        built_home,
        "select max(hole_pct) from gold.fct_feed_drift_daily where feed = 'synthetic_load' and drift_score is not null and not is_drifting",
    ).item()
    assert days["hole_pct"].min() > 3 * usual
    quiet = query(built_home, "select count(*) filter (is_drifting), count(drift_score) from gold.fct_feed_drift_daily where subject in ('price', 'generation')")  # fmt: skip
    assert quiet.row(0)[0] == 0
    assert quiet.row(0)[1] > 100


def test_nothing_is_judged_by_less_than_a_fortnight(built_home: Settings) -> None:
    odd = query(
        built_home,
        f"""select count(*) from gold.fct_feed_drift_daily
        where (history_days < {WARM_UP}) <> (drift_score is null) or is_drifting <> coalesce(drift_score > {THRESHOLD}, false)""",
    ).item()
    assert odd == 0
