"""`gridlake bench app`: how long the app's first page takes to be complete in a headless browser, and how long it takes to go to another.

Belongs here: starting the app over a home, driving Chromium, timing; and what tells that a page is complete (`tests/browser`
drives the app by the same words). Figures are printed and never asserted. A page is complete when its data are drawn, nothing
is loading and no script runs.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from apps.bench_query import published
from apps.streamlit_app.pages_list import PAGES, Page
from gridlake.errors import GridlakeError, UsageError
from gridlake.settings import PROJECT_ROOT, Settings

TURNS = 5
OVERVIEW_CHARTS = 5
BROWSER_ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SKELETONS = "[data-testid='stSkeleton'], [data-testid='stAppSkeleton'], [data-testid='stSpinner']"
# true once nothing is loading and no script runs
IDLE = "s => document.querySelectorAll(s).length === 0 && !document.querySelector(\"[data-testid='stApp'][data-test-script-state='running']\")"
CHARTS = "[data-testid='stVegaLiteChart'] canvas, [data-testid='stVegaLiteChart'] svg"
DRAWN = f"{CHARTS}, [data-testid='stDataFrame'] canvas"


def find_browser() -> str:
    """Path of a Chromium: $CHROMIUM, else the one on the path. Raises `FileNotFoundError` without one."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        raise FileNotFoundError("no chromium on this machine (Debian: apt-get install chromium)")
    return found


@contextmanager
def app_over(home: str, **environment: str) -> Iterator[str]:
    """The app over `home` on a free port of this machine, by its address; ended afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    known = os.environ | {"GRIDLAKE_HOME": home, "PYTHONPATH": str(PROJECT_ROOT)}
    known.pop("CUBE_API_URL", None)
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "apps/streamlit_app/app.py", "--server.port", str(port),
         "--server.address", "127.0.0.1", "--server.headless", "true"],
        cwd=PROJECT_ROOT, env=known | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                    break
            except OSError as error:
                if server.poll() is not None:
                    raise GridlakeError("The app ended as it started.", "Try `make up`.") from error
                time.sleep(0.25)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


def measure(settings: Settings) -> dict[str, Any]:
    """Seconds until the overview is complete, first and warm, and from each page's link to the page."""
    published(settings)
    try:
        from playwright.sync_api import sync_playwright

        browser = find_browser()
    except (ImportError, FileNotFoundError) as error:
        raise UsageError(f"bench app drives a browser: {error}.", "Install chromium and the extra dev.") from error
    with app_over(str(settings.home)) as url, sync_playwright() as player, tempfile.TemporaryDirectory() as kept:
        # With a profile on disk, as people have: of a private window Chromium keeps no compiled code, a second a page.
        profile = player.chromium.launch_persistent_context(
            kept, executable_path=browser, args=list(BROWSER_ARGUMENTS), viewport={"width": 1400, "height": 1000}
        )
        first, *warm = [_first_page(profile, url) for _ in range(TURNS + 1)]
        tab = profile.new_page()
        tab.set_default_timeout(120_000)
        tab.goto(url)
        _complete(tab, OVERVIEW_CHARTS)
        pages = [(section, page) for section, listed in PAGES.items() for page in listed]
        turns = [[_change(tab, section, page) for section, page in [*pages[1:], pages[0]]] for _ in range(2)]
        profile.close()
    names = [page.path for _, page in [*pages[1:], pages[0]]]
    rows = [
        {"page": name, "first_s": round(a, 2), "again_s": round(b, 2)} for name, a, b in zip(names, *turns, strict=True)
    ]
    changes = sorted(turns[1])
    return {
        "headline": f"the first page is complete in {median(warm):.2f} s warm (median of {TURNS}; {first:.2f} s the very first time), "
        f"another page in {median(changes):.2f} s (median of {len(changes)} pages, the slowest {changes[-1]:.2f} s)",
        "first_page_s": round(median(warm), 3), "very_first_s": round(first, 3),
        "change_s": round(median(changes), 3), "slowest_change_s": round(changes[-1], 3), "rows": rows,
    }  # fmt: skip


def _first_page(profile: Any, url: str) -> float:
    """Seconds from an empty tab to the complete overview; only the first time has the browser no file of the app."""
    tab = profile.new_page()
    tab.set_default_timeout(120_000)
    started = time.perf_counter()
    tab.goto(url)
    _complete(tab, OVERVIEW_CHARTS)
    seconds = time.perf_counter() - started
    tab.close()
    return seconds


def _change(tab: Any, section: str, page: Page) -> float:
    """Seconds from a click on the page's link to the complete page."""
    if section:  # a menu of the navigation
        tab.get_by_text(section, exact=True).first.click()
    link = tab.get_by_text(page.title, exact=True).first
    link.wait_for(state="visible")
    started = time.perf_counter()
    link.click()
    tab.get_by_role("heading", name="Grid overview" if page.path == "overview" else page.title, exact=True).wait_for(
        state="visible"
    )
    _complete(tab, 0 if page.path == "ask" else 1)
    return time.perf_counter() - started


def _complete(tab: Any, drawn: int) -> None:
    """Waits until at least so many charts or tables are drawn and the page rests."""
    tab.wait_for_function(
        "([s, n]) => document.querySelectorAll(s).length >= n", arg=[CHARTS if drawn > 1 else DRAWN, drawn]
    )
    tab.wait_for_function(IDLE, arg=SKELETONS)
