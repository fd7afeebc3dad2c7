"""The app as a person sees it, in a real browser over a real server: the overview closely, every other page once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.streamlit_app.pages_list import every_page
from gridlake.settings import PROJECT_ROOT, Settings
from gridlake.snapshot import Snapshot
from tests.browser.shot import IDLE, SKELETONS, open_page
from tests.unit.semantic.conftest import published

__all__ = ["published"]
DRAWN = (
    "[data-testid='stVegaLiteChart'] canvas, [data-testid='stVegaLiteChart'] svg, [data-testid='stDataFrame'] canvas"
)
HEADINGS = ["Load in the last 24 hours against history", "Load by ISO", "Load forecast", "Fuel mix", "LMP by ISO"]


@pytest.fixture(scope="module")
def app_url(browser_path: str, published: tuple[Settings, Snapshot]) -> Iterator[str]:
    """A Streamlit server over the sample on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"GRIDLAKE_HOME": str(published[0].home), "PYTHONPATH": str(PROJECT_ROOT)}
    environment.pop("CUBE_API_URL", None)
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "apps/streamlit_app/app.py", "--server.port", str(port),
         "--server.address", "127.0.0.1", "--server.headless", "true"],
        cwd=PROJECT_ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                    break
            except OSError:
                assert server.poll() is None, "streamlit ended"
                time.sleep(0.5)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


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
