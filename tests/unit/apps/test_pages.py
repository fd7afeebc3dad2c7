"""Every page over the sample: charts with words, units and rows to take away; what is said when there is nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from apps.streamlit_app.dictionary import entries
from apps.streamlit_app.pages_list import every_page
from gridlake.settings import Settings
from gridlake.snapshot import Snapshot
from semantic.model import load_model
from tests.unit.semantic.sample import gold_tables, publish_sample

OTHERS = [p for p in every_page() if p.path != "overview"]
Open = Callable[..., AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    monkeypatch.delenv("CUBE_API_URL", raising=False)

    def start(home: Path, path: str, **query: str | list[str]) -> AppTest:
        monkeypatch.setenv("GRIDLAKE_HOME", str(home))
        st.cache_resource.clear()
        app = AppTest.from_string(
            "from apps.streamlit_app import shell\nfrom apps.streamlit_app.pages_list import every_page\n"
            f"shell.controls()\nnext(p for p in every_page() if p.path == {path!r}).body()\n",
            default_timeout=60,
        )
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    yield start
    st.cache_resource.clear()


def words(app: AppTest) -> str:
    return "\n".join([m.value for m in app.markdown] + [c.value for c in app.caption])


def rows_of(chart: Any) -> pl.DataFrame:
    """The rows a chart was given, which Streamlit sends beside its specification."""
    (data,) = [d.data.data for d in chart.datasets] or [chart.data.data]
    return pl.read_ipc_stream(data)


@pytest.fixture(scope="module")
def without_facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose snapshot holds load and nothing else."""
    home = tmp_path_factory.mktemp("bare")
    empty = {
        n: t.clear() for n, t in gold_tables().items() if n.startswith(("fct_", "mart_")) and n != "fct_load_hourly"
    }
    publish_sample(home, replaced=empty | {"dim_plant": gold_tables()["dim_plant"].clear()})
    return home


@pytest.mark.parametrize("page", OTHERS, ids=lambda p: p.path)
def test_a_page_shows_described_data_with_its_age(
    page: object, open_page: Open, published: tuple[Settings, Snapshot]
) -> None:
    app = open_page(published[0].home, page.path, period="28 days")  # type: ignore[attr-defined]
    assert not app.exception
    assert not app.error
    text = words(app)
    assert "SYNTHETIC" in text
    assert published[1].snapshot_id in text
    shown = len(app.get("vega_lite_chart")) + len(app.dataframe)
    assert shown > 0
    assert text.count("Data as of 20 Mar 2026 06:00 UTC") == shown
    assert len(app.get("download_button")) == 2 * shown + 2 * len(app.get("vega_lite_chart")), (
        "rows of all, pictures of charts"
    )
    for chart in app.get("vega_lite_chart"):
        spec = json.loads(chart.proto.spec)
        titles = json.dumps(spec)
        assert '"title"' in titles, "an axis without a title"
    for table in app.dataframe:
        assert len(table.value) > 0


@pytest.mark.parametrize("page", OTHERS, ids=lambda p: p.path)
def test_a_page_without_data_says_what_to_do(page: object, open_page: Open, without_facts: Path) -> None:
    app = open_page(without_facts, page.path)  # type: ignore[attr-defined]
    assert not app.exception
    assert not app.error
    if page.path not in ("dictionary", "explorer", "pipeline"):  # type: ignore[attr-defined]
        said = " ".join(i.value for i in app.info)
        assert "No " in said or "know" in said or "Nothing" in said


@pytest.mark.parametrize("page", OTHERS, ids=lambda p: p.path)
def test_before_anything_is_published_a_page_says_what_to_run(page: object, open_page: Open, tmp_path: Path) -> None:
    app = open_page(tmp_path / "nothing", page.path)  # type: ignore[attr-defined]
    assert not app.exception
    assert "make run" in app.info[0].value


def test_region_period_and_zone_come_from_the_address(open_page: Open, published: tuple[Settings, Snapshot]) -> None:
    app = open_page(published[0].home, "prices", regions=["NYISO"], period="24 hours", tz="Local")
    assert "Data as of 20 Mar 2026 02:00 EDT" in words(app)
    zones = next(t.value for t in app.dataframe)
    assert set(zones["zone_id"]) == {"NYISO.NYC", "NYISO.WEST"}
    line = app.get("vega_lite_chart")[0].proto
    assert rows_of(line)["interval_start_utc"].n_unique() == 24
    assert "America/New_York" in line.spec


def test_a_long_period_is_shown_by_day(open_page: Open, published: tuple[Settings, Snapshot]) -> None:
    app = open_page(published[0].home, "prices", period="90 days", regions=["ERCOT"])
    days = rows_of(app.get("vega_lite_chart")[0].proto)["local_date"]
    assert len(days) == days.n_unique() == 62  # from the evening of 18 January on


def test_the_numbers_of_a_page_are_those_of_sql(
    open_page: Open, published: tuple[Settings, Snapshot], gold: object
) -> None:
    app = open_page(published[0].home, "generation", period="All", regions=["ERCOT"])
    shown = {m.label: m.value for m in app.metric}
    sql = ("select 100 * sum(generation_mw) filter (where is_renewable) / sum(generation_mw) from fct_generation_hourly join dim_fuel using (fuel_id) "
           "where region_id = 'ERCOT'")  # fmt: skip
    assert shown["Renewable share"] == f"{gold.execute(sql).fetchone()[0]:.1f} %"  # type: ignore[attr-defined]


def test_the_explorer_answers_and_gives_the_question_to_copy(
    open_page: Open, published: tuple[Settings, Snapshot]
) -> None:
    app = open_page(published[0].home, "explorer", view="generation", period="28 days", regions=["NYISO"])
    app.multiselect(key="measures_generation").set_value(["renewable_share_pct"])
    app.multiselect(key="by_generation").set_value(["region_id"]).run()
    assert not app.exception
    command, python, cube, sql = [c.value for c in app.code]
    assert command.startswith(
        "gridlake metric generation renewable_share_pct --by region_id --grain day --from 2026-02-20 --to 2026-03-20"
    )
    assert command.endswith('--where "region_id = NYISO"')
    assert "SemanticClient().query(" in python
    assert json.loads(cube)["measures"] == ["generation.renewable_share_pct"]
    assert "select" in sql


def test_a_question_is_answered_shown_as_read_and_changed(
    open_page: Open, published: tuple[Settings, Snapshot]
) -> None:
    app = open_page(published[0].home, "ask", q="average load by region last week")
    assert not app.exception
    assert len(app.get("vega_lite_chart")) == 1
    assert "Read as" in words(app)
    assert len(app.dataframe[0].value) == 3
    app.multiselect(key="edit_by_average load by region last week").set_value(["load.local_hour"])
    app.button(key="FormSubmitter:edit-Ask again").click().run()
    assert not app.exception
    assert len(app.dataframe[0].value) == 24
    assert "changed by you" in words(app)


def test_a_question_that_is_not_understood_offers_others(open_page: Open, published: tuple[Settings, Snapshot]) -> None:
    app = open_page(published[0].home, "ask", q="prices in WEST yesterday")
    assert "Not answered" in app.warning[0].value
    assert not app.dataframe
    next(b for b in app.button if "NYISO.WEST" in b.label).click().run()
    assert not app.exception
    assert len(app.dataframe[0].value) > 0


def test_every_view_can_be_explored(open_page: Open, published: tuple[Settings, Snapshot]) -> None:
    app = open_page(published[0].home, "explorer", period="All")
    for view in load_model().views:
        app.selectbox(key="view").set_value(view).run()
        assert not app.exception, view
        assert not app.error, view
        assert len(app.dataframe) == 1, view


def test_the_dictionary_holds_and_finds_every_member(open_page: Open, published: tuple[Settings, Snapshot]) -> None:
    model = load_model()
    listed = entries(model)
    assert listed.height == sum(len(v.members) for v in model.views.values())
    assert listed.filter(pl.col("description") == "").is_empty()
    app = open_page(published[0].home, "dictionary", search="load-weighted", kind="measure")
    found = app.dataframe[0].value
    assert set(found["view"]) == {"prices"}
    assert "load_weighted_price_per_mwh" in set(found["member"])


def test_rows_leave_as_parquet(published: tuple[Settings, Snapshot]) -> None:
    from apps.streamlit_app.shell import _parquet

    rows = pl.DataFrame({"a": [1, None]})
    assert pl.read_parquet(io.BytesIO(_parquet(rows))).equals(rows)


def test_a_page_without_a_choice_shows_regions_that_share_a_time(open_page: Open, tmp_path: Path) -> None:
    """ERCOT's recording ended years before: what the page says of itself and what it shows are the same regions."""
    load = gold_tables()["fct_load_hourly"]
    times = [c for c in ("interval_start_utc", "interval_end_utc") if c in load.columns]
    old = pl.col("region_id") == "ERCOT"
    earlier = load.with_columns(
        pl.when(old).then(pl.col(c).dt.offset_by("-1095d")).otherwise(pl.col(c)).alias(c) for c in times
    )
    publish_sample(tmp_path, replaced={"fct_load_hourly": earlier})
    app = open_page(tmp_path, "prices")
    assert not app.exception
    text = words(app)
    assert "their data end at another time: ERCOT" in text
    table = next(t.value for t in app.dataframe)
    assert not any(z.startswith("ERCOT") for z in table["zone_id"])
    chosen = open_page(tmp_path, "prices", regions=["ERCOT"])
    assert {z.split(".")[0] for z in next(t.value for t in chosen.dataframe)["zone_id"]} == {"ERCOT"}
    assert "Data as of 20 Mar 2026" in words(chosen), "the period ends with the prices, not with a load of years before"
