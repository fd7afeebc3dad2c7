"""Ranges of days: landed from live sources by one run, rebuilt only in a home that this code built."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from extract.catalogue import FEEDS
from extract.landing import ensure_bronze
from extract.live.catalogue import CONNECTORS
from gridlake.errors import UsageError
from gridlake.ops import OpsStore
from gridlake.settings import load_settings
from orchestration.assets_backfill import live_day, published_day
from orchestration.context import Gridlake
from tests.unit.extract.replay import Reply, patient, source
from tests.unit.extract.test_live import pal


@pytest.mark.parametrize(("without", "state"), [(0, "landed"), (2, "stale")])
def test_a_range_of_days_is_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: int, state: str) -> None:
    monkeypatch.setenv("NO_PROXY", "*")

    def script(path: str, query: dict[str, list[str]]) -> Reply:
        return Reply(pal(datetime.strptime(path.rsplit("/", 1)[1][:8], "%Y%m%d").date(), without))

    with source(script) as at:
        monkeypatch.setitem(CONNECTORS, "nyiso_pal", replace(CONNECTORS["nyiso_pal"], base=at.base))
        monkeypatch.setattr("extract.live.base.shared_client", patient)
        tags = {"dagster/asset_partition_range_start": "2017-11-04", "dagster/asset_partition_range_end": "2017-11-06"}
        resource = Gridlake(home=str(tmp_path / "home"), feeds=["nyiso_pal"])
        done = dg.materialize([live_day], resources={"gridlake": resource}, tags=tags, raise_on_error=False)
    assert done.success is (state == "landed")
    ops = OpsStore(load_settings(home=tmp_path / "home", environ={}).ops_db)
    (landing,) = ops.landings(done.run_id)
    assert (landing["feed"], landing["state"]) == ("nyiso_pal", state)
    asked = [path for path, _ in at.asked]
    assert len(asked) == 3
    assert len(set(asked)) == (3 if state == "landed" else 1)


def test_days_are_not_rebuilt_in_a_home_that_this_code_did_not_build(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", origin="synthetic", environ={})
    ensure_bronze(settings, list(FEEDS))
    tags = {"dagster/asset_partition_range_start": "2024-01-04", "dagster/asset_partition_range_end": "2024-01-06"}
    resource = Gridlake(home=str(settings.home), origin="synthetic")
    with pytest.raises(UsageError, match="is not built by this code"):
        dg.materialize([published_day], resources={"gridlake": resource}, tags=tags)
    assert not settings.gold.exists()
