"""Feeds by name and origin."""

from __future__ import annotations

import pytest

from extract.catalogue import FEEDS, feed, feeds_for
from extract.feed import Feed
from gridlake.errors import UsageError


def test_names_and_tables_are_unique_and_every_feed_describes_itself() -> None:
    assert len({f.name for f in FEEDS}) == len({f.table for f in FEEDS}) == len(FEEDS)
    for one in FEEDS:
        assert all((one.description, one.licence, one.cadence, one.time_convention, one.source, one.source_system))
        assert all(c.description for c in one.contract.columns)


def test_an_origin_offers_its_feeds_in_the_catalogue_s_order() -> None:
    assert [f.name for f in feeds_for("synthetic")] == [
        "own_meter_interval", "own_meter", "own_customer", "own_topology", "synthetic_load", "synthetic_observation", "synthetic_grid",
        "synthetic_workbook", "synthetic_xml", "synthetic_json", "synthetic_records", "synthetic_scada", "synthetic_pmu",
        "synthetic_outage",
    ]  # fmt: skip
    archive = [f.name for f in feeds_for("archive")]
    assert archive == [f.name for f in FEEDS if "archive" in f.origins]
    assert [f.name for f in feeds_for("archive", [archive[4], archive[1]])] == [archive[1], archive[4]]


def test_unknown_names_are_answered_with_those_near_them() -> None:
    with pytest.raises(UsageError, match=r"no feed 'nyiso_paal'.*nyiso_pal"):
        feed("nyiso_paal")
    with pytest.raises(UsageError, match="`gridlake feeds` lists them"):
        feeds_for("archive", ["nyiso_pal", "nope"])
    with pytest.raises(UsageError, match=r"does not offer nyiso_pal.*synthetic_load"):
        feeds_for("synthetic", ["nyiso_pal"])


@pytest.mark.parametrize("feed", FEEDS, ids=lambda f: f.name)
def test_columns_have_names_no_engine_reserves(feed: Feed) -> None:
    """DuckDB and Snowflake both stumble over these as bare column names."""
    reserved = {"group", "order", "table", "column", "from", "to", "select", "where", "end", "case", "union", "limit"}
    assert not reserved & {c.name for c in feed.columns}
