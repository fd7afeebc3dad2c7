"""The app as a person sees it, in a real browser over a real server: the overview closely, every other page once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from apps.bench_app import CHARTS, DRAWN, app_over
from apps.streamlit_app.pages_list import every_page
from gridlake.settings import Settings
from gridlake.snapshot import Snapshot
from tests.browser.shot import IDLE, SKELETONS, open_page
from tests.cube.conftest import SECRET, cube_home, cube_url
from tests.unit.semantic.conftest import published

__all__ = ["cube_home", "cube_url", "published"]
HEADINGS = ["Load in the last 24 hours against history", "Load by ISO", "Load forecast", "Fuel mix", "LMP by ISO"]


@pytest.fixture(scope="module")
def app_url(browser_path: str, published: tuple[Settings, Snapshot]) -> Iterator[str]:
    """The app over the sample."""
    with app_over(str(published[0].home)) as url:
        yield url


def test_the_page_shows_words_units_zone_and_charts(app_url: str, browser_path: str, tmp_path: Path) -> None:
    picture = tmp_path / "overview.png"
    with open_page(app_url, browser=browser_path, wait_for=["Data through", *HEADINGS]) as page:
        page.screenshot(path=str(picture))
        text = page.inner_text("body")
        drawn = page.locator("[data-testid='stVegaLiteChart'] canvas, [data-testid='stVegaLiteChart'] svg").count()
        assert page.locator(SKELETONS).count() == 0
        assert page.locator("[data-testid='stException']").count() == 0
        described = page.locator("[data-testid='stVegaLiteChart']").evaluate_all(
            "charts => charts.map(c => c.outerHTML).filter(h => /aria-label|alt=/.test(h)).length"
        )
        widths = page.locator("[data-testid='stVegaLiteChart']").evaluate_all(
            "charts => charts.map(c => c.clientWidth)"
        )
        metrics = page.locator("[data-testid='stMetricValue']").all_inner_texts()
        overflowing = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert "Traceback" not in text
    assert "SYNTHETIC" in text
    assert "20 Mar 2026 06:00 UTC" in text
    for unit in (" MW", "USD/MWh", "kg/MWh"):
        assert unit in text
    assert len(metrics) == 6
    assert not any("…" in m for m in metrics)
    assert drawn >= 5
    assert len(widths) == 5
    assert min(widths) > 400
    assert described == 5
    assert not overflowing
    assert picture.stat().st_size > 50_000  # a bare skeleton is a tenth of that


def test_the_address_carries_zone_and_regions(app_url: str, browser_path: str) -> None:
    with open_page(
        f"{app_url}/?tz=Local&regions=NYISO", browser=browser_path, wait_for=["02:00 EDT", "LMP by ISO"]
    ) as page:
        assert "1 of 1" in page.locator("[data-testid='stMetricValue']").all_inner_texts()
        page.get_by_text("UTC", exact=True).first.click()
        page.get_by_text("20 Mar 2026 06:00 UTC").first.wait_for(state="visible")
        assert "tz=Local" not in page.url
        assert "regions=NYISO" in page.url


def test_a_chart_leaves_as_rows_and_as_a_picture(app_url: str, browser_path: str, tmp_path: Path) -> None:
    with open_page(
        f"{app_url}/reliability?regions=NYISO&period=28+days",
        browser=browser_path,
        wait_for=["Data as of"],
        settle_ms=0,
    ) as page:
        files = {}
        for form in ("CSV", "Parquet", "PNG", "PDF"):
            with page.expect_download() as started:
                page.get_by_role("button", name=form, exact=True).first.click()
            files[form] = tmp_path / started.value.suggested_filename
            started.value.save_as(files[form])
    assert files["PNG"].name.startswith("gridlake_")
    assert pl.read_csv(files["CSV"], comment_prefix="#").columns == pl.read_parquet(files["Parquet"]).columns
    with Image.open(files["PNG"]) as picture:
        assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 10, "a blank picture"
    assert files["PDF"].read_bytes().startswith(b"%PDF-")
    assert b"/Count 1" in files["PDF"].read_bytes()


def test_every_page_opens_without_an_error_and_keeps_the_choice(app_url: str, browser_path: str) -> None:
    """One browser for all pages: starting it costs more than a page."""
    choice = "regions=NYISO&period=28+days&tz=Local"
    with open_page(f"{app_url}/?{choice}", browser=browser_path, wait_for=["regions NYISO"], settle_ms=0) as opened:
        for page in every_page()[1:]:
            opened.goto(f"{app_url}/{page.path}?{choice}")
            opened.get_by_role("heading", name=page.title, exact=True).wait_for(state="visible")
            opened.get_by_text("Data as of").first.wait_for(state="visible")
            opened.wait_for_function(IDLE, arg=SKELETONS)
            text = opened.inner_text("[data-testid='stMain']")
            assert "regions NYISO" in text, page.path
            assert "SYNTHETIC" in text, page.path
            assert "02:00 EDT" in text, page.path
            assert "Page not found" not in text, page.path
            assert opened.locator("[data-testid='stException'], [data-testid='stAlertContentError']").count() == 0, (
                page.path
            )
            assert opened.locator(DRAWN).first.is_visible(), page.path
            assert not opened.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"), (
                page.path
            )
        opened.get_by_text("Markets", exact=True).first.click()
        opened.get_by_text("Trading", exact=True).first.click()
        opened.get_by_role("heading", name="Trading").wait_for(state="visible")
        opened.get_by_text("regions NYISO").first.wait_for(state="visible")
        opened.wait_for_function("location.search.includes('regions=NYISO') && location.search.includes('tz=Local')")


def test_the_same_app_runs_on_cube(browser_path: str, published: tuple[Settings, Snapshot], cube_url: str) -> None:
    """Its numbers are Cube's: the embedded engine is told of a home, Cube answers."""
    with (
        app_over(str(published[0].home), CUBE_API_URL=cube_url, CUBE_API_SECRET=SECRET) as url,
        open_page(url, browser=browser_path, wait_for=["Data through", *HEADINGS], settle_ms=0) as opened,
    ):
        assert len(opened.locator("[data-testid='stMetricValue']").all_inner_texts()) == 6
        assert opened.locator(CHARTS).count() >= 5
        opened.goto(f"{url}/prices?regions=NYISO&period=28+days")
        opened.get_by_role("heading", name="Prices", exact=True).wait_for(state="visible")
        opened.get_by_text("Data as of").first.wait_for(state="visible")
        opened.wait_for_function(IDLE, arg=SKELETONS)
        assert opened.locator("[data-testid='stException'], [data-testid='stAlertContentError']").count() == 0
        assert opened.locator(DRAWN).first.is_visible()
