from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from gridlake.settings import PROJECT_ROOT, Settings
from gridlake.snapshot import Snapshot
from tests.unit.semantic.sample import gold_tables, publish_sample

APP = PROJECT_ROOT / "apps" / "streamlit_app" / "app.py"
CARDS = ["Total load", "Renewable generation", "Average LMP (RTM)", "Active ISOs", "Carbon intensity", "Data freshness"]
Open = Callable[..., AppTest]


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    monkeypatch.delenv("CUBE_API_URL", raising=False)

    def start(home: Path, **query: str | list[str]) -> AppTest:
        monkeypatch.setenv("GRIDLAKE_HOME", str(home))
        st.cache_resource.clear()
        app = AppTest.from_file(str(APP), default_timeout=60)
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    yield start
    st.cache_resource.clear()


def words(app: AppTest) -> str:
    return "\n".join([m.value for m in app.markdown] + [c.value for c in app.caption])


def cards(app: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in app.metric}


def test_six_cards_with_units_and_five_charts(open_app: Open, published: tuple[Settings, Snapshot]) -> None:
    app = open_app(published[0].home)
    assert not app.exception
    assert not app.error
    shown = cards(app)
    assert list(shown) == CARDS
    assert shown["Total load"].endswith(" MW")
    assert shown["Renewable generation"].endswith(" MW")
    assert shown["Average LMP (RTM)"].endswith(" USD/MWh")
    assert shown["Carbon intensity"].endswith(" kg/MWh")
    assert shown["Active ISOs"] == "3 of 3"
    assert shown["Data freshness"] == "0 h behind"
    assert len(app.get("vega_lite_chart")) == 5
    assert len(app.get("download_button")) == 20  # CSV, Parquet, PNG and PDF of each


def test_the_page_says_what_it_shows_and_that_it_is_made_up(
    open_app: Open, published: tuple[Settings, Snapshot]
) -> None:
    text = words(open_app(published[0].home))
    assert "SYNTHETIC" in text
    assert "Data through 20 Mar 2026 06:00 UTC" in text
    assert published[1].snapshot_id in text
    assert "ours 2.10 %" in text
    assert "4 hours have no value" in text


def test_zone_and_regions_live_in_the_address(open_app: Open, published: tuple[Settings, Snapshot]) -> None:
    app = open_app(published[0].home, tz="Local", regions=["NYISO"])
    assert not app.exception
    assert "Data through 20 Mar 2026 02:00 EDT" in words(app)
    assert cards(app)["Active ISOs"] == "1 of 1"
    specs = [json.loads(c.proto.spec) for c in app.get("vega_lite_chart")]
    assert all("America/New_York" in json.dumps(s) for s in specs)
    app.multiselect(key="regions").set_value(["ERCOT", "NYISO"]).run()
    assert cards(app)["Active ISOs"] == "2 of 2"


def test_an_unknown_region_in_the_address_does_no_harm(open_app: Open, published: tuple[Settings, Snapshot]) -> None:
    app = open_app(published[0].home, regions=["ATLANTIS"], tz="Mars")
    assert not app.exception
    assert cards(app)["Active ISOs"] == "3 of 3"


def test_regions_that_end_earlier_are_named_not_summed(open_app: Open, tmp_path: Path) -> None:
    publish_sample(tmp_path, end_of={"NYISO": datetime(2026, 3, 1)})
    app = open_app(tmp_path)
    assert not app.exception
    assert "Not in these sums" in words(app)
    assert "NYISO (through 1 Mar 2026 00:00 UTC)" in words(app)
    assert cards(app)["Active ISOs"] == "3 of 3"  # each has load up to its own end
    alone = open_app(tmp_path, regions=["NYISO"])
    assert "Data through 1 Mar 2026 00:00 UTC" in words(alone)


def test_a_region_without_prices_or_generation_shows_a_dash_and_says_why(open_app: Open, tmp_path: Path) -> None:
    tables = gold_tables()
    empty = {name: tables[name].clear() for name in ("fct_price_hourly", "fct_generation_hourly", "mart_carbon", "fct_forecast",
                                                    "fct_forecast_accuracy_daily", "fct_data_quality_daily")}  # fmt: skip
    publish_sample(tmp_path, replaced=empty)
    app = open_app(tmp_path)
    assert not app.exception
    assert not app.error
    shown = cards(app)
    assert shown["Carbon intensity"] == shown["Renewable generation"] == shown["Average LMP (RTM)"] == "–"
    said = " ".join(i.value for i in app.info)
    assert "No generation by fuel" in said
    assert "No prices" in said
    assert "no forecast" in said
    assert "not judged" in words(app)


def test_before_anything_is_published_the_page_says_what_to_run(open_app: Open, tmp_path: Path) -> None:
    app = open_app(tmp_path / "nothing")
    assert not app.exception
    assert "make run" in app.info[0].value
    assert not app.metric


def test_a_broken_snapshot_is_an_error_in_words(open_app: Open, tmp_path: Path) -> None:
    settings, snapshot = publish_sample(tmp_path)
    for path in (settings.gold / "fct_load_hourly").rglob("*.parquet"):
        path.unlink()
    app = open_app(tmp_path)
    assert not app.exception
    assert "cannot be drawn" in app.error[0].value
    assert not app.metric
    assert snapshot.snapshot_id


def test_a_snapshot_without_load_says_so(open_app: Open, tmp_path: Path) -> None:
    publish_sample(tmp_path, replaced={"fct_load_hourly": gold_tables()["fct_load_hourly"].clear()})
    app = open_app(tmp_path)
    assert not app.exception
    assert "no load" in app.warning[0].value


def test_exported_rows_are_escaped_and_say_where_they_come_from(open_app: Open, tmp_path: Path) -> None:
    from semantic.export import csv_text

    text = csv_text(["name", "mw"], [("=cmd()", -1.5), (None, None)], ["GridLake\nfuel_mix"])
    assert text == "name,mw\n'=cmd(),-1.5\n,\n# GridLake fuel_mix\n"
    publish_sample(
        tmp_path,
        replaced={"dim_fuel": gold_tables()["dim_fuel"].with_columns(fuel_name=pl.lit("=") + pl.col("fuel_name"))},
    )
    assert not open_app(tmp_path).exception
