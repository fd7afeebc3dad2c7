"""What every page of the app stands in: the choice of regions, period and time zone, words on where numbers come from,
charts with their rows to take away, and what is said when there is nothing to show.

Belongs here: whatever two pages would otherwise do twice. Does not belong here: what a page shows.

The choice is made once, above all pages, and is part of the address: `?regions=CAISO&regions=NYISO&period=28+days&tz=Local`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import polars as pl
import streamlit as st

from apps.streamlit_app import charts, grid, pictures
from apps.streamlit_app.clock import ago, clock
from apps.streamlit_app.drawn import Drawn
from gridlake.errors import GridlakeError, NothingPublished
from gridlake.settings import load_settings
from gridlake.snapshot import Snapshot
from gridlake.times import HOUR, utc_now
from semantic.client import SemanticClient
from semantic.export import csv_text

PERIODS = {"24 hours": 1, "7 days": 7, "28 days": 28, "90 days": 90, "1 year": 366, "3 years": 1096, "All": 0}
HOURLY_DAYS = 31  # over a longer period a chart shows days
EMPTY = "–"


@dataclass(frozen=True)
class View:
    """What a page is to show: the source, the regions chosen, the span that ends with their data, the zone of its clocks."""

    client: SemanticClient
    snapshot: Snapshot
    scope: grid.Scope
    chosen: tuple[grid.Region, ...]
    zone: str
    period: str
    is_choice: bool = False  # whether someone chose the regions

    @property
    def ids(self) -> list[str]:
        return [r.region_id for r in self.chosen]

    @property
    def end(self) -> datetime:
        """The end of the latest hour of the regions that share a time: recordings of others end years apart."""
        return max(r.through_utc for r in self.scope.regions) + HOUR

    @property
    def start(self) -> datetime | None:
        """None where everything is asked for."""
        days = PERIODS[self.period]
        return self.end - timedelta(days=days) if days else None

    @property
    def is_hourly(self) -> bool:
        return 0 < PERIODS[self.period] <= HOURLY_DAYS

    def query(self, view: str, measures: Sequence[str] = (), by: Sequence[str] = (), **wanted: Any) -> pl.DataFrame:
        """Measures of a view by dimensions, of the regions chosen, within the period. Columns are named by member.

        `grain`: group by time ("hour" on interval_start_utc, "day" on the region's own local_date); `time`: another
        member to limit by, '' for none; `where`: filters as (member, operator, values); `order`, `limit` as Cube has them.
        """
        shown = self.client.model.view(view)
        grain: str = wanted.get("grain", "")
        time = wanted.get("time", _time_of(list(shown.members), grain))
        if time == "local_date" in by and not grain:  # asked for as days, Cube may answer from what it summed by day
            grain, by = "day", [d for d in by if d != "local_date"]
        where = [{"member": f"{view}.{m}", "operator": op, "values": list(v)} for m, op, v in wanted.get("where", ())]
        if "region_id" in shown.members and wanted.get("regions", True):
            where.append({"member": f"{view}.region_id", "operator": "equals", "values": self.ids})
        query: dict[str, Any] = {
            "measures": [f"{view}.{m}" for m in measures],
            "dimensions": [f"{view}.{d}" for d in by],
            "filters": where,
            "order": [[f"{view}.{m}", direction] for m, direction in wanted.get("order", ())],
        }
        if time:
            body: dict[str, Any] = {"dimension": f"{view}.{time}"} | ({"granularity": grain} if grain else {})
            if self.start:
                is_day = shown.members[time].member.is_local_day
                span = (self.start, self.end - timedelta(microseconds=1))
                body["dateRange"] = [str(t.date()) if is_day else t.isoformat() for t in span]
            query["timeDimensions"] = [body]
        if "limit" in wanted:
            query["limit"] = wanted["limit"]
        return self.client.query(query).frame

    def reaching(self, view: str, latest: str) -> View:
        """This view, or where its period holds nothing of another one, the same question at the end of that one's data.

        Recordings of one subject end years before another's: a page that always ended with the load would be empty.
        """
        if self.query(view, [latest], ["region_id"]).drop_nulls(latest).height:
            return self
        listed = [
            r for r in grid.regions(self.client, {}, view, latest) if not self.is_choice or r.region_id in self.ids
        ]
        if not listed:
            return self
        scope = grid.scope(listed, known=self.scope.known)
        return replace(self, scope=scope, chosen=tuple(listed) if self.is_choice else scope.regions)

    def series(self, view: str, measures: Sequence[str], by: Sequence[str] = (), **wanted: Any) -> pl.DataFrame:
        """Measures over the period: hourly with `interval_start_utc`, or by day with `local_date` where it is long."""
        return self.query(view, measures, by, grain="hour" if self.is_hourly else "day", **wanted)


def _time_of(members: Sequence[str], grain: str) -> str:
    names = ("local_date", "interval_start_utc") if grain != "hour" else ("interval_start_utc",)
    return next((n for n in names if n in members), "")


@st.cache_resource(show_spinner=False)
def _client(home: str, api_url: str) -> SemanticClient:
    return SemanticClient()


def client() -> SemanticClient:
    """One client for all sessions of this home: its answers are kept by snapshot."""
    return _client(str(load_settings().home), os.environ.get("CUBE_API_URL", ""))


def controls() -> None:
    """Regions, period and time zone, above every page. Says nothing where nothing is published: the page will."""
    st.html("<style>[data-testid='stMainBlockContainer'] {padding-top: 4.2rem; padding-bottom: 2rem;}</style>")
    try:
        ids = _known()
    except GridlakeError:
        return
    left, middle, right = st.columns([5, 1.4, 1.4], vertical_alignment="top")
    left.multiselect(
        "Regions", ids, key="regions", bind="query-params", placeholder="Regions that share a time",
        help="Nothing chosen means the regions whose data end together. The choice is part of the address.",
    )  # fmt: skip
    middle.selectbox(
        "Period", list(PERIODS), index=1, key="period", bind="query-params",
        help="Up to the end of the data. The overview always shows its last 48 hours.",
    )  # fmt: skip
    right.segmented_control(
        "Time zone", ["UTC", "Local"], default="UTC", required=True, key="tz", bind="query-params",
        help="Local is the zone of the first region shown.",
    )  # fmt: skip


def _regions() -> list[grid.Region]:
    source = client()
    return grid.regions(source, source.snapshot().as_of_utc)


def _known() -> list[str]:
    """Every region that may be chosen: with load, or with anything else that was judged."""
    judged = client().query({"dimensions": ["data_quality.region_id"]}).frame["region_id"].drop_nulls().to_list()
    return sorted({r.region_id for r in _regions()} | set(judged))


def guarded(body: Callable[[View], None], subject: tuple[str, str] | None = None, compared: bool = True) -> None:
    """Draws `body` under the words on where its numbers come from, or says why not and what to do.

    `subject` is the view and the latest moment in it that the page is about; `compared`: regions chosen that share no
    time are shown beside each other, not left out.
    """
    try:
        listed = _regions()
        if not listed:
            st.warning("The published snapshot holds no load.", icon=":material/warning:")
            return
        known = _known()
        wanted = [r for r in st.session_state.get("regions") or [] if r in known]
        source = client()
        if subject and wanted:  # a region may have meters and no load
            there = {r.region_id for r in listed}
            listed += [r for r in grid.regions(source, {}, *subject) if r.region_id not in there]
        chosen = [r for r in listed if r.region_id in wanted]
        if wanted and not chosen:
            st.info(f"Nothing of this page from {', '.join(wanted)}. Choose other regions.", icon=":material/info:")
            return
        scope = grid.scope(chosen or listed, known=[r.region_id for r in listed])
        period = st.session_state.get("period")
        at = View(
            source, source.snapshot(), scope, tuple(chosen) if chosen and compared else scope.regions, "UTC",
            period if period in PERIODS else "7 days", bool(chosen),
        )  # fmt: skip
        if subject:
            at = at.reaching(*subject)
        if st.session_state.get("tz") == "Local":
            at = replace(at, zone=at.scope.regions[0].timezone)
        _provenance(at)
        body(at)
    except NothingPublished as error:
        st.info(
            f"**Nothing is published yet.** {error.message} Run `make run` in the repository (about two minutes, no keys "
            "or network needed); this page then fills by itself.",
            icon=":material/hourglass_empty:",
        )
    except GridlakeError as error:
        st.error(f"**This page cannot be drawn.** {error.message} {error.remedy}", icon=":material/error:")


def page(title: str, lead: str, body: Callable[[View], None], subject: tuple[str, str] | None = None) -> None:
    """A page: its heading, one sentence on what it answers, its body, and the subject its period ends with."""
    st.header(title, anchor=False)
    st.caption(lead)
    guarded(body, subject)


def _provenance(at: View) -> None:
    """Where the numbers come from and how old they are."""
    origin = at.snapshot.origin.upper()
    color = {"SYNTHETIC": "orange", "ARCHIVE": "blue"}.get(origin, "green")
    published = datetime.fromisoformat(at.snapshot.published_at_utc)
    st.markdown(
        f":{color}-badge[{origin}] **Data through {clock(at.scope.hour_utc + HOUR, at.zone)}** · "
        f"published {clock(published, at.zone)} ({ago(utc_now() - published)}) · snapshot `{at.snapshot.snapshot_id}` · "
        f"regions {', '.join(at.scope.ids)}"
    )
    if origin == "SYNTHETIC":
        st.caption("Made-up data of a simulated grid: nothing on this page describes a real operator.")
    if at.scope.left_out:
        behind = ", ".join(f"{r.region_id} (through {clock(r.through_utc + HOUR, at.zone)})" for r in at.scope.left_out)
        if set(at.ids) & {r.region_id for r in at.scope.left_out}:
            st.caption(f"The period ends with {', '.join(at.scope.ids)}. Data of others end at another time: {behind}.")
        else:
            st.caption(
                f"Not in these sums, because their data end at another time: {behind}. Choose them under Regions."
            )


def nothing(at: View, what: str, view: str = "", time: str = "latest_interval_start_utc") -> None:
    """Says that there is no `what`, where the snapshot has it, and what to choose."""
    text = f"No {what} from {', '.join(at.ids)} in this period."
    if view:
        found = at.client.query(
            {"measures": [f"{view}.{time}"], "dimensions": [f"{view}.region_id"]}
        ).frame.drop_nulls()
        there = sorted(found.rows())
        if there:
            text += " This snapshot has " + ", ".join(f"{r} through {t:%-d %b %Y}" for r, t in there[:8]) + "."
            text += " Choose these regions, or a longer period."
        else:
            text += " This snapshot has none at all; `gridlake feeds` lists which feeds bring it."
    st.info(text, icon=":material/info:")


def chart(drawn: Drawn, text: str, rows: pl.DataFrame, name: str, at: View) -> None:
    """A chart, its description (also for screen readers), and its rows and picture to take away."""
    spec = drawn.for_page
    if st.context.theme.type == "dark":
        spec = charts.on_dark(spec)
    st.vega_lite_chart(spec, width="stretch", key=f"chart_{name}", alt=text)
    footer(text, rows, name, at, drawn)


def table(
    rows: pl.DataFrame,
    text: str,
    name: str,
    at: View,
    columns: Mapping[str, Any] | None = None,
    height: int | Literal["auto"] = "auto",
) -> None:
    """Rows as a table, under the same footer as a chart. `columns` names and formats them."""
    st.dataframe(rows, width="stretch", hide_index=True, column_config=columns, key=f"table_{name}", height=height)
    footer(text, rows, name, at)


def numbers(titles: Mapping[str, str], form: str) -> dict[str, Any]:
    """Columns of measures under their titles; what is counted has no decimals."""
    forms = {m: "%d" if m.startswith("count") else form for m in titles}
    return {m: st.column_config.NumberColumn(t, format=forms[m]) for m, t in titles.items()}


def footer(text: str, rows: pl.DataFrame, name: str, at: View, drawn: Drawn | None = None) -> None:
    """The description with the data's age, the rows as CSV and Parquet, and the chart `drawn` of them as PNG and PDF."""
    row = st.container(horizontal=True, vertical_alignment="top", gap="small")
    row.caption(f"{text} Data as of {clock(at.end, at.zone)}.", width="stretch")
    file = f"gridlake_{name}_{at.snapshot.snapshot_id}"
    buttons = row.container(horizontal=True, width="content", gap="small")

    def offer(label: str, made: Callable[[], bytes], mime: str, icon: str, what: str) -> None:
        """A download that is made when it is asked for: a page of six charts would otherwise write 24 files to be drawn."""
        form = label.lower()
        buttons.download_button(
            label, made, file_name=f"{file}.{form}", mime=mime, key=f"{form}_{name}", on_click="ignore",
            icon=f":material/{icon}:", type="tertiary", help=what,
        )  # fmt: skip

    offer("CSV", lambda: _csv(rows, text, name, at), "text/csv", "download", f"Rows of {name} as CSV, times in UTC.")
    mime = "application/vnd.apache.parquet"
    offer("Parquet", lambda: _parquet(rows), mime, "download", f"Rows of {name} as Parquet, times in UTC.")
    if drawn is None:
        return
    for form, mime in pictures.MIME.items():
        what = f"The chart as {form.upper()}, with its heading, the data's age and origin."
        offer(form.upper(), _picture(drawn, text, name, at, form), mime, "image", what)


def _picture(drawn: Drawn, text: str, name: str, at: View, form: pictures.Form) -> Callable[[], bytes]:
    origin = at.snapshot.origin.upper()
    made_up = " Made-up data of a simulated grid." if origin == "SYNTHETIC" else ""
    age = f"{origin} · data as of {clock(at.end, at.zone)} · GridLake snapshot {at.snapshot.snapshot_id}.{made_up}"
    return lambda: pictures.render(pictures.picture_of(drawn.to_dict(), name, [text, age]), form)


def _csv(rows: pl.DataFrame, text: str, name: str, at: View) -> bytes:
    notes = [
        f"GridLake {name}: {text}",
        f"origin {at.snapshot.origin}; snapshot {at.snapshot.snapshot_id}, published {at.snapshot.published_at_utc} UTC; all times UTC, start of hour",
    ]
    return csv_text(rows.columns, rows.iter_rows(), notes).encode()


def _parquet(rows: pl.DataFrame) -> bytes:
    stream = io.BytesIO()
    rows.write_parquet(stream)
    return stream.getvalue()


def number(value: float | None, form: str = "{:,.0f}", unit: str = "") -> str:
    """A value with its unit, or a dash where there is none."""
    return EMPTY if value is None else form.format(value) + (f" {unit}" if unit else "")
