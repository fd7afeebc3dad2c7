"""The one HTTP client: what every live connector asks through.

It asks again with jitter after 429, 5xx, timeouts and broken bodies, honours Retry-After, keeps each host's rate, gives
up after a total time, takes no more than a size limit and no less than the length the server announced. TLS is always
verified and plain http is for this machine only. A redirect to another host is refused unless the connector declares
that host, and never carries a key there. Keys come from the environment and appear in nothing that is written: no log,
message, address, exception or payload.
"""

from __future__ import annotations

import logging
import os
import random
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from gridlake.errors import PayloadRefused

if TYPE_CHECKING:
    import requests

log = logging.getLogger(__name__)

HIDDEN = "***"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ASKED_AGAIN = (408, 425, 429, 500, 502, 503, 504)
MOVED = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5
MOST_BYTES = 256 * 1024 * 1024
CHUNK = 64 * 1024
_KEY_NAMES = re.compile(r"(?i)\b(api[_-]?key|securityToken|token|subscription-key|access_token)=[^&\s\"']+")
_PLAIN_ID = re.compile(r"^[\w.:/=+-]{1,100}$")


@dataclass(frozen=True)
class Key:
    """A key a provider asks for: the environment variable it stands in, and the query parameter or header it goes by."""

    variable: str
    parameter: str = ""
    header: str = ""

    def value(self) -> str:
        return os.environ.get(self.variable, "").strip()


@dataclass(frozen=True)
class Ask:
    """One request of one feed. window: what it is asked for, in words, for messages. redirect_hosts: other hosts the
    provider is known to send to."""

    feed: str
    window: str
    url: str
    params: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    key: Key | None = None
    redirect_hosts: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The full address without any key: what is stored and shown."""
        query = urlencode(list(self.params), quote_via=quote)
        return redacted(f"{self.url}?{query}" if query else self.url)


@dataclass(frozen=True)
class Answer:
    """What came: the body, its status and the id under which the provider (or else we) know the request."""

    data: bytes
    status: int
    request_id: str
    content_type: str = ""


class TokenBucket:
    """At most `per_minute` requests a minute, `burst` of them at once."""

    def __init__(self, per_minute: float, burst: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second, self.burst, self.clock = per_minute / 60, burst, clock
        self.tokens, self.at = float(burst), clock()
        self.lock = threading.Lock()

    def wait_s(self) -> float:
        """Take a token; how long to wait before using it."""
        with self.lock:
            now = self.clock()
            self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_second) - 1
            self.at = now
            return max(0.0, -self.tokens / self.per_second)


@dataclass(frozen=True)
class Limits:
    """How patient the client is. Seconds, unless named otherwise."""

    attempts: int = 5
    connect_s: float = 10
    read_s: float = 60
    total_s: float = 300  # of one attempt, however slowly its bytes drip
    first_pause_s: float = 1
    longest_pause_s: float = 120
    most_bytes: int = MOST_BYTES
    per_minute: float = 30  # where a host has no budget of its own


class NotThere(PayloadRefused):
    """The server answered 404: it holds nothing at that address."""


class _Failed(Exception):
    """One attempt failed. `pause_s`: what the server asks us to wait; `again`: whether asking again can help."""

    def __init__(
        self, problem: str, *, again: bool = True, pause_s: float | None = None, remedy: str = "", status: int = 0
    ) -> None:
        super().__init__(problem)
        self.problem, self.again, self.pause_s, self.remedy, self.status = problem, again, pause_s, remedy, status


class Client:
    """Asks one request after the other. budgets: requests a minute by host."""

    def __init__(
        self,
        limits: Limits | None = None,
        budgets: Mapping[str, float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits, self.budgets = limits or Limits(), dict(budgets or {})
        self.sleep, self.jitter, self.clock = sleep, jitter, clock
        self._buckets: dict[str, TokenBucket] = {}
        self._session: requests.Session | None = None

    def get(self, ask: Ask) -> Answer:
        """The answer to `ask`. Raises `PayloadRefused` naming feed, window, why, and what to do."""
        secret = self._secret(ask)
        failure = _Failed("was not asked")
        for attempt in range(1, self.limits.attempts + 1):
            found = self._attempt(ask, secret)
            if isinstance(found, Answer):
                return found
            failure = found
            if not failure.again or attempt == self.limits.attempts:
                break
            pause = self._pause(failure, attempt)
            if pause is None:
                break
            log.info("%s: %s: %s; asked again in %.1f s", ask.feed, ask.window, failure.problem, pause)
            self.sleep(pause)
        tried = f" after {attempt} attempts" if attempt > 1 else ""
        remedy = failure.remedy or "Run again later; nothing of this window was landed."
        # Raised outside of any handler: the library's own exception, which quotes the address, is not chained to it.
        refusal = NotThere if failure.status == 404 else PayloadRefused
        raise refusal(ask.feed, f"{ask.window} ({ask.address})", f"{failure.problem}{tried}", remedy)

    def _secret(self, ask: Ask) -> str:
        if ask.key is None:
            return ""
        if value := ask.key.value():
            return value
        raise PayloadRefused(
            ask.feed, ask.window, f"needs the key {ask.key.variable}, which is not set",
            f"Set {ask.key.variable} in the environment (docs/live-feeds.md says where it comes from).",
        )  # fmt: skip

    def _pause(self, failure: _Failed, attempt: int) -> float | None:
        """Seconds before the next attempt; None where the server asks for more than we wait."""
        longest = self.limits.longest_pause_s
        if failure.pause_s is not None:
            if failure.pause_s > longest:
                failure.problem += f" and asks to wait {failure.pause_s:.0f} s"
                return None
            return failure.pause_s + self.jitter()
        return min(longest, self.limits.first_pause_s * 2 ** (attempt - 1) * (1 + self.jitter()))

    def _attempt(self, ask: Ask, secret: str) -> Answer | _Failed:
        import requests
        import urllib3

        try:
            return self._follow(ask, secret)
        except _Failed as error:
            return error
        except requests.exceptions.SSLError:
            problem, again = "its certificate cannot be trusted", False
        except requests.exceptions.ConnectTimeout:
            problem, again = f"no connection within {self.limits.connect_s:g} s", True
        except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
            problem, again = f"no answer within {self.limits.read_s:g} s", True
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as error:
            problem, again = f"the body broke off or is damaged ({type(error).__name__})", True
        except requests.exceptions.ConnectionError as error:
            slow = "timed out" in str(error).lower()
            problem = f"no answer within {self.limits.read_s:g} s" if slow else "the connection failed"
            again = True
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            problem, again = f"the request failed ({type(error).__name__})", False
        return _Failed(problem, again=again)

    def _follow(self, ask: Ask, secret: str) -> Answer:
        """The answer of one attempt, redirects within the host (or to declared ones) followed."""
        url, params, headers = ask.url, list(ask.params), {"User-Agent": "gridlake", **ask.headers}
        host = urlsplit(url).hostname
        if secret and ask.key and ask.key.parameter:
            params.append((ask.key.parameter, secret))
        if secret and ask.key and ask.key.header:
            headers[ask.key.header] = secret
        for _ in range(MOST_REDIRECTS + 1):
            _check_scheme(url)
            response = self._send(url, params, headers)
            try:
                if response.status_code not in MOVED:
                    return self._judged(ask, response, secret)
                target = urljoin(response.url or url, response.headers.get("Location", ""))
            finally:
                response.close()
            there = urlsplit(target).hostname
            if there != host and there not in ask.redirect_hosts:
                raise _Failed(
                    f"sends to another host ({there})", again=False,
                    remedy="Check whether the provider moved; if it did, the connector has to be told.",
                )  # fmt: skip
            url, params = target, []
            if there != host:
                headers = {name: value for name, value in headers.items() if not secret or secret not in value}
                url = _without(url, ask.key.parameter if ask.key else "", secret)
        raise _Failed("sends in circles", again=False)

    def _send(self, url: str, params: list[tuple[str, str]], headers: Mapping[str, str]) -> requests.Response:
        host = urlsplit(url).hostname or ""
        bucket = self._buckets.get(host)
        if bucket is None:
            bucket = self._buckets[host] = TokenBucket(self.budgets.get(host, self.limits.per_minute), 5, self.clock)
        if wait := bucket.wait_s():
            self.sleep(wait)
        if self._session is None:
            self._session = _session()
        return self._session.get(
            url, params=params, headers=dict(headers), stream=True, allow_redirects=False,
            timeout=(self.limits.connect_s, self.limits.read_s),
        )  # fmt: skip

    def _judged(self, ask: Ask, response: requests.Response, secret: str) -> Answer:
        status = response.status_code
        if status in ASKED_AGAIN:
            raise _Failed(f"answered {status}", pause_s=_retry_after(response.headers.get("Retry-After")))
        if status in (401, 403) and ask.key:
            raise _Failed(f"answered {status}", again=False, remedy=f"Check the key in {ask.key.variable}.")
        if status == 404:
            raise _Failed(
                "answered 404",
                again=False,
                status=404,
                remedy="The provider holds nothing there (yet): check the days asked for.",
            )
        if status != 200:
            raise _Failed(f"answered {status}", again=False, remedy="Check the days and feeds asked for.")
        data = self._body(response)
        if secret:  # some providers echo the request, key and all
            data = data.replace(secret.encode(), HIDDEN.encode())
        told = response.headers.get("x-request-id") or response.headers.get("x-amzn-requestid") or ""
        is_usable = bool(_PLAIN_ID.match(told)) and (not secret or secret not in told)
        return Answer(
            data, status, told if is_usable else str(uuid.uuid4()), response.headers.get("Content-Type", "").lower()
        )

    def _body(self, response: requests.Response) -> bytes:
        announced = response.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced) > self.limits.most_bytes:
            raise self._too_large()
        until = time.monotonic() + self.limits.total_s
        parts, size = [], 0
        for part in response.iter_content(CHUNK):
            parts.append(part)
            size += len(part)
            if size > self.limits.most_bytes:
                raise self._too_large()
            if time.monotonic() > until:
                raise _Failed(f"the body was not whole within {self.limits.total_s:g} s")
        received = response.raw.tell()  # bytes on the wire, before any decompression
        if announced.isdigit() and not response.headers.get("Transfer-Encoding") and received != int(announced):
            raise _Failed(f"the body broke off: {received} of {announced} bytes arrived")
        return b"".join(parts)

    def _too_large(self) -> _Failed:
        return _Failed(
            f"the body is larger than {self.limits.most_bytes} bytes", again=False, remedy="Ask for fewer days at once."
        )


def _session() -> requests.Session:
    import requests

    class NoStoredLogin(requests.auth.AuthBase):
        """Keeps a login in ~/.netrc from being sent."""

        def __call__(self, request: Any) -> Any:
            return request

    session = requests.Session()
    session.auth = NoStoredLogin()
    _hide_keys_in_logs()
    return session


def _check_scheme(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise _Failed(f"is no https address ({parts.scheme or 'without a scheme'})", again=False)


def _without(url: str, parameter: str, secret: str) -> str:
    """`url` without the key's parameter, and without any other that has its value."""
    if not secret:
        return url
    parts = urlsplit(url)
    pairs = [(n, v) for n, v in parse_qsl(parts.query, keep_blank_values=True) if n != parameter and secret not in v]
    path = parts.path.replace(secret, HIDDEN)
    return urlunsplit((parts.scheme, parts.netloc.rsplit("@", 1)[-1], path, urlencode(pairs), ""))


def _retry_after(told: str | None) -> float | None:
    """Seconds a Retry-After header asks for, as a number or a date; None where there is none to be read."""
    import urllib3

    if not told:
        return None
    try:
        return max(0.0, float(urllib3.Retry().parse_retry_after(told)))
    except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
        return None


# --- keys out of everything written -------------------------------------------------------------------------------


def redacted(text: str) -> str:
    """`text` without the values of parameters that are keys by their name.

    >>> redacted("https://api.example/v2?api_key=abc&start=2024")
    'https://api.example/v2?api_key=***&start=2024'
    """
    return _KEY_NAMES.sub(lambda found: f"{found[1]}={HIDDEN}", text)


class _HidesKeys(logging.Filter):
    """urllib3 logs every address it asks, query and all, at DEBUG."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redacted(record.getMessage()), ()
        return True


def _hide_keys_in_logs() -> None:
    for name in ("urllib3.connectionpool", "urllib3.util.retry", "requests"):
        logger = logging.getLogger(name)
        if not any(isinstance(known, _HidesKeys) for known in logger.filters):
            logger.addFilter(_HidesKeys())
