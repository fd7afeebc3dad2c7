"""ISO-NE, PJM, MISO, SPP and ERCOT through gridstatus: its frames as one canonical CSV per dataset.

The library follows the operators' changing sites, and returns what it could get: a frame with holes, blanks or a stamp
without a zone is judged like any stranger's answer. It has no timeout of its own, so that a call is given up after a
time; it speaks to the operators itself, without our client.
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import math
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import ModuleType
from typing import Any

from extract.feed import Feed, Parsed, Payload
from extract.feeds.gridstatus import ISO_STAMP
from extract.feeds.spp import AREAS
from extract.http import HIDDEN, Answer
from extract.live.base import Asking, Connector, Lacks, Window, days, lacking, payload_of
from extract.regions import TIMEZONE
from gridlake.errors import PayloadRefused, UsageError
from gridlake.times import to_naive_utc

log = logging.getLogger(__name__)

GIVEN_UP_AFTER_S = 600.0
KEY_OF = {"PJM": "PJM_API_KEY"}
CLASS_OF = {"ERCOT": "Ercot", "ISONE": "ISONE", "MISO": "MISO", "PJM": "PJM", "SPP": "SPP"}
STAMPS = ("Time", "Interval Start", "Interval End", "Publish Time", "Forecast Time")


@dataclass(frozen=True)
class Call:
    """One method of gridstatus. minutes: length of its intervals. take: column of the frame to the zone it is (load), or
    empty for one value column per fuel. more: further arguments. parts: columns the library sums to the total, skipping
    blanks: an hour in which one is blank that has values else has no total."""

    method: str
    minutes: int
    take: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[str, ...] = ()


_LRZ = {f"LRZ{n.replace(' ', '_')} MTLF": f"LRZ{n}" for n in ("1", "2 7", "3 5", "4", "6", "8 9 10")}
DAY_AHEAD = {"market": "DAY_AHEAD_HOURLY"}
# What a day that is over can be asked for. SPP and MISO publish by-day files of hourly load only.
CALLS: dict[str, dict[str, Call]] = {
    "load": {
        "ERCOT": Call("get_load", 60, {"Load": "TOTAL"}),
        "ISONE": Call("get_load", 5, {"Load": "TOTAL"}),
        "MISO": Call("get_zonal_load_hourly", 60, {"MISO": "TOTAL"}),
        "PJM": Call("get_load", 5, {"Load": "TOTAL"}),
        "SPP": Call("get_hourly_load", 60, {"System Total": "TOTAL"}, parts=AREAS),
    },
    "load_forecast": {
        "ERCOT": Call("get_load_forecast", 60, {"System Total": "TOTAL"}),
        "ISONE": Call("get_load_forecast", 60, {"Load Forecast": "TOTAL"}),
        "MISO": Call("get_load_forecast", 60, {"MISO MTLF": "TOTAL", **_LRZ}),
    },
    "lmp": {
        "ERCOT": Call("get_spp", 60, more={**DAY_AHEAD, "location_type": "Load Zone"}),
        "ISONE": Call("get_lmp", 60, more=DAY_AHEAD),
        "MISO": Call("get_lmp", 60, more=DAY_AHEAD),
        "PJM": Call("get_lmp", 60, more={**DAY_AHEAD, "locations": "hubs"}),
        "SPP": Call("get_lmp_day_ahead_hourly", 60, more={"location_type": "Hub"}),
    },
    "fuel_mix": {
        "ERCOT": Call("get_fuel_mix", 5),
        "ISONE": Call("get_fuel_mix", 60),  # at irregular instants: every hour must have one
        "MISO": Call("get_fuel_mix", 5),
        "PJM": Call("get_fuel_mix", 60),
    },
}
HEADER = {
    "load": ("operator", "interval_start", "interval_end", "zone", "load"),
    "load_forecast": ("operator", "interval_start", "interval_end", "published", "zone", "load_forecast"),
    "lmp": (
        "operator", "interval_start", "interval_end", "market", "location", "location_type", "lmp", "energy",
        "congestion", "loss",
    ),
    "fuel_mix": ("operator", "interval_start", "interval_end", "fuel", "generation"),
}  # fmt: skip
SERIES = {"load": "zone", "load_forecast": "zone", "lmp": "location", "fuel_mix": "fuel"}


def library() -> ModuleType:
    """gridstatus. Raises `UsageError` where the extra is not installed."""
    try:
        import gridstatus
    except ImportError as error:
        raise UsageError(
            "The library gridstatus is not installed.", "Install it: pip install gridlake[iso]."
        ) from error
    return gridstatus  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Gridstatus(Connector):
    """A day of one operator. PJM is asked where its key is set; GRIDLAKE_GRIDSTATUS names operators to ask only."""

    base: str = "https://pypi.org/project/gridstatus"
    dataset: str = "load"
    terms: str = "operators' public market data"

    @property
    def operators(self) -> list[str]:
        wanted = os.environ.get("GRIDLAKE_GRIDSTATUS", "").replace(" ", "").upper()
        found = []
        for operator in CALLS[self.dataset]:
            variable = KEY_OF.get(operator)
            if wanted and operator not in wanted.split(","):
                continue
            if variable and not os.environ.get(variable):
                log.warning("gridstatus_%s: %s is not asked: %s is not set", self.dataset, operator, variable)
                continue
            found.append(operator)
        return found

    def windows(self, feed: Feed, first: date, last: date) -> Iterator[Window]:
        for day in days(first, last):
            for operator in self.operators:
                yield Window(day, day, TIMEZONE[operator], operator)

    def payload(self, feed: Feed, window: Window, asking: Asking) -> Payload:
        frame = self._frame(feed, window)
        data = self.canonical(feed, window, frame)
        vintage = f"-{hashlib.sha256(data).hexdigest()[:12]}" if self.dataset == "load_forecast" else ""
        address = f"gridstatus:{window.part}/{self.dataset}/{window.first.isoformat()}{vintage}.csv"
        return payload_of(feed, Answer(data, 200, f"gridstatus-{window.part}-{window.first:%Y%m%d}"), address)

    def lacks(self, feed: Feed, parsed: Parsed, window: Window) -> Lacks:
        call = CALLS[self.dataset][window.part]
        value = "lmp" if self.dataset == "lmp" else HEADER[self.dataset][-1]
        return lacking(parsed.rows, window, call.minutes, (SERIES[self.dataset],), tuple(call.take.values()), value)

    def _frame(self, feed: Feed, window: Window) -> Any:
        gridstatus = library()
        call = CALLS[self.dataset][window.part]
        outcome: list[Any] = []

        def ask() -> None:
            try:
                operator = getattr(gridstatus, CLASS_OF[window.part])()
                outcome.append(getattr(operator, call.method)(date=window.first.isoformat(), **call.more))
            except Exception as error:  # whatever a library of strangers raises is a source that cannot be read
                outcome.append(error)

        thread = threading.Thread(target=ask, daemon=True, name=f"gridstatus {window.part}")
        thread.start()
        thread.join(GIVEN_UP_AFTER_S)
        problem, remedy = "", "Run again later; `pip install -U gridstatus` where the operator changed its site."
        if not outcome:
            problem = f"gridstatus gave no answer within {GIVEN_UP_AFTER_S:g} s"
        elif isinstance(outcome[0], Exception):
            problem = f"gridstatus says {type(outcome[0]).__name__}: {without_keys(str(outcome[0]))[:300]}"
            if type(outcome[0]).__name__ == "NotSupported":
                problem, remedy = "the operator does not offer that day", "Ask for recent days."
        if problem:
            raise PayloadRefused(feed.name, window.label, problem, remedy)
        return outcome[0]

    def canonical(self, feed: Feed, window: Window, frame: Any) -> bytes:
        """gridstatus's frame as the feed's CSV. Raises `PayloadRefused` naming a column that is missing."""
        if frame is None or not len(frame):
            raise PayloadRefused(
                feed.name, window.label, "the frame is empty", "Run again later; an empty answer is not a quiet grid."
            )
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(HEADER[self.dataset])
        call = CALLS[self.dataset][window.part]
        try:
            records = frame.to_dict("records")
            reported = [name for name in call.parts if any(_text(record[name]) for record in records)]
            for record in records:
                if not all(_text(record[name]) for name in reported):
                    record |= dict.fromkeys(call.take)
                writer.writerows(self._lines(window, call, record, list(frame.columns)))
        except KeyError as error:
            raise PayloadRefused(
                feed.name, window.label, f"has no column {error} (found {', '.join(map(str, frame.columns))[:300]})",
                "If gridstatus renamed the column, teach the connector its new name.",
            ) from error  # fmt: skip
        except (ValueError, AttributeError) as error:
            raise PayloadRefused(
                feed.name, window.label, f"holds a stamp that cannot be placed ({error})",
                "A wall clock without a zone is refused: report it to gridstatus.",
            ) from error  # fmt: skip
        return buffer.getvalue().encode()

    def _lines(
        self, window: Window, call: Call, record: Mapping[str, Any], columns: list[str]
    ) -> Iterator[tuple[str, ...]]:
        start = record["Interval Start"] if "Interval Start" in record else record["Time"]
        begun = _utc(start)
        until = _utc(record["Interval End"]) if "Interval End" in record else begun + timedelta(minutes=5)
        if self.dataset == "load" and not window.start <= begun < window.end:
            return  # some operators' files reach beyond the day
        span = (window.part, begun.strftime(ISO_STAMP), until.strftime(ISO_STAMP))
        if self.dataset == "lmp":
            value = record["LMP"] if "LMP" in columns else record["SPP"]
            parts = (_text(record.get(name)) for name in ("Energy", "Congestion", "Loss"))
            yield (
                *span, _text(record["Market"]), _text(record["Location"]), _text(record.get("Location Type")),
                _text(value), *parts,
            )  # fmt: skip
        elif self.dataset == "fuel_mix":
            for fuel in (name for name in columns if name not in STAMPS):
                yield (*span, fuel, _text(record[fuel]))
        else:
            issued = record.get("Publish Time", record.get("Forecast Time"))
            told = (_utc(issued).strftime(ISO_STAMP) if issued is not None else "",)
            for column, zone in call.take.items():
                yield (*span, *(told if self.dataset == "load_forecast" else ()), zone, _text(record[column]))


def _utc(stamp: Any) -> datetime:
    """A stamp with a zone as naive UTC. Raises `ValueError` for one without."""
    moment = stamp.to_pydatetime() if hasattr(stamp, "to_pydatetime") else stamp
    if not isinstance(moment, datetime) or moment != moment:
        raise ValueError(f"{stamp!r} is no stamp")
    return to_naive_utc(moment)


def _text(value: Any) -> str:
    """A cell as text; blank for none."""
    if value is None or (isinstance(value, float) and math.isnan(value)) or str(value) in ("NaT", "<NA>", "nan"):
        return ""
    return str(value)


def without_keys(text: str) -> str:
    """`text` without the value of any key the library may have been given."""
    for variable in KEY_OF.values():
        if secret := os.environ.get(variable):
            text = text.replace(secret, HIDDEN)
    from extract.http import redacted

    return redacted(text)
