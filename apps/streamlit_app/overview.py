"""The overview page: what the grid is doing, in six cards and five charts.

Belongs here: the page's layout, its state in the URL, its words. Numbers come from `grid`, drawings from `charts`.
"""

from __future__ import annotations

from datetime import datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from apps.streamlit_app import cards, charts, grid, shell
from apps.streamlit_app.clock import clock, span_in_words
from gridlake.snapshot import Snapshot
from gridlake.times import HOUR
from semantic.client import SemanticClient

REFRESH_SECONDS = 60
GOOD_COMPLETENESS_PCT, GOOD_SCORE = 95.0, 90.0


def page() -> None:
    """The page: redrawn every minute, so that a new snapshot shows itself."""
    st.header("Grid overview", anchor=False)
    _body()


@st.fragment(run_every=REFRESH_SECONDS)
def _body() -> None:
    shell.guarded(_draw, compared=False)


def _draw(at: shell.View) -> None:
    source, snapshot, scope, zone = at.client, at.snapshot, at.scope, at.zone
    markets = grid.markets(source, scope)
    _cards(source, snapshot, scope, zone, markets[0] if markets else "RTM")
    left, right = st.columns(2, gap="medium")
    with left:
        _history_chart(at)
    with right:
        _region_chart(at)
    _forecast_chart(at)
    left, right = st.columns(2, gap="medium")
    with left:
        _fuel_chart(at)
    with right:
        _price_chart(at, markets)


# --- cards ------------------------------------------------------------------------------------------------------------


def _cards(source: SemanticClient, snapshot: Snapshot, scope: grid.Scope, zone: str, market: str) -> None:
    load = cards.load_card(source, scope)
    renewable, share = cards.renewable_card(source, scope)
    price, currency = cards.price_card(source, scope, market)
    carbon = cards.carbon_card(source, scope)
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
        _freshness_card(source, snapshot, scope, zone)


def _card(column: DeltaGenerator) -> DeltaGenerator:
    return column.container(border=True, height="stretch", gap="xsmall")


def _metric(
    label: str,
    card: cards.Card,
    form: str,
    scope: grid.Scope,
    zone: str,
    what: str,
    note: str = "",
    inverse: bool = False,
) -> None:
    """One card with its trend over 24 hours and its change on the same hour of last week."""
    value = shell.EMPTY if card.value is None else form.format(card.value)
    delta = None if card.change_pct is None else f"{card.change_pct:+.1f} % on last week"
    st.metric(
        label, value, delta, delta_color="inverse" if inverse else "off",
        chart_data=[round(v, 3) for v in card.trend] or None, chart_type="area",
        help=f"{what} Change: on the same hour a week earlier. Trend: the 24 hours before it. Regions: {', '.join(scope.ids)}.",
    )  # fmt: skip
    remarks = [note, card.note]
    if card.value is None:
        remarks.append("no value in the 48 hours shown")
    elif card.hour_utc and card.hour_utc != scope.hour_utc:
        remarks.append(f"hour from {clock(card.hour_utc, zone)}")
    said = [r for r in remarks if r]
    if said:
        st.caption(" · ".join(said))


def _health_card(source: SemanticClient, scope: grid.Scope) -> None:
    judged = {r["region_id"]: r for r in grid.health(source, scope).to_dicts()}
    good, silent, marks = [], [], []
    for region in (*scope.regions, *scope.left_out):
        row = judged.get(region.region_id)
        score = row["average_data_quality_score"] if row else None
        complete = row["completeness_pct"] if row else None
        if score is None or complete is None:
            silent.append(region.region_id)
        elif complete >= GOOD_COMPLETENESS_PCT and score >= GOOD_SCORE:
            good.append(region.region_id)
        else:
            marks.append(f":orange[▲ {region.region_id} check] ({complete:.1f} % complete, score {score:.0f})")
    if good:
        marks.append(f":green[● good]: {', '.join(good)}")
    if silent:
        marks.append(f":gray[○ not judged]: {', '.join(silent)}")
    everyone = (*scope.regions, *scope.left_out)
    active = [r for r in everyone if r.lag <= grid.LATE_AFTER]
    told = cards.reporting_card(source, scope)
    change = None if told.change_pct is None else f"{told.change_pct:+.0f} % regions reporting on last week"
    if told.change_pct == 0:
        change = "as many regions reporting as last week"
    st.metric(
        "Active ISOs", f"{len(active)} of {len(everyone)}", change, delta_color="off", delta_arrow="off" if told.change_pct == 0 else "auto", chart_data=told.trend or None, chart_type="area",
        help=f"Regions whose load reaches the moment their data stand for. Health: load records of the last {grid.HEALTH_DAYS} days; good from "
        f"{GOOD_COMPLETENESS_PCT:.0f} % complete and a quality score of {GOOD_SCORE:.0f}. Trend: regions of this view with a load, each of 24 hours.",
    )  # fmt: skip
    st.caption("  \n".join(marks))


def _freshness_card(source: SemanticClient, snapshot: Snapshot, scope: grid.Scope, zone: str) -> None:
    behind = max(r.lag for r in scope.regions)
    came = cards.completeness_card(source, scope)
    change = None if came.change_pct is None else f"{came.change_pct:+.1f} points complete on last week"
    st.metric(
        "Data freshness", span_in_words(behind) + " behind", change, delta_color="off",
        chart_data=[round(v, 3) for v in came.trend] or None, chart_type="area",
        help="How far the latest hour with load lies behind the moment the data stand for: now for live data, the end of the "
        "recording for archives and the synthetic grid. Trend: share of load records that came, by day over two weeks.",
    )  # fmt: skip
    when = "now" if snapshot.origin == "live" else f"{snapshot.origin} data, clock stopped at the last interval"
    complete = "" if came.value is None else f" · {came.value:.1f} % of 7 days' load records came"
    st.caption(f"through {clock(scope.hour_utc + HOUR, zone)} · {when}{complete}")


# --- charts -----------------------------------------------------------------------------------------------------------


def _history_chart(at: shell.View) -> None:
    source, scope, zone = at.client, at.scope, at.zone
    frame = grid.load_against_history(source, scope, zone)
    days = int(frame["days"].fill_null(0).to_numpy().max())
    st.subheader("Load in the last 24 hours against history", anchor=False)
    text = (
        f"Total load of {', '.join(scope.ids)}, MW, over the range from the 10th to the 90th percentile of the same hour on up to "
        f"{days} earlier days. Hollow points: a region's hour was imputed."
    )
    shell.chart(charts.load_against_history(frame, zone), text, frame, "load_against_history", at)


def _region_chart(at: shell.View) -> None:
    source, scope, zone = at.client, at.scope, at.zone
    frame = grid.load_by_region(source, scope)
    st.subheader("Load by ISO", anchor=False)
    missing = frame["load_mw"].null_count()
    gaps = f" {missing} hours have no value and are left open." if missing else ""
    text = f"Hourly load of each region over 48 hours, MW.{gaps} Hollow points: imputed hours."
    shell.chart(charts.load_by_region(frame, scope.ids, scope.known, zone), text, frame, "load_by_iso", at)


def _forecast_chart(at: shell.View) -> None:
    source, scope, zone = at.client, at.scope, at.zone
    title, choice = st.columns([4, 1], vertical_alignment="bottom")
    title.subheader("Load forecast", anchor=False)
    region_id = choice.selectbox(
        "Forecast region", scope.ids, key="forecast", bind="query-params", label_visibility="collapsed"
    )
    region = next((r for r in scope.regions if r.region_id == region_id), scope.regions[0])
    frame = grid.forecast(source, region)
    if frame["forecast_mw"].null_count() == frame.height:
        st.info(
            f"There is no forecast for {region.region_id} around {clock(region.through_utc, zone)} in this snapshot."
        )
    issued = frame["issued_at_utc"].max()
    text = f"{region.region_name}: forecast with 80 % and 95 % bands beside the operator's and the actual load, MW."
    if isinstance(issued, datetime):
        text += f" Newest forecast issued {clock(issued, zone)}."
    score = grid.skill(source, region)
    if score:
        theirs = score["operator_mape_pct"]
        text += (
            f" Error (MAPE) over {score['total_rows_scored']:,.0f} hours of the last {grid.SKILL_DAYS} days: ours {score['mape_pct']:.2f} %, operator "
            + (f"{theirs:.2f} %" if theirs is not None else "none published")
            + f", naive {score['naive_mape_pct']:.2f} %; the 80 % band held {score['coverage_80_pct']:.0f} % of the hours."
        )
    shell.chart(charts.forecast(frame, zone, region.through_utc), text, frame, f"forecast_{region.region_id}", at)


def _fuel_chart(at: shell.View) -> None:
    source, scope, zone = at.client, at.scope, at.zone
    frame = grid.generation_by_fuel(source, scope)
    st.subheader("Fuel mix", anchor=False)
    if frame.is_empty():
        st.info(
            f"No generation by fuel from {', '.join(scope.ids)} in these 48 hours.{_elsewhere(source, 'generation', zone)}"
        )
        return
    text = "Generation by fuel, MW, summed over the regions that report it; hours in which a region or one of its fuels is missing are withheld."
    shell.chart(charts.fuel_mix(frame, zone), text, frame, "fuel_mix", at)


def _price_chart(at: shell.View, markets: list[str]) -> None:
    source, scope, zone = at.client, at.scope, at.zone
    title, choice = st.columns([3, 2], vertical_alignment="bottom")
    title.subheader("LMP by ISO", anchor=False)
    if not markets:
        st.info(f"No prices from {', '.join(scope.ids)} in these 48 hours.{_elsewhere(source, 'prices', zone)}")
        return
    market = choice.segmented_control(
        "Market", markets, default=markets[0], required=True, key="market", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    frame = grid.prices_by_region(source, scope, market or markets[0])
    if frame.is_empty():
        st.info(
            f"No {market} prices from {', '.join(scope.ids)} in these 48 hours.{_elsewhere(source, 'prices', zone)}"
        )
        return
    priced = frame.drop_nulls("price_per_mwh")["region_id"].unique().to_list()
    unit = " and ".join(f"{c}/MWh" for c in sorted(frame.drop_nulls("price_per_mwh")["currency"].unique().to_list()))
    text = f"Simple mean of the zones' {market} prices by region, {unit}."
    shell.chart(
        charts.prices_by_region(frame, [r for r in scope.ids if r in priced], scope.known, zone, unit, str(market)),
        text,
        frame,
        "lmp_by_iso",
        at,
    )


def _elsewhere(source: SemanticClient, view: str, zone: str) -> str:
    """Where the snapshot does have what is not in the hours shown."""
    known = [f"{region} through {clock(t + HOUR, zone)}" for region, t in grid.through(source, view).items()]
    return f" This snapshot has {', '.join(known)}." if known else ""
