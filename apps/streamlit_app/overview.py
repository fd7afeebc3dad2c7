"""The overview page: what the grid is doing, in six cards and five charts.

Belongs here: the page's layout, its state in the URL, its words. Numbers come from `grid`, drawings from `charts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import altair as alt
import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from apps.streamlit_app import charts, grid
from gridlake.errors import GridlakeError, NothingPublished
from gridlake.snapshot import Snapshot
from gridlake.times import HOUR, utc_now
from semantic.client import SemanticClient
from semantic.export import csv_text

REFRESH_SECONDS = 60
GOOD_COMPLETENESS_PCT, GOOD_SCORE = 95.0, 90.0
EMPTY = "–"


@st.cache_resource(show_spinner=False)
def _client(home: str, api_url: str) -> SemanticClient:
    return SemanticClient()


def client() -> SemanticClient:
    """One client for all sessions of this home: its answers are kept by snapshot."""
    import os

    from gridlake.settings import load_settings

    return _client(str(load_settings().home), os.environ.get("CUBE_API_URL", ""))


def page() -> None:
    """The page: redrawn every minute, so that a new snapshot shows itself."""
    st.html("<style>[data-testid='stMainBlockContainer'] {padding-top: 2.5rem; padding-bottom: 2rem;}</style>")
    st.header("Grid overview", anchor=False)
    _body()


@st.fragment(run_every=REFRESH_SECONDS)
def _body() -> None:
    try:
        source = client()
        snapshot = source.snapshot()
        listed = grid.regions(source, snapshot.as_of_utc)
        if not listed:
            st.warning("The published snapshot holds no load.", icon=":material/warning:")
            return
        chosen, local = _controls(listed)
        scope = grid.scope(chosen, known=[r.region_id for r in listed])
        zone = scope.regions[0].timezone if local else "UTC"
        _provenance(snapshot, scope, zone)
        _draw(source, snapshot, scope, zone)
    except NothingPublished as error:
        st.info(
            f"**Nothing is published yet.** {error.message} Run `make run` in the repository (about two minutes, no keys "
            "or network needed); this page then fills by itself.",
            icon=":material/hourglass_empty:",
        )
    except GridlakeError as error:
        st.error(f"**This page cannot be drawn.** {error.message} {error.remedy}", icon=":material/error:")


def _controls(listed: Sequence[grid.Region]) -> tuple[list[grid.Region], bool]:
    """Regions and time zone, kept in the URL (`?regions=CAISO&regions=NYISO&tz=Local`)."""
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    ids = [r.region_id for r in listed]
    wanted = left.multiselect(
        "Regions", ids, key="regions", bind="query-params", placeholder="All regions",
        help="Nothing chosen means all. The choice is part of the address.",
    )  # fmt: skip
    zone = right.segmented_control(
        "Time zone", ["UTC", "Local"], default="UTC", required=True, key="tz", bind="query-params",
        help="Local is the zone of the first region shown.",
    )  # fmt: skip
    return [r for r in listed if r.region_id in wanted] or list(listed), zone == "Local"


def _provenance(snapshot: Snapshot, scope: grid.Scope, zone: str) -> None:
    """Where the numbers come from and how old they are."""
    origin = snapshot.origin.upper()
    color = {"SYNTHETIC": "orange", "ARCHIVE": "blue"}.get(origin, "green")
    published = datetime.fromisoformat(snapshot.published_at_utc)
    st.markdown(
        f":{color}-badge[{origin}] **Data through {_clock(scope.hour_utc + HOUR, zone)}** · "
        f"published {_clock(published, zone)} ({_ago(utc_now() - published)}) · snapshot `{snapshot.snapshot_id}` · "
        f"regions {', '.join(scope.ids)}"
    )
    if origin == "SYNTHETIC":
        st.caption("Made-up data of a simulated grid: nothing on this page describes a real operator.")
    if scope.left_out:
        behind = ", ".join(f"{r.region_id} (through {_clock(r.through_utc + HOUR, zone)})" for r in scope.left_out)
        st.caption(f"Not in these sums, because their data end at another time: {behind}. Choose them under Regions.")


def _draw(source: SemanticClient, snapshot: Snapshot, scope: grid.Scope, zone: str) -> None:
    markets = grid.markets(source, scope.ids)
    _cards(source, snapshot, scope, zone, markets[0] if markets else "RTM")
    left, right = st.columns(2, gap="medium")
    with left:
        _history_chart(source, snapshot, scope, zone)
    with right:
        _region_chart(source, snapshot, scope, zone)
    _forecast_chart(source, snapshot, scope, zone)
    left, right = st.columns(2, gap="medium")
    with left:
        _fuel_chart(source, snapshot, scope, zone)
    with right:
        _price_chart(source, snapshot, scope, zone, markets)


# --- cards ------------------------------------------------------------------------------------------------------------


def _cards(source: SemanticClient, snapshot: Snapshot, scope: grid.Scope, zone: str, market: str) -> None:
    load = grid.load_card(source, scope)
    renewable, share = grid.renewable_card(source, scope)
    price, currency = grid.price_card(source, scope, market)
    carbon = grid.carbon_card(source, scope)
    form = "{:,.0f} MW"
    what = "Mean load of the latest hour, summed over the regions shown."
    first, second = st.columns(3), st.columns(3)
    with _card(first[0]):
        _metric("Total load", load, form, scope, zone, what)
    with _card(first[1]):
        what = "Output of renewable plants in the latest hour."
        note = f"{share:.1f} % of generation" if share is not None else ""
        _metric("Renewable generation", renewable, form, scope, zone, what, note)
    with _card(first[2]):
        what = f"Simple mean of the zones' {market} prices in the latest hour."
        _metric(f"Average LMP ({market})", price, "{:,.2f} " + f"{currency}/MWh", scope, zone, what)
    with _card(second[0]):
        _health_card(source, scope)
    with _card(second[1]):
        what = "Carbon dioxide of the latest hour over the energy generated in it. Less is better."
        _metric("Carbon intensity", carbon, "{:,.0f} kg/MWh", scope, zone, what, inverse=True)
    with _card(second[2]):
        _freshness_card(snapshot, scope, zone)


def _card(column: DeltaGenerator) -> DeltaGenerator:
    return column.container(border=True, height="stretch", gap="xsmall")


def _metric(
    label: str,
    card: grid.Card,
    form: str,
    scope: grid.Scope,
    zone: str,
    what: str,
    note: str = "",
    inverse: bool = False,
) -> None:
    """One card with its trend over 24 hours and its change on the day before."""
    value = EMPTY if card.value is None else form.format(card.value)
    delta = None if card.change_pct is None else f"{card.change_pct:+.1f} % vs 24 h earlier"
    st.metric(
        label, value, delta, delta_color="inverse" if inverse else "off",
        chart_data=[round(v, 3) for v in card.trend] or None, chart_type="area",
        help=f"{what} Trend: the 24 hours before it. Regions: {', '.join(scope.ids)}.",
    )  # fmt: skip
    remarks = [note, card.note]
    if card.value is None:
        remarks.append("no value in the 48 hours shown")
    elif card.hour_utc and card.hour_utc != scope.hour_utc:
        remarks.append(f"hour from {_clock(card.hour_utc, zone)}")
    said = [r for r in remarks if r]
    if said:
        st.caption(" · ".join(said))


def _health_card(source: SemanticClient, scope: grid.Scope) -> None:
    judged = {r["region_id"]: r for r in grid.health(source, scope).to_dicts()}
    marks = []
    for region in (*scope.regions, *scope.left_out):
        row = judged.get(region.region_id)
        score = row["average_data_quality_score"] if row else None
        complete = row["completeness_pct"] if row else None
        if score is None or complete is None:
            marks.append(f":gray[○ {region.region_id} not judged]")
        elif complete >= GOOD_COMPLETENESS_PCT and score >= GOOD_SCORE:
            marks.append(f":green[● {region.region_id} good] ({complete:.1f} % complete, score {score:.0f})")
        else:
            marks.append(f":orange[▲ {region.region_id} check] ({complete:.1f} % complete, score {score:.0f})")
    everyone = (*scope.regions, *scope.left_out)
    active = [r for r in everyone if r.lag <= grid.LATE_AFTER]
    st.metric(
        "Active ISOs", f"{len(active)} of {len(everyone)}",
        help=f"Regions whose load reaches the moment their data stand for. Health: load records of the last {grid.HEALTH_DAYS} days; good from "
        f"{GOOD_COMPLETENESS_PCT:.0f} % complete and a quality score of {GOOD_SCORE:.0f}.",
    )  # fmt: skip
    st.caption(" · ".join(marks) if len(marks) > 4 else "  \n".join(marks))


def _freshness_card(snapshot: Snapshot, scope: grid.Scope, zone: str) -> None:
    behind = max(r.lag for r in scope.regions)
    st.metric(
        "Data freshness", _hours(behind) + " behind",
        help="How far the latest hour with load lies behind the moment the data stand for: now for live data, the end of the "
        "recording for archives and the synthetic grid.",
    )  # fmt: skip
    clock = "now" if snapshot.origin == "live" else f"{snapshot.origin} data, clock stopped at the last interval"
    st.caption(f"through {_clock(scope.hour_utc + HOUR, zone)} · {clock}")


# --- charts -----------------------------------------------------------------------------------------------------------


def _history_chart(source: SemanticClient, snapshot: Snapshot, scope: grid.Scope, zone: str) -> None:
    frame = grid.load_against_history(source, scope, zone)
    days = int(frame["days"].fill_null(0).to_numpy().max())
    st.subheader("Load in the last 24 hours against history", anchor=False)
    text = (
        f"Total load of {', '.join(scope.ids)}, MW, over the range from the 10th to the 90th percentile of the same hour on up to "
        f"{days} earlier days. Hollow points: a region's hour was imputed."
    )
    _show(charts.load_against_history(frame, zone), text, frame, "load_against_history", snapshot, zone)


def _region_chart(source: SemanticClient, snapshot: Snapshot, scope: grid.Scope, zone: str) -> None:
    frame = grid.load_by_region(source, scope)
    st.subheader("Load by ISO", anchor=False)
    missing = frame["load_mw"].null_count()
    gaps = f" {missing} hours have no value and are left open." if missing else ""
    text = f"Hourly load of each region over 48 hours, MW.{gaps} Hollow points: imputed hours."
    _show(charts.load_by_region(frame, scope.ids, scope.known, zone), text, frame, "load_by_iso", snapshot, zone)


def _forecast_chart(source: SemanticClient, snapshot: Snapshot, scope: grid.Scope, zone: str) -> None:
    title, choice = st.columns([4, 1], vertical_alignment="bottom")
    title.subheader("Load forecast", anchor=False)
    region_id = choice.selectbox(
        "Forecast region", scope.ids, key="forecast", bind="query-params", label_visibility="collapsed"
    )
    region = next((r for r in scope.regions if r.region_id == region_id), scope.regions[0])
    frame = grid.forecast(source, region)
    if frame["forecast_mw"].null_count() == frame.height:
        st.info(
            f"There is no forecast for {region.region_id} around {_clock(region.through_utc, zone)} in this snapshot."
        )
    issued = frame["issued_at_utc"].max()
    text = f"{region.region_name}: forecast with 80 % and 95 % bands beside the operator's and the actual load, MW."
    if isinstance(issued, datetime):
        text += f" Newest forecast issued {_clock(issued, zone)}."
    score = grid.skill(source, region)
    if score:
        theirs = score["operator_mape_pct"]
        text += (
            f" Error (MAPE) over {score['total_rows_scored']:,.0f} hours of the last {grid.SKILL_DAYS} days: ours {score['mape_pct']:.2f} %, operator "
            + (f"{theirs:.2f} %" if theirs is not None else "none published")
            + f", naive {score['naive_mape_pct']:.2f} %; the 80 % band held {score['coverage_80_pct']:.0f} % of the hours."
        )
    _show(charts.forecast(frame, zone, region.through_utc), text, frame, f"forecast_{region.region_id}", snapshot, zone)


def _fuel_chart(source: SemanticClient, snapshot: Snapshot, scope: grid.Scope, zone: str) -> None:
    frame = grid.generation_by_fuel(source, scope)
    st.subheader("Fuel mix", anchor=False)
    if frame.is_empty():
        st.info(
            f"No generation by fuel from {', '.join(scope.ids)} in these 48 hours.{_elsewhere(source, 'generation', zone)}"
        )
        return
    text = "Generation by fuel, MW, summed over the regions that report it; hours that one of them lacks are withheld."
    _show(charts.fuel_mix(frame, zone), text, frame, "fuel_mix", snapshot, zone)


def _price_chart(source: SemanticClient, snapshot: Snapshot, scope: grid.Scope, zone: str, markets: list[str]) -> None:
    title, choice = st.columns([3, 2], vertical_alignment="bottom")
    title.subheader("LMP by ISO", anchor=False)
    if not markets:
        st.info(f"No prices from {', '.join(scope.ids)} in this snapshot.")
        return
    market = choice.segmented_control(
        "Market", markets, default=markets[0], required=True, key="market", bind="query-params"
    )
    frame = grid.prices_by_region(source, scope, market or markets[0])
    if frame.is_empty():
        st.info(
            f"No {market} prices from {', '.join(scope.ids)} in these 48 hours.{_elsewhere(source, 'prices', zone)}"
        )
        return
    unit = " and ".join(f"{c}/MWh" for c in sorted(frame["currency"].drop_nulls().unique().to_list()))
    text = f"Simple mean of the zones' {market} prices by region, {unit}."
    _show(
        charts.prices_by_region(frame, scope.ids, scope.known, zone, unit, str(market)),
        text,
        frame,
        "lmp_by_iso",
        snapshot,
        zone,
    )


def _elsewhere(source: SemanticClient, view: str, zone: str) -> str:
    """Where the snapshot does have what is not in the hours shown."""
    known = [f"{region} through {_clock(t + HOUR, zone)}" for region, t in grid.through(source, view).items()]
    return f" This snapshot has {', '.join(known)}." if known else ""


def _show(
    chart: alt.Chart | alt.LayerChart, text: str, frame: pl.DataFrame, name: str, snapshot: Snapshot, zone: str
) -> None:
    """A chart, its description (also for screen readers) and its rows as CSV."""
    st.altair_chart(chart, width="stretch", key=f"chart_{name}", alt=text)
    words, button = st.columns([5, 1])
    words.caption(text)
    notes = [
        f"GridLake {name}: {text}",
        f"origin {snapshot.origin}; snapshot {snapshot.snapshot_id}, published {snapshot.published_at_utc} UTC; all times UTC, start of hour",
    ]
    button.download_button(
        "CSV", csv_text(frame.columns, frame.iter_rows(), notes), file_name=f"gridlake_{name}_{snapshot.snapshot_id}.csv",
        mime="text/csv", key=f"csv_{name}", on_click="ignore", icon=":material/download:", type="tertiary",
        help=f"Rows of the chart {name} as CSV, times in UTC.",
    )  # fmt: skip


# --- words ------------------------------------------------------------------------------------------------------------


def _clock(moment: datetime, zone: str) -> str:
    """A naive-UTC instant in `zone`, with the zone's abbreviation."""
    from datetime import UTC
    from zoneinfo import ZoneInfo

    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).strftime("%-d %b %Y %H:%M %Z")


def _hours(span: timedelta) -> str:
    hours = span / HOUR
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def _ago(span: timedelta) -> str:
    minutes = max(int(span.total_seconds() // 60), 0)
    if minutes < 1:
        return "just now"
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // 1440} days ago"
