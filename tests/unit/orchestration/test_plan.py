"""The build plan: which months a landing touches, also when it takes rows away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from extract.catalogue import FEEDS
from extract.catalogue import feed as feed_named
from extract.feed import Feed, Parsed, Payload
from extract.landing import bronze_path, ensure_bronze, land
from gridlake import duck, lake
from gridlake.ops import OpsStore
from gridlake.settings import Settings
from orchestration.context import LEDGER_COLUMNS, PLACED_BY, changed_days, extend_plan, mark_built, write_plan
from tests.contract.samples import offering
from tests.contract.surgery import rewritten

FEED = "synthetic_load"


@cache
def ercot() -> tuple[Payload, ...]:
    """One region's files: a zip each for January and February, and days of March."""
    from extract.synthetic import DEFAULT_SEED, load_payloads

    return tuple(p for p in load_payloads(DEFAULT_SEED, 65) if p.path.parent.name == "ERCOT")


def deliver(settings: Settings, *payloads: Payload, feed: Feed | None = None) -> None:
    landing = land(offering(feed or feed_named(FEED), payloads), settings)
    assert landing.state in ("landed", "unchanged"), landing.message


@pytest.fixture
def settings(home: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An empty home with two feeds: enough to tell one from the other."""
    made, feeds = home(), (feed_named(FEED), feed_named("nyiso_pal"))
    ensure_bronze(made, list(feeds))
    monkeypatch.setattr("orchestration.context.FEEDS", feeds)
    return made


def plan(settings: Settings) -> dict[str, list[str] | None]:
    return write_plan(settings, OpsStore(settings.ops_db))


def built(settings: Settings) -> None:
    plan(settings)
    mark_built(settings, OpsStore(settings.ops_db))


def corrected(payload: Payload) -> Payload:
    """The same address with one value changed."""

    def change(table: list[list[str]]) -> list[list[str]]:
        table[1][table[0].index("Load")] = "1"
        return table

    return rewritten(payload, change, keep=100_000)


def days_held(settings: Settings, month: str) -> list[str]:
    """First and last day of a month that bronze holds rows of."""
    sql = f"select min(interval_start_utc)::date, max(interval_start_utc)::date from delta_scan('{bronze_path(settings, feed_named(FEED))}') where month = ?"
    con = duck.connect()
    row = con.execute(sql, [month]).fetchone()
    con.close()
    assert row is not None
    return [f"{day}" for day in row]


def test_an_empty_home_has_nothing_to_build(settings: Settings) -> None:
    assert plan(settings) == {"all_months": [], "changed_months": None, "rows": {}, "sequences": {}}


def test_before_the_first_build_all_months_are_due(settings: Settings) -> None:
    january, february, *_ = ercot()
    deliver(settings, january, february)
    made = plan(settings)
    assert made["changed_months"] is None
    assert {"2024-01", "2024-02"} <= set(made["all_months"] or [])


def test_after_a_build_only_later_landings_count(settings: Settings) -> None:
    january, february, first_of_march, *_ = ercot()
    deliver(settings, january, february)
    built(settings)
    assert plan(settings)["changed_months"] == []
    deliver(settings, january, february, first_of_march)
    made = plan(settings)
    assert made["changed_months"] == ["2024-03"]
    held = days_held(settings, "2024-03")
    assert made["changed_days"] == {"2024-03": held}
    assert held[0] == "2024-03-01"
    assert held[1] < "2024-03-20", "the file holds the first days alone"
    built(settings)
    assert plan(settings)["changed_months"] == []


def test_a_correction_touches_the_months_of_the_file_it_replaces(settings: Settings) -> None:
    january, february, *_ = ercot()
    deliver(settings, january, february)
    built(settings)
    deliver(settings, corrected(february), january)
    changed = plan(settings)["changed_months"]
    assert changed is not None
    assert "2024-02" in changed
    assert "2024-01" not in changed


def test_a_file_put_back_touches_its_months_again(settings: Settings) -> None:
    january, february, *_ = ercot()
    deliver(settings, january, february)
    deliver(settings, january, corrected(february))
    built(settings)
    assert plan(settings)["changed_months"] == []
    deliver(settings, january, february)
    changed = plan(settings)["changed_months"]
    assert changed is not None
    assert "2024-02" in changed
    assert "2024-01" not in changed


def test_what_lands_while_a_run_builds_is_due_to_the_next(settings: Settings) -> None:
    """Another machine may land into the same store."""
    january, february, *_ = ercot()
    deliver(settings, january)
    plan(settings)
    deliver(settings, february)
    mark_built(settings, OpsStore(settings.ops_db))
    changed = plan(settings)["changed_months"]
    assert changed is not None
    assert "2024-02" in changed


def test_readings_whose_region_stands_in_a_list_are_placed_by_it() -> None:
    told = {f.name for f in FEEDS for c in f.columns if c.name == "region_id" and "list of meters" in c.description}
    assert told == set(PLACED_BY)


def test_code_that_built_in_part_leaves_everything_due_to_the_code_before_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    january, *_ = ercot()
    deliver(settings, january)
    built(settings)
    with monkeypatch.context() as edited:
        edited.setattr("orchestration.context.code_state", lambda: "edited")
        assert plan(settings)["changed_months"] is None
    assert plan(settings)["changed_months"] is None


def test_a_window_without_rows_is_built_too(settings: Settings) -> None:
    """A month's file cut to its first days declares the month all the same: its hours are holes."""
    january, _, first_of_march, *_ = ercot()
    feed = feed_named(FEED)
    deliver(settings, january)
    built(settings)
    parsed = feed.parse(first_of_march)
    assert parsed.window is not None

    class Wide(type(feed)):  # type: ignore[misc]
        def parse(self, payload: Payload) -> Parsed:
            start, end = parsed.window  # type: ignore[misc]
            return replace(parsed, window=(start, end.replace(month=5)))

    deliver(settings, first_of_march, feed=Wide())
    made = plan(settings)
    assert made["changed_months"] == ["2024-03", "2024-04", "2024-05"]
    assert made["changed_days"]["2024-04"] == ["2024-04-01", "2024-04-30"]
    assert made["changed_days"]["2024-05"][0] == "2024-05-01"
    assert set(made["changed_months"]) <= set(made["all_months"] or [])


def test_other_code_rebuilds_everything(settings: Settings) -> None:
    deliver(settings, ercot()[0])
    ops = OpsStore(settings.ops_db)
    built(settings)
    ops.put("built", {**ops.get("built"), "code": "other"})
    assert plan(settings)["changed_months"] is None


def test_one_feeds_landing_is_not_anothers(settings: Settings) -> None:
    deliver(settings, ercot()[0])
    months = {"2024-01"}
    ledger = lake.open_table(settings.bronze / "payload").to_pyarrow_table(columns=LEDGER_COLUMNS).to_pylist()
    assert changed_days(settings, feed_named("nyiso_pal"), ledger, 0, months) == {}
    assert "2024-01" in changed_days(settings, feed_named(FEED), ledger, 0, months)


def test_later_stages_add_their_months(settings: Settings) -> None:
    deliver(settings, ercot()[0])
    extend_plan(settings, ["2024-02"])
    built(settings)
    plan(settings)
    extend_plan(settings, ["2024-02"])
    from gridlake.build_plan import read_plan

    kept = read_plan(str(settings.home / "plan.json"))
    assert kept["changed_months"] == ["2024-02"]
    assert kept["changed_days"] == {}, "of a month that a later stage adds no days are known"
    assert "2024-02" in kept["all_months"]
