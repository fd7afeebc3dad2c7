"""The app's pages: where they stand in the navigation and under which address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apps.streamlit_app import (
    ask,
    dictionary,
    explorer,
    forecasts,
    generation,
    meters,
    overview,
    pipeline,
    plants,
    prices,
    quality,
    reliability,
    trading,
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """A page: `path` is its address, `body` draws it."""

    path: str
    title: str
    icon: str
    body: Callable[[], None]


PAGES: dict[str, list[Page]] = {
    "": [
        Page("overview", "Overview", ":material/bolt:", overview.page),
        Page("ask", "Ask", ":material/forum:", ask.page),
    ],
    "Grid": [
        Page("forecasts", "Forecasts and skill", ":material/trending_up:", forecasts.page),
        Page("generation", "Generation and carbon", ":material/eco:", generation.page),
        Page("reliability", "Reliability", ":material/health_and_safety:", reliability.page),
        Page("plants", "Plants", ":material/factory:", plants.page),
        Page("meters", "Meters and customers", ":material/electric_meter:", meters.page),
    ],
    "Markets": [
        Page("prices", "Prices", ":material/payments:", prices.page),
        Page("trading", "Trading", ":material/swap_horiz:", trading.page),
    ],
    "Data": [
        Page("quality", "Anomalies and data quality", ":material/fact_check:", quality.page),
        Page("pipeline", "Pipeline", ":material/account_tree:", pipeline.page),
        Page("explorer", "Metric explorer", ":material/search:", explorer.page),
        Page("dictionary", "Data dictionary", ":material/menu_book:", dictionary.page),
    ],
}


def every_page() -> list[Page]:
    return [page for pages in PAGES.values() for page in pages]
