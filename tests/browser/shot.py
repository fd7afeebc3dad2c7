"""A page as a person sees it: Chromium, the words waited for, a picture.

    python -m tests.browser.shot --url http://localhost:8501 --output page.png --wait-for "Data through"

Belongs here: driving the browser. What a page must show stands in the tests.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apps.bench_app import BROWSER_ARGUMENTS, IDLE, SKELETONS, find_browser


@contextmanager
def open_page(
    url: str,
    *,
    browser: str = "",
    width: int = 1400,
    height: int = 2000,
    wait_for: Sequence[str] = (),
    settle_ms: int = 1500,
    timeout_s: float = 60.0,
) -> Iterator[Any]:
    """Playwright's page at `url`, once every text of `wait_for` is visible and nothing is loading any more."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=browser or find_browser(), args=list(BROWSER_ARGUMENTS))
        try:
            page = chromium.new_page(viewport={"width": width, "height": height}, timezone_id="Asia/Kolkata")
            page.set_default_timeout(timeout_s * 1000)
            page.goto(url)
            for text in wait_for:
                page.get_by_text(text).first.wait_for(state="visible")
            page.wait_for_function(
                IDLE,
                arg=SKELETONS,
            )
            page.wait_for_timeout(settle_ms)  # charts draw after the words
            yield page
        finally:
            chromium.close()


def take_screenshot(url: str, output: Path, *, full_page: bool = False, **arguments: Any) -> Path:
    """A PNG of the page at `url`, waited for as in `open_page`."""
    with open_page(url, **arguments) as page:
        output.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(output), full_page=full_page)
    return output


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--wait-for", action="append", default=[], help="A text that must be visible; may be repeated.")
    parser.add_argument("--width", type=int, default=1400)
    parser.add_argument("--height", type=int, default=2000)
    parser.add_argument("--settle-ms", type=int, default=1500)
    parser.add_argument("--full-page", action="store_true")
    chosen = parser.parse_args()
    print(
        take_screenshot(
            chosen.url,
            chosen.output,
            full_page=chosen.full_page,
            wait_for=chosen.wait_for,
            width=chosen.width,
            height=chosen.height,
            settle_ms=chosen.settle_ms,
        )
    )


__all__ = ["IDLE", "SKELETONS", "find_browser", "open_page", "take_screenshot"]

if __name__ == "__main__":
    main()
