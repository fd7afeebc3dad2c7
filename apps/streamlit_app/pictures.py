"""A chart as a picture to take away: PNG or PDF, drawn without a browser, Node or the network.

Belongs here: what stands around the marks once they leave the page (heading, words, age and origin of the data).
Does not belong here: Streamlit, queries.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from gridlake.errors import GridlakeError

Form = Literal["png", "pdf"]
MIME: dict[Form, str] = {"png": "image/png", "pdf": "application/pdf"}
WIDTH, LETTERS_A_LINE = 900, 130
ACRONYMS = {"lmp": "LMP", "iso": "ISO", "co2": "CO₂", "mape": "MAPE", "rt": "RT", "da": "DA"}
# always on white: a picture goes into a document, whatever theme the page had
LOOK: dict[str, Any] = {
    "background": "#FFFFFF",
    "font": "Liberation Sans, Arial, sans-serif",
    "view": {"stroke": "#DDDDDD"},
    "title": {"anchor": "start", "fontSize": 16, "subtitleFontSize": 11, "subtitleColor": "#555555", "offset": 12},
}


def heading_of(name: str) -> str:
    """A chart's name in words: `lmp_by_iso` is "LMP by ISO"; what is written with capitals stays."""
    words = [ACRONYMS.get(w, w) for w in name.split("_")]
    first = words[0] if words[0] != words[0].lower() else words[0].capitalize()
    return " ".join([first, *words[1:]])


def picture_of(spec: Mapping[str, Any], name: str, words: Sequence[str]) -> dict[str, Any]:
    """`spec` with its heading and `words` above the marks, one paragraph each, on white."""
    lines = [line for paragraph in words for line in textwrap.wrap(paragraph, LETTERS_A_LINE)]
    return {
        **spec,
        "width": WIDTH,
        "padding": 16,
        "title": {"text": heading_of(name), "subtitle": lines},
        "config": {**spec.get("config", {}), **LOOK},
    }


def render(spec: Mapping[str, Any], form: Form) -> bytes:
    """The picture's bytes. Raises `GridlakeError` where the renderer refuses the chart."""
    return _rendered(json.dumps(spec, sort_keys=True, default=str), form)


@lru_cache(maxsize=16)
def _rendered(spec: str, form: Form) -> bytes:
    import vl_convert  # the renderer takes memory: only who asks for a picture loads it

    try:
        if form == "png":
            drawn: bytes = vl_convert.vegalite_to_png(spec, scale=2, allowed_base_urls=[])
        else:
            drawn = vl_convert.vegalite_to_pdf(spec, allowed_base_urls=[])
    except ValueError as error:
        raise GridlakeError(f"The chart cannot be drawn as {form.upper()}: {error}", "Take its rows as CSV.") from error
    return drawn
