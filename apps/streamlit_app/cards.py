"""The overview's cards: one number each, its change on the same hour a week before, and the 24 hours that lead to it.

Belongs here: which regions a card sums and what it says of those it leaves out. Does not belong here: drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from apps.streamlit_app.grid import (
    HEALTH_DAYS,
    NO_INTERFACES,
    WINDOW,
    Scope,
    ask,
    load_by_region,
    prices_by_region,
    total_of,
    whole_times,
)
from gridlake.times import HOUR

if TYPE_CHECKING:
    from semantic.client import SemanticClient

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Card:
    """One number: its value at `hour_utc` (None where there is none), its change on the week before, and what led to it."""

    value: float | None
    hour_utc: datetime | None
    change_pct: float | None
    trend: list[float]
    note: str = ""


def card_of(series: pl.DataFrame, value: str, note: str = "") -> Card:
    """The latest value of an hourly series, its change on the same hour a week before, and the 24 hours that lead to it."""
    known = series.drop_nulls(value)
    if known.is_empty():
        return Card(None, None, None, [], note)
    hour = known["interval_start_utc"].max()
    assert isinstance(hour, datetime)
    at = dict(zip(known["interval_start_utc"].to_list(), known[value].to_list(), strict=True))
    before = at.get(hour - WEEK)
    change = 100 * (at[hour] - before) / abs(before) if before else None
    trend = known.filter(pl.col("interval_start_utc") > hour - 24 * HOUR)[value].to_list()
    return Card(at[hour], hour, change, trend, note)


def load_card(client: SemanticClient, at: Scope) -> Card:
    """Load summed over the scope's regions, MW."""
    return card_of(total_of(load_by_region(client, at, WEEK + WINDOW), "load_mw", at.ids), "load_mw")


def reporting_card(client: SemanticClient, at: Scope) -> Card:
    """How many of the scope's regions tell a load, hour by hour."""
    each = load_by_region(client, at, WEEK + WINDOW).group_by("interval_start_utc")
    counted = each.agg(regions=pl.col("load_mw").is_not_null().sum().cast(pl.Float64)).sort("interval_start_utc")
    return card_of(counted, "regions")


def completeness_card(client: SemanticClient, at: Scope) -> Card:
    """Share of the load records of the last seven whole days that came, %; the change is in points on the seven before."""
    last = at.hour_utc.date()
    span = [str(last - timedelta(days=2 * HEALTH_DAYS)), str(last - timedelta(days=1))]
    measures = ["total_expected_intervals", "total_hole_intervals"]
    days = client.query(
        {
            "measures": [f"data_quality.{m}" for m in measures],
            "timeDimensions": [{"dimension": "data_quality.local_date", "granularity": "day", "dateRange": span}],
            "filters": [
                {"member": "data_quality.region_id", "operator": "equals", "values": at.ids},
                {"member": "data_quality.subject", "operator": "equals", "values": ["load"]},
            ],
        }
    ).frame.filter(pl.col(measures[0]) > 0)
    recent = pl.col("local_date") > last - timedelta(days=HEALTH_DAYS + 1)

    def share(found: pl.DataFrame) -> float | None:
        expected, holes = (float(found[m].sum()) for m in measures)
        return 100 * (expected - holes) / expected if expected else None

    now, before = share(days.filter(recent)), share(days.filter(~recent))
    change = now - before if now is not None and before is not None else None
    trend = [share(day) or 0.0 for day in days.partition_by("local_date")]
    return Card(now, None, change, trend)


def renewable_card(client: SemanticClient, at: Scope) -> tuple[Card, float | None]:
    """Renewable generation summed over the regions that report it, MW, and its share of generation, %."""
    span = (at.hour_utc - WEEK - WINDOW + HOUR, at.hour_utc)
    by_fuel = ask(client, "generation", ["total_generation_mwh"], ["fuel_name", "is_renewable"], at.ids, span)
    by_fuel = whole_times(by_fuel.drop_nulls("total_generation_mwh"), "interval_start_utc")
    mwh = pl.col("total_generation_mwh")
    found = by_fuel.group_by("region_id", "interval_start_utc").agg(
        mwh.sum(), total_renewable_mwh=mwh.filter("is_renewable").sum()
    )
    ids = found["region_id"].unique().to_list()
    renewable = total_of(found, "total_renewable_mwh", ids)
    card = card_of(renewable, "total_renewable_mwh", _silent(at, ids, "generation"))
    if card.hour_utc is None or card.value is None:
        return card, None
    told = by_fuel.filter(~pl.col("is_renewable") & (mwh != 0))["region_id"].unique().to_list()
    if set(told) != set(ids):  # who tells of wind and sun alone tells no share
        return card, None
    total = float(found.filter(pl.col("interval_start_utc") == card.hour_utc)["total_generation_mwh"].sum())
    return card, 100 * card.value / total if total else None


def price_card(client: SemanticClient, at: Scope, market: str) -> tuple[Card, str]:
    """Mean price over the zones of the regions that share the commonest currency, and that currency."""
    by_region = prices_by_region(client, at, market).drop_nulls("price_per_mwh")
    if by_region.is_empty():
        return Card(None, None, None, []), ""
    seen = by_region.select("region_id", "currency").unique()
    currency = seen.group_by("currency").len().sort("len", "currency", descending=[True, False])["currency"][0]
    ids = seen.filter(pl.col("currency") == currency)["region_id"].to_list()
    span = (at.hour_utc - WEEK - WINDOW + HOUR, at.hour_utc)
    hourly = client.query(
        {
            "measures": ["prices.average_price_per_mwh"],
            "timeDimensions": [
                {
                    "dimension": "prices.interval_start_utc",
                    "granularity": "hour",
                    "dateRange": [t.isoformat() for t in span],
                }
            ],
            "filters": [
                {"member": "prices.region_id", "operator": "equals", "values": ids},
                {"member": "prices.market_id", "operator": "equals", "values": [market]},
                NO_INTERFACES,
            ],
        }
    ).frame
    return card_of(hourly, "average_price_per_mwh", _silent(at, ids, f"{currency} prices")), currency


def carbon_card(client: SemanticClient, at: Scope) -> Card:
    """Emissions over generation of the regions that report generation, kg/MWh, each summed first."""
    span = (at.hour_utc - WEEK - WINDOW + HOUR, at.hour_utc)
    found = ask(client, "carbon", ["total_emissions_kg", "average_carbon_intensity_kg_per_mwh"], [], at.ids, span)
    ids = found.drop_nulls("total_emissions_kg")["region_id"].unique().to_list()
    if not ids:
        return Card(None, None, None, [], _silent(at, ids, "emissions"))
    hourly = client.query(
        {
            "measures": ["carbon.average_carbon_intensity_kg_per_mwh"],
            "timeDimensions": [
                {
                    "dimension": "carbon.interval_start_utc",
                    "granularity": "hour",
                    "dateRange": [t.isoformat() for t in span],
                }
            ],
            "filters": [{"member": "carbon.region_id", "operator": "equals", "values": ids}],
        }
    ).frame
    complete = total_of(found, "total_emissions_kg", ids).drop_nulls("total_emissions_kg").select("interval_start_utc")
    series = hourly.join(complete, on="interval_start_utc", how="semi")
    return card_of(series, "average_carbon_intensity_kg_per_mwh", _silent(at, ids, "emissions"))


def _silent(at: Scope, ids: Sequence[str], what: str) -> str:
    """Which of the scope's regions a number leaves out."""
    missing = [r for r in at.ids if r not in ids]
    return f"no {what} from {', '.join(missing)}" if missing and ids else ""
