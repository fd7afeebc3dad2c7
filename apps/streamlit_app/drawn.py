"""A chart as it goes to the page: its specification once, its rows beside it, and both kept while they stay the same.

Belongs here: what makes a page quick to draw again. Does not belong here: marks and colours, Streamlit, queries.

Altair takes most of the time it takes to draw a page, and a page is drawn again for every visitor and every minute, though its
rows change with a new snapshot only. Rows travel as Arrow under one name, whatever they hold: a layered chart would otherwise
carry them once for each layer, and new rows under a new name would make the browser build the chart anew instead of moving it.
"""

from __future__ import annotations

import hashlib
import io
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property, wraps
from threading import Lock
from typing import Any, ParamSpec

import altair as alt
import polars as pl
from altair.utils import schemapi

schemapi.disable_debug_mode()  # a chart is validated as a whole, by the tests and for a picture, not piece by piece as it is made

ROWS = "rows"
KEPT, KEPT_ROWS = 128, 10_000
P = ParamSpec("P")


class Drawn:
    """A chart over `rows`, which its specification knows as `ROWS`."""

    def __init__(self, chart: alt.TopLevelMixin, rows: pl.DataFrame) -> None:
        self._chart = chart
        self.rows = rows

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The specification without its rows. The tests validate it: here that would take half of a page's time."""
        found: dict[str, Any] = self._chart.to_dict(validate=False)
        return found

    @cached_property
    def for_page(self) -> dict[str, Any]:
        """The specification with its rows as Arrow, as Streamlit sends them."""
        stream = io.BytesIO()
        whole = self.rows.with_columns(
            pl.selectors.integer().cast(pl.Float64)
        )  # a browser's 64-bit integers are no numbers
        whole.write_ipc_stream(stream, compat_level=pl.CompatLevel.oldest())
        return {**self.spec, "datasets": {ROWS: stream.getvalue()}}

    def to_dict(self) -> dict[str, Any]:
        """The whole specification, validated, with its rows in it: for a picture, or to be looked at."""
        found: dict[str, Any] = self._chart.to_dict()
        return {**found, "datasets": {ROWS: self.rows.to_dicts()}}


def over_rows() -> alt.Chart:
    """A chart over the rows that `Drawn` will be given."""
    return alt.Chart(alt.NamedData(name=ROWS))


def kept(draw: Callable[P, Drawn]) -> Callable[P, Drawn]:
    """`draw`, which answers with the chart it drew before where it is asked for the same one again."""
    found: OrderedDict[str, Drawn] = OrderedDict()
    lock = Lock()

    @wraps(draw)
    def drawn(*args: P.args, **named: P.kwargs) -> Drawn:
        key = repr([_mark(a) for a in args] + sorted((name, _mark(a)) for name, a in named.items()))
        with lock:
            if key in found:
                found.move_to_end(key)
                return found[key]
        made = draw(*args, **named)
        if made.rows.height <= KEPT_ROWS:  # what is kept must not grow without an end
            with lock:
                found[key] = made
                while len(found) > KEPT:
                    found.popitem(last=False)
        return made

    return drawn


def _mark(value: Any) -> str:
    """What tells a frame, or anything else a chart is drawn from, from another one."""
    if not isinstance(value, pl.DataFrame):
        return repr(value)
    rows = hashlib.blake2b(value.hash_rows().to_numpy().tobytes(), digest_size=16).hexdigest()
    return f"{value.schema} {value.height} {rows}"
