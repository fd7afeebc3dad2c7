"""The HTTP client against a source that misbehaves over real sockets."""

from __future__ import annotations

import gzip
import logging
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from requests.exceptions import SSLError

from extract.http import Answer, Ask, Client, Key, Limits, NotThere, TokenBucket, redacted
from gridlake.errors import PayloadRefused
from gridlake.settings import PROJECT_ROOT
from tests.unit.extract.replay import Reply, Source, patient, source

SECRET = "s3cr3t-0f-the-t3st"
KEY = Key("TEST_API_KEY", parameter="api_key")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("TEST_API_KEY", SECRET)


def ask(at: Source, path: str = "/data.csv", **more: object) -> Ask:
    return Ask("some_feed", "2024-03-10", at.base + path, **more)  # type: ignore[arg-type]


def refused(client: Client, request: Ask) -> PayloadRefused:
    with pytest.raises(PayloadRefused) as caught:
        client.get(request)
    error = caught.value
    assert "some_feed" in error.message
    assert "2024-03-10" in error.message
    assert error.remedy
    return error


def test_a_good_answer_comes_with_its_status_and_id() -> None:
    with source([Reply(b"a,b\n", headers={"X-Request-Id": "abc-1"})]) as at:
        answer = patient().get(ask(at, params=[("day", "2024/03/10")]))
    assert answer == Answer(b"a,b\n", 200, "abc-1", "")
    assert at.asked[0][0] == "/data.csv?day=2024%2F03%2F10"
    assert at.asked[0][1]["user-agent"] == "gridlake"


@pytest.mark.parametrize("told", [None, "bad\tid", SECRET])
def test_an_id_that_is_missing_odd_or_a_key_is_replaced_by_ours(told: str | None) -> None:
    headers = {"X-Request-Id": told} if told else {}
    with source([Reply(b"x", headers=headers)]) as at:
        found = patient().get(ask(at, key=KEY)).request_id
    assert len(found) == 36
    assert found.count("-") == 4


def test_429_waits_as_long_as_it_is_told() -> None:
    pauses: list[float] = []
    with source([Reply(status=429, headers={"Retry-After": "7"}), Reply(b"x")]) as at:
        assert patient(pauses).get(ask(at)).data == b"x"
    assert pauses == [7.5]  # what it was told and the jitter


def test_a_retry_after_beyond_our_patience_ends_it() -> None:
    with source([Reply(status=429, headers={"Retry-After": "3600"})]) as at:
        error = refused(patient(), ask(at))
    assert "429" in error.message
    assert "wait 3600 s" in error.message
    assert len(at.asked) == 1


@pytest.mark.parametrize("told", ["soon", "-5", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_an_odd_retry_after_does_no_harm(told: str) -> None:
    with source([Reply(status=503, headers={"Retry-After": told}), Reply(b"x")]) as at:
        assert patient().get(ask(at)).data == b"x"


def test_500_three_times_is_asked_again_with_growing_pauses() -> None:
    pauses: list[float] = []
    with source([Reply(status=500)] * 3 + [Reply(b"x")]) as at:
        assert patient(pauses).get(ask(at)).data == b"x"
    assert pauses == [1.5, 3.0, 6.0]


def test_500_for_ever_ends_after_the_attempts() -> None:
    with source([Reply(status=500)]) as at:
        error = refused(patient(attempts=4), ask(at))
    assert "answered 500 after 4 attempts" in error.message
    assert len(at.asked) == 4


def test_pauses_are_capped() -> None:
    pauses: list[float] = []
    with source([Reply(status=500)]) as at:
        refused(patient(pauses, attempts=6, longest_pause_s=4), ask(at))
    assert max(pauses) == 4


def test_a_hang_is_a_timeout_that_is_asked_again() -> None:
    with source([Reply(b"late", hangs_s=5), Reply(b"x")]) as at:
        assert patient(read_s=0.2).get(ask(at)).data == b"x"
    with source([Reply(b"late", hangs_s=5)]) as at:
        assert "no answer within 0.2 s" in refused(patient(read_s=0.2, attempts=2), ask(at)).message


def test_a_body_that_drips_is_given_up_after_the_total_time() -> None:
    with source([Reply(b"x" * 200_000)]) as at:
        error = refused(patient(total_s=-1.0, attempts=1), ask(at))
    assert "not whole within" in error.message


def test_a_truncated_body_is_asked_again_and_never_passed_on() -> None:
    cut = Reply(b"a,b\n1,", announced=100)
    with source([cut, Reply(b"a,b\n1,2\n")]) as at:
        assert patient().get(ask(at)).data == b"a,b\n1,2\n"
    with source([cut]) as at:
        assert "broke off" in refused(patient(attempts=2), ask(at)).message


def test_a_compressed_body_is_counted_as_sent() -> None:
    packed = gzip.compress(b"a,b\n" * 1000)
    with source([Reply(packed, headers={"Content-Encoding": "gzip"})]) as at:
        assert patient().get(ask(at)).data == b"a,b\n" * 1000
    with source([Reply(packed[:-9], headers={"Content-Encoding": "gzip"}, announced=len(packed))]) as at:
        assert "broke off" in refused(patient(attempts=1), ask(at)).message


def test_a_body_that_is_too_large_is_refused_announced_or_not() -> None:
    with source([Reply(b"x" * 3000)]) as at:
        assert "larger than 1000" in refused(patient(most_bytes=1000), ask(at)).message
    bomb = gzip.compress(b"x" * 1_000_000)
    with source([Reply(bomb, headers={"Content-Encoding": "gzip"})]) as at:
        assert "larger than 100000" in refused(patient(most_bytes=100_000), ask(at)).message
    assert len(at.asked) == 1


def test_404_is_told_apart_and_not_asked_again() -> None:
    with source([Reply(status=404)]) as at, pytest.raises(NotThere):
        patient().get(ask(at))
    assert len(at.asked) == 1


def test_a_connection_refused_is_explained() -> None:
    with source([Reply(b"x")]) as at:
        pass
    assert "connection failed" in refused(patient(attempts=2), ask(at)).message


# --- redirects ----------------------------------------------------------------------------------------------------


def test_a_redirect_within_the_host_is_followed_with_the_key() -> None:
    script = [Reply(status=302, headers={"Location": "/there"}), Reply(b"x")]
    with source(script) as at:
        assert patient().get(ask(at, key=Key("TEST_API_KEY", header="X-Key"))).data == b"x"
    assert at.asked[1][0] == "/there"
    assert at.asked[1][1]["x-key"] == SECRET


def test_a_redirect_to_another_host_is_refused() -> None:
    with source([Reply(b"stolen")]) as elsewhere:
        there = elsewhere.base.replace("127.0.0.1", "localhost") + "/x"
        with source([Reply(status=302, headers={"Location": there})]) as at:
            error = refused(patient(), ask(at, key=KEY))
        assert elsewhere.asked == []
    assert "another host (localhost)" in error.message


def test_a_declared_host_is_followed_but_never_given_the_key() -> None:
    with source([Reply(b"x")]) as elsewhere:
        there = elsewhere.base.replace("127.0.0.1", "localhost") + f"/x?api_key={SECRET}&other={SECRET}&day=1"
        with source([Reply(status=307, headers={"Location": there})]) as at:
            request = ask(at, key=Key("TEST_API_KEY", "api_key", "X-Key"), redirect_hosts=("localhost",))
            assert patient().get(request).data == b"x"
    path, headers = elsewhere.asked[0]
    assert path == "/x?day=1"
    assert SECRET not in path + str(headers)


def test_circles_end() -> None:
    with source([Reply(status=302, headers={"Location": "/again"})]) as at:
        assert "circles" in refused(patient(), ask(at)).message


@pytest.mark.parametrize("url", ["http://example.com/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "no-scheme"])
def test_only_https_leaves_this_machine(url: str) -> None:
    assert "no https address" in refused(patient(), Ask("some_feed", "2024-03-10", url)).message


def test_a_certificate_nobody_vouches_for_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    client = patient()

    def send(*_: object) -> None:
        raise SSLError(f"https://x/?api_key={SECRET}")

    monkeypatch.setattr(client, "_send", send)
    error = refused(client, Ask("some_feed", "2024-03-10", "https://example.com"))
    assert "certificate" in error.message
    assert SECRET not in str(error)


def test_no_code_weakens_tls() -> None:
    weak = ("verify=" + "False", "CERT_" + "NONE", "_create_unverified" + "_context", "disable_" + "warnings")
    files = [
        p
        for room in ("extract", "gridlake", "orchestration", "ml", "apps")
        for p in (PROJECT_ROOT / room).rglob("*.py")
    ]
    assert len(files) > 50
    assert [str(p) for p in files if any(w in p.read_text() for w in weak)] == []


# --- keys ---------------------------------------------------------------------------------------------------------


def test_a_key_that_is_not_set_is_named() -> None:
    error = refused(patient(), Ask("some_feed", "2024-03-10", "https://example.com", key=Key("NOT_SET_KEY", "k")))
    assert "NOT_SET_KEY" in error.message
    assert "NOT_SET_KEY" in error.remedy


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"x"), Reply(status=403), Reply(status=500), Reply(b"x", announced=9), Reply(b"x", hangs_s=2),
        Reply(status=302, headers={"Location": f"https://elsewhere.example/?api_key={SECRET}"}),
    ],
    ids=["good", "403", "500", "truncated", "hang", "redirect"],
)  # fmt: skip
@pytest.mark.parametrize("key", [KEY, Key("TEST_API_KEY", header="X-Key")], ids=["query", "header"])
def test_keys_appear_in_no_log_message_or_traceback(reply: Reply, key: Key, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = ""
    with source([reply]) as at:
        request = ask(at, key=key, params=[("day", "1")])
        try:
            patient(attempts=2, read_s=0.2).get(request)
        except PayloadRefused as error:
            said = "".join(traceback.format_exception(error)) + error.remedy + repr(error.__context__)
        assert SECRET in str(at.asked)
    assert SECRET not in caplog.text + said + request.address + repr(request)
    assert caplog.records


def test_an_answer_that_echoes_the_key_is_stripped_of_it() -> None:
    with source([Reply(f'{{"request":{{"api_key":"{SECRET}"}}}}'.encode())]) as at:
        assert patient().get(ask(at, key=KEY)).data == b'{"request":{"api_key":"***"}}'


def test_403_points_to_the_variable() -> None:
    with source([Reply(status=403)]) as at:
        assert "TEST_API_KEY" in refused(patient(), ask(at, key=KEY)).remedy
    assert len(at.asked) == 1


def test_parameters_that_are_keys_by_name_are_hidden() -> None:
    assert redacted("/api?securityToken=abc&x=1&API-KEY=d") == "/api?securityToken=***&x=1&API-KEY=***"


def test_a_login_kept_for_the_host_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with source([Reply(b"x")]) as at:
        patient().get(ask(at))
    assert "authorization" not in at.asked[0][1]


# --- budget -------------------------------------------------------------------------------------------------------


def test_a_host_is_asked_no_faster_than_its_budget() -> None:
    now = [0.0]
    bucket = TokenBucket(60, burst=2, clock=lambda: now[0])
    assert [bucket.wait_s() for _ in range(4)] == [0, 0, 1, 2]
    now[0] = 10
    assert bucket.wait_s() == 0


def test_each_host_has_a_budget_of_its_own() -> None:
    waits: list[float] = []
    client = Client(Limits(per_minute=6), budgets={"127.0.0.1": 60}, sleep=waits.append, clock=lambda: 0.0)
    with source([Reply(b"x")]) as at:
        for _ in range(7):
            client.get(ask(at))
    assert [round(w) for w in waits] == [1, 2]


def test_importing_the_client_loads_no_network_library() -> None:
    code = "import sys, extract.http; sys.exit('requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, check=False).returncode == 0
