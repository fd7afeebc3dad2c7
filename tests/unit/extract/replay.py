"""A source on this machine that replays scripted answers over real sockets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from extract.http import Client, Limits


@dataclass
class Reply:
    """One answer. announced: a Content-Length other than the body's. hangs_s: silence before it."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    announced: int | None = None
    hangs_s: float = 0.0


Script = list[Reply] | Callable[[str, dict[str, list[str]]], Reply]


@dataclass
class Source:
    """The running source: its address and the requests it got (path with query, headers)."""

    base: str
    asked: list[tuple[str, dict[str, str]]]


@contextmanager
def source(script: Script) -> Iterator[Source]:
    """Serve `script`: replies in order, the last for ever, or a function of path and query."""
    asked: list[tuple[str, dict[str, str]]] = []
    stopped = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            parts = urlsplit(self.path)
            if callable(script):
                reply = script(parts.path, parse_qs(parts.query))
            else:
                reply = script[min(len(asked), len(script)) - 1]
            until = time.monotonic() + reply.hangs_s
            while time.monotonic() < until and not stopped.wait(0.02):
                pass
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                length = len(reply.body) if reply.announced is None else reply.announced
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(reply.body)
            except OSError:
                pass  # the client gave up
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Source(f"http://127.0.0.1:{server.server_address[1]}", asked)
    finally:
        stopped.set()
        server.shutdown()
        server.server_close()


def patient(pauses: list[float] | None = None, **limits: float) -> Client:
    """A client that notes its pauses instead of sleeping."""
    noted = pauses if pauses is not None else []
    chosen = {"read_s": 2.0, "connect_s": 2.0, "per_minute": 1e6, **limits}
    return Client(Limits(**chosen), sleep=noted.append, jitter=lambda: 0.5)  # type: ignore[arg-type]
