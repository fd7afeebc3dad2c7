"""The client over both backends. The stand-in server speaks Cube's REST protocol as Cube over DuckDB does: signed tokens,
numbers as text, 10,000 rows unless a limit is sent, 50,000 at most, "Continue wait"."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from gridlake.errors import GridlakeError, NothingPublished, UsageError
from gridlake.settings import Settings, load_settings
from gridlake.snapshot import Snapshot
from semantic.client import SemanticClient
from semantic.cube_api import CubeApi, sign_token
from semantic.engine import Engine
from semantic.model import UnknownMember
from tests.unit.semantic.sample import publish_sample

SECRET = "a secret of the test"


def text_of(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return datetime(value.year, value.month, value.day, *value.timetuple()[3:6]).isoformat() + ".000"
    return value if value is None or isinstance(value, bool) else str(value)


class StandIn:
    """A server on a free port; `waits` answers "Continue wait" so often first; `seen` keeps the queries."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.waits, self.seen, self.broken = engine, 0, [], False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = outer.answer(self.path, self.headers.get("Authorization", ""), json.loads(body))
                raw = json.dumps(answer).encode()
                self.send_response(status)
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/cubejs-api/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str, token: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if path != "/cubejs-api/v1/load":
            return 404, {"error": "not found"}
        if not self.signed(token):
            return 403, {"error": "Invalid token"}
        if self.broken:
            return 500, {"error": "out of memory"}
        query = dict(body["query"])
        self.seen.append(query)
        if self.waits:
            self.waits -= 1
            return 200, {"error": "Continue wait"}
        query["limit"] = min(query.get("limit", 10_000), 50_000)
        rows = self.engine.query(query).rows()
        return 200, {"data": [{k: text_of(v) for k, v in row.items()} for row in rows]}

    @staticmethod
    def signed(token: str) -> bool:
        try:
            head, claims, signature = token.split(".")
        except ValueError:
            return False
        wanted = hmac.new(SECRET.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
        body = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return base64.urlsafe_b64encode(wanted).rstrip(b"=").decode() == signature and body["exp"] > time.time()


@pytest.fixture
def server(engine: Engine) -> Iterator[StandIn]:
    stand_in = StandIn(engine)
    yield stand_in
    stand_in.server.shutdown()
    stand_in.server.server_close()


def over(server: StandIn, settings: Settings, **arguments: Any) -> SemanticClient:
    return SemanticClient(settings, api=CubeApi(server.url, SECRET, **arguments), environ={})


def test_the_environment_chooses_the_backend(published: tuple[Settings, Snapshot]) -> None:
    assert SemanticClient(published[0], environ={}).backend == "embedded"
    assert (
        SemanticClient(published[0], environ={"CUBE_API_URL": "http://localhost:4000/cubejs-api/v1"}).backend == "cube"
    )


@pytest.mark.parametrize(
    "query",
    [
        {"measures": ["load.total_load_mwh", "load.count", "load.latest_interval_start_utc"], "dimensions": ["load.region_id"]},
        {"measures": ["load.average_load_mw"], "timeDimensions": [{"dimension": "load.interval_start_utc", "granularity": "hour"}]},
        {"measures": ["load.count_imputed"], "timeDimensions": [{"dimension": "load.interval_start_utc", "granularity": "day"}], "timezone": "America/New_York"},
        {"measures": ["generation.total_generation_mwh"], "dimensions": ["generation.is_renewable", "generation.sort_order", "generation.fuel_name"]},
        {"measures": ["data_quality.total_rows"], "timeDimensions": [{"dimension": "data_quality.local_date", "granularity": "week"}]},
        {"measures": ["forecast.average_lower_80_mw"], "dimensions": ["forecast.forecaster", "forecast.model_version"]},
        {"dimensions": ["load.imputation_code"]},
    ],
)  # fmt: skip
def test_both_backends_answer_alike(
    server: StandIn, published: tuple[Settings, Snapshot], query: dict[str, Any]
) -> None:
    ours = SemanticClient(published[0], environ={}).query(query)
    theirs = over(server, published[0]).query(query)
    assert ours.frame.height > 0
    assert ours.frame.schema == theirs.frame.schema
    assert_frame_equal(ours.frame, theirs.frame, check_row_order=False, rel_tol=1e-12)
    assert ours.annotation == theirs.annotation
    assert theirs.meta["backend"] == "cube"


def test_more_rows_than_one_answer_holds_all_come(server: StandIn, published: tuple[Settings, Snapshot]) -> None:
    query = {
        "measures": ["prices.average_price_per_mwh"],
        "dimensions": ["prices.zone_id", "prices.market_id"],
        "timeDimensions": [{"dimension": "prices.interval_start_utc", "granularity": "hour"}],
    }
    ours = SemanticClient(published[0], environ={}).query(query).frame
    assert ours.height > 10_000  # more than Cube answers without a limit
    theirs = over(server, published[0], page_rows=7000).query(query).frame
    assert theirs.height == ours.height
    assert_frame_equal(ours, theirs, check_row_order=False, rel_tol=1e-12)
    assert len(server.seen) == 3
    limited = over(server, published[0], page_rows=7000).query(query | {"limit": 9000}).frame
    assert limited.height == 9000


def test_waiting_ends_with_an_answer_or_an_error(server: StandIn, published: tuple[Settings, Snapshot]) -> None:
    server.waits = 3
    pauses: list[float] = []
    client = over(server, published[0], sleep=pauses.append)
    assert client.query({"measures": ["load.count"]}).frame.height == 1
    assert len(pauses) == 3
    assert pauses == sorted(pauses)
    server.waits = 1000
    impatient = over(server, published[0], sleep=lambda _: None, patience_seconds=0.05)
    with pytest.raises(GridlakeError, match="still computing"):
        impatient.query({"measures": ["prices.count"]})


def test_failures_name_their_remedy(server: StandIn, published: tuple[Settings, Snapshot]) -> None:
    wrong = SemanticClient(published[0], api=CubeApi(server.url, "another secret"), environ={})
    with pytest.raises(GridlakeError, match="refused the token") as caught:
        wrong.query({"measures": ["load.count"]})
    assert "CUBE_API_SECRET" in caught.value.remedy
    assert SECRET not in repr(CubeApi(server.url, SECRET))
    server.broken = True
    with pytest.raises(GridlakeError, match="out of memory"):
        over(server, published[0]).query({"measures": ["load.count"]})
    nobody = SemanticClient(published[0], api=CubeApi("http://127.0.0.1:9", SECRET), environ={})
    with pytest.raises(GridlakeError, match="did not answer"):
        nobody.query({"measures": ["load.count"]})


def test_unknown_names_are_refused_before_the_server_is_asked(
    server: StandIn, published: tuple[Settings, Snapshot]
) -> None:
    with pytest.raises(UnknownMember):
        over(server, published[0]).query({"measures": ["load.sum"]})
    hours = [{"dimension": "load.interval_start_utc", "granularity": "hour"}]
    with pytest.raises(UsageError, match="repeated autumn hour"):
        over(server, published[0]).query(
            {"measures": ["load.count"], "timeDimensions": hours, "timezone": "America/New_York"}
        )
    assert server.seen == []


def test_a_token_is_a_signed_jwt() -> None:
    head, claims, signature = sign_token("s3cret", {"region": "NYISO"}, now=1_700_000_000).split(".")
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == {"alg": "HS256", "typ": "JWT"}
    body = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert body == {"region": "NYISO", "iat": 1_700_000_000, "exp": 1_700_000_300}
    expected = hmac.new(b"s3cret", f"{head}.{claims}".encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "=") == expected


def test_answers_are_kept_until_a_new_snapshot_is_published(tmp_path: Path) -> None:
    settings, first = publish_sample(tmp_path)
    client = SemanticClient(settings, environ={})
    query = {"measures": ["load.latest_interval_start_utc"]}
    before = client.query(query)
    assert client.query(query).meta["cached"] is True
    assert before.meta["cached"] is False
    earlier = datetime(2026, 3, 1)
    _, second = publish_sample(tmp_path, end_of=dict.fromkeys(("CAISO", "ERCOT", "NYISO"), earlier))
    after = client.query(query)
    assert after.meta["snapshot_id"] == second.snapshot_id != first.snapshot_id
    assert after.frame.item() == earlier - timedelta(hours=1)
    assert client.snapshot().published_at_utc == second.published_at_utc


def test_before_the_first_snapshot_the_remedy_is_told(tmp_path: Path) -> None:
    client = SemanticClient(load_settings(home=tmp_path / "empty", environ={}), environ={})
    with pytest.raises(NothingPublished, match="gridlake run"):
        client.query({"measures": ["load.count"]})


def test_threads_share_one_client(published: tuple[Settings, Snapshot]) -> None:
    client = SemanticClient(published[0], environ={})
    results: list[int] = []

    def ask(region: str) -> None:
        where = [{"member": "load.region_id", "operator": "equals", "values": [region]}]
        results.append(client.query({"measures": ["load.count"], "filters": where}).frame.item())

    threads = [threading.Thread(target=ask, args=(r,)) for r in ("CAISO", "ERCOT", "NYISO") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [1445] * 4 + [1446] * 8
