"""Regions as feeds know them: which wall clock each keeps, and by what code a source names it.

Belongs here: what parsers need to place a row. Zones, names, areas and populations stand in the seed `regions`.
"""

from __future__ import annotations

import csv
import re
from datetime import date, datetime

import polars as pl

from extract.feed import Payload
from gridlake.settings import PROJECT_ROOT
from gridlake.times import local_midnight_utc


def _timezones() -> dict[str, str]:
    with (PROJECT_ROOT / "dbt_project" / "seeds" / "regions.csv").open(encoding="utf-8", newline="") as file:
        return {row["region_id"]: row["timezone"] for row in csv.DictReader(file)}


# Which wall clock each region keeps: the warehouse's seed says it, once.
TIMEZONE = _timezones()

# Balancing authority codes of form EIA-930.
REGION_OF_BALANCING_AUTHORITY = {
    "CISO": "CAISO", "ERCO": "ERCOT", "ISNE": "ISONE", "MISO": "MISO", "NYIS": "NYISO", "PJM": "PJM", "SWPP": "SPP",
}  # fmt: skip


def region_of_authority(code: str) -> str | None:
    """The region of an EIA balancing authority; None for a code nobody knows. Authorities other than ISOs are regions.

    >>> region_of_authority("CISO"), region_of_authority("BPAT"), region_of_authority("EIA")
    ('CAISO', 'BPAT', None)
    """
    region = REGION_OF_BALANCING_AUTHORITY.get(code, code)
    return region if region in TIMEZONE else None


NYISO_LOAD_ZONES = (
    "CAPITL", "CENTRL", "DUNWOD", "GENESE", "HUD VL", "LONGIL", "MHK VL", "MILLWD", "N.Y.C.", "NORTH", "WEST",
)  # fmt: skip
# Proxy buses of neighbouring systems, priced beside the zones: Hydro-Québec, New England, Ontario, PJM.
NYISO_PROXIES = ("H Q", "NPX", "O H", "PJM")

_DAY_IN_NAME = re.compile(r"^(\d{4})(\d{2})(\d{2})")


def day_in_name(name: str) -> date | None:
    """The day a file name begins with (`20171122pal.csv`); None where it begins otherwise."""
    match = _DAY_IN_NAME.match(name)
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def month_after(day: date) -> date:
    """First day of the month after the one `day` lies in."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def declared_window(payload: Payload, timezone: str) -> tuple[datetime, datetime] | None:
    """What a file's name promises to hold, as naive UTC [start, end): a local month for `YYYYMM01<kind>_csv.zip`, a
    local day for `YYYYMMDD<kind>.csv`; None where the name tells no day.
    """
    first = day_in_name(payload.name)
    if first is None:
        return None
    if "_csv.zip" in payload.name:
        first = first.replace(day=1)
        after = month_after(first)
    else:
        after = date.fromordinal(first.toordinal() + 1)
    return local_midnight_utc(first, timezone), local_midnight_utc(after, timezone)


def extent(rows: pl.DataFrame) -> tuple[datetime, datetime] | None:
    """First interval's start to last interval's end: what a file without a day in its name covers. None without rows."""
    if not rows.height:
        return None
    first, last = rows.select(pl.col("interval_start_utc").min(), pl.col("interval_end_utc").max()).row(0)
    return first, last
