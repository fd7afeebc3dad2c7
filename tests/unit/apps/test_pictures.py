"""Charts as files to take away: not blank, with heading, words, age and origin, and without the network."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import polars as pl
import pytest
from PIL import Image

from apps.streamlit_app import marks, pictures
from gridlake.errors import GridlakeError


@pytest.fixture
def spec() -> dict[str, Any]:
    frame = pl.DataFrame(
        {"interval_start_utc": [datetime(2026, 3, 1, h) for h in range(6)], "region_id": ["NYISO"] * 6, "load_mw": [1.0, 3, 2, 5, 4, 6]}
    )  # fmt: skip
    drawn = marks.lines(frame, "load_mw", "region_id", ["NYISO"], "Load (MW)", "UTC").to_dict()
    return pictures.picture_of(drawn, "load_by_iso", ["Load of each region, MW. " * 8, "SYNTHETIC · data as of noon"])


def test_a_picture_carries_heading_words_and_origin(spec: dict[str, Any]) -> None:
    assert spec["title"]["text"] == "Load by ISO"
    assert spec["title"]["subtitle"][-1] == "SYNTHETIC · data as of noon"
    assert max(map(len, spec["title"]["subtitle"])) <= pictures.LETTERS_A_LINE
    assert spec["config"]["background"] == "#FFFFFF"


@pytest.mark.parametrize(
    ("name", "heading"), [("lmp_by_iso", "LMP by ISO"), ("forecast_NYISO", "Forecast NYISO"), ("fuel_mix", "Fuel mix")]
)
def test_a_name_becomes_a_heading(name: str, heading: str) -> None:
    assert pictures.heading_of(name) == heading


def test_a_png_shows_the_line_and_a_pdf_has_a_page(spec: dict[str, Any]) -> None:
    with Image.open(io.BytesIO(pictures.render(spec, "png"))) as picture:
        seen = {color for _, color in picture.convert("RGB").getcolors(1 << 24) or []}
    assert (0x00, 0x72, 0xB2) in seen, "the line's own colour"
    assert (255, 255, 255) in seen
    pdf = pictures.render(spec, "pdf")
    assert pdf.startswith(b"%PDF-")
    assert b"/Count 1" in pdf


def test_nothing_is_fetched_for_a_picture(spec: dict[str, Any]) -> None:
    with pytest.raises(GridlakeError, match="cannot be drawn"):
        pictures.render({**spec, "data": {"url": "https://example.org/rows.json"}}, "png")
