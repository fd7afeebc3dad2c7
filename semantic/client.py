"""One way to ask for metrics, whoever computes them: a Cube server where CUBE_API_URL is set, else the embedded engine.

Belongs here: the choice, one set of column types for both, the cache. Does not belong here: SQL, HTTP.
"""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gridlake.errors import UsageError
from gridlake.settings import Settings, load_settings
from gridlake.store import Place, stamp
from semantic.access import ALL_REGIONS
from semantic.cube_api import CubeApi
from semantic.engine import Engine, annotate, check_query
from semantic.model import Model, load_model
from semantic.query import Query, parse_query

if TYPE_CHECKING:
    import polars as pl

    from gridlake.snapshot import Snapshot

CACHE_ENTRIES = 512


@dataclass(frozen=True)
class SemanticResult:
    """An answer. `frame` has one column per member, named without its view; `annotation` tells title, unit and type.

    A time grouped by keeps its member's name, or gets its granularity as a suffix where it is asked twice. Counts and
    whole numbers are Int64, other numbers Float64, times naive (in the query's zone; measures in UTC), local days Date.
    `meta`: backend, snapshot_id, query, sql (embedded engine only), seconds.
    """

    frame: pl.DataFrame
    annotation: dict[str, dict[str, str]]
    meta: dict[str, Any]

    def label(self, column: str) -> str:
        """Title with unit, for an axis."""
        unit = self.annotation[column]["unit"]
        return self.annotation[column]["title"] + (f" ({unit})" if unit else "")


class SemanticClient:
    """Answers Cube queries; safe for many threads. Answers are kept by snapshot, so that a new one is seen at once."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        api: CubeApi | None = None,
        model: Model | None = None,
        environ: Mapping[str, str] | None = None,
        claims: Mapping[str, Any] = ALL_REGIONS,
    ) -> None:
        """`claims` are what the token says for whom questions are asked; without any every row may be seen."""
        env = os.environ if environ is None else environ
        self.settings = settings or load_settings(environ=env)
        self.model = model or load_model()
        url = env.get("CUBE_API_URL", "")
        self.api = api or (CubeApi(url, env.get("CUBE_API_SECRET", ""), claims) if url else None)
        self.claims = self.api.claims if self.api else claims
        self._lock = threading.Lock()
        self._cache: OrderedDict[tuple[str, str], SemanticResult] = OrderedDict()
        self._engine: Engine | None = None
        self._snapshot: tuple[Any, Snapshot] | None = None

    @property
    def backend(self) -> str:
        return "cube" if self.api else "embedded"

    def snapshot(self) -> Snapshot:
        """The snapshot readers follow now. Raises `NothingPublished` before the first one.

        The pointer is read every time, the manifest only when it changed.
        """
        from gridlake.snapshot import current_snapshot

        stamp = _pointer_stamp(self.settings.published)
        with self._lock:
            if self._snapshot is None or self._snapshot[0] != stamp or stamp is None:
                self._snapshot = (stamp, current_snapshot(self.settings))
            return self._snapshot[1]

    def _engine_for(self, snapshot: Snapshot) -> Engine:
        with self._lock:
            if self._engine is None or self._engine.snapshot.snapshot_id != snapshot.snapshot_id:
                self._engine = Engine(snapshot, self.model)  # the old one lives until its last query ends
            return self._engine

    def query(self, raw: Mapping[str, Any]) -> SemanticResult:
        """The answer to a Cube query, never cut short: without a limit every row comes.

        Raises `UsageError` or `UnknownMember` for a query that cannot be asked, `NothingPublished` before the first
        snapshot, `GridlakeError` where the backend fails.
        """
        query = parse_query(raw)
        check_query(self.model, query)
        snapshot = self._snapshot_or_none()
        snapshot_id = snapshot.snapshot_id if snapshot else ""
        key = (snapshot_id, json.dumps(raw, sort_keys=True, default=str))
        with self._lock:
            if snapshot_id and key in self._cache:
                self._cache.move_to_end(key)
                found = self._cache[key]
                return replace(found, meta={**found.meta, "cached": True})
        result = self._ask_cube(raw, query, snapshot_id) if self.api else self._ask_engine(raw, snapshot)
        with self._lock:
            if snapshot_id:
                self._cache[key] = result
                while len(self._cache) > CACHE_ENTRIES:
                    self._cache.popitem(last=False)
        return result

    def asked(self) -> list[dict[str, Any]]:
        """The queries whose answers are kept, the one not asked for longest first."""
        with self._lock:
            return [json.loads(query) for _, query in self._cache]

    def _snapshot_or_none(self) -> Snapshot | None:
        from gridlake.errors import NothingPublished

        try:
            return self.snapshot()
        except NothingPublished:
            if not self.api:
                raise
            return None  # a Cube server elsewhere reads its own home: its answers are not kept

    def _ask_engine(self, raw: Mapping[str, Any], snapshot: Snapshot | None) -> SemanticResult:
        import polars as pl

        assert snapshot is not None
        answer = self._engine_for(snapshot).query(raw, self.claims)
        frame = pl.from_arrow(answer.table)
        assert isinstance(frame, pl.DataFrame)
        meta = {
            "backend": "embedded", "snapshot_id": answer.snapshot_id, "query": dict(raw), "sql": answer.sql,
            "seconds": answer.seconds, "cached": False,
        }  # fmt: skip
        return self._result(frame, answer.annotation, meta)

    def _ask_cube(self, raw: Mapping[str, Any], query: Query, snapshot_id: str) -> SemanticResult:
        import time

        import polars as pl

        assert self.api is not None
        if query.timezone != "UTC" and any(
            t.granularity in ("second", "minute", "hour") for t in query.time_dimensions
        ):
            raise UsageError(
                "A Cube server would merge the two passes through the repeated autumn hour.",
                "Ask for hours in UTC and convert them, or use the embedded engine.",
            )
        annotation = annotate(self.model, query)
        started = time.perf_counter()
        rows = self.api.load({**raw, "order": _full_order(query)})
        text = {name: [None if row.get(name) is None else _as_text(row[name]) for row in rows] for name in annotation}
        frame = pl.DataFrame(text, schema=dict.fromkeys(annotation, pl.String))
        frame = frame.with_columns([_from_text(name, body) for name, body in annotation.items()])
        meta = {
            "backend": "cube", "snapshot_id": snapshot_id, "query": dict(raw), "sql": "",
            "seconds": time.perf_counter() - started, "cached": False,
        }  # fmt: skip
        return self._result(frame, annotation, meta)

    def _result(
        self, frame: pl.DataFrame, annotation: dict[str, dict[str, str]], meta: dict[str, Any]
    ) -> SemanticResult:
        import polars as pl

        counts = {n for n in annotation if self._counts(n)}
        casts = []
        for name, body in annotation.items():
            if body["type"] != "number":
                continue
            number = frame[name].cast(pl.Float64)
            whole = body["kind"] == "dimension" and (number == number.floor()).all()
            if name in counts:  # Cube tells nothing, not 0, where it sums the counts of a rollup without rows
                casts.append(number.fill_null(0).cast(pl.Int64))
            else:
                casts.append(number.cast(pl.Int64) if whole else number)
        names = _short_names(annotation)
        return SemanticResult(
            frame.with_columns(casts).rename(names), {names[k]: body for k, body in annotation.items()}, meta
        )  # fmt: skip

    def _counts(self, name: str) -> bool:
        return self.model.member(".".join(name.split(".")[:2]))[1].member.type in ("count", "count_distinct")


def _pointer_stamp(published: Place) -> tuple[str, Any] | None:
    """What tells a changed pointer or manifest: the pointer's text and the manifest's modification time."""
    try:
        text = (published / "current.json").read_text()
        manifest = published / "snapshots" / f"{json.loads(text)['snapshot_id']}.json"
        return text, stamp(manifest)
    except FileNotFoundError:
        return None


def _short_names(annotation: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    names: dict[str, str] = {}
    for key, body in annotation.items():
        member = key.split(".")[1]
        names[key] = f"{member}_{body['granularity']}" if member in names.values() else member
    return names


def _full_order(query: Query) -> list[list[str]]:
    """The query's order (by default by time, then by measure), then every key: pages must not overlap."""
    times = [t.member for t in query.time_dimensions if t.granularity]
    order = [[m, d] for m, d in query.order]
    if not order and times:
        order = [[times[0], "asc"]]
    elif not order and query.measures and query.dimensions:
        order = [[query.measures[0], "desc"]]
    named = {m for m, _ in order}
    return order + [[m, "asc"] for m in (*query.dimensions, *times) if m not in named]


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _from_text(name: str, body: Mapping[str, str]) -> pl.Expr:
    """A column that Cube sent as text in the type our model gives it."""
    import polars as pl

    column = pl.col(name)
    if body["type"] == "time":
        stamp = column.str.replace(" ", "T").str.strip_suffix("Z").str.slice(0, 23)
        stamp = pl.when(stamp.str.len_chars() == 10).then(stamp + "T00:00:00").otherwise(stamp)
        moment = stamp.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us")
        return moment.dt.date().alias(name) if body["calendar"] == "local" else moment.alias(name)
    if body["type"] == "boolean":
        return (column == "true").alias(name)
    if body["type"] == "number":
        number = column.cast(pl.Float64)
        return number.alias(name)
    return column
