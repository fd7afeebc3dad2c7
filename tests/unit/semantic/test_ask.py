"""Questions in plain language: read as they were meant, or not at all."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner

from gridlake.ops import OpsStore
from gridlake.settings import Settings
from gridlake.snapshot import Snapshot
from semantic.ask import check
from semantic.ask.answer import answer_query, ask, described
from semantic.ask.commands import ask as command
from semantic.ask.log import redacted
from semantic.ask.reading import NotUnderstood, read
from semantic.ask.times import Clock, hours_at, span_at
from semantic.ask.vocabulary import synonyms
from semantic.ask.words import tokens
from semantic.client import SemanticClient
from semantic.model import load_model

NOW = Clock(datetime(2017, 9, 20, 16), "America/New_York")


@pytest.fixture
def client(published: tuple[Settings, Snapshot], monkeypatch: pytest.MonkeyPatch) -> SemanticClient:
    monkeypatch.setenv("GRIDLAKE_HOME", str(published[0].home))
    for name in ("CUBE_API_URL", "GRIDLAKE_LLM_API_KEY", "GRIDLAKE_LLM_URL"):
        monkeypatch.delenv(name, raising=False)
    return SemanticClient(published[0], environ={})


def questions() -> list[str]:
    return [entry["ask"] for entry in check.document()["questions"]]


def test_every_view_is_asked_by_the_set_of_questions() -> None:
    assert len(questions()) >= 60
    assert {e["view"] for e in check.document()["questions"]} == set(load_model().views)
    assert len(check.document()["refused"]) >= 10


def test_questions_are_read_as_they_were_meant() -> None:
    found = check.outcomes()
    wrong = [o for o in found if o.outcome == "wrong"]
    assert not wrong, wrong[:3]
    assert sum(o.outcome == "right" for o in found) >= 54


def test_hostile_and_meaningless_input_is_refused() -> None:
    assert [o.question for o in check.hostile() if o.outcome != "refused"] == []


def test_synonyms_name_members_that_exist() -> None:
    model, body = load_model(), synonyms()
    for s in body["subjects"]:
        shown = model.view(s["view"]).members
        value = [s["value"]] if isinstance(s.get("value"), str) else s.get("value", [])
        kinds = [s[k] for k in ("average", "total", "peak", "minimum", "count", "negative") if k in s]
        more = [*s.get("modifiers", {}).values(), *s.get("also", {}).values(), *s.get("by", []), *s.get("requires", [])]
        assert set(value) | set(kinds) | set(more) <= set(shown), s
    dimensions = {m.name for v in model.views.values() for m in v.of_kind("dimension")}
    assert set(body["dimensions"]) <= dimensions
    assert set(body["values"]) <= dimensions


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("yesterday", "2017-09-19", "2017-09-19"), ("last week", "2017-09-11", "2017-09-17"), ("last month", "2017-08-01", "2017-08-31"),
        ("this year", "2017-01-01", "2017-12-31"), ("the last 7 days", "2017-09-13", "2017-09-19"), ("December", "2016-12-01", "2016-12-31"),
        ("since March", "2017-03-01", "2017-09-20"), ("between 3 and 9 July 2017", "2017-07-03", "2017-07-09"),
        ("from November to February 2017", "2016-11-01", "2017-02-28"), ("Q2 2017", "2017-04-01", "2017-06-30"),
        ("2016-02", "2016-02-01", "2016-02-29"), ("July 4th", "2017-07-04", "2017-07-04"), ("past 3 months", "2017-06-01", "2017-08-31"),
        ("last Friday", "2017-09-15", "2017-09-15"), ("29 February 2016", "2016-02-29", "2016-02-29"),
    ],
)  # fmt: skip
def test_phrases_of_time_are_stretches_of_the_calendar(text: str, first: str, last: str) -> None:
    words = tokens(text)
    at = 1 if words[0].text == "the" else 0
    found = span_at(words, at, NOW)
    assert found
    assert (str(found[0].start), str(found[0].end)) == (first, last)
    assert at + found[1] == len(words)


@pytest.mark.parametrize("text", ["31 February 2017", "between NYISO and PJM", "35th month", "2500", "next"])
def test_what_is_no_time_is_not_taken_for_one(text: str) -> None:
    assert span_at(tokens(text), 0, NOW) is None


def test_today_is_the_day_where_the_region_is_when_its_data_end() -> None:
    late = datetime(2026, 3, 20, 5)
    assert str(Clock(late, "America/Los_Angeles").today) == "2026-03-19"
    assert str(Clock(late, "Europe/Berlin").today) == "2026-03-20"
    assert hours_at(tokens("between 5 and 8 pm"), 0) is not None
    assert hours_at(tokens("between 5 and 8 pm"), 0)[0].last == 19  # type: ignore[index]


def test_a_word_without_a_meaning_is_never_passed_over() -> None:
    known, as_of = check.vocabulary()
    for question in (
        "average load in NYISO last week",
        "generation by fuel in CAISO yesterday",
        "peak demand by region in 2017",
    ):
        assert read(question, known, as_of)
        for word in ("except", "holidays", "excluding solar", "adjusted"):
            with pytest.raises(NotUnderstood):
                read(f"{question} {word}", known, as_of)


def test_a_slip_of_the_pen_is_answered_with_the_question_that_was_near() -> None:
    known, as_of = check.vocabulary()
    with pytest.raises(NotUnderstood) as unsure:
        read("avrage laod in NYISO", known, as_of)
    assert "average load in nyiso" in unsure.value.nearest
    with pytest.raises(NotUnderstood) as two:
        read("prices in WEST yesterday", known, as_of)
    assert {"prices in ERCOT.WEST yesterday", "prices in NYISO.WEST yesterday"} <= set(two.value.nearest)


def test_highest_by_zone_is_the_highest_of_each_and_which_zone_chooses_one() -> None:
    known, as_of = check.vocabulary()
    each = read("highest day-ahead price by zone in NYISO yesterday", known, as_of).query
    assert each["measures"] == ["prices.peak_price_per_mwh"]
    assert "limit" not in each
    for question in (
        "which zone in NYISO had the highest day-ahead price yesterday",
        "the NYISO zone with the highest day-ahead price yesterday",
    ):
        one = read(question, known, as_of).query
        assert (one["order"], one["limit"]) == ([["prices.peak_price_per_mwh", "desc"]], 1)


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("top 5 most expensive zones yesterday", "market"), ("load in PJM above 30 % yesterday", "unit"),
        ("SAIDI in March 2017", "yearly"), ("highest wind speed forecast by station", "no highest"), ("hourly spread in NYISO last week", "by hour"),
        ("energy by customer segment last Friday", "monthly"), ("average load in NYISO in 2016, 2017-03", "cannot be compared"),
    ],
)  # fmt: skip
def test_what_could_only_be_guessed_is_not(question: str, why: str) -> None:
    known, as_of = check.vocabulary()
    with pytest.raises(NotUnderstood, match=why):
        read(question, known, as_of)


def test_an_answer_is_the_number_sql_finds(client: SemanticClient, gold: Any) -> None:
    found = ask("average load in NYISO last week", client)
    (wanted,) = gold.execute(
        "select avg(load_mw) from fct_load_hourly where zone_id = 'NYISO.TOTAL' and local_date between '2026-03-09' and '2026-03-15'"
    ).fetchone()
    assert found.result.frame.item() == pytest.approx(wanted, rel=1e-9)
    assert f"{wanted:,.0f} MW" in found.sentence
    assert "9 Mar 2026 to 15 Mar 2026" in found.sentence


@pytest.mark.parametrize(
    ("question", "mark"),
    [
        ("generation by fuel in CAISO yesterday", "bar"), ("show load in ERCOT over the last 24 hours", "line"),
        ("average load in NYISO for each hour of the day", "line"), ("our load forecast for NYISO", "area"),
        ("February 2026 vs March 2026 total load in NYISO", "bar"), ("average load in NYISO last week", None),
    ],
)  # fmt: skip
def test_the_chart_follows_from_the_kind_of_columns(question: str, mark: str | None, client: SemanticClient) -> None:
    chart = ask(question, client).chart
    if mark is None:
        assert chart is None
        return
    assert chart
    part = chart["layer"][0] if "layer" in chart else chart
    assert part["mark"]["type"] == mark
    assert all(e["title"] for e in (chart["layer"][-1] if "layer" in chart else chart)["encoding"]["tooltip"])
    assert "(M" in json.dumps(chart), "an axis without its unit"


def test_every_question_is_kept_with_what_became_of_it(client: SemanticClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EIA_API_KEY", "abc123secret")
    ask("peak load by region", client, "test")
    ask("peak load by region in 1999", client, "test")
    for question in ("colourless green ideas", "average load in NYISO abc123secret", "prices in WEST yesterday"):
        with pytest.raises(NotUnderstood):
            ask(question, client, "test")
    kept = [q for q in OpsStore(client.settings.ops_db).questions(5) if q["asked_by"] == "test"]
    assert [q["outcome"] for q in kept] == ["unsure", "unsure", "refused", "empty", "answered"]
    assert "abc123secret" not in json.dumps(kept)
    assert json.loads(kept[-1]["query"])["measures"] == ["load.peak_load_mw"]
    assert kept[-1]["rows"] == 3


def test_what_looks_like_a_key_is_not_kept() -> None:
    assert redacted("key sk-abcdef123456 in NYISO") == "key *** in NYISO"
    assert (
        redacted("average load in NYISO from 2017-01-01 to 2017-02-01")
        == "average load in NYISO from 2017-01-01 to 2017-02-01"
    )


def test_an_empty_answer_says_how_far_the_data_reach(client: SemanticClient) -> None:
    assert "reach to 20 Mar 2026" in ask("average load by region in 1999", client).sentence


def test_a_changed_query_is_answered_by_the_same_code(client: SemanticClient) -> None:
    found = ask("average load in NYISO last week", client)
    changed = {**found.query, "dimensions": ["load.local_hour"]}
    assert answer_query(changed, client).result.frame.height == 24
    assert "NYISO" in described(changed)


def test_the_shell_prints_sentence_rows_and_query(client: SemanticClient) -> None:
    shown = CliRunner().invoke(command, ["generation by fuel in CAISO yesterday"])
    assert shown.exit_code == 0
    assert "Total generation (CAISO; 18 Mar 2026)" in shown.stdout
    assert '"generation.fuel_name"' in shown.stderr
    body = json.loads(CliRunner().invoke(command, ["--json", "generation by fuel in CAISO yesterday"]).stdout)
    assert body["outcome"] == "answered"
    assert body["row_count"] == len(body["rows"]) == 7
    assert body["chart"]["mark"]["type"] == "bar"
    unsure = CliRunner().invoke(command, ["--json", "prices in WEST yesterday"])
    assert unsure.exit_code == 1
    assert json.loads(unsure.stdout)["outcome"] == "unsure"
    assert len(json.loads(unsure.stdout)["nearest"]) == 2


class Talker(BaseHTTPRequestHandler):
    """A language model that says what the test wants."""

    says: ClassVar[str] = ""
    sends_to: ClassVar[str] = ""
    heard: ClassVar[list[tuple[str, str]]] = []

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.heard.append((self.headers["Authorization"], text))
        if self.sends_to:
            self.send_response(302)
            self.send_header("Location", self.sends_to)
            self.end_headers()
            return
        body = json.dumps({"choices": [{"message": {"content": self.says}}]}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.heard.append((self.headers.get("Authorization", ""), self.path))
        self.send_response(404)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


@pytest.fixture
def talker(client: SemanticClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Talker]]:
    server = HTTPServer(("127.0.0.1", 0), Talker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("GRIDLAKE_LLM_API_KEY", "key-of-the-test")
    monkeypatch.setenv("GRIDLAKE_LLM_URL", f"http://127.0.0.1:{server.server_port}/v1/chat/completions")
    Talker.heard.clear()
    yield Talker
    server.shutdown()
    server.server_close()


def test_a_language_model_is_asked_only_where_the_grammar_is_unsure(
    client: SemanticClient, talker: type[Talker]
) -> None:
    ask("peak load by region", client)
    assert talker.heard == []
    talker.says = '```json\n{"measures": ["load.peak_load_mw"], "dimensions": ["load.region_id"]}\n```'
    found = ask("the mightiest thirst for power hereabouts", client)
    assert found.reader == "llm"
    assert found.result.frame.height == 3
    ((authorization, text),) = talker.heard
    assert authorization == "Bearer key-of-the-test"
    assert "average_load_mw" in text, "the model's names are sent"
    assert "16:00" not in text, "no rows are"
    assert "key-of-the-test" not in json.dumps(OpsStore(client.settings.ops_db).questions(3))


@pytest.mark.parametrize(
    "says",
    [
        "drop table x", '{"unsure": true}', '{"measures": ["load.secret"]}', '{"sql": "select 1"}', "[]", '{"measures": ["load.count", "prices.count"]}',
        '{"measures": ["load.count"], "filters": [{"member": "load.region_id", "operator": "raw", "values": ["1"]}]}',
    ],
)  # fmt: skip
def test_what_a_language_model_says_is_checked_like_any_query(
    says: str, client: SemanticClient, talker: type[Talker]
) -> None:
    talker.says = says
    with pytest.raises(NotUnderstood):
        ask("the mightiest thirst for power hereabouts", client)


def test_a_key_is_not_sent_in_the_clear(
    client: SemanticClient, talker: type[Talker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDLAKE_LLM_URL", "http://example.invalid/v1/chat/completions")
    with pytest.raises(NotUnderstood):
        ask("the mightiest thirst for power hereabouts", client)
    assert talker.heard == []


def test_a_redirect_takes_the_key_nowhere(
    client: SemanticClient, talker: type[Talker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talker, "sends_to", "/elsewhere")
    with pytest.raises(NotUnderstood):
        ask("the mightiest thirst for power hereabouts", client)
    assert [path for _, path in talker.heard if path == "/elsewhere"] == []
    assert len(talker.heard) == 1
