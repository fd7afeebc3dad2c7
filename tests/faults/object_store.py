"""An S3 of its own (moto's) in a process of its own, which fails now and then when told to. `python -m tests.faults.object_store`

Its own process, since libraries that wait for an answer hold the interpreter a server in this one would need. It prints its
port. `PUT /_faults?every=N` spoils every Nth request from then on, in turn by one of `FAULTS`; 0 ends it. `GET /_faults`
tells how many were spoilt.
"""

from __future__ import annotations

import itertools
import logging
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from gridlake.settings import PROJECT_ROOT

SECRET = "a key that no message shows"
# Before the store has acted and after, told and untold.
FAULTS = ("503", "cut", "503 after", "cut after", "500")


class Spoiling:
    """A WSGI application around the store's."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.every = self.spoilt = 0
        self.requests = itertools.count(1)
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/_faults":
            if environ["REQUEST_METHOD"] == "PUT":
                self.every = int(parse_qs(environ["QUERY_STRING"])["every"][0])
            start("200 OK", [("Content-Type", "text/plain")])
            return [str(self.spoilt).encode()]
        fault = self._fault()
        if fault.endswith("after"):
            b"".join(self.store(environ, lambda *_: None))
        if fault.startswith("cut"):
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        if fault:
            start(f"{fault[:3]} Not now", [("Content-Type", "application/xml")])
            return [b"<Error><Code>SlowDown</Code></Error>"]
        return self.store(environ, start)  # type: ignore[no-any-return]

    def _fault(self) -> str:
        with self.lock:
            if not self.every or next(self.requests) % self.every:
                return ""
            self.spoilt += 1
            return FAULTS[self.spoilt % len(FAULTS)]


class Store:
    """The running store, seen from a test."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.buckets = itertools.count(1)

    def ask(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(f"{self.endpoint}/{path}", method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())

    def bucket(self) -> str:
        """A new empty bucket's name."""
        name = f"lake{next(self.buckets)}"
        self.ask("PUT", name)
        return name

    @contextmanager
    def failing(self, every: int) -> Iterator[None]:
        self.ask("PUT", f"_faults?every={every}")
        try:
            yield
        finally:
            self.ask("PUT", "_faults?every=0")

    def spoilt(self) -> int:
        return int(self.ask("GET", "_faults"))


@contextmanager
def running() -> Iterator[Store]:
    """A store for as long as the block lasts."""
    command = [sys.executable, "-m", "tests.faults.object_store"]
    with subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Store(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.terminate()


def keys_for(endpoint: str) -> dict[str, str]:
    """The environment in which the store is found."""
    return {
        "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": SECRET,
    }  # fmt: skip


def land_each(home: Path, url: str, endpoint: str, count: int, told: Path, gun: Any) -> None:
    """What each of several processes does: all start on each file together."""
    from extract.landing import land
    from gridlake.settings import load_settings
    from tests.contract.samples import offering
    from tests.faults.test_landing_race import FEED, batches, feed_named

    os.environ.update(keys_for(endpoint))
    settings = load_settings(home=home, environ={}, origin="archive", store=url)
    states = []
    for payload in batches(count):
        gun.wait(timeout=120)
        states.append(land(offering(feed_named(FEED), [payload]), settings).state)
    told.write_text(" ".join(states))


def main() -> None:
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = make_server("127.0.0.1", 0, Spoiling(DomainDispatcherApplication(create_backend_app)), threaded=True)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
