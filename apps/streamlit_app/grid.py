"""What the overview shows, asked from the semantic layer and made complete: a row for every hour, nulls where nothing came.

Belongs here: queries and the shaping that drawing needs (which regions may be summed, hour grids, the band of earlier
days). Does not belong here: definitions of metrics (the semantic model), Streamlit, charts.

Every frame has `interval_start_utc` as naive UTC; hourly MWh is the mean MW of the hour and is named so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from apps.streamlit_app.clock import hour_grid, in_zone
from gridlake.times import HOUR

if TYPE_CHECKING:
    from semantic.client import SemanticClient

SAME_AS_OF = 12 * HOUR  # one local day ends within so many hours all over a continent, or an ocean
LATE_AFTER = 3 * HOUR  # a region so far behind its group is left out of sums and named
HISTORY_DAYS = 56
WINDOW = 48 * HOUR
HEALTH_DAYS = 7
SKILL_DAYS = 28


@dataclass(frozen=True)
class Region:
    """A region with load: its zone, its latest hour with a value, and the moment its data stand for."""

    region_id: str
    region_name: str
    timezone: str
    through_utc: datetime  # start of the latest hour with load
    as_of_utc: datetime

    @property
    def lag(self) -> timedelta:
        """How far the end of the latest hour with load lies behind the as-of."""
        return max(self.as_of_utc - self.through_utc - HOUR, timedelta(0))


@dataclass(frozen=True)
class Scope:
    """The regions that share an as-of and may be summed, and those that may not."""

    regions: tuple[Region, ...]
    left_out: tuple[Region, ...]
    hour_utc: datetime  # start of the latest hour that all of `regions` have reached
    as_of_utc: datetime
    known: tuple[str, ...] = ()  # every region there is, chosen or not

    @property
    def ids(self) -> list[str]:
        return [r.region_id for r in self.regions]


def regions(
    client: SemanticClient, as_of: Mapping[str, str], view: str = "load", latest: str = "latest_interval_start_utc"
) -> list[Region]:
    """Every region of a view, by id, through its `latest`, an hour or a whole day. `as_of` is the manifest's; a region it
    does not name stands at the end of its latest hour."""
    found = client.query(
        {
            "measures": [f"{view}.{latest}"],
            "dimensions": [f"{view}.region_id", f"{view}.region_name", f"{view}.timezone"],
            "order": [[f"{view}.region_id", "asc"]],
        }
    ).frame.drop_nulls([latest, "region_id"])
    listed = []
    for region_id, name, zone, last in found.iter_rows():
        through = last if isinstance(last, datetime) else datetime.combine(last, time(23))
        stated = (
            datetime.fromisoformat(as_of[region_id]).replace(tzinfo=None) if as_of.get(region_id) else through + HOUR
        )
        listed.append(Region(region_id, name or region_id, zone or "UTC", through, stated))
    return listed


def scope(listed: Sequence[Region], known: Sequence[str] = ()) -> Scope:
    """The largest group of `listed` whose as-ofs lie within half a day (of equal ones the latest), late regions left out.

    Recordings of one local day end at different instants in different zones: such regions share their as-of, and
    `hour_utc` is one that all of them have reached. Raises `ValueError` for no regions.
    """
    if not listed:
        raise ValueError("no regions")
    groups = {
        newest: [r for r in listed if timedelta(0) <= newest - r.as_of_utc <= SAME_AS_OF]
        for newest in {r.as_of_utc for r in listed}
    }
    as_of, group = max(groups.items(), key=lambda item: (len(item[1]), item[0]))
    least_lag = min(r.lag for r in group)
    kept = tuple(r for r in group if r.lag - least_lag <= LATE_AFTER)
    left_out = tuple(r for r in listed if r not in kept)
    hour = min(r.through_utc for r in kept)
    return Scope(kept, left_out, hour, as_of, tuple(known) or tuple(r.region_id for r in listed))


def ask(
    client: SemanticClient,
    view: str,
    measures: Sequence[str],
    by: Sequence[str],
    ids: Sequence[str],
    span: tuple[datetime, datetime],
    filters: Sequence[Mapping[str, Any]] = (),
) -> pl.DataFrame:
    """Hourly measures by region and `by`, for hours that start from `span[0]` to `span[1]`, both included."""
    return client.query(
        {
            "measures": [f"{view}.{m}" for m in measures],
            "dimensions": [f"{view}.{d}" for d in ("region_id", *by)],
            "timeDimensions": [
                {
                    "dimension": f"{view}.interval_start_utc",
                    "granularity": "hour",
                    "dateRange": [span[0].isoformat(), span[1].isoformat()],
                }
            ],
            "filters": [{"member": f"{view}.region_id", "operator": "equals", "values": list(ids)}, *filters],
        }
    ).frame


def load_by_region(client: SemanticClient, at: Scope, hours: timedelta = WINDOW) -> pl.DataFrame:
    """region_id, interval_start_utc, load_mw, operator_forecast_mw, is_imputed; a row for every region and hour."""
    span = (at.hour_utc - hours + HOUR, at.hour_utc)
    measures = ["total_load_mwh", "total_operator_forecast_mwh", "count_imputed"]
    found = ask(client, "load", measures, [], at.ids, span)
    grid = hour_grid(*span).join(pl.DataFrame({"region_id": at.ids}), how="cross")
    return (
        grid.join(found, on=["region_id", "interval_start_utc"], how="left")
        .select(
            "region_id",
            "interval_start_utc",
            load_mw="total_load_mwh",
            operator_forecast_mw="total_operator_forecast_mwh",
            is_imputed=pl.col("count_imputed").fill_null(0) > 0,
        )
        .sort("region_id", "interval_start_utc")
    )


def total_of(frame: pl.DataFrame, value: str, ids: Sequence[str]) -> pl.DataFrame:
    """`value` summed over regions by hour; null where one of `ids` has none, so that no sum is quietly partial."""
    complete = pl.col(value).is_not_null().sum() == len(ids)
    flags = [pl.col("is_imputed").any()] if "is_imputed" in frame.columns else []
    return (
        frame.filter(pl.col("region_id").is_in(list(ids)))
        .group_by("interval_start_utc")
        .agg(pl.when(complete).then(pl.col(value).sum()).otherwise(None).alias(value), *flags)
        .sort("interval_start_utc")
    )


def load_against_history(client: SemanticClient, at: Scope, zone: str) -> pl.DataFrame:
    """The last 24 hours of total load beside p10, median and p90 of the same hour (in `zone`) on the 56 days before.

    Columns: interval_start_utc, load_mw, is_imputed, p10_mw, median_mw, p90_mw, days.
    """
    history = total_of(load_by_region(client, at, timedelta(days=HISTORY_DAYS + 1)), "load_mw", at.ids).with_columns(
        hour=in_zone("interval_start_utc", zone).dt.hour()
    )
    recent = pl.col("interval_start_utc") > at.hour_utc - 24 * HOUR
    value = pl.col("load_mw")
    band = (
        history.filter(~recent)
        .group_by("hour")
        .agg(
            p10_mw=value.quantile(0.1, "linear"),
            median_mw=value.median(),
            p90_mw=value.quantile(0.9, "linear"),
            days=value.count(),
        )
    )
    return history.filter(recent).join(band, on="hour", how="left").drop("hour").sort("interval_start_utc")


def whole_times(found: pl.DataFrame, key: str) -> pl.DataFrame:
    """Rows by region and fuel, without the times at which a region or one of its usual fuels is missing: a sum would fall."""
    each = pl.len().over(key)
    every = pl.col("region_id").n_unique().over(key) == pl.col("region_id").n_unique()
    return found.filter(every & (each >= each.median()))


def generation_by_fuel(client: SemanticClient, at: Scope) -> pl.DataFrame:
    """Hours × fuels over the last 48 hours, summed over the regions that report; hours a region lacks are withheld.

    Columns: interval_start_utc, interval_end_utc, fuel_name, color_hex, sort_order, generation_mw.
    """
    span = (at.hour_utc - WINDOW + HOUR, at.hour_utc)
    found = ask(client, "generation", ["total_generation_mwh"], ["fuel_name", "color_hex", "sort_order"], at.ids, span)
    found = found.drop_nulls("total_generation_mwh")
    return (
        whole_times(found, "interval_start_utc")
        .group_by("interval_start_utc", "fuel_name", "color_hex", "sort_order")
        .agg(generation_mw=pl.col("total_generation_mwh").sum())
        .with_columns(interval_end_utc=pl.col("interval_start_utc") + HOUR)
        .sort("interval_start_utc", "sort_order")
    )


def forecast(client: SemanticClient, region: Region, ahead: timedelta = WINDOW) -> pl.DataFrame:
    """One region's load, our forecast with its bands and the operator's, 48 hours back and `ahead`.

    Columns: interval_start_utc, load_mw, is_imputed, forecast_mw, lower_80_mw, upper_80_mw, lower_95_mw, upper_95_mw,
    operator_mw, issued_at_utc.
    """
    span = (region.through_utc - WINDOW + HOUR, region.through_utc + ahead)
    measures = ["average_forecast_mw", "average_lower_80_mw", "average_upper_80_mw", "average_lower_95_mw",
                "average_upper_95_mw", "latest_issued_at_utc"]  # fmt: skip
    whole_system = [{"member": "forecast.zone_type", "operator": "equals", "values": ["system"]}]
    found = ask(client, "forecast", measures, ["forecaster"], [region.region_id], span, whole_system)
    names = {m: m.removeprefix("average_").removeprefix("latest_") for m in measures}
    ours = found.filter(pl.col("forecaster") == "ours").select("interval_start_utc", *measures).rename(names)
    theirs = found.filter(pl.col("forecaster") == "operator").select(
        "interval_start_utc", issued_mw="average_forecast_mw"
    )
    actual = ask(
        client, "load", ["total_load_mwh", "total_operator_forecast_mwh", "count_imputed"], [], [region.region_id], span
    ).select(
        "interval_start_utc",
        load_mw="total_load_mwh",
        paired_mw="total_operator_forecast_mwh",
        is_imputed=pl.col("count_imputed") > 0,
    )
    last = max([region.through_utc, *ours["interval_start_utc"].to_list(), *theirs["interval_start_utc"].to_list()])
    key = "interval_start_utc"
    return (
        hour_grid(span[0], last)
        .join(actual, on=key, how="left")
        .join(ours, on=key, how="left")
        .join(theirs, on=key, how="left")
        .with_columns(
            operator_mw=pl.coalesce("paired_mw", "issued_mw"), is_imputed=pl.col("is_imputed").fill_null(False)
        )
        .drop("paired_mw", "issued_mw")
    )


def skill(client: SemanticClient, region: Region) -> dict[str, Any] | None:
    """MAPE of ours, the operator's and the naive forecast over the last 28 scored days; None without any."""
    whole = {"member": "forecast_quality.region_id", "operator": "equals", "values": [region.region_id]}
    load = {"member": "forecast_quality.target", "operator": "equals", "values": ["load"]}
    last = region.through_utc.date()
    found = client.query(
        {
            "measures": [f"forecast_quality.{m}" for m in ("mape_pct", "operator_mape_pct", "naive_mape_pct", "coverage_80_pct", "total_rows_scored")],
            "timeDimensions": [
                {"dimension": "forecast_quality.local_date", "dateRange": [str(last - timedelta(days=SKILL_DAYS)), str(last)]}
            ],
            "filters": [whole, load],
        }
    ).frame.row(0, named=True)  # fmt: skip
    return found if found["mape_pct"] is not None else None


# A price at the border of a neighbour is not a price of the region's own zones.
NO_INTERFACES = {"member": "prices.zone_type", "operator": "notEquals", "values": ["interface"]}


def prices_by_region(client: SemanticClient, at: Scope, market: str) -> pl.DataFrame:
    """region_id, currency, interval_start_utc, price_per_mwh: mean over zones; a row for every region, currency and hour."""
    span = (at.hour_utc - WINDOW + HOUR, at.hour_utc)
    chosen = [{"member": "prices.market_id", "operator": "equals", "values": [market]}, NO_INTERFACES]
    found = ask(client, "prices", ["average_price_per_mwh"], ["currency"], at.ids, span, chosen)
    grid = hour_grid(*span).join(found.select("region_id", "currency").unique(), how="cross")
    return (
        grid.join(found, on=["region_id", "currency", "interval_start_utc"], how="left")
        .rename({"average_price_per_mwh": "price_per_mwh"})
        .sort("region_id", "interval_start_utc")
    )


def markets(client: SemanticClient, at: Scope) -> list[str]:
    """Markets with prices in the scope's regions in the hours shown, real-time first."""
    span = (at.hour_utc - WINDOW + HOUR, at.hour_utc)
    found = client.query(
        {
            "measures": ["prices.count_prices"],
            "dimensions": ["prices.market_id"],
            "timeDimensions": [{"dimension": "prices.interval_start_utc", "dateRange": [t.isoformat() for t in span]}],
            "filters": [{"member": "prices.region_id", "operator": "equals", "values": at.ids}],
        }
    ).frame
    names = found.filter(pl.col("count_prices") > 0)["market_id"].to_list()
    return sorted(names, key=lambda m: (m != "RTM", m))


def through(client: SemanticClient, view: str) -> dict[str, datetime]:
    """Start of the latest hour that each region has in `view`: what to tell where the hours shown have nothing."""
    found = client.query(
        {"measures": [f"{view}.latest_interval_start_utc"], "dimensions": [f"{view}.region_id"]}
    ).frame.drop_nulls()
    return dict(sorted(found.rows()))


def health(client: SemanticClient, at: Scope) -> pl.DataFrame:
    """Completeness and quality score of the load records of each region over its last seven days."""
    together: dict[date, list[str]] = {}  # recordings end years apart: each day on which some end is one question
    for region in (*at.regions, *at.left_out):
        together.setdefault(region.through_utc.date(), []).append(region.region_id)
    frames = [
        client.query(
            {
                "measures": ["data_quality.completeness_pct", "data_quality.average_data_quality_score"],
                "dimensions": ["data_quality.region_id"],
                "timeDimensions": [
                    {
                        "dimension": "data_quality.local_date",
                        "dateRange": [str(last - timedelta(days=n)) for n in (HEALTH_DAYS, 1)],
                    }
                ],
                "filters": [
                    {"member": "data_quality.region_id", "operator": "equals", "values": ids},
                    {"member": "data_quality.subject", "operator": "equals", "values": ["load"]},
                ],
            }
        ).frame
        for last, ids in together.items()
    ]
    return pl.concat(frames, how="vertical_relaxed").sort("region_id")
